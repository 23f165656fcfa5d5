"""The formats of logs, which are data: `resources/log_formats/*.toml`, each with the samples that are its test.

A format file says: `title`; `kind`, which is "line" (a record's head is one line that `pattern` matches), "json" (a
record is an object, its `fields` are looked up by name) or "block" (a record begins with a line that `begins` matches,
each of its `fields` is found by a pattern with one group); `rank` (the higher wins where two fit equally well).
In `pattern` the groups mean: date, year where it stands behind, and clock (`date` says how days are written, "" that
there are none), or number (a time as one number), or uptime (seconds since a start); fraction (digits), zone, level,
source, message. `key`: the group without which a line begins no record (the time, else the level, unless it is said).
`zone`: of times that name none. `lines`: how many lines the pattern spans. `levels`: words that mean a level in this
format only; "priority" as their value: syslog's number. Shorthands in patterns are in `_SHORT`. A pattern must not run
over the end of a line but where `lines` says so. Knows no files of logs.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from ingest.log_levels import LEVEL_WORDS
from ingest.log_times import NO_DATE, date_pattern
from ingest.view import LEVELS, Level

_FOLDER = Path(__file__).resolve().parent.parent / "resources" / "log_formats"


def _any_of(words: Sequence[str]) -> str:
    """What matches one of `words`, the first that fits: by their first letters, which is faster than one by one."""
    by_letter: dict[str, list[str]] = {}
    for word in words:
        by_letter.setdefault(word[0], []).append(word[1:])
    return "|".join(f"{letter}(?:{'|'.join(rests)})" for letter, rests in by_letter.items())


_ALL_LEVELS = _any_of([w for word in LEVEL_WORDS for w in (word, word.lower(), word.capitalize())])
_SHORT = {
    "iso": r"(?P<date>\d{4}[-/.]\d\d[-/.]\d\d)[T ,_]{1,2}(?P<clock>\d\d:\d\d(?::\d\d)?)(?:[.,](?P<fraction>\d{1,9}))?"
    r"(?: ?(?P<zone>Z|UTC|GMT|CES?T|[+-]\d\d:?\d\d))?",
    "level": rf"(?P<level>{_ALL_LEVELS})",
    # Classes are tried faster than words; whether it is a month shows when the day is worked out.
    "month": "[JFMASOND][a-z]{2}",
    "weekday": "[MTWFS][a-z]{2}",
}
_COLUMNS = ("date", "year", "clock", "number", "uptime", "fraction", "zone", "level", "source", "message")
_KEYS = ("date", "clock", "number", "uptime", "level")
_SAMPLE_LINES = 400
_ENOUGH = 0.02


@dataclass(frozen=True, slots=True)
class Sample:
    """A record of a format, and what has to be found in it. time: ISO 8601, "" for none. mtime: of its file."""

    text: str
    time: str = ""
    level: str = ""
    source: str = ""
    message: str = ""
    mtime: str = "2026-07-01T00:00:00"


@dataclass(frozen=True, slots=True)
class LogFormat:
    """How records of one kind of log are written.

    rows: its `findall` gives one row for each line (for each `lines` lines that are a head). columns: where in a row
    each part stands; `key` is the one that is empty where no record begins.
    """

    name: str
    title: str
    kind: Literal["line", "json", "block"]
    rows: re.Pattern[str]
    columns: Mapping[str, int]
    key: int
    date: str = "%Y-%m-%d"
    zone: str = ""
    lines: int = 1
    rank: int = 50
    levels: Mapping[str, Level] = field(default_factory=dict)
    priority: bool = False
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    patterns: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    samples: tuple[Sample, ...] = ()

    @property
    def timed(self) -> bool:
        """Whether its records carry a time."""
        return self.kind != "line" or any(name in self.columns for name in ("clock", "number", "uptime"))

    @property
    def since_start(self) -> bool:
        """Whether its times count from some start and not from 1970."""
        return "uptime" in self.columns


@cache
def formats() -> tuple[LogFormat, ...]:
    """Every format there is, by name."""
    return tuple(_load(path) for path in sorted(_FOLDER.glob("*.toml")))


def format_named(name: str) -> LogFormat:
    """The format of this name. Raises KeyError."""
    return {f.name: f for f in formats()}[name]


def pick_format(sample: str) -> LogFormat:
    """The format that fits the beginning of a log best; "lines", in which each line is a record, when none does."""
    text = "\n".join(sample.split("\n", _SAMPLE_LINES)[:_SAMPLE_LINES]).rstrip("\n")
    lines = 1 + text.count("\n")
    scored = [(_score(candidate, text), candidate.rank, candidate) for candidate in formats()]
    score, _, best = max(scored, key=lambda entry: entry[:2])
    return best if score >= max(1.0, _ENOUGH * lines) else format_named("lines")


def _score(candidate: LogFormat, text: str) -> float:
    """How many lines of `text` begin a record, more where level and source are found too."""
    from ingest.log_fields import fields_of

    if candidate.name == "lines":
        return 0.0
    rows = [row for row in candidate.rows.findall(text) if row[candidate.key]]
    if not rows:
        return 0.0
    if candidate.kind == "line":
        if "date" in candidate.columns and not _are_days(candidate, {row[candidate.columns["date"]] for row in rows}):
            return 0.0
        level, source = (candidate.columns.get(name) for name in ("level", "source"))
        levels = 0 if level is None else sum(bool(row[level]) for row in rows)
        sources = 0 if source is None else sum(bool(row[source]) for row in rows)
        return len(rows) * (1.0 if candidate.timed else 0.5) + 0.2 * (levels + sources)
    begins = [match.start() for match in candidate.rows.finditer(text) if match[1 + candidate.key]]
    texts = [text[a:b] for a, b in zip(begins, [*begins[1:], len(text)], strict=True)]
    found = [fields_of(candidate, record) for record in texts]
    return sum(bool(f.time) + 0.2 * (bool(f.level) + bool(f.source)) for f in found)


def _are_days(candidate: LogFormat, dates: set[str]) -> bool:
    """Whether the dates that were found are days, year aside: 03/14 is one only where the month comes first."""
    pattern = date_pattern(candidate.date.removesuffix(" %Y") if "year" in candidate.columns else candidate.date)
    for date in filter(None, dates):
        part = m.groupdict() if (m := pattern.fullmatch(date)) else {}
        if not 1 <= int(part.get("m") or 1) <= 12 or not 1 <= int(part.get("d") or 0) <= 31:
            return False
    return True


def _load(path: Path) -> LogFormat:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    kind = data.get("kind", "line")
    pattern = data["pattern"] if kind == "line" else f"(?P<message>{data['begins']}).*"
    # The empty group makes every row a tuple.
    rows = re.compile(f"^(?:{_expanded(pattern)}|.*)$()", re.ASCII | re.MULTILINE)
    where = {name: rows.groupindex[name] - 1 for name in _COLUMNS if name in rows.groupindex}
    levels = data.get("levels", {})
    fields = data.get("fields", {})
    return LogFormat(
        name=path.stem,
        title=data["title"],
        kind=kind,
        rows=rows,
        columns=where,
        key=where[data["key"]] if "key" in data else next((where[n] for n in _KEYS if n in where), where["message"]),
        date=data.get("date", "%Y-%m-%d") or NO_DATE,
        zone=data.get("zone", ""),
        lines=data.get("lines", 1),
        rank=data.get("rank", 50),
        levels={word: level for word, level in levels.items() if level in LEVELS} if isinstance(levels, dict) else {},
        priority=levels == "priority",
        fields={name: tuple(keys) for name, keys in fields.items()} if kind == "json" else {},
        patterns=_patterns(fields) if kind == "block" else {},
        samples=tuple(Sample(**sample) for sample in data.get("samples", ())),
    )


def _patterns(fields: Mapping[str, Any]) -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern, re.ASCII | re.MULTILINE) for name, pattern in fields.items()}


def _expanded(pattern: str) -> str:
    for name, text in _SHORT.items():
        pattern = pattern.replace("{{" + name + "}}", text)
    return pattern


def titles() -> Sequence[tuple[str, str]]:
    """Name and title of every format."""
    return [(f.name, f.title) for f in formats()]
