"""The thin line between parts of the panel."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame


def rule() -> QFrame:
    """A horizontal line."""
    frame = QFrame()
    frame.setProperty("rule", "horizontal")
    return frame
