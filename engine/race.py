"""Which of several candidates is the fastest, from measurements on a machine that does other things meanwhile.

Rounds: each measures every candidate that is still in it once, next to the same reference, so that a slow minute slows
all of a round alike. Knows no model and no clock; only the speeds that it is told.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from statistics import median
from typing import Generic, TypeVar

C = TypeVar("C", bound=Hashable)

TIE = 0.03
"""A difference of so much is none: the candidate that is preferred for other reasons wins."""

FEWEST_ROUNDS, MOST_ROUNDS = 3, 11
_HOPELESS, _HOPELESS_AFTER = 0.7, 2


class Race(Generic[C]):
    """candidates: the one preferred at equal speed first. reference: one of them, measured in every round."""

    def __init__(self, candidates: Sequence[C], reference: C) -> None:
        if reference not in candidates:
            raise ValueError("the reference is no candidate")
        self._candidates = list(dict.fromkeys(candidates))
        self._reference = reference
        self._ratios: dict[C, list[float]] = {candidate: [] for candidate in self._candidates}
        self._speeds: dict[C, list[float]] = {candidate: [] for candidate in self._candidates}
        self._out: set[C] = set()
        self.rounds = 0

    def lineup(self) -> list[C]:
        """Whom to measure in the next round, in this order; every other round runs backwards."""
        running = [c for c in self._candidates if c not in self._out or c == self._reference]
        return running[::-1] if self.rounds % 2 else running

    def add(self, speeds: Mapping[C, float]) -> None:
        """A whole round's speeds, anything of which more is better."""
        self.rounds += 1
        for candidate, speed in speeds.items():
            self._speeds[candidate].append(speed)
            self._ratios[candidate].append(speed / speeds[self._reference])
        leader = self._leader()
        best = self._score(leader)
        for candidate in self._running():
            ratios = self._ratios[candidate]
            if candidate == leader:
                continue
            hopeless = len(ratios) >= _HOPELESS_AFTER and max(ratios) < _HOPELESS * best
            behind = 1 - self._score(candidate) / best
            beaten = len(ratios) >= FEWEST_ROUNDS and behind > TIE + self._noise(candidate) + self._noise(leader)
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
        others = [candidate for candidate in self._running() if candidate != leader]
        return all(self._ties(candidate, leader) for candidate in others)

    def choice(self) -> C:
        """The candidate to keep; the reference as long as nothing was measured."""
        if not self.rounds:
            return self._reference
        least = self._score(self._leader()) * (1 - TIE)
        return next(c for c in self._candidates if c not in self._out and self._score(c) >= least)

    def speed(self, candidate: C) -> float:
        """The median of what was measured, 0.0 for nothing."""
        return median(self._speeds[candidate] or [0.0])

    def measured(self, candidate: C) -> int:
        """In how many rounds it was."""
        return len(self._speeds[candidate])

    def _running(self) -> list[C]:
        return [candidate for candidate in self._candidates if candidate not in self._out]

    def _leader(self) -> C:
        return max(self._running(), key=self._score)

    def _score(self, candidate: C) -> float:
        return median(self._ratios[candidate] or [0.0])

    def _noise(self, candidate: C) -> float:
        """How far its median may be off, as a share: what the rounds differ by, less the more there are."""
        ratios, middle = self._ratios[candidate], self._score(candidate)
        spread: float = median(abs(ratio - middle) for ratio in ratios) / middle
        return 2 * spread / math.sqrt(len(ratios))

    def _ties(self, candidate: C, leader: C) -> bool:
        behind = 1 - self._score(candidate) / self._score(leader)
        return behind + self._noise(candidate) + self._noise(leader) <= TIE
