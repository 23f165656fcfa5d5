"""Where what looks like a secret stands among the rows of a text. Knows no Qt and paints nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator, Sequence

from app.ui.viewer.text_source import TextSource
from ingest.document import Secret

_KEPT = 64

RowMark = tuple[int, int, int]
"""Row, and the columns [start, end) in it."""


class SecretMarks:
    """Rows and columns of secrets, found chunk by chunk as they come into sight."""

    def __init__(self, secrets: Sequence[Secret] = ()) -> None:
        self._secrets = sorted(secrets, key=_place)
        self._places = [_place(secret) for secret in self._secrets]
        self._found: OrderedDict[int, list[RowMark]] = OrderedDict()

    def forget(self) -> None:
        """Rows are others now."""
        self._found.clear()

    def in_rows(self, source: TextSource, first: int, last: int) -> list[RowMark]:
        """The marks in rows [first, last], as far as these were read."""
        if not self._secrets or not source.rows:
            return []
        chunks = range(source.chunk_at(first), source.chunk_at(last) + 1)
        return [mark for chunk in chunks for mark in self._in_chunk(source, chunk) if first <= mark[0] <= last]

    def _in_chunk(self, source: TextSource, index: int) -> list[RowMark]:
        held = self._found.get(index)
        if held is not None:
            self._found.move_to_end(index)
            return held
        chunk = source.chunks[index]
        past = (chunk.section, chunk.end) if chunk.end >= 0 else (chunk.section + 1, -1)
        begin, end = bisect_left(self._places, (chunk.section, chunk.start)), bisect_left(self._places, past)
        if chunk.heading is not None or begin == end:
            return []
        if source.missing(chunk.row, chunk.row):
            return []
        marks = [mark for secret in self._secrets[begin:end] for mark in _rows_of(source, secret)]
        self._found[index] = marks
        while len(self._found) > _KEPT:
            self._found.popitem(last=False)
        return marks


def _rows_of(source: TextSource, secret: Secret) -> Iterator[RowMark]:
    start, end = source.position(secret.section, secret.start), source.position(secret.section, secret.end)
    if start is None or end is None:
        return
    for row in range(start[0], end[0] + 1):
        stop = end[1] if row == end[0] else len(source.line(row) or "")
        yield row, start[1] if row == start[0] else 0, stop


def _place(secret: Secret) -> tuple[int, int]:
    return secret.section, secret.start
