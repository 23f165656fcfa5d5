"""A label and a button that shorten their words instead of being cut off, and say them whole in their tooltip."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QWidget

from app.ui.plain import tooltip


class ElidedLabel(QLabel):
    """One line of plain text. mode: where it is shortened."""

    def __init__(
        self, text: str = "", *, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._whole = text
        self._short = ""
        self._mode = mode
        self.setTextFormat(Qt.TextFormat.PlainText)
        # A name that runs from right to left still belongs beside what stands left of it.
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._fit()

    def text(self) -> str:
        """The whole text."""
        return self._whole

    def setText(self, text: str, *, short: str = "") -> None:  # noqa: N802
        """Show `text`, as much of it as there is room for. short: what to show instead where the whole has none."""
        self._whole = text
        self._short = short
        self.setAccessibleName(text)
        self.updateGeometry()
        self._fit()

    def set_tone(self, tone: str) -> None:
        """Another tone of the style sheet."""
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            self.style().unpolish(self)
            self.style().polish(self)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Shorten for the new width."""
        self._fit()
        super().resizeEvent(event)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Room for the whole text."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._whole) + 2, metrics.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Room for a few letters."""
        return QSize(24, self.fontMetrics().height())

    def _fit(self) -> None:
        metrics, room = self.fontMetrics(), max(0, self.width())
        tight = self._short and metrics.horizontalAdvance(self._whole) > room
        shown = metrics.elidedText(self._short if tight else self._whole, self._mode, room)
        super().setText(shown)
        self.setToolTip(tooltip(self._whole) if shown != self._whole else "")


class ElidedButton(QPushButton):
    """A button of as few letters as there is room for."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._whole = text
        self.setAccessibleName(text)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Room for the icon and a few letters."""
        few = self.fontMetrics().horizontalAdvance("mmm…") + self.iconSize().width()
        return QSize(min(few + 24, self.sizeHint().width()), super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:  # noqa: N802
        """Room for the whole text."""
        missing = self.fontMetrics().horizontalAdvance(self._whole) - self.fontMetrics().horizontalAdvance(self.text())
        hint = super().sizeHint()
        return QSize(hint.width() + missing, hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Shorten for the new width."""
        super().resizeEvent(event)
        metrics = self.fontMetrics()
        spare = self.width() - self.sizeHint().width()
        room = max(0, metrics.horizontalAdvance(self._whole) + spare)
        # Advances are rounded: with all the room it asks for, a text may seem too long by part of a pixel.
        shown = self._whole if spare >= 0 else metrics.elidedText(self._whole, Qt.TextElideMode.ElideRight, room)
        self.setText(shown)
        self.setToolTip(tooltip(self._whole) if shown != self._whole else "")
