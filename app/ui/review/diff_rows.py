"""A unified diff as rows to show, whatever a model made of it: nothing of it is left out. Knows no Qt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Sign = Literal[" ", "+", "-", "@", "?"]
"""@: where a hunk begins. ?: what is no line of a diff."""

_HUNK = re.compile(r"@@ -(\d{1,9})(?:,\d{1,9})? \+(\d{1,9})(?:,\d{1,9})? @@")
_HEADS = ("diff --git ", "index ", "--- ", "+++ ", "new file mode", "deleted file mode", "\\ ")


@dataclass(frozen=True, slots=True)
class DiffRow:
    """A line without its sign. before, after: its number on either side, 0 where it does not stand there."""

    sign: Sign
    text: str
    before: int = 0
    after: int = 0


def diff_rows(diff: str) -> list[DiffRow]:
    """The rows of all hunks. A diff of one hunk needs no row that says where it begins: its numbers do."""
    rows: list[DiffRow] = []
    before = after = 0
    inside = False
    for line in diff.splitlines():
        hunk = _HUNK.match(line)
        if hunk:
            before, after = int(hunk[1]), int(hunk[2])
            if inside:
                rows.append(DiffRow("@", line[hunk.end() :].strip()))
            inside = True
        elif not inside:
            if not line.startswith(_HEADS) and line.strip():
                rows.append(DiffRow("?", line))
        elif line.startswith("+"):
            rows.append(DiffRow("+", line[1:], 0, after))
            after += 1
        elif line.startswith("-"):
            rows.append(DiffRow("-", line[1:], before, 0))
            before += 1
        elif line.startswith(" ") or not line:
            rows.append(DiffRow(" ", line[1:], before, after))
            before, after = before + 1, after + 1
        elif not line.startswith("\\"):
            rows.append(DiffRow("?", line))
    while rows and rows[-1] == DiffRow(" ", "", rows[-1].before, rows[-1].after) and not diff.endswith(" \n"):
        rows.pop()
    return rows
