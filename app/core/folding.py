"""Text folded to what a reader would call the same words, with a way back to the characters it came from.

Folded away: case, runs of white space, ligatures and other compatibility forms of letters, composed against decomposed
letters, typographic quotation marks and dashes, hyphens between letters (also at the end of a line), invisible
characters, Arabic tatweel. Never folded: digits (no superscripts, fractions or circled numbers), signs, punctuation,
accents. Knows no documents and no citations.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from dataclasses import dataclass
from functools import lru_cache

_LETTER_FORMS = frozenset(
    {"<wide>", "<narrow>", "<initial>", "<medial>", "<final>", "<isolated>", "<compat>", "<font>"}
)
"""Decompositions of Unicode that give the same letter; <super>, <sub>, <fraction> and <circle> change a number."""

_INVISIBLE = "\u00ad\u0640\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_HYPHENS = "\\-\u00ad\u2010\u2011"
_TOKENS = re.compile(
    rf"""
      (?P<plain>[!\#$%&()*+,./0-9:;<=>?@A-Z\[\\\]^_a-z{{|}}~]+)
    | (?P<hyphen>(?<=[^\W\d_])[{_HYPHENS}](?=[^\W\d_]) | (?<=[^\W\d_])[{_HYPHENS}][ \t]*\r?\n\s*(?=[^\W\d_]))
    | (?P<space>\s+)
    | (?P<invisible>[{_INVISIBLE}]+)
    | (?P<jamo>[\u1100-\u11ff]+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032`\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\u300c\u300d\u300e\u300f", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"),
    }
)


@dataclass(frozen=True, slots=True)
class Folded:
    """text[i] came from the characters [starts[i], ends[i]) of the source."""

    text: str
    starts: array[int]
    ends: array[int]

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Where the folded characters [start, end), at least one, stand in the source."""
        return self.starts[start], self.ends[end - 1]

    def is_border(self, at: int) -> bool:
        """Whether the folded characters before and from `at` came from different characters of the source."""
        return not 0 < at < len(self.starts) or self.starts[at - 1] != self.starts[at]


def fold(text: str) -> Folded:
    """See the module. Takes time in proportion to the text; white space at the ends is kept as one space."""
    parts: list[str] = []
    starts: array[int] = array("l")
    ends: array[int] = array("l")
    at = 0
    while match := _TOKENS.match(text, at):
        start, end = at, match.end()
        kind = match.lastgroup
        if kind == "plain" and not (end < len(text) and _combines(text[end])):
            parts.append(text[start:end].lower())
            starts.extend(range(start, end))
            ends.extend(range(start + 1, end + 1))
            at = end
            continue
        if kind == "plain":
            # The last letter of the run takes the marks that follow it.
            last = end - 1
            parts.append(text[start:last].lower())
            starts.extend(range(start, last))
            ends.extend(range(start + 1, last + 1))
            start, end = last, _cluster_end(text, last + 1)
            folded = _fold_cluster(text[start:end])
        elif kind == "space":
            folded = " "
        elif kind in ("hyphen", "invisible"):
            folded = ""
        elif kind == "jamo":
            folded = unicodedata.normalize("NFC", text[start:end])
        else:
            end = _cluster_end(text, end)
            folded = _fold_cluster(text[start:end])
        # An invisible character inside white space must not leave two spaces.
        if folded and not (folded == " " and parts and parts[-1].endswith(" ")):
            parts.append(folded)
            starts.extend([start] * len(folded))
            ends.extend([end] * len(folded))
        at = end
    return Folded("".join(parts), starts, ends)


def _combines(char: str) -> bool:
    return char > "\u02ff" and unicodedata.category(char)[0] == "M"


def _cluster_end(text: str, at: int) -> int:
    while at < len(text) and (_combines(text[at]) or text[at] == "\u0640"):
        at += 1
    return at


@lru_cache(maxsize=16_384)
def _fold_cluster(cluster: str) -> str:
    """One letter or sign with the marks that belong to it."""
    spread = "".join(_letters(char) for char in cluster.replace("\u0640", ""))
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", spread).casefold()).translate(_SIGNS)


def _letters(char: str) -> str:
    form = unicodedata.decomposition(char).split(" ", 1)[0]
    if form in _LETTER_FORMS:
        return unicodedata.normalize("NFKC", char)
    return char
