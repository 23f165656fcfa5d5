"""The picture of a log: records over time by level, in which a stretch of time is chosen by mouse or keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QBrush,
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.ui import words
from app.ui.logs.columns import SECOND, Buckets, Column, columns, span_words, ticks
from app.ui.theme.style import SMALL, Theme, scaled

HEIGHT, AXIS = 120, 20
_NARROWEST, _GAP = 5.0, 1.0
_TICK_ROOM = 84
_KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)
_LEAST = 2.0
"""px: a column with anything in it can be seen, however much there is in others."""


class Timeline(QWidget):
    """`chosen`: a stretch of time [start, end) in nanoseconds, or None for all of it."""

    chosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._buckets: Buckets = ()
        self._length = SECOND
        self._columns: tuple[Column, ...] = ()
        self._range: tuple[int, int] | None = None
        self._anchor: int | None = None
        self._cursor: int | None = None
        self._held = False
        self._by_keyboard = False
        self.setMinimumWidth(240)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Records over time"))
        theme.changed.connect(self.update)

    def show_buckets(self, buckets: Buckets, length: int) -> None:
        """Show these records. length: of each bucket, in nanoseconds."""
        self._buckets, self._length = buckets, length
        self._arrange()

    def set_range(self, chosen: tuple[int, int] | None) -> None:
        """Show what is chosen; nothing is said of it."""
        self._range = chosen
        self.update()

    @property
    def shown(self) -> tuple[Column, ...]:
        """The columns, from left to right."""
        return self._columns

    def column_rect(self, index: int) -> QRectF:
        """Where column `index` may be painted."""
        width = self.width() / max(1, len(self._columns))
        return QRectF(index * width, 0, width, HEIGHT)

    def sizeHint(self) -> QSize:  # noqa: N802
        """The columns and the times below them."""
        return QSize(640, HEIGHT + AXIS)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """As high as it is."""
        return QSize(240, HEIGHT + AXIS)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """As many columns as can be told apart."""
        self._arrange()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A stretch begins."""
        if event.button() == Qt.MouseButton.LeftButton and self._columns:
            self._anchor = self._cursor = self._column_at(event.position().x())
            self._held, self._by_keyboard = True, False
            self._choose()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """It grows or shrinks."""
        if self._held:
            self._cursor = self._column_at(event.position().x())
            self._choose()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """It is chosen."""
        self._held = False

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """All of the time again."""
        self.clear()

    def clear(self) -> None:
        """Choose all of the time."""
        self._anchor = None
        self._range = None
        self.chosen.emit(None)
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Show the focus when it came by a key."""
        self._by_keyboard = event.reason() in _KEYBOARD
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Arrows, Home and End go along the columns, with Shift they choose; Delete chooses all of the time."""
        last = len(self._columns) - 1
        here = min(self._cursor if self._cursor is not None else 0, max(0, last))
        places = {
            Qt.Key.Key_Left: here - (self._cursor is not None),
            Qt.Key.Key_Right: here + (self._cursor is not None),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.clear()
        elif event.key() not in places or last < 0:
            super().keyPressEvent(event)
        else:
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._cursor = max(0, min(last, places[Qt.Key(event.key())]))
            if not shift:
                self._anchor = self._cursor
            elif self._anchor is None:
                self._anchor = here
            if shift:
                self._choose()
            self._by_keyboard = True
            self._announce(self._columns[self._cursor])
            self.update()

    def event(self, event: QEvent) -> bool:
        """What a column holds, as its tooltip."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self._columns:
            column = self._columns[self._column_at(event.pos().x())]
            QToolTip.showText(event.globalPos(), self.words_of(column), self)
            return True
        return super().event(event)

    def words_of(self, column: Column) -> str:
        """When, and how many records."""
        parts = [span_words(column.start, column.end), self.tr("{0} records").format(words.count(column.records))]
        if column.grave:
            parts.append(self.tr("{0} errors").format(words.count(column.grave)))
        if column.warnings:
            parts.append(self.tr("{0} warnings").format(words.count(column.warnings)))
        return "\n".join(parts)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Columns, what is chosen of them, and times."""
        painter = QPainter(self)
        tokens = self._theme.tokens
        painter.fillRect(QRectF(0, 0, self.width(), HEIGHT), QColor(tokens.surface))
        chosen = self._chosen_rect()
        if chosen is not None:
            painter.fillRect(chosen, QColor(tokens.accent_soft))
        most = max((column.records for column in self._columns), default=0)
        for index, column in enumerate(self._columns):
            self._paint_column(painter, self.column_rect(index), column, most)
        painter.setPen(QPen(QColor(tokens.edge), 1))
        painter.drawLine(QPointF(0, HEIGHT - 0.5), QPointF(self.width(), HEIGHT - 0.5))
        self._paint_times(painter)
        if chosen is not None:
            painter.setPen(QPen(QColor(tokens.accent), 2))
            for x in (max(1.0, chosen.left()), min(self.width() - 1.0, chosen.right())):
                painter.drawLine(QPointF(x, 0), QPointF(x, HEIGHT))
        if self.hasFocus() and self._by_keyboard and self._columns:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.accent), 2))
            if self._cursor is not None:
                painter.drawRect(self.column_rect(min(self._cursor, len(self._columns) - 1)).adjusted(0, 1, 0, -1))
            else:
                painter.drawRect(QRectF(1, 1, self.width() - 2, HEIGHT - 2))

    def _paint_column(self, painter: QPainter, room: QRectF, column: Column, most: int) -> None:
        """From below: all others plain, warnings hatched, errors solid: never told by colour alone."""
        if not column.records:
            return
        tokens = self._theme.tokens
        inside = room.adjusted(_GAP / 2, 0, -_GAP / 2, 0)
        scale = (HEIGHT - 8) / most
        bottom = float(HEIGHT)
        for number, colour, hatched in (
            (column.others, tokens.edge, False),
            (column.warnings, tokens.warn, True),
            (column.grave, tokens.bad, False),
        ):
            if number:
                height = max(_LEAST, number * scale)
                part = QRectF(inside.left(), bottom - height, inside.width(), height)
                if hatched:
                    painter.fillRect(part, QColor(tokens.warn_soft))
                    painter.fillRect(part, QBrush(QColor(colour), Qt.BrushStyle.BDiagPattern))
                    painter.setPen(QPen(QColor(colour), 1))
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.drawRect(part.adjusted(0.5, 0.5, -0.5, -0.5))
                else:
                    painter.fillRect(part, QColor(colour))
                bottom -= height

    def _paint_times(self, painter: QPainter) -> None:
        if not self._columns:
            return
        font = scaled(SMALL)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        painter.setPen(QColor(self._theme.tokens.text2))
        first, last = self._columns[0].start, self._columns[-1].end
        free = 0.0
        for at, label in ticks(first, last, max(1, self.width() // _TICK_ROOM)):
            width = metrics.horizontalAdvance(label)
            x = min(max(0.0, self._x(at) - width / 2), self.width() - width)
            if x >= free:
                painter.drawText(QRectF(x, HEIGHT + 3, width + 1, AXIS - 3), Qt.AlignmentFlag.AlignCenter, label)
                free = x + width + 8

    def _chosen_rect(self) -> QRectF | None:
        if self._range is None or not self._columns:
            return None
        left, right = (max(0.0, min(float(self.width()), self._x(at))) for at in self._range)
        return QRectF(left, 0, max(2.0, right - left), HEIGHT)

    def _x(self, moment: int) -> float:
        first, last = self._columns[0].start, self._columns[-1].end
        return (moment - first) / max(1, last - first) * self.width()

    def _column_at(self, x: float) -> int:
        return max(0, min(len(self._columns) - 1, int(x / max(1, self.width()) * len(self._columns))))

    def _choose(self) -> None:
        if self._anchor is not None and self._cursor is not None:
            low, high = sorted((self._anchor, self._cursor))
            self._range = self._columns[low].start, self._columns[high].end
            self.chosen.emit(self._range)
            self.update()

    def _arrange(self) -> None:
        self._columns = columns(self._buckets, self._length, int(self.width() / _NARROWEST))
        self._anchor = self._cursor = None
        self.update()

    def _announce(self, column: Column) -> None:
        if QAccessible.isActive():
            QAccessible.updateAccessibility(
                QAccessibleAnnouncementEvent(self, self.words_of(column).replace("\n", ", "))
            )
