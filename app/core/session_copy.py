"""Makes a session of a part of another, or of one from elsewhere. Opens, locks and commits nothing.

A branch refers to the texts of its origin; none is copied.
"""

from __future__ import annotations

import re
import sqlite3

from app.core import document_rows
from app.core import session_list as names
from app.core import session_rows as rows
from app.core.errors import MessageUnknown
from app.core.records import SessionRecord
from app.core.review import review_file

_BRANCH_OF_A_BRANCH = re.compile(r", branch(?: \d+)?$")


def branch(connection: sqlite3.Connection, session: int, message: int) -> int:
    """The number of a new session with what `session` holds up to and with `message`. Raises MessageUnknown."""
    found = connection.execute(
        "SELECT position FROM messages WHERE id = ? AND session_id = ?", (names.sqlite_integer(message), session)
    ).fetchone()
    if not found:
        raise MessageUnknown(f"There is no message number {message} in this session.")
    (name,) = connection.execute("SELECT name FROM sessions WHERE id = ?", (session,)).fetchone()
    new = names.create(connection, branch_name(connection, name), system_prompt="", settings={})
    connection.execute(
        "UPDATE sessions SET (system_prompt, settings, last_key) ="
        " (SELECT system_prompt, settings, last_key FROM sessions WHERE id = ?) WHERE id = ?",
        (session, new),
    )
    _copy_documents(connection, session, new)
    _copy_messages(connection, session, new, last=found[0])
    review_file.copy_reviews(connection, session, new)
    return new


def branch_name(connection: sqlite3.Connection, name: str) -> str:
    """A free name for a branch of the session called `name`: "NAME, branch", then "NAME, branch 2" ..."""
    stem = _BRANCH_OF_A_BRANCH.sub("", name) + ", branch"
    return names.free_name(connection, stem, first=2) if names.by_name(connection, stem) else stem


def begin(connection: sqlite3.Connection, record: SessionRecord) -> int:
    """The number of a new session with what `record` is about; deleted, until `finish` has brought the rest."""
    cursor = connection.execute(
        "INSERT INTO sessions (name, created, changed, deleted_at, system_prompt, settings, view, last_key)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            names.clean_or(record.summary.name, "Session"),
            rows.stored_moment(record.summary.created),
            rows.now(),
            rows.now(),
            rows.storable(record.system_prompt),
            rows.as_json(record.settings),
            rows.as_json(record.view),
            record.workspace.last_key,
        ),
    )
    return int(cursor.lastrowid or 0)


def finish(connection: sqlite3.Connection, session: int, record: SessionRecord) -> None:
    """Write the conversation of `record`, and let the session be seen under a free name."""
    document_rows.insert_removed(connection, session, record.removed)
    for position, message in enumerate(record.messages):
        rows.insert_message(connection, session, position, message)
    for review in record.reviews:
        review_file.insert_review(connection, session, review)
    review_file.insert_dismissals(connection, session, record.dismissed)
    (name,) = connection.execute("SELECT name FROM sessions WHERE id = ?", (session,)).fetchone()
    if names.by_name(connection, name):
        name = names.free_name(connection, name)
    connection.execute("UPDATE sessions SET deleted_at = NULL, name = ? WHERE id = ?", (name, session))


def _copy_documents(connection: sqlite3.Connection, session: int, new: int) -> None:
    columns = "position, key, name, path, kind, status, problem, size, mtime_ns, sha256, included, pages"
    connection.execute(
        f"INSERT INTO documents (session_id, {columns}) SELECT ?, {columns} FROM documents WHERE session_id = ?",
        (new, session),
    )
    connection.execute(
        "INSERT INTO sections (document_id, position, label, span, places, line_map, text_id)"
        " SELECT copy.id, sections.position, label, span, places, line_map, text_id FROM sections"
        " JOIN documents AS old ON old.id = document_id"
        " JOIN documents AS copy ON copy.session_id = ? AND copy.key = old.key WHERE old.session_id = ?",
        (new, session),
    )
    connection.execute(
        "INSERT INTO removed_documents (session_id, key, name, path, kind, sha256)"
        " SELECT ?, key, name, path, kind, sha256 FROM removed_documents WHERE session_id = ?",
        (new, session),
    )


def _copy_messages(connection: sqlite3.Connection, session: int, new: int, *, last: int) -> None:
    columns = "position, role, text, mode, model, timings, tokens, finished, created"
    connection.execute(
        f"INSERT INTO messages (session_id, {columns})"
        f" SELECT ?, {columns} FROM messages WHERE session_id = ? AND position <= ? ORDER BY position",
        (new, session, last),
    )
    for table, columns in (("citations", rows.CITATION_COLUMNS), ("passages", rows.PASSAGE_COLUMNS)):
        connection.execute(
            f"INSERT INTO {table} (message_id, {columns}) SELECT new_id, {columns} FROM {table} JOIN"
            " (SELECT old.id AS old_id, copy.id AS new_id FROM messages AS old JOIN messages AS copy"
            " ON copy.session_id = ? AND copy.position = old.position WHERE old.session_id = ?) ON old_id = message_id",
            (new, session),
        )
    connection.execute(
        "INSERT INTO message_index (rowid, body) SELECT id, text FROM messages WHERE session_id = ? AND finished",
        (new,),
    )
