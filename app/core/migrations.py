"""The session file's tables, built up by named migrations. A migration that has been released is never changed.

A file that holds a migration unknown here comes from a newer version and is refused. Knows no sessions.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.core.database import BUSY_SECONDS, writing
from app.core.errors import StoreForeign, StoreNewer

if TYPE_CHECKING:
    from sqlite_utils import Database

Migration = Callable[["Database"], None]

APPLICATION_ID = 0x504C4D42
"""What SQLite's header names as the program this file belongs to: "PLMB"."""

_SET = "plumbline"
_RECORDS = "_sqlite_migrations"


def sessions_and_documents(db: Database) -> None:
    """Sessions, their documents, and each distinct text once."""
    db.executescript(
        f"""
        PRAGMA application_id = {APPLICATION_ID};
        CREATE TABLE sessions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            created TEXT NOT NULL,
            changed TEXT NOT NULL,
            pinned INTEGER NOT NULL DEFAULT 0,
            deleted_at TEXT,
            system_prompt TEXT NOT NULL DEFAULT '',
            settings TEXT NOT NULL DEFAULT '{{}}'
        );
        CREATE UNIQUE INDEX sessions_by_name ON sessions (name) WHERE deleted_at IS NULL;
        CREATE TABLE texts (
            id INTEGER PRIMARY KEY,
            sha256 BLOB NOT NULL UNIQUE,
            packed INTEGER NOT NULL,
            body BLOB NOT NULL
        );
        CREATE TABLE documents (
            id INTEGER PRIMARY KEY,
            session_id INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
            position INTEGER NOT NULL,
            key TEXT NOT NULL,
            name TEXT NOT NULL,
            path NOT NULL,
            kind TEXT NOT NULL,
            status TEXT NOT NULL,
            problem TEXT,
            size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            sha256 TEXT,
            included INTEGER NOT NULL,
            pages TEXT,
            UNIQUE (session_id, key)
        );
        CREATE TABLE sections (
            document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
            position INTEGER NOT NULL,
            label TEXT NOT NULL,
            span TEXT NOT NULL,
            places BLOB,
            text_id INTEGER REFERENCES texts,
            PRIMARY KEY (document_id, position)
        ) WITHOUT ROWID;
        CREATE INDEX sections_by_text ON sections (text_id);
        """
    )


def conversations(db: Database) -> None:
    """Questions and answers, with what supports each answer."""
    db.executescript(
        """
        CREATE TABLE messages (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            session_id INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
            position INTEGER NOT NULL,
            role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
            text TEXT NOT NULL,
            mode TEXT NOT NULL,
            model TEXT NOT NULL DEFAULT '{}',
            timings TEXT NOT NULL DEFAULT '{}',
            tokens TEXT NOT NULL DEFAULT '{}',
            finished INTEGER NOT NULL,
            created TEXT NOT NULL,
            UNIQUE (session_id, position)
        );
        CREATE TABLE citations (
            message_id INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
            number INTEGER NOT NULL,
            quote TEXT NOT NULL,
            state TEXT NOT NULL,
            mark TEXT,
            document_key TEXT,
            section INTEGER,
            first_character INTEGER,
            end_character INTEGER,
            span TEXT NOT NULL,
            found_elsewhere TEXT,
            PRIMARY KEY (message_id, number)
        ) WITHOUT ROWID;
        CREATE TABLE passages (
            message_id INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
            number INTEGER NOT NULL,
            document_key TEXT NOT NULL,
            section INTEGER NOT NULL,
            first_character INTEGER NOT NULL,
            end_character INTEGER NOT NULL,
            span TEXT NOT NULL,
            text TEXT NOT NULL,
            score REAL NOT NULL,
            PRIMARY KEY (message_id, number)
        ) WITHOUT ROWID;
        """
    )


def full_text(db: Database) -> None:
    """Which trigrams stand in which text and message: a tenth of the size of an index that also keeps positions."""
    db.executescript(
        """
        CREATE VIRTUAL TABLE text_index USING fts5 (body, content = '', detail = none, tokenize = 'trigram');
        CREATE VIRTUAL TABLE message_index USING fts5 (body, content = '', detail = none, tokenize = 'trigram');
        """
    )


def keys_views_and_places(db: Database) -> None:
    """Keys that are never given twice, sources that were taken out, what a window wants back, where citations stand."""
    db.executescript(
        """
        ALTER TABLE sessions ADD COLUMN last_key INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE sessions ADD COLUMN view TEXT NOT NULL DEFAULT '{}';
        UPDATE sessions SET last_key = coalesce(
            (SELECT max(CAST(substr(key, 2) AS INTEGER)) FROM documents WHERE session_id = sessions.id), 0
        );
        ALTER TABLE sections ADD COLUMN line_map BLOB;
        ALTER TABLE citations ADD COLUMN answer_start INTEGER;
        ALTER TABLE citations ADD COLUMN answer_end INTEGER;
        CREATE TABLE removed_documents (
            session_id INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
            key TEXT NOT NULL,
            name TEXT NOT NULL,
            path NOT NULL,
            kind TEXT NOT NULL,
            sha256 TEXT,
            PRIMARY KEY (session_id, key)
        ) WITHOUT ROWID;
        """
    )


def ways_of_reading(db: Database) -> None:
    """How each document was read and what it holds beside its text; running headers and footers of pages."""
    db.executescript(
        """
        ALTER TABLE documents ADD COLUMN view TEXT NOT NULL DEFAULT '{}';
        ALTER TABLE documents ADD COLUMN facts TEXT NOT NULL DEFAULT '{}';
        ALTER TABLE sections ADD COLUMN asides BLOB;
        """
    )


def reviews_and_dismissals(db: Database) -> None:
    """What reviews of code found, and what a person dismissed in them."""
    db.executescript(
        """
        CREATE TABLE reviews (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            session_id INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
            saved TEXT NOT NULL,
            what TEXT NOT NULL,
            findings INTEGER NOT NULL,
            review TEXT NOT NULL
        );
        CREATE INDEX reviews_by_session ON reviews (session_id);
        CREATE TABLE dismissals (
            session_id INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
            fingerprint TEXT NOT NULL,
            reason TEXT NOT NULL,
            dismissed TEXT NOT NULL,
            PRIMARY KEY (session_id, fingerprint)
        ) WITHOUT ROWID;
        """
    )


MIGRATIONS: tuple[Migration, ...] = (
    sessions_and_documents,
    conversations,
    full_text,
    keys_views_and_places,
    ways_of_reading,
    reviews_and_dismissals,
)


def check_ours(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Reads only. Raises StoreForeign for another program's database, StoreNewer for a newer version's."""
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
        return
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise StoreForeign(
            f"{path} is the database of another program; it was left as it is.",
            hint="Name another file or folder for saved sessions.",
        )
    unknown = sorted(_applied(connection) - {m.__name__ for m in migrations})
    if unknown:
        raise StoreNewer(
            f"The session file {path} was written by a newer version of Plumbline (it holds {', '.join(unknown)}); "
            "it was left as it is.",
            hint="Install the newer version, or set PLUMBLINE_DATA to another folder.",
        )


def migrate(
    connection: sqlite3.Connection,
    path: Path,
    migrations: Sequence[Migration] = MIGRATIONS,
    *,
    busy_seconds: float = BUSY_SECONDS,
) -> None:
    """Run what is missing, each migration together with its record; all of them or, when one fails, none."""
    if _applied(connection) == {m.__name__ for m in migrations}:
        return
    # Slow to import, and needed only once for each version.
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations

    registered = Migrations(_SET)
    for migration in migrations:
        registered()(migration)
    with writing(connection, busy_seconds=busy_seconds):
        # Another process may have come first, and it may have been a newer version.
        check_ours(connection, path, migrations)
        registered.apply(Database(connection, execute_plugins=False))


def _applied(connection: sqlite3.Connection) -> set[str]:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (_RECORDS,)).fetchone():
        return set()
    rows = connection.execute(f"SELECT name FROM {_RECORDS} WHERE migration_set = ?", (_SET,))
    return {name for (name,) in rows}
