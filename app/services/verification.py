"""What is known of how far the model in use was verified, as it is loaded now. Knows no widget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.core.answering import Settings
from app.core.failures import Failure
from app.services.lane import Call, Lane
from engine.protocol import ModelInfo
from engine.selfcheck.report import Report

if TYPE_CHECKING:
    from app.core.selfcheck.foreseen import Foreseen

_LOADING = ("model", "n_ctx", "kv", "kv_values", "flash", "gpu_layers", "experts_on_cpu", "devices", "rpc")
"""Settings that decide how the model runs."""


class Verification(QObject):
    """`changed`: another result, or another model. `failed`: the file of self-checks cannot be read (Failure)."""

    changed = Signal()
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lane = Lane("verification", self)
        self._call: Call[Foreseen] | None = None
        self._about: tuple[object, str, str] | None = None
        self._found: Foreseen | None = None

    @property
    def report(self) -> Report | None:
        """The newest check of the model file, None where there is none."""
        kept = self._found.kept if self._found is not None else None
        return kept.report if kept is not None else None

    @property
    def stale_because(self) -> tuple[str, ...]:
        """What is not as it was when that was measured, in words."""
        return self._found.stale_because if self._found is not None else ()

    @property
    def length(self) -> int | None:
        """Tokens up to which finding is verified, 0 for not even the shortest; None where that is not known."""
        return self._found.length if self._found is not None else None

    def look(self, settings: Settings, info: ModelInfo, *, again: bool = False) -> None:
        """Look for what is kept of this model; what was known of another is forgotten at once.

        again: something may have been kept since; else the same model is looked for once.
        """
        about = (tuple(getattr(settings, name) for name in _LOADING), info.path, info.fingerprint)
        if about == self._about and not again:
            return
        if self._about is None or about[0] != self._about[0]:
            self.forget()
        self._about = about
        if self._call is not None:
            self._call.cancel()

        def work(_: Call[Foreseen]) -> Foreseen:
            from app.core.selfcheck.foreseen import foresee

            return foresee(settings, info)

        self._call = self._lane.run(work, done=self._take, failed=self._fail)

    def forget(self) -> None:
        """There is no model, or another."""
        if self._call is not None:
            self._call.cancel()
        self._about = None
        if self._found is not None:
            self._found = None
            self.changed.emit()

    def close(self) -> None:
        """End the thread."""
        self._lane.close()

    def _take(self, found: Foreseen) -> None:
        if found != self._found:
            self._found = found
            self.changed.emit()

    def _fail(self, failure: Failure) -> None:
        # A model that cannot be read is said where it is counted with.
        if failure.kind.startswith("store"):
            self.failed.emit(failure)
