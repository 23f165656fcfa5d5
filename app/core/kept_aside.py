"""A small SQLite file of what can be worked out again: opened when needed, never in the way, never the only copy.

Whatever is wrong with it (locked, full, damaged, of another version) costs only the time that it would have saved: it
answers nothing and takes nothing, and a damaged one is begun afresh. Knows nothing of what it keeps.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_BUSY_SECONDS = 1.0
_log = logging.getLogger(__name__)


class KeptAside:
    """The file at `path` with the tables of `schema`. Safe to use from several threads; opened by the first use."""

    def __init__(self, path: Path, schema: str) -> None:
        self._path, self._schema = path, schema
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._useless = False

    def use(self, work: Callable[[sqlite3.Connection], T], default: T) -> T:
        """What `work` returns, in a transaction of its own; `default` when the file is of no use just now."""
        with self._lock:
            if self._useless:
                return default
            try:
                connection = self._open()
                with connection:
                    return work(connection)
            except sqlite3.DatabaseError as error:
                _log.info("kept aside in %s: %s", self._path, error)
                self._give_up(error)
            except OSError as error:
                _log.info("kept aside in %s: %s", self._path, error)
                self._useless = True
            return default

    def look(self, work: Callable[[sqlite3.Connection], T], default: T) -> T:
        """The same where there is a file already; none is made for a question whose answer would be `default`."""
        return self.use(work, default) if self._connection is not None or self._path.exists() else default

    def close(self, tidy: Callable[[sqlite3.Connection], None]) -> None:
        """Close the file, tidied before; nothing where it was not used. Using it opens it again."""
        if self._connection is None:
            return
        self.use(tidy, None)
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, check_same_thread=False)
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                # A power cut may take what was kept last; it is worked out again.
                connection.execute("PRAGMA synchronous = OFF")
                connection.executescript(self._schema)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _give_up(self, error: sqlite3.DatabaseError) -> None:
        """Begin afresh when the file is damaged; otherwise do without it until the program starts again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            with contextlib.suppress(OSError):
                for name in (self._path.name, f"{self._path.name}-wal", f"{self._path.name}-shm"):
                    self._path.with_name(name).unlink(missing_ok=True)
                return
        self._useless = not _passes(error)


def _passes(error: sqlite3.DatabaseError) -> bool:
    """Whether the next use may well succeed: another process was writing."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
