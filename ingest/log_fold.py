"""Folds the records of a log: those of one template become one line, the rare and the bad stay as they are.

For whoever reads a log record by record:

    folder = Folder()
    for batch in batches(...):
        folder.add(batch)                # or folder.add(batch, indexes), for a log that is filtered
    folded = folder.folded()             # entries in the order of their first record; `log_fold_text` writes them

Every record is in exactly one entry: in one that stands for `count` records of a template, or whole in one of its own.
Whole are records of level ERROR and FATAL (WHOLE_BYTES of them; of those behind, the first few of each template) and
all records of a template that has at most RARE of them (up to RARE_BYTES). Memory depends on the number of templates,
not of records. Which records a template has is not kept: `log_unfold` finds them again in a second pass, which gives
the same numbers because the same batches do. Knows no files.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.log_rows import Rows, joined_rows, rows_of
from ingest.log_shapes import Pattern
from ingest.log_templates import TemplateMiner, Templates
from ingest.view import Level

if TYPE_CHECKING:
    from ingest.log_records import Batch

RARE = 2
RARE_BYTES = 2 << 20
WHOLE_BYTES = 256 << 10
WHOLE_EACH = 3
RECORD_BYTES = 64 << 10
SAMPLES = 3
SAMPLE_LENGTH = 400
TOGETHER = 10_000
MOST_BATCHES = 32
_NAMES = 4
_SAMPLES_OF_ALL = 8


@dataclass(frozen=True, slots=True)
class Raw:
    """One record as it stands in the file. cut: it goes on behind `data`."""

    start: int
    line: int
    data: bytes
    cut: bool


@dataclass(frozen=True, slots=True)
class Template:
    """The records of one template. number: 1-based, in the order of first records, whole ones counted too.

    count: all its records. whole: those of them that the folded log shows as they stand. first, last: time in
    nanoseconds, None where none is known. line, start: of its first record. further_lines: of its records, beyond their
    first lines. levels, sources: some that occur, in order of occurrence. samples: messages of some records.
    """

    number: int
    pattern: Pattern
    count: int
    whole: tuple[Raw, ...]
    first: int | None
    last: int | None
    line: int
    start: int
    further_lines: int
    levels: tuple[Level, ...]
    sources: tuple[str, ...]
    samples: tuple[str, ...]

    @property
    def folded(self) -> int:
        """How many of its records its one line stands for."""
        return self.count - len(self.whole)


@dataclass(frozen=True, slots=True)
class Folded:
    """All templates of a log by number. records: of the log. first, last: as of a template.

    of_shape: the number of the template of each number that the miners gave; for a second pass.
    """

    templates: tuple[Template, ...]
    records: int
    first: int | None
    last: int | None
    of_shape: tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(slots=True)
class _Seen:
    """What is kept of a shape. bounds: earliest and latest time."""

    line: int
    start: int
    count: int = 0
    further_lines: int = 0
    bounds: tuple[int, int] | None = None
    levels: dict[Level, None] = field(default_factory=dict)
    sources: dict[str, None] = field(default_factory=dict)
    samples: list[str] = field(default_factory=list)
    raw: list[Raw] = field(default_factory=list)


class Folder:
    """See the top of this file."""

    def __init__(self) -> None:
        self._plain = _Lane(RARE_BYTES, RARE)
        self._bad = _Lane(WHOLE_BYTES, None)

    def add(self, batch: Batch, indexes: Sequence[int] | None = None) -> None:
        """The next records of the log, or those of them at `indexes`."""
        plain, bad = rows_of(batch, indexes)
        self._plain.add(plain, batch)
        self._bad.add(bad, batch)

    def folded(self) -> Folded:
        """What came of all records so far."""
        lanes = (self._plain, self._bad)
        found = [lane.miner.templates() for lane in lanes]
        parts = [
            (part.start, lane, index, part)
            for lane in (0, 1)
            for index, part in enumerate(lanes[lane].together(found[lane]))
        ]
        numbers: tuple[list[int], list[int]] = ([0] * len(found[0].patterns), [0] * len(found[1].patterns))
        templates: list[Template] = []
        for number, (_, lane, index, part) in enumerate(sorted(parts, key=lambda entry: entry[:3]), start=1):
            numbers[lane][index] = number
            templates.append(_template(number, found[lane].patterns[index], part, lanes[lane].whole(part)))
        bounds = [(t.first, t.last) for t in templates]
        return Folded(
            tuple(templates),
            sum(template.count for template in templates),
            min((first for first, _ in bounds if first is not None), default=None),
            max((last for _, last in bounds if last is not None), default=None),
            (
                tuple(numbers[0][index] for index in found[0].of_shape),
                tuple(numbers[1][index] for index in found[1].of_shape),
            ),
        )


class _Waiting:
    """Records that are looked at together, which is much faster than batch by batch."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.parts: list[Rows] = []
        self.batches: list[tuple[int, Batch]] = []

    def batch_of(self, index: int) -> Batch:
        """The batch of a record."""
        return self.batches[bisect_right(self.batches, index, key=lambda entry: entry[0]) - 1][1]


class _Lane:
    """Records of which some are kept whole: at most so many bytes; of each shape at most `each`, None for all.

    Where not all are kept that should be, at least WHOLE_EACH of each shape are, as far as twice the bytes go.
    """

    def __init__(self, raw_bytes: int, each: int | None) -> None:
        self.miner = TemplateMiner()
        self._seen: dict[int, _Seen] = {}
        self._each = each
        self._limit = raw_bytes
        self._raw_bytes = 0
        self._waiting = _Waiting()

    def add(self, rows: Rows, batch: Batch) -> None:
        """More records, from `batch`."""
        if not rows.starts:
            return
        waiting = self._waiting
        waiting.batches.append((len(waiting.numbers), batch))
        waiting.numbers += self.miner.add(rows.messages)
        waiting.parts.append(rows)
        # A batch is held as a whole, even where only one record of it waits.
        if len(waiting.numbers) >= TOGETHER or len(waiting.batches) >= MOST_BATCHES:
            self._note()

    def _note(self) -> None:
        """Keep of the waiting records what is kept."""
        waiting, self._waiting = self._waiting, _Waiting()
        numbers, rows = waiting.numbers, joined_rows(waiting.parts)
        firsts = dict(zip(reversed(numbers), range(len(numbers) - 1, -1, -1), strict=True))
        lasts = dict(zip(numbers, range(len(numbers)), strict=True))
        for number, first in firsts.items():
            seen = self._seen.get(number)
            if seen is None:
                seen = self._seen[number] = _Seen(rows.lines[first], rows.starts[first])
            last = lasts[number]
            _widen(seen, rows.times[first], rows.times[last])
            some = (first, last) if last != first else (first,)
            for index in some:
                # The last place is the latest record's: values of a later time tell more.
                del seen.samples[SAMPLES - 1 :]
                seen.samples.append(rows.messages[index][:SAMPLE_LENGTH])
            if self._each is not None:
                if self.miner.counts[number] <= self._each:
                    for index in some:
                        self._keep(seen, rows, index, waiting)
                elif seen.raw:
                    self._raw_bytes -= sum(len(raw.data) for raw in seen.raw)
                    seen.raw.clear()
        if self._each is None:
            for index, number in enumerate(numbers):
                self._keep(self._seen[number], rows, index, waiting)
        for number, level, source in dict.fromkeys(zip(numbers, rows.levels, rows.sources, strict=True)):
            seen = self._seen[number]
            if level is not None:
                seen.levels[level] = None
            if source is not None and len(seen.sources) < _NAMES:
                seen.sources[source] = None
        if sum(rows.heights) > len(numbers):
            for number, height in zip(numbers, rows.heights, strict=True):
                if height > 1:
                    self._seen[number].further_lines += height - 1

    def together(self, found: Templates) -> list[_Seen]:
        """What is kept of the shapes of each template."""
        self._note()
        result: list[_Seen | None] = [None] * len(found.patterns)
        for number, seen in sorted(self._seen.items(), key=lambda item: item[1].start):
            index = found.of_shape[number]
            part = result[index]
            if part is None:
                part = result[index] = _Seen(seen.line, seen.start)
            part.count += self.miner.counts[number]
            part.further_lines += seen.further_lines
            part.raw += seen.raw
            part.samples += seen.samples[: _SAMPLES_OF_ALL - len(part.samples)]
            part.levels |= seen.levels
            part.sources |= seen.sources
            if seen.bounds is not None:
                _widen(part, *seen.bounds)
        return [part for part in result if part is not None]

    def whole(self, part: _Seen) -> tuple[Raw, ...]:
        """The records of a template that are shown as they stand."""
        if self._each is not None and not len(part.raw) == part.count <= self._each:
            return ()
        return tuple(sorted(part.raw, key=lambda raw: raw.start))

    def _keep(self, seen: _Seen, rows: Rows, index: int, waiting: _Waiting) -> None:
        start, end = rows.starts[index], rows.ends[index]
        size = min(end - start, RECORD_BYTES)
        room = self._limit if self._each is not None or len(seen.raw) >= WHOLE_EACH else 2 * self._limit
        if self._raw_bytes + size > room:
            return
        self._raw_bytes += size
        batch = waiting.batch_of(index)
        data = batch.data[start - batch.offset : start - batch.offset + size]
        seen.raw.append(Raw(start, rows.lines[index], data, cut=size < end - start))


def _widen(seen: _Seen, *times: int | None) -> None:
    for time in times:
        if time is not None:
            first, last = seen.bounds or (time, time)
            seen.bounds = (min(first, time), max(last, time))


def _template(number: int, pattern: Pattern, part: _Seen, whole: tuple[Raw, ...]) -> Template:
    first, last = part.bounds or (None, None)
    return Template(
        number,
        pattern,
        part.count,
        whole,
        first,
        last,
        part.line,
        part.start,
        part.further_lines,
        tuple(part.levels),
        tuple(part.sources)[:_NAMES],
        tuple(part.samples),
    )
