"""What a model takes of the free memory, as one bar with its figures. Estimates are hatched and say "about"."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.core.model_choice import MemoryNeed, in_words
from app.ui.theme.style import BODY, SMALL, Theme, scaled

HEIGHT = 20
_SMALLEST, _RADIUS, _GAP = 3.0, 4.0, 1.5


@dataclass(frozen=True, slots=True)
class BarLayout:
    """Where each part begins and ends, in px. limit: where free memory ends, None when nothing goes past it."""

    weights: tuple[float, float]
    kv: tuple[float, float]
    compute: tuple[float, float]
    limit: float | None


def lay_out(need: MemoryNeed, width: float) -> BarLayout:
    """The parts in proportion to the larger of need and free memory; what is there at all stays visible."""
    scale = width / max(need.free, need.total, 1)
    edges = [0.0]
    for amount in (need.weights, need.kv, need.compute):
        edges.append(edges[-1] + (max(_SMALLEST, amount * scale) if amount else 0.0))
    if edges[-1] > width:
        edges = [edge * width / edges[-1] for edge in edges]
    weights, kv, compute = pairwise(edges)
    return BarLayout(weights, kv, compute, need.free * scale if need.left < 0 else None)


class MemoryBar(QWidget):
    """The bar. Its numbers are in the accessible description."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._need: MemoryNeed | None = None
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName(self.tr("Memory"))
        theme.changed.connect(self.update)

    def show_need(self, need: MemoryNeed | None) -> None:
        """Draw `need`; None draws an empty bar."""
        self._need = need
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Field, parts from the reading side, limit, border."""
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            painter.translate(self.width(), 0)
            painter.scale(-1, 1)
        outline = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.surface))
        painter.drawRoundedRect(outline, _RADIUS, _RADIUS)
        if self._need is not None:
            self._paint_parts(painter, lay_out(self._need, self.width() - 4.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(tokens.edge), 1))
        painter.drawRoundedRect(outline, _RADIUS, _RADIUS)

    def _paint_parts(self, painter: QPainter, layout: BarLayout) -> None:
        for part in ("weights", "kv", "compute"):
            start, end = getattr(layout, part)
            if end > start:
                width = max(end - start - _GAP, 1.5)
                _fill(painter, self._theme, part, QRectF(2 + start, 2, width, HEIGHT - 4))
        if layout.limit is not None:
            bad = self._theme.colour("bad")
            x = 2 + layout.limit
            over = QRectF(x, 2, max(0.0, 2 + layout.compute[1] - x), HEIGHT - 4)
            painter.fillRect(over, self._theme.colour("bad_soft"))
            painter.fillRect(over, QBrush(bad, Qt.BrushStyle.BDiagPattern))
            painter.setPen(QPen(bad, 2))
            painter.drawLine(QPointF(x, 0), QPointF(x, HEIGHT))
            painter.setPen(Qt.PenStyle.NoPen)


class MemoryCard(QFrame):
    """Heading with the sum, the bar, and a figure for each part."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.bar = MemoryBar(theme, self)
        self._heading = QLabel(self.tr("Memory"), self)
        self._heading.setFont(scaled(BODY, weight=QFont.Weight.DemiBold))
        self._sum = QLabel(self)
        self._sum.setWordWrap(True)
        self._sum.setProperty("tone", "second")
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self._heading, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._sum, 1)
        figures = QGridLayout()
        figures.setHorizontalSpacing(8)
        figures.setVerticalSpacing(0)
        self._values: dict[str, QLabel] = {}
        names = {
            "weights": self.tr("Weights"),
            "kv": self.tr("KV cache"),
            "compute": self.tr("Compute"),
            "left": self.tr("Left free"),
        }
        for column, (part, name) in enumerate(names.items()):
            label, value = QLabel(name, self), QLabel("–", self)
            label.setProperty("tone", "second")
            label.setFont(scaled(SMALL))
            value.setFont(scaled(BODY, weight=QFont.Weight.DemiBold))
            figures.addWidget(_Swatch(theme, part, self), 0, 2 * column)
            figures.addWidget(label, 0, 2 * column + 1)
            figures.addWidget(value, 1, 2 * column + 1)
            figures.setColumnStretch(2 * column + 1, 1)
            self._values[part] = value
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.bar)
        layout.addLayout(figures)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """All lines of the sum need room at this width."""
        super().resizeEvent(event)
        self._hold()

    def show_need(self, need: MemoryNeed | None) -> None:
        """The figures of `need`; None: they are not known yet."""
        self._show(need)
        self._hold()

    def _hold(self) -> None:
        layout = self.layout()
        if layout is not None:
            layout.invalidate()
            wrapped = layout.totalHeightForWidth(self.width()) if layout.hasHeightForWidth() else 0
            self.setMinimumHeight(max(wrapped, layout.totalMinimumSize().height()))

    def _show(self, need: MemoryNeed | None) -> None:
        self.bar.show_need(need)
        if need is None:
            for value in self._values.values():
                value.setText("–")
            self._sum.setText("")
            self._heading.setText(self.tr("Memory"))
            self.bar.setAccessibleDescription("")
            return
        words = in_words(need)
        heading = self.tr("Memory: {verdict}").format(verdict=need.verdict) if need.verdict else self.tr("Memory")
        self._heading.setText(heading)
        about = self.tr("about {amount}").format(amount=words.compute)
        for part, text in (("weights", words.weights), ("kv", words.kv), ("compute", about)):
            self._values[part].setText(text)
        left = self._values["left"]
        short = words.left.removeprefix("-")
        left.setText(words.left if need.left >= 0 else self.tr("{amount} short").format(amount=short))
        _set_tone(left, "" if need.left >= 0 else "bad")
        summed = self.tr("takes about {total} of the {free} free here, with a context of {tokens} tokens")
        self._sum.setText(summed.format(total=words.total, free=words.free, tokens=f"{need.n_ctx:,}"))
        spoken = self.tr("weights {weights}, KV cache {kv}, compute {compute}, left free {left}")
        self.bar.setAccessibleDescription(
            f"{self._sum.text()}: " + spoken.format(weights=words.weights, kv=words.kv, compute=about, left=left.text())
        )


class _Swatch(QWidget):
    """The field of one part, for the key under the bar."""

    def __init__(self, theme: Theme, part: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._part = theme, part
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        """12 px square."""
        return QSize(12, 12)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """The field with a border."""
        painter = QPainter(self)
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        _fill(painter, self._theme, self._part, rect)
        painter.setPen(QPen(self._theme.colour("edge"), 1))
        painter.drawRect(rect)


def _fill(painter: QPainter, theme: Theme, part: str, rect: QRectF) -> None:
    """The field of a part: weights grey, cache in the accent, compute hatched as it is an estimate, free plain."""
    if part == "compute":
        painter.fillRect(rect, theme.colour("surface"))
        painter.fillRect(rect, QBrush(theme.colour("text3"), Qt.BrushStyle.BDiagPattern))
    else:
        painter.fillRect(rect, theme.colour({"weights": "text3", "kv": "accent", "left": "surface"}[part]))


def _set_tone(label: QLabel, tone: str) -> None:
    label.setProperty("tone", tone)
    label.style().unpolish(label)
    label.style().polish(label)
