"""How the conversation of a session becomes rows and back. Opens, locks and commits nothing."""

from __future__ import annotations

import datetime
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from app.core import text_store
from app.core.records import MessageRecord, StoredCitation, StoredPassage
from ingest.document import Span

CITATION_COLUMNS = (
    "number, quote, state, mark, document_key, section, first_character, end_character, span, found_elsewhere,"
    " answer_start, answer_end"
)
PASSAGE_COLUMNS = "number, document_key, section, first_character, end_character, span, text, score"

_Support = TypeVar("_Support", StoredCitation, StoredPassage)


def now() -> str:
    """The present moment in UTC, as it is stored; sorts as text."""
    return stored_moment(datetime.datetime.now(datetime.UTC))


def stored_moment(moment: datetime.datetime) -> str:
    """A moment in UTC as it is stored."""
    return moment.astimezone(datetime.UTC).isoformat(timespec="microseconds")


def moment(text: str) -> datetime.datetime:
    """The reverse of `stored_moment`."""
    return datetime.datetime.fromisoformat(text)


def storable(text: str) -> str:
    """`text` without lone surrogates, which UTF-8 cannot hold: they appear as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


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
        f"INSERT INTO citations (message_id, {CITATION_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
                c.answer_start,
                c.answer_end,
            )
            for c in citations
        ],
    )
    connection.executemany(
        f"INSERT INTO passages (message_id, {PASSAGE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (message, p.number, p.key, p.section, p.start, p.end, span_json(p.span), storable(p.text), p.score)
            for p in passages
        ],
    )


def read_messages(connection: sqlite3.Connection, session: int) -> tuple[MessageRecord, ...]:
    """The session's conversation in order."""
    citations = _read_support(connection, session, "citations", CITATION_COLUMNS, _citation)
    passages = _read_support(connection, session, "passages", PASSAGE_COLUMNS, _passage)
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
            citations=tuple(citations.get(number, ())),
            passages=tuple(passages.get(number, ())),
        )
        for number, role, text, mode, model, timings, tokens, finished, created in rows
    )


def insert_message(connection: sqlite3.Connection, session: int, position: int, message: MessageRecord) -> None:
    """Write a message from elsewhere with what supports it; it gets a number of its own."""
    cursor = connection.execute(
        "INSERT INTO messages (session_id, position, role, text, mode, model, timings, tokens, finished, created)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            session,
            position,
            message.role,
            storable(message.text),
            message.mode,
            as_json(message.model),
            as_json(message.timings),
            as_json(message.tokens),
            message.finished,
            stored_moment(message.created),
        ),
    )
    number = int(cursor.lastrowid or 0)
    if message.finished:
        text_store.add_to_index(connection, "message_index", number, storable(message.text))
    insert_support(connection, number, citations=message.citations, passages=message.passages)


def remove_session(connection: sqlite3.Connection, session: int) -> None:
    """Remove a session for good, with all that nothing else refers to."""
    messages = connection.execute("SELECT id, text FROM messages WHERE session_id = ? AND finished", (session,))
    for number, text in messages.fetchall():
        text_store.drop_from_index(connection, "message_index", number, text)
    connection.execute("DELETE FROM sessions WHERE id = ?", (session,))
    text_store.drop_unused(connection)


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
    if span.recognised:
        value["recognised"] = True
    if span.part:
        value["part"] = storable(span.part)
    return json.dumps(value, separators=(",", ":"))


def span_of(text: str) -> Span:
    """The reverse of `span_json`."""
    value = json.loads(text)
    lines, extent = value.get("lines"), value.get("bytes")
    return Span(
        page=value.get("page"),
        lines=(lines[0], lines[1]) if lines else None,
        bytes=(extent[0], extent[1]) if extent else None,
        rects=tuple((r[0], r[1], r[2], r[3]) for r in value.get("rects", ())),
        recognised=value.get("recognised", False),
        part=value.get("part", ""),
    )


def _read_support(
    connection: sqlite3.Connection, session: int, table: str, columns: str, make: Callable[..., _Support]
) -> dict[int, list[_Support]]:
    """What supports the session's answers, by message, read in one go: message by message takes far longer."""
    found: dict[int, list[_Support]] = {}
    rows = connection.execute(
        f"SELECT message_id, {columns} FROM {table}"
        " WHERE message_id IN (SELECT id FROM messages WHERE session_id = ?) ORDER BY message_id, number",
        (session,),
    )
    for message, *values in rows:
        found.setdefault(message, []).append(make(*values))
    return found


def _citation(*values: Any) -> StoredCitation:
    number, quote, state, mark, key, section, start, end, span, elsewhere, answer_start, answer_end = values
    return StoredCitation(
        number=number,
        quote=quote,
        state=state,
        mark=mark,
        key=key,
        section=section,
        start=start,
        end=end,
        span=span_of(span),
        found_elsewhere=elsewhere,
        answer_start=answer_start,
        answer_end=answer_end,
    )


def _passage(number: int, key: str, section: int, start: int, end: int, span: str, *rest: Any) -> StoredPassage:
    text, score = rest
    return StoredPassage(number, key, section, start, end, span_of(span), text, score)
