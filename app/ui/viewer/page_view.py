"""Real pages of a PDF, stacked: only those in sight are drawn, by another process, as sharp as the screen.

Knows where words stand on a page and what is marked there; knows no headers and no buttons.
"""

from __future__ import annotations

from bisect import bisect_left

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QStyle, QWidget

from app.services.page_render import (
    Failure,
    PageRenderer,
    PdfFile,
    Sizes,
    SizesWanted,
    Tile,
    TileWanted,
    Want,
    WordsWanted,
)
from app.ui.theme.style import Theme
from app.ui.theme.tokens import LIGHT
from app.ui.viewer.base_view import EvidenceView
from app.ui.viewer.evidence import Evidence, Stand
from app.ui.viewer.finding import Hit
from app.ui.viewer.page_layout import GAP, PageLayout
from app.ui.viewer.page_marks import PageMarks
from app.ui.viewer.page_painter import paint_marks, paint_page
from app.ui.viewer.page_words import word_at
from app.ui.viewer.tile_cache import TileCache
from ingest.document import Document, Rect

TILE = 1024
"""The side of a tile in pixels of the screen."""

_SIDE = 16
_BLOCK = 64
_ZOOMS = (0.25, 8.0)
_ZOOM_STEP = 1.2
_STEP = 48
_PASSAGE_AT = 0.25


class PageView(EvidenceView):
    """Pages from 0 in here; people count from 1."""

    def __init__(self, theme: Theme, renderer: PageRenderer, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._renderer = renderer
        self._file: PdfFile | None = None
        self._layout = PageLayout(0)
        self._marks = PageMarks(())
        self._tiles = TileCache()
        self._failed: dict[Want, str] = {}
        self._problem: str | None = None
        self._zoom = 1.0
        self._goal: tuple[int, float] | None = None
        """The page and the point on it that are kept in place while sizes are still coming in."""
        self._moving = False
        self._shown_page = -1
        self.setAccessibleName(self.tr("Pages"))
        self.verticalScrollBar().setSingleStep(_STEP)
        self.horizontalScrollBar().setSingleStep(_STEP)
        for bar in (self.verticalScrollBar(), self.horizontalScrollBar()):
            bar.valueChanged.connect(self._scrolled)
        renderer.arrived.connect(self._arrived)

    def show_document(self, document: Document, *, at: Evidence | None = None) -> None:
        """Show the PDF that `document` was read from, at a passage or from its beginning."""
        file = PdfFile.of(document)
        if file != self._file or self._problem:
            self._tiles.clear()
            self._layout = PageLayout(max((s.span.page or 1 for s in document.sections), default=1))
            self._zoom = 1.0
        self._file, self._problem = file, None
        self._failed.clear()
        if self._marks.sections is not document.sections:
            self._marks = PageMarks(document.sections)
        self._marks.clear()
        self._marks.passage = at
        self._goal = self._passage_goal() or (0, 0.0)
        self._shown_page = -1
        self._lay_out()
        self.selection_changed.emit()

    def clear(self) -> None:
        """Show nothing and want nothing."""
        if self._file:
            self._renderer.want(self._file, ())
        self._file = None
        self._tiles.clear()
        self._marks = PageMarks(())

    @property
    def zoom(self) -> float:
        """1.0 fits the width."""
        return self._zoom

    def set_zoom(self, zoom: float) -> None:
        """Draw larger or smaller; what is in the middle stays there."""
        middle = self.verticalScrollBar().value() + self.viewport().height() / 2
        page = self._layout.page_at(middle)
        point = (middle - self._layout.top(page)) / self._layout.scale(page)
        self._zoom = min(max(zoom, _ZOOMS[0]), _ZOOMS[1])
        self._goal = None
        self._lay_out()
        y = self._layout.top(page) + point * self._layout.scale(page) - self.viewport().height() / 2
        self.verticalScrollBar().setValue(round(y))
        bar = self.horizontalScrollBar()
        bar.setValue((bar.minimum() + bar.maximum()) // 2)

    def stand(self) -> Stand | None:
        """The page at the upper third."""
        if not self._layout.pages:
            return None
        return Stand("page", self._page_in_sight() + 1, self._page_in_sight() + 1, self._layout.pages)

    def selected(self) -> tuple[str, Stand | None] | None:
        """Words chosen by mouse, and their pages."""
        chosen = self._marks.selected_text()
        if chosen is None:
            return None
        text, first, last = chosen
        return text, Stand("page", first + 1, last + 1)

    def passage(self) -> tuple[str, Stand | None] | None:
        """The marked passage as it is in the page's text."""
        page = self._marks.passage_page()
        if page is None:
            return None
        return self._marks.passage_text(), Stand("page", page + 1, page + 1)

    def step_page(self, by: int) -> None:
        """Show the top of another page."""
        target = min(max(0, self._page_in_sight() + by), self._layout.pages - 1)
        self._goal = (target, 0.0)
        self._hold_goal()

    def set_hits(self, hits: list[Hit], current: int | None) -> None:
        """Mark what was found; bring the current one into view."""
        self._marks.set_hits(hits, current)
        if current is not None:
            page = self._marks.page_of(hits[current].section)
            rects = self._marks.rects(page, hits[current].section, hits[current].start, hits[current].end)
            if not self._in_sight(page, rects):
                self._goal = (page, rects[0][1] if rects else 0.0)
                self._hold_goal()
        self.viewport().update()

    def hit_from_here(self, hits: list[Hit]) -> int | None:
        """The first hit on the page in sight or behind it."""
        at = bisect_left(hits, self._page_in_sight(), key=lambda hit: self._marks.page_of(hit.section))
        return at if at < len(hits) else None

    def select_to(self, where: QPoint) -> None:
        """Select words up to a point."""
        found = self._word_at(where)
        if found:
            self._marks.select_to(*found)
            self.selection_changed.emit()
            self.viewport().update()

    def select_all(self) -> None:
        """Select all words of the page in sight."""
        self._marks.select_page(self._page_in_sight())
        self.selection_changed.emit()
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Begin a selection."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        extend = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        found = self._word_at(event.position().toPoint())
        self._dragging = found is not None
        if found and extend:
            self._marks.select_to(*found)
        else:
            self._marks.begin_selection(found)
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
            self.set_zoom(self._zoom * _ZOOM_STEP)
        elif event.matches(QKeySequence.StandardKey.ZoomOut):
            self.set_zoom(self._zoom / _ZOOM_STEP)
        elif _is_ctrl(event, Qt.Key.Key_0):
            self.set_zoom(1.0)
        elif event.key() == Qt.Key.Key_Home:
            self.step_page(-self._layout.pages)
        elif event.key() == Qt.Key.Key_End:
            self.step_page(self._layout.pages)
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """With Ctrl, zoom."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_zoom(self._zoom * _ZOOM_STEP ** (event.angleDelta().y() / 120))
            event.accept()
        else:
            super().wheelEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Pages keep fitting the width, and what was at the top stays there."""
        top = self.verticalScrollBar().value()
        if self._goal is None and self._layout.pages:
            page = self._layout.page_at(top)
            self._goal = (page, (top - self._layout.top(page)) / self._layout.scale(page) + self._goal_space())
        self._lay_out()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the pages in sight."""
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), self._theme.colour("window"))
        if self._problem:
            self.paint_sentence(painter, self.viewport().rect(), self._problem, self._theme.colour("text2"))
        elif self._file:
            for page in self._visible():
                self._paint_page(painter, page)
        self.paint_focus(painter)

    def page_rect(self, page: int) -> QRect:
        """Where a page lies in the viewport."""
        layout = self._layout
        spare = max(0, self.viewport().width() - layout.width)
        left = spare // 2 if spare else _SIDE - self.horizontalScrollBar().value()
        top = layout.top(page) - self.verticalScrollBar().value()
        return QRect(left, top, layout.width, layout.page_height(page))

    def rects_in_view(self, page: int, rects: list[Rect]) -> list[QRectF]:
        """Rectangles of a page (in points) where they lie in the viewport."""
        at, scale = self.page_rect(page).topLeft(), self._layout.scale(page)
        return [
            QRectF(at.x() + left * scale, at.y() + top * scale, (right - left) * scale, (bottom - top) * scale)
            for left, top, right, bottom in rects
        ]

    def _paint_page(self, painter: QPainter, page: int) -> None:
        area = self.page_rect(page)
        sentence = next((text for want, text in self._failed.items() if _concerns(want, page)), None)
        painter.fillRect(area, LIGHT.surface)
        if self._layout.knows(page):
            boxes = self._boxes(page)
            paint_page(painter, area, boxes, self._tiles, self.devicePixelRatioF())
        if sentence:
            self.paint_sentence(painter, area, sentence, QColor(LIGHT.text2))
        paint_marks(painter, self, self._marks, page)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._theme.colour("line"), 1))
        painter.drawRect(area.adjusted(-1, -1, 0, 0))

    def _boxes(self, page: int) -> list[TileWanted]:
        """The tiles that cover what shows of a page."""
        ratio = self.devicePixelRatioF()
        area = self.page_rect(page)
        seen = area.intersected(self.viewport().rect().adjusted(0, -TILE // 4, 0, TILE // 4)).translated(
            -area.topLeft()
        )
        if seen.isEmpty():
            return []
        width, height = round(area.width() * ratio), round(area.height() * ratio)
        columns = range(int(seen.left() * ratio) // TILE, int(seen.right() * ratio) // TILE + 1)
        rows = range(int(seen.top() * ratio) // TILE, int(seen.bottom() * ratio) // TILE + 1)
        return [
            TileWanted(page, width, (x * TILE, y * TILE, min(width, (x + 1) * TILE), min(height, (y + 1) * TILE)))
            for y in rows
            for x in columns
            if x * TILE < width and y * TILE < height
        ]

    def _lay_out(self) -> None:
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent, None, self.verticalScrollBar())
        fitting = self.maximumViewportSize().width() - bar - 2 * _SIDE
        self._layout.set_width(max(32, round(fitting * self._zoom)))
        view = self.viewport().size()
        self._moving = True
        self.verticalScrollBar().setRange(0, max(0, self._layout.height - view.height()))
        self.verticalScrollBar().setPageStep(max(1, view.height() - GAP))
        over = self._layout.width + 2 * _SIDE - view.width()
        self.horizontalScrollBar().setRange(0, max(0, over) if self._layout.width > view.width() else 0)
        self.horizontalScrollBar().setPageStep(view.width())
        self._moving = False
        self._hold_goal()

    def _hold_goal(self) -> None:
        if self._goal is not None and self._layout.pages:
            page, point = self._goal
            page = min(page, self._layout.pages - 1)
            y = self._layout.top(page) - GAP
            if point:
                y = round(self._layout.top(page) + (point - self._goal_space()) * self._layout.scale(page))
            self._moving = True
            self.verticalScrollBar().setValue(y)
            self._moving = False
        self._ask()

    def _goal_space(self) -> float:
        """Points of a page between the top of the view and the place where a passage is shown."""
        return self.viewport().height() * _PASSAGE_AT / self._layout.scale(0)

    def _scrolled(self) -> None:
        if not self._moving:
            self._goal = None
            self._ask()

    def _ask(self) -> None:
        self.viewport().update()
        if self._file is None or self._problem or not self._layout.pages:
            return
        pages = self._visible()
        wants: list[Want] = []
        for page in pages:
            if not self._layout.knows(page):
                wants.append(SizesWanted(page // _BLOCK * _BLOCK, _BLOCK))
        known = [page for page in pages if self._layout.knows(page)]
        wants += [WordsWanted(page) for page in known if not self._marks.has_words(page)]
        wants += [box for page in known for box in self._boxes(page) if box not in self._tiles]
        self._renderer.want(self._file, [want for want in dict.fromkeys(wants) if want not in self._failed])
        if self._shown_page != self._page_in_sight():
            self._shown_page = self._page_in_sight()
            self.place_changed.emit()

    def _arrived(self, file: PdfFile, want: Want, outcome: object) -> None:
        if file != self._file:
            return
        if isinstance(outcome, Failure):
            self._failed[want] = outcome.sentence
            if outcome.whole:
                self._problem = outcome.sentence
                self._tiles.clear()
        elif isinstance(outcome, Sizes) and isinstance(want, SizesWanted):
            pages = self._layout.pages
            self._layout.learn(outcome.pages, want.first, outcome.sizes)
            self._shown_page = -1 if pages != outcome.pages else self._shown_page
            self._lay_out()
        elif isinstance(outcome, Tile) and isinstance(want, TileWanted):
            self._tiles.put(want, outcome)
        elif isinstance(outcome, tuple) and isinstance(want, WordsWanted):
            self._marks.set_words(want.page, outcome)
            if self._goal is not None and self._marks.passage_page() == want.page:
                self._goal = self._passage_goal() if self._goal[1] else self._goal
                self._hold_goal()
        self.viewport().update()

    def _passage_goal(self) -> tuple[int, float] | None:
        page = self._marks.passage_page()
        if page is None:
            return None
        rects = self._marks.passage_rects() or self._marks.passage_block()
        return page, min((rect[1] for rect in rects), default=0.0)

    def _visible(self) -> range:
        top = self.verticalScrollBar().value()
        return self._layout.visible(top, top + self.viewport().height())

    def _page_in_sight(self) -> int:
        return self._layout.page_at(self.verticalScrollBar().value() + self.viewport().height() / 3)

    def _in_sight(self, page: int, rects: list[Rect]) -> bool:
        boxes = self.rects_in_view(page, rects)
        return bool(boxes) and all(QRectF(self.viewport().rect()).contains(box) for box in boxes)

    def _word_at(self, where: QPoint) -> tuple[int, int] | None:
        if not self._layout.pages or self._file is None:
            return None
        page = self._layout.page_at(self.verticalScrollBar().value() + where.y())
        at = QPointF(where - self.page_rect(page).topLeft()) / self._layout.scale(page)
        word = word_at(self._marks.words(page), at.x(), at.y())
        return None if word is None else (page, word)


def _concerns(want: Want, page: int) -> bool:
    if isinstance(want, SizesWanted):
        return want.first <= page < want.first + want.count
    return isinstance(want, TileWanted) and want.page == page


def _is_ctrl(event: QKeyEvent, key: Qt.Key) -> bool:
    return event.key() == key and bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
