"""Where the lines of a file stand in the text that is shown of it, which may hold only some of them. Knows no Qt."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from ingest.document import Section


def place_of_line(sections: Sequence[Section], line: int) -> tuple[int, int] | None:
    """The section and character at which the file's line (1-based) begins, None where that line is not shown."""
    for number, section in enumerate(sections):
        lines = section.span.lines
        if lines is None or not lines[0] <= line <= lines[1] or not isinstance(section.body, str):
            continue
        row = bisect_left(section.line_map, line) if section.line_map else line - lines[0]
        if section.line_map and (row >= len(section.line_map) or section.line_map[row] != line):
            continue
        start = 0
        for _ in range(row):
            start = section.body.find("\n", start) + 1
            if not start:
                return None
        return number, start
    return None


def row_of_line(sections: Sequence[Section], line: int) -> tuple[int, int] | None:
    """The section and the line in it (from 0) that hold the file's line, or the last before it that is shown.

    Where a line is shown twice, as one of a template and of its records, it is the first of both.
    """
    best: tuple[int, int] | None = None
    shown = 0
    for number, section in enumerate(sections):
        if section.span.lines is None:
            continue
        if section.line_map:
            row = bisect_left(section.line_map, line)
            row -= row == len(section.line_map) or section.line_map[row] > line
            found = section.line_map[row] if row >= 0 else 0
        else:
            row = min(line, section.span.lines[1]) - section.span.lines[0]
            found = section.span.lines[0] + row if row >= 0 else 0
        if found > shown:
            best, shown = (number, row), found
    return best
