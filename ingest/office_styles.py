"""What a paragraph of a Word document gets from itself and from its style: level as a heading, list.

Knows the XML trees of paragraphs' properties and of the styles' part, and no text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingest.office_numbering import W

_DEEPEST_HEADING = 9


class Styles:
    """What paragraphs get from their style: level as a heading, list."""

    def __init__(self, root: Any | None) -> None:
        """root: the `w:styles` element, None for a document without."""
        self._styles = {e.get(f"{W}styleId", ""): e for e in root.iterchildren(f"{W}style")} if root is not None else {}
        self._levels: dict[str, int] = {}

    def level(self, style: str) -> int:
        """1 for the highest heading, 0 for what is none."""
        if style not in self._levels:
            self._levels[style] = self._level(style)
        return self._levels[style]

    def list_of(self, style: str) -> tuple[str, int]:
        """The list and the level in it, "" for none."""
        for element in self._chain(style):
            numbered = element.find(f"{W}pPr/{W}numPr")
            number = value_of(numbered, "numId")
            if number:
                depth = value_of(numbered, "ilvl")
                return number, min(8, int(depth)) if depth.isdecimal() else 0
        return "", 0

    def _level(self, style: str) -> int:
        for element in self._chain(style):
            name = value_of(element, "name").casefold()
            if name == "title":
                return 1
            word, _, number = name.rpartition(" ")
            if word == "heading" and number.isdecimal() and 0 < int(number) <= _DEEPEST_HEADING:
                return int(number)
            level = outline_level(element.find(f"{W}pPr"))
            if level is not None:
                return level
        return 0

    def _chain(self, style: str) -> Iterator[Any]:
        """The style and those it is based on."""
        seen: set[str] = set()
        while style in self._styles and style not in seen:
            seen.add(style)
            yield self._styles[style]
            style = value_of(self._styles[style], "basedOn")


def outline_level(own: Any) -> int | None:
    """A paragraph's outline level, 1 for the highest, 0 for body text, None when nothing is said."""
    level = value_of(own, "outlineLvl")
    if not level.isdecimal():
        return None
    return int(level) + 1 if int(level) < _DEEPEST_HEADING else 0


def value_of(element: Any, tag: str) -> str:
    """The value of the child `tag` of `element`, "" where there is none."""
    found = element.find(f"{W}{tag}") if element is not None else None
    value: str = "" if found is None else found.get(f"{W}val", "")
    return value
