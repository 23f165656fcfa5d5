"""A suggested change as lines with their signs and numbers. Nothing of it can be applied from here."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from app.ui.review.diff_rows import DiffRow, Sign, diff_rows
from app.ui.theme.style import Theme, monospace
from app.ui.viewer.row_layout import RowLayout, RowStyle
from app.ui.viewer.syntax import Run, code_runs

_PADDING, _SIGN, _TAB = 8, 18, 4
_LINE = 1.4
_COLOURED_ROWS = 400
_FIELDS: dict[Sign, str] = {"+": "ok_soft", "-": "bad_soft", "@": "window", "?": "window", " ": "surface"}
_SIGNS: dict[Sign, str] = {"+": "+", "-": "−", "@": "", "?": "", " ": ""}


class DiffView(QAbstractScrollArea):
    """As high as its rows until `most_rows`, then it scrolls."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._path = ""
        self._rows: list[DiffRow] = []
        self._runs: list[list[Run]] = []
        self._layouts: dict[int, RowLayout] = {}
        self._digits = 1
        self._widest = 0
        self.most_rows = 14
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(self.tr("Suggested change"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.verticalScrollBar().valueChanged.connect(self.viewport().update)
        self.horizontalScrollBar().valueChanged.connect(self.viewport().update)
        theme.changed.connect(self._restyle)

    @property
    def rows(self) -> list[DiffRow]:
        """What is shown."""
        return self._rows

    def show_diff(self, path: str, diff: str) -> None:
        """Show the change of a file; its name tells in which colours."""
        self._path, self._rows = path, diff_rows(diff)
        self._runs = [[] for _ in self._rows]
        if len(self._rows) <= _COLOURED_ROWS:
            # Removed and added lines one after the other are no program, but near enough to colour words by.
            self._runs = code_runs([row.text for row in self._rows], path.rpartition("/")[2])
        self._digits = len(str(max((max(row.before, row.after) for row in self._rows), default=1)))
        self.setAccessibleDescription("\n".join(f"{_SIGNS[row.sign]} {row.text}".strip() for row in self._rows))
        self.verticalScrollBar().setValue(0)
        self.horizontalScrollBar().setValue(0)
        self._restyle()

    def line(self) -> int:
        """The height of a row in pixels."""
        return round(QFontMetrics(monospace()).height() * _LINE)

    def gutter(self) -> int:
        """The width of the numbers: before and after."""
        return 2 * (QFontMetrics(monospace()).horizontalAdvance("0") * self._digits + _PADDING) + _PADDING

    def field_of(self, row: DiffRow) -> QColor:
        """What a row stands on."""
        return self._theme.colour(_FIELDS[row.sign])

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Numbers, sign, text."""
        painter = QPainter(self.viewport())
        area, line = self.viewport().rect(), self.line()
        painter.fillRect(area, self._theme.colour("surface"))
        top = self.verticalScrollBar().value()
        for number in range(top // line, min(len(self._rows), (top + area.height()) // line + 1)):
            self._paint_row(painter, number, number * line - top)
        if self.hasFocus():
            painter.setPen(QPen(self._theme.colour("accent"), 2))
            painter.drawRect(area.adjusted(1, 1, -1, -1))
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Arrows scroll."""
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        bars = {
            Qt.Key.Key_Left: (across, -24),
            Qt.Key.Key_Right: (across, 24),
            Qt.Key.Key_Up: (down, -self.line()),
            Qt.Key.Key_Down: (down, self.line()),
        }
        if Qt.Key(event.key()) in bars:
            bar, by = bars[Qt.Key(event.key())]
            bar.setValue(bar.value() + by)
        else:
            event.ignore()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Scroll as long as there is something to scroll; then it is for what lies around."""
        down = event.pixelDelta().y() or event.angleDelta().y() * 3 * self.line() // 120
        across = event.pixelDelta().x() or event.angleDelta().x()
        sideways = bool(across) or bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        bar, by = (self.horizontalScrollBar(), across or down) if sideways else (self.verticalScrollBar(), down)
        before = bar.value()
        bar.setValue(before - by)
        event.setAccepted(bar.value() != before)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Other bars, and the room that they take."""
        super().resizeEvent(event)
        self._fit()

    def _paint_row(self, painter: QPainter, number: int, top: int) -> None:
        row, line, gutter = self._rows[number], self.line(), self.gutter()
        width = self.viewport().width()
        painter.fillRect(QRect(0, top, width, line), self.field_of(row))
        if row.sign == "@":
            painter.fillRect(QRect(0, top, width, 1), self._theme.colour("line"))
        painter.save()
        painter.setClipRect(QRect(gutter + _SIGN, top, width - gutter - _SIGN, line))
        layout = self._layout(number)
        layout.draw(painter, QPointF(gutter + _SIGN - self.horizontalScrollBar().value(), top), ())
        painter.restore()
        painter.setFont(monospace())
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        # On the field of what is added or removed the third tone is too faint.
        painter.setPen(self._theme.colour("text2"))
        half = (gutter - _PADDING) // 2
        for place, shown in ((0, row.before), (half, row.after)):
            if shown:
                painter.drawText(QRect(place, top, half, line), right, str(shown))
        painter.setPen(self._theme.colour("text"))
        painter.drawText(QRectF(gutter, top, _SIGN, line), int(Qt.AlignmentFlag.AlignVCenter), _SIGNS[row.sign])

    def _layout(self, number: int) -> RowLayout:
        layout = self._layouts.get(number)
        if layout is None:
            style = RowStyle(monospace(), 0, self.line(), False, self._theme.tokens, _TAB)
            layout = RowLayout(self._rows[number].text, style, runs=self._runs[number])
            self._layouts[number] = layout
        return layout

    def _restyle(self) -> None:
        self._layouts.clear()
        self._widest = max((self._layout(i).width for i in range(min(len(self._rows), _COLOURED_ROWS))), default=0)
        self._fit()
        self.viewport().update()

    def _fit(self) -> None:
        bar = self.horizontalScrollBar().sizeHint().height() if self._widest > self._room() else 0
        self.setFixedHeight(min(self.most_rows, max(1, len(self._rows))) * self.line() + bar)
        self._set_bars()

    def _room(self) -> int:
        return max(1, self.width() - self.gutter() - _SIGN - _PADDING)

    def _set_bars(self) -> None:
        down, across = self.verticalScrollBar(), self.horizontalScrollBar()
        view = self.viewport().size()
        down.setRange(0, max(0, len(self._rows) * self.line() - view.height()))
        down.setPageStep(view.height())
        down.setSingleStep(self.line())
        across.setRange(0, max(0, self._widest - self._room()))
        across.setPageStep(self._room())
