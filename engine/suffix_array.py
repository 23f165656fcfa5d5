"""Where in some passages the bytes quoted so far stand, narrowed with every byte that follows.

A suffix array over the places where words begin (a quotation begins nowhere else), sorted by their first `DEPTH`
bytes: what matches a beginning is then one stretch of the array, found by halving. Deeper than that only the places
left are compared, one by one. Knows no tokens and no quotation marks.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.word_borders import Flags, borders

SEPARATOR = 0xFF
"""The byte between two passages; it stands in no UTF-8 text, so no quotation runs from one passage into the next."""

DEPTH = 32
FEW = 48
"""Places that are compared faster one by one than through numpy."""

SPACES = tuple(c.encode("utf-8") for c in " \n\t\r\v\f\u00a0\u2009\u202f\u3000")
_SPACE_RUN = re.compile(b"(?:" + b"|".join(map(re.escape, SPACES)) + b")+")
_LONGEST_SPACE = 64

Starts = NDArray[np.int32]


class Passages:
    """Texts ready to be quoted from. text: passages in UTF-8, `SEPARATOR` between two.

    A quotation may begin and end where a word does, and at a passage's own ends. Raises UnicodeDecodeError.
    """

    def __init__(self, text: bytes) -> None:
        separator = bytes([SEPARATOR])
        begins, ends = borders(text.replace(separator, b"\n"))
        # So that reading on behind the end needs no care.
        self.text = text + separator * (DEPTH + 1)
        self.raw = np.frombuffer(self.text, dtype=np.uint8)
        edges = np.flatnonzero(self.raw[: len(text) + 1] == SEPARATOR)
        self._first = np.concatenate([[0], edges[:-1] + 1]).astype(np.int64)
        begins[edges] = False
        ends[edges] = True
        self.ends: Flags = ends
        self._ends = ends.tobytes()
        self.order = sort_suffixes(self.raw, np.flatnonzero(begins).astype(np.int32))
        self._order = self.order.data

    def anywhere(self) -> Matches:
        """Nothing is quoted yet: every place where a quotation may begin."""
        return Matches(self, 0, 0, len(self.order))

    def at_passages(self, numbers: list[int]) -> Matches:
        """Nothing is quoted yet, and it has to be the beginning of one of these passages."""
        return Matches(self, 0, places=[int(self._first[n]) for n in numbers])

    def key(self, at: int) -> int:
        """Where the `at`-th suffix of the order begins."""
        return self._order[at]


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """The places whose first `depth` bytes are those quoted so far: a stretch of the order, or `places` one by one."""

    passages: Passages
    depth: int
    low: int = 0
    high: int = 0
    places: list[int] | Starts | None = None

    def __len__(self) -> int:
        """How many places."""
        return self.high - self.low if self.places is None else len(self.places)

    def narrow(self, piece: bytes) -> Matches | None:
        """The places that go on with `piece`, None when there is none."""
        depth, size = self.depth, len(piece)
        if not size:
            return self
        text, places = self.passages.text, self.places
        if places is None:
            if depth + size > DEPTH:
                return _kept(self.passages, depth, self.passages.order[self.low : self.high], piece)
            order = self.passages._order
            low = bisect_left(order, piece, self.low, self.high, key=lambda at: text[at + depth : at + depth + size])
            if low == self.high or not text.startswith(piece, order[low] + depth):
                return None
            high = bisect_right(order, piece, low, self.high, key=lambda at: text[at + depth : at + depth + size])
            if high - low > FEW:
                return Matches(self.passages, depth + size, low, high)
            return Matches(self.passages, depth + size, places=order[low:high].tolist())
        if isinstance(places, list):
            found = [at for at in places if text.startswith(piece, at + depth)]
            return Matches(self.passages, depth + size, places=found) if found else None
        return _kept(self.passages, depth, places, piece)

    def starts(self) -> list[int] | Starts:
        """Where each of them begins."""
        return self.passages.order[self.low : self.high] if self.places is None else self.places

    def may_end(self) -> bool:
        """Whether one of them stands at the end of a word."""
        if not self.depth:
            return False
        places, depth = self.starts(), self.depth
        if isinstance(places, list):
            ends = self.passages._ends
            return any(ends[at + depth] for at in places)
        return bool(self.passages.ends[places + depth].any())

    def at_end(self) -> bool:
        """Whether one of them stands at the end of its passage."""
        places, depth = self.starts(), self.depth
        if isinstance(places, list):
            text = self.passages.text
            return any(text[at + depth] == SEPARATOR for at in places)
        return bool((self.passages.raw[places + depth] == SEPARATOR).any())

    def behind_space(self) -> bool:
        """Whether what is quoted so far ends in white space."""
        if not self.depth:
            return False
        at = self.places[0] if self.places is not None else self.passages.key(self.low)
        return self.passages.text[max(0, at + self.depth - 3) : at + self.depth].endswith(SPACES)

    def through_space(self) -> Iterator[tuple[Matches, bytes]]:
        """What remains behind white space that comes next in the text, with that white space: runs or parts of runs."""
        if isinstance(self.places, list):
            yield from self._through_runs(self.places)
        else:
            yield from self._through(b"")

    def _through_runs(self, places: list[int]) -> Iterator[tuple[Matches, bytes]]:
        runs: dict[bytes, list[int]] = {}
        for at in places:
            run = _SPACE_RUN.match(self.passages.text, at + self.depth)
            if run:
                runs.setdefault(run.group(), []).append(at)
        for space, starts in runs.items():
            yield Matches(self.passages, self.depth + len(space), places=starts), space

    def _through(self, space: bytes) -> Iterator[tuple[Matches, bytes]]:
        if len(space) > _LONGEST_SPACE:
            return
        for sign in SPACES:
            behind = self.narrow(sign)
            if behind is not None:
                yield behind, space + sign
                yield from behind._through(space + sign)


def _kept(passages: Passages, depth: int, places: Starts, piece: bytes) -> Matches | None:
    for offset, byte in enumerate(piece, depth):
        places = places[passages.raw[places + offset] == byte]
        if not len(places):
            return None
    few = places.tolist() if len(places) <= FEW else places
    return Matches(passages, depth + len(piece), places=few)


def sort_suffixes(raw: NDArray[np.uint8], starts: Starts) -> Starts:
    """`starts` in the order of the DEPTH bytes of `raw` from each on; `raw` goes on so far behind the last one."""
    order = starts[np.argsort(_key(raw, starts, 0))]
    tied = np.arange(len(order))
    groups = np.zeros(len(order), dtype=np.int64)
    for depth in range(0, DEPTH - 8, 8):
        # Only suffixes that are still equal to a neighbour are compared further, each within its own group.
        keys = _key(raw, order[tied], depth)
        is_first = np.ones(len(tied), dtype=np.bool_)
        is_first[1:] = (keys[1:] != keys[:-1]) | (groups[1:] != groups[:-1])
        alone = is_first & np.append(is_first[1:], True)
        groups, tied = np.cumsum(is_first)[~alone], tied[~alone]
        if not len(tied):
            break
        part = order[tied]
        order[tied] = part[np.lexsort((_key(raw, part, depth + 8), groups))]
    return order


def _key(raw: NDArray[np.uint8], starts: Starts, depth: int) -> NDArray[np.uint64]:
    key = raw[starts + depth].astype(np.uint64)
    for i in range(1, 8):
        key <<= np.uint64(8)
        key |= raw[starts + (depth + i)]
    return key
