"""The times of records, as nanoseconds since 1970, thousands at once.

A time that names its zone is exact. One that names none is taken as if it were in UTC: the log's own clock, good for
comparing with others of the same log. What a log leaves out is taken from when its file was last changed: the year (of
the first record the latest that is not after the file; at New Year it goes on), the day where there are clock times
only. Seconds since a start (dmesg) stay what they are. Knows no files and no formats.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

NS = 1_000_000_000
DAY = 86_400 * NS

_EPOCH = datetime.date(1970, 1, 1).toordinal()
_MONTHS = {m: n for n, m in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_PARTS = {
    "%Y": r"(?P<Y>\d{4})",
    "%y": r"(?P<y>\d\d)",
    "%m": r"(?P<m>\d\d?)",
    "%b": r"(?P<b>[A-Za-z]{3})[a-z]*",
    "%d": r" ?(?P<d>\d\d?)",
    "%a": r"[A-Za-z]+",
}
_CLOCK = re.compile(r"(\d\d?)\D?(\d\d)(?:\D?(\d\d))?[ \u202f]?([AaPp]\.?[Mm])?", re.ASCII)
_ZONE = re.compile(r"[ ]?(?:GMT|UTC)?([+\-−])(\d\d):?(\d\d)?", re.ASCII)
_HOURS = {
    "": 0, "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "BST": 1, "WEST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2,
    "EET": 2, "EEST": 3, "MSK": 3, "JST": 9, "KST": 9, "AEST": 10,
    "AEDT": 11, "NZST": 12, "NZDT": 13, "EST": -5, "EDT": -4,
    "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10,
}  # fmt: skip
_MOST_KEPT = 100_000

NO_DATE = "no date"
"""The layout of formats whose records name a clock time and no day."""


class _Kept(dict[str, int | None]):
    """What was worked out once, by its text; forgotten when it grows too large."""

    def __init__(self, work_out: Callable[[str], int | None]) -> None:
        super().__init__()
        self._work_out = work_out

    def __missing__(self, text: str) -> int | None:
        if len(self) >= _MOST_KEPT:
            self.clear()
        value = self[text] = self._work_out(text)
        return value


class Times:
    """Turns the parts of times into nanoseconds. mtime_ns: when the file was last changed. Used for one pass over it.

    layout: how days are written, such as "%d/%b/%Y"; NO_DATE when they are not. zone_seen: a zone was named. ahead: how
    far the clocks of the times that were asked for last are ahead of UTC, one number when all are.
    """

    def __init__(self, layout: str, mtime_ns: int) -> None:
        self.zone_seen = False
        self.ahead: int | list[int] = 0
        self._layout = layout
        self._no_date = layout == NO_DATE
        self._pattern = date_pattern(layout)
        self._has_year = "%Y" in layout or "%y" in layout
        try:
            self._last = datetime.datetime.fromtimestamp(mtime_ns / NS)
        except (OverflowError, OSError, ValueError):
            self._last = datetime.datetime(1970, 1, 1)
        self._year: int | None = None
        self._month = 0
        self._day: int | None = None
        self._clock_before = 0
        self._days = _Kept(self._full_day)
        self._clocks = _Kept(clock_ns)
        self._fractions = _Kept(fraction_ns)
        self._zones = _Kept(zone_ns)

    def of_parts(
        self,
        dates: Sequence[str],
        clocks: Sequence[str],
        fractions: Sequence[str] | None,
        zones: Sequence[str] | None,
    ) -> list[int | None]:
        """The time of each record from its parts, which were found in the text; None where they are no time."""
        self.ahead = 0
        found = map(self._clocks.__getitem__, clocks)
        times: list[int | None]
        if self._no_date:
            times = [self._on_some_day(clock) for clock in found]
        elif dates and dates.count(dates[0]) == len(dates):
            day = self._day_of(dates[0])
            times = [None] * len(dates) if day is None else _plus(found, day)
        else:
            days: list[int | None] = []
            for date, run in groupby(dates):
                days += [self._day_of(date)] * len(list(run))
            times = [
                None if day is None or clock is None else day + clock for day, clock in zip(days, found, strict=True)
            ]
        if fractions is not None and any(fractions):
            times = self._plus_fractions(times, fractions)
        if zones is not None:
            times = self._less_zone(times, zones)
        return times

    def of_numbers(self, numbers: Sequence[str], fractions: Sequence[str] | None) -> list[int | None]:
        """The times that are written as a number: seconds, or milli-, micro- or nanoseconds by how long it is."""
        self.zone_seen = True
        whole = [number_ns(number) for number in numbers]
        return whole if fractions is None else self._plus_fractions(whole, fractions)

    def _plus_fractions(self, times: list[int | None], fractions: Sequence[str]) -> list[int | None]:
        length = len(fractions[0])
        parts: Iterable[int | None]
        if 3 < length <= 9 and set(map(len, fractions)) == {length}:
            # Too many different ones to remember.
            scale = 10 ** (9 - length)
            parts = [int(digits) * scale for digits in fractions]
        else:
            parts = map(self._fractions.__getitem__, fractions)
        return [None if t is None else t + (f or 0) for t, f in zip(times, parts, strict=True)]

    def since_start(self, seconds: Sequence[str], fractions: Sequence[str] | None) -> list[int | None]:
        """Seconds since some start."""
        parts: Iterable[int | None] = map(self._fractions.__getitem__, fractions) if fractions else [0] * len(seconds)
        return [int(number[:12]) * NS + (f or 0) if number else None for number, f in zip(seconds, parts, strict=True)]

    def _less_zone(self, times: list[int | None], zones: Sequence[str]) -> list[int | None]:
        first = zones[0] if zones else ""
        if zones.count(first) == len(zones):
            if not first:
                return times
            self.zone_seen = True
            self.ahead = offset = self._zones[first] or 0
            return [None if t is None else t - offset for t in times] if offset else times
        self.zone_seen = True
        self.ahead = offsets = [self._zones[zone] or 0 for zone in zones]
        return [None if t is None else t - o for t, o in zip(times, offsets, strict=True)]

    def _day_of(self, date: str) -> int | None:
        """Nanoseconds at which the day `date` begins."""
        return self._days[date] if self._has_year else self._day_without_year(date)

    def _full_day(self, date: str) -> int | None:
        match = self._pattern.fullmatch(date)
        if match is None:
            return None
        part = match.groupdict()
        month = _MONTHS.get(part["b"].lower(), 0) if "b" in part else int(part["m"])
        year = int(part["Y"]) if "Y" in part else 2000 + int(part["y"]) - (100 if int(part["y"]) > 69 else 0)
        return _begin(year, month, int(part["d"]))

    def _day_without_year(self, date: str) -> int | None:
        match = self._pattern.fullmatch(date)
        if match is None:
            return None
        part = match.groupdict()
        month = _MONTHS.get(part["b"].lower(), 0) if "b" in part else int(part["m"])
        day = int(part["d"])
        if not 1 <= month <= 12:
            return None
        if self._year is None:
            # A file is changed when its last record comes, so the first is not after it. A day is for
            # clocks that differ.
            latest = self._last + datetime.timedelta(days=1)
            self._year = latest.year - ((month, day) > (latest.month, latest.day))
            if month == 2 and day == 29:
                while self._year > 1970 and _begin(self._year, 2, 29) is None:
                    self._year -= 1
        elif month < self._month - 2:
            self._year += 1
        elif month >= self._month + 10:
            # One that came late, just after New Year.
            return _begin(self._year - 1, month, day)
        self._month = month
        return _begin(self._year, month, day)

    def _on_some_day(self, clock: int | None) -> int | None:
        if clock is None:
            return None
        if self._day is None:
            last = self._last.hour * 3600 + self._last.minute * 60 + self._last.second + 60
            day = self._last.date().toordinal() - (clock > last * NS)
            self._day = (day - _EPOCH) * DAY
        elif clock < self._clock_before - DAY // 2:
            self._day += DAY
        elif clock > self._clock_before + DAY * 3 // 4:
            return self._day - DAY + clock
        self._clock_before = clock
        return self._day + clock


def date_pattern(layout: str) -> re.Pattern[str]:
    """What matches a day that is written as `layout` says; a separator in it stands for any."""
    if layout == NO_DATE:
        return re.compile(r"(?!)")
    pieces = re.split(r"(%[YymbdaA])", layout)
    return re.compile("".join(_PARTS.get(p, "".join(_separator(c) for c in p)) for p in pieces), re.ASCII)


def _separator(character: str) -> str:
    return r"[-/. ]?" if character == "-" else re.escape(character)


def _begin(year: int, month: int, day: int) -> int | None:
    try:
        return (datetime.date(year, month, day).toordinal() - _EPOCH) * DAY
    except ValueError:
        return None


def _plus(clocks: Iterable[int | None], day: int) -> list[int | None]:
    found = list(clocks)
    if None in found:
        return [None if clock is None else day + clock for clock in found]
    return [day + clock for clock in found]  # type: ignore[operator]


def clock_ns(text: str) -> int | None:
    """Nanoseconds since midnight of a clock time such as "07:00:01", "070001" or "7:00:01 PM"."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[4]:
        hour = hour % 12 + (12 if match[4][0] in "Pp" else 0)
    # A leap second is written as 60.
    return ((hour * 60 + minute) * 60 + second) * NS if hour < 25 and minute < 60 and second < 61 else None


def fraction_ns(digits: str) -> int | None:
    """Nanoseconds of the digits behind the point."""
    return int(digits[:9].ljust(9, "0")) if digits else 0


def zone_ns(text: str) -> int | None:
    """How far the zone is ahead of UTC, None when it is not known."""
    if text in _HOURS:
        return _HOURS[text] * 3600 * NS
    match = _ZONE.fullmatch(text)
    if match is None:
        return None
    ahead = (int(match[2]) * 3600 + int(match[3] or 0) * 60) * NS
    return ahead if match[1] == "+" else -ahead


def number_ns(digits: str) -> int | None:
    """The time that a whole number means: seconds, milli-, micro- or nanoseconds by how many digits it has."""
    count = len(digits)
    if not 1 <= count <= 19:
        return None
    return int(digits) * (NS if count <= 11 else 1_000_000 if count <= 14 else 1000 if count <= 17 else 1)


def since_1970(moment: datetime.datetime) -> int:
    """Nanoseconds from 1970 to a moment without a zone."""
    return (moment - datetime.datetime(1970, 1, 1)) // datetime.timedelta(microseconds=1) * 1000


def words_of(ns: int, *, zone: bool) -> str:
    """A time as people read it: "2026-03-14 07:00:01", with " UTC" behind it where a zone is known."""
    try:
        moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=ns // 1000)
    except OverflowError:
        return f"{ns // NS:,} s"
    return moment.strftime("%Y-%m-%d %H:%M:%S") + (" UTC" if zone else "")
