"""Which sessions there are, and their names: one line, not empty, no two alike among those not deleted."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from app.core import session_rows as rows
from app.core.errors import NameTaken, SessionUnknown
from app.core.records import SessionSummary

SUMMARY = (
    "SELECT id, name, created, changed, pinned, deleted_at,"
    " (SELECT count(*) FROM documents WHERE session_id = sessions.id),"
    " (SELECT count(*) FROM messages WHERE session_id = sessions.id) FROM sessions "
)
"""The columns of `summary`, of all sessions."""


def create(connection: sqlite3.Connection, name: str | None, *, system_prompt: str, settings: Mapping[str, Any]) -> int:
    """A new session's number; without a name it is called "Session N". Raises NameTaken."""
    chosen = free_name(connection, "Session") if name is None else clean(name)
    if by_name(connection, chosen):
        raise taken(chosen)
    moment = rows.now()
    cursor = connection.execute(
        "INSERT INTO sessions (name, created, changed, system_prompt, settings) VALUES (?, ?, ?, ?, ?)",
        (chosen, moment, moment, rows.storable(system_prompt), rows.as_json(settings)),
    )
    return int(cursor.lastrowid or 0)


def clean(name: str) -> str:
    """`name` as it is saved: on one line. Raises NameTaken when nothing is left."""
    cleaned = " ".join(rows.storable(name).replace("\0", " ").split())
    if not cleaned:
        raise NameTaken("A session needs a name.", hint="Give it one that is not empty.")
    return cleaned


def clean_or(name: str, otherwise: str) -> str:
    """`name` as it is saved, or `otherwise` when nothing is left."""
    return clean(name) if name.replace("\0", " ").strip() else otherwise


def by_name(connection: sqlite3.Connection, name: str) -> int | None:
    """The number of the session with this name, None when there is none."""
    row = connection.execute("SELECT id FROM sessions WHERE name = ? AND deleted_at IS NULL", (clean(name),)).fetchone()
    return int(row[0]) if row else None


def free_name(connection: sqlite3.Connection, stem: str, *, first: int = 1) -> str:
    """The first of "stem 1", "stem 2" ... that no session has; first: the number to begin with."""
    taken = {name for (name,) in connection.execute("SELECT name FROM sessions WHERE deleted_at IS NULL")}
    return next(name for n in range(first, first + len(taken) + 1) if (name := f"{stem} {n}") not in taken)


def taken(name: str) -> NameTaken:
    """The error for a name in use."""
    return NameTaken(f"There is a session called “{clean(name)}” already.", hint="Choose another name.")


def unknown(session: str | int) -> SessionUnknown:
    """The error for a session that is not there."""
    shown = f"called “{rows.storable(session)}”" if isinstance(session, str) else f"number {session}"
    return SessionUnknown(f"There is no session {shown}.", hint="`sessions list` shows what there is.")


def sqlite_integer(number: int) -> int:
    """`number`, or one that no session has when SQLite could not hold it."""
    return number if -(1 << 63) <= number < 1 << 63 else -1


def summary(row: tuple[Any, ...]) -> SessionSummary:
    """One row of SUMMARY."""
    number, name, created, changed, pinned, deleted_at, documents, messages = row
    return SessionSummary(
        id=number,
        name=name,
        created=rows.moment(created),
        changed=rows.moment(changed),
        pinned=bool(pinned),
        deleted_at=rows.moment(deleted_at) if deleted_at else None,
        documents=documents,
        messages=messages,
    )
