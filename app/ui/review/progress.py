"""How far a review is: the pass, the tokens read, what was found so far, how long still; and a button that stops it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app.core.review.running import ReviewProgress
from app.ui import words
from app.ui.theme.style import Theme
from app.ui.work_card import WorkCard

_READING = 0.8
"""Of a question, the share that reading is shown as; the rest is the answer, whose length nobody knows."""


class ProgressCard(WorkCard):
    """`cancelled` by its button; what was found until then is kept."""

    cancelled = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        self.cancel = QPushButton()
        super().__init__(theme, sign="read", name="", buttons=(self.cancel,), parent=parent)
        self.bar.setAccessibleName(self.tr("Of the review"))
        self.cancel.setText(self.tr("Stop"))
        self.cancel.setAccessibleName(self.tr("Stop the review"))
        self.cancel.clicked.connect(self.cancelled)
        self.begin()

    def begin(self) -> None:
        """Another review."""
        self._begin()
        self.cancel.setEnabled(True)
        self.remark.setText(self.tr("Nothing is changed in your files."))
        self._show(self.tr("Reading the files…"), None)

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

    def _found(self, findings: int) -> str:
        if not findings:
            return self.tr("Nothing found so far.")
        return self.tr("1 finding so far.") if findings == 1 else self.tr("{0} findings so far.").format(findings)
