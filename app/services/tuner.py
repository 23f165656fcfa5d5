"""Measures what a model is fastest with, beside everything else: an engine of its own, a lane of its own.

Knows no widget. What was found is kept by then; who loads a model next gets it.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.core.loading import Wanted, tune
from app.core.logfile import open_log
from app.core.model_choice import ModelChoice
from app.core.models import default_context, open_engine
from app.services.lane import Call, Lane
from engine.tuning import SECONDS, Tuning


@dataclass(frozen=True, slots=True)
class Found:
    """What came of measuring for `choice`."""

    choice: ModelChoice
    tuning: Tuning


class ModelTuner(QObject):
    """One measuring at a time.

    `progressed`: TuneProgress; then one of `found` (Found) and `failed` (Failure), or neither when it was cancelled;
    `ended` in any case, last.
    """

    progressed = Signal(object)
    found = Signal(object)
    failed = Signal(object)
    ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lane = Lane("tuning", self)
        self._call: Call[Found] | None = None

    @property
    def busy(self) -> bool:
        """Whether it is still measuring, or has not yet heard that it is to stop."""
        return self._lane.busy

    def start(self, choice: ModelChoice, *, seconds: float = SECONDS) -> None:
        """Measure for `choice` (threads, batches and a GPU's use are what is asked); quietly nothing while busy."""
        if self.busy:
            return

        def work(call: Call[Found]) -> Found:
            n_ctx = default_context(choice.path, kv=choice.kv) if choice.n_ctx is None else choice.n_ctx
            wanted = Wanted(choice.path, n_ctx, kv=choice.kv, gpu_layers=choice.gpu_layers)
            with open_log("engine.log") as log:
                backend = open_engine(log)
                call.stops_by(backend.cancel)
                try:
                    tuning = tune(
                        wanted, backend, seconds=seconds, on_progress=call.report, stop=lambda: call.cancelled
                    )
                finally:
                    backend.close()
            return Found(choice, tuning)

        self._call = self._lane.run(
            work,
            done=self.found.emit,
            failed=self.failed.emit,
            progress=self.progressed.emit,
            ended=self.ended.emit,
        )

    def cancel(self) -> None:
        """Stop; nothing is kept then."""
        if self._call is not None:
            self._call.cancel()

    def close(self) -> None:
        """Stop and end the thread."""
        self._lane.close()
