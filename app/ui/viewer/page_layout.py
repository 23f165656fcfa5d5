"""Where each page of a long document lies when all are stacked, while most sizes are still unknown. Pure numbers.

All pages are equally wide; a page of unknown size is taken to be like the first one that is known.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

GAP = 12
"""Logical pixels above, below and between pages."""

_A4 = (595.0, 842.0)


class PageLayout:
    """Pages from 0; positions and lengths in logical pixels, from the top of the first gap."""

    def __init__(self, pages: int) -> None:
        self._sizes: dict[int, tuple[float, float]] = {}
        self._assumed = _A4
        self._pages = pages
        self._width = 1
        self._known: list[int] = []
        self._more: list[int] = [0]
        """How much higher the first n known pages are together than n assumed ones."""

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return self._pages

    @property
    def width(self) -> int:
        """The width of every page."""
        return self._width

    @property
    def height(self) -> int:
        """Of everything, gaps included."""
        return self.top(self._pages)

    def set_width(self, width: int) -> None:
        """Make all pages `width` wide."""
        if width != self._width:
            self._width = max(1, width)
            self._add_up()

    def learn(self, pages: int, first: int, sizes: Sequence[tuple[float, float]]) -> None:
        """Take the number of pages and the sizes (points) of those from `first` on; (0, 0) stays unknown."""
        for number, size in enumerate(sizes, first):
            if min(size) > 0:
                if not self._sizes:
                    self._assumed = size
                self._sizes[number] = size
        self._pages = pages
        self._add_up()

    def knows(self, page: int) -> bool:
        """Whether the page's own size is known."""
        return page in self._sizes

    def size(self, page: int) -> tuple[float, float]:
        """Width and height in points."""
        return self._sizes.get(page, self._assumed)

    def scale(self, page: int) -> float:
        """Pixels for a point on this page."""
        return self._width / self.size(page)[0]

    def top(self, page: int) -> int:
        """Where the page begins, or would begin behind the last one."""
        return GAP + page * (self._height(self._assumed) + GAP) + self._more[bisect_left(self._known, page)]

    def page_height(self, page: int) -> int:
        """The height of one page."""
        return self._height(self.size(page))

    def page_at(self, y: float) -> int:
        """The page at `y`, or the one whose gap is there; always one that exists."""
        return max(0, bisect_right(range(self._pages), y, key=self.top) - 1)

    def visible(self, top: int, bottom: int) -> range:
        """The pages that show between two positions."""
        if not self._pages:
            return range(0)
        return range(self.page_at(top), self.page_at(bottom) + 1)

    def _height(self, size: tuple[float, float]) -> int:
        width, height = size
        return max(1, round(height * self._width / width))

    def _add_up(self) -> None:
        """Only known pages are gone through: of very many pages few are ever looked at."""
        assumed = self._height(self._assumed)
        self._known = sorted(page for page in self._sizes if page < self._pages)
        self._more = list(accumulate((self.page_height(page) - assumed for page in self._known), initial=0))
