"""What the PDF reader answered about one file becomes a Document and, where something is wrong, one sentence.

Knows no processes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, takewhile
from typing import Any

from ingest.document import (
    NO_DETAILS,
    Annotation,
    Details,
    Document,
    OutlineEntry,
    Place,
    Section,
    Span,
    Status,
)
from ingest.pdf_asides import without_running_lines
from ingest.pdf_text import unpack_places
from ingest.plausible import why_unreliable
from ingest.view import AS_IT_STANDS, View

_RECOGNISE = "Recognise the text first."
_NAMED_PAGES = 8


@dataclass(slots=True)
class PdfAnswers:
    """What has come in so far, in any order of pages. Pages are numbered from 0.

    language: in which pages that are pictures are recognised, "" when they are not. lost: page -> why, such as "took
    longer than 10 s". second: the second reader answered.
    """

    path: str
    language: str = ""
    view: View = AS_IT_STANDS
    second: bool = False
    pages: int = 0
    lost: dict[int, str] = field(default_factory=dict)
    recognised: list[int] = field(default_factory=list)
    identity: dict[str, Any] = field(default_factory=dict)
    repaired: bool = False
    ends_early: bool = False
    details: Details = NO_DETAILS
    unreadable_in_a_row: int = 0
    _read: dict[int, tuple[Section, float]] = field(default_factory=dict)
    _blank: set[int] = field(default_factory=set)
    _unreadable: set[int] = field(default_factory=set)

    @property
    def received(self) -> int:
        """How many pages have come in, or are lost."""
        return len(self._read) + len(self._blank) + len(self._unreadable) + len(self.lost)

    def add_pages(self, pages: Sequence[Sequence[Any]]) -> None:
        """Pages as the reader's "pages" answer gives them."""
        for number, text, places, recognised, height in pages:
            self.unreadable_in_a_row = self.unreadable_in_a_row + 1 if text is None else 0
            if recognised:
                self.recognised.append(number)
            if text is None:
                self._unreadable.add(number)
            elif not text:
                self._blank.add(number)
            else:
                self._read[number] = _section(number + 1, text, places, recognised), height

    def sections_so_far(self) -> tuple[Section, ...]:
        """The pages that have come in, with all that stands on them."""
        return tuple(self._read[number][0] for number in sorted(self._read))

    def first_sections(self) -> tuple[Section, ...]:
        """The pages up to the first one that has not come in, with all that stands on them."""
        known = takewhile(
            lambda n: n in self._read or n in self._blank or n in self._unreadable or n in self.lost, count()
        )
        return tuple(self._read[number][0] for number in known if number in self._read)

    def document(self) -> Document:
        """The whole outcome, once the reader has closed the file or was given up."""
        known = {*self._read, *self._blank, *self.lost}
        bad = sorted({*self._unreadable, *self.lost, *(n for n in range(self.pages) if n not in known)})
        if not self._read:
            return self._without_text(bad)
        said: list[str] = []
        if self.second:
            said.append(
                f"The PDF is damaged and was read by a second reader: text was found on {len(self._read):,} of "
                f"{self.pages:,} {_noun(self.pages)}; some may be missing or in another order."
            )
        elif self.repaired:
            cut = "cut short" if self.ends_early else "damaged"
            said.append(
                f"The PDF is {cut} and was repaired as far as possible: "
                f"text was found on {len(self._read):,} of {self.pages:,} {_noun(self.pages)}; some may be missing."
            )
        if self.lost:
            said.append(f"Left out: {self._lost_pages()}.")
        rest = [number for number in bad if number not in self.lost]
        if rest:
            said.append(f"{_name_pages(rest)} could not be read.")
        if self._blank:
            blank = sorted(self._blank)
            said.append(f"{_name_pages(blank)} of {self.pages:,} {_has(blank)} no text (a picture or blank).")
        status: Status = "repaired" if self.repaired or self.second or bad else "ok"
        if self.recognised:
            status = "recognised"
            said.insert(0, self._how_recognised())
        elif wrong := why_unreliable([section.text for section in self.sections_so_far()]):
            status = "text_unreliable"
            said.insert(0, f"{wrong} {_RECOGNISE}")
        numbers = sorted(self._read)
        pages = [self._read[number] for number in numbers]
        sections = without_running_lines([section for section, _ in pages], [height for _, height in pages])
        return self._make(status, " ".join(said) or None, sections)

    def _without_text(self, bad: list[int]) -> Document:
        if bad:
            return self.failed(self._nothing_readable(bad))
        if self.repaired and self.ends_early:
            return self.failed("The PDF is cut short, and no text could be recovered from it. Get a complete copy.")
        if self.language:
            return self._make("no_text_layer", self._nothing_recognised())
        what = "1 page is a picture" if self.pages == 1 else f"{self.pages:,} pages are pictures"
        return self._make("no_text_layer", f"{what} without text. {_RECOGNISE}")

    def _lost_pages(self) -> str:
        by_reason: dict[str, list[int]] = {}
        for number, reason in sorted(self.lost.items()):
            by_reason.setdefault(reason, []).append(number)
        return "; ".join(f"{_lower(_name_pages(pages))} {reason}" for reason, pages in by_reason.items())

    def failed(self, problem: str, status: Status = "failed") -> Document:
        """A document without text."""
        return self._make(status, problem)

    def _make(self, status: Status, problem: str | None, sections: Sequence[Section] = ()) -> Document:
        return Document(
            self.path,
            "pdf",
            status,
            problem,
            tuple(sections),
            size=self.identity.get("size", 0),
            mtime_ns=self.identity.get("mtime_ns", 0),
            sha256=self.identity.get("sha256"),
            view=self.view,
            details=self.details,
        )

    def _nothing_readable(self, bad: list[int]) -> str:
        if self.lost:
            number, reason = next(iter(sorted(self.lost.items())))
            return f"No text could be read: page {number + 1:,} {reason}."
        return f"The PDF is damaged: {_name_pages(bad)} of {self.pages:,} could not be read. Get a complete copy."

    def _how_recognised(self) -> str:
        if len(self.recognised) == len(self._read):
            return f"Recognised by OCR ({self.language}): check it against the {_noun(self.pages)}."
        pages = _name_pages(sorted(self.recognised))
        what = "was" if len(self.recognised) == 1 else "were"
        return f"{pages} of {self.pages:,} {what} recognised by OCR ({self.language}): check against the page."

    def _nothing_recognised(self) -> str:
        where = "its page" if self.pages == 1 else f"its {self.pages:,} pages"
        return f"No text was recognised on {where} ({self.language}). Try another language or a better scan."


def _section(page: int, text: str, places: str, recognised: bool) -> Section:
    found = tuple(
        Place(start, end, (left, top, right, bottom)) for start, end, left, top, right, bottom in unpack_places(places)
    )
    span = Span(page=page, rects=tuple(place.rect for place in found), recognised=recognised)
    return Section(f"p. {page}", span, text, found)


def details_from(told: Mapping[str, Any]) -> Details:
    """What the reader told of a file's details."""
    return Details(
        outline=tuple(OutlineEntry(level, title, page) for level, title, page in told.get("outline", ())),
        fields=tuple((name, value) for name, value in told.get("fields", ())),
        annotations=tuple(Annotation(*remark) for remark in told.get("annotations", ())),
        attachments=tuple((name, size) for name, size in told.get("attachments", ())),
    )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


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
