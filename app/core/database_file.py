"""A file of ours that is open: closed once, one transaction after the other, whatever it holds. Knows no tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from app.core.database import BUSY_SECONDS, translated, writing


class DatabaseFile:
    """Belongs to the thread that opened it. called: what sentences about it call the file."""

    called: ClassVar[str] = "session file"

    def __init__(self, connection: sqlite3.Connection, path: Path, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self._connection = connection
        self._busy_seconds = busy_seconds
        self.path = path

    def close(self) -> None:
        """Let the file go; this cannot be used any more."""
        with translated(self.path, self.called):
            self._connection.close()

    def __enter__(self) -> Self:
        """Itself; leaving the block closes the file."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file; what was committed stays."""
        self.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with (
            translated(self.path, self.called),
            writing(self._connection, busy_seconds=self._busy_seconds) as connection,
        ):
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """One moment of the file, for several questions to it."""
        with translated(self.path, self.called):
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                self._connection.execute("COMMIT")
