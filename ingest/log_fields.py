"""What a record says where its parts have names: JSON objects, and blocks of lines such as journald's export.

Knows no files; is given one record's text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
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


def fields_of(log_format: LogFormat, record: str) -> Fields:
    """What `record` of a "json" or "block" format says; nothing where it is not what it should be."""
    return _of_json(log_format, record) if log_format.kind == "json" else _of_block(log_format, record)


def _of_json(log_format: LogFormat, record: str) -> Fields:
    value = _object(record)
    if value is None:
        return _NOTHING
    names = log_format.fields
    message = _found(value, names["message"])
    level = _found(value, names["level"])
    if not level and message:
        inside = _LEVEL_IN_MESSAGE.search(message, 0, _LEVEL_WITHIN)
        level = (inside["named"] or inside[0]) if inside else ""
    return Fields(_found(value, names["time"]), level, _found(value, names["source"]), message.rstrip("\n"))


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
