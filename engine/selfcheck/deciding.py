"""Which questions of a self-check are still worth asking, from the trials so far.

A task at a length is one sequential test over all its depth bands, which are asked in turn; each band is a test of its
own besides. Pure; knows no model and no tokens.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from engine.selfcheck.plan import Plan
from engine.selfcheck.report import Trial
from engine.selfcheck.statistics import Sequential, State


@dataclass(slots=True)
class Tally:
    """What `Sequential.state` says of trials that come one by one."""

    test: Sequential
    n: int = 0
    passed: int = 0
    evidence: float = 0.0
    state: State = "untested"

    def add(self, passed: bool) -> None:
        """One more trial."""
        self.n += 1
        self.passed += passed
        if self.state in ("pass", "fail"):
            return
        test = self.test
        self.evidence += math.log(test.good / test.bad if passed else (1 - test.good) / (1 - test.bad))
        bound = math.log((1 - test.error) / test.error)
        self.state = "pass" if self.evidence >= bound else "fail" if self.evidence <= -bound else "undecided"

    @property
    def decided(self) -> bool:
        """Whether more trials change nothing."""
        return self.state in ("pass", "fail")

    @property
    def suspect(self) -> bool:
        """Whether more was missed than hit: no band of a length that is verified may be so."""
        return 2 * self.passed < self.n

    @property
    def hits_needed(self) -> int:
        """Hits that would decide it, were all trials from here on hits."""
        test = self.test
        if self.decided:
            return 0
        left = math.log((1 - test.error) / test.error) - self.evidence
        return math.ceil(left / math.log(test.good / test.bad) - 1e-9)


class Decider:
    """The trials of a check, counted. spread: the tasks that have no depth. seed: index of the one that is drawn from.

    Where each band is decided by itself, every seed but the last gives its share of the trials and no more.
    """

    def __init__(self, plan: Plan, spread: Collection[str]) -> None:
        self._plan = plan
        self._depths: tuple[int | None, ...] = plan.depths
        self._spread = frozenset(spread)
        self.seed = len(plan.seeds) - 1
        self._whole: dict[tuple[str, int], Tally] = defaultdict(lambda: Tally(plan.sequential))
        self._cells: dict[tuple[str, int, int | None], Tally] = defaultdict(lambda: Tally(plan.sequential))

    def add(self, trial: Trial) -> None:
        """One more trial."""
        self._whole[trial.task, trial.length].add(trial.passed)
        self._cells[trial.task, trial.length, trial.depth].add(trial.passed)

    def depths(self, task: str) -> tuple[int | None, ...]:
        """The bands of a task."""
        return (None,) if task in self._spread else self._depths

    def whole(self, task: str, length: int) -> Tally:
        """Over all bands."""
        return self._whole[task, length]

    def cell(self, task: str, length: int, depth: int | None) -> Tally:
        """Of one band."""
        return self._cells[task, length, depth]

    def wanted(self, task: str, length: int, depth: int | None) -> int:
        """How many more trials may be asked in this band, 0 for none."""
        plan, cell = self._plan, self._cells[task, length, depth]
        bands = len(self.depths(task))
        if plan.each:
            return max(0, plan.each * plan.bands // bands - cell.n)
        least = max(0, plan.least - cell.n)
        if plan.every_cell:
            room = plan.most // bands - cell.n
            if self.seed < len(plan.seeds) - 1:
                room = -(-plan.sequential.fewest * (self.seed + 1) // len(plan.seeds)) - cell.n
            return max(least, 0, 0 if cell.decided else room)
        whole = self._whole[task, length]
        room = max(0, plan.most - whole.n)
        if whole.state == "fail":
            return least
        if whole.state == "pass":
            return max(least, room if cell.suspect and not cell.decided else 0)
        return max(least, room)

    def wants(self, task: str, length: int) -> bool:
        """Whether any band wants more."""
        return any(self.wanted(task, length, depth) for depth in self.depths(task))

    def needed(self, task: str, length: int) -> int:
        """About how many trials are still to come: as if all were hits."""
        depths = self.depths(task)
        if self._plan.each or self._plan.every_cell:
            return sum(
                min(self.wanted(task, length, depth), self._cells[task, length, depth].hits_needed)
                if not self._plan.each
                else self.wanted(task, length, depth)
                for depth in depths
            )
        if not self.wants(task, length):
            return 0
        bands = sum(max(0, self._plan.least - self._cells[task, length, depth].n) for depth in depths)
        return max(1, bands, min(self._whole[task, length].hits_needed, self._plan.most - self._whole[task, length].n))
