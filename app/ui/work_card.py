"""The card that says how far long work is: a sentence, a speed or a time, buttons, a bar, a remark. Knows no work."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.ui.icons import icon
from app.ui.theme.style import BODY, SMALL, Theme, scaled

_SAID_EVERY = 25
"""Per cent, for those who hear it."""


class WorkCard(QFrame):
    """To be told by a subclass what there is to say."""

    def __init__(
        self, theme: Theme, *, sign: str, name: str, buttons: Sequence[QPushButton], parent: QWidget | None = None
    ) -> None:
        """sign: of an icon. name: of the bar, for those who hear it."""
        super().__init__(parent)
        self.setProperty("card", "plain")
        self._theme, self._sign_name = theme, sign
        self._said = 0
        self._sign = QLabel()
        self.sentence = QLabel()
        self.sentence.setFont(scaled(BODY, weight=QFont.Weight.DemiBold))
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.speed = QLabel()
        self.speed.setProperty("tone", "second")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(name)
        self.remark = QLabel()
        self.remark.setProperty("tone", "second")
        self.remark.setFont(scaled(SMALL))
        self.remark.setWordWrap(True)
        self.remark.setTextFormat(Qt.TextFormat.PlainText)
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(self._sign)
        top.addWidget(self.sentence, 1)
        top.addWidget(self.speed)
        for button in buttons:
            top.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 12, 12)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.bar)
        column.addWidget(self.remark)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _begin(self) -> None:
        """Other work: what was said of the last is forgotten."""
        self._said = 0
        self.speed.clear()

    def _show(self, sentence: str, share: float | None) -> None:
        """share: of the work that is done, None where it is not known."""
        self.sentence.setText(sentence)
        self.bar.setRange(0, 0 if share is None else 1000)
        if share is None:
            return
        self.bar.setValue(round(min(1.0, share) * 1000))
        step = int(share * 100) // _SAID_EVERY
        if step > self._said:
            self._said = step
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, sentence))

    def _restyle(self) -> None:
        self._sign.setPixmap(icon(self._theme.tokens, self._sign_name, "accent").pixmap(QSize(18, 18)))
