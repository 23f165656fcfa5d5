"""What a source holds within and beside its text, as rows that lead there: bookmarks, symbols, fields, remarks.

Knows no widget, no file and no parser.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.ui import words
from app.ui.viewer.lines import place_of_line
from ingest.document import Document
from ingest.outline import Symbol

Say = Callable[[str], str]
_LONGEST = 400
_WITHOUT_PARTS = ("pdf", "log", "code", "text")


@dataclass(frozen=True, slots=True)
class Item:
    """A row. heading: it names those below it. level: how deep it stands, from 0. aside: said at the right edge.

    section, start: the character that it leads to; page: the page (1-based), where there is no such character. With
    neither it leads nowhere.
    """

    words: str
    level: int = 0
    aside: str = ""
    section: int | None = None
    start: int = 0
    page: int | None = None
    heading: bool = False

    @property
    def leads(self) -> bool:
        """Whether it leads anywhere."""
        return self.section is not None or self.page is not None


def items_of(document: Document, symbols: Sequence[Symbol], say: Say) -> list[Item]:
    """All that is to be listed. symbols: of a source file, as far as they are known."""
    groups = (
        (say("Contents"), _outline(document, say) or _parts(document)),
        (say("Defined here"), _symbols(document, symbols, say)),
        (say("Likely secrets"), _secrets(document, say)),
        (say("Form fields"), [Item(_short(f"{name}: {value}")) for name, value in document.details.fields]),
        (say("Remarks on pages"), _annotations(document, say)),
        (say("Attachments"), [Item(name, aside=words.size(size)) for name, size in document.details.attachments]),
    )
    rows: list[Item] = []
    for heading, items in groups:
        if items:
            rows += [Item(heading, aside=words.count(len(items)), heading=True), *items]
    return rows


def _outline(document: Document, say: Say) -> list[Item]:
    entries = document.details.outline
    if not entries:
        return []
    top = min(entry.level for entry in entries)
    pages = {section.span.page: i for i, section in enumerate(document.sections) if section.span.page}
    titles = {title: i for i, s in reversed(list(enumerate(document.sections))) for title in (s.label, s.span.part)}
    found = []
    for entry in entries:
        section = pages.get(entry.page) if entry.page is not None else titles.get(entry.title)
        aside = say("p. {0}").format(words.count(entry.page)) if entry.page is not None else ""
        found.append(Item(_short(entry.title), entry.level - top, aside, section, page=entry.page))
    return found


def _parts(document: Document) -> list[Item]:
    """Headings, sheets, slides, messages, changed files: what a source of several parts calls them."""
    if document.kind in _WITHOUT_PARTS or len(document.sections) < 2:
        return []
    named = [(i, section.span.part or section.label) for i, section in enumerate(document.sections)]
    return [Item(_short(name), section=i) for i, name in named if name]


def _symbols(document: Document, symbols: Sequence[Symbol], say: Say) -> list[Item]:
    found = []
    for symbol in symbols:
        place = place_of_line(document.sections, symbol.signature_line)
        aside = say("line {0}").format(words.count(symbol.signature_line))
        section, start = place if place is not None else (None, 0)
        found.append(Item(_short(f"{symbol.kind} {symbol.name}"), symbol.level, aside, section, start))
    return found


def _secrets(document: Document, say: Say) -> list[Item]:
    if document.view.mask:
        return []
    found = []
    for secret in sorted(document.secrets, key=lambda s: (s.section, s.start)):
        if secret.section < len(document.sections):
            page = document.sections[secret.section].span.page
            aside = say("p. {0}").format(words.count(page)) if page is not None else ""
            found.append(Item(secret.kind, 0, aside, secret.section, secret.start))
    return found


def _annotations(document: Document, say: Say) -> list[Item]:
    pages = {section.span.page: i for i, section in enumerate(document.sections) if section.span.page}
    found = []
    for note in document.details.annotations:
        said = " · ".join(part for part in (note.kind, note.author, note.text) if part)
        aside = say("p. {0}").format(words.count(note.page))
        found.append(Item(_short(said), 0, aside, pages.get(note.page), page=note.page))
    return found


def _short(text: str) -> str:
    """On one line, and no longer than anybody reads."""
    return " ".join(text.split())[:_LONGEST]
