"""What the colours of the map say, in words on the colours themselves. Knows no report."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.theme.style import LABEL, SMALL, Theme, scaled
from app.ui.theme.tokens import label_on

_FIELD, _HIGH, _GAP = 38, 18, 2


class HeatLegend(QWidget):
    """From all found to none found."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Quiet cells: all found. Strong cells: none found. Hatched: not decided."))
        self.setToolTip(self.tr("Hatched: not decided by so few questions. Dashed and empty: not tested."))
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        """The word, then a field for every colour."""
        return QSize(self._word_width() + len(self._theme.tokens.heat) * (_FIELD + _GAP), _HIGH)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw them."""
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(scaled(SMALL))
        painter.setPen(QColor(tokens.text2))
        aligned = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(QRectF(0, 0, self._word_width(), _HIGH), aligned, self.tr("found"))
        last = len(tokens.heat) - 1
        named = {0: self.tr("all"), last // 2: self.tr("half"), last: self.tr("none")}
        painter.setFont(scaled(LABEL, weight=QFont.Weight.DemiBold))
        for index, colour in enumerate(tokens.heat):
            field = QRectF(self._word_width() + index * (_FIELD + _GAP) + 0.5, 0.5, _FIELD - 1, _HIGH - 1)
            painter.setPen(QPen(QColor(tokens.line), 1))
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(field, 3, 3)
            painter.setPen(QColor(label_on(tokens, colour)))
            painter.drawText(field, int(Qt.AlignmentFlag.AlignCenter), named.get(index, ""))
        painter.end()

    def _word_width(self) -> int:
        return QFontMetrics(scaled(SMALL)).horizontalAdvance(self.tr("found")) + 8
