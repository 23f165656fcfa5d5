"""Cuts a section's text into passages: a paragraph or a few sentences, a block of code, ten lines of a log or rows
of a table.

A passage is what a person reads to see whether it answers a question. Knows no questions and no index.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.core.marks import split_units
from ingest.document import Kind

LOG_LINES = 10
SHEET_ROWS = 10
CODE_LINES = 30
LEAST_CODE_LINES = 6
LEAST_SENTENCES = 3
LEAST_PARAGRAPH = 200
MOST_PROSE = 900
MOST_CODE = 3000

_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_DEFINITION = re.compile(
    r"^[ \t]*(?:export |public |private |protected |static |async |pub |abstract )*"
    r"(?:def|class|function|func|fn|interface|struct|enum|impl|trait|module)\b.*$",
    re.MULTILINE,
)
_HEADING = re.compile(r"#{1,6} .+|[^\n]{2,80}\n[ \t]*[=\-~*^]{3,}[ \t]*")


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters [start, end) of a text, and the heading or definition they stand under."""

    start: int
    end: int
    heading: str = ""


def split_passages(text: str, kind: Kind) -> Iterator[Piece]:
    """Passages in order; they do not overlap and hold every non-blank character."""
    if kind == "log":
        return _log(text)
    if kind == "sheet":
        return _rows(text)
    if kind == "code":
        return _code(text)
    return _prose(text, kind)


def _log(text: str) -> Iterator[Piece]:
    units = split_units(text, "log")
    for i in range(0, len(units), LOG_LINES):
        yield Piece(units[i][0], units[min(i + LOG_LINES, len(units)) - 1][1])


def _rows(text: str) -> Iterator[Piece]:
    """Rows under the names of their columns, as far as the first row holds those."""
    units = split_units(text, "sheet")
    names = " ".join(text[slice(*units[0])][:MOST_PROSE].split()) if units else ""
    group: list[tuple[int, int]] = []
    for start, end in units:
        if group and (len(group) >= SHEET_ROWS or end - group[0][0] > MOST_PROSE):
            yield Piece(group[0][0], group[-1][1], names if group[0] != units[0] else "")
            group = []
        group.append((start, end))
    if group:
        yield Piece(group[0][0], group[-1][1], names if group[0] != units[0] else "")


def _prose(text: str, kind: Kind) -> Iterator[Piece]:
    heading = ""
    group: list[tuple[int, int]] = []
    for start, end in split_units(text, kind):
        if group and _is_full(text, group, start, end):
            # What ends in a colon introduces what follows, and goes with it.
            kept = group[-1:] if len(group) > 1 and _introduces(text, group[-1]) else []
            group = group[: len(group) - len(kept)]
            yield Piece(group[0][0], group[-1][1], heading)
            group = kept
        if not group or _BLANK_LINE.search(text, group[-1][1], start):
            found = _HEADING.match(text, start, min(len(text), end + 100))
            if found and group:
                yield Piece(group[0][0], group[-1][1], heading)
                group = []
            if found:
                heading = found.group().split("\n")[0].strip("# \t")
        group.append((start, end))
    if group:
        yield Piece(group[0][0], group[-1][1], heading)


def _is_full(text: str, group: list[tuple[int, int]], start: int, end: int) -> bool:
    size = group[-1][1] - group[0][0]
    if end - group[0][0] > MOST_PROSE:
        return True
    if _introduces(text, group[-1]):
        return False
    is_paragraph = len(group) >= LEAST_SENTENCES or size >= LEAST_PARAGRAPH
    return is_paragraph and _BLANK_LINE.search(text, group[-1][1], start) is not None


def _introduces(text: str, unit: tuple[int, int]) -> bool:
    return text[unit[1] - 1] in ":："


def _code(text: str) -> Iterator[Piece]:
    group: list[tuple[int, int]] = []
    inside: list[tuple[int, str]] = []
    for block in _blocks(text):
        lines = len(group)
        too_long = lines + len(block) > CODE_LINES or block[-1][1] - (group or block)[0][0] > MOST_CODE
        if group and (too_long or (lines >= LEAST_CODE_LINES and _begins_definition(text, block))):
            yield Piece(group[0][0], group[-1][1], " ".join(line for _, line in inside))
            _follow_definitions(text, group, inside)
            group = []
        if not group:
            column = _column(text, block[0][0])
            inside = [(at, line) for at, line in inside if at < column]
        group += block
    if group:
        yield Piece(group[0][0], group[-1][1], " ".join(line for _, line in inside))


def _begins_definition(text: str, block: list[tuple[int, int]]) -> bool:
    start, end = block[0]
    return (
        not text[start].isspace()
        or text[start:end].lstrip()[0] in "@#/"
        or _DEFINITION.match(text, start, end) is not None
    )


def _follow_definitions(text: str, group: list[tuple[int, int]], inside: list[tuple[int, str]]) -> None:
    """Bring `inside`, the definitions that are open by their indentation, past `group`."""
    for match in _DEFINITION.finditer(text, group[0][0], group[-1][1]):
        column = _column(text, match.start())
        while inside and inside[-1][0] >= column:
            inside.pop()
        inside.append((column, match.group().strip()))


def _blocks(text: str) -> Iterator[list[tuple[int, int]]]:
    """Runs of lines without a blank line between them, cut at CODE_LINES lines or MOST_CODE characters."""
    block: list[tuple[int, int]] = []
    for first, end in split_units(text, "code"):
        # Indentation belongs to code; a unit begins behind it.
        line = text.rfind("\n", 0, first) + 1
        start = first if text[line:first].strip() else line
        if block:
            apart = _BLANK_LINE.search(text, block[-1][1], start) is not None
            if apart or len(block) >= CODE_LINES or end - block[0][0] > MOST_CODE:
                yield block
                block = []
        block.append((start, end))
    if block:
        yield block


def _column(text: str, line: int) -> int:
    """How far the line that begins at `line` is indented."""
    at = line
    while at < len(text) and text[at] in " \t":
        at += 1
    return at - line
