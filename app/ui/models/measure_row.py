"""The button that measures what a model is fastest with, what is measured meanwhile, and what is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from app.core.failures import Failure
from app.core.model_choice import ModelChoice
from app.services.tuner import Found, ModelTuner
from app.ui.theme.style import SMALL, scaled
from engine.tuning import Question, Tuned, TuneProgress


class MeasureRow(QWidget):
    """choice: the model to measure, and how it would be loaded; None while there is none."""

    def __init__(self, tuner: ModelTuner, choice: Callable[[], ModelChoice | None], parent: QWidget) -> None:
        super().__init__(parent)
        self._tuner, self._choice = tuner, choice
        self._mine = False
        self._found_here: dict[Path, Tuned] = {}
        self.button = QPushButton(self)
        self.button.setAutoDefault(False)
        self.note = QLabel(self)
        self.note.setFont(scaled(SMALL))
        self.note.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.note)
        self.button.clicked.connect(self._clicked)
        tuner.progressed.connect(self._progressed)
        tuner.found.connect(self._found)
        tuner.failed.connect(self._failed)
        tuner.ended.connect(self._ended)
        self._label()

    def show_model(self, path: Path, tuned: Tuned | None) -> None:
        """Another model was chosen: say what is kept for it, None where nothing was measured; stop measuring."""
        self.stop()
        self._mine = False
        self._label()
        tuned = self._found_here.get(path, tuned)
        self._say(self._words(tuned) if tuned else self.tr("Finds the fastest threads and batches for this computer."))

    def stop(self) -> None:
        """Measure no more; nothing is kept then."""
        if self._mine:
            self._tuner.cancel()

    def _clicked(self) -> None:
        choice = self._choice()
        if self._mine:
            self.button.setEnabled(False)
            self._tuner.cancel()
        elif choice is not None and not self._tuner.busy:
            self._mine = True
            self._tuner.start(choice)
            self._label()
            self._say(self.tr("Loading the model"))

    def _progressed(self, progress: TuneProgress) -> None:
        if not self._mine:
            return
        if progress.question is None:
            self._say(self.tr("Loading the model: {share}").format(share=_percent(progress.share)))
            return
        what = self._name(progress.question).format(value=f"{progress.value:,}")
        self._say(self.tr("{share} · {what}").format(share=_percent(progress.share), what=what))

    def _found(self, found: Found) -> None:
        self._found_here[found.choice.path] = found.tuning.tuned
        if self._mine:
            self._mine = False
            self._say(self._words(found.tuning.tuned))

    def _failed(self, failure: Failure) -> None:
        if self._mine:
            self._mine = False
            self._say(f"{failure.message} {failure.hint}".strip(), tone="bad")

    def _ended(self) -> None:
        if self._mine:
            self._mine = False
            self._say(self.tr("Stopped. Nothing was kept."))
        self._label()

    def _label(self) -> None:
        self.button.setText(self.tr("Stop measuring") if self._mine else self.tr("Measure (about a minute)"))
        self.button.setAccessibleName(self.button.text())
        # Another measuring, of a model that is no longer chosen, may still have to hear that it is to stop.
        self.button.setEnabled(self._mine or not self._tuner.busy)

    def _say(self, text: str, *, tone: str = "third") -> None:
        self.note.setText(text)
        self.button.setAccessibleDescription(text)
        if self.note.property("tone") != tone:
            self.note.setProperty("tone", tone)
            self.note.style().unpolish(self.note)
            self.note.style().polish(self.note)

    def _words(self, tuned: Tuned) -> str:
        kept = self.tr("Measured: {answer} for answering, {read} for reading, batches of {batch} tokens.").format(
            answer=self._threads(tuned.threads),
            read=self._threads(tuned.threads_batch),
            batch=f"{tuned.n_ubatch:,}",
        )
        return f"{kept} {self.tr('A GPU is slower here.')}" if tuned.gpu is False else kept

    def _threads(self, count: int) -> str:
        return self.tr("1 thread") if count == 1 else self.tr("{count} threads").format(count=f"{count:,}")

    def _name(self, question: Question) -> str:
        return {
            "gpu": self.tr("layers on the GPU: {value}"),
            "answer_threads": self.tr("threads for answering: {value}"),
            "read_threads": self.tr("threads for reading: {value}"),
            "batch": self.tr("tokens of a batch: {value}"),
        }[question]


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")
