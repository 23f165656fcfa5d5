"""A view of rows that scrolls without knowing how high all of them are. Knows no passages and no selections."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.ui.theme.style import BODY, Theme, monospace, scaled
from app.ui.viewer.base_view import EvidenceView
from app.ui.viewer.row_layout import RowStyle
from app.ui.viewer.row_scroll import MARGIN, STEPS, RowScroll
from app.ui.viewer.text_content import TextContent
from app.ui.viewer.text_selection import Position

PADDING = 12
TAB = 4
_WHEEL_LINES = 3
_CODE_LINE, _PROSE_LINE = 1.4, 1.5


class RowsView(EvidenceView):
    """`prose`: lines wrap. `fixed`: letters of one width. `largest_number`: of a line, 0 for no numbers at all.

    `tab`: characters from one tab stop to the next.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.content = TextContent(self)
        self.at = RowScroll(0, self.content.height)
        self.prose = False
        self.fixed = True
        self.largest_number = 0
        self.tab = TAB
        self._widest = 0
        self._moving = False
        self.verticalScrollBar().valueChanged.connect(self._bar_moved)
        self.horizontalScrollBar().valueChanged.connect(self._moved_sideways)

    def rows_in_sight(self) -> Iterator[tuple[int, int]]:
        """Rows and the positions of their tops."""
        return self.at.visible(self.viewport().height())

    def gutter(self) -> int:
        """The width of the column of line numbers."""
        if not self.largest_number:
            return 0
        return QFontMetrics(monospace()).horizontalAdvance(f"{self.largest_number:,}") + 2 * PADDING

    def text_left(self) -> int:
        """Where the text begins, as it is scrolled."""
        return self.gutter() + PADDING - self.horizontalScrollBar().value()

    def position_at(self, where: QPoint) -> Position:
        """The row and column closest to a point."""
        row, top = self.at.row, 0
        for row, top in self.rows_in_sight():
            if where.y() < top + self.content.height(row):
                break
        layout = self.content.layout(row) if self.content.source.rows else None
        return row, layout.column_at(where.x() - self.text_left(), where.y() - top) if layout else 0

    def style_of_rows(self) -> RowStyle:
        """How rows look now."""
        font = monospace() if self.fixed else scaled(BODY)
        line = round(QFontMetrics(font).height() * (_PROSE_LINE if self.prose else _CODE_LINE))
        width = max(80, self._room()) if self.prose else 0
        return RowStyle(font, width, line, self.prose, self._theme.tokens, self.tab)

    def scroll_by(self, pixels: int) -> None:
        """Scroll, and give up whatever was to be kept in view."""
        self.forget_goal()
        self.at.move(pixels, self.viewport().height())
        self.settled()

    def show_row(self, row: int, y: int) -> None:
        """Put the top of a row at `y`, as far as the ends allow."""
        self.at.show(row, y, self.viewport().height())
        self.settled()

    def show_columns(self, left: float, width: int) -> None:
        """Make the x `left` of a row that is `width` wide visible, at the left end where possible."""
        bar, room = self.horizontalScrollBar(), self._room()
        if not self.prose and not bar.value() <= left <= bar.value() + room * 0.8:
            self._widest = max(self._widest, width)
            self._set_bars()
            self._moving = True
            bar.setValue(round(left - room * 0.3) if left > room * 0.8 else 0)
            self._moving = False

    def step_page(self, by: int) -> None:
        """Scroll by a screen."""
        self.scroll_by(by * self.screenful())

    def screenful(self) -> int:
        """The pixels of a screen, less one line to hold on to."""
        line = self.style_of_rows().line
        return max(line, self.viewport().height() - line)

    def forget_goal(self) -> None:
        """The user scrolls; nothing is to be kept in view any more."""

    def lay_out(self) -> None:
        """Rows may have other heights now."""
        self.content.set_style(self.style_of_rows())
        self.at.settle(self.viewport().height())
        self.settled()

    def settled(self) -> None:
        """Other rows are in sight: read and colour them, set the bars, draw."""
        rows = [row for row, _ in self.rows_in_sight()]
        if rows:
            self.content.want(rows[0], rows[-1])
            widths = [layout.width for row in rows if (layout := self.content.layout(row))]
            self._widest = max([self._widest, *widths])
        self._set_bars()
        self.viewport().update()
        self.place_changed.emit()

    def start_anew(self) -> None:
        """Other rows will come."""
        self._widest = 0
        self.horizontalScrollBar().setValue(0)
        self.at = RowScroll(0, self.content.height)

    def scroll_by_key(self, key: Qt.Key) -> None:
        """Arrows, page keys, Home and End."""
        line, bar = self.style_of_rows().line, self.horizontalScrollBar()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            bar.setValue(bar.value() + (bar.singleStep() if key == Qt.Key.Key_Right else -bar.singleStep()))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.forget_goal()
            self.show_row(0 if key == Qt.Key.Key_Home else self.at.rows, MARGIN)
        else:
            by = {Qt.Key.Key_Up: -line, Qt.Key.Key_Down: line, Qt.Key.Key_PageUp: -self.screenful()}
            self.scroll_by(by.get(key, self.screenful()))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Scroll by lines, or by pixels where the device tells them; with Shift sideways."""
        pixels = event.pixelDelta()
        across = pixels.x() or event.angleDelta().x()
        down = pixels.y() or event.angleDelta().y() * _WHEEL_LINES * self.style_of_rows().line // 120
        bar = self.horizontalScrollBar()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            bar.setValue(bar.value() - (across or down))
        else:
            bar.setValue(bar.value() - across)
            self.scroll_by(-down)
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Wrap anew; what was at the top stays there."""
        self.lay_out()

    def _room(self) -> int:
        return self.viewport().width() - self.gutter() - 2 * PADDING

    def _set_bars(self) -> None:
        self._moving = True
        view = self.viewport().size()
        bar = self.verticalScrollBar()
        bar.setRange(0, self.at.largest_value(view.height()))
        bar.setPageStep(max(STEPS, view.height() // self.style_of_rows().line * STEPS))
        bar.setSingleStep(STEPS)
        bar.setValue(self.at.value())
        sideways = self.horizontalScrollBar()
        sideways.setRange(0, 0 if self.prose else max(0, self._widest - self._room()))
        sideways.setPageStep(max(1, self._room()))
        sideways.setSingleStep(PADDING * 2)
        self._moving = False

    def _bar_moved(self, value: int) -> None:
        if not self._moving:
            self.forget_goal()
            self.at.go_to_value(value, self.viewport().height())
            self.settled()

    def _moved_sideways(self, value: int) -> None:
        if not self._moving:
            self.forget_goal()
        self.content.set_left(value)
        self.viewport().update()

    def _restyle(self) -> None:
        self.lay_out()
