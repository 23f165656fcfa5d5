"""Lets threads that work wait while the window shows something new: Python runs one of both at a time.

What they do is cut into small pieces anyway; between two pieces they ask here. Knows no work and no widget.
"""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer

_LONGEST_WAIT_S = 0.25
_LOOK_S = 0.001


class Courtesy(QObject):
    """Made on the window's thread. `after_you` from any other."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window_works = False
        self._waited_for = self._turn = 0
        # Behind the painting that the change brings.
        self._rest = QTimer(self, singleShot=True, interval=0)
        self._rest.timeout.connect(self._resting)

    def window_first(self) -> None:
        """Something that is costly to show has changed; until it is painted the others wait."""
        self._turn += 1
        self._window_works = True
        self._rest.start()

    def after_you(self) -> None:
        """Wait until the window has shown what changed, but not long, and only once for each change."""
        until = time.monotonic() + _LONGEST_WAIT_S
        while self._window_works and self._waited_for != self._turn:
            if time.monotonic() > until:
                self._waited_for = self._turn
            time.sleep(_LOOK_S)

    def close(self) -> None:
        """Nobody waits any more: the window itself is about to wait for the others."""
        self._rest.stop()
        self._window_works = False

    def _resting(self) -> None:
        self._window_works = False
