"""In which ways a source can be read, and the words for the way it was read. Knows no widget."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QCoreApplication

from app.core.workspace import Entry
from app.services.reading_as import in_a_file
from ingest.document import Document, Kind
from ingest.summaries import START
from ingest.view import AS_IT_STANDS, DETAILS, Detail, View

OFFERED: tuple[Detail, ...] = tuple(detail for detail in DETAILS if detail != "auto")

_OUTLINED: tuple[Kind, ...] = ("code", "markdown")
_TOKENS_OF_A_LINE = 30
_SHARE_OF_AN_OUTLINE = 0.25
_BYTES_PER_TOKEN = 3.6


def _tr(text: str) -> str:
    return QCoreApplication.translate("read_as", text)


def detail_words(detail: Detail) -> str:
    """What the menu calls a level of detail."""
    return {
        "auto": _tr("Whole"),
        "whole": _tr("Whole"),
        "outline": _tr("Outline only"),
        "name": _tr("Name only"),
    }[detail]


def read_as_words(document: Document) -> str:
    """How the document was read, such as "outline, masked"; "" when it was read as it stands."""
    view = document.view
    parts = (
        (_tr("one line"), is_summary(document)),
        (_tr("outline"), view.detail == "outline"),
        (_tr("name"), view.detail == "name"),
        (_tr("folded"), document.kind == "log" and view.log.fold),
        (_tr("filtered"), document.kind == "log" and view.log.filters),
        (_tr("tables"), document.kind == "pdf" and view.tables),
        (_tr("masked"), view.mask),
    )
    return ", ".join(words for words, holds in parts if holds)


def reads_less(document: Document) -> bool:
    """Whether it was read otherwise than as it stands. Asked of ten thousand sources at a time."""
    if document.view is AS_IT_STANDS:
        return document.problem is not None and is_summary(document)
    return bool(read_as_words(document))


def is_summary(document: Document) -> bool:
    """Whether nobody asked for less and yet it was left to one line: a lock file, minified or generated code."""
    return document.view.detail == "auto" and (document.problem or "").startswith(START)


def can_be_less(document: Document) -> bool:
    """Whether there is an outline of it, or a name in its stead."""
    return in_a_file(document) and (document.kind in _OUTLINED or is_summary(document))


def is_log(document: Document) -> bool:
    """Whether its records can be chosen and folded."""
    return document.kind == "log" and in_a_file(document)


def can_be_masked(entry: Entry) -> bool:
    """Whether it seems to hold secrets that are not hidden."""
    return bool(entry.document.secrets) and not entry.document.view.mask


def can_be_unmasked(entry: Entry) -> bool:
    """Whether what is hidden can be had again: only from the file itself."""
    document = entry.document
    return document.view.mask and in_a_file(document) and not document.has_recognised


def can_have_tables(document: Document) -> bool:
    """Whether its tables can be looked for and written as such."""
    return document.kind == "pdf" and in_a_file(document) and bool(document.sections) and not document.has_recognised


def with_detail(entry: Entry, detail: Detail) -> View:
    """The entry's view with another level of detail."""
    return replace(entry.document.view, detail=detail)


def is_so(document: Document, detail: Detail) -> bool:
    """Whether it is read in this level of detail now."""
    now = document.view.detail
    return now == detail or (detail == "whole" and now == "auto" and not is_summary(document))


def about_tokens(document: Document, detail: Detail, tokens: int | None) -> int:
    """About how many tokens it has in this level of detail. tokens: as it is read now, None while not counted."""
    if detail == "name":
        return _TOKENS_OF_A_LINE
    known = tokens is not None and is_so(document, "whole")
    whole = tokens if known and tokens is not None else round(document.size / _BYTES_PER_TOKEN)
    return round(whole * _SHARE_OF_AN_OUTLINE) if detail == "outline" else whole
