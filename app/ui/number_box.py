"""A field for whole numbers whose arrows are drawn in the theme's colours."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSpinBox, QWidget

from app.ui.icons import icon
from app.ui.theme.style import Theme

_ARROW, _ARROWS_WIDTH = 10, 18


class NumberBox(QSpinBox):
    """As QSpinBox, with digits in groups."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setGroupSeparatorShown(True)
        self.setAccelerated(True)
        self.lineEdit().setTextMargins(6, 0, 0, 0)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Room for the widest text and the arrows."""
        hint = super().sizeHint()
        widest = max((self.specialValueText(), self.textFromValue(self.maximum()) + self.suffix()), key=len)
        return hint.expandedTo(QSize(self.fontMetrics().horizontalAdvance(widest) + _ARROWS_WIDTH + 24, 0))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """As the hint: a number is never cut."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """The field, then an arrow up and one down."""
        super().paintEvent(event)
        painter = QPainter(self)
        left = 4 if self.isRightToLeft() else self.width() - _ARROWS_WIDTH
        middle = self.height() // 2
        up, down = (QRect(left, top, _ARROW, _ARROW) for top in (middle - _ARROW, middle))
        tokens = self._theme.tokens
        colour = "text2" if self.isEnabled() else "text3"
        icon(tokens, "caret_up", colour).paint(painter, up)
        icon(tokens, "caret", colour).paint(painter, down)
