"""Walks over JSON text value by value and knows where each stands. Knows nothing of what the values mean."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_DECODER = json.JSONDecoder(strict=False)
_SPACE = re.compile(r"[ \t\r\n]*")


class BadJson(Exception):
    """The text is no JSON; says why in a few words."""


class JsonWalk:
    """Walks over JSON text and knows where each value stands. at: where the value ended that was read last."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0
        self._line, self._counted = 1, 0

    def fields(self, at: int) -> Iterator[tuple[str, int]]:
        """Each key of the object at `at` and where its value begins; who asks reads that value."""
        self._expect(at, "{")
        self.at = self.space(at + 1)
        if self._text[self.at : self.at + 1] == "}":
            self.at += 1
            return
        while True:
            key, end = self.value(self.at)
            end = self.space(end)
            self._expect(end, ":")
            yield str(key), self.space(end + 1)
            if self._ended("}"):
                return

    def items(self, at: int) -> Iterator[int]:
        """Where each value of the array at `at` begins; who asks reads it."""
        self._expect(at, "[")
        self.at = self.space(at + 1)
        if self._text[self.at : self.at + 1] == "]":
            self.at += 1
            return
        while True:
            yield self.at
            if self._ended("]"):
                return

    def value(self, at: int) -> tuple[Any, int]:
        """The value at `at` and where it ends."""
        try:
            return _DECODER.raw_decode(self._text, at)
        except (ValueError, RecursionError) as error:
            place = getattr(error, "pos", at)
            raise self._bad(min(int(place), len(self._text))) from None

    def opens(self, at: int, sign: str) -> bool:
        """Whether an array "[" or an object "{" begins at `at`."""
        return self._text[at : at + 1] == sign

    def space(self, at: int) -> int:
        """Where white space at `at` ends."""
        found = _SPACE.match(self._text, at)
        return found.end() if found else at

    def line(self, at: int) -> int:
        """The line (from 1) of the character at `at`; asked in ascending order."""
        self._line += self._text.count("\n", self._counted, at)
        self._counted = max(self._counted, at)
        return self._line

    def _ended(self, sign: str) -> bool:
        at = self.space(self.at)
        found = self._text[at : at + 1]
        if found not in (",", sign) or not found:
            raise self._bad(at)
        self.at = self.space(at + 1)
        return found == sign

    def _expect(self, at: int, sign: str) -> None:
        if self._text[at : at + 1] != sign:
            raise self._bad(at)

    def _bad(self, at: int) -> BadJson:
        line = self._text.count("\n", 0, at) + 1
        if at >= len(self._text.rstrip()):
            return BadJson(f"it breaks off at line {line:,}")
        return BadJson(f"line {line:,} is no well-formed JSON")
