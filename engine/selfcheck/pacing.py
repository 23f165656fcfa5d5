"""How long a self-check has taken, may take, and is likely to take. Knows no tasks and no trials."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

from engine.protocol import Standing
from engine.selfcheck.plan import reading_seconds


class Pace:
    """budget: seconds, None for no limit. clock: seconds."""

    def __init__(self, budget: float | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._budget = budget
        self._questions: dict[int, tuple[int, float]] = {}
        self._asked = (0, 0.0)
        self._read = (0, 0.0)
        self.base = 0.0
        self.slope = 0.0

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return self._clock() - self._began

    @property
    def over(self) -> bool:
        """Whether the time is used up."""
        return self._budget is not None and self.seconds >= self._budget

    @property
    def known(self) -> bool:
        """Whether a speed was measured."""
        return self.base > 0

    def now(self) -> float:
        """For `reading` and `asked`."""
        return self._clock()

    def reading(self, tokens: int, began: float, standing: Standing | None) -> None:
        """So many tokens of haystack were read since `began`."""
        count, seconds = self._read
        self._read = (count + tokens, seconds + self._clock() - began)
        if standing is not None and standing.token_seconds > 0:
            self.base, self.slope = standing.token_seconds, max(0.0, standing.depth_seconds)
        elif self._read[0]:
            self.base = self._read[1] / self._read[0]

    def asked(self, length: int, began: float) -> None:
        """A question was asked at a length since `began`."""
        took = self._clock() - began
        count, seconds = self._questions.get(length, (0, 0.0))
        self._questions[length] = (count + 1, seconds + took)
        self._asked = (self._asked[0] + 1, self._asked[1] + took)

    def left(self, questions: Mapping[int, int], reads: Iterable[tuple[int, int]]) -> float | None:
        """About how long the rest takes; None while no speed is known.

        questions: by length, how many are to come. reads: from which token to which haystacks are still to be read.
        """
        if not self.known:
            return None
        seconds = sum(reading_seconds(first, last, self.base, self.slope) for first, last in reads)
        for length, count in questions.items():
            seconds += count * self._question(length)
        if self._budget is not None:
            seconds = min(seconds, max(0.0, self._budget - self.seconds))
        return seconds

    def _question(self, length: int) -> float:
        if length in self._questions:
            count, seconds = self._questions[length]
            return seconds / count
        if not self._asked[0]:
            return 100 * (self.base + self.slope * length)
        # What a question takes grows with the length as reading a token does.
        mean = self._asked[1] / self._asked[0]
        at = sum(n * count for n, (count, _) in self._questions.items()) / self._asked[0]
        return mean * (self.base + self.slope * length) / max(1e-9, self.base + self.slope * at)
