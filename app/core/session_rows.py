"""How the parts of a session become rows and back. Opens, locks and commits nothing."""

from __future__ import annotations

import datetime
import json
import os
import sqlite3
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from app.core import text_store
from app.core.records import MessageRecord, StoredCitation, StoredPassage, TextNotKept
from app.core.workspace import Entry
from ingest.document import Document, Place, Section, Span


def now() -> str:
    """The present moment in UTC, as it is stored; sorts as text."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")


def moment(text: str) -> datetime.datetime:
    """The reverse of `now`."""
    return datetime.datetime.fromisoformat(text)


def storable(text: str) -> str:
    """`text` without lone surrogates, which UTF-8 cannot hold: they appear as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def insert_document(connection: sqlite3.Connection, session: int, position: int, entry: Entry) -> None:
    """Write `entry` and its sections, in the place of an entry with the same key.

    A lazy section has no text here, unless the same stretch of the same file had it before.
    """
    document = entry.document
    kept: dict[tuple[int, str], int] = {}
    old = connection.execute(
        "SELECT id, position, sha256 FROM documents WHERE session_id = ? AND key = ?", (session, entry.key)
    ).fetchone()
    if old:
        position = old[1]
        if old[2] is not None and old[2] == document.sha256:
            rows = connection.execute(
                "SELECT position, span, text_id FROM sections WHERE document_id = ? AND text_id IS NOT NULL", old[:1]
            )
            kept = {(at, span): text_id for at, span, text_id in rows}
        connection.execute("DELETE FROM documents WHERE id = ?", old[:1])
    cursor = connection.execute(
        "INSERT INTO documents (session_id, position, key, name, path, kind, status, problem, size, mtime_ns, sha256,"
        " included, pages) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
        ),
    )
    for at, section in enumerate(document.sections):
        span = span_json(section.span)
        text_id = text_store.keep(connection, section.body) if isinstance(section.body, str) else kept.get((at, span))
        connection.execute(
            "INSERT INTO sections (document_id, position, label, span, places, text_id) VALUES (?, ?, ?, ?, ?, ?)",
            (cursor.lastrowid, at, storable(section.label), span, _places(section.places), text_id),
        )


def read_entries(
    connection: sqlite3.Connection, session: int, *, with_text: bool
) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """The session's entries in order, and the keys of those of which some text was not kept."""
    entries: list[Entry] = []
    incomplete: list[str] = []
    rows = connection.execute(
        "SELECT id, key, name, path, kind, status, problem, size, mtime_ns, sha256, included, pages FROM documents "
        "WHERE session_id = ? ORDER BY position",
        (session,),
    )
    for number, key, name, path, kind, status, problem, size, mtime_ns, sha256, included, pages in rows.fetchall():
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
        )
        limits = tuple(json.loads(pages)) if pages else None
        entries.append(Entry(key, name, document, included=bool(included), pages=limits))
    return tuple(entries), tuple(incomplete)


def insert_support(
    connection: sqlite3.Connection,
    message: int,
    *,
    citations: Sequence[StoredCitation],
    passages: Sequence[StoredPassage],
) -> None:
    """Write what supports an answer, in the place of what was there."""
    connection.execute("DELETE FROM citations WHERE message_id = ?", (message,))
    connection.execute("DELETE FROM passages WHERE message_id = ?", (message,))
    connection.executemany(
        "INSERT INTO citations (message_id, number, quote, state, mark, document_key, section, first_character,"
        " end_character, span, found_elsewhere) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                message,
                c.number,
                storable(c.quote),
                c.state,
                None if c.mark is None else storable(c.mark),
                c.key,
                c.section,
                c.start,
                c.end,
                span_json(c.span),
                None if c.found_elsewhere is None else storable(c.found_elsewhere),
            )
            for c in citations
        ],
    )
    connection.executemany(
        "INSERT INTO passages (message_id, number, document_key, section, first_character, end_character, span, text,"
        " score) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (message, p.number, p.key, p.section, p.start, p.end, span_json(p.span), storable(p.text), p.score)
            for p in passages
        ],
    )


def read_messages(connection: sqlite3.Connection, session: int) -> tuple[MessageRecord, ...]:
    """The session's conversation in order."""
    rows = connection.execute(
        "SELECT id, role, text, mode, model, timings, tokens, finished, created FROM messages "
        "WHERE session_id = ? ORDER BY position",
        (session,),
    )
    return tuple(
        MessageRecord(
            id=number,
            role=role,
            text=text,
            mode=mode,
            model=json.loads(model),
            timings=json.loads(timings),
            tokens=json.loads(tokens),
            finished=bool(finished),
            created=moment(created),
            citations=_read_citations(connection, number),
            passages=_read_passages(connection, number),
        )
        for number, role, text, mode, model, timings, tokens, finished, created in rows.fetchall()
    )


def remove_session(connection: sqlite3.Connection, session: int) -> None:
    """Remove a session for good, with all that nothing else refers to."""
    messages = connection.execute("SELECT id, text FROM messages WHERE session_id = ? AND finished", (session,))
    for number, text in messages.fetchall():
        text_store.drop_from_index(connection, "message_index", number, text)
    connection.execute("DELETE FROM sessions WHERE id = ?", (session,))
    text_store.drop_unused(connection)


def pages_json(pages: tuple[int, int] | None) -> str | None:
    """A range of pages as it is stored."""
    return None if pages is None else json.dumps(pages)


def from_json(text: str) -> dict[str, Any]:
    """The reverse of `as_json`."""
    value: dict[str, Any] = json.loads(text)
    return value


def as_json(value: Mapping[str, Any]) -> str:
    """`value` as it is stored; whatever JSON has no type for, paths for instance, becomes its text."""
    return json.dumps(dict(value), default=str)


def span_json(span: Span) -> str:
    """A span as it is stored: only the fields that apply."""
    value: dict[str, Any] = {}
    if span.page is not None:
        value["page"] = span.page
    if span.lines is not None:
        value["lines"] = span.lines
    if span.bytes is not None:
        value["bytes"] = span.bytes
    if span.rects:
        value["rects"] = span.rects
    return json.dumps(value, separators=(",", ":"))


def _span(text: str) -> Span:
    value = json.loads(text)
    lines, extent = value.get("lines"), value.get("bytes")
    return Span(
        page=value.get("page"),
        lines=(lines[0], lines[1]) if lines else None,
        bytes=(extent[0], extent[1]) if extent else None,
        rects=tuple((r[0], r[1], r[2], r[3]) for r in value.get("rects", ())),
    )


def _path(path: str) -> str | bytes:
    """A path that is valid Unicode as text, so that people can read it in the file; any other as its bytes."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path


def _places(places: tuple[Place, ...]) -> bytes | None:
    if not places:
        return None
    return zlib.compress(json.dumps([(p.start, p.end, *p.rect) for p in places], separators=(",", ":")).encode("ascii"))


def _read_sections(connection: sqlite3.Connection, document: int, name: str) -> tuple[Section, ...]:
    rows = connection.execute(
        "SELECT label, span, places, body, packed FROM sections LEFT JOIN texts ON texts.id = text_id "
        "WHERE document_id = ? ORDER BY position",
        (document,),
    )
    return tuple(
        Section(
            label=label,
            span=_span(span),
            body=TextNotKept(name) if body is None else text_store.unpack(body, packed),
            places=tuple(Place(p[0], p[1], (p[2], p[3], p[4], p[5])) for p in json.loads(zlib.decompress(places)))
            if places
            else (),
        )
        for label, span, places, body, packed in rows
    )


def _read_citations(connection: sqlite3.Connection, message: int) -> tuple[StoredCitation, ...]:
    rows = connection.execute(
        "SELECT number, quote, state, mark, document_key, section, first_character, end_character, span,"
        " found_elsewhere FROM citations WHERE message_id = ? ORDER BY number",
        (message,),
    )
    return tuple(
        StoredCitation(number, quote, state, mark, key, section, start, end, _span(span), elsewhere)
        for number, quote, state, mark, key, section, start, end, span, elsewhere in rows
    )


def _read_passages(connection: sqlite3.Connection, message: int) -> tuple[StoredPassage, ...]:
    rows = connection.execute(
        "SELECT number, document_key, section, first_character, end_character, span, text, score FROM passages "
        "WHERE message_id = ? ORDER BY number",
        (message,),
    )
    return tuple(
        StoredPassage(number, key, section, start, end, _span(span), text, score)
        for number, key, section, start, end, span, text, score in rows
    )
