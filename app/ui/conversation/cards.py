"""What stands in the conversation besides text: how far reading is, and what went wrong with the buttons that help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui import words
from app.ui.icons import icon
from app.ui.plain import label
from app.ui.theme.style import BODY, SECTION, Theme, scaled
from app.ui.work_card import WorkCard
from engine.protocol import ReadProgress


@dataclass(frozen=True, slots=True)
class Remedy:
    """A button, what it brings, and a remark. run: what it does."""

    label: str
    run: Callable[[], None]
    gain: str = ""
    remark: str = ""
    primary: bool = False


class ProgressCard(WorkCard):
    """Says what is being loaded or read, how fast, how long still; `cancelled` by its button."""

    cancelled = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        self.cancel = QPushButton()
        super().__init__(theme, sign="read", name="", buttons=(self.cancel,), parent=parent)
        self.bar.setAccessibleName(self.tr("Reading"))
        self.sentence.setText(self.tr("Starting…"))
        self.cancel.setText(self.tr("Cancel"))
        self.cancel.setAccessibleName(self.tr("Stop reading"))
        self.cancel.clicked.connect(self.cancelled)
        self.remark.hide()

    def loading(self, share: float) -> None:
        """Weights on their way into memory, 0.0 to 1.0."""
        self._show(self.tr("Loading the model: {0}").format(f"{share:.0%}"), share)

    def counted(self, tokens: int) -> None:
        """Tokens encoded so far."""
        self._show(self.tr("Counted {0} tokens").format(words.count(tokens)), None)

    def indexed(self, done: int, total: int) -> None:
        """Documents searched through so far."""
        sentence = self.tr("Indexing {0} of {1} documents").format(words.count(done), words.count(total))
        self._show(sentence, done / max(1, total))

    def reading(self, state: ReadProgress, *, now_in: str) -> None:
        """Prompt tokens read. now_in: the source that is being read, "" when it is not known."""
        if state.restoring:
            # Its share is not known: llama.cpp takes all of it at once.
            self._show(self.tr("Restoring {0} tokens from disk").format(words.count(state.restored)), None)
            return
        sentence = self.tr("Reading {0} of {1} tokens").format(words.count(state.done), words.count(state.total))
        self._show(sentence, state.done / max(1, state.total))
        if state.per_second:
            self.speed.setText(
                self.tr("{0}/s · {1} left").format(
                    words.count(round(state.per_second)), words.seconds(state.seconds_left)
                )
            )
        parts = [self.tr("Now in {0}.").format(now_in)] if now_in else []
        if state.restored:
            parts.append(self.tr("{0} tokens were restored from disk.").format(words.count(state.restored)))
        elif state.reused:
            parts.append(self.tr("{0} tokens were kept from last time.").format(words.count(state.reused)))
        parts.append(self.tr("What is read is kept: the next question costs only itself."))
        self.remark.setText(" ".join(parts))
        self.remark.show()


class ProblemCard(QFrame):
    """A heading, a sentence, and remedies to choose from. tone: bad, or warn for what is no failure."""

    def __init__(
        self,
        theme: Theme,
        *,
        title: str,
        sentence: str,
        remedies: Sequence[Remedy] = (),
        tone: str = "bad",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme, self._tone = theme, tone
        self.setProperty("card", tone)
        self.setAccessibleName(title)
        self.setAccessibleDescription(sentence)
        self._sign = QLabel()
        heading = QLabel(title)
        heading.setFont(scaled(SECTION, weight=QFont.Weight.DemiBold))
        heading.setProperty("tone", tone)
        heading.setWordWrap(True)
        heading.setTextFormat(Qt.TextFormat.PlainText)
        words_ = QLabel(sentence)
        words_.setWordWrap(True)
        words_.setTextFormat(Qt.TextFormat.PlainText)
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(self._sign)
        top.addWidget(heading, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 14)
        layout.setSpacing(10)
        layout.addLayout(top)
        if sentence:
            layout.addWidget(words_)
        if remedies:
            layout.addLayout(self._remedies(remedies))
        theme.changed.connect(self._restyle)
        self._restyle()

    def _remedies(self, remedies: Sequence[Remedy]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        for row, remedy in enumerate(remedies):
            button = QPushButton(label(remedy.label))
            button.setAccessibleDescription(f"{remedy.gain} {remedy.remark}".strip())
            if remedy.primary:
                button.setProperty("role", "primary")
            # Qt hands over whether the button is checked, which is no matter of the remedy.
            button.clicked.connect(lambda _=False, run=remedy.run: run())
            gain = QLabel(remedy.gain)
            gain.setFont(scaled(BODY, weight=QFont.Weight.DemiBold))
            remark = QLabel(remedy.remark)
            remark.setProperty("tone", "second")
            remark.setWordWrap(True)
            remark.setTextFormat(Qt.TextFormat.PlainText)
            grid.addWidget(button, row, 0)
            grid.addWidget(gain, row, 1)
            grid.addWidget(remark, row, 2)
        grid.setColumnStretch(2, 1)
        return grid

    def _restyle(self) -> None:
        self._sign.setPixmap(icon(self._theme.tokens, "warning", self._tone).pixmap(QSize(20, 20)))
