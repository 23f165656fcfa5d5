"""Splits the content of a log into records with time, level, source and message, some sixty megabytes a second.

For whoever folds, filters or counts records:

    for batch in batches(stream, log_format, encoding, mtime_ns=...):
        for i in range(len(batch)):
            batch.starts[i], batch.lines[i], batch.times[i], batch.levels[i], batch.sources[i], batch.messages[i]

A record goes on until the next one begins (stack traces, wrapped objects), so records and, before the first record of a
batch, `batch.lead` bytes that still belong to the last record before it, give the content back byte for byte. Only a
record of more than a megabyte is spread over several batches. Lists of a batch are parallel and as long as the batch.
Lines before the first record of a log are a record without a time. Memory does not depend on the log, nor on the length
of its lines: messages are cut at 64 KiB, bytes never. Knows no files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, compress
from typing import Any

from ingest.ansi import without_ansi
from ingest.decode import Encoding, decode
from ingest.log import Stream, line_cut
from ingest.log_fields import LONGEST, field_columns
from ingest.log_formats import LogFormat
from ingest.log_levels import level_of_number, level_of_priority, level_of_word
from ingest.log_time_texts import TextTimes
from ingest.log_times import Times
from ingest.view import Level

READ_BYTES = 65_536
"""So small that what was found is still in the processor's cache, and too little to set off a search for garbage."""
LONGEST_TOGETHER = 1 << 20
LONGEST_MESSAGE = LONGEST

_NEWLINE = 10


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records that follow one another; see the top of this file.

    offset: of `data` in the content. end: offset behind it. line: the file's line (1-based) in which it begins.
    starts: offset of each record. lines: of each record's first. times: nanoseconds since 1970 (of the log's own clock
    where it names no zone) or None. messages: what stands behind the head, on its line. zone_seen: some time so far
    named its zone. ahead: how far the records' own clocks are ahead of UTC, in nanoseconds; one number when all are.
    """

    offset: int
    data: bytes
    line: int
    lead: int
    starts: Sequence[int]
    lines: Sequence[int]
    times: Sequence[int | None]
    levels: Sequence[Level | None]
    sources: Sequence[str | None]
    messages: Sequence[str]
    encoding: Encoding
    zone_seen: bool = False
    ahead: int | Sequence[int] = 0

    def __len__(self) -> int:
        """How many records."""
        return len(self.starts)

    @property
    def end(self) -> int:
        """Offset of the first byte behind."""
        return self.offset + len(self.data)

    def ends(self) -> list[int]:
        """Offset behind each record; of the last one's bytes that are in this batch."""
        return [*self.starts[1:], self.end] if self.starts else []

    def texts(self) -> list[str]:
        """Each record's whole text (as far as it is in this batch), escape sequences left out."""
        text = plain_text(self.data, self.encoding)
        return _pieces(text, [line - self.line for line in self.lines])


def _pieces(text: str, lines: Sequence[int]) -> list[str]:
    """`text` cut where each of `lines` (from 0) begins, without what is before the first."""
    # Bytes and characters differ, lines do not.
    begins = list(accumulate((len(line) + 1 for line in text.split("\n")), initial=0))
    places = [begins[line] for line in lines]
    return [text[a:b] for a, b in zip(places, [*places[1:], len(text)], strict=True)] if places else []


def plain_text(data: bytes, encoding: Encoding) -> str:
    """`data` as text, line for line, without escape sequences."""
    text = decode(data, encoding).text
    if text.count("\n") != data.count(b"\n"):
        # A guessed code page whose newline is another byte.
        text = data.decode("latin-1")
    return without_ansi(text)


def batches(
    stream: Stream,
    log_format: LogFormat,
    encoding: Encoding,
    *,
    mtime_ns: int,
    on_bytes: Callable[[int], None] | None = None,
) -> Iterator[Batch]:
    """The records of `stream`, which is at its beginning, in order. mtime_ns: when the file was last changed.

    on_bytes: called with the bytes of content read so far; may raise. Raises OSError.
    """
    splitter = _Splitter(log_format, encoding, mtime_ns)
    offset, line = len(stream.read(encoding.mark)), 1
    rest, inside, mid_line = b"", False, False
    while True:
        fresh = stream.read(READ_BYTES)
        data = rest + fresh
        if not data:
            return
        if on_bytes:
            on_bytes(offset + len(data))
        at_end = len(fresh) < READ_BYTES
        lines = data if at_end else data[: data.rfind(b"\n") + 1] or data
        batch = splitter.split(lines, offset, line, inside=inside, mid_line=mid_line)
        if at_end:
            yield batch
            return
        if batch.starts and batch.starts[-1] > offset:
            # The last record may go on.
            batch = _without_last(batch)
            inside = mid_line = False
        elif inside or len(data) >= LONGEST_TOGETHER:
            cut = line_cut(data)
            batch = splitter.split(data[:cut], offset, line, inside=inside, mid_line=mid_line)
            inside, mid_line = True, not batch.data.endswith(b"\n")
        else:
            rest = data
            continue
        yield batch
        rest = data[len(batch.data) :]
        offset += len(batch.data)
        line += batch.data.count(b"\n")


def _without_last(batch: Batch) -> Batch:
    return replace(
        batch,
        data=batch.data[: batch.starts[-1] - batch.offset],
        starts=batch.starts[:-1],
        lines=batch.lines[:-1],
        times=batch.times[:-1],
        levels=batch.levels[:-1],
        sources=batch.sources[:-1],
        messages=batch.messages[:-1],
        ahead=batch.ahead if isinstance(batch.ahead, int) else batch.ahead[:-1],
    )


class _Levels(dict[str, Level | None]):
    """The level that each word means in a format."""

    def __init__(self, log_format: LogFormat) -> None:
        super().__init__(log_format.levels)
        self._format = log_format

    def __missing__(self, word: str) -> Level | None:
        if len(self) > 1000:
            self.clear()
            self.update(self._format.levels)
        level: Level | None
        if word.isascii() and word.isdigit() and len(word) < 5:
            level = level_of_priority(int(word)) if self._format.priority else level_of_number(int(word))
        else:
            level = level_of_word(word)
        self[word] = level
        return level


class _Splitter:
    """Finds the records in pieces of one log; remembers what the next piece needs."""

    def __init__(self, log_format: LogFormat, encoding: Encoding, mtime_ns: int) -> None:
        import numpy

        self._numpy = numpy
        self._format = log_format
        self._encoding = encoding
        self._times = Times(log_format.date, mtime_ns)
        self._text_times = TextTimes()
        self._levels = _Levels(log_format)

    def split(self, data: bytes, offset: int, line: int, *, inside: bool, mid_line: bool) -> Batch:
        """The records in `data`. inside: it goes on with a record that began before; mid_line: even with a line."""
        numpy = self._numpy
        skipped = (data.find(b"\n") + 1 or len(data)) if mid_line else 0
        body = data[skipped:]
        text = plain_text(body, self._encoding).removesuffix("\n")
        newlines = numpy.flatnonzero(numpy.frombuffer(body, numpy.uint8) == 10) + 1
        begins = numpy.concatenate(([0], newlines))[: newlines.size + (not body.endswith(b"\n"))] if body else newlines
        rows = self._format.rows.findall(text) if body else []
        at, columns = self._record_lines(rows, text, begins.size)
        before: str | None = None
        if body and not inside and (not at.size or at[0] > 0):
            before = text.partition("\n")[0]
            at = numpy.concatenate(([0], at)).astype(int)
            columns = [("", *column) for column in columns] or [("",)] * self._format.rows.groups
        starts = begins[at] if at.size else newlines[:0]
        times, levels, sources, messages = self._parts(columns, lambda: _pieces(text, at.tolist()))
        if before is not None:
            messages = [before, *messages[1:]]
        if len(body) > LONGEST_MESSAGE and numpy.diff(begins, append=len(body)).max() > LONGEST_MESSAGE:
            messages = [message[:LONGEST_MESSAGE] for message in messages]
        lead = skipped + (int(starts[0]) if starts.size else len(body))
        line_of_body = line + (1 if skipped and data[skipped - 1] == _NEWLINE else 0)
        times_of = self._times if self._format.kind == "line" else self._text_times
        return Batch(
            offset,
            data,
            line,
            lead,
            (starts + (offset + skipped)).tolist(),
            (at + line_of_body).tolist(),
            times,
            levels,
            sources,
            messages,
            self._encoding,
            times_of.zone_seen,
            times_of.ahead,
        )

    def _record_lines(self, rows: list[tuple[str, ...]], text: str, count: int) -> tuple[Any, list[Sequence[str]]]:
        """The lines (from 0) in which records begin, and the columns of their parts."""
        numpy, key, height = self._numpy, self._format.key, self._format.lines
        for found in (rows, None):
            # Should a pattern have run over the end of a line after all, each line is looked at by itself.
            here = found if found is not None else [self._format.rows.findall(line)[0] for line in text.split("\n")]
            columns: list[Sequence[str]] = list(zip(*here, strict=True))
            keys = columns[key] if columns else ()
            if height == 1 and len(keys) == count and all(keys):
                return numpy.arange(count), columns
            heads = numpy.fromiter(map(bool, keys), bool, len(keys))
            heights = numpy.where(heads, height, 1)
            if int(heights.sum()) == count:
                break
        at = (numpy.cumsum(heights) - heights)[heads]
        return at, [tuple(compress(column, keys)) for column in columns]

    def _parts(
        self, columns: list[Sequence[str]], texts: Callable[[], list[str]]
    ) -> tuple[list[int | None], list[Level | None], list[str | None], Sequence[str]]:
        """Times, levels, sources and messages. texts: the whole of each record, where that is needed."""
        found = self._format
        if not columns:
            return [], [], [], []
        if found.kind != "line":
            written, levels_written, sources_written, messages = field_columns(found, texts())
            return (
                self._text_times.of_texts(written),
                list(map(self._levels.__getitem__, levels_written)),
                [source or None for source in sources_written],
                messages,
            )

        def column(name: str) -> Sequence[str] | None:
            return columns[found.columns[name]] if name in found.columns else None

        message = columns[found.columns["message"]]
        count = len(message)
        fractions, level, source = column("fraction"), column("level"), column("source")
        levels: list[Level | None] = [None] * count if level is None else list(map(self._levels.__getitem__, level))
        sources: list[str | None] = [name or None for name in source] if source and any(source) else [None] * count
        return self._line_times(column, fractions, count), levels, sources, message

    def _line_times(
        self, column: Callable[[str], Sequence[str] | None], fractions: Sequence[str] | None, count: int
    ) -> list[int | None]:
        number, uptime, clock = column("number"), column("uptime"), column("clock")
        if number is not None:
            return self._times.of_numbers(number, fractions)
        if uptime is not None:
            return self._times.since_start(uptime, fractions)
        if clock is None:
            return [None] * count
        zones = column("zone")
        if zones is None and self._format.zone:
            zones = [self._format.zone] * count
        dates, years = column("date") or ("",) * count, column("year")
        if years is not None:
            if years.count(years[0]) == count:
                joined = {date: f"{date} {years[0]}" for date in set(dates)}
                dates = list(map(joined.__getitem__, dates))
            else:
                dates = [f"{date} {year}" for date, year in zip(dates, years, strict=True)]
        return self._times.of_parts(dates, clock, fractions, zones)
