"""The lines of reviewed code, as they are counted and compared everywhere in a review.

A line ends at a line feed; a carriage return before it belongs to the end, not to the line. Form feeds and the like
are characters of a line, as editors and Git have it. Knows no findings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

_GUTTER = re.compile(r" *\d+\| ?")


def code_lines(text: str) -> list[str]:
    """The lines of `text` without their ends; line n of the file is entry n - 1. An empty text has none."""
    return list(_split(text))


@lru_cache(maxsize=8)
def _split(text: str) -> tuple[str, ...]:
    """Kept for a while, since many findings are held against one file."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return tuple(line.removesuffix("\r") for line in lines)


def lines_with(part: str, lines: Sequence[str]) -> Iterator[int]:
    """Indices of the lines that hold `part`, which has no line end; ascending. Quick where few do."""
    text = "\n".join(lines)
    line = counted = 0
    at = text.find(part)
    while at >= 0 and lines:
        line += text.count("\n", counted, at)
        yield line
        counted = at
        end = text.find("\n", at)
        at = text.find(part, end + 1) if end >= 0 else -1


def without_gutter(lines: Sequence[str]) -> list[str] | None:
    """Lines as they are without the numbers (`41| code`) that the prompt shows; None where one has no number."""
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
