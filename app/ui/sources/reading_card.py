"""What is being read or recognised, how far it is, and the way to stop it."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.core.workspace import shown_name
from app.ui import words
from app.ui.elided import ElidedLabel
from ingest.document import Progress


class ReadingCard(QFrame):
    """Shows itself with the first news; hide it when all is done."""

    def __init__(self, cancel: Callable[[], object], *, name: str, parent: QWidget | None = None) -> None:
        """name: what the bar measures, for those who do not see it."""
        super().__init__(parent)
        self._began: tuple[str, int, float] | None = None
        card = QFrame()
        card.setProperty("card", "plain")
        self.words = ElidedLabel()
        self.below = ElidedLabel(mode=Qt.TextElideMode.ElideMiddle)
        self.rest = ElidedLabel()
        for label in (self.below, self.rest):
            label.setProperty("tone", "second")
        self.rest.hide()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(name)
        self.button = QPushButton(self.tr("Cancel"))
        self.button.clicked.connect(cancel)
        top = QHBoxLayout()
        top.addWidget(self.words, 1)
        top.addWidget(self.button)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(10, 8, 10, 10)
        inside.setSpacing(6)
        inside.addLayout(top)
        inside.addWidget(self.bar)
        inside.addWidget(self.below)
        inside.addWidget(self.rest)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(10, 6, 10, 0)
        outer.addWidget(card)
        self.hide()

    def show_reading(self, state: Progress) -> None:
        """Files on their way in."""
        self._show(state.files_done, state.files_total)
        self.words.setText(
            self.tr("{0} of {1} files").format(words.count(state.files_done), words.count(state.files_total))
        )
        self.below.setText(shown_name(state.path))

    def show_again(self, state: Progress) -> None:
        """Files that are read again in another way."""
        self.show_reading(state)
        self.words.setText(
            self.tr("Reading again, {0} of {1}").format(words.count(state.files_done), words.count(state.files_total))
        )

    def show_recognising(self, state: Progress) -> None:
        """Pages of a scan that are being recognised."""
        self.words.setText(self.tr("Recognising text"))
        if not state.path:
            return
        self.below.setText(shown_name(state.path.rsplit("/", 1)[-1]))
        if not state.pages:
            self._began = None
            self._show(0, 0)
            self.rest.setText(self.tr("Opening the file…"))
        else:
            self._show(state.page, state.pages)
            self.rest.setText(self._pages(state))
        self.rest.show()

    def _pages(self, state: Progress) -> str:
        """Pages done, and how long the others take at the speed since the first news of this file."""
        now = time.monotonic()
        if self._began is None or self._began[0] != state.path:
            self._began = (state.path, state.page, now)
        done = self.tr("{0} of {1} pages").format(words.count(state.page), words.count(state.pages))
        read = state.page - self._began[1]
        if read <= 0 or state.page >= state.pages:
            return done
        left = (now - self._began[2]) / read * (state.pages - state.page)
        return self.tr("{0} · about {1} left").format(done, words.seconds(left))

    def _show(self, done: int, total: int) -> None:
        self.bar.setRange(0, max(1, total))
        self.bar.setValue(done)
        self.show()
