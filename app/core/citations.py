"""Checks an answer's citations against the documents, word for word, in the place that each one names.

exact       the quoted words stand there as they are
near        they do but for white space, case, ligatures, hyphenation, typographic signs or Unicode form (`folding`),
            or but for what an ellipsis leaves out
missing     they do not; `elsewhere` says where they do stand, if anywhere
not_quoted  a statement without quoted words, so nothing could be checked

Words must begin and end where words of the source do: "12" is not found in "3125". Nothing is accepted because it is
similar. Knows no model, no database and no command line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from app.core.comparing import Texts
from app.core.marks import Mark, MarkStyle, split_units
from app.core.named import MarkLookup, Range
from app.core.prompt import PromptDocument
from app.core.quotes import CLOSERS, LONGEST_QUOTE, Named, numbered_marks, quoted_with_marks
from ingest.document import Span

State = Literal["exact", "near", "missing", "not_quoted"]
STATES: tuple[State, ...] = ("exact", "near", "missing", "not_quoted")

_MARKS_TAKEN_FOR_TEXT = 3
"""A quoted sentence may hold bracketed numbers of its own; so many marks back a quote is looked for."""

_SENTENCE_ENDS = ".!?:;\u3002\uff01\uff1f\u061f\u0964\u0965\u2026\"'\u201d\u00bb)]"
_LONGEST_WORD = 20
"""Letters: more without a space are a sentence of a script that has none."""


@dataclass(frozen=True, slots=True)
class Place:
    """Characters [start, end) of section `section` of the document with index `document`."""

    document: int
    section: int
    start: int
    end: int
    span: Span


@dataclass(frozen=True, slots=True)
class Citation:
    """One quote with one mark. start, end: characters of the answer that hold the quote, or the unquoted claim.

    mark: as written, without brackets. named: what of the prompt it names, None when there is no such mark.
    found: of exact and near ones. elsewhere: of missing ones, where the words do stand.
    """

    number: int
    state: State
    quote: str
    start: int
    end: int
    mark: str | None
    named: Mark | None
    found: Place | None
    elsewhere: Place | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of checking one answer."""

    citations: tuple[Citation, ...] = ()

    @property
    def counts(self) -> dict[State, int]:
        """How many citations are in each state."""
        counted = Counter(c.state for c in self.citations)
        return {state: counted[state] for state in STATES}


def verify(
    answer: str,
    *,
    style: MarkStyle,
    marks: Sequence[Mark],
    documents: Sequence[PromptDocument],
    refusal: str = "",
) -> Verdict:
    """Every quote and every unquoted claim of `answer`, in order. refusal: the sentence that claims nothing."""
    if refusal and answer.strip().casefold() == refusal.strip().casefold():
        return Verdict()
    checking = _Checking(answer, marks, documents)
    (checking.numbered if style == "after" else checking.quoted)()
    checking.claims()
    return checking.verdict()


def describe_place(place: Place, documents: Sequence[PromptDocument]) -> str:
    """Such as "handbook.pdf, page 3" or "app.log, lines 41 to 43"."""
    name = documents[place.document].name
    if place.span.page is not None:
        return f"{name}, page {place.span.page}"
    if place.span.lines is None:
        return name
    first, last = place.span.lines
    return f"{name}, line {first}" if first == last else f"{name}, lines {first} to {last}"


class _Checking:
    """One answer while it is being checked."""

    def __init__(self, answer: str, marks: Sequence[Mark], documents: Sequence[PromptDocument]) -> None:
        self._answer = answer
        self._documents = documents
        self._lookup = MarkLookup(marks, documents)
        self._texts = Texts(documents)
        self._citations: list[Citation] = []
        self._covered: list[tuple[int, int]] = []

    def verdict(self) -> Verdict:
        """All citations in the answer's order, numbered from 1."""
        ordered = sorted(self._citations, key=lambda c: (c.start, c.end))
        return Verdict(tuple(replace(c, number=i) for i, c in enumerate(ordered, 1)))

    def numbered(self) -> None:
        """The "after" style: the words before each mark are its quote."""
        marks = numbered_marks(self._answer)
        borders = [0]
        start = end = 0
        for at, mark in enumerate(marks):
            borders.append(mark.end)
            # A mark right behind another one speaks of the same words.
            if not at or any(c.isalnum() for c in self._answer[borders[at] : mark.start]):
                start, end = self._quote_before(borders, at, marks)
                if start < borders[at]:
                    # What looked like marks on the way belongs to the quoted text.
                    self._citations = [c for c in self._citations if c.end <= start]
            self._covered.append((start, mark.end))
            self._add(mark, start, end)

    def quoted(self) -> None:
        """The "header" style: quotation marks around the words, the mark beside them."""
        quotes, alone = quoted_with_marks(self._answer)
        for quote in quotes:
            self._covered.append((quote.start, quote.marks[-1].end if quote.marks else quote.end))
            if not quote.marks:
                self._add_missing(quote.text, quote.start, quote.end, None, None)
            for mark in quote.marks:
                self._add(mark, quote.start, quote.end, quote.text)
        for mark in alone:
            start, end = self._sentence_around(mark)
            self._covered.append((start, mark.end))
            for name in mark.names:
                self._append("not_quoted", self._answer[start:end], start, end, name, self._lookup.first(name))

    def claims(self) -> None:
        """The sentences in which nothing is quoted."""
        covered = sorted(self._covered)
        at = 0
        for start, end in split_units(self._answer, "text"):
            while at < len(covered) and covered[at][1] <= start:
                at += 1
            if at < len(covered) and covered[at][0] < end:
                continue
            claim = self._answer[start:end]
            if _states_something(claim):
                self._append("not_quoted", claim, start, end, None, None)

    def _quote_before(self, borders: Sequence[int], at: int, marks: Sequence[Named]) -> tuple[int, int]:
        """The words that mark `at` stands behind: the longest stretch found in its place, else since the last mark."""
        end = marks[at].start
        ranges = [r for name in marks[at].names for r in self._lookup.ranges(name)]
        for border in borders[max(0, at - _MARKS_TAKEN_FOR_TEXT) : at + 1]:
            for start in self._starts(border, end):
                first, last = _trimmed(self._answer, start, end)
                if self._texts.find(self._answer[first:last], ranges) is not None:
                    return first, last
        return _trimmed(self._answer, borders[at], end)

    def _starts(self, start: int, end: int) -> Iterator[int]:
        """`start`, then where the last whole sentences begin: before them may stand the answer's own words.

        Never inside a sentence: a false beginning must not be passed over because the rest of it is true.
        """
        yield start
        segment = max(start, end - LONGEST_QUOTE)
        for first, _ in split_units(self._answer[segment:end], "text")[-_MARKS_TAKEN_FOR_TEXT:]:
            before = self._answer[start : segment + first].rstrip()
            if before and (
                before[-1] in _SENTENCE_ENDS or "\n\n" in self._answer[start + len(before) : segment + first]
            ):
                yield segment + first
        line = self._answer.rfind(":\n", start, end) + 2
        if line > 1 and self._answer[line:end].strip():
            yield line

    def _add(self, mark: Named, start: int, end: int, text: str | None = None) -> None:
        quote = self._answer[start:end] if text is None else text
        for name in mark.names:
            named = self._lookup.first(name)
            if sum(c.isalnum() for c in quote) < 2:
                self._append("not_quoted", quote, start, end, name, named)
                continue
            match = self._texts.find(quote, self._lookup.ranges(name))
            if match is None:
                self._add_missing(quote, start, end, name, named)
            else:
                place = self._place(match.range, match.start, match.end)
                self._append("exact" if match.exact else "near", quote, start, end, name, named, found=place)

    def _add_missing(self, quote: str, start: int, end: int, mark: str | None, named: Mark | None) -> None:
        match = self._texts.find_anywhere(quote, first=named.document if named is not None else 0)
        elsewhere = self._place(match.range, match.start, match.end) if match is not None else None
        self._append("missing", quote, start, end, mark, named, elsewhere=elsewhere)

    def _append(
        self,
        state: State,
        quote: str,
        start: int,
        end: int,
        mark: str | None,
        named: Mark | None,
        *,
        found: Place | None = None,
        elsewhere: Place | None = None,
    ) -> None:
        self._citations.append(Citation(0, state, quote, start, end, mark, named, found, elsewhere))

    def _place(self, where: Range, start: int, end: int) -> Place:
        section = self._documents[where.document].sections[where.section]
        span = section.locate(start, end, text=self._texts.text(where.document, where.section))
        return Place(where.document, where.section, start, end, span)

    def _sentence_around(self, mark: Named) -> tuple[int, int]:
        start = max(self._answer.rfind(c, 0, mark.start) for c in "\n.!?]") + 1
        return _trimmed(self._answer, start, mark.start)


def _trimmed(answer: str, start: int, end: int) -> tuple[int, int]:
    """Without white space and one pair of quotation marks around."""
    while start < end and answer[start].isspace():
        start += 1
    while end > start and answer[end - 1].isspace():
        end -= 1
    if end - start > 2 and answer[end - 1] in CLOSERS.get(answer[start], ""):
        return start + 1, end - 1
    return start, end


def _states_something(text: str) -> bool:
    """Whether a sentence says enough to be a claim: not a heading, a bullet or what introduces a quotation."""
    words = text.strip(" \t\r\n*#>-_")
    letters = sum(c.isalnum() for c in words)
    return letters > 3 and not words.endswith(":") and (letters > _LONGEST_WORD or len(words.split()) > 1)
