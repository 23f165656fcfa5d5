"""The small square button that shows a sign alone: named for those who cannot see it, explained to those who can."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QToolButton


def icon_button(words: str, run: object = None, *, size: int = 28, sign: int = 16) -> QToolButton:
    """words: its name and tooltip. run: what a click does. size, sign: logical pixels of the button and its icon."""
    button = QToolButton()
    button.setFixedSize(size, size)
    button.setIconSize(QSize(sign, sign))
    button.setToolTip(words)
    button.setAccessibleName(words)
    if run is not None:
        button.clicked.connect(run)
    return button
