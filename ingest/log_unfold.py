"""Finds the records of some templates of a folded log again, by reading it a second time in the same way.

Where they stand is not kept when a log is folded: for gigabytes that would be more than everything else. The same
batches give the same numbers, so a second pass finds exactly the records that were counted. Of each template the first
MOST_RECORDS are found, at most MOST_BYTES of them; a sentence says how many there are besides. Knows no files.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ingest.document import Section, Span
from ingest.log_excerpt import Collector
from ingest.log_fold import Folded
from ingest.log_rows import Rows, rows_of
from ingest.log_templates import TemplateMiner

if TYPE_CHECKING:
    from ingest.log_records import Batch

MOST_RECORDS = 2_000
MOST_BYTES = 512 << 10

Batches = Iterable["tuple[Batch, Sequence[int] | None]"]
"""As `Folder.add` takes them."""

OnRecord = Callable[[int, int, int, bytes], None]
"""Is called with template, offset, line and content of a record."""


@dataclass(slots=True)
class Found:
    """Records of one template, in order. places: start, end and first line of each. left: records not in here."""

    number: int
    left: int
    places: array[int] = field(default_factory=lambda: array("Q"))
    size: int = 0

    @property
    def count(self) -> int:
        """How many records are in here."""
        return len(self.places) // 3

    def ranges(self) -> list[tuple[int, int]]:
        """The bytes [start, end) of each record in the log's content."""
        return list(zip(self.places[0::3], self.places[1::3], strict=True))


def records_of(
    folded: Folded,
    numbers: Iterable[int],
    again: Batches,
    *,
    most: int = MOST_RECORDS,
    most_bytes: int = MOST_BYTES,
    on_record: OnRecord | None = None,
) -> dict[int, Found]:
    """The first records of the templates `numbers`, as far as there are such. again: the batches that were folded."""
    counts = {template.number: template.count for template in folded.templates}
    found = {number: Found(number, counts[number]) for number in sorted(set(numbers)) if number in counts}
    wanted = set(found)
    miners = (TemplateMiner(), TemplateMiner())
    for batch, indexes in again if wanted else ():
        for lane, rows in enumerate(rows_of(batch, indexes)):
            numbered = [folded.of_shape[lane][shape] for shape in miners[lane].add(rows.messages)]
            if wanted.isdisjoint(numbered):
                continue
            for index, number in enumerate(numbered):
                if number in wanted:
                    _take(found[number], rows, index, batch, on_record)
                    if not found[number].left or found[number].count >= most or found[number].size >= most_bytes:
                        wanted.discard(number)
        if not wanted:
            break
    return found


def unfolded_sections(
    folded: Folded, numbers: Iterable[int], again: Batches, new_collector: Callable[[], Collector]
) -> Iterator[Section]:
    """The records of the templates `numbers` as they stand in the log, template by template. Text stays in the file.

    new_collector: one for each template.
    """
    collectors: dict[int, Collector] = {}

    def collect(number: int, start: int, line: int, data: bytes) -> None:
        if number not in collectors:
            collectors[number] = new_collector()
        collectors[number].add(start, line, data)

    found = records_of(folded, numbers, again, on_record=collect)
    for number, collector in sorted(collectors.items()):
        for section in collector.sections():
            yield replace(section, label=f"template #{number}, {section.label}")
        records = found[number]
        if records.left:
            line = records.places[-1]
            said = (
                f"The first {records.count:,} records of template #{number} are shown; {records.left:,} more are not. "
                "Choose a time range to see others."
            )
            yield Section(f"template #{number}, not shown", Span(lines=(line, line)), said, line_map=(line,))


def _take(found: Found, rows: Rows, index: int, batch: Batch, on_record: OnRecord | None) -> None:
    start, end, line = rows.starts[index], rows.ends[index], rows.lines[index]
    found.places.extend((start, end, line))
    found.size += end - start
    found.left -= 1
    if on_record:
        on_record(found.number, start, line, batch.data[start - batch.offset : end - batch.offset])
