"""The system prompt of a session, to read and to change."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget


class SystemPromptDialog(QDialog):
    """`chosen`: the text, None for the one that goes with the model."""

    chosen = Signal(object)

    def __init__(self, text: str | None, default: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("System prompt"))
        self.resize(620, 460)
        self._default = default
        words = QLabel(
            self.tr(
                "What the model is told before the sources, in this session. Everything is read again after a change."
            )
        )
        words.setWordWrap(True)
        words.setProperty("tone", "second")
        self.edit = QPlainTextEdit(default if text is None else text)
        self.edit.setAccessibleName(self.tr("System prompt"))
        self.edit.setTabChangesFocus(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        use = buttons.addButton(self.tr("Use it"), QDialogButtonBox.ButtonRole.AcceptRole)
        use.setProperty("role", "primary")
        reset = QPushButton(self.tr("The model's own"))
        reset.setToolTip(self.tr("Go back to the prompt that goes with this model"))
        buttons.addButton(reset, QDialogButtonBox.ButtonRole.ResetRole)
        reset.clicked.connect(lambda: self.edit.setPlainText(self._default))
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(words)
        layout.addWidget(self.edit, 1)
        layout.addWidget(buttons)

    def _accept(self) -> None:
        text = self.edit.toPlainText()
        self.chosen.emit(None if text.strip() == self._default.strip() else text)
        self.accept()
