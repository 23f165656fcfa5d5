"""Which of several candidates is the fastest, from measurements on a machine that does other things meanwhile.

Rounds: each measures every candidate that is still in it once, and two candidates are compared by the rounds that they
share, so that a slow minute slows both alike. Knows no model and no clock; only the speeds that it is told.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from statistics import fmean, median
from typing import Generic, TypeVar

C = TypeVar("C", bound=Hashable)

TIE = 0.03
"""A difference of so much is none: the candidate that is preferred for other reasons wins."""

FEWEST_ROUNDS, MOST_ROUNDS = 3, 11
_HOPELESS, _HOPELESS_AFTER = 0.7, 2
_ENOUGH = 5

_CLEARLY = 1 - 2 * TIE
"""After few rounds the default goes only if it was so far behind in each of them."""


class Race(Generic[C]):
    """candidates: the one preferred at equal speed first. default: one of them, kept as long as nothing is known."""

    def __init__(self, candidates: Sequence[C], default: C) -> None:
        if default not in candidates:
            raise ValueError("the default is no candidate")
        self._candidates = list(dict.fromkeys(candidates))
        self._default = default
        self._speeds: dict[C, list[float]] = {candidate: [] for candidate in self._candidates}
        self._out: set[C] = set()
        self.rounds = 0

    def lineup(self) -> list[C]:
        """Whom to measure in the next round, in this order; every other round runs backwards."""
        running = [candidate for candidate in self._candidates if candidate not in self._out]
        return running[::-1] if self.rounds % 2 else running

    def add(self, speeds: Mapping[C, float]) -> None:
        """A round's speeds, of all of `lineup`; anything of which more is better."""
        self.rounds += 1
        for candidate, speed in speeds.items():
            self._speeds[candidate].append(speed)
        leader = self._leader()
        for candidate in self.lineup():
            if candidate == leader:
                continue
            shares = self._shares(candidate, leader)
            hopeless = len(shares) >= _HOPELESS_AFTER and max(shares) < _HOPELESS
            beaten = len(shares) >= FEWEST_ROUNDS and median(shares) + _noise(shares) < 1 - TIE
            if hopeless or beaten:
                self._out.add(candidate)

    @property
    def decided(self) -> bool:
        """Whether more rounds would not change the choice, or there were enough of them."""
        if len(self._candidates) == 1 or self.rounds >= MOST_ROUNDS:
            return True
        if self.rounds < FEWEST_ROUNDS:
            return False
        leader = self._leader()
        rivals = [self._shares(candidate, leader) for candidate in self.lineup() if candidate != leader]
        return all(median(shares) - _noise(shares) >= 1 - TIE for shares in rivals)

    def choice(self) -> C:
        """The candidate to keep."""
        if not self.rounds:
            return self._default
        leader = self._leader()
        if self.rounds < FEWEST_ROUNDS and max(self._shares(self._default, leader)) >= _CLEARLY:
            return self._default
        running = (candidate for candidate in self._candidates if candidate not in self._out)
        return next(c for c in running if c == leader or median(self._shares(c, leader)) >= 1 - TIE)

    def speed(self, candidate: C) -> float:
        """The median of what was measured, 0.0 for nothing."""
        return median(self._speeds[candidate] or [0.0])

    def measured(self, candidate: C) -> int:
        """In how many rounds it was."""
        return len(self._speeds[candidate])

    def _leader(self) -> C:
        """Whose closest rival is furthest behind, of those still in the race."""
        running = self.lineup()

        def lead(candidate: C) -> float:
            return min((median(self._shares(candidate, other)) for other in running if other != candidate), default=1.0)

        return max(running, key=lead)

    def _shares(self, candidate: C, other: C) -> list[float]:
        """The candidate's speed as a share of the other's, in each round that both were in (the first ones)."""
        return [mine / theirs for mine, theirs in zip(self._speeds[candidate], self._speeds[other], strict=False)]


def _noise(shares: Sequence[float]) -> float:
    """How far the median of `shares` may be off: by what the rounds differ, less the more there are.

    The one that is furthest off is not counted where there are enough others: that was somebody else's doing.
    """
    middle = median(shares)
    off = sorted(abs(share - middle) for share in shares)
    counted = off[:-1] if len(off) >= _ENOUGH else off
    return 2 * fmean(counted) / math.sqrt(len(counted))
