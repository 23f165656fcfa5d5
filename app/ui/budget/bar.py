"""The bar itself: painted, hovered, walked through with the arrow keys."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QVariantAnimation, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleValueChangeEvent,
    QBrush,
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
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

from app.core.ledger import Spending
from app.ui.budget.geometry import Layout, Segment, lay_out, ticks
from app.ui.plain import tooltip
from app.ui.spoken_parts import Parts, offer, tell
from app.ui.theme.style import LABEL, SMALL, Theme, scaled
from app.ui.theme.tokens import label_on, source_colour
from engine.selfcheck.verdicts import tokens_in_words

BAR, SCALE = 22, 24
_MOVE_MS = 160
_NARROWEST_LABEL = 24.0
_BOLD = QFont.Weight.DemiBold


class BudgetBar(QWidget):
    """One instrument for the whole context. `chosen` names the source that was clicked."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, describe: Callable[[Segment], str], parent: QWidget | None = None) -> None:
        """describe: what a segment's tooltip and accessible name say."""
        super().__init__(parent)
        self._theme = theme
        self._describe = describe
        self._spending: Spending | None = None
        self._layout = Layout((), 0.0, None)
        self._before: dict[str, tuple[float, float]] = {}
        self._unread: frozenset[str] = frozenset()
        self._verified: int | None = None
        self._hover: int | None = None
        self._current = 0
        self._compact = False
        self._bold = scaled(LABEL, weight=_BOLD)
        self.animated = True
        self._move = QVariantAnimation(self, duration=_MOVE_MS, startValue=0.0, endValue=1.0)
        self._move.valueChanged.connect(self.update)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Budget"))
        self.sentence = ""
        offer(
            self,
            Parts(
                count=lambda: len(self.segments),
                rect=self.segment_rect,
                words=self.words_of,
                value=lambda index: f"{self.segments[index].tokens:,}",
                current=lambda: self.current,
                sentence=lambda: self.sentence,
            ),
        )
        theme.changed.connect(self.update)

    def show_spending(self, spending: Spending | None, *, unread: frozenset[str], verified: int | None) -> None:
        """Show this budget from now on. unread: keys the engine does not hold; verified: tokens, None if unknown."""
        self._before = {self._name(s): (s.left, s.right) for s in self._layout.segments}
        self._spending, self._unread, self._verified = spending, unread, verified
        self._arrange()
        counting = spending is not None and spending.uncounted > 0
        # While sources are counted the bar grows by itself, and motion would only paint it more often.
        if self.animated and self._before and self.isVisible() and not counting:
            self._move.stop()
            self._move.start()
        else:
            self._move.stop()
        self.update()

    def set_compact(self, compact: bool) -> None:
        """Without the scale under the bar."""
        self._compact = compact
        self.updateGeometry()
        self.update()

    @property
    def segments(self) -> tuple[Segment, ...]:
        """What is shown, from left to right."""
        return self._layout.segments

    def segment_rect(self, index: int) -> QRectF:
        """Where segment `index` is, in the widget's coordinates."""
        segment = self._layout.segments[index]
        return QRectF(segment.left, 0, segment.width, BAR)

    def words_of(self, index: int) -> str:
        """What is said of segment `index`; the first line is its name."""
        return self._describe(self._layout.segments[index])

    def say(self, sentence: str) -> None:
        """What the bar as a whole says to those who do not see it."""
        self.sentence = sentence
        self.setAccessibleDescription(sentence)
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleValueChangeEvent(self, sentence))

    @property
    def current(self) -> int:
        """The segment that the arrow keys are on; -1 while there is none."""
        return min(self._current, len(self._layout.segments) - 1)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As wide as there is room; the bar, and the scale unless compact."""
        return QSize(600, BAR if self._compact else BAR + SCALE)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the segments, the free room, the limit, the verified length and the scale."""
        self._bold = scaled(LABEL, weight=_BOLD)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._theme.tokens
        frame = QRectF(0.5, 0.5, self.width() - 1, BAR - 1)
        painter.setPen(QPen(QColor(tokens.edge), 1))
        painter.setBrush(QColor(tokens.surface))
        painter.drawRoundedRect(frame, 4, 4)
        for index, segment in enumerate(self._layout.segments):
            self._paint_segment(painter, index, segment)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(tokens.edge), 1))
        painter.drawRoundedRect(frame, 4, 4)
        if self._layout.limit is not None:
            self._paint_over(painter)
        if not self._compact:
            self._paint_scale(painter)
        self._paint_verified(painter)
        if self.hasFocus() and self._layout.segments:
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.segment_rect(self.current).adjusted(1, 1, -1, -1), 3, 3)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Lay out anew, without motion."""
        self._move.stop()
        self._arrange()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Point out the segment under the mouse."""
        hover = self._layout.at(event.position().x()) if event.position().y() < BAR else None
        if hover != self._hover:
            self._hover = hover
            self.update()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """Point out nothing."""
        self._hover = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Choose the source under the mouse."""
        index = self._layout.at(event.position().x())
        if index is not None:
            self._choose(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Arrows move among the segments, Enter chooses."""
        count = len(self._layout.segments)
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is not None and count:
            self._current = max(0, min(count - 1, self.current + step))
            segment = self._layout.segments[self._current]
            tell(self, self.current)
            QToolTip.showText(
                self.mapToGlobal(QPointF(segment.left, BAR).toPoint()), tooltip(self._describe(segment)), self
            )
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and count:
            self._choose(self.current)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Say what the current segment is."""
        tell(self, self.current)
        super().focusInEvent(event)

    def event(self, event: QEvent) -> bool:
        """Tooltips by segment."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self._layout.at(event.pos().x())
            if index is not None and event.pos().y() < BAR:
                QToolTip.showText(event.globalPos(), tooltip(self._describe(self._layout.segments[index])), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def _choose(self, index: int) -> None:
        self._current = index
        keys = self._layout.segments[index].keys
        if keys:
            self.chosen.emit(keys[0])
        self.update()

    def _arrange(self) -> None:
        spending = self._spending
        self._layout = lay_out(spending, self.width()) if spending is not None else Layout((), 0.0, None)

    def _name(self, segment: Segment) -> str:
        return segment.keys[0] if segment.keys else segment.kind

    def _moved(self, segment: Segment) -> QRectF:
        """Where the segment is drawn now, on its way from where it was."""
        left, right = segment.left, segment.right
        if self._move.state() == QVariantAnimation.State.Running:
            share = float(self._move.currentValue())
            share = 1 - (1 - share) ** 3
            old_left, old_right = self._before.get(self._name(segment), (left, left))
            left, right = old_left + (left - old_left) * share, old_right + (right - old_right) * share
        return QRectF(left + 1, 1, max(0.5, right - left - 1), BAR - 2)

    def _paint_segment(self, painter: QPainter, index: int, segment: Segment) -> None:
        tokens = self._theme.tokens
        rect = self._moved(segment)
        painter.setPen(Qt.PenStyle.NoPen)
        if segment.kind == "free":
            self._paint_free(painter, rect, segment)
            return
        hatched = False
        if segment.kind == "source":
            colour, hatched = source_colour(tokens, segment.index)
        elif segment.kind == "answer":
            colour = tokens.reserve
        else:
            colour = tokens.text3 if segment.kind != "small" else tokens.edge
        field = QColor(colour)
        unread = segment.kind == "source" and segment.keys[0] in self._unread
        painter.fillRect(rect, _blend(colour, tokens.surface, 0.45) if unread else field)
        if hatched:
            painter.fillRect(rect, QBrush(QColor(label_on(tokens, colour)), Qt.BrushStyle.BDiagPattern))
        if index == self._hover and segment.keys:
            painter.fillRect(QRectF(rect.left(), rect.bottom() - 3, rect.width(), 3), QColor(label_on(tokens, colour)))
        # Hundreds of sources can be on the bar, and asking how wide their words are costs more than painting them.
        if segment.kind == "source" and rect.width() >= _NARROWEST_LABEL:
            label = tokens.text if unread else label_on(tokens, colour)
            self._label(painter, rect, segment, QColor(label))

    def _paint_free(self, painter: QPainter, rect: QRectF, segment: Segment) -> None:
        tokens = self._theme.tokens
        if self._verified is not None:
            start = max(rect.left(), self._verified * self._layout.scale)
            if start < rect.right():
                beyond = QRectF(start, rect.top(), rect.right() - start, rect.height())
                painter.fillRect(beyond, QBrush(QColor(tokens.line), Qt.BrushStyle.BDiagPattern))
        painter.setFont(self._bold)
        painter.setPen(QColor(tokens.text2))
        words = self.tr("{0} free").format(f"{segment.tokens:,}")
        if QFontMetricsF(self._bold).horizontalAdvance(words) + 16 < rect.width():
            painter.drawText(rect.adjusted(8, 0, -4, 0), int(Qt.AlignmentFlag.AlignVCenter), words)

    def _label(self, painter: QPainter, rect: QRectF, segment: Segment, colour: QColor) -> None:
        metrics = QFontMetricsF(self._bold)
        key, count = segment.keys[0], f"{segment.tokens:,}"
        for words in (f"{key}  {count}", key):
            if metrics.horizontalAdvance(words) + 12 <= rect.width():
                painter.setFont(self._bold)
                painter.setPen(colour)
                painter.drawText(rect.adjusted(6, 0, -2, 0), int(Qt.AlignmentFlag.AlignVCenter), words)
                return

    def _paint_over(self, painter: QPainter) -> None:
        tokens = self._theme.tokens
        limit = self._layout.limit or 0.0
        excess = QRectF(limit, 1, self.width() - limit - 1, BAR - 2)
        painter.fillRect(excess, _blend(tokens.bad, tokens.surface, 0.25))
        painter.fillRect(excess, QBrush(QColor(tokens.bad), Qt.BrushStyle.BDiagPattern))
        painter.fillRect(QRectF(limit - 1.5, 0, 3, BAR + (0 if self._compact else 5)), QColor(tokens.bad))
        if self._compact or self._spending is None:
            return
        font = scaled(SMALL, weight=_BOLD)
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        painter.setPen(QColor(tokens.bad))
        budget = self._spending.budget
        words = self.tr("limit {0}").format(f"{budget.context:,}")
        baseline = BAR + 5 + metrics.ascent()
        over = f"+{budget.over:,}"
        left = min(limit + 8, self.width() - metrics.horizontalAdvance(over))
        painter.drawText(QPointF(left, baseline), over)
        painter.drawText(QPointF(min(limit, left) - 8 - metrics.horizontalAdvance(words), baseline), words)

    def _paint_scale(self, painter: QPainter) -> None:
        if self._spending is None or self._layout.limit is not None:
            return
        tokens = self._theme.tokens
        font = scaled(SMALL)
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        verified = self._verified_label()
        for x, words in ticks(self._spending.budget.context, self.width()):
            width = metrics.horizontalAdvance(words)
            left = max(0.0, min(x - width / 2, self.width() - width))
            if verified is not None and left < verified.right() + 8 and left + width > verified.left() - 8:
                continue
            painter.setPen(QPen(QColor(tokens.edge), 1))
            tick = max(0.5, min(x, self.width() - 0.5))
            painter.drawLine(QPointF(tick, BAR + 1), QPointF(tick, BAR + 4))
            painter.setPen(QColor(tokens.text2))
            painter.drawText(QPointF(left, BAR + 5 + metrics.ascent()), words)

    def _verified_label(self) -> QRectF | None:
        if self._verified is None:
            return None
        metrics = QFontMetricsF(scaled(SMALL, weight=_BOLD))
        x = self._verified * self._layout.scale
        width = metrics.horizontalAdvance(self._verified_words()) + 10
        return QRectF(min(x, self.width() - width), BAR + 5, width, metrics.height())

    def _verified_words(self) -> str:
        if not self._verified:
            return self.tr("nothing verified")
        return self.tr("verified to {0}").format(tokens_in_words(self._verified))

    def _paint_verified(self, painter: QPainter) -> None:
        label = self._verified_label()
        if label is None or self._verified is None:
            return
        brass = QColor(self._theme.tokens.brass)
        x = self._verified * self._layout.scale
        painter.fillRect(QRectF(x - 1, 0, 2, BAR + 6), brass)
        if self._compact:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(brass)
        bob = [(-4, 5), (4, 5), (3, 10), (0, 14), (-3, 10)]
        painter.drawPolygon(QPolygonF([QPointF(x + dx, BAR + dy) for dx, dy in bob]))
        font = scaled(SMALL, weight=_BOLD)
        painter.setFont(font)
        painter.setPen(QColor(self._theme.tokens.text))
        painter.drawText(QPointF(label.left() + 10, BAR + 5 + QFontMetricsF(font).ascent()), self._verified_words())


@cache
def _blend(over: str, under: str, share: float) -> QColor:
    above, below = QColor(over), QColor(under)
    parts = ((getattr(above, c)() * share + getattr(below, c)() * (1 - share)) for c in ("redF", "greenF", "blueF"))
    return QColor.fromRgbF(*parts)
