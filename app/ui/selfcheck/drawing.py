"""What map and chart draw alike: words in the sizes that were worked out, at the scale of the window."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QFont, QFontInfo, QPainter
from PySide6.QtWidgets import QApplication

from app.core.selfcheck.heat_map import Anchor, Label
from app.ui.theme.style import scaled
from app.ui.theme.tokens import Tokens

_USUAL_FONT = 13.0
"""Pixels of the application's font that the sizes go with; with a larger one everything grows."""
_PLACES: dict[Anchor, float] = {"start": 0.0, "middle": 0.5, "end": 1.0}
_STRONG = ("missed", "title", "share", "plumb")


def map_scale() -> float:
    """Logical pixels for one pixel of what was worked out."""
    return max(0.5, QFontInfo(QApplication.font()).pixelSize() / _USUAL_FONT)


def font_of(pixels: float, weight: QFont.Weight) -> QFont:
    """The window's font at this size."""
    font = scaled(1.0, weight=weight)
    font.setPixelSize(max(1, round(pixels)))
    return font


def paint_label(painter: QPainter, label: Label, tokens: Tokens) -> None:
    """Write it where it belongs."""
    colours = {"missed": tokens.bad, "title": tokens.text, "share": tokens.text, "plumb": tokens.text}
    weight = QFont.Weight.DemiBold if label.role in _STRONG else QFont.Weight.Normal
    painter.setFont(font_of(label.size, weight))
    painter.setPen(QColor(colours.get(label.role, tokens.text2)))
    width = painter.fontMetrics().horizontalAdvance(label.text)
    painter.drawText(QPointF(label.x - width * _PLACES[label.anchor], label.y), label.text)
