"""Whether a text that stands in the haystack by chance answers an item's question, or confuses it.

Told on the safe side: a key or a value that stands somewhere else spoils the item, whatever is said of it there, and
the item is drawn again. Knows nothing of the tasks but what an item says of itself.
"""

from __future__ import annotations

import re
from functools import lru_cache

from engine.selfcheck.task import Item


def spoils(item: Item, text: str) -> bool:
    """Whether `text`, which is no line of the item's own, holds its key or one of its values.

    text: any stretch of the haystack, also the whole of it. Keys are found over the end of a line and with an
    English ending; numbers and UUIDs as whole tokens in any grouping. Values that are words may stand anywhere: a word
    answers nothing without the key.
    """
    folded = text.casefold()
    return any(
        pattern.search(folded) for pieces, pattern in _traces(_phrases(item)) if all(p in folded for p in pieces)
    )


def _phrases(item: Item) -> tuple[str, ...]:
    values = (value for value in (*item.expected, *item.wrong) if any(map(str.isdigit, value)))
    return tuple(dict.fromkeys((*item.telling, *values)))


@lru_cache(maxsize=4096)
def _traces(phrases: tuple[str, ...]) -> tuple[tuple[list[str], re.Pattern[str]], ...]:
    """For each phrase what must stand somewhere at least, which is quick to see, and how it must stand."""
    return tuple(_number(phrase) if phrase.isdecimal() else _words(phrase) for phrase in phrases)


def _number(value: str) -> tuple[list[str], re.Pattern[str]]:
    start = len(value) % 3
    groups = [value[:start]] * bool(start) + [value[i : i + 3] for i in range(start, len(value), 3)]
    return groups, re.compile(r"(?<!\d)" + r"[.,'’\s\u202f]?".join(groups) + r"(?!\d)")


def _words(phrase: str) -> tuple[list[str], re.Pattern[str]]:
    pieces = phrase.casefold().split()
    joined = r"\W+".join(map(re.escape, pieces))
    return pieces, re.compile(rf"(?<!\w){joined}(?:['’]?s|es)?(?!\w)")
