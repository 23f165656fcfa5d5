"""Sends an answer's text in frames that come no faster than an eye follows.

Each frame wakes the program, which takes the processor from llama.cpp: with one frame per token a small model on two
cores lost up to a tenth of its speed. Knows no tokens.
"""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS_BETWEEN = 0.03


class Paced:
    """`add` text as it is written, `flush` at the end. clock: seconds."""

    def __init__(self, send: Callable[[str], None], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._send = send
        self._clock = clock
        self._held: list[str] = []
        self._sent = -SECONDS_BETWEEN

    def add(self, text: str) -> None:
        """Send `text` with what is held back, or hold it back when something was sent just now."""
        self._held.append(text)
        if self._clock() - self._sent >= SECONDS_BETWEEN:
            self.flush()

    def flush(self) -> None:
        """Send what is held back."""
        if self._held:
            self._send("".join(self._held))
            self._held.clear()
            self._sent = self._clock()
