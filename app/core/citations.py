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
from app.core.span_words import span_words
from ingest.document import Span

State = Literal["exact", "near", "missing", "not_quoted"]
STATES: tuple[State, ...] = ("exact", "near", "missing", "not_quoted")

_MOST_SENTENCES = 4
"""A mark names one sentence or line; what looks like more sentences in it is looked for as one quote up to so many."""

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
    (checking.numbered if style == "numbered" else checking.quoted)()
    checking.claims()
    return checking.verdict()


def describe_place(place: Place, documents: Sequence[PromptDocument]) -> str:
    """Such as "handbook.pdf, page 3" or "app.log, lines 41 to 43"."""
    name, where = documents[place.document].name, span_words(place.span)
    return f"{name}, {where}" if where else name


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
        """The "numbered" style: the words behind each mark, up to the next one, are its quote."""
        marks = numbered_marks(self._answer)
        for at, mark in enumerate(marks):
            end = marks[at + 1].start if at + 1 < len(marks) else len(self._answer)
            start, last = self._quote_behind(mark, end)
            self._covered.append((mark.start, last))
            self._add(mark, start, last)

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

    def _quote_behind(self, mark: Named, end: int) -> tuple[int, int]:
        """The words that stand behind a mark: the longest stretch found in its place, else all up to `end`.

        It ends where a whole sentence or line does: behind it may stand the answer's own words. It always begins at
        the mark: a false beginning must not be passed over because the rest of it is true.
        """
        ranges = [r for name in mark.names for r in self._lookup.ranges(name)]
        whole = _trimmed(self._answer, mark.end, end)
        for stop in self._stops(mark.end, end):
            start, last = _trimmed(self._answer, mark.end, stop)
            if start < last and self._texts.find(self._answer[start:last], ranges) is not None:
                return start, last
        return whole

    def _stops(self, start: int, end: int) -> Iterator[int]:
        """`end`, then where the last of the first few sentences in between end, the furthest first."""
        yield end
        segment = self._answer[start : min(end, start + LONGEST_QUOTE)]
        stops = [start + last for _, last in split_units(segment, "text")[:_MOST_SENTENCES]]
        yield from reversed(stops)

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
