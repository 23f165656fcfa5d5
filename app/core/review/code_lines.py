"""The lines of reviewed code, as they are counted and compared everywhere in a review.

A line ends at a line feed; a carriage return before it belongs to the end, not to the line. Form feeds and the like
are characters of a line, as editors and Git have it. Knows no findings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_GUTTER = re.compile(r" *\d+\| ?")


def code_lines(text: str) -> list[str]:
    """The lines of `text` without their ends; line n of the file is entry n - 1. An empty text has none."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def without_gutter(lines: Sequence[str]) -> list[str] | None:
    """Lines as they are without the numbers (`  41| code`) that the prompt shows; None where one has no number."""
    stripped: list[str] = []
    for line in lines:
        found = _GUTTER.match(line)
        if found is None and line.strip():
            return None
        stripped.append(line[found.end() :] if found else line)
    return stripped


def quoted_lines(quote: str) -> list[str]:
    """The lines of a quotation without white space at their ends and without empty lines around them."""
    lines = [line.rstrip() for line in quote.split("\n")]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return lines
