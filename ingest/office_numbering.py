"""The numbers that Word shows in front of list items and headings and that stand nowhere in the text.

Knows the numbering part of a Word document as an XML tree, and nothing else of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

_PLACEHOLDER = re.compile(r"%([1-9])")
_LEVELS = 9
_LARGEST_ROMAN = 3999
_ROMAN = (
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
)


@dataclass(slots=True)
class _Level:
    form: str = "decimal"
    text: str = ""
    start: int = 1


@dataclass(slots=True)
class _List:
    """One abstract list: its levels, and how far each has been counted."""

    levels: dict[int, _Level] = field(default_factory=dict)
    counted: dict[int, int] = field(default_factory=dict)


class Numbering:
    """Counts the paragraphs of one document in order."""

    def __init__(self, root: Any | None) -> None:
        """root: the `w:numbering` element, None for a document without lists."""
        self._lists: dict[str, _List] = {}
        self._of: dict[str, _List] = {}
        if root is None:
            return
        abstract: dict[str, dict[int, _Level]] = {}
        for element in root.iterchildren(f"{W}abstractNum"):
            abstract[element.get(f"{W}abstractNumId", "")] = _levels(element)
        for element in root.iterchildren(f"{W}num"):
            number = element.get(f"{W}numId", "")
            link = element.find(f"{W}abstractNumId")
            key = link.get(f"{W}val", "") if link is not None else ""
            overrides = list(element.iterchildren(f"{W}lvlOverride"))
            if overrides:
                # A list that begins anew somewhere counts by itself.
                self._of[number] = _List(_overridden(abstract.get(key, {}), overrides))
            else:
                self._of[number] = self._lists.setdefault(key, _List(abstract.get(key, {})))

    def label(self, number: str, level: int) -> str:
        """What stands before the next paragraph of list `number` on `level`: "2.1", "a)", "-"; "" for nothing."""
        found = self._of.get(number)
        own = found.levels.get(level) if found else None
        if found is None or own is None:
            return "-"
        counted = found.counted
        counted[level] = counted.get(level, own.start - 1) + 1
        for deeper in [at for at in counted if at > level]:
            del counted[deeper]
        if own.form == "bullet":
            return "-"
        if own.form == "none":
            return ""
        return _PLACEHOLDER.sub(lambda match: _counted(found, int(match.group(1)) - 1), own.text).strip()


def _counted(found: _List, level: int) -> str:
    own = found.levels.get(level, _Level())
    return _written(found.counted.get(level, own.start), own.form)


def _levels(element: Any) -> dict[int, _Level]:
    levels: dict[int, _Level] = {}
    for level in element.iterchildren(f"{W}lvl"):
        at = _integer(level.get(f"{W}ilvl"), 0)
        if 0 <= at < _LEVELS:
            text = _value(level, "lvlText", "")
            levels[at] = _Level(_value(level, "numFmt", "decimal"), text, _integer(_value(level, "start", "1"), 1))
    return levels


def _overridden(levels: Mapping[int, _Level], overrides: list[Any]) -> dict[int, _Level]:
    changed = dict(levels)
    for override in overrides:
        at = _integer(override.get(f"{W}ilvl"), 0)
        changed.update(_levels(override))
        if at in changed:
            own = changed[at]
            changed[at] = _Level(own.form, own.text, _integer(_value(override, "startOverride", ""), own.start))
    return changed


def _value(element: Any, tag: str, otherwise: str) -> str:
    found = element.find(f"{W}{tag}")
    value: str = otherwise if found is None else found.get(f"{W}val", otherwise)
    return value


def _integer(text: str | None, otherwise: int) -> int:
    try:
        return int(text or "")
    except ValueError:
        return otherwise


def _written(number: int, form: str) -> str:
    if form in ("lowerLetter", "upperLetter") and number > 0:
        # After z comes aa, then bb.
        times, at = divmod(number - 1, 26)
        letters = chr(ord("a") + at) * min(times + 1, 10)
        return letters if form == "lowerLetter" else letters.upper()
    if form in ("lowerRoman", "upperRoman") and 0 < number <= _LARGEST_ROMAN:
        roman = ""
        for value, letters in _ROMAN:
            times, number = divmod(number, value)
            roman += letters * times
        return roman if form == "lowerRoman" else roman.upper()
    return f"{number:02d}" if form == "decimalZero" else str(number)
