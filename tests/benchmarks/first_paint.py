"""The real program, which says when its window has first been painted, and ends. For `window.py`, as a process."""

from __future__ import annotations

import sys
import time

from PySide6.QtCore import QEvent, QTimer

import main as program
from app.ui import application
from app.ui.main_window import MainWindow


class Watched(MainWindow):
    """Prints the monotonic clock after the first paint; it counts alike in all processes."""

    painted = False

    def event(self, event: QEvent) -> bool:
        """The update request paints everything before it returns."""
        result = super().event(event)
        if event.type() == QEvent.Type.UpdateRequest and not self.painted:
            self.painted = True
            print(time.monotonic(), flush=True)
            QTimer.singleShot(0, self, self.close)
        return result


if __name__ == "__main__":
    application.MainWindow = Watched  # type: ignore[attr-defined]
    sys.exit(program.main())
