"""What the page view and the text view have in common: focus that shows, a sentence in place, drags that scroll."""

from __future__ import annotations

from abc import abstractmethod

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFocusEvent, QGuiApplication, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QWidget

from app.ui.theme.style import Theme, scaled
from app.ui.theme.tokens import Tokens
from app.ui.viewer.evidence import TONES, Evidence, EvidenceState, Stand
from app.ui.viewer.finding import Hit

_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
_DRAG_MS = 40
RULE_WIDTH = 3
_DASHES: dict[EvidenceState, list[float]] = {"near": [2.0, 1.2], "missing": [1.0, 1.0]}
"""Lengths of dash and gap in widths of the rule; the other states have a solid one."""


class EvidenceView(QAbstractScrollArea):
    """A scrolled view of a source. Positions of the mouse are those in its viewport."""

    place_changed = Signal()
    selection_changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._keyboard_focus = False
        self._dragging = False
        self._pressed_at: QPoint | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self._drag_timer = QTimer(self)
        self._drag_timer.setInterval(_DRAG_MS)
        self._drag_timer.timeout.connect(self._drag_on)
        theme.changed.connect(self._restyle)

    @abstractmethod
    def stand(self) -> Stand | None:
        """Where the view is: the passage while it shows, else what is at the top."""

    @abstractmethod
    def selected(self) -> tuple[str, Stand | None] | None:
        """The selected words and where they stand; None without a selection."""

    @abstractmethod
    def passage(self) -> tuple[str, Stand | None] | None:
        """The marked words and where they stand."""

    def can_quote(self) -> bool:
        """Whether words are selected or marked."""
        return (self.selected() or self.passage()) is not None

    @abstractmethod
    def step_page(self, by: int) -> None:
        """Go to the next (1) or previous (-1) page."""

    @abstractmethod
    def set_hits(self, hits: list[Hit], current: int | None) -> None:
        """Show what was found, in order; `current`, an index, is brought into view."""

    @abstractmethod
    def hit_from_here(self, hits: list[Hit]) -> int | None:
        """The index of the first hit at or behind what shows, None when there is none."""

    @abstractmethod
    def show_place(self, section: int, start: int) -> None:
        """Bring a character of a section into view."""

    @abstractmethod
    def select_to(self, where: QPoint) -> None:
        """Extend the selection to a point of the viewport."""

    @abstractmethod
    def select_all(self) -> None:
        """Select all that belongs together: a page, a whole text."""

    def copy(self) -> None:
        """Put the selected words on the clipboard."""
        chosen = self.selected()
        if chosen:
            QGuiApplication.clipboard().setText(chosen[0])

    def begin_drag(self, at: QPoint) -> None:
        """The button was pressed at a point of the viewport; a selection may begin."""
        self._dragging = True
        self._pressed_at = at

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Select while the button is held; beyond an edge the view moves on by itself."""
        at = event.position().toPoint()
        if self._pressed_at is not None:
            # A hand that trembles in a click selects nothing.
            if (at - self._pressed_at).manhattanLength() < QApplication.startDragDistance():
                return
            self._pressed_at = None
        if self._dragging:
            self.select_to(at)
            outside = not self.viewport().rect().contains(at)
            if outside and not self._drag_timer.isActive():
                self._drag_timer.start()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """The selection is done."""
        self._dragging = False
        self._drag_timer.stop()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Show the focus when it came by a key."""
        self._keyboard_focus = event.reason() in _KEYBOARD
        self.viewport().update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Hide the focus."""
        self.viewport().update()
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Arrows move by lines, Page Up and Page Down by screens; other keys are the panel's."""
        bar, key = self.verticalScrollBar(), event.key()
        steps = {
            Qt.Key.Key_Up: -bar.singleStep(),
            Qt.Key.Key_Down: bar.singleStep(),
            Qt.Key.Key_PageUp: -bar.pageStep(),
            Qt.Key.Key_PageDown: bar.pageStep(),
        }
        if key in steps and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            bar.setValue(bar.value() + steps[Qt.Key(key)])
        else:
            event.ignore()

    def paint_focus(self, painter: QPainter) -> None:
        """Draw the focus line, last of all."""
        if self.hasFocus() and self._keyboard_focus:
            painter.setPen(QPen(self._theme.colour("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.viewport().rect().adjusted(1, 1, -1, -1))

    def paint_sentence(self, painter: QPainter, area: QRect, sentence: str, colour: QColor) -> None:
        """Write one sentence into the upper part of `area`."""
        painter.setFont(scaled(1.0))
        painter.setPen(colour)
        inner = area.adjusted(24, 32, -24, -16)
        flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        painter.drawText(inner, int(flags), sentence)

    def describe(self, place: str, passage: Evidence | None) -> None:
        """Tell assistive programs where the view is and what is marked."""
        words = passage.quote if passage else ""
        marked = self.tr("Marked: {words}").format(words=words) if words else ""
        description = " · ".join(part for part in (place, marked) if part)
        if description != self.accessibleDescription():
            self.setAccessibleDescription(description)

    def _drag_on(self) -> None:
        where = self.viewport().mapFromGlobal(self.cursor().pos())
        area = self.viewport().rect()
        if area.contains(where) or not self._dragging:
            self._drag_timer.stop()
            return
        bar = self.verticalScrollBar()
        if where.y() < area.top() or where.y() > area.bottom():
            bar.setValue(bar.value() + (bar.singleStep() if where.y() > area.bottom() else -bar.singleStep()))
        self.select_to(where)

    def _restyle(self) -> None:
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Another font changes every measure."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._restyle()


def paint_rule(painter: QPainter, tokens: Tokens, state: EvidenceState, line: tuple[QPointF, QPointF]) -> None:
    """Draw the upright line that marks a passage: solid for exact, dashed for near, dotted for missing."""
    pen = QPen(QColor(getattr(tokens, TONES[state])), RULE_WIDTH, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
    if state in _DASHES:
        pen.setDashPattern(_DASHES[state])
    painter.setPen(pen)
    painter.drawLine(*line)
