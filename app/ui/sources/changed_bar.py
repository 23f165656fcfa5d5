"""What changed on disk since it was read, and the one click that reads it again."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.services.freshness import Freshness
from app.ui import words
from app.ui.elided import ElidedLabel


class ChangedBar(QFrame):
    """Shows itself while something changed. `wanted`: read it again."""

    wanted = Signal()

    def __init__(self, freshness: Freshness, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._freshness = freshness
        card = QFrame()
        card.setProperty("card", "plain")
        self.words = ElidedLabel()
        self.button = QPushButton(self.tr("Read again"))
        self.button.setAccessibleName(self.tr("Read what changed again"))
        self.button.clicked.connect(self.wanted)
        self.later = QPushButton(self.tr("Not now"))
        self.later.setProperty("role", "plain")
        self.later.setAccessibleName(self.tr("Go on with what was read"))
        self.later.clicked.connect(self._put_off)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.button)
        buttons.addWidget(self.later)
        buttons.addStretch(1)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(10, 8, 10, 10)
        inside.setSpacing(6)
        inside.addWidget(self.words)
        inside.addLayout(buttons)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(10, 6, 10, 0)
        outer.addWidget(card)
        self._put_off_for: frozenset[object] = frozenset()
        freshness.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what changed now, unless exactly that was put off."""
        changed, new = len(self._freshness.stale), len(self._freshness.fresh)
        parts: list[str] = []
        if changed:
            many = self.tr("{0} sources changed").format(words.count(changed))
            parts.append(self.tr("1 source changed") if changed == 1 else many)
        if new:
            parts.append(self.tr("1 new file") if new == 1 else self.tr("{0} new files").format(words.count(new)))
        self.words.setText(", ".join(parts))
        self.setVisible(bool(parts) and self._what() != self._put_off_for)

    def _what(self) -> frozenset[object]:
        return frozenset([*self._freshness.stale, *self._freshness.fresh])

    def _put_off(self) -> None:
        self._put_off_for = self._what()
        self.hide()
