"""A box to tick, as the rows of sources have it, in the theme's own colours."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QCheckBox, QStyle, QStyleOptionButton, QWidget

from app.ui.theme.style import Theme
from app.ui.theme.tokens import Tokens


class CheckBox(QCheckBox):
    """As Qt's, with the drawn box."""

    def __init__(self, theme: Theme, text: str, parent: QWidget) -> None:
        super().__init__(text, parent)
        self._theme = theme
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the words as Qt does, and the box over Qt's own."""
        super().paintEvent(event)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        place = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._theme.tokens
        painter.fillRect(place.adjusted(-1, -1, 1, 1), QColor(tokens.window))
        box = QRect(0, 0, min(16, place.width()), min(16, place.height()))
        box.moveCenter(place.center())
        paint_box(painter, box, tokens, ticked=self.isChecked())
        painter.end()


def paint_box(painter: QPainter, box: QRect, tokens: Tokens, *, ticked: bool, part: bool = False) -> None:
    """Draw a box of 16 pixels. part: only some of what it stands for is ticked."""
    painter.setPen(QPen(QColor(tokens.accent if ticked else tokens.edge), 1.5))
    painter.setBrush(QColor(tokens.accent if ticked else tokens.surface))
    painter.drawRoundedRect(QRectF(box).adjusted(0.75, 0.75, -0.75, -0.75), 3, 3)
    if not ticked:
        return
    painter.setPen(QPen(QColor(tokens.on_accent), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    x, y = box.left(), box.top()
    if part:
        painter.drawLine(QPointF(x + 4.5, y + 8), QPointF(x + 11.5, y + 8))
    else:
        tick = [QPointF(x + 4.2, y + 8.2), QPointF(x + 7, y + 11), QPointF(x + 12, y + 5.2)]
        painter.drawPolyline(QPolygonF(tick))
