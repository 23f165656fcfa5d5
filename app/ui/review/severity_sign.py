"""The sign of a severity, drawn: two carets, one caret, a dash. It can be told without its colour."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.core.review.finding import Severity
from app.ui.review.words import TONES
from app.ui.review.words import severity as severity_words
from app.ui.theme.style import Theme

SIZE = 14
"""Logical pixels of the field that a sign is drawn in."""


def paint_severity(painter: QPainter, field: QRectF, severity: Severity, colour: QColor) -> None:
    """Draw the sign in the middle of `field`."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pen = QPen(colour, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    x, y = field.center().x(), field.center().y()
    if severity == "note":
        painter.drawLine(QPointF(x - 4, y), QPointF(x + 4, y))
        return
    for down in (-2.5, 2.5) if severity == "error" else (0.0,):
        caret = [QPointF(x - 4, y + down + 2), QPointF(x, y + down - 2), QPointF(x + 4, y + down + 2)]
        painter.drawPolyline(QPolygonF(caret))


class SeveritySign(QWidget):
    """The sign alone; what stands beside it says the word."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._severity: Severity = "note"
        self.setFixedSize(QSize(SIZE, SIZE))
        theme.changed.connect(self.update)

    def show_severity(self, severity: Severity) -> None:
        """Another one."""
        self._severity = severity
        self.setAccessibleName(severity_words(severity))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw it."""
        painter = QPainter(self)
        paint_severity(painter, QRectF(self.rect()), self._severity, self._theme.colour(TONES[self._severity]))
        painter.end()
