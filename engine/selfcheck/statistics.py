"""What a count of passed trials proves: intervals, sequential tests, and the length up to which a model was verified.

Pure; knows no tasks and no models.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["pass", "fail", "undecided", "untested"]

P_GOOD = 0.95
P_BAD = 0.80
ERROR = 0.05
_Z95 = 1.959963984540054


def wilson(passed: int, n: int, z: float = _Z95) -> tuple[float, float]:
    """The two-sided interval for a share of `passed` of `n`, 95 % unless `z` says otherwise; (0, 1) for n = 0.

    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    """
    if n == 0:
        return 0.0, 1.0
    share, square = passed / n, z * z
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = z / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    # At the ends the formula gives 0 and 1 but for rounding.
    return (0.0 if passed == 0 else max(0.0, centre - half)), (1.0 if passed == n else min(1.0, centre + half))


@dataclass(frozen=True, slots=True)
class Sequential:
    """A test that stops as soon as it is decided: a share of at least `good` against one of at most `bad`.

    Wald, "Sequential tests of statistical hypotheses", Ann. Math. Stat. 16 (1945): of those truly `bad`, a share of at
    most about `error` is passed, of those truly `good` at most as many fail.
    """

    good: float = P_GOOD
    bad: float = P_BAD
    error: float = ERROR

    def state(self, trials: Sequence[bool]) -> State:
        """What `trials` decided, in their order: trials that come after the decision change nothing."""
        bound = math.log((1 - self.error) / self.error)
        hit, miss = math.log(self.good / self.bad), math.log((1 - self.good) / (1 - self.bad))
        evidence = 0.0
        for passed in trials:
            evidence += hit if passed else miss
            if evidence >= bound:
                return "pass"
            if evidence <= -bound:
                return "fail"
        return "undecided" if trials else "untested"

    @property
    def fewest(self) -> int:
        """Trials that pass when all of them hit."""
        return math.ceil(math.log((1 - self.error) / self.error) / math.log(self.good / self.bad))


def verified_length(states: Mapping[int, Mapping[str, Sequence[State]]], lengths: Sequence[int]) -> int:
    """The largest of `lengths` at which, and at every shorter one, all tasks pass in all depth bands; 0 for none.

    states: by length and task, the state of each depth band. Lengths are tested as a fixed sequence from the shortest
    on, so no correction for their number is needed.
    """
    best = 0
    for length in sorted(lengths):
        tasks = states.get(length)
        if not tasks or not all(bands and all(state == "pass" for state in bands) for bands in tasks.values()):
            break
        best = length
    return best


def clustered_interval(
    clusters: Sequence[Sequence[bool]], *, seed: int, rounds: int = 2000, level: float = 0.95
) -> tuple[float, float]:
    """An interval for the share of passed trials when those over one haystack hang together.

    clusters: the trials of each haystack. Whole haystacks are drawn with replacement, `rounds` times (Field and Welsh,
    "Bootstrapping clustered data", JRSS B 69, 2007). With fewer than two haystacks it is Wilson's.
    """
    counted = [(sum(cluster), len(cluster)) for cluster in clusters if cluster]
    if len(counted) < 2:
        return wilson(sum(hits for hits, _ in counted), sum(n for _, n in counted))
    chosen = random.Random(seed)
    shares: list[float] = []
    for _ in range(rounds):
        drawn = chosen.choices(counted, k=len(counted))
        shares.append(sum(hits for hits, _ in drawn) / sum(n for _, n in drawn))
    shares.sort()
    tail = (1 - level) / 2
    low, high = shares[int(tail * (rounds - 1))], shares[math.ceil((1 - tail) * (rounds - 1))]
    # Haystacks that all agree would give an interval of no width, which so few cannot prove.
    plain = wilson(sum(hits for hits, _ in counted), sum(n for _, n in counted))
    return min(low, plain[0]), max(high, plain[1])
