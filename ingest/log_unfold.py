"""Finds the records of some templates of a folded log again, by reading it a second time in the same way.

Where they stand is not kept when a log is folded: for gigabytes that would be more than everything else. The same
batches give the same numbers, so a second pass finds exactly the records that were counted. Of each template the first
MOST_RECORDS are found, at most MOST_BYTES of them; the text says how many there are besides. Knows no files.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.document import LazyText, Section, Span
from ingest.log import SECTION_BYTES
from ingest.log_fold import RECORD_BYTES, Folded, Rows, rows_of
from ingest.log_templates import TemplateMiner

if TYPE_CHECKING:
    from ingest.log_records import Batch

MOST_RECORDS = 2_000
MOST_BYTES = 512 << 10

Batches = Iterable["tuple[Batch, Sequence[bool] | None]"]
"""As `Folder.add` takes them."""

Keep = Callable[[int, bytes, tuple[int, int]], LazyText]
"""Offset, content and lines of a record, to text that stays in the file."""


@dataclass(slots=True)
class Found:
    """Records of one template, in order. places: start, end and first line of each. left: records not in here."""

    number: int
    left: int
    places: array[int] = field(default_factory=lambda: array("Q"))
    heights: array[int] = field(default_factory=lambda: array("I"))
    texts: list[LazyText] = field(default_factory=list)
    size: int = 0

    @property
    def count(self) -> int:
        """How many records are in here."""
        return len(self.heights)

    def ranges(self) -> Iterator[tuple[int, int]]:
        """The bytes [start, end) of each record."""
        return zip(self.places[0::3], self.places[1::3], strict=True)


@dataclass(frozen=True, slots=True)
class Pieces:
    """Text that stands in several places of a file, each piece ending a line, and a last line of our own."""

    pieces: tuple[LazyText, ...]
    said: str

    def read(self) -> str:
        """The text. Raises SourceChanged or SourceGone."""
        texts = [piece.read() for piece in self.pieces]
        return "".join(text if text.endswith("\n") else f"{text}\n" for text in texts) + self.said


def records_of(
    folded: Folded, numbers: Iterable[int], batches: Batches, *, keep: Keep | None = None, most: int = MOST_RECORDS
) -> dict[int, Found]:
    """The first records of the templates `numbers`, as far as there are such, from the batches that were folded."""
    counts = {template.number: template.count for template in folded.templates}
    found = {number: Found(number, counts[number]) for number in sorted(set(numbers)) if number in counts}
    open_ones = set(found)
    miners = (TemplateMiner(), TemplateMiner())
    for batch, chosen in batches if open_ones else ():
        for lane, rows in enumerate(rows_of(batch, chosen)):
            shapes = miners[lane].add(rows.messages)
            numbered = list(map(folded.of_shape[lane].__getitem__, shapes))
            if open_ones.isdisjoint(numbered):
                continue
            for index, number in enumerate(numbered):
                if number in open_ones and not _take(found[number], rows, index, batch, keep, most):
                    open_ones.discard(number)
        if not open_ones:
            break
    return found


def unfolded_sections(found: Found) -> Iterator[Section]:
    """The records of a template as they stand in the log, in sections of about SECTION_BYTES. They were kept."""
    total = found.count + found.left
    first = 0
    while first < found.count:
        last, size = first, 0
        while last < found.count and (size < SECTION_BYTES or last == first):
            size += found.places[3 * last + 1] - found.places[3 * last]
            last += 1
        line_map: list[int] = []
        for index in range(first, last):
            line = found.places[3 * index + 2]
            line_map += range(line, line + found.heights[index])
        said = ""
        if last == found.count and found.left:
            said = f"({found.left:,} more records of template {found.number} are not shown; choose a time range.)\n"
            line_map.append(line_map[-1])
        some = f"{first + 1:,}–{last:,} of {total:,}" if total > 1 else "its one record"
        yield Section(
            f"template #{found.number}: {some}",
            Span(lines=(line_map[0], line_map[-1])),
            Pieces(tuple(found.texts[first:last]), said),
            line_map=tuple(line_map),
        )
        first = last


def _take(found: Found, rows: Rows, index: int, batch: Batch, keep: Keep | None, most: int) -> bool:
    """Whether there was room for this record and there may be for another."""
    start, end, line, height = rows.starts[index], rows.ends[index], rows.lines[index], rows.heights[index]
    if found.count >= most or (keep is not None and found.size + end - start > MOST_BYTES and found.count):
        return False
    if keep is not None:
        data = batch.data[start - batch.offset : end - batch.offset]
        if len(data) > RECORD_BYTES:
            data = data[:RECORD_BYTES]
            end, height = start + len(data), data.count(b"\n") + (not data.endswith(b"\n"))
        found.texts.append(keep(start, data, (line, line + height - 1)))
        found.size += len(data)
    found.places.extend((start, end, line))
    found.heights.append(height)
    found.left -= 1
    return found.left > 0
