"""What stands in place of the findings while there are none to list: what a review does, that none were found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.ui.icons import icon
from app.ui.theme.style import SECTION, Theme, scaled

_WIDEST = 460
_SIGN = 28


@dataclass(frozen=True, slots=True)
class Act:
    """A button. why_not: why it cannot be pressed now, "" where it can."""

    words: str
    run: Callable[[], object]
    primary: bool = False
    why_not: str = ""


class StatePage(QScrollArea):
    """A sign, a heading, sentences and buttons, in the middle."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shown = ("bug", "accent")
        self._sign = QLabel()
        self.heading = QLabel()
        self.heading.setFont(scaled(SECTION, weight=QFont.Weight.DemiBold))
        self.heading.setWordWrap(True)
        self.heading.setTextFormat(Qt.TextFormat.PlainText)
        self.heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.sentence = QLabel()
        self.sentence.setProperty("tone", "second")
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.remark = QLabel()
        self.remark.setProperty("tone", "second")
        self.remark.setWordWrap(True)
        self.remark.setTextFormat(Qt.TextFormat.PlainText)
        self.remark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._row = QHBoxLayout()
        self._row.setSpacing(8)
        self.buttons: list[QPushButton] = []
        middle = QWidget()
        middle.setMaximumWidth(_WIDEST)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.heading)
        column.addWidget(self.sentence)
        column.addSpacing(4)
        column.addLayout(self._row)
        column.addSpacing(4)
        column.addWidget(self.remark)
        inside = QWidget()
        inside.setProperty("field", "surface")
        across = QHBoxLayout()
        across.addStretch(1)
        across.addWidget(middle, 1000)
        across.addStretch(1)
        down = QVBoxLayout(inside)
        down.setContentsMargins(24, 24, 24, 24)
        # A little above the middle, where the eye looks for it.
        down.addStretch(2)
        down.addLayout(across)
        down.addStretch(3)
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        theme.changed.connect(self._restyle)

    def say(
        self,
        sign: str,
        heading: str,
        sentence: str,
        acts: Sequence[Act] = (),
        *,
        remark: str = "",
        tone: str = "accent",
    ) -> None:
        """Show this."""
        self._shown = (sign, tone)
        self.heading.setText(heading)
        self.sentence.setText(sentence)
        self.sentence.setVisible(bool(sentence))
        self.remark.setText(remark)
        self.remark.setVisible(bool(remark))
        self._offer(acts)
        self._restyle()

    def _offer(self, acts: Sequence[Act]) -> None:
        while (item := self._row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.buttons = []
        self._row.addStretch(1)
        for act in acts:
            button = QPushButton(act.words)
            button.setAccessibleName(act.words)
            button.setEnabled(not act.why_not)
            button.setToolTip(act.why_not)
            if act.primary:
                button.setProperty("role", "primary")
            button.clicked.connect(lambda _=False, run=act.run: run())
            self._row.addWidget(button)
            self.buttons.append(button)
        self._row.addStretch(1)

    def _restyle(self) -> None:
        sign, tone = self._shown
        self._sign.setPixmap(icon(self._theme.tokens, sign, tone).pixmap(QSize(_SIGN, _SIGN)))
