"""The line below the evidence: what can be done with the words that are selected or marked."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.ui.icons import icon
from app.ui.theme.style import Theme
from app.ui.viewer.rules import rule

_SIDE, _GAP = 8, 4


class ViewerFooter(QWidget):
    """`ask`, `leave_out`, `copy_words` are its buttons. Where they do not fit they keep their signs and lose words."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.ask = QPushButton(self.tr("Ask about this"))
        self.leave_out = QPushButton(self.tr("Leave out"))
        self.copy_words = QPushButton(self.tr("Copy with reference"))
        self._buttons = {"ask_about": self.ask, "leave_out": self.leave_out, "copy": self.copy_words}
        self._words = {name: button.text() for name, button in self._buttons.items()}
        line = QHBoxLayout()
        line.setContentsMargins(_SIDE, 4, _SIDE, 4)
        line.setSpacing(_GAP)
        for button in self._buttons.values():
            button.setProperty("role", "plain")
            button.setIconSize(QSize(16, 16))
            button.setAccessibleName(button.text())
            line.addWidget(button)
        line.addStretch(1)
        self._line = line
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(rule())
        column.addLayout(line)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_choices(self, *, source: bool, words: bool) -> None:
        """source: whether a source is shown, else a text that can only be copied. words: whether some are chosen."""
        self.leave_out.setVisible(source)
        self.ask.setVisible(source)
        self._words["copy"] = self.tr("Copy with reference") if source else self.tr("Copy")
        self.copy_words.setAccessibleName(self._words["copy"])
        hint = self.tr("Select words first.") if source and not words else ""
        for button in (self.ask, self.copy_words):
            button.setEnabled(words or not source)
            button.setToolTip(hint or button.accessibleName())
        self.leave_out.setToolTip(self.tr("Leave this source out of the prompt"))
        self._fit()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """The signs alone."""
        return QSize(3 * 40, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Find out anew what fits."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        for name, button in self._buttons.items():
            button.setText(self._words[name])
        tallest = max(button.sizeHint().height() for button in self._buttons.values())
        for button in self._buttons.values():
            button.setMinimumHeight(tallest)
        for button in (self.leave_out, self.copy_words, self.ask):
            shown = [b.sizeHint().width() for b in self._buttons.values() if not b.isHidden()]
            if sum(shown) + 2 * _SIDE + _GAP * len(shown) <= self.width():
                break
            button.setText("")
        self._line.activate()

    def _restyle(self) -> None:
        for name, button in self._buttons.items():
            button.setIcon(icon(self._theme.tokens, name))
