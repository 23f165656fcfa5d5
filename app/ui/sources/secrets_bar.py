"""The quiet bar over the sources that says that some of them seem to hold secrets, and asks what to do."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.core.workspace import Entry
from app.services.desk import Desk
from app.ui import words
from app.ui.icon_button import icon_button
from app.ui.icons import icon
from app.ui.theme.style import Theme


class SecretsBar(QFrame):
    """Shows itself while anything is undecided. `showing`: the key of a source that the person wants to look at."""

    showing = Signal(str)

    def __init__(self, theme: Theme, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._desk = theme, desk
        self._asked: list[str] = []
        self._shown = ""
        card = QFrame()
        card.setProperty("card", "warn")
        self._sign = QLabel()
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.look = icon_button(self.tr("Show the next source that holds one"), self._show_next, size=24)
        self.masking = _choice(self.tr("Mask"), self.tr("Read these sources with their secrets hidden"))
        self.leaving_out = _choice(self.tr("Leave out"), self.tr("Leave these sources out of the prompt"))
        self.keeping = _choice(self.tr("Keep"), self.tr("Let these sources be read as they stand"))
        self.masking.clicked.connect(self._mask)
        self.leaving_out.clicked.connect(self._leave_out)
        self.keeping.clicked.connect(self._keep)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self.sentence, 1)
        top.addWidget(self.look, 0, Qt.AlignmentFlag.AlignTop)
        choices = QHBoxLayout()
        choices.setSpacing(2)
        for button in (self.masking, self.leaving_out, self.keeping):
            choices.addWidget(button)
        choices.addStretch(1)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(10, 8, 6, 6)
        inside.setSpacing(4)
        inside.addLayout(top)
        inside.addLayout(choices)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(10, 2, 10, 6)
        outer.addWidget(card)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def refresh(self) -> None:
        """Ask about what is undecided now, or hide."""
        waiting = self._desk.views.undecided()
        keys = [entry.key for entry in waiting]
        if keys != self._asked:
            self._asked = keys
            self._say(waiting)
        self.setVisible(bool(keys))

    def _say(self, entries: list[Entry]) -> None:
        if not entries:
            return
        secrets = sum(len(entry.document.secrets) for entry in entries)
        one = self.tr("1 source holds what looks like")
        several = self.tr("{0} sources hold what looks like").format(words.count(len(entries)))
        what = self.tr("a secret") if secrets == 1 else self.tr("{0} secrets").format(words.count(secrets))
        sentence = f"{one if len(entries) == 1 else several} {what}."
        self.sentence.setText(sentence)
        self.setAccessibleName(sentence)
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, sentence))

    def _show_next(self) -> None:
        if self._asked:
            at = self._asked.index(self._shown) + 1 if self._shown in self._asked else 0
            self._shown = self._asked[at % len(self._asked)]
            self.showing.emit(self._shown)

    def _mask(self) -> None:
        self._desk.views.mask(self._asked)
        self.refresh()

    def _leave_out(self) -> None:
        self._desk.set_included(self._asked, False)
        self.refresh()

    def _keep(self) -> None:
        self._desk.views.keep_secrets(self._asked)
        self.refresh()

    def _restyle(self) -> None:
        self._sign.setPixmap(icon(self._theme.tokens, "warning", "warn").pixmap(QSize(16, 16)))
        self.look.setIcon(icon(self._theme.tokens, "inspect", "text"))


def _choice(text: str, hint: str) -> QPushButton:
    button = QPushButton(text)
    button.setProperty("role", "link")
    button.setToolTip(hint)
    button.setAccessibleName(text)
    button.setAccessibleDescription(hint)
    return button
