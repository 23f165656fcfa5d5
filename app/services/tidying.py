"""When Python looks for garbage: never while the window works.

A full look goes through every object there is and holds the window up meanwhile: 38 ms with two thousand sources.
Nearly all of them are plain data that is freed without it. Knows no widget.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

from app.services.desk import Desk

_LOOK_AGAIN_MS = 5_000
_NEVER = 1_000_000_000
_WORTH_IT = 10
"""So many looks at what is new are worth one at everything, as Python itself has it."""


class Tidying(QObject):
    """From now on Python looks through everything only when `desk` is at rest. `close` gives it back its own ways."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._before = gc.get_threshold()
        gc.set_threshold(*self._before[:2], _NEVER)
        self.settle()
        desk.intake.arrived.connect(self.settle)
        desk.opened.connect(self.settle)
        self._timer = QTimer(self, interval=_LOOK_AGAIN_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def settle(self) -> None:
        """What is there now stays, or goes by itself: it is never looked through again."""
        gc.freeze()

    def look(self) -> None:
        """Free what only points at itself, if nothing is under way and there may be something."""
        if gc.get_count()[2] >= _WORTH_IT and not self._desk.working:
            gc.collect()

    def close(self) -> None:
        """No more."""
        self._timer.stop()
        gc.set_threshold(*self._before)
