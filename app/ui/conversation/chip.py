"""A citation inside a text: drawn as a small frame whose line, sign and word tell its state without colour."""

from __future__ import annotations

import re

from PySide6.QtCore import QObject, QPointF, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPen,
    QPyTextObject,
    QTextCharFormat,
    QTextDocument,
    QTextFormat,
)

from app.core.answer_text import Chip
from app.ui.theme.style import LABEL, Theme, scaled

CHIP_TYPE = QTextFormat.ObjectTypes.UserObject.value + 1
LABEL_PROPERTY = QTextFormat.Property.UserProperty.value + 1
STATE_PROPERTY = QTextFormat.Property.UserProperty.value + 2
SCHEME = "chip"
SIGNS = {"exact": "✓", "near": "≈", "missing": "?", "not_quoted": "–", "passage": "✓"}
_PADDING = 5.0
_LINES = {
    "exact": Qt.PenStyle.SolidLine,
    "passage": Qt.PenStyle.SolidLine,
    "near": Qt.PenStyle.DashLine,
    "missing": Qt.PenStyle.DotLine,
    "not_quoted": Qt.PenStyle.DotLine,
}
_COLOURS = {
    "exact": ("ok", "ok_soft"),
    "passage": ("ok", "ok_soft"),
    "near": ("warn", "warn_soft"),
    "missing": ("bad", None),
    "not_quoted": ("text2", None),
}


class ChipObject(QPyTextObject):
    """Draws the chips of the documents it is registered with."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.focused: int | None = None
        """Where in the document the chip stands that has the keyboard, None for none."""

    def intrinsicSize(self, doc: QTextDocument, posInDocument: int, format: QTextFormat) -> QSizeF:  # noqa: N802, N803
        """Room for sign and label; never higher than a line of the answer."""
        metrics = QFontMetricsF(_font())
        words = _words(format)
        return QSizeF(metrics.horizontalAdvance(words) + 2 * _PADDING + 2, min(17.0, metrics.height() + 2))

    def drawObject(  # noqa: N802
        self,
        painter: QPainter,
        rect: QRectF | QRect,
        doc: QTextDocument,
        posInDocument: int,  # noqa: N803
        format: QTextFormat,
    ) -> None:
        """The frame in the line style of its state, the sign and the place."""
        tokens = self._theme.tokens
        state = str(format.property(STATE_PROPERTY))
        ink, field = _COLOURS.get(state, _COLOURS["not_quoted"])
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # The layout stands objects on the base line; letters inside must share it with the text around.
        font = _font()
        metrics = QFontMetricsF(font)
        frame = QRectF(rect).translated(0, metrics.descent() + 1).adjusted(1.5, 0.5, -1.5, -0.5)
        painter.setPen(QPen(QColor(getattr(tokens, ink)), 1.2, _LINES.get(state, Qt.PenStyle.DotLine)))
        if posInDocument == self.focused:
            painter.setPen(QPen(QColor(tokens.accent), 2))
        painter.setBrush(QColor(getattr(tokens, field)) if field else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(frame, 4, 4)
        if state == "missing":
            font.setStrikeOut(True)
        painter.setPen(QColor(getattr(tokens, ink)))
        baseline = frame.center().y() + (metrics.ascent() - metrics.descent()) / 2
        sign = f"{SIGNS.get(state, '–')} "
        plain = _font()
        painter.setFont(plain)
        painter.drawText(QPointF(frame.left() + _PADDING - 1, baseline), sign)
        painter.setFont(font)
        left = frame.left() + _PADDING - 1 + metrics.horizontalAdvance(sign)
        painter.drawText(QPointF(left, baseline), str(format.property(LABEL_PROPERTY)))
        painter.restore()


def chip_format(base: QTextCharFormat, chip: Chip, number: int) -> QTextCharFormat:
    """The format of the one character that stands for `chip`; its link is chip:`number`."""
    result = QTextCharFormat(base)
    result.setObjectType(CHIP_TYPE)
    result.setProperty(LABEL_PROPERTY, chip.label)
    result.setProperty(STATE_PROPERTY, chip.state)
    result.setAnchor(True)
    result.setAnchorHref(f"{SCHEME}:{number}")
    result.setToolTip(describe(chip.state))
    return result


def describe(state: str) -> str:
    """A chip's state as a sentence."""
    return {
        "exact": "Found word for word",
        "passage": "A passage, word for word",
        "near": "Same but for spacing, case or hyphens",
        "missing": "This sentence is not in the source",
        "not_quoted": "Nothing is quoted here, so nothing was checked",
    }.get(state, state)


def spoken(chip: Chip) -> str:
    """A chip in words for screen readers: such as "exact citation, S1 page 12"."""
    state = {
        "exact": "exact citation",
        "passage": "passage",
        "near": "near citation",
        "missing": "citation not found",
        "not_quoted": "citation without a quotation",
    }.get(chip.state, chip.state)
    where = re.sub(r"\bL(?=\d)", "line ", chip.label.replace("p.", "page "))
    return f"{state}, {where}"


def _words(format: QTextFormat) -> str:
    return f"{SIGNS.get(str(format.property(STATE_PROPERTY)), '–')} {format.property(LABEL_PROPERTY)}"


def _font() -> QFont:
    return scaled(LABEL, weight=QFont.Weight.DemiBold)
