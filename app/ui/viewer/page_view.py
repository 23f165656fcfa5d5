"""Real pages of a PDF with what is marked on them: the cited passage, what was found, what is selected.

Knows no headers and no buttons.
"""

from __future__ import annotations

from bisect import bisect_left

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.services.page_render import PageRenderer, PdfFile, Want, WordsWanted
from app.ui.theme.style import Theme
from app.ui.theme.tokens import LIGHT
from app.ui.viewer.evidence import Evidence, Stand
from app.ui.viewer.finding import Hit
from app.ui.viewer.page_marks import PageMarks
from app.ui.viewer.page_painter import paint_marks, paint_page
from app.ui.viewer.page_words import word_at
from app.ui.viewer.pages_view import ZOOM_STEP, Goal, PagesView
from ingest.document import Document, Rect

_PASSAGE_AT, _HIT_AT = 0.25, 0.3


class PageView(PagesView):
    """Pages count from 0 in here; people count from 1."""

    def __init__(self, theme: Theme, renderer: PageRenderer, parent: QWidget | None = None) -> None:
        super().__init__(theme, renderer, parent)
        self.marks = PageMarks(())
        self.setAccessibleName(self.tr("Pages"))

    def show_document(self, document: Document, *, at: Evidence | None = None) -> None:
        """Show the PDF that `document` was read from, at a passage or from its beginning."""
        file = PdfFile.of(document)
        if file != self.file or self.marks.sections is not document.sections:
            self.marks = PageMarks(document.sections)
        self.marks.clear()
        self.marks.passage = at
        self.marks.secrets = document.secrets
        pages = max((section.span.page or 1 for section in document.sections), default=1)
        self.open_file(file, pages=pages, goal=self._passage_goal() or (0, 0.0, 0.0))
        self.selection_changed.emit()

    def clear(self) -> None:
        """Show nothing and want nothing."""
        super().clear()
        self.marks = PageMarks(())

    def show_place(self, section: int, start: int) -> None:
        """Bring a character of a section into view."""
        page = self.marks.page_of(section)
        rects = self.marks.rects(page, section, start, start + 1)
        self.go_to((page, min((rect[1] for rect in rects), default=0.0), _PASSAGE_AT))

    def show_page(self, number: int) -> None:
        """Bring the top of a page, counted from 1, into view."""
        self.go_to((min(max(1, number), max(1, self.layout_of_pages.pages)) - 1, 0.0, 0.0))

    def stand(self) -> Stand | None:
        """The page at the upper third."""
        if not self.layout_of_pages.pages:
            return None
        return Stand("page", self.page_in_sight() + 1, self.page_in_sight() + 1, self.layout_of_pages.pages)

    def selected(self) -> tuple[str, Stand | None] | None:
        """Words chosen by mouse, and their pages."""
        chosen = self.marks.selected_text()
        if chosen is None:
            return None
        text, first, last = chosen
        return text, Stand("page", first + 1, last + 1)

    def passage(self) -> tuple[str, Stand | None] | None:
        """The marked passage as it is in the page's text."""
        page = self.marks.passage_page()
        if page is None:
            return None
        return self.marks.passage_text(), Stand("page", page + 1, page + 1)

    def set_hits(self, hits: list[Hit], current: int | None) -> None:
        """Mark what was found; bring the current one into view."""
        self.marks.set_hits(hits, current)
        if current is not None:
            page = self.marks.page_of(hits[current].section)
            rects = self.marks.rects(page, hits[current].section, hits[current].start, hits[current].end)
            if not self.sees(page, rects):
                self.go_to((page, rects[0][1] if rects else 0.0, _HIT_AT))
        self.viewport().update()

    def hit_from_here(self, hits: list[Hit]) -> int | None:
        """The first hit on the page in sight or behind it."""
        at = bisect_left(hits, self.page_in_sight(), key=lambda hit: self.marks.page_of(hit.section))
        return at if at < len(hits) else None

    def select_to(self, where: QPoint) -> None:
        """Select words up to a point."""
        found = self._word_at(where)
        if found:
            self.marks.select_to(*found)
            self.selection_changed.emit()
            self.viewport().update()

    def select_all(self) -> None:
        """Select all words of the page in sight."""
        self.marks.select_page(self.page_in_sight())
        self.selection_changed.emit()
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Begin a selection."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        extend = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        found = self._word_at(event.position().toPoint())
        self.begin_drag(event.position().toPoint())
        if found and extend:
            self.marks.select_to(*found)
        else:
            self.marks.begin_selection(found)
        self.selection_changed.emit()
        self.viewport().update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Select one word."""
        self.select_to(event.position().toPoint())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Copy, select, zoom, first and last page."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.select_all()
        elif event.matches(QKeySequence.StandardKey.ZoomIn) or _is_ctrl(event, Qt.Key.Key_Equal):
            self.set_zoom(self._zoom * ZOOM_STEP)
        elif event.matches(QKeySequence.StandardKey.ZoomOut):
            self.set_zoom(self._zoom / ZOOM_STEP)
        elif _is_ctrl(event, Qt.Key.Key_0):
            self.set_zoom(1.0)
        elif event.key() == Qt.Key.Key_Home:
            self.step_page(-self.layout_of_pages.pages)
        elif event.key() == Qt.Key.Key_End:
            self.step_page(self.layout_of_pages.pages)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the pages in sight."""
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), self._theme.colour("window"))
        if self.problem:
            self.paint_sentence(painter, self.viewport().rect(), self.problem, self._theme.colour("text2"))
        elif self.file:
            for page in self.pages_in_sight():
                self._paint_page(painter, page)
        self.paint_focus(painter)

    def rects_in_view(self, page: int, rects: list[Rect]) -> list[QRectF]:
        """Rectangles of a page (in points) where they lie in the viewport."""
        at, scale = self.page_rect(page).topLeft(), self.layout_of_pages.scale(page)
        return [
            QRectF(at.x() + left * scale, at.y() + top * scale, (right - left) * scale, (bottom - top) * scale)
            for left, top, right, bottom in rects
        ]

    def more_wants(self, pages: range) -> list[Want]:
        """The words of pages in sight, those of the passage's page first."""
        first = self.marks.passage_page()
        order = sorted(pages, key=lambda page: page != first)
        return [WordsWanted(page) for page in order if not self.marks.has_words(page)]

    def more_arrived(self, want: Want, outcome: object) -> None:
        """Words of a page: now marks fit the lines exactly."""
        if isinstance(want, WordsWanted) and isinstance(outcome, tuple):
            self.marks.set_words(want.page, outcome)
            goal = self._passage_goal()
            if goal and goal[0] == want.page and self.holds(_PASSAGE_AT):
                self.go_to(goal)

    def _paint_page(self, painter: QPainter, page: int) -> None:
        area = self.page_rect(page)
        sentence = self.failure(page)
        painter.fillRect(area, LIGHT.surface)
        if self.layout_of_pages.knows(page):
            paint_page(painter, area, self.boxes(page), self.tiles, self.devicePixelRatioF())
        if sentence:
            self.paint_sentence(painter, area, sentence, QColor(LIGHT.text2))
        paint_marks(painter, self, self.marks, page)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._theme.colour("line"), 1))
        painter.drawRect(area.adjusted(-1, -1, 0, 0))

    def _passage_goal(self) -> Goal | None:
        page = self.marks.passage_page()
        if page is None:
            return None
        rects = self.marks.passage_rects() or self.marks.passage_block()
        return page, min((rect[1] for rect in rects), default=0.0), _PASSAGE_AT

    def _word_at(self, where: QPoint) -> tuple[int, int] | None:
        if not self.layout_of_pages.pages or self.file is None:
            return None
        page = self.layout_of_pages.page_at(self.verticalScrollBar().value() + where.y())
        at = QPointF(where - self.page_rect(page).topLeft()) / self.layout_of_pages.scale(page)
        word = word_at(self.marks.words(page), at.x(), at.y())
        return None if word is None else (page, word)


def _is_ctrl(event: QKeyEvent, key: Qt.Key) -> bool:
    return event.key() == key and bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
