"""Whether a hyphen at the end of a line parts one word, which then moves up whole, or joins two that keep it. Pure.

Only lower-case letters are ever joined: "10-/20" is no 1020, "North-/South" are two. Words that make pairs
("well-/known", "thirty-/one") keep their hyphen, and so does what stands with one elsewhere on the page.
"""

from __future__ import annotations

import re

_BROKEN = re.compile(r"(?<![^\W\d_])([^\W\d_]+)([-\u2010\u00ad])\n([^\W\d_]+)(\S*)[ \t]*\n?")
_LAST_WORD = re.compile(r"[^\W\d_]+\Z")
# "Haupt-" before one of these is the first half of a pair, not of a word.
_CONJUNCTIONS = frozenset("and or und oder bis sowie et ou y o e ed og en of dan atau at".split())
_FIRST_OF_PAIRS = frozenset(
    """
    well self ill ever half cross long short high low hard much best better far fast free late newly once quick right
    left single double twenty thirty forty fifty sixty seventy eighty ninety quasi pseudo vice
    """.split()
)
_SUFFIXES = frozenset("ness ish ing less ly er est en ed es ever able ful ship wise ward wards".split())


def mend(text: str, page: str = "") -> str:
    """`text` with the words whole that its line ends part. page: what else stands on the page."""

    def joined(match: re.Match[str]) -> str:
        before, hyphen, after, rest = match.groups()
        certain = hyphen == "\u00ad"
        if not _lower(before, after) or not (certain or _one_word(before, after, page)):
            return match.group()
        return f"{before}{after}{rest}\n"

    return _BROKEN.sub(joined, text)


def joins_up(before: str, after: str) -> bool:
    """Whether the word `after` that begins a line is the second half of the word that ends `before`."""
    if before[-1:] not in ("-", "\u2010"):
        return False
    first = _LAST_WORD.search(before[:-1])
    word = after.rstrip(".,;:!?)")
    return bool(first and word[:1].isalpha() and _lower(first.group(), word) and _one_word(first.group(), word, before))


def _lower(before: str, after: str) -> bool:
    return before[-1].islower() and after[0].islower()


def _one_word(before: str, after: str, page: str) -> bool:
    if after in _CONJUNCTIONS:
        return False
    if before.casefold() in _FIRST_OF_PAIRS and after not in _SUFFIXES:
        return False
    return f"{before}-{after}" not in page
