"""Text, code and logs as lines with their numbers: only what is in sight is laid out, read and coloured.

Knows where a passage is and marks it; knows no headers and no buttons.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.ui.theme.style import Theme
from app.ui.viewer.evidence import Evidence, Stand, last_line
from app.ui.viewer.finding import Hit
from app.ui.viewer.lines import row_of_line
from app.ui.viewer.row_scroll import MARGIN, RowScroll
from app.ui.viewer.rows_view import TAB, RowsView
from app.ui.viewer.secret_marks import SecretMarks
from app.ui.viewer.text_painter import TextPainter
from app.ui.viewer.text_selection import Motion, Position, TextSelection
from ingest.document import Document, Section, Span

_PASSAGE_AT = 0.25
_CELL = 14
"""Characters: the columns of a table stand one below the other as far as their values are no longer."""

_LARGEST_QUOTE = 1_000_000
_PROSE = ("markdown", "html", "text", "pdf", "document", "slides", "mail")
_PROPORTIONAL = ("markdown", "html", "pdf", "document", "slides", "mail")

_TEMPLATE = re.compile(r"#(\d{1,9}) ×")
"""How the line of a template begins in a folded log."""

_KEYS: dict[Qt.Key, tuple[Motion, Motion]] = {
    Qt.Key.Key_Left: ("left", "left"),
    Qt.Key.Key_Right: ("right", "right"),
    Qt.Key.Key_Up: ("up", "up"),
    Qt.Key.Key_Down: ("down", "down"),
    Qt.Key.Key_Home: ("home", "start"),
    Qt.Key.Key_End: ("end", "finish"),
    Qt.Key.Key_PageUp: ("page_up", "page_up"),
    Qt.Key.Key_PageDown: ("page_down", "page_down"),
}
"""What a key does with Shift, and with Shift and Ctrl."""


class TextView(RowsView):
    """Rows count from 0 in here; people read the numbers of the file's lines.

    `template_wanted`: the number of a template whose line in a folded log was double-clicked, or entered.
    """

    template_wanted = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.selection = TextSelection()
        self.hits: list[Hit] = []
        self.current: int | None = None
        self.evidence: Evidence | None = None
        self.secrets = SecretMarks()
        self.passage_ends: tuple[Position, Position] | None = None
        self.plain_when_marked = False
        self._folded = False
        self._line_goal = 0
        self._problem: str | None = None
        self._slides = False
        self._goal: tuple[int, int, int | None] | None = None
        """Section, character, and the section's line if known: kept in view until the user scrolls."""
        self.painter = TextPainter(theme, self)
        self.setAccessibleName(self.tr("Text"))
        self.setProperty("field", "surface")
        self.content.ready.connect(self._ready)
        self.content.changed.connect(self._changed)

    def show_document(self, document: Document, *, name: str, at: Evidence | None = None) -> None:
        """Show the text of a document, at a passage or from its beginning."""
        same = self.content.source.sections is document.sections and bool(document.sections)
        self.prose, self.fixed = document.kind in _PROSE, document.kind not in _PROPORTIONAL
        self.plain_when_marked = document.kind == "log"
        self._slides = document.kind == "slides"
        self.tab = _CELL if document.kind == "sheet" else TAB

        self._folded = document.kind == "log" and document.view.log.fold
        self.largest_number = last_line(document)
        self._begin(document.problem if not document.sections else None)
        self.secrets = SecretMarks(document.secrets if not document.view.mask else ())
        self.evidence = at
        self._goal = (at.section, at.start, None) if at else None
        if same and not self.content.reading:
            self._ready()
        else:
            self.start_anew()
            headings = document.kind in ("pdf", "slides") or (document.kind != "document" and _has_parts(document))
            headings = headings or (self._folded and bool(document.view.log.unfold))
            self.content.show(document.sections, kind=document.kind, name=name, headings=headings)

    def show_parts(self, parts: Sequence[tuple[str, str]]) -> None:
        """Show texts, each under its heading."""
        sections = tuple(Section(heading, Span(), text) for heading, text in parts)
        self.prose, self.fixed, self.largest_number = True, False, 0
        self._begin(None)
        self.secrets = SecretMarks()
        self.evidence = self._goal = None
        self.start_anew()
        self.content.show(sections, kind="text", name="", headings=True)

    def show_place(self, section: int, start: int) -> None:
        """Bring a character of a section into view."""
        self._goal = (section, start, None)
        self._reveal()

    def show_line(self, number: int) -> None:
        """Bring a line of the file into view, or the last one before it that is shown; now or once it is known."""
        self._line_goal = number
        source = self.content.source
        if not source.rows:
            return
        found = row_of_line(source.sections, number)
        if found is not None:
            self._goal = None
            self.show_row(source.row_of(*found), round(self.viewport().height() * _PASSAGE_AT))

    def line_in_sight(self) -> int:
        """The number of the file's line at the upper quarter, 0 for none."""
        source = self.content.source
        if not source.rows:
            return 0
        return source.number_at(self.position_at(QPoint(0, round(self.viewport().height() * _PASSAGE_AT)))[0])

    def template_at(self, row: int) -> int | None:
        """The number of the template that a row of a folded log stands for."""
        found = _TEMPLATE.match(self.content.source.line(row) or "") if self._folded else None
        return int(found.group(1)) if found else None

    def clear(self) -> None:
        """Show nothing."""
        self.show_parts(())

    def shut_down(self) -> None:
        """End the thread that reads."""
        self.content.shut_down()

    def stand(self) -> Stand | None:
        """The passage's lines while they show, else the first line in sight."""
        source = self.content.source
        if not source.rows:
            return None
        if self.passage_ends and any(
            self.passage_ends[0][0] <= row <= self.passage_ends[1][0] for row, _ in self.rows_in_sight()
        ):
            return self._lines(*self.passage_ends)
        return self._stand(self.at.row, self.at.row)

    def selected(self) -> tuple[str, Stand | None] | None:
        """The selected text and its lines; None also when it is too long to be quoted or was not read yet."""
        return self._quote(self.selection.ends)

    def passage(self) -> tuple[str, Stand | None] | None:
        """The marked text and its lines."""
        return self._quote(self.passage_ends)

    def can_quote(self) -> bool:
        """Whether `selected` or `passage` would give words; found out without collecting them."""
        return self._quotable(self.selection.ends) or self._quotable(self.passage_ends)

    def set_hits(self, hits: list[Hit], current: int | None) -> None:
        """Mark what was found; bring the current one into view."""
        self.hits, self.current = hits, current
        if current is not None:
            hit = hits[current]
            row = self.content.source.row_of(hit.section, hit.row)
            if not any(row == seen for seen, y in self.rows_in_sight() if y >= 0):
                self._goal = (hit.section, hit.start, hit.row)
                self._reveal()
        self.viewport().update()

    def hit_from_here(self, hits: list[Hit]) -> int | None:
        """The first hit in sight or behind it."""
        source = self.content.source
        at = bisect_left(hits, self.at.row, key=lambda hit: source.row_of(hit.section, hit.row))
        return at if at < len(hits) else None

    def select_to(self, where: QPoint) -> None:
        """Select text up to a point."""
        self.selection.extend(self.position_at(where))
        self._selected()

    def select_all(self) -> None:
        """Select the whole text."""
        source = self.content.source
        if source.rows:
            last = source.rows - 1
            # The end of a row that was not read yet is wherever its text will end.
            self.selection.anchor, self.selection.cursor = (0, 0), (last, len(source.line(last) or "x" * 9999))
            self._selected()

    def copy(self) -> None:
        """Put the selected text on the clipboard; long or unread text is collected in the background."""
        if self.selection.ends:
            self.content.copy(*self.selection.ends)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Begin a selection, with Shift extend it."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        at = self.position_at(event.position().toPoint())
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.selection.extend(at)
        else:
            self.selection.begin(at)
        self.begin_drag(event.position().toPoint())
        self._selected()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Select a word; open or close the template of a folded line."""
        at = self.position_at(event.position().toPoint())
        template = self.template_at(at[0])
        if template is not None:
            self.template_wanted.emit(template)
            return
        self.selection.word(at, self.content.source.line(at[0]) or "")
        self._selected()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Copy and select; arrows, Home, End and page keys scroll, with Shift they select."""
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.select_all()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._enter():
            pass
        elif event.key() not in _KEYS:
            event.ignore()
        elif shift:
            self._select_by_key(_KEYS[Qt.Key(event.key())][control])
        else:
            self.scroll_by_key(Qt.Key(event.key()))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the rows in sight."""
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), self._theme.colour("surface"))
        if self._problem or self.content.reading:
            sentence = self._problem or self.tr("Reading the text")
            self.paint_sentence(painter, self.viewport().rect(), sentence, self._theme.colour("text2"))
        else:
            self.painter.paint(painter)
        self.paint_focus(painter)

    def _begin(self, problem: str | None) -> None:
        self._problem = problem
        self.hits, self.current = [], None
        self.passage_ends = None
        self._line_goal = 0
        self.selection.clear()
        self.selection_changed.emit()

    def forget_goal(self) -> None:
        """The user scrolls; nothing is to be kept in view any more."""
        self._goal = None
        self._line_goal = 0

    def lay_out(self) -> None:
        """Rows may have other heights now; what was asked for stays where it is seen."""
        super().lay_out()
        if self._goal is not None:
            self._reveal()

    def _ready(self) -> None:
        self.secrets.forget()
        if self.at.rows != self.content.source.rows:
            self.at = RowScroll(self.content.source.rows, self.content.height)
        if self._goal is None:
            self.at.show(0, MARGIN, self.viewport().height())
        self.lay_out()
        if self._line_goal:
            self.show_line(self._line_goal)

    def _changed(self, first: int, last: int) -> None:
        self.secrets.forget()
        self._find_passage()
        if self._goal is not None or any(first <= row <= last for row, _ in self.rows_in_sight()):
            self.lay_out()

    def _reveal(self) -> None:
        """Bring the goal into view, now as well as it is known and again once its text is here."""
        source, view = self.content.source, self.viewport().height()
        if self._goal is None or not source.rows:
            return
        section, start, line = self._goal
        self._find_passage()
        at = source.position(section, start)
        if at is None:
            self.show_row(source.row_of(section, line or 0), round(view * _PASSAGE_AT))
            return
        row, column = at
        layout = self.content.layout(row)
        boxes = layout.rects(column, column + 1) if layout else []
        inside = round(boxes[0].top()) if boxes else 0
        self.show_row(row, round(view * _PASSAGE_AT) - inside)
        if layout:
            self.show_columns(layout.about(column), layout.width)

    def _find_passage(self) -> None:
        if self.evidence is None or self.passage_ends is not None:
            return
        source = self.content.source
        first = source.position(self.evidence.section, self.evidence.start)
        last = source.position(self.evidence.section, self.evidence.end)
        if first is not None and last is not None:
            self.passage_ends = first, last

    def _enter(self) -> bool:
        """Open or close the template of the line that the selection is on."""
        cursor = self.selection.cursor
        template = self.template_at(cursor[0]) if cursor is not None else None
        if template is not None:
            self.template_wanted.emit(template)
        return template is not None

    def _select_by_key(self, motion: Motion) -> None:
        self.forget_goal()
        source = self.content.source
        if self.selection.cursor is None:
            self.selection.begin(self.passage_ends[0] if self.passage_ends else (self.at.row, 0))
        page = max(1, self.screenful() // self.style_of_rows().line)
        at = self.selection.move(motion, rows=source.rows, page=page, line=source.line)
        if at is not None:
            view, height = self.viewport().height(), self.content.height(at[0])
            top = dict(self.rows_in_sight()).get(at[0])
            if at[0] < self.at.row or (top is not None and top < 0):
                self.show_row(at[0], 0)
            elif top is None or top + height > view:
                self.show_row(at[0], view - height)
        self._selected()

    def _selected(self) -> None:
        self.viewport().update()
        self.selection_changed.emit()

    def _lines(self, first: Position, last: Position) -> Stand | None:
        return self._stand(first[0], last[0])

    def _stand(self, first: int, last: int) -> Stand | None:
        """Where rows first to last stand."""
        source = self.content.source
        begins, ends = source.span_at(first), source.span_at(last)
        part = begins.part if begins.part == ends.part else ""
        numbers = source.number_at(first), source.number_at(last)
        if begins.part != ends.part:
            return Stand("part", part=" – ".join(filter(None, (begins.part, ends.part))))
        if self.largest_number and all(numbers):
            # In a notebook what a cell gave stands above what it does.
            return Stand("line", min(numbers), max(numbers), 0 if part else self.largest_number, part)
        if self._slides and begins.page and ends.page:
            return Stand("page", begins.page, ends.page, source.span_at(source.rows - 1).page or 0)
        return Stand("part", part=part) if part else None

    def _quotable(self, ends: tuple[Position, Position] | None) -> bool:
        source = self.content.source
        if ends is None or source.missing(ends[0][0], ends[1][0]):
            return False
        return source.size_between(ends[0][0], ends[1][0]) <= _LARGEST_QUOTE

    def _quote(self, ends: tuple[Position, Position] | None) -> tuple[str, Stand | None] | None:
        if ends is None or not self._quotable(ends):
            return None
        return "".join(self.content.source.between(*ends)), self._lines(*ends)


def _has_parts(document: Document) -> bool:
    return any(section.span.part for section in document.sections)
