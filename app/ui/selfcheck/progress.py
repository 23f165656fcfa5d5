"""How far the self-check is: a sentence, the time left, a bar, and the buttons that pause or stop it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.core.selfcheck.wording import percent
from app.ui import words
from app.ui.icons import icon, set_icon
from app.ui.selfcheck import names
from app.ui.theme.style import BODY, SMALL, Theme, scaled
from engine.selfcheck.progress import CheckProgress
from engine.selfcheck.verdicts import tokens_in_words

_SAID_EVERY = 25


class CheckCard(QFrame):
    """While a check runs, and while it is paused. `pausing`, `going_on`, `stopping`: what the person pressed."""

    pausing = Signal()
    going_on = Signal()
    stopping = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._paused = False
        self._said = 0
        self.setProperty("card", "plain")
        self._sign = QLabel()
        self.sentence = QLabel()
        self.sentence.setFont(scaled(BODY, weight=QFont.Weight.DemiBold))
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.time = QLabel()
        self.time.setProperty("tone", "second")
        self.pause = QPushButton()
        self.pause.clicked.connect(lambda: (self.going_on if self._paused else self.pausing).emit())
        self.stop = QPushButton(self.tr("Stop"))
        self.stop.setAccessibleName(self.tr("Stop the self-check"))
        self.stop.clicked.connect(self.stopping)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Self-check"))
        self.remark = QLabel()
        self.remark.setProperty("tone", "second")
        self.remark.setFont(scaled(SMALL))
        self.remark.setWordWrap(True)
        self.remark.setTextFormat(Qt.TextFormat.PlainText)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._sign)
        top.addWidget(self.sentence, 1)
        top.addWidget(self.time)
        top.addSpacing(4)
        top.addWidget(self.pause)
        top.addWidget(self.stop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 12, 12)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(self.bar)
        layout.addWidget(self.remark)
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_start(self, model: str) -> None:
        """The model is on its way into memory."""
        self._said = 0
        self._show(self.tr("Loading {0}").format(model) if model else self.tr("Loading the model"), None)
        self.time.setText("")
        self.remark.setText(self.tr("Nothing leaves this computer."))
        self._turn(paused=False)

    def show_loading(self, share: float) -> None:
        """0.0 to 1.0."""
        self._show(self.tr("Loading the model: {0}").format(percent(share)), share)

    def show_progress(self, state: CheckProgress) -> None:
        """What is read or asked just now."""
        self._turn(paused=False)
        share = min(1.0, state.done / state.total) if state.total else None
        self._show(self._sentence(state), share)
        left = state.seconds_left
        self.time.setText(self.tr("about {0} left").format(words.seconds(left)) if left is not None else "")
        self.remark.setText(
            self.tr("{0} of about {1} questions asked. Each answer is kept as it comes: pausing loses nothing.").format(
                words.count(state.done), words.count(state.total)
            )
            if state.total
            else self.tr("Measuring how fast this computer reads.")
        )

    def show_ending(self) -> None:
        """Stopping or pausing was heard of and waits for the engine."""
        self._show(self.tr("Stopping at the next answer"), None)
        self.pause.setEnabled(False)
        self.stop.setEnabled(False)

    def show_paused(self, trials: int, *, why_not: str) -> None:
        """Nothing runs; so many trials are kept. why_not: it cannot go on now, "" where it can."""
        self._turn(paused=True)
        self.pause.setEnabled(not why_not)
        self.sentence.setText(self.tr("Paused after {0} questions").format(words.count(trials)))
        self.time.setText("")
        self.bar.hide()
        kept = self.tr("They are kept, also when the program ends. Going on reads the text again and asks the rest.")
        self.remark.setText(why_not or kept)

    @property
    def paused(self) -> bool:
        """Whether the button goes on instead of pausing."""
        return self._paused

    def _sentence(self, state: CheckProgress) -> str:
        length = tokens_in_words(state.length) if state.length else ""
        match state.phase:
            case "measuring":
                return self.tr("Measuring the speed")
            case "reading" if length and state.to_read:
                return self.tr("Reading on to {0}: {1} of {2} tokens").format(
                    length, words.count(state.read), words.count(state.to_read)
                )
            case "reading":
                return self.tr("Reading the text")
            case "asking" if length and state.task:
                return self.tr("Asking at {0}: {1}").format(length, names.task_name(state.task))
            case "asking":
                return self.tr("Asking")
            case "rechecking":
                return self.tr("Asking some again from the beginning")
            case _:
                return self.tr("Working out the result")

    def _show(self, sentence: str, share: float | None) -> None:
        self.sentence.setText(sentence)
        self.bar.show()
        self.bar.setRange(0, 0 if share is None else 1000)
        if share is None:
            return
        self.bar.setValue(round(share * 1000))
        step = int(share * 100) // _SAID_EVERY
        if step > self._said:
            self._said = step
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, sentence))

    def _turn(self, *, paused: bool) -> None:
        self._paused = paused
        self.pause.setEnabled(True)
        self.stop.setEnabled(True)
        self.pause.setText(self.tr("Go on") if paused else self.tr("Pause"))
        self.pause.setAccessibleName(
            self.tr("Go on with the self-check") if paused else self.tr("Pause the self-check")
        )
        self._restyle()

    def _restyle(self) -> None:
        tokens = self._theme.tokens
        self._sign.setPixmap(icon(tokens, "ruler", "accent").pixmap(QSize(18, 18)))
        set_icon(self.pause, tokens, "play" if self._paused else "pause")
        set_icon(self.stop, tokens, "stop")
