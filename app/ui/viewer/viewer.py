"""The right-hand panel: one source at a time, the cited passage marked, what was found out about it above.

Knows how to show a place and what can be done from it; who asked, and what an answer is, others know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from app.core.workspace import Entry
from app.services.page_render import PageRenderer
from app.services.passwords import Passwords
from app.ui.theme.style import Theme
from app.ui.viewer.background import Background
from app.ui.viewer.base_view import EvidenceView
from app.ui.viewer.contents import Item, items_of
from app.ui.viewer.contents_list import ContentsList
from app.ui.viewer.evidence import Evidence, reference, secret_remark, stand_words
from app.ui.viewer.find_bar import FindBar
from app.ui.viewer.footer import ViewerFooter
from app.ui.viewer.header import ViewerHeader
from app.ui.viewer.page_view import PageView
from app.ui.viewer.rules import rule
from app.ui.viewer.text_view import TextView
from ingest.document import Document
from ingest.open_path import STDIN
from ingest.outline import Symbol

_WITHOUT_PAGES = ("failed", "password_needed", "zero_pages")


class Viewer(QWidget):
    """ask_about: words with their reference. leave_out: a source's key. closed: the overlay is to go.

    unfolding: the records of a template of a folded log are wanted, or no longer; key and number.
    """

    ask_about = Signal(str)
    leave_out = Signal(str)
    closed = Signal()
    unfolding = Signal(str, int)

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, passwords: Passwords | None = None) -> None:
        """passwords: what opens pages that ask for one."""
        super().__init__(parent)
        self.setAccessibleName(self.tr("Evidence"))
        self.setProperty("field", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._renderer = PageRenderer(self, passwords=passwords)
        self._entry: Entry | None = None
        self._title = ""
        self._evidence: Sequence[Evidence] = ()
        self._entries: Mapping[str, tuple[Entry, int]] = {}
        self._index = 0
        self.header = ViewerHeader(theme)
        self.contents = ContentsList(theme)
        self._below_contents = rule()
        self._symbols = Background("viewer-symbols", self)
        self._listed = False
        self._template = 0
        """Whose records are to be shown once they were read."""
        self.find_bar = FindBar(theme)
        self.pages = PageView(theme, self._renderer)
        self.text = TextView(theme)
        self.footer = ViewerFooter(theme)
        self._empty = QLabel()
        self._stack = QStackedWidget()
        self._arrange()
        self._connect()
        self.clear()

    def show_entry(self, entry: Entry, colour_index: int, *, at: Evidence | None = None) -> None:
        """Show one source, at a passage or from its beginning. colour_index: which source it is, from 0."""
        self._evidence = (at,) if at else ()
        self._index = 0
        self._show(entry, colour_index, at)

    @property
    def entry(self) -> Entry | None:
        """The source that is shown, None for none."""
        return self._entry

    def follow(self, entry: Entry, colour_index: int) -> None:
        """Show the source that is shown as it was read again, where one was; what is cited in it stays as it was."""
        if self._entry is None or self._evidence or entry.document is self._entry.document:
            return
        line, page = self.text.line_in_sight(), self.pages.page_in_sight() + 1
        was = self._view()
        self._show(entry, colour_index, None)
        template, self._template = self._template, 0
        unfolded = _records_of(entry.document, template) if template else None
        if self._view() is was is self.text and unfolded is not None:
            self.text.show_place(unfolded, 0)
        elif self._view() is was is self.text and line:
            self.text.show_line(line)
        elif self._view() is was is self.pages:
            self.pages.show_page(page)

    def show_all(self, evidence: Sequence[Evidence], index: int, entries: Mapping[str, tuple[Entry, int]]) -> None:
        """Show one of an answer's citations; `step` goes to the others. entries: by key, with the number from 0."""
        self._evidence, self._entries, self._index = tuple(evidence), entries, index
        self._show_citation()

    def show_place(self, section: int, start: int) -> None:
        """Bring a character of the source that is shown into view."""
        view = self._view()
        if view is not None and self._entry is not None and section < len(self._entry.document.sections):
            view.show_place(section, start)

    def step(self, by: int) -> None:
        """Go to the next (1) or previous (-1) citation, round the end."""
        if len(self._evidence) > 1:
            self._index = (self._index + by) % len(self._evidence)
            self._show_citation()

    def show_text(self, title: str, parts: Sequence[tuple[str, str]]) -> None:
        """Show texts that are no source, each under its heading."""
        self._entry, self._title, self._evidence = None, title, ()
        self._offer_contents(())
        self.header.show_source("", 0, title)
        self.header.show_verdict(None, "")
        self.header.show()
        self.text.show_parts(parts)
        self.text.setAccessibleName(title)
        self._turn_to(self.text)
        self.find_bar.set_target(self.text, self.text.content.source.sections)
        self._tell_place()

    def clear(self) -> None:
        """Show nothing."""
        self._say(self.tr("Click a citation or a source to see it here."))

    def open_find(self) -> None:
        """Open the line that searches, with the selected words if they are few."""
        view = self._view()
        if view is not None:
            chosen = view.selected()
            words = chosen[0] if chosen else ""
            self.find_bar.open(words if "\n" not in words and len(words) < 80 else "")

    def set_overlay(self, overlay: bool) -> None:
        """Whether the panel lies over the others and can be closed."""
        self.header.set_overlay(overlay)

    def warm_up(self) -> None:
        """Start what draws pages before the first one is wanted."""
        self._renderer.warm_up()

    def shut_down(self) -> None:
        """End the child process and the threads. Nothing can be shown afterwards."""
        self._renderer.shut_down()
        self.text.shut_down()
        self.find_bar.shut_down()
        self._symbols.shut_down()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Ctrl+F searches; Esc closes the search, then the panel."""
        if not self.find_bar.take_key(event, opens=self.open_find, closes=self.closed.emit):
            super().keyPressEvent(event)

    def _show_citation(self) -> None:
        evidence = self._evidence[self._index]
        found = self._entries.get(evidence.key)
        if found is None:
            self._say(self.tr("{key} is no longer among the sources.").format(key=evidence.key))
            return
        self._show(*found, evidence)

    def _show(self, entry: Entry, colour_index: int, at: Evidence | None) -> None:
        self._entry, self._title = entry, entry.name
        document = entry.document
        self.header.show_source(entry.key, colour_index, entry.name)
        if at is not None and at.section < len(document.sections):
            recognised = document.sections[at.section].span.recognised
        else:
            recognised = at is None and document.has_recognised
        remark = secret_remark(document, self.tr) if at is None and not recognised else ""
        self.header.show_verdict(at.state if at else None, self._counter(), recognised=recognised, remark=remark)
        self.header.show()
        if at is not None and at.section >= len(document.sections):
            at = None
        view: EvidenceView
        if _has_pages(document):
            view = self.pages
            self.pages.show_document(document, at=at)
        else:
            view = self.text
            self.text.show_document(document, name=entry.name, at=at)
        view.setAccessibleName(self.tr("{key}, {name}").format(key=entry.key, name=entry.name))
        self._turn_to(view)
        self.find_bar.set_target(view, document.sections)
        self._list(document)
        self._tell_place()

    def _list(self, document: Document) -> None:
        """Say what is in a source; what a source file defines is found out in the background."""
        self._offer_contents(items_of(document, (), self.tr))
        self._symbols.cancel()
        text = _source_text(document)
        if text:
            name = Path(document.path).name
            self._symbols.submit(id(document), lambda: iter([(document, _symbols_of(name, text))]))

    def _symbols_found(self, _key: object, found: object) -> None:
        if isinstance(found, tuple) and self._entry is not None and found[0] is self._entry.document:
            self._offer_contents(items_of(found[0], found[1], self.tr))

    def _offer_contents(self, items: Sequence[Item]) -> None:
        self.contents.contents.set_items(items)
        self.header.contents.setVisible(bool(items))
        self._show_contents(self._listed)

    def _show_contents(self, wanted: bool) -> None:
        """Once asked for, the list stays for other sources that have one."""
        self._listed = wanted
        shown = wanted and bool(self.contents.contents.items)
        self.contents.setVisible(shown)
        self._below_contents.setVisible(shown)
        self.contents.updateGeometry()

    def _go(self, item: Item) -> None:
        if item.section is not None:
            self.show_place(item.section, item.start)
        elif item.page is not None and self._view() is self.pages:
            self.pages.show_page(item.page)

    def _counter(self) -> str:
        if len(self._evidence) < 2:
            return ""
        return self.tr("citation {number} of {total} · F3 next").format(
            number=f"{self._index + 1:,}", total=f"{len(self._evidence):,}"
        )

    def _say(self, sentence: str) -> None:
        self._entry = None
        self._offer_contents(())
        self.find_bar.hide()
        self.pages.clear()
        self.text.clear()
        self._empty.setText(sentence)
        self._stack.setCurrentWidget(self._empty)
        self.header.hide()
        self._tell_selection()

    def _turn_to(self, view: EvidenceView) -> None:
        self._stack.setCurrentWidget(view)
        self._tell_selection()

    def _view(self) -> EvidenceView | None:
        view = self._stack.currentWidget()
        return view if isinstance(view, EvidenceView) else None

    def _tell_place(self) -> None:
        view = self._view()
        if view is None:
            return
        stand = view.stand()
        words = stand_words(stand, self.tr) if stand else ""
        self.header.show_place(words, pages=self._entry is not None)
        view.describe(words, self._evidence[self._index] if self._evidence else None)
        self._tell_selection()

    def _tell_selection(self) -> None:
        view = self._view()
        self.footer.setVisible(view is not None)
        self.footer.show_choices(source=self._entry is not None, words=view is not None and view.can_quote())

    def _words(self) -> str | None:
        """The selected words, else the marked ones, with their reference."""
        view = self._view()
        found = (view.selected() or view.passage()) if view else None
        return reference(found[0], self._title, found[1], self.tr) if found else None

    def _ask(self) -> None:
        words = self._words()
        if words:
            self.ask_about.emit(words)

    def _copy(self) -> None:
        view = self._view()
        if self._entry is None and view is not None:
            if view.selected() is None:
                view.select_all()
            view.copy()
            return
        words = self._words()
        if words:
            QGuiApplication.clipboard().setText(words)

    def _leave_out(self) -> None:
        if self._entry:
            self.leave_out.emit(self._entry.key)

    def _unfold(self, template: int) -> None:
        if self._entry is not None:
            self._template = template
            self.unfolding.emit(self._entry.key, template)

    def _turn_page(self, by: int) -> None:
        view = self._view()
        if view is not None:
            view.step_page(by)

    def _arrange(self) -> None:
        self._empty.setWordWrap(True)
        self._empty.setTextFormat(Qt.TextFormat.PlainText)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setMargin(24)
        self._empty.setProperty("tone", "third")
        for widget in (self._empty, self.pages, self.text):
            self._stack.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.find_bar)
        column.addWidget(rule())
        column.addWidget(self.contents)
        column.addWidget(self._below_contents)
        column.addWidget(self._stack, 1)
        column.addWidget(self.footer)

    def _connect(self) -> None:
        self.header.turned.connect(self._turn_page)
        self.text.template_wanted.connect(self._unfold)
        self.header.find_wanted.connect(self.open_find)
        self.header.contents_wanted.connect(self._show_contents)
        self.contents.wanted.connect(self._go)
        self._symbols.arrived.connect(self._symbols_found)
        self.header.close_wanted.connect(self.closed)
        for view in (self.pages, self.text):
            view.place_changed.connect(self._tell_place)
            view.selection_changed.connect(self._tell_selection)
        self.footer.ask.clicked.connect(self._ask)
        self.footer.leave_out.clicked.connect(self._leave_out)
        self.footer.copy_words.clicked.connect(self._copy)


def _records_of(document: Document, template: int) -> int | None:
    """The section with which the records of a template of a folded log begin."""
    front = f"template #{template},"
    return next((i for i, section in enumerate(document.sections) if section.label.startswith(front)), None)


def _source_text(document: Document) -> str:
    """What can be parsed: a source file as it stands."""
    whole = document.kind == "code" and document.view.detail not in ("outline", "name") and not document.view.mask
    only = document.sections[0] if whole and len(document.sections) == 1 else None
    return only.body if only is not None and isinstance(only.body, str) and not only.line_map else ""


def _symbols_of(name: str, text: str) -> tuple[Symbol, ...]:
    from ingest.outline import symbols

    return symbols(name, text)


def _has_pages(document: Document) -> bool:
    # A PDF inside an archive is no file whose pages could be drawn; its text is shown.
    is_file = document.path != STDIN and document.archive is None
    return document.kind == "pdf" and document.status not in _WITHOUT_PAGES and is_file
