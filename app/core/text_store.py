"""Texts kept once by their content, compressed where that pays, and the trigrams that find them again.

The index keeps no positions: it names candidates, and the text itself decides. Knows no sessions.
"""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from typing import Literal

Index = Literal["text_index", "message_index"]

_TRIGRAM = 3
_MOST_TRIGRAMS = 64


def keep(connection: sqlite3.Connection, text: str) -> int:
    """The number of `text` in the store, where it is put unless it is there already."""
    raw = text.encode("utf-8")
    digest = hashlib.sha256(raw).digest()
    found = connection.execute("SELECT id FROM texts WHERE sha256 = ?", (digest,)).fetchone()
    if found:
        return int(found[0])
    packed = zlib.compress(raw)
    pays = len(packed) < len(raw)
    cursor = connection.execute(
        "INSERT INTO texts (sha256, packed, body) VALUES (?, ?, ?)", (digest, pays, packed if pays else raw)
    )
    number = int(cursor.lastrowid or 0)
    add_to_index(connection, "text_index", number, text)
    return number


def unpack(body: bytes, packed: int) -> str:
    """The text that `body` holds."""
    return (zlib.decompress(body) if packed else body).decode("utf-8")


def drop_unused(connection: sqlite3.Connection, among: Sequence[int] | None = None) -> None:
    """Remove the texts that no section refers to any more, and their trigrams. among: look at no others."""
    these = "TRUE" if among is None else f"id IN ({','.join(str(int(number)) for number in among)})"
    unused = connection.execute(
        f"SELECT id, body, packed FROM texts WHERE {these}"
        " AND NOT EXISTS (SELECT 1 FROM sections WHERE text_id = texts.id)"
    )
    for number, body, packed in unused.fetchall():
        drop_from_index(connection, "text_index", number, unpack(body, packed))
        connection.execute("DELETE FROM texts WHERE id = ?", (number,))


def add_to_index(connection: sqlite3.Connection, index: Index, number: int, text: str) -> None:
    """Make `text` findable under `number`."""
    connection.execute(f"INSERT INTO {index} (rowid, body) VALUES (?, ?)", (number, text))


def drop_from_index(connection: sqlite3.Connection, index: Index, number: int, text: str) -> None:
    """The reverse of `add_to_index`; must be given the same text."""
    connection.execute(f"INSERT INTO {index} ({index}, rowid, body) VALUES ('delete', ?, ?)", (number, text))


def candidates(connection: sqlite3.Connection, index: Index, words: list[str]) -> Iterator[int] | None:
    """Numbers of what may hold every word, newest first; None when the words are too short for the index."""
    lowered = [word.lower() for word in words]
    trigrams = dict.fromkeys(word[i : i + _TRIGRAM] for word in lowered for i in range(len(word) - _TRIGRAM + 1))
    # Letters that fold to something else than their lower case (ß, ς) are folded differently in the index.
    trigrams = {t: None for t in trigrams if t.casefold() == t}
    if not trigrams:
        return None
    # Each trigram is a quoted string, so nothing the user writes is read as an operator.
    match = " AND ".join('"' + t.replace('"', '""') + '"' for t in list(trigrams)[:_MOST_TRIGRAMS])
    rows = connection.execute(f"SELECT rowid FROM {index} WHERE {index} MATCH ? ORDER BY rowid DESC", (match,))
    return (number for (number,) in rows)
