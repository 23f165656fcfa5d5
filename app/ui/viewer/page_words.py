"""Finds the words on a page that a stretch of the page's text stands for, and the text between two words. Pure.

The text of a page is cleaned (hyphens at line ends joined, ligatures spelled out), so words and text are compared by
their letters and digits alone.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

from ingest.document import Rect
from ingest.pdf_pages import Word

_CONTEXT = (60, 20, 6, 0)
"""Letters around a passage that tell it from the same words elsewhere on the page, as many as agree."""


class WordIndex:
    """The words of one page beside the page's text."""

    def __init__(self, text: str, words: Sequence[Word]) -> None:
        self.words = words
        folded = [_fold(word.text) for word in words]
        self._page = "".join(folded)
        self._ends = list(accumulate(map(len, folded)))
        letters = list(map(_fold_character, text))
        self._text = "".join(letters)
        self._before = list(accumulate(map(len, letters), initial=0))

    def words_for(self, start: int, end: int) -> range | None:
        """Which words the characters [start, end) of the text are; None when that cannot be told."""
        last = len(self._before) - 1
        at, stop = self._before[min(start, last)], self._before[min(end, last)]
        if at == stop:
            return None
        found = next((found for room in _CONTEXT if (found := self._place(at, stop, room)) >= 0), -1)
        if found < 0:
            return None
        at, stop = found, found + stop - at
        return range(bisect_right(self._ends, at), bisect_left(self._ends, stop) + 1)

    def _place(self, at: int, stop: int, room: int) -> int:
        """Where on the page the letters [at, stop) stand, found with `room` letters around them; -1 for nowhere."""
        first = max(0, at - room)
        found = _nearest(self._page, self._text[first : stop + room], first)
        return found + at - first if found >= 0 else -1


def line_rects(words: Sequence[Word], chosen: range) -> list[Rect]:
    """A rectangle for each line that the chosen words stand on."""
    rects: list[Rect] = []
    before: Word | None = None
    for i in chosen:
        word = words[i]
        if before is not None and (before.block, before.line) == (word.block, word.line):
            a, b = rects[-1], word.rect
            rects[-1] = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
        else:
            rects.append(word.rect)
        before = word
    return rects


def text_of(words: Sequence[Word], chosen: range) -> str:
    """The chosen words as they would be copied: lines of a block run on, blocks are separate lines."""
    parts: list[str] = []
    before: Word | None = None
    for i in chosen:
        word = words[i]
        if before is not None:
            parts.append(" " if before.block == word.block else "\n")
        parts.append(word.text)
        before = word
    return "".join(parts)


def word_at(words: Sequence[Word], x: float, y: float) -> int | None:
    """The word closest to a point (in points): one it lies on, else the nearest on its line, else the line's above."""
    if not words:
        return None
    return min(range(len(words)), key=lambda i: _distance(words[i].rect, x, y))


def _distance(rect: Rect, x: float, y: float) -> float:
    left, top, right, bottom = rect
    across = max(left - x, 0.0, x - right)
    down = max(top - y, 0.0, y - bottom)
    # A point right of a line's end belongs to that line, however far away it is.
    return across + 50 * down


def _nearest(page: str, needle: str, at: int) -> int:
    after = page.find(needle, at)
    before = page.rfind(needle, 0, at + len(needle))
    if before < 0 or after < 0:
        return max(before, after)
    return after if after - at < at - before else before


def _fold(text: str) -> str:
    return "".join(map(_fold_character, text))


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", character).casefold() if c.isalnum())
