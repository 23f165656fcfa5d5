"""The part of the settings about what was read and is kept on disk: whether, how much it takes, and freeing it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.check_box import CheckBox
from app.ui.theme.style import SMALL, Theme, scaled

_MB = 1e6


class ReadDocuments(QWidget):
    """`keep_chosen` and `free_wanted` say what the person wants; `show_held` what is on the disk."""

    keep_chosen = Signal(bool)
    free_wanted = Signal()

    def __init__(self, theme: Theme, keep: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.keep = CheckBox(theme, self.tr("Keep what was read on disk, so that a session goes on where it was"), self)
        self.keep.setChecked(keep)
        self.keep.toggled.connect(self.keep_chosen)
        self.held = QLabel(self)
        self.held.setProperty("tone", "second")
        self.free = QPushButton(self.tr("Free disk"), self)
        self.free.setAutoDefault(False)
        self.free.setEnabled(False)
        self.free.setAccessibleName(self.tr("Remove what was read from the disk"))
        self.free.clicked.connect(self._free)
        note = QLabel(
            self.tr("These files hold your documents' text. Only you can read them; without them, it is read again."),
            self,
        )
        note.setFont(scaled(SMALL))
        note.setProperty("tone", "third")
        note.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.held)
        row.addWidget(self.free)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.keep)
        layout.addLayout(row)
        layout.addWidget(note)

    def show_held(self, size: int) -> None:
        """size: bytes on the disk."""
        words = self.tr("{0} MB are kept").format(f"{size / _MB:,.1f}") if size else self.tr("Nothing is kept now")
        self.held.setText(words)
        self.free.setEnabled(size > 0)

    def _free(self) -> None:
        self.free.setEnabled(False)
        self.held.setText(self.tr("Being freed"))
        self.free_wanted.emit()
