"""Opens the session file or another of ours, and turns what SQLite and the disk say into one sentence for the user.

Nothing is written before the file is known to be ours and of a version we understand. Knows no tables.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.core.errors import StoreDamaged, StoreError, StoreFull, StoreLocked, StoreReadOnly

BUSY_SECONDS = 5.0
_WAL_LIMIT_BYTES = 16 << 20
_RETRY_SECONDS = 0.003


def connect(path: Path, *, busy_seconds: float = BUSY_SECONDS) -> sqlite3.Connection:
    """A connection to `path`, created with its directory when missing, that cannot write yet; see `make_writable`.

    busy_seconds: how long a statement waits for another process. Raises StoreError; for use inside `translated`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreReadOnly(
            f"The folder {path.parent} for saved sessions cannot be created: {error.strerror}.", hint=_ELSEWHERE
        ) from error
    connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None)
    connection.execute("PRAGMA query_only = ON")
    return connection


def make_writable(connection: sqlite3.Connection, *, busy_seconds: float = BUSY_SECONDS) -> None:
    """Let `connection` write, in WAL mode and with foreign keys enforced.

    synchronous = NORMAL: what is committed survives the death of the process; of a power cut it may lose the
    last transactions, never the consistency.
    """
    connection.execute("PRAGMA query_only = OFF")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
    # SQLite does not wait for other processes when the journal mode changes, so we do.
    _patiently(connection, "PRAGMA journal_mode = WAL", busy_seconds)


@contextmanager
def writing(connection: sqlite3.Connection, *, busy_seconds: float = BUSY_SECONDS) -> Iterator[sqlite3.Connection]:
    """One transaction that holds the write lock from its beginning, undone whole when anything raises."""
    # SQLite itself would look only ten times a second, and could miss each gap that a busy writer leaves.
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        _patiently(connection, "BEGIN IMMEDIATE", busy_seconds)
    finally:
        connection.execute(f"PRAGMA busy_timeout = {round(busy_seconds * 1000)}")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def leave_a_gap() -> None:
    """Between two transactions of a long piece of work: let a process that waits in `writing` have its turn."""
    time.sleep(2 * _RETRY_SECONDS)


def _patiently(connection: sqlite3.Connection, statement: str, busy_seconds: float) -> None:
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_SECONDS)


@contextmanager
def translated(path: Path, what: str = "session file") -> Iterator[None]:
    """Raises StoreError for what the disk, other processes or a broken file did; lets our own mistakes through.

    what: the file is called in sentences.
    """
    try:
        yield
    except sqlite3.Error as error:
        known = _known(error, path, what)
        if known is None:
            raise
        raise known from error


_ELSEWHERE = "Set PLUMBLINE_DATA to a folder that can be written."


def _code(error: sqlite3.Error) -> int | None:
    """SQLite's primary result code; None when the Python module itself complained."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _known(error: sqlite3.Error, path: Path, what: str) -> StoreError | None:
    match _code(error):
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreLocked(
                f"Another program has kept the {what} {path} locked.",
                hint="Close it, or wait until it has finished, and try again.",
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return StoreReadOnly(f"The {what} {path} cannot be opened for writing.", hint=_ELSEWHERE)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return StoreDamaged(
                f"The {what} {path} is damaged or not a database; it was left as it is.",
                hint="Move it away to begin afresh, or put a backup in its place.",
            )
        case sqlite3.SQLITE_FULL:
            return _full(path)
        case sqlite3.SQLITE_IOERR:
            return (
                _full(path)
                if _no_room(path)
                else StoreFull(f"The disk did not take or give the data of the {what} {path}.", hint="Check the disk.")
            )
    return None


def _full(path: Path) -> StoreFull:
    return StoreFull(
        f"The disk is full: {path} could not be saved; what was saved before is kept.",
        hint="Free some space and try again.",
    )


def _no_room(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < 1 << 20
    except OSError:
        return False
