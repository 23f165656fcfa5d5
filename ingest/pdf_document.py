"""What the PDF reader answered about one file becomes a Document and, where something is wrong, one sentence.

Knows no processes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.document import Document, Place, Section, Span, Status
from ingest.pdf_recognise import UNRELIABLE_SHARE, unknown_share

_RECOGNISE = "Recognise the text first."
_NAMED_PAGES = 8


@dataclass(slots=True)
class PdfAnswers:
    """What has come in so far. Pages are numbered from 0. lost: page -> why, such as "took longer than 60 s".

    language: in which pages that are pictures are recognised, "" when they are not.
    """

    path: str
    language: str = ""
    pages: int = 0
    sections: list[Section] = field(default_factory=list)
    received: int = 0
    blank: list[int] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)
    lost: dict[int, str] = field(default_factory=dict)
    recognised: list[int] = field(default_factory=list)
    identity: dict[str, Any] = field(default_factory=dict)
    repaired: bool = False
    ends_early: bool = False

    def add_pages(self, pages: Sequence[Sequence[Any]]) -> None:
        """Pages as the reader's "pages" answer gives them, in order."""
        for number, text, places, recognised in pages:
            self.received = number + 1
            if recognised:
                self.recognised.append(number)
            if text is None:
                self.unreadable.append(number)
            elif not text:
                self.blank.append(number)
            else:
                self.sections.append(_section(number + 1, text, places, recognised))

    def document(self) -> Document:
        """The whole outcome, once the reader has closed the file or was given up."""
        missing = list(range(self.received, self.pages))
        bad = sorted({*self.unreadable, *missing, *self.lost})
        if not self.sections:
            if bad:
                return self.failed(self._nothing_readable(bad))
            if self.repaired and self.ends_early:
                return self.failed("The PDF is cut short, and no text could be recovered from it. Get a complete copy.")
            if self.language:
                return self._make("no_text_layer", self._nothing_recognised())
            what = "1 page is a picture" if self.pages == 1 else f"{self.pages:,} pages are pictures"
            return self._make("no_text_layer", f"{what} without text. {_RECOGNISE}")
        said: list[str] = []
        if self.repaired:
            cut = "cut short" if self.ends_early else "damaged"
            said.append(
                f"The PDF is {cut} and was repaired as far as possible: "
                f"text was found on {len(self.sections):,} of {self.pages:,} {_noun(self.pages)}; some may be missing."
            )
        if self.lost:
            reasons = "; ".join(f"page {number + 1:,} {reason}" for number, reason in sorted(self.lost.items()))
            said.append(f"Left out: {reasons}.")
        rest = [number for number in bad if number not in self.lost]
        if rest:
            said.append(f"{_name_pages(rest)} could not be read.")
        if self.blank:
            said.append(f"{_name_pages(self.blank)} of {self.pages:,} {_has(self.blank)} no text (a picture or blank).")
        status: Status = "repaired" if self.repaired or bad else "ok"
        share = self._unknown_share()
        if self.recognised:
            status = "recognised"
            said.insert(0, self._how_recognised())
        elif share > UNRELIABLE_SHARE:
            status = "text_unreliable"
            said.insert(0, f"About {share:.0%} of its characters have no known meaning in the file. {_RECOGNISE}")
        return self._make(status, " ".join(said) or None)

    def failed(self, problem: str, status: Status = "failed") -> Document:
        """A document without text."""
        self.sections = []
        return self._make(status, problem)

    def _make(self, status: Status, problem: str | None) -> Document:
        return Document(
            self.path,
            "pdf",
            status,
            problem,
            tuple(self.sections),
            size=self.identity.get("size", 0),
            mtime_ns=self.identity.get("mtime_ns", 0),
            sha256=self.identity.get("sha256"),
        )

    def _nothing_readable(self, bad: list[int]) -> str:
        if self.lost:
            number, reason = next(iter(sorted(self.lost.items())))
            return f"No text could be read: page {number + 1:,} {reason}."
        return f"The PDF is damaged: {_name_pages(bad)} of {self.pages:,} could not be read. Get a complete copy."

    def _how_recognised(self) -> str:
        if len(self.recognised) == len(self.sections):
            return f"Recognised by OCR ({self.language}): check it against the {_noun(self.pages)}."
        pages = _name_pages(self.recognised)
        what = "was" if len(self.recognised) == 1 else "were"
        return f"{pages} of {self.pages:,} {what} recognised by OCR ({self.language}): check against the page."

    def _nothing_recognised(self) -> str:
        where = "its page" if self.pages == 1 else f"its {self.pages:,} pages"
        return f"No text was recognised on {where} ({self.language}). Try another language or a better scan."

    def _unknown_share(self) -> float:
        if not any("\ufffd" in section.text for section in self.sections):
            return 0.0
        return unknown_share("".join(section.text for section in self.sections))


def _section(page: int, text: str, places: Sequence[Sequence[Any]], recognised: bool) -> Section:
    found = tuple(Place(start, end, (left, top, right, bottom)) for start, end, left, top, right, bottom in places)
    span = Span(page=page, rects=tuple(place.rect for place in found), recognised=recognised)
    return Section(f"p. {page}", span, text, found)


def _noun(count: int) -> str:
    return "page" if count == 1 else "pages"


def _has(pages: Sequence[int]) -> str:
    return "has" if len(pages) == 1 else "have"


def _name_pages(pages: Sequence[int]) -> str:
    """ "Page 3", "Pages 3, 5 and 7" or "31 pages (3, 5, 6 ...)" from page numbers that count from 0."""
    numbers = [f"{page + 1:,}" for page in pages]
    if len(numbers) == 1:
        return f"Page {numbers[0]}"
    if len(numbers) <= _NAMED_PAGES:
        return f"Pages {', '.join(numbers[:-1])} and {numbers[-1]}"
    return f"{len(numbers):,} pages ({', '.join(numbers[:_NAMED_PAGES])} ...)"
