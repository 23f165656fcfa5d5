"""The top of the self-check: the plumb sign, the verdict, what it means, and the buttons to measure and to save."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from app.ui.icons import icon
from app.ui.theme.style import TITLE, Theme, scaled
from app.ui.top_bar import PlumbSign

FORMATS = ("svg", "html", "json")


class CheckHead(QWidget):
    """`again`: measure anew. `saving`: one of `FORMATS`."""

    again = Signal()
    saving = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._sign = PlumbSign(theme)
        self.title = QLabel()
        self.title.setFont(scaled(TITLE, weight=QFont.Weight.DemiBold))
        self.title.setWordWrap(True)
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setProperty("tone", "second")
        for label in (self.title, self.sentence):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.run = QPushButton(self.tr("Run again"))
        self.run.clicked.connect(self.again)
        self.save = QPushButton(self.tr("Save report"))
        self.save.clicked.connect(self._offer)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        top.addSpacing(2)
        top.addWidget(self.title, 1)
        top.addWidget(self.run, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self.save, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(top)
        column.addWidget(self.sentence)
        theme.changed.connect(self._restyle)
        self._restyle()

    def say(self, title: str, sentence: str) -> None:
        """The verdict, and what it means."""
        self.title.setText(title)
        self.sentence.setText(sentence)
        self.sentence.setVisible(bool(sentence))

    def offer(self, *, again: bool, save: bool) -> None:
        """Which of the buttons are there."""
        self.run.setVisible(again)
        self.save.setVisible(save)

    def _offer(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for form, words in zip(
            FORMATS,
            (self.tr("Map as a picture (SVG)…"), self.tr("Page to read (HTML)…"), self.tr("Everything (JSON)…")),
            strict=True,
        ):
            menu.addAction(words).triggered.connect(lambda _=False, chosen=form: self.saving.emit(chosen))
        menu.popup(self.save.mapToGlobal(self.save.rect().bottomLeft()))

    def _restyle(self) -> None:
        self.run.setIcon(icon(self._theme.tokens, "redo"))
        self.save.setIcon(icon(self._theme.tokens, "export"))
