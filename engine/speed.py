"""How fast this model reads on this machine, learnt from what was read: a line over the position.

Attention makes a token dearer the more tokens lie before it, so one number would promise too much of a long document.
Knows no clock and no model.
"""

from __future__ import annotations

FEWEST_TOKENS = 32
"""A smaller batch says more about calling llama.cpp than about reading."""

_KEPT = 0.97
"""What each batch leaves of the weight of those before it: the machine's load changes while it reads."""


class Speed:
    """Seconds of a token at position p: token_seconds + depth_seconds * p, both never below zero."""

    def __init__(self) -> None:
        self._first: tuple[float, float] | None = None
        self._sums = [0.0] * 5

    def note(self, start: int, count: int, seconds: float) -> None:
        """`count` tokens from position `start` on were read in `seconds`."""
        if count < FEWEST_TOKENS:
            return
        middle, each = start + count / 2, seconds / count
        if self._first is None:
            # It also fetches the weights from the disk; it counts only for as long as there is no other.
            self._first = (middle, each)
            return
        new = (1.0, middle, middle * middle, each, middle * each)
        self._sums = [_KEPT * old + count * value for old, value in zip(self._sums, new, strict=True)]

    @property
    def line(self) -> tuple[float, float]:
        """(token_seconds, depth_seconds); (0.0, 0.0) while nothing was measured."""
        weight, x, xx, y, xy = self._sums
        if not weight:
            return (self._first[1], 0.0) if self._first else (0.0, 0.0)
        spread = weight * xx - x * x
        # Batches at one place say nothing of the slope.
        slope = (weight * xy - x * y) / spread if spread > 1e-6 * weight * xx else 0.0
        if slope <= 0:
            return y / weight, 0.0
        base = (y - slope * x) / weight
        return (base, slope) if base >= 0 else (0.0, xy / xx)

    def seconds(self, start: int, end: int) -> float:
        """About how long the positions from `start` to `end` take; 0.0 while nothing was measured."""
        base, slope = self.line
        return max(0, end - start) * (base + slope * (start + end) / 2)

    def per_second(self, position: int) -> float:
        """Tokens a second at `position`; 0.0 while nothing was measured."""
        base, slope = self.line
        each = base + slope * position
        return 1 / each if each > 0 else 0.0
