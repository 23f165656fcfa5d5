"""What is marked on the pages of one PDF: the cited passage, what was found, what is selected. Knows no Qt."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from app.ui.viewer.evidence import Evidence
from app.ui.viewer.finding import Hit
from app.ui.viewer.page_words import WordIndex, line_rects, text_of
from ingest.document import Rect, Secret, Section
from ingest.pdf_pages import Word

_KEPT_PAGES = 200


class PageMarks:
    """Pages and words count from 0. Rectangles are in points of their page."""

    def __init__(self, sections: Sequence[Section]) -> None:
        self.sections = sections
        self.passage: Evidence | None = None
        self.secrets: Sequence[Secret] = ()
        self._section_of = {section.span.page - 1: i for i, section in enumerate(sections) if section.span.page}
        self._words: dict[int, WordIndex] = {}
        self._hits: list[Hit] = []
        self._current: int | None = None
        self._anchor: tuple[int, int] | None = None
        self._cursor: tuple[int, int] | None = None

    def clear(self) -> None:
        """No passage, no hits, no selection."""
        self.passage = None
        self._hits, self._current = [], None
        self._anchor = self._cursor = None

    def set_words(self, page: int, words: Sequence[Word]) -> None:
        """Take the words of a page."""
        section = self._section_of.get(page)
        text = self.sections[section].text if section is not None else ""
        self._words[page] = WordIndex(text, words)
        if len(self._words) > _KEPT_PAGES:
            del self._words[next(iter(self._words))]

    def has_words(self, page: int) -> bool:
        """Whether the words of a page are here."""
        return page in self._words

    def words(self, page: int) -> Sequence[Word]:
        """The words of a page, none while they are not here."""
        index = self._words.get(page)
        return index.words if index else ()

    def page_of(self, section: int) -> int:
        """The page that a section is."""
        return (self.sections[section].span.page or 1) - 1

    def rects(self, page: int, section: int, start: int, end: int) -> list[Rect]:
        """Where characters of a section stand: a rectangle for each line, or for each block while words are unknown."""
        index = self._words.get(page)
        chosen = index.words_for(start, end) if index else None
        if index is None or chosen is None:
            return list(self.sections[section].locate(start, end).rects)
        return line_rects(index.words, chosen)

    def passage_page(self) -> int | None:
        """The page of the passage."""
        if self.passage is None or self.passage.section >= len(self.sections):
            return None
        return self.page_of(self.passage.section)

    def passage_text(self) -> str:
        """The passage as the page's text has it, line ends as spaces."""
        assert self.passage
        text = self.sections[self.passage.section].text
        return " ".join(text[self.passage.start : self.passage.end].split())

    def passage_rects(self) -> list[Rect]:
        """Where the passage stands; empty while its page's words are not here."""
        page = self.passage_page()
        if page is None or self.passage is None or page not in self._words:
            return []
        return self.rects(page, self.passage.section, self.passage.start, self.passage.end)

    def passage_block(self) -> list[Rect]:
        """The blocks that the passage stands in; known at once."""
        if self.passage is None:
            return []
        return list(self.sections[self.passage.section].locate(self.passage.start, self.passage.end).rects)

    def set_hits(self, hits: list[Hit], current: int | None) -> None:
        """Take what was found."""
        self._hits, self._current = hits, current

    def hit_rects(self, page: int) -> tuple[list[Rect], list[Rect]]:
        """Of all hits on a page, and of the current one."""
        section = self._section_of.get(page)
        if section is None or page not in self._words:
            return [], []
        first = bisect_left(self._hits, Hit(section, 0, 0, 0))
        last = bisect_left(self._hits, Hit(section + 1, 0, 0, 0))
        found = {i: self.rects(page, section, self._hits[i].start, self._hits[i].end) for i in range(first, last)}
        current = found.get(self._current, []) if self._current is not None else []
        return [rect for rects in found.values() for rect in rects], current

    def secret_rects(self, page: int) -> list[Rect]:
        """Of what looks like a secret on a page; none while its words are not here."""
        section = self._section_of.get(page)
        if section is None or page not in self._words:
            return []
        held = (secret for secret in self.secrets if secret.section == section)
        return [rect for secret in held for rect in self.rects(page, section, secret.start, secret.end)]

    def begin_selection(self, at: tuple[int, int] | None) -> None:
        """Forget the selection; the next one begins at (page, word)."""
        self._anchor, self._cursor = at, None

    def select_to(self, page: int, word: int) -> None:
        """Extend the selection to a word."""
        self._anchor = self._anchor or (page, word)
        self._cursor = (page, word)

    def select_page(self, page: int) -> None:
        """Select all words of a page."""
        if self.words(page):
            self._anchor, self._cursor = (page, 0), (page, len(self.words(page)) - 1)

    def selected_words(self, page: int) -> range:
        """Which words of a page are selected."""
        if self._anchor is None or self._cursor is None:
            return range(0)
        (first, start), (last, end) = sorted((self._anchor, self._cursor))
        if not first <= page <= last:
            return range(0)
        return range(start if page == first else 0, end + 1 if page == last else len(self.words(page)))

    def selection_rects(self, page: int) -> list[Rect]:
        """Where the selected words of a page stand."""
        return line_rects(self.words(page), self.selected_words(page))

    def selected_text(self) -> tuple[str, int, int] | None:
        """The selected words, and the first and last page they are on."""
        if self._anchor is None or self._cursor is None:
            return None
        (first, _), (last, _) = sorted((self._anchor, self._cursor))
        parts = []
        for page in range(first, last + 1):
            if self.has_words(page):
                parts.append(text_of(self.words(page), self.selected_words(page)))
            elif (section := self._section_of.get(page)) is not None:
                # A page in the middle that was only scrolled past is selected whole.
                parts.append(self.sections[section].text)
        return "\n".join(parts), first, last
