"""One PDF on its way: which of its pages are still to be read, by whom, and what came of it so far.

Long files are read in stretches of pages, so that several readers can share one file. Knows no threads and no
processes; `ingest.pool` guards every call with its lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.document import Document, Section
from ingest.pdf_document import PdfAnswers
from ingest.recognition import Recognition
from ingest.view import AS_IT_STANDS, View

FIRST_STRETCH = 64
"""Pages that are read before anyone knows how many there are."""

_SHORTEST, _LONGEST = 16, 128
_WORTH_HELPING = 32
_WORTH_STARTING = 300
"""Pages left from which on a reader helps, and from which on one is started to help."""
_UNREADABLE_IN_A_ROW = 100
_MOST_LOST_PAGES = 20


@dataclass(frozen=True, slots=True)
class PdfJob:
    """A file to read, or its bytes when it is no file (then `path` is only its name).

    passwords: tried in this order if it asks for one; shown nowhere. recognise: how to read pages that are pictures,
    None to leave them. view: whether tables are wanted.
    """

    number: int
    path: str
    content: bytes | None = None
    passwords: tuple[str, ...] = field(default=(), repr=False)
    recognise: Recognition | None = None
    view: View = AS_IT_STANDS

    @property
    def alone(self) -> bool:
        """Whether one reader reads it all: its bytes would have to be sent to each, or its pages take a second each."""
        return self.content is not None or self.recognise is not None


@dataclass(slots=True)
class Stretch:
    """Pages [first, last), from 0; last is None to the end. careful: page by page, since a reader died on them."""

    first: int
    last: int | None
    careful: bool = False


@dataclass(slots=True)
class PdfTask:
    """A job and its state. next_page, end: what nobody reads yet. at_work: readers with a stretch of it.

    over: an outcome that ends it whatever is still to come. hopeless: another kind of reader would not do better.
    shown: the pages that were passed on at once. rest_lost: nothing more is tried. detailed: its details came, or never
    will.
    """

    job: PdfJob
    answers: PdfAnswers
    next_page: int = 0
    end: int = 0
    at_work: int = 0
    over: Document | None = None
    hopeless: bool = False
    shown: tuple[Section, ...] = ()
    rest_lost: bool = False
    detailed: bool = False

    @staticmethod
    def of(job: PdfJob) -> PdfTask:
        """A task that nobody has begun."""
        language = job.recognise.language if job.recognise else ""
        return PdfTask(job, PdfAnswers(job.path, language=language, view=job.view))

    def begin(self) -> Stretch:
        """The first pages, and with them how many there are."""
        self.at_work = 1
        # What takes a second a page is told of page by page, and never tried twice.
        return Stretch(0, None if self.job.alone else FIRST_STRETCH, careful=self.job.recognise is not None)

    def opened(self, pages: int) -> None:
        """The file has so many pages."""
        if not self.answers.pages:
            self.answers.pages = pages
            self.next_page = pages if self.job.alone else min(FIRST_STRETCH, pages)
            self.end = pages

    def stretch(self, readers: int) -> Stretch | None:
        """The next pages for one of so many readers, None when none are left to give."""
        left = self.end - self.next_page
        if left <= 0 or self.over is not None:
            return None
        size = min(left, max(_SHORTEST, min(_LONGEST, left // (2 * readers))))
        first = self.next_page
        self.next_page += size
        self.at_work += 1
        return Stretch(first, first + size)

    def wants_help(self, *, warm: bool) -> bool:
        """Whether another reader would make it faster; one that has to be started first only where much is left."""
        return self.over is None and self.end - self.next_page >= (_WORTH_HELPING if warm else _WORTH_STARTING)

    def lose(self, page: int, reason: str) -> None:
        """Page `page` ended its reader or took too long. Too many of them, and nothing more is tried."""
        self.answers.lost[page] = reason
        if len(self.answers.lost) >= _MOST_LOST_PAGES:
            self.give_up()

    def add(self, pages: Sequence[Sequence[Any]]) -> None:
        """These pages came. Give up when nothing but unreadable ones comes: a count of pages can lie by millions."""
        self.answers.add_pages(pages)
        if self.answers.unreadable_in_a_row >= _UNREADABLE_IN_A_ROW:
            self.give_up()

    def give_up(self) -> None:
        """Read no further pages than those that readers have in hand."""
        self.end = self.next_page
        self.rest_lost = True

    def done(self) -> bool:
        """Count one reader out; whether it was the last and nothing is left to read."""
        self.at_work -= 1
        return self.at_work == 0 and (self.over is not None or self.next_page >= self.end)
