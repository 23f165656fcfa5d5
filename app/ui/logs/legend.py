"""What the three kinds of columns in the picture of a log stand for."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.ui.theme.style import SMALL, Theme, scaled

_BOX = 11


class Legend(QWidget):
    """Signs with their words, painted as the columns are."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._words = (self.tr("errors"), self.tr("warnings"), self.tr("all others"))
        self.setAccessibleName(self.tr("Errors solid, warnings hatched, all others grey"))
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        """One line."""
        return QSize(240, QFontMetrics(scaled(SMALL)).height() + 4)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """One line."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Each box with its words."""
        painter = QPainter(self)
        tokens = self._theme.tokens
        font = scaled(SMALL)
        painter.setFont(font)
        x = 0
        for said, colour, hatched in zip(
            self._words, (tokens.bad, tokens.warn, tokens.edge), (False, True, False), strict=True
        ):
            box = QRectF(x, (self.height() - _BOX) / 2, _BOX, _BOX)
            if hatched:
                painter.fillRect(box, QColor(tokens.warn_soft))
                painter.fillRect(box, QBrush(QColor(colour), Qt.BrushStyle.BDiagPattern))
                painter.setPen(QPen(QColor(colour), 1))
                painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
            else:
                painter.fillRect(box, QColor(colour))
            painter.setPen(QColor(tokens.text2))
            width = QFontMetrics(font).horizontalAdvance(said)
            left = x + _BOX + 6
            painter.drawText(left, 0, width + 2, self.height(), int(Qt.AlignmentFlag.AlignVCenter), said)
            x = left + width + 18
