"""Finds quoted words in the documents' texts: as they are, or the same once both are folded. Never a likeness.

Knows no marks and no answers.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.core.folding import Folded, fold
from app.core.named import Range
from app.core.prompt import PromptDocument
from ingest.errors import SourceChanged, SourceGone

MOST_LOOKED_AT = 64_000_000
"""Characters per answer in which words are looked for that are not where they should be."""
MOST_FOLDED = 4_000_000
_MOST_TRIES = 1000
_ELLIPSIS = re.compile(r"\s*(?:[\[(](?:…|\.\.\.)[\])]|…|\.\.\.)\s*")
_WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


@dataclass(frozen=True, slots=True)
class Match:
    """Words found at characters [start, end) of the section that `range` lies in."""

    range: Range
    start: int
    end: int
    exact: bool


class Texts:
    """The texts of some documents, read and folded once each while an answer is checked."""

    def __init__(self, documents: Sequence[PromptDocument]) -> None:
        self._documents = documents
        self._texts: dict[tuple[int, int], str] = {}
        self._folded: dict[Range, Folded] = {}
        self._left = MOST_LOOKED_AT
        self._folds_left = MOST_FOLDED

    def text(self, document: int, section: int) -> str:
        """The section's text; nothing when its file can no longer be read as it was."""
        key = document, section
        if key not in self._texts:
            try:
                self._texts[key] = self._documents[document].sections[section].text
            except (SourceChanged, SourceGone):
                self._texts[key] = ""
        return self._texts[key]

    def find(self, quote: str, ranges: Sequence[Range]) -> Match | None:
        """`quote` in one of `ranges`: exact anywhere before near anywhere, parts of an elided quote in order (near)."""
        quote = quote.strip()
        if not any(c.isalnum() for c in quote):
            return None
        for near in (False, True):
            for where in ranges:
                found = self._stretch(quote, where, near=near)
                if found:
                    return Match(where, *found, exact=not near)
        parts = [p for p in _ELLIPSIS.split(quote) if p]
        if len(parts) > 1 and all(any(c.isalnum() for c in p) for p in parts):
            for where in ranges:
                match = self._elided(parts, where)
                if match:
                    return match
        return None

    def find_anywhere(self, quote: str, *, first: int) -> Match | None:
        """`quote` in any document, that with index `first` before the others, as far as is reasonable to look."""
        quote = quote.strip()
        if sum(c.isalnum() for c in quote) < 2:
            return None
        for near in (False, True):
            for where in self._everything(first):
                text = self.text(where.document, where.section)
                self._left -= len(text)
                if self._left < 0:
                    return None
                if near and not self._worth_folding(quote, where, text):
                    continue
                found = self._stretch(quote, where, near=near)
                if found:
                    return Match(where, *found, exact=not near)
        return None

    def _everything(self, first: int) -> Iterator[Range]:
        order = sorted(range(len(self._documents)), key=lambda i: i != first)
        for document in order:
            for section in range(len(self._documents[document].sections)):
                yield Range(document, section, 0, len(self.text(document, section)))

    def _worth_folding(self, quote: str, where: Range, text: str) -> bool:
        """Folding is slow; a section without the quote's longest word is spared it."""
        longest = max(re.findall(r"[^\W_]+", quote), key=len, default="")
        if longest.casefold() not in text.casefold():
            return False
        if where not in self._folded:
            self._folds_left -= len(text)
        return where in self._folded or self._folds_left >= 0

    def _elided(self, parts: Sequence[str], where: Range) -> Match | None:
        # What was left out may be the word that matters ("is … open"), so never exact.
        start = end = -1
        for part in parts:
            found = self._stretch(part, where, near=False, past=end) or self._stretch(part, where, near=True, past=end)
            if not found:
                return None
            start = found[0] if start < 0 else start
            end = found[1]
        return Match(where, start, end, exact=False)

    def _stretch(self, quote: str, where: Range, *, near: bool, past: int = 0) -> tuple[int, int] | None:
        """Where in the section `quote` stands, from word border to word border, inside `where` and from `past` on."""
        text = self.text(where.document, where.section)
        if not near:
            at = text.find(quote, max(where.start, past), where.end)
            for _ in range(_MOST_TRIES):
                if at < 0:
                    return None
                if whole_words(text, at, at + len(quote)):
                    return at, at + len(quote)
                at = text.find(quote, at + 1, where.end)
            return None
        wanted = fold(quote).text.strip()
        folded = self._fold(where, text)
        first = bisect_left(folded.starts, max(0, past - where.start))
        at = folded.text.find(wanted, first) if wanted else -1
        for _ in range(_MOST_TRIES):
            if at < 0:
                return None
            after = at + len(wanted)
            start, end = (where.start + i for i in folded.source(at, after))
            if folded.is_border(at) and folded.is_border(after) and whole_words(text, start, end):
                return start, end
            at = folded.text.find(wanted, at + 1)
        return None

    def _fold(self, where: Range, text: str) -> Folded:
        # Only what is named is folded: a section may be a file of many megabytes.
        if where not in self._folded:
            self._folded[where] = fold(text[where.start : where.end])
        return self._folded[where]


def whole_words(text: str, start: int, end: int) -> bool:
    """Whether [start, end) begins and ends between words, numbers and letters of `text`, not inside one."""
    return _border(text, start, at_start=True) and _border(text, end, at_start=False)


def _border(text: str, at: int, *, at_start: bool) -> bool:
    if at <= 0 or at >= len(text):
        # A sign in front of the very first number of a text is met below; at the ends there is nothing to cut.
        return True
    before, after = text[at - 1], text[at]
    if unicodedata.category(after)[0] == "M":
        return False
    if _in_word(before) and _in_word(after):
        return bool(_WITHOUT_SPACES.match(before) or _WITHOUT_SPACES.match(after))
    if at_start:
        return not _cuts_number(text, at)
    if before.isalpha() and after in "'\u2019":
        # "can't" is not "can".
        return not text[at + 1 : at + 2].isalpha()
    if before in ".,:" and after.isdecimal():
        return not text[at - 2 : at - 1].isdecimal()
    return not (before.isdecimal() and after in ".,:" and text[at + 1 : at + 2].isdecimal())


def _cuts_number(text: str, at: int) -> bool:
    """Whether a number that begins at `at` has a sign or digits in front of it: "5" of "-5", "25" of "1.25"."""
    if not text[at].isdecimal():
        return False
    sign, before = text[at - 1], text[at - 2 : at - 1]
    if sign in ".,:":
        return before.isdecimal()
    return sign in "-\u2212\u2013+" and not (before.isalnum() or before in (")", "]"))


def _in_word(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM" or char == "_"
