"""How far a review is: the pass, the tokens read, what was found so far, how long still; and a button that stops it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.core.review.running import ReviewProgress
from app.ui import words
from app.ui.icons import icon
from app.ui.theme.style import BODY, SMALL, Theme, scaled

_SAID_EVERY = 25
_READING = 0.8
"""Of a question, the share that reading is shown as; the rest is the answer, whose length nobody knows."""


class ProgressCard(QFrame):
    """`cancelled` by its button; what was found until then is kept."""

    cancelled = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", "plain")
        self._theme = theme
        self._said = (0, 0)
        self._sign = QLabel()
        self.sentence = QLabel()
        self.sentence.setFont(scaled(BODY, weight=QFont.Weight.DemiBold))
        self.sentence.setWordWrap(True)
        self.speed = QLabel()
        self.speed.setProperty("tone", "second")
        self.cancel = QPushButton(self.tr("Stop"))
        self.cancel.setAccessibleName(self.tr("Stop the review"))
        self.cancel.clicked.connect(self.cancelled)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Of the review"))
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
        top.addWidget(self.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 12, 12)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.bar)
        column.addWidget(self.remark)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.begin()

    def begin(self) -> None:
        """Another review."""
        self._said = (0, 0)
        self.cancel.setEnabled(True)
        self.remark.setText(self.tr("Nothing is changed in your files."))
        self._show(self.tr("Reading the files…"), None)
        self.speed.clear()

    def stopping(self) -> None:
        """It was told to stop and has not heard yet."""
        self.cancel.setEnabled(False)
        self.sentence.setText(self.tr("Stopping…"))
        self.speed.clear()

    def show_progress(self, state: ReviewProgress, findings: int) -> None:
        """Where it is now. findings: that are listed so far."""
        if not self.cancel.isEnabled():
            return
        if state.stage == "loading":
            self._show(self.tr("Loading the model: {0}").format(f"{state.done / max(1, state.total):.0%}"), None)
        elif state.stage == "counting":
            counted = self.tr("Counting the tokens of {0} files: {1}")
            self._show(counted.format(words.count(state.total), words.count(state.done)), None)
        else:
            self._show_question(state)
        self.remark.setText(state.note or (self._found(findings) if state.number else self.remark.text()))

    def _show_question(self, state: ReviewProgress) -> None:
        """Each pass is read and asked with one checklist after the other."""
        share, left = 0.0, ""
        if state.stage == "reading":
            done, total = words.count(state.done), words.count(state.total)
            doing = self.tr("reading {0} of {1} tokens").format(done, total)
            share = _READING * state.done / max(1, state.total)
            if state.seconds_left is not None:
                left = self.tr("{0} left to read").format(words.seconds(state.seconds_left))
        else:
            doing, share = self.tr("writing findings"), _READING
        pass_ = self.tr("Pass {0} of {1}").format(words.count(state.number), words.count(state.passes))
        sentence = f"{pass_}, {state.checklist}: {doing}" if state.checklist else f"{pass_}: {doing}"
        self._show(sentence, (state.questions + share) / max(1, state.asked))
        self.speed.setText(left)
        step = (state.questions, int(share * 100) // _SAID_EVERY)
        if step > self._said:
            self._said = step
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, sentence))

    def _found(self, findings: int) -> str:
        if not findings:
            return self.tr("Nothing found so far.")
        return self.tr("1 finding so far.") if findings == 1 else self.tr("{0} findings so far.").format(findings)

    def _show(self, sentence: str, share: float | None) -> None:
        self.sentence.setText(sentence)
        self.bar.setRange(0, 0 if share is None else 1000)
        if share is not None:
            self.bar.setValue(round(min(1.0, share) * 1000))

    def _restyle(self) -> None:
        self._sign.setPixmap(icon(self._theme.tokens, "read", "accent").pixmap(QSize(18, 18)))
