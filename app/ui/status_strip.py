"""The lowest line: what the engine is doing and what is saved; speed, memory, and that nothing is online."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from app.services.desk import Desk
from app.ui import words
from app.ui.elided import ElidedLabel
from app.ui.export_line import ExportLine
from app.ui.theme.style import SMALL, Theme, scaled

HEIGHT = 26
_MEMORY_EVERY_MS = 5000
_FIRST_LOOK_MS = 400


class StatusStrip(QFrame):
    """Follows `desk`."""

    def __init__(self, theme: Theme, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setFixedHeight(HEIGHT)
        self.setProperty("field", "window")
        font: QFont = scaled(SMALL)
        self._left = ElidedLabel()
        self._right = QLabel()
        for label in (self._left, self._right):
            label.setFont(font)
            label.setProperty("tone", "second")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 16, 0)
        layout.setSpacing(16)
        self.export = ExportLine(desk.exporter)
        layout.addWidget(self._left, 1)
        layout.addWidget(self.export)
        layout.addWidget(self._right)
        for signal in (desk.busy_changed, desk.spending_changed, desk.session_changed, desk.exchange_changed):
            signal.connect(self.refresh)
        desk.checker.changed.connect(self.refresh)
        self._writing = False
        desk.text_added.connect(self._written)
        self._timer = QTimer(self, interval=_MEMORY_EVERY_MS)
        self._timer.timeout.connect(self._look_at_memory)
        self._timer.start()
        self._memory = ""
        # Not before the first paint: what looks takes a while to import.
        QTimer.singleShot(_FIRST_LOOK_MS, self, self._look_at_memory)
        self.refresh()

    def _look_at_memory(self) -> None:
        import psutil

        memory = psutil.virtual_memory()
        self._memory = self.tr("memory {0} of {1} GB").format(f"{memory.used / 1e9:.1f}", f"{memory.total / 1e9:.0f}")
        self.refresh()

    def _written(self) -> None:
        """The first words of an answer: from now on it is written, not read. Words come too often for more."""
        if not self._writing:
            self.refresh()

    def refresh(self, *_: object) -> None:
        """Say how things are now."""
        desk = self._desk
        last = desk.exchanges[-1] if desk.exchanges else None
        self._writing = desk.busy and last is not None and last.state == "writing"
        if desk.busy:
            state = self.tr("Writing") if self._writing else self.tr("Reading")
        elif desk.checker.busy:
            state = self.tr("Self-check under way · nothing is sent anywhere")
        elif desk.session is not None:
            state = self.tr("Saved on this computer")
        else:
            state = self.tr("Ready")
        tokens = last.tokens if last is not None else {}
        if tokens and not desk.busy:
            read = tokens.get("decoded", 0) + tokens.get("reused", 0)
            reused = words.count(tokens.get("reused", 0))
            state += self.tr(" · {0} of {1} tokens reused").format(reused, words.count(read))
        self._left.setText(state)
        parts = [self.tr("{0} tokens/s read").format(words.count(round(desk.per_second)))] if desk.per_second else []
        parts += [self._memory] if self._memory else []
        parts.append(self.tr("offline"))
        self._right.setText(" · ".join(parts))
