"""Pages stacked and scrolled: what is in sight is measured and drawn by another process, sharp at any zoom.

Knows no words on pages and no marks; `page_view` adds them.
"""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QStyle, QWidget

from app.services.page_render import Failure, PageRenderer, PdfFile, Sizes, SizesWanted, Tile, TileWanted, Want
from app.ui.theme.style import Theme
from app.ui.viewer.base_view import EvidenceView
from app.ui.viewer.page_layout import GAP, PageLayout
from app.ui.viewer.tile_cache import TileCache
from ingest.document import Rect

TILE = 1024
"""The side of a tile in pixels of the screen."""

ZOOM_STEP = 1.2

_SIDE = 16
_BLOCK = 64
_ZOOMS = (0.25, 8.0)
_STEP = 48

Goal = tuple[int, float, float]
"""A page, a point on it (from its top, in points), and the share of the view's height at which it is to be."""


class PagesView(EvidenceView):
    """Pages count from 0. `problem`: a sentence instead of all pages. `failed`: sentences instead of single ones."""

    def __init__(self, theme: Theme, renderer: PageRenderer, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.file: PdfFile | None = None
        self.layout_of_pages = PageLayout(0)
        self.tiles = TileCache()
        self.failed: dict[Want, str] = {}
        self.problem: str | None = None
        self._renderer = renderer
        self._zoom = 1.0
        self._goal: Goal | None = None
        """Kept in place while sizes come in, until the user scrolls."""
        self._moving = False
        self._told: tuple[int, int] | None = None
        for bar in (self.verticalScrollBar(), self.horizontalScrollBar()):
            bar.setSingleStep(_STEP)
            bar.valueChanged.connect(self._scrolled)
        renderer.arrived.connect(self._arrived)

    def open_file(self, file: PdfFile, *, pages: int, goal: Goal) -> None:
        """Show a file that has at least so many pages, at a place. What failed before is tried again."""
        if file != self.file or self.problem:
            self.tiles.clear()
            self.layout_of_pages = PageLayout(pages)
            self._zoom = 1.0
        self.file, self.problem = file, None
        self.failed.clear()
        self._told = None
        self._goal = goal
        self.lay_out()

    def clear(self) -> None:
        """Show nothing and want nothing."""
        if self.file:
            self._renderer.want(self.file, ())
        self.file = None
        self.tiles.clear()

    def more_wants(self, pages: range) -> list[Want]:
        """What else is wanted of pages in sight whose sizes are known."""
        return []

    def more_arrived(self, want: Want, outcome: object) -> None:
        """Something of `more_wants` is here."""

    @property
    def zoom(self) -> float:
        """1.0 fits the width."""
        return self._zoom

    def set_zoom(self, zoom: float) -> None:
        """Draw larger or smaller; what is in the middle stays there."""
        bar = self.horizontalScrollBar()
        across = (bar.value() + self.viewport().width() / 2) / (bar.maximum() + self.viewport().width())
        goal = self._goal_at(0.5)
        self._zoom = min(max(zoom, _ZOOMS[0]), _ZOOMS[1])
        self._goal = goal
        self.lay_out()
        bar.setValue(round(across * (bar.maximum() + self.viewport().width()) - self.viewport().width() / 2))

    def go_to(self, goal: Goal) -> None:
        """Bring a place into view, and keep it there while sizes come in."""
        self._goal = goal
        self._hold_goal()

    def holds(self, share: float) -> bool:
        """Whether a place was brought to this share of the height and the user has not scrolled since."""
        return self._goal is not None and self._goal[2] == share

    def step_page(self, by: int) -> None:
        """Show the top of another page."""
        last = self.layout_of_pages.pages - 1
        self.go_to((min(max(0, self.page_in_sight() + by), last), 0.0, 0.0))

    def page_in_sight(self) -> int:
        """The page at the upper third of the view."""
        return self.layout_of_pages.page_at(self.verticalScrollBar().value() + self.viewport().height() / 3)

    def pages_in_sight(self, around: int = 0) -> range:
        """The pages that show; around: pixels above and below that count as well."""
        top = self.verticalScrollBar().value()
        return self.layout_of_pages.visible(top - around, top + self.viewport().height() + around)

    def page_rect(self, page: int) -> QRect:
        """Where a page lies in the viewport."""
        layout = self.layout_of_pages
        spare = self.viewport().width() - layout.width
        left = spare // 2 if spare > 0 else _SIDE - self.horizontalScrollBar().value()
        top = layout.top(page) - self.verticalScrollBar().value()
        return QRect(left, top, layout.width, layout.page_height(page))

    def boxes(self, page: int, around: int = 0) -> list[TileWanted]:
        """The tiles that cover what shows of a page."""
        ratio = self.devicePixelRatioF()
        area = self.page_rect(page)
        seen = area.intersected(self.viewport().rect().adjusted(0, -around, 0, around)).translated(-area.topLeft())
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

    def failure(self, page: int) -> str | None:
        """Why a page cannot be shown."""
        return next((sentence for want, sentence in self.failed.items() if _concerns(want, page)), None)

    def sees(self, page: int, rects: list[Rect]) -> bool:
        """Whether all these places on a page (in points) are in view."""
        area, scale = self.page_rect(page), self.layout_of_pages.scale(page)
        inner = self.viewport().rect()
        return bool(rects) and all(
            inner.contains(area.x() + round(x * scale), area.y() + round(y * scale))
            for left, top, right, bottom in rects
            for x, y in ((left, top), (right, bottom))
        )

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """With Ctrl, zoom."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_zoom(self._zoom * ZOOM_STEP ** (event.angleDelta().y() / 120))
            event.accept()
        else:
            super().wheelEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Pages keep fitting the width, and what was at the top stays there."""
        if self._goal is None:
            self._goal = self._goal_at(0.0)
        self.lay_out()

    def lay_out(self) -> None:
        """Pages may have other sizes now."""
        layout = self.layout_of_pages
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent, None, self.verticalScrollBar())
        fitting = self.maximumViewportSize().width() - bar - 2 * _SIDE
        layout.set_width(max(32, round(fitting * self._zoom)))
        view = self.viewport().size()
        self._moving = True
        self.verticalScrollBar().setRange(0, max(0, layout.height - view.height()))
        self.verticalScrollBar().setPageStep(max(1, view.height() - GAP))
        over = layout.width + 2 * _SIDE - view.width()
        self.horizontalScrollBar().setRange(0, max(0, over) if layout.width > view.width() else 0)
        self.horizontalScrollBar().setPageStep(view.width())
        self._moving = False
        self._hold_goal()

    def _hold_goal(self) -> None:
        layout = self.layout_of_pages
        if self._goal is not None and layout.pages:
            page, point, share = self._goal
            page = min(page, layout.pages - 1)
            y = layout.top(page) + point * layout.scale(page) - share * self.viewport().height()
            self._moving = True
            self.verticalScrollBar().setValue(round(y) if point else layout.top(page) - GAP)
            self._moving = False
        self._ask()

    def _goal_at(self, share: float) -> Goal | None:
        """What is now at this share of the view's height."""
        layout = self.layout_of_pages
        if not layout.pages:
            return None
        y = self.verticalScrollBar().value() + share * self.viewport().height()
        page = layout.page_at(y)
        return page, (y - layout.top(page)) / layout.scale(page), share

    def _scrolled(self) -> None:
        if not self._moving:
            self._goal = None
            self._ask()

    def _ask(self) -> None:
        self.viewport().update()
        layout = self.layout_of_pages
        if self.file is None or self.problem or not layout.pages:
            return
        around = self.viewport().height() // 2
        near = self.pages_in_sight(around)
        wants: list[Want] = []
        for page in (*self.pages_in_sight(), *near):
            if not layout.knows(page):
                wants.append(SizesWanted(page // _BLOCK * _BLOCK, _BLOCK))
        wants += self.more_wants(self.pages_in_sight())
        wants += [box for page in near if layout.knows(page) for box in self.boxes(page)]
        wants += [box for page in near if layout.knows(page) for box in self.boxes(page, around)]
        fresh = (want for want in dict.fromkeys(wants) if want not in self.failed)
        self._renderer.want(self.file, [want for want in fresh if not self._has(want)])
        place = self.page_in_sight(), layout.pages
        if place != self._told:
            self._told = place
            self.place_changed.emit()

    def _has(self, want: Want) -> bool:
        return isinstance(want, TileWanted) and want in self.tiles

    def _arrived(self, file: PdfFile, want: Want, outcome: object) -> None:
        if file != self.file:
            return
        if isinstance(outcome, Failure):
            self.failed[want] = outcome.sentence
            if outcome.whole:
                self.problem = outcome.sentence
                self.tiles.clear()
            self.more_arrived(want, ())
        elif isinstance(outcome, Sizes) and isinstance(want, SizesWanted):
            self._goal = self._goal or self._goal_at(0.0)
            self.layout_of_pages.learn(outcome.pages, want.first, outcome.sizes)
            unreadable = [want.first + i for i, size in enumerate(outcome.sizes) if min(size) <= 0]
            for page in unreadable:
                sentence = self.tr("Page {page} cannot be drawn: the file is damaged here.")
                self.failed[SizesWanted(page, 1)] = sentence.format(page=f"{page + 1:,}")
            self.lay_out()
        elif isinstance(outcome, Tile) and isinstance(want, TileWanted):
            self.tiles.put(want, outcome)
        else:
            self.more_arrived(want, outcome)
        self.viewport().update()


def _concerns(want: Want, page: int) -> bool:
    if isinstance(want, SizesWanted):
        return want.first <= page < want.first + want.count
    return isinstance(want, TileWanted) and want.page == page
