"""A row of joined buttons of which one is on."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget


class Segments(QWidget):
    """`chosen` comes with the name of the segment that was turned on by the person."""

    chosen = Signal(str)

    def __init__(self, choices: Sequence[tuple[str, str, str]], name: str, parent: QWidget | None = None) -> None:
        """choices: (name, label, tooltip). name: what the row as a whole is called."""
        super().__init__(parent)
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for at, (key, label, tip) in enumerate(choices):
            button = QPushButton(label)
            button.setCheckable(True)
            button.setProperty("segment", "first" if at == 0 else "last" if at == len(choices) - 1 else "middle")
            button.setToolTip(tip)
            button.setAccessibleName(f"{name}: {label}")
            button.clicked.connect(lambda _=False, k=key: self.chosen.emit(k))
            self._group.addButton(button)
            self._buttons[key] = button
            layout.addWidget(button)
        self._buttons[choices[0][0]].setChecked(True)

    def choose(self, name: str) -> None:
        """Turn this one on, without `chosen`."""
        self._buttons[name].setChecked(True)

    def set_enabled(self, name: str, enabled: bool, why: str = "") -> None:
        """Allow a segment, or not, saying why."""
        self._buttons[name].setEnabled(enabled)
        if why:
            self._buttons[name].setToolTip(why)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Left and Right move among the segments."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        buttons = [b for b in self._buttons.values() if b.isEnabled()]
        focus = self.focusWidget()
        if step is not None and focus in buttons:
            buttons[(buttons.index(focus) + step) % len(buttons)].setFocus(Qt.FocusReason.TabFocusReason)
            return
        super().keyPressEvent(event)
