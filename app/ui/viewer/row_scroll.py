"""Scrolling over rows whose heights are known only once they are laid out: a row and pixels, never a sum of heights.

Pure. The scroll bar moves in sixteenths of a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

STEPS = 16
MARGIN = 8
"""Pixels kept free above the first and below the last row."""


class RowScroll:
    """`row` is the first that shows, `pixels` how much of it is already above the view."""

    def __init__(self, rows: int, height: Callable[[int], int]) -> None:
        """height: of a row in pixels, at least 1; may change, then `settle` has to be called."""
        self.rows = rows
        self.row = 0
        self.pixels = -MARGIN
        self._height = height

    def visible(self, view: int) -> Iterator[tuple[int, int]]:
        """Rows in a view of this height, each with the position of its top."""
        y, row = -self.pixels, self.row
        while y < view and row < self.rows:
            yield row, y
            y += self._height(row)
            row += 1

    def move(self, by: int, view: int) -> None:
        """Scroll by pixels, never beyond either end."""
        self.pixels += by
        while self.pixels < 0 and self.row > 0:
            self.row -= 1
            self.pixels += self._height(self.row)
        while self.row < self.rows - 1 and self.pixels >= (height := self._height(self.row)):
            self.pixels -= height
            self.row += 1
        self.settle(view)

    def show(self, row: int, y: int, view: int) -> None:
        """Put the top of `row` at `y`."""
        self.row, self.pixels = min(max(0, row), max(0, self.rows - 1)), 0
        self.move(-y, view)

    def settle(self, view: int) -> None:
        """Keep the position within the ends."""
        self.pixels = max(0 if self.row else -MARGIN, self.pixels)
        self.row, self.pixels = min((self.row, self.pixels), self.end(view))

    def end(self, view: int) -> tuple[int, int]:
        """The position at which the last row ends where the view does."""
        row, left = self.rows, view - MARGIN
        while row > 0 and left > 0:
            row -= 1
            left -= self._height(row)
        return row, max(0 if row else -MARGIN, -left)

    def value(self) -> int:
        """The position in the scroll bar's steps."""
        return self._steps(self.row, self.pixels)

    def largest_value(self, view: int) -> int:
        """The last position in the scroll bar's steps."""
        return self._steps(*self.end(view))

    def go_to_value(self, value: int, view: int) -> None:
        """Take a position from the scroll bar."""
        if self.rows:
            self.row = min(value // STEPS, self.rows - 1)
            self.pixels = value % STEPS * self._height(self.row) // STEPS if value else -MARGIN
            self.settle(view)

    def _steps(self, row: int, pixels: int) -> int:
        if row >= self.rows:
            return 0
        # Rounded up, so that the last position is reached by the bar's last value.
        return row * STEPS - -max(0, pixels) * STEPS // self._height(row)
