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
    return _pattern(_phrases(item)).search(text.casefold()) is not None


def _phrases(item: Item) -> tuple[str, ...]:
    values = (value for value in (*item.expected, *item.wrong) if any(map(str.isdigit, value)))
    return tuple(dict.fromkeys((*item.telling, *values)))


@lru_cache(maxsize=4096)
def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    if not phrases:
        return re.compile(r"(?!)")
    return re.compile("|".join(_number(phrase) if phrase.isdecimal() else _words(phrase) for phrase in phrases))


def _number(value: str) -> str:
    start = len(value) % 3
    groups = [value[:start]] * bool(start) + [value[i : i + 3] for i in range(start, len(value), 3)]
    return r"(?<!\d)" + r"[.,'’\s\u202f]?".join(groups) + r"(?!\d)"


def _words(phrase: str) -> str:
    return r"(?<!\w)" + r"\W+".join(map(re.escape, phrase.casefold().split())) + r"(?:['’]?s|es)?(?!\w)"
