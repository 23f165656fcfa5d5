"""The order of rotated logs: files of one set stand next to each other, the oldest first, as their records go on.

Each stays a document of its own, so that a place in it leads to its own file. Knows names only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ingest.unpack import name_inside

_LOG = re.compile(
    r"\.(?:log|out|err|jsonl|ndjson)\Z|\A(?:syslog|messages|secure|maillog|cron|boot|btmp|wtmp|dmesg)\Z", re.IGNORECASE
)
_DIGIT = re.compile(r"\d")
_TIME = r"[-_.T]?\d{2}(?:[-_.:]?\d{2}){0,2}Z?"
_DATE = rf"(?:19|20)\d\d(?P<gap>[-_.]?)(?:0[1-9]|1[0-2])(?P=gap)(?:0[1-9]|[12]\d|3[01])(?:{_TIME})?"
_DATED = re.compile(rf"(?P<stem>.+?)[-_.](?P<date>{_DATE})(?:[-_.](?P<part>\d{{1,10}}))?(?P<ending>\.[A-Za-z]\w*)?\Z")
_NUMBERED = re.compile(r"(?P<stem>.+?)(?:\.(?P<behind>\d{1,5})|[-_.](?P<within>\d{1,5})(?P<ending>\.[A-Za-z]\w*))\Z")

Age = tuple[int, str, int]
"""Sorts files of one set, the oldest first."""

_NEWEST: Age = (2, "", 0)


def keys(names: Iterable[str]) -> dict[str, tuple[str, Age]]:
    """For the names of the files in one folder that belong to a rotated log: the log's own name, and their age."""
    names = list(names)
    here = set(names)
    found = {name: rotated for name in names if (rotated := _rotated(name))}
    logs = {log for log, _, sure in found.values() if sure or log in here}
    keyed = {name: (log, age) for name, (log, age, _) in found.items() if log in logs}
    keyed.update({log: (log, _NEWEST) for log in logs if log in here})
    # "app.log.gz" beside "app.log.1.gz" is the same log.
    for name in here - keyed.keys():
        if name_inside(name) in logs and name_inside(name) != name:
            keyed[name] = (name_inside(name), _NEWEST)
    return keyed


def in_order(paths: list[str], separator: str = "/") -> list[str]:
    """`paths` (of files) sorted by their parts, each set of rotated logs in the place of its log's own name."""
    sets = _Sets(paths, separator)

    def key(path: str) -> tuple[list[str], Age, str]:
        log, age = sets.of(path)
        return log.split(separator), age, path

    return sorted(paths, key=key)


def together(paths: list[str], separator: str = "/") -> list[str]:
    """`paths` as they come, but each set of rotated logs in the place of the first of them, the oldest first."""
    sets = _Sets(paths, separator)
    place: dict[str, int] = {}
    for path in paths:
        place.setdefault(sets.of(path)[0], len(place))
    return sorted(paths, key=lambda path: (place[sets.of(path)[0]], sets.of(path)[1]))


class _Sets:
    """Which log each path belongs to: its own name where it was never rotated."""

    def __init__(self, paths: list[str], separator: str) -> None:
        self._separator = separator
        folders: dict[str, list[str]] = {}
        for path in paths:
            folder, _, name = path.rpartition(separator)
            folders.setdefault(folder, []).append(name)
        self._keyed = {folder: keys(names) for folder, names in folders.items()}

    def of(self, path: str) -> tuple[str, Age]:
        """The path of the log, and the age of what is at `path`."""
        folder, separator, name = path.rpartition(self._separator)
        log, age = self._keyed[folder].get(name, (name, _NEWEST))
        return f"{folder}{separator}{log}", age


def _rotated(name: str) -> tuple[str, Age, bool] | None:
    """The log's own name, the age, and whether the name alone is proof."""
    # Most names hold no digit; they are told apart quickly.
    if not _DIGIT.search(name, 1):
        return None
    plain = name_inside(name)
    dated = _DATED.match(plain)
    if dated:
        log = dated["stem"] + (dated["ending"] or "")
        date = re.sub(r"\D", "", dated["date"])
        return log, (0, date, int(dated["part"] or 0)), _LOG.search(log) is not None
    numbered = _NUMBERED.match(plain)
    if numbered is None:
        return None
    log = numbered["stem"] + (numbered["ending"] or "")
    # A number behind a log's ending is its age; one in front of it may be the day's or the part's.
    sure = numbered["behind"] is not None and _LOG.search(log) is not None
    return log, (1, "", -int(numbered["behind"] or numbered["within"])), sure
