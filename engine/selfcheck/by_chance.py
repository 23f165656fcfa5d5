"""Whether the text that fills a haystack holds an item's key or value by chance, fast enough for a large text.

Knows no tasks; what spoils an item is `engine.selfcheck.spoiling`'s business.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from engine.selfcheck.spoiling import spoils
from engine.selfcheck.task import Item

_WORD = re.compile(r"\w+")
_ENDINGS = ("", "s", "es")


class Chance:
    """text: lines."""

    def __init__(self, text: Sequence[str]) -> None:
        self._text = text

    def spoils(self, item: Item) -> bool:
        """Whether the item has to be drawn again."""
        # Most items share no whole phrase's words with the text, which is told without searching it.
        values = (value for value in (*item.expected, *item.wrong) if any(map(str.isdigit, value)))
        if not any(self._may_hold(phrase) for phrase in (*item.telling, *values)):
            return False
        return spoils(item, self._whole)

    def _may_hold(self, phrase: str) -> bool:
        if phrase.isdecimal():
            start = len(phrase) % 3
            groups = [phrase[:start]] * bool(start) + [phrase[i : i + 3] for i in range(start, len(phrase), 3)]
            return any(phrase in word for word in self._numbers) or all(group in self._words for group in groups)
        parts = _WORD.findall(phrase.casefold())
        return all(any(part + ending in self._words for ending in _ENDINGS) for part in parts)

    @cached_property
    def _whole(self) -> str:
        return "\n".join(self._text)

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(_WORD.findall(self._whole.casefold()))

    @cached_property
    def _numbers(self) -> tuple[str, ...]:
        return tuple(word for word in self._words if any(map(str.isdecimal, word)) and len(word) > 4)
