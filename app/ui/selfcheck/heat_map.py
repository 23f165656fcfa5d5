"""The map of one or of all tasks: depth by length, walked with the arrow keys, each cell with its fraction.

Where everything lies is worked out by `app.core.selfcheck.heat_map`, as for the files that are saved.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QFocusEvent,
    QFont,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.core.selfcheck.heat_map import HeatMap as Placed
from app.core.selfcheck.heat_map import Label, PlacedCell, Plumb, hatching, heat_map
from app.ui.plain import tooltip
from app.ui.selfcheck import names
from app.ui.selfcheck.drawing import font_of, map_scale, paint_label
from app.ui.spoken_parts import Parts, offer, tell
from app.ui.theme.style import Theme
from engine.selfcheck.report import Cell, Report

_RADIUS = 3
_HATCH_SHARE = 0.5
_NARROWEST = 320
_BOLD = QFont.Weight.DemiBold
_EMPTY = Placed(0, 0, (), (), ())


class HeatMap(QWidget):
    """`chosen`: the Cell that was clicked or walked to."""

    chosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._report: Report | None = None
        self._tasks: Sequence[str] = ()
        self._placed = _EMPTY
        self._current = -1
        self._hover = -1
        self.sentence = ""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Found, by depth and length"))
        offer(
            self,
            Parts(
                count=lambda: len(self._placed.cells),
                rect=self.cell_rect,
                words=self.words_of,
                value=lambda index: self._placed.cells[index].text or names.state_name("untested"),
                current=lambda: self._current,
                sentence=lambda: self.sentence,
                role=QAccessible.Role.Table,
                part_role=QAccessible.Role.Cell,
            ),
        )
        theme.changed.connect(self._arrange)

    def show_report(self, report: Report, tasks: Sequence[str]) -> None:
        """Show the maps of `tasks`; with several, each has its name over it. What was chosen stays so."""
        kept = self.current
        self._report, self._tasks = report, tasks
        self._arrange()
        self._current = -1 if kept is None else self._index(kept.task, kept.length, kept.depth)
        shown = ", ".join(names.task_name(task) for task in tasks)
        self.sentence = self.tr("{0}: {1} cells").format(shown, len(self._placed.cells))

    @property
    def cells(self) -> tuple[PlacedCell, ...]:
        """What is shown."""
        return self._placed.cells

    @property
    def labels(self) -> tuple[Label, ...]:
        """What is written around the cells."""
        return self._placed.labels

    @property
    def current(self) -> Cell | None:
        """The cell that is chosen."""
        return self._placed.cells[self._current].cell if 0 <= self._current < len(self._placed.cells) else None

    def choose(self, task: str, length: int, depth: int | None) -> None:
        """Choose a cell; `chosen` comes."""
        self._choose(self._index(task, length, depth))

    def cell_rect(self, index: int) -> QRectF:
        """Where cell `index` is."""
        x, y, width, height = (part * map_scale() for part in self._placed.cells[index].rect)
        return QRectF(x, y, width, height)

    def words_of(self, index: int) -> str:
        """Where the cell stands, then what was found there and what that proves."""
        cell = self._placed.cells[index].cell
        return f"{names.cell_title(cell)}\n{names.found_sentence(cell)}\n{names.interval_sentence(cell)}"

    def sizeHint(self) -> QSize:  # noqa: N802
        """As wide as there is room, as high as the depths ask for."""
        return QSize(640, self._height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """As high as it is."""
        return QSize(_NARROWEST, self._height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Place the cells anew."""
        self._arrange()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Cells, labels, plumb lines, the ring around what is chosen."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(map_scale(), map_scale())
        for placed in self._placed.cells:
            self._paint_cell(painter, placed)
        for plumb in self._placed.plumbs:
            self._paint_plumb(painter, plumb)
        for label in self._placed.labels:
            paint_label(painter, label, self._theme.tokens)
        painter.resetTransform()
        self._paint_rings(painter)
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Point out the cell under the mouse."""
        hover = self._at(event.position())
        if hover != self._hover:
            self._hover = hover
            self.setCursor(Qt.CursorShape.PointingHandCursor if hover >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """Point out nothing."""
        self._hover = -1
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Choose the cell under the mouse."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(self._at(event.position()))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Arrows go to the next cell, Home and End to the first and last of the row."""
        steps = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
            Qt.Key.Key_Home: (-1_000, 0),
            Qt.Key.Key_End: (1_000, 0),
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None or not self._placed.cells:
            super().keyPressEvent(event)
        elif self._current < 0:
            self._choose(0)
        else:
            self._step(*step)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Say which cell is chosen."""
        tell(self, self._current)
        super().focusInEvent(event)

    def event(self, event: QEvent) -> bool:
        """Tooltips by cell."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self._at(QPointF(event.pos()))
            if index >= 0:
                QToolTip.showText(event.globalPos(), tooltip(self.words_of(index)), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def _step(self, across: int, down: int) -> None:
        """To the cell so many columns and rows away; the rows of maps below each other follow one another."""
        rects = [placed.rect for placed in self._placed.cells]
        columns = sorted({rect[0] for rect in rects})
        rows = sorted({rect[1] for rect in rects})
        x, y, _, _ = rects[self._current]
        x = columns[max(0, min(len(columns) - 1, columns.index(x) + across))]
        y = rows[max(0, min(len(rows) - 1, rows.index(y) + down))]
        self._choose(next(i for i, rect in enumerate(rects) if (rect[0], rect[1]) == (x, y)))

    def _choose(self, index: int) -> None:
        if index < 0:
            return
        self._current = index
        self.update()
        tell(self, index)
        self.chosen.emit(self._placed.cells[index].cell)

    def _index(self, task: str, length: int, depth: int | None) -> int:
        for index, placed in enumerate(self._placed.cells):
            if (placed.cell.task, placed.cell.length, placed.cell.depth) == (task, length, depth):
                return index
        return -1

    def _at(self, place: QPointF) -> int:
        return next((i for i in range(len(self._placed.cells)) if self.cell_rect(i).contains(place)), -1)

    def _arrange(self) -> None:
        if self._report is not None and self.width() > 0:
            several = len(self._tasks) > 1
            width = (self.width() - 2) / map_scale()
            self._placed = heat_map(self._report, width, self._theme.tokens, tasks=self._tasks, titles=several)
            self.updateGeometry()
        self.update()

    def _height(self) -> int:
        return max(1, round(self._placed.height * map_scale() + 2))

    def _paint_cell(self, painter: QPainter, placed: PlacedCell) -> None:
        tokens = self._theme.tokens
        rect = QRectF(*placed.rect).adjusted(0.5, 0.5, -0.5, -0.5)
        untested = not placed.cell.n
        painter.setBrush(QColor(placed.fill))
        painter.setPen(QPen(QColor(tokens.line), 1, Qt.PenStyle.DashLine if untested else Qt.PenStyle.SolidLine))
        painter.drawRoundedRect(rect, _RADIUS, _RADIUS)
        if placed.hatched:
            self._hatch(painter, placed)
        if placed.cell.state == "fail":
            self._cross(painter, rect, QColor(placed.ink))
        if placed.text:
            missed = placed.cell.passed < placed.cell.n
            painter.setFont(font_of(placed.size, _BOLD if missed else QFont.Weight.Normal))
            painter.setPen(QColor(placed.ink))
            painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), placed.text)

    def _hatch(self, painter: QPainter, placed: PlacedCell) -> None:
        """Lines over the cell, and its own colour behind the words."""
        ink = QColor(placed.ink)
        ink.setAlphaF(_HATCH_SHARE)
        painter.setPen(QPen(ink, 1))
        painter.drawLines([QLineF(*line) for line in hatching(placed.rect)])
        middle = QRectF(*placed.rect).center()
        width, height = len(placed.text) * placed.size * 0.62 + 6, placed.size + 5
        words = QRectF(middle.x() - width / 2, middle.y() - height / 2, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(placed.fill))
        painter.drawRoundedRect(words, _RADIUS, _RADIUS)

    def _cross(self, painter: QPainter, rect: QRectF, ink: QColor) -> None:
        """In the corner of a cell that failed: told without its colour."""
        x, y = rect.right() - 10, rect.top() + 4.5
        painter.setPen(QPen(ink, 1.4))
        painter.drawLines([QLineF(x, y, x + 6, y + 6), QLineF(x, y + 6, x + 6, y)])

    def _paint_plumb(self, painter: QPainter, plumb: Plumb) -> None:
        brass = QColor(self._theme.tokens.brass)
        painter.fillRect(QRectF(plumb.x - 1, plumb.top, 2, plumb.bottom - plumb.top), brass)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(brass)
        bob = ((-4, 0), (4, 0), (4, 3), (0, 8), (-4, 3))
        painter.drawPolygon(QPolygonF([QPointF(plumb.x + dx, plumb.bottom + dy) for dx, dy in bob]))

    def _paint_rings(self, painter: QPainter) -> None:
        tokens = self._theme.tokens
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if 0 <= self._hover < len(self._placed.cells) and self._hover != self._current:
            painter.setPen(QPen(QColor(tokens.edge), 1.5))
            painter.drawRoundedRect(self.cell_rect(self._hover).adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
        if 0 <= self._current < len(self._placed.cells):
            rect = self.cell_rect(self._current)
            painter.setPen(QPen(QColor(tokens.surface), 4))
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), _RADIUS, _RADIUS)
            painter.setPen(QPen(QColor(tokens.accent), 3 if self.hasFocus() else 2))
            painter.drawRoundedRect(rect, _RADIUS + 1, _RADIUS + 1)
