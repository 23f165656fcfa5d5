"""The session file, open: opened and closed, brought up to date, one transaction after the other.

Knows what a session is only so far as that one is there or not.
"""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from app.core import session_list as names
from app.core import session_rows as rows
from app.core.database import BUSY_SECONDS, connect, make_writable, translated
from app.core.database_file import DatabaseFile
from app.core.migrations import check_ours, migrate
from app.core.paths import database_path

KEPT_AFTER_DELETION = datetime.timedelta(days=30)

_STEPS_BETWEEN_PAUSES = 100
"""Of SQLite's virtual machine, which takes some dozens for a row."""


class SessionFile(DatabaseFile):
    """An open session file. Belongs to the thread that opened it."""

    @classmethod
    def open(cls, path: Path | None = None, *, busy_seconds: float = BUSY_SECONDS) -> Self:
        """The session file at `path` (default: `paths.database_path()`), created or brought up to date if need be.

        busy_seconds: how long to wait for another process. Sessions deleted over 30 days ago are removed for good.
        """
        path = database_path() if path is None else path
        with translated(path):
            connection = connect(path, busy_seconds=busy_seconds)
            try:
                check_ours(connection, path)
                make_writable(connection, busy_seconds=busy_seconds)
                migrate(connection, path, busy_seconds=busy_seconds)
                opened = cls(connection, path, busy_seconds=busy_seconds)
                opened._purge(datetime.datetime.now(datetime.UTC) - KEPT_AFTER_DELETION)
            except BaseException:
                connection.close()
                raise
        return opened

    def pause(self, between: Callable[[], None]) -> None:
        """Call `between` every few rows of whatever is read or written from now on; it may wait a moment."""

        def pause() -> int:
            between()
            return 0

        self._connection.set_progress_handler(pause, _STEPS_BETWEEN_PAUSES)

    def _purge(self, before: datetime.datetime) -> None:
        old = "SELECT id FROM sessions WHERE deleted_at < ?"
        for (session,) in self._connection.execute(old, (before.isoformat(timespec="microseconds"),)).fetchall():
            with self._writing() as connection:
                rows.remove_session(connection, session)

    @contextmanager
    def _changing(self, session: int, *, touch: bool = True) -> Iterator[sqlite3.Connection]:
        """One transaction on a session that is known to exist; touch: it counts as changed."""
        with self._writing() as connection:
            found = connection.execute(
                "SELECT 1 FROM sessions WHERE id = ?", (names.sqlite_integer(session),)
            ).fetchone()
            if not found:
                raise names.unknown(session)
            if touch:
                connection.execute("UPDATE sessions SET changed = ? WHERE id = ?", (rows.now(), session))
            yield connection
