"""A source's text as rows that can be had one by one, however long it is and wherever it lies. Knows no Qt.

Text is cut into chunks at line ends. A chunk of text in memory is split when one of its rows is needed; one that lies
in a file is read by whoever calls `read` (which may take a while) and given back with `put`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.document import Section, Span

CHUNK = 1 << 16
LONGEST_ROW = 1 << 14
"""A line longer than this, in text with no line ends around, is shown in pieces."""

_KEPT = 256


@dataclass(frozen=True, slots=True)
class Chunk:
    """Characters [start, end) of a section, `rows` rows from row `row` on.

    line: rows of the section before it. end: -1 for a section that lies in a file. heading: instead of text, a title.
    continues: its first row goes on with the line before.
    """

    section: int
    start: int
    end: int
    row: int
    rows: int
    line: int
    continues: bool = False
    heading: str | None = None


def cut(sections: Sequence[Section], *, headings: bool = False) -> tuple[Chunk, ...]:
    """All chunks of a source. headings: each section's label is a row before it."""
    chunks: list[Chunk] = []
    row = 0
    for number, section in enumerate(sections):
        if headings:
            chunks.append(Chunk(number, 0, 0, row, 1, 0, heading=section.label))
            row += 1
        if isinstance(section.body, str):
            for chunk in _cut_text(number, section.body, row):
                chunks.append(chunk)
                row += chunk.rows
        else:
            first, last = section.span.lines or (1, 1)
            # Only some of the file's lines may be shown, and some of them twice.
            rows = len(section.line_map) or last - first + 1
            before = sections[number - 1].span.lines if number else None
            goes_on = before is not None and before[1] == first and not section.line_map
            chunks.append(Chunk(number, 0, -1, row, rows, 0, continues=goes_on))
            row += rows
    return tuple(chunks)


def _cut_text(number: int, text: str, row: int) -> Iterator[Chunk]:
    at = line = 0
    continues = False
    while at < len(text) or not at:
        end = min(at + CHUNK, len(text))
        if end < len(text):
            newline = text.rfind("\n", at, end) + 1
            end = newline or min(at + LONGEST_ROW, len(text))
        newlines = text.count("\n", at, end)
        ended = end > at and text[end - 1] == "\n"
        rows = max(1, newlines + (not ended))
        yield Chunk(number, at, end, row, rows, line, continues)
        row += rows
        line += newlines
        continues = not ended
        if end == at:
            return
        at = end


class TextSource:
    """Rows and their columns; both count from 0."""

    def __init__(self, sections: Sequence[Section], chunks: Sequence[Chunk]) -> None:
        self.sections = sections
        self.chunks = chunks
        self._first_rows = [chunk.row for chunk in chunks]
        self._places = [(chunk.section, chunk.start) for chunk in chunks]
        self._loaded: OrderedDict[int, list[str]] = OrderedDict()

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.chunks[-1].row + self.chunks[-1].rows if self.chunks else 0

    def chunk_at(self, row: int) -> int:
        """The index of the chunk that holds a row."""
        return max(0, bisect_right(self._first_rows, row) - 1)

    def heading(self, row: int) -> bool:
        """Whether the row is a section's title."""
        return self.chunks[self.chunk_at(row)].heading is not None

    def line(self, row: int) -> str | None:
        """The text of a row; None while it lies in a file that was not read."""
        index = self.chunk_at(row)
        lines = self._lines(index)
        if lines is None:
            return None
        at = row - self.chunks[index].row
        return lines[at] if at < len(lines) else ""

    def number(self, row: int) -> int:
        """The number of the file's line that begins with this row; 0 where none begins or lines have no numbers."""
        chunk = self.chunks[self.chunk_at(row)]
        section = self.sections[chunk.section]
        at = row - chunk.row
        if section.span.lines is None or chunk.heading is not None or (chunk.continues and not at):
            return 0
        return section.line_map[chunk.line + at] if section.line_map else section.span.lines[0] + chunk.line + at

    def number_at(self, row: int) -> int:
        """The number of the file's line that the row belongs to, 0 where lines have no numbers."""
        while row > 0 and not self.number(row) and self.chunks[self.chunk_at(row)].continues:
            row -= 1
        return self.number(row)

    def span_at(self, row: int) -> Span:
        """The span of the section that the row belongs to."""
        return self.sections[self.chunks[self.chunk_at(row)].section].span

    def missing(self, first: int, last: int) -> list[int]:
        """Chunks that hold rows [first, last] and have to be read before those can be shown."""
        found = range(self.chunk_at(first), self.chunk_at(last) + 1)
        return [i for i in found if self.chunks[i].end < 0 and i not in self._loaded]

    def read(self, index: int) -> str:
        """The text of a chunk. Safe in any thread. Raises SourceChanged or SourceGone."""
        chunk = self.chunks[index]
        if chunk.heading is not None:
            return chunk.heading
        body = self.sections[chunk.section].body
        return body[chunk.start : chunk.end] if isinstance(body, str) else body.read()

    def put(self, index: int, text: str) -> None:
        """Take the text of a chunk that was read."""
        lines = text.split("\n")
        if len(lines) > 1 and not lines[-1]:
            lines.pop()
        self._loaded[index] = lines
        while len(self._loaded) > _KEPT:
            self._loaded.popitem(last=False)

    def position(self, section: int, offset: int) -> tuple[int, int] | None:
        """The row and column of a character of a section; None while its chunk was not read."""
        index = max(0, bisect_right(self._places, (section, offset)) - 1)
        lines = self._lines(index)
        if lines is None:
            return None
        chunk, left = self.chunks[index], offset - self.chunks[index].start
        for at, line in enumerate(lines):
            if left <= len(line):
                return chunk.row + at, left
            left -= len(line) + 1
        return chunk.row + len(lines) - 1, len(lines[-1])

    def row_of(self, section: int, line: int) -> int:
        """The row on which the section's line `line` (from 0) begins."""
        first = bisect_right(self._places, (section, -1))
        last = bisect_right(self._places, (section + 1, -1))
        at = bisect_right(self.chunks, line, first, last, key=lambda chunk: chunk.line) - 1
        return self.chunks[at].row + line - self.chunks[at].line if at >= first else 0

    def between(self, first: tuple[int, int], last: tuple[int, int]) -> Iterator[str]:
        """The text from one (row, column) to another, in pieces; reads what was not read. Raises as `read` does."""
        for index in range(self.chunk_at(first[0]), self.chunk_at(last[0]) + 1):
            chunk, text = self.chunks[index], self.read(index)
            following = self.chunks[index + 1] if index + 1 < len(self.chunks) else chunk
            if following.section != chunk.section or chunk.heading is not None:
                # Sections are on lines of their own, whatever they end with.
                text += "" if text.endswith("\n") or following.continues else "\n"
            end = _offset(text, last[0] - chunk.row, last[1]) if last[0] < chunk.row + chunk.rows else len(text)
            start = _offset(text, first[0] - chunk.row, first[1]) if first[0] >= chunk.row else 0
            yield text[start:end]

    def size_between(self, first: int, last: int) -> int:
        """About how many characters the chunks of rows [first, last] hold."""
        chunks = self.chunks[self.chunk_at(first) : self.chunk_at(last) + 1]
        return sum(chunk.end - chunk.start if chunk.end >= 0 else CHUNK for chunk in chunks)

    def _lines(self, index: int) -> list[str] | None:
        lines = self._loaded.get(index)
        if lines is None:
            if index >= len(self.chunks) or self.chunks[index].end < 0:
                return None
            self.put(index, self.read(index))
            return self._loaded[index]
        self._loaded.move_to_end(index)
        return lines


def _offset(text: str, row: int, column: int) -> int:
    at = 0
    for _ in range(row):
        newline = text.find("\n", at)
        if newline < 0:
            return len(text)
        at = newline + 1
    return min(at + column, len(text))
