"""The dialog that asks for the password of a PDF and has it read; a wrong one is said in place."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QFontMetrics
from PySide6.QtWidgets import QDialogButtonBox, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.core.workspace import Entry
from app.services.desk import Desk
from app.services.lane import Call
from app.ui.dialogs import Question
from app.ui.icon_button import icon_button
from app.ui.icons import icon
from app.ui.models.parts import ProblemCard
from app.ui.theme.style import Theme
from ingest.document import Ingested, Progress

_HINTS = Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText
_NAME_WIDTH = 340
_NO_CAPITALS = Qt.InputMethodHint.ImhNoAutoUppercase


class PasswordQuestion(Question):
    """Asks for the password of `entry`. It closes when the file was read; until then everything stays as it was."""

    def __init__(self, theme: Theme, desk: Desk, entry: Entry, parent: QWidget) -> None:
        name = QFontMetrics(parent.font()).elidedText(entry.name, Qt.TextElideMode.ElideMiddle, _NAME_WIDTH)
        super().__init__(
            self.tr("Enter the password"),
            self.tr(
                "{0} asks for a password. It opens the file and its pages until Plumbline is closed, "
                "and is never stored."
            ).format(name),
            self.tr("Open"),
            parent,
        )
        self._theme, self._desk, self._entry = theme, desk, entry
        self._call: Call[Ingested] | None = None
        self.field = QLineEdit()
        self.field.setAccessibleName(self.tr("Password"))
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setInputMethodHints(_HINTS | _NO_CAPITALS)
        self.shown = icon_button(self.tr("Show the password"))
        self.shown.setCheckable(True)
        self.shown.toggled.connect(self._show_password)
        self.busy = QLabel()
        self.busy.setProperty("tone", "second")
        self.busy.hide()
        self.problem = ProblemCard(theme, self)
        beside = QHBoxLayout()
        beside.setSpacing(4)
        beside.addWidget(self.field, 1)
        beside.addWidget(self.shown)
        label = QLabel(self.tr("Password"))
        label.setBuddy(self.field)
        self.form.addRow(label, beside)
        layout = cast(QVBoxLayout, self.layout())
        for part in (self.busy, self.problem):
            layout.insertWidget(layout.indexOf(self.buttons), part)
        self.open_button = next(
            button
            for button in self.buttons.buttons()
            if self.buttons.buttonRole(button) == QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.field.textChanged.connect(self._follow)
        desk.unlocked.connect(self._unlocked)
        desk.intake.progress.connect(self._progress)
        theme.changed.connect(self._restyle)
        self._restyle()
        self._follow()
        self.field.setFocus()

    def accept(self) -> None:
        """Try what was entered."""
        if self._call is not None or not self.field.text():
            return
        self.problem.hide()
        self.busy.setText(self.tr("Opening the file…"))
        self.busy.show()
        self._fit()
        self._call = self._desk.unlock(self._entry.key, self.field.text(), refused=self._refused)
        self._follow()

    def reject(self) -> None:
        """Give up; a file that is being read is let go."""
        if self._call is not None:
            self._call.cancel()
        super().reject()

    def _follow(self) -> None:
        free = self._call is None
        self.field.setReadOnly(not free)
        self.open_button.setEnabled(free and bool(self.field.text()))

    def _show_password(self, shown: bool) -> None:
        self.field.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)
        self._restyle()

    def _restyle(self) -> None:
        self.shown.setIcon(icon(self._theme.tokens, "hide" if self.shown.isChecked() else "inspect", "text"))

    def _fit(self) -> None:
        """As high as all that is said needs; a layout by itself never asks its window for the room of wrapped lines."""
        layout = cast(QVBoxLayout, self.layout())
        layout.activate()
        self.resize(self.width(), layout.totalHeightForWidth(self.width()))

    def _progress(self, state: Progress) -> None:
        if self._call is not None and state.path == self._entry.document.path and state.bytes_done:
            share = min(1.0, state.bytes_done / max(1, self._entry.document.size))
            self.busy.setText(self.tr("Reading the file, {0}").format(f"{share:.0%}"))

    def _refused(self, sentence: str) -> None:
        self._call = None
        self._follow()
        self.busy.hide()
        self.problem.say(sentence)
        self._fit()
        self.field.selectAll()
        self.field.setFocus()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.field, sentence))

    def _unlocked(self, key: str) -> None:
        if key == self._entry.key:
            super().accept()
