"""A quiet line above the findings: that a review was stopped, what was left out, what it is compared with."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from app.ui.icon_button import icon_button
from app.ui.icons import icon
from app.ui.review import words
from app.ui.review.rows import Change
from app.ui.theme.style import SMALL, Theme, scaled
from app.ui.words import count


class Notice(QFrame):
    """A sentence, and a link where there is more to say. `wanted`: the link was pressed."""

    wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", "warn")
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.link = QPushButton()
        self.link.setProperty("role", "link")
        self.link.clicked.connect(self.wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 3, 8, 3)
        row.setSpacing(8)
        row.addWidget(self.sentence, 1)
        row.addWidget(self.link)
        self.hide()

    def say(self, sentence: str, link: str = "", *, tone: str = "warn") -> None:
        """Show it; an empty sentence hides it. tone: of the card, "sunken" for what is no trouble."""
        if self.property("card") != tone:
            self.setProperty("card", tone)
            self.style().unpolish(self)
            self.style().polish(self)
        self.sentence.setText(sentence)
        self.link.setText(link)
        self.link.setAccessibleName(link)
        self.link.setVisible(bool(link))
        self.setVisible(bool(sentence))


class CompareBar(QWidget):
    """What became of the findings of another review: a button for each kind of change. `changed`: others are on."""

    changed = Signal(object)
    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.sentence = QLabel()
        self.sentence.setFont(scaled(SMALL))
        self.sentence.setProperty("tone", "second")
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.buttons: dict[Change, QPushButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        kinds: Sequence[Change] = ("new", "still", "fixed")
        for kind in kinds:
            button = QPushButton()
            button.setCheckable(True)
            button.setProperty("segment", {"new": "first", "fixed": "last"}.get(kind, "middle"))
            button.clicked.connect(self._clicked)
            self.buttons[kind] = button
        joined = QHBoxLayout()
        joined.setSpacing(0)
        for button in self.buttons.values():
            joined.addWidget(button)
        row.addLayout(joined)
        row.addWidget(self.sentence, 1)
        self._close = icon_button(self.tr("Compare no longer"), self.closed.emit)
        row.addWidget(self._close)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def offer(self, counts: dict[Change, int], with_what: str) -> None:
        """How many findings are new, still there and no longer found."""
        for kind, button in self.buttons.items():
            number = counts.get(kind, 0)
            button.setText(f"{count(number)} {words.change(kind)}")
            button.setAccessibleName(button.text())
            button.setToolTip(self._tip(kind))
        self.sentence.setText(with_what)
        self.show()

    def put(self, chosen: frozenset[Change]) -> None:
        """Turn these on, saying nothing."""
        for kind, button in self.buttons.items():
            button.setChecked(kind in chosen)

    def _tip(self, kind: Change) -> str:
        return {
            "new": self.tr("Show only what the other review has not"),
            "still": self.tr("Show only what both reviews have"),
            "fixed": self.tr("Show only what this review no longer finds"),
        }.get(kind, "")

    def _clicked(self) -> None:
        self.changed.emit(frozenset(kind for kind, button in self.buttons.items() if button.isChecked()))

    def _restyle(self) -> None:
        self._close.setIcon(icon(self._theme.tokens, "cancel"))
