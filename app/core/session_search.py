"""Finds words in everything that was saved: session names, questions, answers, and the text of documents.

Every word must occur, as a piece of any word and in any case, so that it works in every script. Nothing in what
is searched for is an operator. Knows no open session and no ranking but "newest first".
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from app.core.records import SearchHit
from app.core.session_rows import storable
from app.core.text_store import candidates, unpack

_BEFORE = 40
_SNIPPET = 160


def search_sessions(connection: sqlite3.Connection, text: str, limit: int) -> list[SearchHit]:
    """At most `limit` hits; sessions last changed first, in each its name, then messages, then documents."""
    words = storable(text).replace("\0", " ").split()
    if not words:
        return []
    order = {
        number: rank
        for rank, (number,) in enumerate(
            connection.execute("SELECT id FROM sessions WHERE deleted_at IS NULL ORDER BY changed DESC, id DESC")
        )
    }
    hits: list[SearchHit] = []
    for source in (_names, _messages, _documents):
        found = source(connection, words)
        hits += [hit for hit, _ in zip(found, range(limit), strict=False)]
    return sorted(hits, key=lambda hit: order[hit.session])[:limit]


def _names(connection: sqlite3.Connection, words: list[str]) -> Iterator[SearchHit]:
    rows = connection.execute("SELECT id, name FROM sessions WHERE deleted_at IS NULL ORDER BY changed DESC")
    for session, name in rows.fetchall():
        if snippet := _snippet(name, words):
            yield SearchHit(session, name, "name", snippet)


def _messages(connection: sqlite3.Connection, words: list[str]) -> Iterator[SearchHit]:
    numbers = candidates(connection, "message_index", words)
    query = (
        "SELECT messages.id, role, text, session_id, sessions.name FROM messages "
        "JOIN sessions ON sessions.id = session_id WHERE deleted_at IS NULL AND "
    )
    if numbers is None:
        rows = iter(connection.execute(query + "TRUE ORDER BY messages.id DESC").fetchall())
    else:
        # An answer that was cut off never reached the index.
        unindexed = connection.execute(query + "NOT finished ORDER BY messages.id DESC").fetchall()
        rows = _chain(unindexed, (connection.execute(query + "messages.id = ?", (n,)).fetchone() for n in numbers))
    for number, role, text, session, name in rows:
        if snippet := _snippet(text, words):
            yield SearchHit(session, name, "question" if role == "user" else "answer", snippet, message=number)


def _documents(connection: sqlite3.Connection, words: list[str]) -> Iterator[SearchHit]:
    numbers = candidates(connection, "text_index", words)
    if numbers is None:
        numbers = (n for (n,) in connection.execute("SELECT id FROM texts ORDER BY id DESC").fetchall())
    for number in numbers:
        body, packed = connection.execute("SELECT body, packed FROM texts WHERE id = ?", (number,)).fetchone()
        snippet = _snippet(unpack(body, packed), words)
        if not snippet:
            continue
        places = connection.execute(
            "SELECT session_id, sessions.name, key, documents.name, sections.position, label FROM sections "
            "JOIN documents ON documents.id = document_id JOIN sessions ON sessions.id = session_id "
            "WHERE text_id = ? AND deleted_at IS NULL ORDER BY session_id DESC, documents.position",
            (number,),
        )
        for session, name, key, document, section, label in places.fetchall():
            yield SearchHit(
                session, name, "document", snippet, key=key, document=document, section=section, label=label
            )


def _chain(
    first: list[tuple[int, str, str, int, str]], then: Iterator[tuple[int, str, str, int, str] | None]
) -> Iterator[tuple[int, str, str, int, str]]:
    yield from first
    yield from (row for row in then if row is not None)


def _snippet(text: str, words: list[str]) -> str:
    """The text around the first of `words`, empty when one of them does not occur."""
    folded = text.casefold()
    words = [word.casefold() for word in words]
    places = [folded.find(word) for word in words]
    if min(places) < 0:
        return ""
    # Folding may change lengths; then the place is about right, and that is enough for a snippet.
    phrase = folded.find(" ".join(words))
    at = min(phrase if phrase >= 0 else min(places), len(text))
    start = max(0, at - _BEFORE)
    if start and " " in text[start:at]:
        start = text.index(" ", start) + 1
    shown = " ".join(text[start : start + _SNIPPET].split())
    return ("… " if start else "") + shown + (" …" if start + _SNIPPET < len(text) else "")
