"""Records over time as columns of a picture, and the ticks below it. Knows no Qt.

Times are nanoseconds since the epoch, of the log's own clock where it names no zone.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.view import Level

Buckets = Sequence[tuple[int, Mapping[Level | None, int]]]
"""Where each stretch of time begins, those that hold any in order, and its records by level."""

SECOND = 1_000_000_000
_MINUTE, _HOUR, _DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
_STEPS = (
    *(n * SECOND for n in (1, 2, 5, 10, 15, 30)),
    *(n * _MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * _HOUR for n in (1, 2, 3, 6, 12)),
    *(n * _DAY for n in (1, 2, 7, 14, 30, 91, 182, 365, 1825, 3650)),
)
_GRAVE = ("error", "fatal")
_EPOCH = datetime.datetime(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Column:
    """One stretch of time [start, end) with its records: errors and graver, warnings, and all others."""

    start: int
    end: int
    grave: int
    warnings: int
    others: int

    @property
    def records(self) -> int:
        """All of them."""
        return self.grave + self.warnings + self.others


def columns(buckets: Buckets, length: int, most: int) -> tuple[Column, ...]:
    """The buckets, each `length` long, as at most `most` columns of one length, empty ones among them."""
    if not buckets:
        return ()
    first = buckets[0][0]
    count = (buckets[-1][0] - first) // length + 1
    joined = -(-count // max(1, most))
    length *= joined
    sums: dict[int, list[int]] = {}
    for start, levels in buckets:
        held = sums.setdefault((start - first) // length, [0, 0, 0])
        for level, number in levels.items():
            held[0 if level in _GRAVE else 1 if level == "warning" else 2] += number
    return tuple(
        Column(first + i * length, first + (i + 1) * length, *sums.get(i, (0, 0, 0)))
        for i in range(-(-count // joined))
    )


def ticks(first: int, last: int, most: int) -> list[tuple[int, str]]:
    """At most about `most` moments in [first, last] with their labels."""
    step = next((s for s in _STEPS if (last - first) // s <= most), _STEPS[-1])
    at = -(-first // step) * step
    found = []
    while at <= last:
        moment = moment_of(at)
        label = f"{moment:%Y}" if step >= 365 * _DAY else f"{moment.day} {moment:%b}" if step >= _DAY else ""
        found.append((at, label or (f"{moment:%H:%M:%S}" if step < _MINUTE else f"{moment:%H:%M}")))
        at += step
    return found


def moment_of(nanoseconds: int) -> datetime.datetime:
    """The moment without a zone, to the microsecond; the first or last that there is for what lies outside."""
    try:
        return _EPOCH + datetime.timedelta(microseconds=nanoseconds // 1000)
    except OverflowError:
        return datetime.datetime.min if nanoseconds < 0 else datetime.datetime.max


def written(nanoseconds: int) -> str:
    """The moment in ISO 8601, as short as it can be told to the second."""
    moment = moment_of(nanoseconds)
    return moment.isoformat(timespec="seconds" if not moment.microsecond else "microseconds")


def nanoseconds_of(text: str) -> int | None:
    """The moment that a person wrote, with a zone or without; None for what is none."""
    try:
        moment = datetime.datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if moment.tzinfo is not None:
        moment = moment.astimezone(datetime.UTC).replace(tzinfo=None)
    return (moment - _EPOCH) // datetime.timedelta(microseconds=1) * 1000


def span_words(first: int, last: int) -> str:
    """Such as "14 Mar 2026, 04:00:12 to 08:31:00", with both days where they differ."""
    one, other = moment_of(first), moment_of(last)
    begin = f"{one.day} {one:%b %Y, %H:%M:%S}"
    same_day = one.date() == other.date()
    return f"{begin} – {other:%H:%M:%S}" if same_day else f"{begin} – {other.day} {other:%b %Y, %H:%M:%S}"
