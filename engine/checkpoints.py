"""Copies of the window layers' state: which places they make reachable, and which are worth their memory.

Layers that see everything keep every token, so going back there is forgetting what lies behind. Layers that see a
window lose what left it, and need a copy from the moment they were at the place. One sequence is kept, so a place
holds for as long as all tokens below it are the same: going back removes what lies behind, other branches included,
and they are read again when they are wanted.

- *Whole* attention needs no copies: every position can be returned to.
- *Chunked* attention starts afresh at each multiple of the window, so those borders cost nothing. Inside a chunk
  nothing is lost while the newest token is in it. When it leaves, one copy of the whole chunk makes every position in
  it reachable, so a copy is made then, or never, and only if a place is wanted there that lies not close behind the
  border.
- *Sliding* attention needs a copy for each place. llama.cpp writes one token more than the window needs, so the place
  before the last token is reachable from it too, which is where an answer is written anew.

What a copy is worth is how many tokens more are read again without it, expected over the places where a change is
likely to begin: half of all changes at the ends of questions and answers, the latest twice as likely as the one
before it, half at the ends of documents, each as likely as the other. Over the allowance, the copy that is worth
least for each of its bytes goes; the best choice, made when all is known, would save a few percent more. The end of
the documents stays whatever the allowance: every question begins there.

Knows no llama.cpp: a copy is something of a size.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Generic, TypeVar

NEAR = 64
"""Tokens. Reading so few again costs less than the memory of a copy."""

SHARE_OF_FREE = 8
"""The allowance is one part in so many of the memory that is free when nothing else was asked for."""

LARGEST_SHARE = 8 << 30

State = TypeVar("State")


def allowance(asked: int, free: int) -> int:
    """Bytes for copies. asked: as in LoadOptions. free: bytes free on this machine once the cache is allocated."""
    return asked if asked >= 0 else min(max(0, free) // SHARE_OF_FREE, LARGEST_SHARE)


@dataclass(frozen=True, slots=True)
class Attention:
    """How far back layers see. window: tokens, 0 when all layers see everything. recurrent: there is no going back."""

    window: int = 0
    chunked: bool = False
    recurrent: bool = False

    def oldest_needed(self, position: int) -> int:
        """The first position that window layers must hold to go on at `position`; `position` itself: none."""
        if self.chunked and self.window:
            return position // self.window * self.window
        return max(0, position - self.window + 1) if self.window else 0

    def first_reachable(self, oldest: int) -> int:
        """From where on every position can be gone back to while window layers hold all from `oldest` on."""
        if not self.window or oldest <= 0:
            return 0
        return -(-oldest // self.window) * self.window if self.chunked else oldest + self.window - 1

    def covered_by_copy(self, position: int) -> tuple[int, int]:
        """(first, last) of the positions that a copy made at `position` makes reachable."""
        if self.chunked:
            return (position - 1) // self.window * self.window, position
        return max(0, position - 1), position

    def free_place(self, position: int) -> int:
        """The furthest position up to `position` that needs no copy whatever was lost."""
        return position // self.window * self.window if self.chunked and self.window else 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Places where a change is likely to begin.

    prefix: the end of the documents. boundaries: of each document. turns: of questions and answers, oldest first.
    """

    prefix: int = 0
    boundaries: tuple[int, ...] = ()
    turns: tuple[int, ...] = ()

    def weights(self, held: int) -> list[tuple[int, float]]:
        """(position, likelihood) of each that lies within `held` tokens."""
        ends = [b for b in {*self.boundaries, self.prefix} if 0 < b <= held]
        weighed = [(end, 0.5 / len(ends)) for end in ends]
        share = 0.5
        for turn in reversed(self.turns):
            share /= 2
            if turn <= held:
                weighed.append((turn, share))
        return weighed


@dataclass(slots=True, eq=False)
class Checkpoint(Generic[State]):
    """A copy that makes the positions `first` to `last` reachable. size: bytes."""

    first: int
    last: int
    size: int
    state: State = field(repr=False)


class Shelf(Generic[State]):
    """The copies that are kept, within `allowance` bytes but for the one at the end of the documents."""

    def __init__(self, attention: Attention, allowance: int) -> None:
        self._attention = attention
        self._kept: list[Checkpoint[State]] = []
        self.allowance = allowance

    @property
    def size(self) -> int:
        """Bytes of all copies."""
        return sum(kept.size for kept in self._kept)

    @property
    def stretches(self) -> list[tuple[int, int]]:
        """(first, last) of each copy, in the order of positions."""
        return [(kept.first, kept.last) for kept in self._kept]

    def reaching(self, position: int) -> Checkpoint[State] | None:
        """A copy from which `position` can be returned to."""
        return next((kept for kept in self._kept if kept.first <= position <= kept.last), None)

    def forget_from(self, position: int) -> None:
        """The tokens at and after `position` are gone, and so are the places behind it."""
        self._kept = [kept for kept in self._kept if kept.first <= position]
        for kept in self._kept:
            kept.last = min(kept.last, position)

    def clear(self) -> None:
        """Keep nothing."""
        self._kept.clear()

    def spacing(self, prefix: int, size: int) -> int:
        """Tokens between copies inside the documents for which the allowance is enough, and a little less.

        A little, because thinning out afterwards knows better which to keep than a rule does that looks ahead.
        """
        return prefix // (2 * max(1, self.allowance // max(1, size)))

    def make_room(self, position: int, size: int, wanted: Wanted, *, least: int = NEAR, ahead: int = 0) -> bool:
        """Drop what is worth less than a copy of `size` bytes made at `position`; False when that is not worth making.

        least: tokens that it must save at one place at least. ahead: how far behind `position` a place may lie that
        it is made for.
        """
        places = wanted.weights(position + ahead)
        first, last = self._attention.covered_by_copy(position)
        covered = [k for k in self._kept if first <= k.first and k.last <= last]
        furthest = min(position, max((place for place, _ in places), default=0))
        if covered and furthest - covered[-1].last < least:
            return False
        others = [k for k in self._kept if k not in covered]
        spans = [(k.first, k.last, k.size) for k in others]
        index = bisect_right(spans, (first, last, size))
        spans.insert(index, (first, last, size))
        gains = self._losses(spans, places)
        if gains[index][1] < least:
            return False
        keep = list(range(len(spans)))
        while sum(spans[i][2] for i in keep) > self.allowance:
            left = [spans[i] for i in keep]
            pinned = self._serving([s[0] for s in left], left, wanted.prefix)
            losses = self._losses(left, places)
            free = [i for i in range(len(left)) if i != pinned]
            if not free:
                break
            worst = min(free, key=lambda i: (losses[i][0] / max(1, left[i][2]), left[i][1]))
            if keep[worst] == index:
                return False
            del keep[worst]
        staying = {spans[i][:2] for i in keep}
        self._kept = [k for k in others if (k.first, k.last) in staying]
        return True

    def put(self, position: int, size: int, state: State) -> None:
        """Keep a copy that was just made at `position`, for which `make_room` made room."""
        first, last = self._attention.covered_by_copy(position)
        self._kept.append(Checkpoint(first, last, size, state))
        self._kept.sort(key=lambda kept: kept.first)

    def adopt(self, copy: Checkpoint[State]) -> None:
        """Keep a copy that was kept before, whatever the allowance."""
        self._kept.append(copy)
        self._kept.sort(key=lambda kept: kept.first)

    def _serving(self, firsts: list[int], spans: list[tuple[int, int, int]], place: int) -> int | None:
        """Index of the span from which `place` is reached best, None when it needs none."""
        index = bisect_right(firsts, place) - 1
        if index < 0 or min(place, spans[index][1]) <= self._attention.free_place(place):
            return None
        return index

    def _losses(self, spans: list[tuple[int, int, int]], places: list[tuple[int, float]]) -> list[tuple[float, int]]:
        """For each span, without it: the tokens read again that are to be expected, and the most at one place.

        places: (position, likelihood).
        """
        losses = [(0.0, 0)] * len(spans)
        firsts = [span[0] for span in spans]
        for place, weight in places:
            index = self._serving(firsts, spans, place)
            if index is None:
                continue
            without = self._attention.free_place(place)
            if index:
                without = max(without, min(place, spans[index - 1][1]))
            more = min(place, spans[index][1]) - without
            expected, most = losses[index]
            losses[index] = (expected + weight * more, max(most, more))
        return losses
