"""How long a worker may give no sign of life before it is taken for hung.

A frame is a sign. So is work of the processor: on a slow machine one batch can take longer than anybody's patience,
and a worker that computes is not hung. But it may not compute for ever without a frame. Knows no frames' meaning.
"""

from __future__ import annotations

DEFAULT_PATIENCE_S = 600.0
"""Seconds without a frame and without work; 0 means never to give up."""

BUSY_TIMES = 6
"""A worker that works without a frame is given so many times the patience."""

AFTER_CANCEL_S = 10.0
"""Seconds without a sign of life once a stop was asked for: whoever waits for it has given up on the answer."""

_LEAST_SHARE = 0.01
"""Of one core. A process that waits for something takes less."""


class Silence:
    """The time since the last frame of process `pid`, as told by `waited`, and how much of it was spent idle."""

    def __init__(self, pid: int, patience_s: float) -> None:
        self._pid = pid
        self._patience = patience_s
        self._total = self._idle = 0.0
        # Looked at only once there is a silence: most frames come at once.
        self._worked: float | None = None

    def waited(self, seconds: float, *, cancelled: bool = False) -> bool:
        """Whether it is over, `seconds` more having passed. cancelled: a stop was asked for."""
        worked = self._cpu_seconds()
        idle = worked is not None and self._worked is not None and worked - self._worked < _LEAST_SHARE * seconds
        self._worked = worked
        self._total += seconds
        self._idle = self._idle + seconds if idle else 0.0
        if cancelled and self._idle >= AFTER_CANCEL_S:
            return True
        if not self._patience:
            return False
        return self._idle >= self._patience or self._total >= BUSY_TIMES * self._patience

    def _cpu_seconds(self) -> float | None:
        import psutil

        try:
            times = psutil.Process(self._pid).cpu_times()
        except psutil.Error:
            return None
        return float(times.user + times.system)


def in_words(seconds: float) -> str:
    """Such as "10 minutes" or "45 seconds"."""
    if seconds >= 120:
        return f"{seconds / 60:,.0f} minutes"
    return f"{seconds:,.0f} second{'' if round(seconds) == 1 else 's'}"
