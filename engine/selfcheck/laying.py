"""Where the lines of a self-check stand in one growing haystack, so that every length has needles at every depth.

A needle serves every length that it stands in, in whatever band it stands there; only the bands that lack one get more.
The longest length is served first, since reading it again costs most. Positions are planned in tokens, and jittered;
where a line begins in the end is told by the haystack that is made. Pure; knows no model.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from engine.selfcheck.task import Item

CHUNK = 8192
"""Tokens. Attention may start afresh, or have lost what is older, at multiples of it."""


_TRIES = 8


@dataclass(frozen=True, slots=True, eq=False)
class Wish:
    """An item to be laid. number: of it among its task's. needles, decoys: tokens of the lines."""

    item: Item
    number: int
    needles: tuple[int, ...]
    decoys: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line to put in. at: tokens behind the head, about. needle, decoy: which of the item's it is, or None.

    within: from where to where it has to begin, to stand in its band; None for anywhere from `at` on.
    """

    at: int
    wish: Wish
    needle: int | None = None
    decoy: int | None = None
    within: tuple[int, int] | None = None

    @property
    def text(self) -> str:
        """What it says."""
        if self.needle is not None:
            return self.wish.item.needles[self.needle]
        assert self.decoy is not None
        return self.wish.item.decoys[self.decoy]


@dataclass(frozen=True, slots=True)
class Laid:
    """lines: in order. asked: by task, the items that were laid with the length they are first asked at."""

    lines: tuple[Line, ...]
    asked: Mapping[str, tuple[tuple[int, Wish], ...]]

    def count(self, task: str, length: int, *, spread: bool) -> int:
        """Items that can be asked at a length."""
        firsts = [first for first, _ in self.asked.get(task, ())]
        return sum(first == length if spread else first <= length for first in firsts)


class Layer:
    """Lays items into one haystack. spans: by length, ascending, the tokens that its lines take, about.

    bands: of the depth. density: share of the tokens that items may take. head: tokens before the first line. line:
    tokens of a line of filler; a needle begins up to so many behind where it is planned. most_lines: to lay.
    """

    def __init__(
        self,
        spans: Mapping[int, int],
        *,
        bands: int,
        density: float,
        head: int,
        line: float,
        chosen: random.Random,
        most_lines: int | None = None,
    ) -> None:
        self._spans = dict(spans)
        self._lengths = tuple(spans)
        self._bands = bands
        self._line = line
        self._most = most_lines
        self._chosen = chosen
        self._lines: list[Line] = []
        self._asked: dict[str, list[tuple[int, Wish]]] = defaultdict(list)
        self._in_band: dict[tuple[str, int, int], int] = defaultdict(int)
        starts = (0, *self._spans.values())
        self._room = [density * (end - start) for start, end in zip(starts, self._spans.values(), strict=False)]
        last = max(self._spans.values(), default=0)
        self._borders = [border - head for border in range(CHUNK, last + head, CHUNK)]

    def lay(
        self,
        supply: Mapping[str, Iterator[Wish]],
        wanted: Callable[[str, int, int | None], int],
        needed: Callable[[str, int], int],
        *,
        spread: Collection[str],
    ) -> Laid:
        """Lay what is needed, the longest length first, then as much more as is wanted and fits.

        wanted: how many more trials of a task at a length are to be had in a band (None: in all, for a spread task).
        needed: how many in all bands are likely to do.
        """
        waiting: dict[str, Wish] = {}

        def one(task: str, length: int) -> bool:
            wish = waiting.pop(task, None) or next(supply[task], None)
            if wish is None:
                return False
            lay = self._lay_spread if task in spread else self._lay_single
            if lay(task, length, wish, wanted):
                return True
            waiting[task] = wish
            return False

        for most in (needed, None):
            for length in reversed(self._lengths):
                tasks = list(supply)
                while tasks:
                    tasks = [
                        task
                        for task in tasks
                        if (most is None or self._count(task, length, wanted, spread) < most(task, length))
                        and one(task, length)
                    ]
        lines = sorted(self._lines, key=lambda line: line.at)
        return Laid(tuple(lines), {task: tuple(asked) for task, asked in self._asked.items()})

    def _count(
        self, task: str, length: int, wanted: Callable[[str, int, int | None], int], spread: Collection[str]
    ) -> int:
        """Items at a length that are of use; more in a band than are wanted there are none."""
        if task in spread:
            return sum(first == length for first, _ in self._asked[task])
        return sum(min(self._in_band[task, length, b], wanted(task, length, b)) for b in range(self._bands))

    def _lay_single(self, task: str, length: int, wish: Wish, wanted: Callable[[str, int, int | None], int]) -> bool:
        open_bands = []
        for band in range(self._bands):
            there = self._in_band[task, length, band]
            missing = wanted(task, length, band) - there
            if missing > 0:
                open_bands.append((there, self._chosen.random(), band))
        for _, _, band in sorted(open_bands):
            at = self._place(length, band, wish.needles[0])
            if self._take(at, wish.needles[0]):
                self._add(Line(at, wish, needle=0, within=self._within_all(at, length, band, wish.needles[0])))
                self._note(task, wish, at)
                return True
        return False

    def _lay_spread(self, task: str, length: int, wish: Wish, wanted: Callable[[str, int, int | None], int]) -> bool:
        already = sum(first == length for first, _ in self._asked[task])
        if already >= wanted(task, length, None):
            return False
        part = max(1.0, self._spans[length] - 2 * self._line) / len(wish.needles)
        places: list[int] = []
        for i, tokens in enumerate(wish.needles):
            tries = (int((i + self._chosen.uniform(0.05, 0.95)) * part) for _ in range(_TRIES))
            at = next((at for at in tries if self._take(at, tokens)), None)
            if at is None:
                for place, given in zip(places, wish.needles, strict=False):
                    self._room[self._segment(place)] += given
                return False
            places.append(at)
        for i, at in enumerate(places):
            self._add(Line(at, wish, needle=i))
        self._lay_decoys(length, wish)
        self._asked[task].append((length, wish))
        return True

    def _lay_decoys(self, length: int, wish: Wish) -> None:
        # Where there is little room the first decoys have to do.
        most = len(wish.decoys) if self._spans[length] >= CHUNK // 2 else 1 if self._spans[length] < CHUNK // 4 else 2
        for i, tokens in enumerate(wish.decoys[:most]):
            at = self._chosen.randrange(max(1, int(self._spans[length] - 2 * self._line)))
            if self._take(at, tokens):
                self._add(Line(at, wish, decoy=i))

    def _note(self, task: str, wish: Wish, at: int) -> None:
        served = [n for n in self._lengths if at <= self._latest(n, wish.needles[0])]
        for length in served or self._lengths[-1:]:
            self._in_band[task, length, band_of(at, self._spans[length], self._bands)] += 1
        first = (served or self._lengths[-1:])[0]
        self._asked[task].append((first, wish))
        self._lay_decoys(first, wish)

    def _within(self, length: int, band: int, tokens: int) -> tuple[int, int]:
        """From where to where a needle has to begin to be in a band, and to end before the haystack does."""
        span, bands = self._spans[length], self._bands
        return -(-band * span // bands), min((band + 1) * span // bands, self._latest(length, tokens))

    def _within_all(self, at: int, length: int, band: int, tokens: int) -> tuple[int, int]:
        """The same for all lengths that a needle at this place serves, each with its own bands."""
        first, last = self._within(length, band, tokens)
        for other in self._lengths:
            if at <= self._latest(other, tokens):
                low, high = self._within(other, band_of(at, self._spans[other], self._bands), tokens)
                first, last = max(first, low), min(last, high)
        return first, max(first, last)

    def _latest(self, length: int, tokens: int) -> int:
        """Where a needle may begin at the latest: the haystack ends with a whole line, so a little before its span."""
        return self._spans[length] - tokens - int(self._line / 2)

    def _place(self, length: int, band: int, tokens: int) -> int:
        """A place in a band, beyond what the shorter length has of it where there is enough."""
        size = self._spans[length] / self._bands
        low, last = self._within(length, band, tokens)
        high = last - min(1.5 * self._line, 0.6 * size)
        index = self._lengths.index(length)
        before = self._spans[self._lengths[index - 1]] if index else 0
        if before < high - size / 4:
            low = max(low, before)
        high = max(low, high)
        for border in self._borders:
            at = border - tokens + 1
            if low <= at < high:
                self._borders.remove(border)
                return at
        return int(self._chosen.uniform(low, high))

    def _take(self, at: int, tokens: int) -> bool:
        segment = self._segment(at)
        if self._room[segment] < tokens or (self._most is not None and len(self._lines) >= self._most):
            return False
        self._room[segment] -= tokens
        return True

    def _segment(self, at: int) -> int:
        return next((i for i, end in enumerate(self._spans.values()) if at < end), len(self._room) - 1)

    def _add(self, line: Line) -> None:
        self._lines.append(line)


def band_of(at: int, span: int, bands: int) -> int:
    """The depth band of a token among `span` tokens."""
    return min(bands - 1, max(0, at) * bands // max(1, span))
