"""How the documents of a session become rows and back. Opens, locks and commits nothing."""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from app.core import text_store
from app.core.reading_json import facts_json, facts_of, view_json, view_of
from app.core.records import RemovedDocument, TextNotKept
from app.core.session_rows import span_json, span_of, storable
from app.core.workspace import Entry, key_number
from ingest.document import Aside, Document, Place, Section


def insert_document(connection: sqlite3.Connection, session: int, position: int, entry: Entry) -> None:
    """Write `entry` and its sections, in the place of an entry with the same key.

    A lazy section has no text here, unless the same stretch of the same file, read in the same way, had it before.
    """
    document = entry.document
    kept: dict[tuple[int, str], int] = {}
    old = connection.execute(
        "SELECT id, position, sha256, view FROM documents WHERE session_id = ? AND key = ?", (session, entry.key)
    ).fetchone()
    view = storable(json.dumps(view_json(document.view)))
    if old:
        position = old[1]
        if old[2] is not None and old[2:] == (document.sha256, view):
            rows = connection.execute(
                "SELECT position, span, text_id FROM sections WHERE document_id = ? AND text_id IS NOT NULL", old[:1]
            )
            kept = {(at, span): text_id for at, span, text_id in rows}
        connection.execute("DELETE FROM documents WHERE id = ?", old[:1])
    connection.execute("DELETE FROM removed_documents WHERE session_id = ? AND key = ?", (session, entry.key))
    raise_last_key(connection, session, key_number(entry.key))
    cursor = connection.execute(
        "INSERT INTO documents (session_id, position, key, name, path, kind, status, problem, size, mtime_ns, sha256,"
        " included, pages, view, facts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            session,
            position,
            entry.key,
            storable(entry.name),
            _path(document.path),
            document.kind,
            document.status,
            None if document.problem is None else storable(document.problem),
            document.size,
            document.mtime_ns,
            document.sha256,
            entry.included,
            pages_json(entry.pages),
            view,
            json.dumps(facts_json(document)),
        ),
    )
    for at, section in enumerate(document.sections):
        span = span_json(section.span)
        text_id = text_store.keep(connection, section.body) if isinstance(section.body, str) else kept.get((at, span))
        connection.execute(
            "INSERT INTO sections (document_id, position, label, span, places, line_map, asides, text_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                cursor.lastrowid,
                at,
                storable(section.label),
                span,
                _packed([(p.start, p.end, *p.rect) for p in section.places]),
                _packed(list(section.line_map)),
                _packed([(a.text, *a.rect) for a in section.asides]),
                text_id,
            ),
        )


def read_entries(
    connection: sqlite3.Connection, session: int, *, with_text: bool
) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """The session's entries in order, and the keys of those of which some text was not kept."""
    entries: list[Entry] = []
    incomplete: list[str] = []
    rows = connection.execute(
        "SELECT id, key, name, path, kind, status, problem, size, mtime_ns, sha256, included, pages, view,"
        " facts FROM documents "
        "WHERE session_id = ? ORDER BY position",
        (session,),
    ).fetchall()
    for number, key, name, path, kind, status, problem, size, mtime_ns, sha256, included, pages, *rest in rows:
        sections = _read_sections(connection, number, name) if with_text else ()
        if any(isinstance(section.body, TextNotKept) for section in sections):
            incomplete.append(key)
        document = Document(
            path=os.fsdecode(path),
            kind=kind,
            status=status,
            problem=problem,
            sections=sections,
            size=size,
            mtime_ns=mtime_ns,
            sha256=sha256,
            view=view_of(json.loads(rest[0])),
            **facts_of(json.loads(rest[1])),
        )
        limits = tuple(json.loads(pages)) if pages else None
        entries.append(Entry(key, name, document, included=bool(included), pages=limits))
    return tuple(entries), tuple(incomplete)


def order(connection: sqlite3.Connection, session: int, keys: Sequence[str]) -> None:
    """Put the documents in the order of `keys`; those not named follow as they were."""
    query = "SELECT key FROM documents WHERE session_id = ? ORDER BY position"
    now = [key for (key,) in connection.execute(query, (session,))]
    place = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    wanted = sorted(now, key=lambda key: place.get(key, len(place)))
    connection.executemany(
        "UPDATE documents SET position = ? WHERE session_id = ? AND key = ?",
        [(i, session, key) for i, key in enumerate(wanted)],
    )


def remove(connection: sqlite3.Connection, session: int, keys: Iterable[str]) -> list[int]:
    """Take documents out, remembering what they were called; the numbers of the texts they referred to."""
    these = f"session_id = {session:d} AND key IN (SELECT value FROM json_each(?))"
    listed = (json.dumps(list(keys)),)
    texts = connection.execute(
        "SELECT DISTINCT text_id FROM sections WHERE text_id IS NOT NULL"
        f" AND document_id IN (SELECT id FROM documents WHERE {these})",
        listed,
    ).fetchall()
    connection.execute(
        "INSERT OR REPLACE INTO removed_documents (session_id, key, name, path, kind, sha256)"
        f" SELECT session_id, key, name, path, kind, sha256 FROM documents WHERE {these}",
        listed,
    )
    connection.execute(f"DELETE FROM documents WHERE {these}", listed)
    return [number for (number,) in texts]


def paths(connection: sqlite3.Connection, session: int) -> list[str]:
    """Of the session's documents."""
    return [
        os.fsdecode(path)
        for (path,) in connection.execute("SELECT path FROM documents WHERE session_id = ?", (session,))
    ]


def unused(connection: sqlite3.Connection, wanted: Sequence[str]) -> list[str]:
    """Those of `wanted` paths that belong to no session but deleted ones."""
    query = (
        "SELECT 1 FROM documents JOIN sessions ON sessions.id = session_id"
        " WHERE documents.path = ? AND deleted_at IS NULL LIMIT 1"
    )
    return [path for path in wanted if connection.execute(query, (_path(path),)).fetchone() is None]


def insert_removed(connection: sqlite3.Connection, session: int, removed: Iterable[RemovedDocument]) -> None:
    """Remember documents that were taken out."""
    connection.executemany(
        "INSERT OR REPLACE INTO removed_documents (session_id, key, name, path, kind, sha256)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [(session, r.key, storable(r.name), _path(r.path), r.kind, r.sha256) for r in removed],
    )


def read_removed(connection: sqlite3.Connection, session: int) -> tuple[RemovedDocument, ...]:
    """The documents that were taken out, by key."""
    rows = connection.execute(
        "SELECT key, name, path, kind, sha256 FROM removed_documents WHERE session_id = ?", (session,)
    )
    removed = [RemovedDocument(key, name, os.fsdecode(path), kind, sha256) for key, name, path, kind, sha256 in rows]
    return tuple(sorted(removed, key=lambda r: key_number(r.key)))


def raise_last_key(connection: sqlite3.Connection, session: int, number: int) -> None:
    """Never give a key up to `number` again in this session."""
    connection.execute("UPDATE sessions SET last_key = ? WHERE id = ? AND last_key < ?", (number, session, number))


def read_text(connection: sqlite3.Connection, session: int, key: str, section: int) -> str | None:
    """The text of one section, None when it is not there or was not kept."""
    row = connection.execute(
        "SELECT body, packed FROM documents JOIN sections ON document_id = documents.id"
        " JOIN texts ON texts.id = text_id WHERE session_id = ? AND key = ? AND sections.position = ?",
        (session, key, section),
    ).fetchone()
    return None if row is None else text_store.unpack(*row)


def pages_json(pages: tuple[int, int] | None) -> str | None:
    """A range of pages as it is stored."""
    return None if pages is None else json.dumps(pages)


def _path(path: str) -> str | bytes:
    """A path that is valid Unicode as text, so that people can read it in the file; any other as its bytes."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path


def _packed(values: Sequence[Any]) -> bytes | None:
    """Numbers, packed; None for none."""
    return zlib.compress(json.dumps(values, separators=(",", ":")).encode("ascii")) if values else None


def _unpacked(body: bytes | None) -> list[Any]:
    value: list[Any] = json.loads(zlib.decompress(body)) if body else []
    return value


def _read_sections(connection: sqlite3.Connection, document: int, name: str) -> tuple[Section, ...]:
    rows = connection.execute(
        "SELECT label, span, places, line_map, asides, body, packed FROM sections"
        " LEFT JOIN texts ON texts.id = text_id WHERE document_id = ? ORDER BY position",
        (document,),
    )
    return tuple(
        Section(
            label=label,
            span=span_of(span),
            body=TextNotKept(name) if body is None else text_store.unpack(body, packed),
            places=tuple(Place(p[0], p[1], (p[2], p[3], p[4], p[5])) for p in _unpacked(places)),
            line_map=tuple(_unpacked(line_map)),
            asides=tuple(Aside(a[0], (a[1], a[2], a[3], a[4])) for a in _unpacked(asides)),
        )
        for label, span, places, line_map, asides, body, packed in rows
    )
