"""A selection in rows of text: between two positions (row, column), moved by mouse and keys. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

Position = tuple[int, int]
Motion = Literal["left", "right", "up", "down", "home", "end", "page_up", "page_down", "start", "finish"]

_WORD = re.compile(r"\w+|\s+|.", re.DOTALL)


class TextSelection:
    """From `anchor`, where it began, to `cursor`, where it is extended to."""

    def __init__(self) -> None:
        self.anchor: Position | None = None
        self.cursor: Position | None = None

    @property
    def ends(self) -> tuple[Position, Position] | None:
        """Where the selection starts and ends, None when nothing is selected."""
        if self.anchor is None or self.cursor is None or self.anchor == self.cursor:
            return None
        first, last = sorted((self.anchor, self.cursor))
        return first, last

    def clear(self) -> None:
        """Select nothing."""
        self.anchor = self.cursor = None

    def begin(self, at: Position) -> None:
        """The next selection begins at `at`."""
        self.anchor = self.cursor = at

    def extend(self, to: Position) -> None:
        """Select up to `to`."""
        self.anchor = self.anchor or to
        self.cursor = to

    def word(self, at: Position, line: str) -> None:
        """Select the word at a position of a row with the text `line`."""
        row, column = at
        for match in _WORD.finditer(line):
            if match.start() <= column < match.end() or match.end() == column == len(line):
                self.anchor, self.cursor = (row, match.start()), (row, match.end())
                return

    def in_row(self, row: int, length: int) -> tuple[int, int] | None:
        """The selected columns of a row of `length` characters; one more where its line end is selected too."""
        if self.ends is None:
            return None
        (first, start), (last, end) = self.ends
        if not first <= row <= last:
            return None
        return start if row == first else 0, end if row == last else length + 1

    def move(self, motion: Motion, *, rows: int, page: int, line: Callable[[int], str | None]) -> Position | None:
        """Move the cursor and so extend the selection. page: rows in a screen. line: the text of a row, if known."""
        if self.cursor is None or not rows:
            return None
        row, column = self.cursor
        last = rows - 1
        length = len(line(row) or "")
        if motion == "left":
            row, column = (row, column - 1) if column else (max(0, row - 1), len(line(max(0, row - 1)) or ""))
        elif motion == "right":
            row, column = (row, column + 1) if column < length or row == last else (row + 1, 0)
            column = min(column, len(line(row) or ""))
        elif motion in ("home", "end"):
            column = 0 if motion == "home" else length
        elif motion in ("start", "finish"):
            row, column = (0, 0) if motion == "start" else (last, len(line(last) or ""))
        else:
            by = {"up": -1, "down": 1, "page_up": -page, "page_down": page}[motion]
            row = min(max(0, row + by), last)
            column = min(column, len(line(row) or ""))
        self.extend((row, column))
        return self.cursor
