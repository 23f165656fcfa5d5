"""What a record says where its parts have names: JSON objects, and blocks of lines such as journald's export.

Knows no files; is given one record's text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ingest.log_formats import LogFormat

LONGEST = 65_536
"""Characters of a record that are looked at."""

_LEVEL_IN_MESSAGE = re.compile(
    r"\b(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|SEVERE|FATAL|CRITICAL|PANIC)\b|"
    r"\blevel=(?P<named>\w+)"
)
_LEVEL_WITHIN = 120


class Fields(NamedTuple):
    """As written; "" where it is not said."""

    time: str
    level: str
    source: str
    message: str


_NOTHING = Fields("", "", "", "")


def field_columns(log_format: LogFormat, records: Sequence[str]) -> tuple[Sequence[str], ...]:
    """What each of `records` (one at least) says: times, levels, sources and messages, as `Fields` has them."""
    together = _objects(records) if log_format.kind == "json" else None
    if together is None:
        return tuple(zip(*(fields_of(log_format, record) for record in records), strict=True))
    # Most fields that a format may have are in none of its records.
    there = frozenset[str]().union(*together)

    def column(part: str) -> list[str]:
        names = [n for n in log_format.fields[part] if n in there or n.partition(".")[0] in there]
        if len(names) == 1:
            values: list[Any] = [value.get(names[0]) for value in together]
            if set(map(type, values)) == {str}:
                return values
        return [_found(value, names) for value in together]

    messages, levels = column("message"), column("level")
    if not all(levels):
        levels = [level or _level_inside(message) for level, message in zip(levels, messages, strict=True)]
    return column("time"), levels, column("source"), [message.rstrip("\n") for message in messages]


def fields_of(log_format: LogFormat, record: str) -> Fields:
    """What `record` of a "json" or "block" format says; nothing where it is not what it should be."""
    return _of_json(log_format, record) if log_format.kind == "json" else _of_block(log_format, record)


def _objects(records: Sequence[str]) -> list[dict[str, Any]] | None:
    """The object that each record is, all read at once; None where some are no object on a single line."""
    text = "".join(records)
    if text.count("\n") > len(records) or len(text) > LONGEST * 2:
        return None
    try:
        values = json.loads(f"[{','.join(records)}]")
    except (ValueError, RecursionError):
        return None
    whole = len(values) == len(records) and all(type(value) is dict for value in values)
    return values if whole else None


def _of_json(log_format: LogFormat, record: str) -> Fields:
    value = _object(record)
    return _NOTHING if value is None else _said(log_format.fields, value)


def _said(names: Mapping[str, Sequence[str]], value: dict[str, Any]) -> Fields:
    message = _found(value, names["message"])
    level = _found(value, names["level"]) or _level_inside(message)
    return Fields(_found(value, names["time"]), level, _found(value, names["source"]), message.rstrip("\n"))


def _level_inside(message: str) -> str:
    """The level that a message names near its beginning."""
    inside = _LEVEL_IN_MESSAGE.search(message, 0, _LEVEL_WITHIN) if message else None
    return (inside["named"] or inside[0]) if inside else ""


def _object(record: str) -> dict[str, Any] | None:
    """The object that the first line is, else the whole record."""
    line, newline, _ = record.partition("\n")
    for text in (line, record) if newline else (line,):
        if len(text) <= LONGEST:
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                return value
    return None


def _found(value: dict[str, Any], names: Sequence[str]) -> str:
    """The first of the fields `names` that is there; "log.level" may stand for a field within a field."""
    for name in names:
        found = value.get(name)
        if found is None and "." in name:
            outer, _, inner = name.partition(".")
            within = value.get(outer)
            found = within.get(inner) if isinstance(within, dict) else None
        if type(found) is str:
            return found
        if isinstance(found, int | float) and not isinstance(found, bool):
            return str(found) if isinstance(found, int) else f"{found:.9f}"
    return ""


def _of_block(log_format: LogFormat, record: str) -> Fields:
    part = record[:LONGEST]
    found = {name: pattern.search(part) for name, pattern in log_format.patterns.items()}
    return Fields(*(m[1] if (m := found.get(name)) else "" for name in Fields._fields))
