"""How far the self-check is: a sentence, the time left, a bar, and the buttons that pause or stop it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app.core.selfcheck.wording import percent
from app.ui import words
from app.ui.icons import set_icon
from app.ui.selfcheck import names
from app.ui.theme.style import Theme
from app.ui.work_card import WorkCard
from engine.selfcheck.progress import CheckProgress
from engine.selfcheck.verdicts import tokens_in_words


class CheckCard(WorkCard):
    """While a check runs, and while it is paused. `pausing`, `going_on`, `stopping`: what the person pressed."""

    pausing = Signal()
    going_on = Signal()
    stopping = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        self._paused = False
        self.pause, self.stop = QPushButton(), QPushButton()
        super().__init__(theme, sign="ruler", name="", buttons=(self.pause, self.stop), parent=parent)
        self.bar.setAccessibleName(self.tr("Self-check"))
        self.pause.clicked.connect(lambda: (self.going_on if self._paused else self.pausing).emit())
        self.stop.setText(self.tr("Stop"))
        self.stop.setAccessibleName(self.tr("Stop the self-check"))
        self.stop.clicked.connect(self.stopping)

    def show_start(self, model: str) -> None:
        """The model is on its way into memory."""
        self._begin()
        self._show(self.tr("Loading {0}").format(model) if model else self.tr("Loading the model"), None)
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
        self.speed.setText(self.tr("about {0} left").format(words.seconds(left)) if left is not None else "")
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
        self.speed.setText("")
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
        self.bar.show()
        super()._show(sentence, share)

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
        super()._restyle()
        tokens = self._theme.tokens
        set_icon(self.pause, tokens, "play" if self._paused else "pause")
        set_icon(self.stop, tokens, "stop")
