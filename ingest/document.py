"""What every reader yields: plain frozen data that leads each character back to its source.

Knows nothing of tokens, models, prompts or budgets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from ingest.view import AS_IT_STANDS, View

Kind = Literal["pdf", "code", "log", "markdown", "text", "html", "document", "slides", "sheet", "mail", "diff"]
KINDS: tuple[Kind, ...] = (
    "pdf",
    "code",
    "log",
    "markdown",
    "text",
    "html",
    "document",
    "slides",
    "sheet",
    "mail",
    "diff",
)
"""document: a word processor's file or an e-book. sheet: a spreadsheet or a table of values; its lines are rows."""

Status = Literal[
    "ok",
    "repaired",
    "empty",
    "password_needed",
    "no_text_layer",
    "text_unreliable",
    "zero_pages",
    "failed",
    "recognised",
]
STATUSES: tuple[Status, ...] = (
    "ok",
    "repaired",
    "empty",
    "password_needed",
    "no_text_layer",
    "text_unreliable",
    "zero_pages",
    "failed",
    "recognised",
)

Rect = tuple[float, float, float, float]
"""Left, top, right, bottom in PDF points, origin at the top left of the page."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a piece of text stands in its file. Fields that do not apply are None or empty.

    page: 1-based. lines: 1-based, inclusive [first, last]. bytes: half-open [start, end) in the file's
    content (after decompression, for a compressed log). rects: on `page`. recognised: the text was read from a
    picture of the page and does not stand in the file. part: the sheet, heading, message or cell, where a file has such
    parts; lines then count from the part's own first line or row, in a notebook from the file's.
    """

    page: int | None = None
    lines: tuple[int, int] | None = None
    bytes: tuple[int, int] | None = None
    rects: tuple[Rect, ...] = ()
    recognised: bool = False
    part: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """The characters [start, end) of a section's text stand inside `rect` on its page."""

    start: int
    end: int
    rect: Rect


@dataclass(frozen=True, slots=True)
class Aside:
    """A running header or footer: text that stands on the page inside `rect` and is no part of the section's text."""

    text: str
    rect: Rect


@dataclass(frozen=True, slots=True)
class Secret:
    """What looks like a secret: characters [start, end) of the text of section `section`. kind: "AWS access key"."""

    kind: str
    section: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A bookmark or chapter. level: 1 is the highest. page: 1-based, None when it leads nowhere."""

    level: int
    title: str
    page: int | None


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark someone put on a page. kind: such as "Highlight" or "Text"."""

    page: int
    kind: str
    text: str
    author: str = ""


@dataclass(frozen=True, slots=True)
class Details:
    """What a file holds beside its text. fields: form fields, name and value. attachments: name and bytes."""

    outline: tuple[OutlineEntry, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    annotations: tuple[Annotation, ...] = ()
    attachments: tuple[tuple[str, int], ...] = ()


NO_DETAILS = Details()


class LazyText(Protocol):
    """Text that stays in its file until it is prompted."""

    def read(self) -> str:
        """The text as it was indexed. Raises SourceChanged or SourceGone."""
        ...


@dataclass(frozen=True, slots=True)
class Section:
    """A page, a source file, a headed part or a stretch of log.

    Text holds no lone surrogates and no NUL, so it can always be encoded as UTF-8.
    line_map: the file's line (1-based) of each line of text, where the text does not hold the file's lines one by
    one (HTML, outlines, folded logs); empty where it does. asides: running headers and footers of the page.
    """

    label: str
    span: Span
    body: str | LazyText
    places: tuple[Place, ...] = ()
    line_map: Sequence[int] = ()
    asides: tuple[Aside, ...] = ()

    @property
    def text(self) -> str:
        """The text itself; reads the file when the section is lazy. Raises SourceChanged or SourceGone."""
        return self.body if isinstance(self.body, str) else self.body.read()

    def locate(self, start: int, end: int, *, text: str | None = None) -> Span:
        """The span of the characters [start, end) of this section's text.

        `text` saves reading a lazy section again when the caller holds it already.
        """
        if self.span.page is not None:
            rects = tuple(p.rect for p in self.places if p.start < end and start < p.end)
            return replace(self.span, rects=rects or self.span.rects)
        if self.span.lines is None:
            return self.span
        body = self.text if text is None else text
        first = body.count("\n", 0, start)
        last = first + body.count("\n", start, max(start, end - 1))
        return self.at_lines(first, last)

    def at_lines(self, first: int, last: int) -> Span:
        """The span of lines first to last (from 0) of the text of a section that has lines; never reads the file."""
        if self.span.lines is None:
            return self.span
        if self.line_map:
            # What stands further down in the text may stand further up in the file.
            numbers = self.line_map[first : last + 1]
            return Span(lines=(min(numbers), max(numbers)), part=self.span.part)
        return Span(lines=(self.span.lines[0] + first, self.span.lines[0] + last), part=self.span.part)


@dataclass(frozen=True, slots=True)
class Document:
    """One source. `problem` is a sentence for the user whenever `status` is not "ok".

    path: as the operating system names it (undecodable bytes as surrogate escapes). size: bytes of the
    file. sha256: of the file's bytes as stored, None when it could not be read. view: how it was read. secrets: what
    looks like one in its text, as far as it was looked for. archive: the file on disk that holds this one, for a member
    of an archive; its path then goes on behind the archive's, and mtime_ns is the archive's.
    """

    path: str
    kind: Kind
    status: Status
    problem: str | None = None
    sections: tuple[Section, ...] = ()
    size: int = 0
    mtime_ns: int = 0
    sha256: str | None = None
    view: View = AS_IT_STANDS
    details: Details = NO_DETAILS
    secrets: tuple[Secret, ...] = ()
    archive: str | None = None

    @property
    def has_recognised(self) -> bool:
        """Whether any of its text was recognised on pictures of pages."""
        return any(section.span.recognised for section in self.sections)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A path that was seen and not read, and why, in a few words."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ingest is: files done of files known so far, bytes read, and what is being read.

    page, pages: of the PDF at `path`, done and in all; 0 for what has none.
    """

    files_done: int
    files_total: int
    bytes_done: int
    path: str
    page: int = 0
    pages: int = 0


@dataclass(frozen=True, slots=True)
class Ingested:
    """Everything that came of one call. `seconds` has "total" and a figure for each stage that ran.

    repositories: folders inside of what was named that are repositories of their own (nested ones, submodules); they
    were read as well.
    """

    documents: tuple[Document, ...]
    skipped: tuple[Skipped, ...]
    seconds: Mapping[str, float] = field(default_factory=dict)
    repositories: tuple[str, ...] = ()
