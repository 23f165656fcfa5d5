"""Times that stand alone in a text, in any of the usual ways: those of JSON objects and of blocks of fields.

Knows no files and no formats.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.log_times import Times, fraction_ns, number_ns

_ISO = (
    r"[\[\"]?(?P<date>\d{4}[-/.]?\d\d[-/.]?\d\d)[T _,]+(?P<clock>\d\d:?\d\d(?::?\d\d)?)(?:[.,](?P<fraction>\d+))?"
    r" ?(?P<zone>Z|UTC|GMT|[+-]\d\d:?(?:\d\d)?)?"
)
_ISO_START = re.compile(_ISO, re.ASCII)
_ISO_LINES = re.compile(f"^(?:{_ISO}.*|.*)$", re.ASCII | re.MULTILINE)
_CLOCK = r"(?P<clock>\d\d:\d\d:\d\d)(?:[.,](?P<fraction>\d+))?(?: (?P<zone>\S+))?"
_OTHER = (
    (re.compile(r"(?P<date>\d\d/\w{3}/\d{4})[: ]" + _CLOCK), "%d/%b/%Y"),
    (re.compile(r"(?:\w{3}, )?(?P<date>\d\d? \w{3} \d{4}) " + _CLOCK), "%d %b %Y"),
)
_NUMBER = re.compile(r"(\d{1,19})(?:\.(\d{1,9})\d*)?", re.ASCII)
_PARTS = ("date", "clock", "fraction", "zone")


class TextTimes:
    """Turns texts into nanoseconds since 1970, None for what is no time. zone_seen, ahead: as those of `Times`."""

    def __init__(self) -> None:
        self.zone_seen = False
        self.ahead: int | list[int] = 0
        self._by_layout: dict[str, Times] = {}

    def of_texts(self, texts: Sequence[str]) -> list[int | None]:
        """The time in each of `texts`."""
        rows = _ISO_LINES.findall("\n".join(texts))
        if len(rows) == len(texts) and all(row[0] for row in rows):
            dates, clocks, fractions, zones = zip(*rows, strict=True)
            return self._of_parts("%Y-%m-%d", dates, clocks, fractions, zones)
        ahead: list[int] = []
        times: list[int | None] = []
        for text in texts:
            times.append(self._of_text(text))
            ahead.append(self.ahead if isinstance(self.ahead, int) else self.ahead[0])
        self.ahead = ahead
        return times

    def _of_text(self, text: str) -> int | None:
        self.ahead = 0
        for pattern, layout in ((_ISO_START, "%Y-%m-%d"), *_OTHER):
            if match := pattern.match(text):
                return self._of_parts(layout, *([match[part] or ""] for part in _PARTS))[0]
        number = _NUMBER.fullmatch(text.strip())
        if number is None:
            return None
        self.zone_seen = True
        whole = number_ns(number[1])
        return None if whole is None else whole + (fraction_ns(number[2] or "") or 0)

    def _of_parts(self, layout: str, *parts: Sequence[str]) -> list[int | None]:
        if layout not in self._by_layout:
            self._by_layout[layout] = Times(layout, 0)
        times = self._by_layout[layout]
        found = times.of_parts(*parts)
        self.zone_seen = self.zone_seen or times.zone_seen
        self.ahead = times.ahead
        return found
