"""Cuts documents into transactions short enough that nobody who shares the file has to wait. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from app.core.workspace import Entry

_CHARACTERS_PER_TRANSACTION = 1 << 20


def batches(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """`entries` in order, in parts with about a transaction's worth of text each, or one entry that has more."""
    pending = iter(entries)
    for first in pending:
        yield list(_batch(chain([first], pending)))


def texts_ahead(batch: Sequence[Entry]) -> Iterator[list[str]]:
    """The texts of a batch that is too large for one transaction, in parts.

    Kept beforehand, they are only referred to when the documents are written; texts that nothing came to refer to
    go when a session is removed.
    """
    texts = [text for entry in batch for text in _texts(entry)]
    if sum(map(len, texts)) < 2 * _CHARACTERS_PER_TRANSACTION:
        return
    part: list[str] = []
    size = 0
    for text in texts:
        part.append(text)
        size += len(text)
        if size >= _CHARACTERS_PER_TRANSACTION:
            yield part
            part, size = [], 0
    yield part


def _batch(entries: Iterator[Entry]) -> Iterator[Entry]:
    size = 0
    for entry in entries:
        size += sum(len(text) for text in _texts(entry))
        yield entry
        if size >= _CHARACTERS_PER_TRANSACTION:
            return


def _texts(entry: Entry) -> list[str]:
    return [s.body for s in entry.document.sections if isinstance(s.body, str)]
