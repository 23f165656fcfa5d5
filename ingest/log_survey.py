"""What a log holds, for a picture and for choosing: how many records of which level and source, and when.

Read in one pass, in memory that does not depend on the log. Knows no window and no command line.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingest.decode import Encoding
from ingest.document import Document
from ingest.errors import IngestError, Stopped
from ingest.files import RegularFile, base_name, shown, why
from ingest.inflate import Forward, Inflater
from ingest.log import Stream
from ingest.log_records import Batch, batches
from ingest.log_selection import Content
from ingest.log_times import NS
from ingest.sniff import HEAD_BYTES, Binary, sniff_text
from ingest.unpack import name_inside, packed_by
from ingest.view import LEVELS, Level

BUCKETS = 240
MOST_SOURCES = 50

_SOURCES_KEPT = 20_000
_FINEST = NS // 1000


@dataclass(frozen=True, slots=True)
class LogSurvey:
    """What one log holds.

    format: name of its format, title: in words. records: how many. bytes: of content. first, last: nanoseconds since
    1970, None when no record has a time; not the first and last in the file but the earliest and latest. zone_known:
    times name their zone; else they are those of the log's own clock, as if it showed UTC. since_start: they count from
    some start. by_level, by_source: records of each, None and "" for none; of sources the most frequent, `sources` says
    how many there are. bucket: nanoseconds that each of `buckets` spans: (its beginning, records by level), those that
    hold any, in order; records without a time count with the one before.
    """

    format: str
    title: str
    records: int
    bytes: int
    first: int | None
    last: int | None
    zone_known: bool
    since_start: bool
    by_level: Mapping[Level | None, int]
    by_source: Sequence[tuple[str, int]]
    sources: int
    bucket: int
    buckets: Sequence[tuple[int, Mapping[Level | None, int]]]


def survey(
    source: str | os.PathLike[str] | Document,
    *,
    buckets: int = BUCKETS,
    on_bytes: Callable[[int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> LogSurvey:
    """Look through the log at a path, or that a document was read from (whole, however the document shows it).

    buckets: how many stretches of time, at most, all of them are spread over. on_bytes: called with the bytes of
    content read so far. stop: asked often. Raises Stopped; IngestError when it cannot be read or is no text.
    """

    def told(done: int) -> None:
        if stop is not None and stop():
            raise Stopped("Looking through the log was stopped.")
        if on_bytes:
            on_bytes(done)

    with _opened(source) as (stream, encoding, mtime_ns):
        content = Content(stream, encoding)
        counting = _Counting(max(1, buckets))
        for batch in batches(content, content.format, encoding, mtime_ns=mtime_ns, on_bytes=told):
            counting.add(batch)
    return counting.result(content.format.name, content.format.title, since_start=content.format.since_start)


@contextmanager
def _opened(source: str | os.PathLike[str] | Document) -> Iterator[tuple[Stream, Encoding, int]]:
    """Content, its encoding, and when the file was last changed. Raises IngestError."""
    document = source if isinstance(source, Document) else None
    if document is not None and (document.archive is not None or not Path(document.path).is_absolute()):
        yield _Texts(document), Encoding(), document.mtime_ns
        return
    path = os.fspath(document.path if document is not None else source)  # type: ignore[arg-type]
    try:
        with RegularFile(path) as file:
            name, head = base_name(path), file.read(HEAD_BYTES)
            file.seek(0)
            stream: Stream = file
            method = packed_by(head)
            if method:
                name, stream = name_inside(name), Forward(Inflater(method), file)
                head = stream.read(HEAD_BYTES)
                stream = Forward(Inflater(method), file)
            found = sniff_text(name, head, whole=len(head) < HEAD_BYTES) if head else Binary("it is empty")
            if isinstance(found, Binary) or not found.encoding.line_by_line:
                reason = found.reason if isinstance(found, Binary) else f"it is in {found.encoding.name}"
                raise IngestError(f"{shown(path)} cannot be looked through as a log: {reason}.")
            yield stream, found.encoding, file.stat.st_mtime_ns
    except OSError as error:
        raise IngestError(f"{shown(path)} cannot be read: {why(error)}.") from error


class _Texts:
    """The text of a document's sections as a stream, for what lies in an archive or came from nowhere."""

    def __init__(self, document: Document) -> None:
        self._sections = iter(document.sections)
        self._rest = b""

    def read(self, size: int) -> bytes:
        while len(self._rest) < size:
            section = next(self._sections, None)
            if section is None:
                break
            self._rest += section.text.encode()
        data, self._rest = self._rest[:size], self._rest[size:]
        return data


class _Counting:
    """Counts batch by batch; stretches of time grow with the time that the log spans."""

    def __init__(self, buckets: int) -> None:
        self._most = buckets
        self._records = self._bytes = 0
        self._first: int | None = None
        self._last: int | None = None
        self._before: int | None = None
        self._zone = False
        self._levels: Counter[Level | None] = Counter()
        self._sources: Counter[str | None] = Counter()
        self._more_sources = 0
        self._width = _FINEST
        self._wider = _widths()
        self._over_time: Counter[tuple[int, Level | None]] = Counter()

    def add(self, batch: Batch) -> None:
        self._bytes = batch.end
        if not len(batch):
            return
        self._records += len(batch)
        self._zone = self._zone or batch.zone_seen
        self._levels.update(batch.levels)
        self._sources.update(batch.sources)
        if len(self._sources) > _SOURCES_KEPT:
            kept = self._sources.most_common(_SOURCES_KEPT // 2)
            self._more_sources += len(self._sources) - len(kept)
            self._sources = Counter(dict(kept))
        times = batch.times
        if None in times:
            times = self._filled(times)
        if times:
            self._time(times, batch.levels[len(batch) - len(times) :])

    def _filled(self, times: Sequence[int | None]) -> list[int]:
        """Each None replaced by what stands before it; those at the very beginning of the log left out."""
        filled: list[int] = []
        for time in times:
            self._before = self._before if time is None else time
            if self._before is not None:
                filled.append(self._before)
        return filled

    def _time(self, times: Sequence[int | None], levels: Sequence[Level | None]) -> None:
        known: list[int] = list(times)  # type: ignore[arg-type]
        self._before = known[-1]
        first, last = min(known), max(known)
        self._first = first if self._first is None else min(self._first, first)
        self._last = last if self._last is None else max(self._last, last)
        before = self._width
        while self._last // self._width - self._first // self._width >= self._most:
            self._width = next(self._wider)
        if self._width != before:
            again: Counter[tuple[int, Level | None]] = Counter()
            for (at, level), count in self._over_time.items():
                again[at // self._width * self._width, level] += count
            self._over_time = again
        width = self._width
        self._over_time.update(zip([time // width * width for time in known], levels, strict=True))

    def result(self, name: str, title: str, *, since_start: bool) -> LogSurvey:
        over: dict[int, dict[Level | None, int]] = {}
        order: dict[Level | None, int] = {None: -1, **{level: at for at, level in enumerate(LEVELS)}}
        for (at, level), count in sorted(self._over_time.items(), key=lambda entry: (entry[0][0], order[entry[0][1]])):
            over.setdefault(at, {})[level] = count
        return LogSurvey(
            format=name,
            title=title,
            records=self._records,
            bytes=self._bytes,
            first=self._first,
            last=self._last,
            zone_known=self._zone and not since_start,
            since_start=since_start,
            by_level={level: self._levels[level] for level in (*LEVELS, None) if self._levels[level]},
            by_source=[(source or "", count) for source, count in self._sources.most_common(MOST_SOURCES)],
            sources=len(self._sources) + self._more_sources,
            bucket=self._width,
            buckets=tuple(over.items()),
        )


def _widths() -> Iterator[int]:
    """Widths of stretches, each a whole number of times the one before, in steps that people count in."""
    yield from (_FINEST, 10 * _FINEST, 100 * _FINEST)
    seconds = 1
    for times in (1, 5, 2, 3, 2, 5, 2, 3, 2, 6, 2):
        # 1 s, 5 s, 10 s, 30 s, 1 min, 5 min, 10 min, 30 min, 1 h, 6 h, 12 h
        seconds *= times
        yield seconds * NS
    days = 1
    while True:
        yield days * 86_400 * NS
        days *= 7 if days == 1 else 2
