"""The file of self-checks, open: its tables, its version, one transaction after the other.

A file of another program or of a newer version is refused and left as it was. Knows no models.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from app.core.database import BUSY_SECONDS, connect, make_writable, translated, writing
from app.core.database_file import DatabaseFile
from app.core.errors import StoreForeign, StoreNewer
from app.core.paths import checks_path

APPLICATION_ID = 0x504C5343
"""What SQLite's header names as the program this file belongs to: "PLSC"."""

CALLED = "file of self-checks"

_CHECKS_AND_TRIALS = (
    """
    CREATE TABLE checks (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        fingerprint TEXT NOT NULL,
        facts TEXT NOT NULL,
        model TEXT NOT NULL,
        level TEXT NOT NULL,
        plan TEXT NOT NULL,
        seed INTEGER NOT NULL,
        about TEXT NOT NULL,
        started TEXT NOT NULL,
        finished TEXT
    )
    """,
    "CREATE INDEX checks_by_fingerprint ON checks (fingerprint)",
    "CREATE INDEX checks_by_model ON checks (model)",
    """
    CREATE TABLE trials (
        id INTEGER PRIMARY KEY,
        check_id INTEGER NOT NULL REFERENCES checks ON DELETE CASCADE,
        task TEXT NOT NULL,
        length INTEGER NOT NULL,
        depth INTEGER,
        seed INTEGER NOT NULL,
        number INTEGER NOT NULL,
        question TEXT NOT NULL,
        needles TEXT NOT NULL,
        expected TEXT NOT NULL,
        got TEXT NOT NULL,
        passed INTEGER NOT NULL,
        why TEXT NOT NULL,
        how TEXT NOT NULL,
        margin REAL,
        position INTEGER,
        agrees INTEGER,
        share REAL
    )
    """,
    # Two programs that go on with one check ask the same questions, and each is counted once.
    "CREATE UNIQUE INDEX each_trial_once ON trials (check_id, task, length, ifnull(depth, -1), seed, number)",
)

VERSIONS: Sequence[Sequence[str]] = (_CHECKS_AND_TRIALS,)
"""What makes each version out of the one before it. One that was released is never changed."""


class ChecksFile(DatabaseFile):
    """An open file of self-checks. Belongs to the thread that opened it."""

    called = CALLED

    @classmethod
    def open(cls, path: Path | None = None, *, busy_seconds: float = BUSY_SECONDS) -> Self:
        """The file at `path` (default: `paths.checks_path()`), created or brought up to date if need be.

        Raises StoreError.
        """
        path = checks_path() if path is None else path
        with translated(path, CALLED):
            connection = connect(path, busy_seconds=busy_seconds)
            try:
                _check_ours(connection, path)
                make_writable(connection, busy_seconds=busy_seconds)
                _bring_up_to_date(connection, path, busy_seconds)
            except BaseException:
                connection.close()
                raise
        return cls(connection, path, busy_seconds=busy_seconds)


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


def _check_ours(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
        return
    if _number(connection, "application_id") != APPLICATION_ID:
        raise StoreForeign(
            f"{path} is the database of another program; it was left as it is.",
            hint="Move it away, or set PLUMBLINE_DATA to another folder.",
        )
    if _number(connection, "user_version") > len(VERSIONS):
        raise StoreNewer(
            f"The {CALLED} {path} was written by a newer version of Plumbline; it was left as it is.",
            hint="Install the newer version, or set PLUMBLINE_DATA to another folder.",
        )


def _bring_up_to_date(connection: sqlite3.Connection, path: Path, busy_seconds: float) -> None:
    if _number(connection, "user_version") == len(VERSIONS):
        return
    with writing(connection, busy_seconds=busy_seconds):
        # Another process may have come first, and it may have been a newer version.
        _check_ours(connection, path)
        for version in VERSIONS[_number(connection, "user_version") :]:
            for statement in version:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(VERSIONS)}")
