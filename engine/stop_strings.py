"""Finds stop strings in text that comes in pieces, and holds back what may yet become one. Knows no tokens."""

from __future__ import annotations

from collections.abc import Sequence


class StopStrings:
    """feed pieces of an answer, show what comes back. Empty stop strings are none."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = [stop for stop in stops if stop]
        self._held = ""
        self.found = False

    def feed(self, piece: str) -> str:
        """What can be shown now; after a stop string (`found`) nothing more, and never the string itself."""
        if self.found:
            return ""
        if not self._stops:
            return piece
        text = self._held + piece
        # The one that is complete first ends the answer; of those that end together, the longest.
        ends = [(at + len(stop), at) for stop in self._stops if (at := text.find(stop)) >= 0]
        if ends:
            self.found = True
            self._held = ""
            return text[: min(ends)[1]]
        kept = max(_overlap(text, stop) for stop in self._stops)
        self._held = text[len(text) - kept :]
        return text[: len(text) - kept]

    def rest(self) -> str:
        """What was held back, when nothing more comes."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, stop: str) -> int:
    """How long the longest end of `text` is with which `stop` begins."""
    for size in range(min(len(text), len(stop) - 1), 0, -1):
        if text.endswith(stop[:size]):
            return size
    return 0
