"""The part of the lowest line that says how far an export is, with the way to stop it. Gone when there is none."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QWidget

from app.core.export_progress import ExportProgress
from app.services.exporter import Exporter
from app.ui import words
from app.ui.elided import ElidedLabel
from app.ui.theme.style import SMALL, scaled

_SHOWN_AFTER_MS = 300
_BAR_WIDTH, _NAME_WIDTH = 96, 220


class ExportLine(QWidget):
    """Follows `exporter`. What takes only a moment is not shown."""

    def __init__(self, exporter: Exporter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._exporter = exporter
        self.name = ElidedLabel(mode=Qt.TextElideMode.ElideMiddle)
        self.name.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.name.setMaximumWidth(_NAME_WIDTH)
        self.words = QLabel()
        for label in (self.name, self.words):
            label.setFont(scaled(SMALL))
            label.setProperty("tone", "second")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setFixedWidth(_BAR_WIDTH)
        self.bar.setAccessibleName(self.tr("Questions exported"))
        self.button = QPushButton(self.tr("Cancel"))
        self.button.setAccessibleName(self.tr("Cancel the export"))
        self.button.setProperty("role", "link")
        self.button.setFont(scaled(SMALL))
        self.button.clicked.connect(exporter.cancel)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for part in (self.name, self.words, self.bar, self.button):
            row.addWidget(part)
        self._soon = QTimer(self, singleShot=True, interval=_SHOWN_AFTER_MS)
        self._soon.timeout.connect(self.show)
        exporter.progress.connect(self._tell)
        exporter.ended.connect(self._ended)
        self.hide()

    def _tell(self, path: Path, state: ExportProgress | None) -> None:
        if not self._exporter.busy:
            return
        self.name.setText(self.tr("Exporting {0}").format(path.name))
        if state is None:
            self.bar.setValue(0)
            self.words.clear()
        else:
            self.bar.setValue(round(state.share * self.bar.maximum()))
            preparing = state.prepared is not None and not state.pages
            pattern = self.tr("preparing {0} of {1} questions") if preparing else self.tr("{0} of {1} questions")
            done = state.prepared if preparing and state.prepared is not None else state.done
            self.words.setText(pattern.format(words.count(done), words.count(state.total)))
        if self.isHidden() and not self._soon.isActive():
            self._soon.start()

    def _ended(self) -> None:
        self._soon.stop()
        self.hide()
