"""Pieces of a log that stand apart in it become sections that know where each of their lines stands.

As with whole stretches the text stays in the file, proven by its hash when it is read again; kept are sixteen bytes for
each piece. Knows no formats and not why something was left out.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from ingest.ansi import without_ansi
from ingest.decode import Encoding, decode
from ingest.document import LazyText, Section, Span
from ingest.errors import SourceChanged, SourceGone
from ingest.files import RegularFile, shown, why
from ingest.log import SECTION_BYTES, line_cut
from ingest.log_store import Stretch, content_between, digest_of
from ingest.unpack import Packing

_READ_AS_ONE = 1 << 20
_FURTHEST = 1 << 31


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Pieces of a source's content. ranges: where each begins, counted from `base`, and its bytes, in turn.

    path, packed: as for `Stretch`. lines: the first and last of them in the file.
    """

    path: str
    packed: Packing | None
    base: int
    ranges: array[int]
    lines: tuple[int, int]
    encoding: Encoding
    digest: bytes

    def read(self) -> str:
        """The text as it was indexed. Raises SourceChanged when it is another by now, SourceGone without the file."""
        inside = f"/{self.packed.inside}" if self.packed and self.packed.inside else ""
        try:
            data = self._bytes()
        except OSError as error:
            raise SourceGone(f"{shown(self.path + inside)} cannot be read again: {why(error)}.") from error
        if digest_of(data) != self.digest:
            first, last = self.lines
            raise SourceChanged(
                f"{shown(self.path + inside)} has changed since it was added: something between lines {first:,} and "
                f"{last:,} is no longer the same. Add the file again."
            )
        return without_ansi(decode(data, self.encoding).text)

    def _bytes(self) -> bytes:
        layers = self.packed.layers if self.packed else ()
        pieces = list(zip(self.ranges[::2], self.ranges[1::2], strict=True))
        last = pieces[-1][0] + pieces[-1][1]
        with RegularFile(self.path) as file:
            if last <= _READ_AS_ONE:
                whole = content_between(file, layers, self.base, self.base + last)
                return b"".join(whole[start : start + size] for start, size in pieces)
            begins = [(self.base + start, size) for start, size in pieces]
            return b"".join(content_between(file, layers, start, start + size) for start, size in begins)


class LineRuns(Sequence[int]):
    """The file's line of each line of an excerpt. runs: the excerpt's line (from 0) and the file's, in turn, where
    they begin to run side by side.
    """

    __slots__ = ("_base", "_count", "_runs")

    def __init__(self, base: int, runs: array[int], count: int) -> None:
        self._base, self._runs, self._count = base, runs, count

    def __len__(self) -> int:
        """How many lines."""
        return self._count

    @overload
    def __getitem__(self, index: int) -> int: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[int, ...]: ...

    def __getitem__(self, index: int | slice) -> int | tuple[int, ...]:
        """The file's line of a line of the text, or of several."""
        if isinstance(index, slice):
            return tuple(self)[index]
        at = index + self._count if index < 0 else index
        if not 0 <= at < self._count:
            raise IndexError(index)
        low, high = 0, len(self._runs) // 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._runs[2 * middle] <= at else (low, middle)
        return self._base + self._runs[2 * low + 1] + at - self._runs[2 * low]

    def __iter__(self) -> Iterator[int]:
        """Every line in turn."""
        begins, lines = self._runs[::2], self._runs[1::2]
        for begin, end, line in zip(begins, [*begins[1:], self._count], lines, strict=True):
            yield from range(self._base + line, self._base + line + end - begin)

    def __eq__(self, other: object) -> bool:
        """Whether `other` is the same lines, however they are kept."""
        return tuple(self) == tuple(other) if isinstance(other, LineRuns | tuple) else NotImplemented

    def __hash__(self) -> int:
        """As the same lines in a tuple."""
        return hash(tuple(self))


class Collector:
    """Puts pieces that come in order together to sections of at most SECTION_BYTES.

    path: the file where they are read again, None to keep their text in memory; packed: how they lie there.
    replaced: characters so far that are no text.
    """

    def __init__(self, path: str | None, packed: Packing | None, encoding: Encoding) -> None:
        self.replaced = 0
        self._path, self._packed, self._encoding = path, packed, encoding
        self._sections: list[Section] = []
        self._pieces: list[bytes] = []
        self._size = self._base = self._line = self._end = self._end_line = self._text_line = 0
        self._ranges, self._runs = array("I"), array("I")

    def add(self, start: int, line: int, data: bytes) -> None:
        """The piece at byte `start`, which begins in line `line` (1-based) of the file; behind all before it."""
        while data:
            if self._size and (self._size + len(data) > SECTION_BYTES or start - self._base > _FURTHEST):
                self._close()
            piece = data if len(data) <= SECTION_BYTES else data[: line_cut(data[:SECTION_BYTES])]
            if not self._size:
                self._base, self._line = start, line
            if self._size and start == self._end:
                self._ranges[-1] += len(piece)
            else:
                self._ranges.extend((start - self._base, len(piece)))
                self._runs.extend((self._text_line, line - self._line))
            newlines = piece.count(b"\n")
            self._pieces.append(piece)
            self._size += len(piece)
            self._text_line += newlines
            start += len(piece)
            line += newlines
            self._end, self._end_line = start, line
            data = data[len(piece) :]

    def sections(self) -> tuple[Section, ...]:
        """All of them; nothing can be added afterwards."""
        self._close()
        return tuple(self._sections)

    def _close(self) -> None:
        """What was collected becomes a section."""
        data = b"".join(self._pieces)
        decoded = decode(data, self._encoding)
        text = without_ansi(decoded.text)
        self.replaced += decoded.replaced
        if text and not text.isspace():
            ends_line = data.endswith(b"\n")
            lines = self._line, max(self._line, self._end_line - ends_line)
            line_map: Sequence[int] = ()
            body: str | LazyText = text
            if len(self._ranges) > 2:
                line_map = LineRuns(self._line, self._runs, self._text_line + (not ends_line))
                if self._path is not None:
                    body = Excerpt(
                        self._path, self._packed, self._base, self._ranges, lines, self._encoding, digest_of(data)
                    )
            elif self._path is not None:
                body = Stretch(self._path, self._packed, self._base, self._end, lines, self._encoding, digest_of(data))
            label = f"line {lines[0]:,}" if lines[0] == lines[1] else f"lines {lines[0]:,}–{lines[1]:,}"
            span = Span(lines=lines, bytes=(self._base, self._end))
            self._sections.append(Section(label, span, body, line_map=line_map))
        self._pieces = []
        self._size = self._text_line = 0
        self._ranges, self._runs = array("I"), array("I")
