"""Which records of a log a `LogView` lets through, batch by batch.

A record without a time of its own counts with the one before it. A moment that names no zone is one on the log's own
clock, as its lines show it; a moment with a zone, against a log without, is taken to this computer's zone first.
Expressions see each record's whole text (the first megabyte of a longer one). Knows no files and no sections.
"""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from types import TracebackType

from ingest.errors import IngestError
from ingest.log_formats import LogFormat
from ingest.log_match import Matcher, check_pattern, shown_pattern
from ingest.log_records import Batch
from ingest.log_times import NS, since_1970
from ingest.view import Level, LogView

MOST_STRETCHES = 100_000
"""Separate stretches of time around what `around` finds; more than these are no help to anybody."""

_LONGEST_AWAY = 366 * 24 * 60


@dataclass(frozen=True, slots=True)
class Passing:
    """Records of `batch` at `indexes` pass. lead: the bytes before its first record belong to one that passed."""

    batch: Batch
    indexes: Sequence[int]
    lead: bool


class Moment:
    """A moment that somebody named, to be compared with a log's times. Raises IngestError when `text` is none."""

    def __init__(self, text: str) -> None:
        try:
            found = datetime.datetime.fromisoformat(text.strip())
        except ValueError:
            raise IngestError(
                f'"{text[:40]}" is no moment. Write it as 2026-03-14T09:00 or 2026-03-14T09:00+01:00.'
            ) from None
        self.zoned = found.tzinfo is not None
        if not self.zoned:
            self._own = since_1970(found)
            return
        try:
            self._utc = since_1970(found.astimezone(datetime.UTC).replace(tzinfo=None))
            self._own = since_1970(found.astimezone().replace(tzinfo=None))
        except (OverflowError, OSError, ValueError):
            raise IngestError(f'"{text[:40]}" is too far from now. Name a moment that a log can hold.') from None

    def behind(self, batch: Batch, times: Sequence[int | None]) -> list[bool]:
        """For each of `times` (of the records of `batch`) whether this moment is not after it; not where it is None."""
        if self.zoned and batch.zone_seen:
            return [t is not None and t >= self._utc for t in times]
        if isinstance(batch.ahead, int):
            limit = self._own - (0 if self.zoned else batch.ahead)
            return [t is not None and t >= limit for t in times]
        return [t is not None and t + a >= self._own for t, a in zip(times, batch.ahead, strict=True)]


def check_log_view(view: LogView) -> None:
    """Raise IngestError, in a sentence, when `view` asks for what cannot be: an expression or a moment that is none."""
    for pattern in (view.pattern, view.around):
        if pattern is not None:
            check_pattern(pattern)
    bounds = [Moment(text) if text else None for text in (view.since, view.until)]
    if bounds[0] and bounds[1] and bounds[0]._own >= bounds[1]._own:
        raise IngestError(f"Nothing lies between {view.since} and {view.until}. Name a later end.")
    if not 0 <= view.minutes <= _LONGEST_AWAY:
        raise IngestError("Minutes around an event must be between 0 and a year.")


class LogFilter:
    """One pass over a log. Raises IngestError where the view asks for what cannot be. Close it: it may hold a process.

    seen, passed: records so far. near: stretches of time (first and last nanosecond, apart, in order), when only what
    lies in them may pass.
    """

    def __init__(self, view: LogView, log_format: LogFormat, *, near: Sequence[tuple[int, int]] | None = None) -> None:
        check_log_view(view)
        if (view.since or view.until or view.around) and not log_format.timed:
            raise IngestError("Its records carry no time, so they cannot be chosen by time. Choose by words or level.")
        if (view.since or view.until) and log_format.since_start:
            raise IngestError(
                "Its times are seconds since a start, not moments, so since and until do not apply. "
                "Choose by words, or by minutes around an event."
            )
        self.seen = self.passed = 0
        self._since = Moment(view.since) if view.since else None
        self._until = Moment(view.until) if view.until else None
        self._levels = frozenset[Level | None](view.levels)
        self._sources = frozenset[str | None](view.sources)
        self._matcher = Matcher(view.pattern) if view.pattern else None
        self._near = near
        self._time: int | None = None
        self._last_passed = False

    def __enter__(self) -> LogFilter:
        """Itself; leaving closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End its process."""
        if self._matcher:
            self._matcher.close()

    def passing(self, found: Iterable[Batch]) -> Iterator[Passing]:
        """What passes of each batch, empty ones too. Raises IngestError."""
        for batch in found:
            lead = self._last_passed and batch.lead > 0
            indexes = self._indexes(batch)
            if batch.starts:
                self._last_passed = bool(indexes) and indexes[-1] == len(batch) - 1
            self.seen += len(batch)
            self.passed += len(indexes)
            yield Passing(batch, indexes, lead)

    def _indexes(self, batch: Batch) -> Sequence[int]:
        left: Sequence[int] = range(len(batch))
        if self._since or self._until or self._near is not None:
            times, self._time = carried(batch.times, self._time)
            if self._since:
                behind = self._since.behind(batch, times)
                left = [i for i in left if behind[i]]
            if self._until and left:
                over = self._until.behind(batch, times)
                left = [i for i in left if not over[i] and times[i] is not None]
            if self._near is not None and left:
                left = _within(self._near, left, times)
        if self._levels and left:
            levels, wanted = batch.levels, self._levels
            left = [i for i in left if levels[i] in wanted]
        if self._sources and left:
            sources, named = batch.sources, self._sources
            left = [i for i in left if sources[i] in named]
        if self._matcher and left:
            texts = batch.texts()
            held = self._matcher.holds([texts[i] for i in left])
            left = [i for i, holds in zip(left, held, strict=True) if holds]
        return left


def carried(times: Sequence[int | None], before: int | None) -> tuple[Sequence[int | None], int | None]:
    """`times`, each None replaced by what stands before it, and the last of them."""
    if None in times:
        filled: list[int | None] = []
        for time in times:
            before = before if time is None else time
            filled.append(before)
        return filled, before
    return times, times[-1] if times else before


def stretches_around(view: LogView, found: Iterable[Batch]) -> list[tuple[int, int]]:
    """The stretches of time around every record that holds `view.around`, apart and in order. Raises IngestError."""
    assert view.around is not None
    away = round(view.minutes * 60 * NS)
    stretches: list[tuple[int, int]] = []
    time: int | None = None
    with Matcher(view.around) as matcher:
        for batch in found:
            times, time = carried(batch.times, time)
            for at, holds in zip(times, matcher.holds(batch.texts()), strict=True):
                if holds and at is not None:
                    if stretches and stretches[-1][0] <= at - away <= stretches[-1][1]:
                        stretches[-1] = stretches[-1][0], max(stretches[-1][1], at + away)
                    else:
                        stretches.append((at - away, at + away))
            if len(stretches) > MOST_STRETCHES:
                stretches = _joined(stretches)
                if len(stretches) > MOST_STRETCHES // 2:
                    raise IngestError(
                        f"{shown_pattern(view.around)} is found at more than {MOST_STRETCHES // 2:,} separate times. "
                        "Take a rarer expression, or more minutes around it."
                    )
    return _joined(stretches)


def _joined(stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for first, last in sorted(stretches):
        if joined and first <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], last)
        else:
            joined.append((first, last))
    return joined


def _within(near: Sequence[tuple[int, int]], indexes: Sequence[int], times: Sequence[int | None]) -> list[int]:
    inside: list[int] = []
    for i in indexes:
        time = times[i]
        if time is not None:
            which = bisect_right(near, time, key=itemgetter(0)) - 1
            if which >= 0 and time <= near[which][1]:
                inside.append(i)
    return inside


def words_of_view(view: LogView) -> str:
    """What a view asks for, in words: "since 2026-03-14T09:00, level error or fatal"."""
    said: list[str] = []
    if view.since:
        said.append(f"since {view.since}")
    if view.until:
        said.append(f"until {view.until}")
    if view.levels:
        said.append(f"level {_either(view.levels)}")
    if view.sources:
        more = (f"{len(view.sources) - 3:,} more",) if len(view.sources) > 4 else view.sources[3:]
        said.append(f"source {_either((*view.sources[:3], *more))}")
    if view.pattern:
        said.append(f"holding {shown_pattern(view.pattern)}")
    if view.around:
        said.append(f"within {view.minutes:g} min of {shown_pattern(view.around)}")
    return ", ".join(said)


def _either(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]
