"""Edits the task presets: add, change, delete, as they were at first. Deleting and resetting can be undone in place."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.core.settings import Preset, default_presets
from app.ui.icons import icon
from app.ui.theme.style import BODY, SMALL, Theme, scaled


class PresetEditor(QWidget):
    """A list of names, and name and text of the one chosen. `edited` comes after each change that can be kept."""

    edited = Signal()

    def __init__(self, theme: Theme, presets: Sequence[Preset], parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._presets = list(presets)
        self._before: list[Preset] | None = None
        self.list = QListWidget(self)
        self.list.setProperty("boxed", "true")
        self.list.setUniformItemSizes(True)
        # Heights of rows are kept from their first layout, so the style has to be in place before it.
        self.list.ensurePolished()
        self.list.setAccessibleName(self.tr("Tasks"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.add_button, self.delete_button = QToolButton(self), QToolButton(self)
        for button, name in (
            (self.add_button, self.tr("Add a task")),
            (self.delete_button, self.tr("Delete this task")),
        ):
            button.setToolTip(name)
            button.setAccessibleName(name)
            button.setFixedSize(28, 28)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.reset_button = QPushButton(self.tr("As at first"), self)
        self.reset_button.setProperty("role", "link")
        self.reset_button.setToolTip(self.tr("Bring back the tasks that come with Plumbline"))
        self.reset_button.setAccessibleName(self.reset_button.toolTip())
        self.reset_button.setAutoDefault(False)
        self.name = QLineEdit(self)
        self.name.setAccessibleName(self.tr("Name of the task"))
        self.name.setPlaceholderText(self.tr("Name"))
        self.text = QPlainTextEdit(self)
        self.text.setAccessibleName(self.tr("Question of the task"))
        self.text.setPlaceholderText(self.tr("What is asked when this task is chosen"))
        self.text.setTabChangesFocus(True)
        self.problem = QLabel(self)
        self.problem.setProperty("tone", "bad")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self._said, self.undo_button = QLabel(self), QPushButton(self.tr("Undo"), self)
        self._said.setProperty("tone", "second")
        self.undo_button.setProperty("role", "link")
        self.undo_button.setAutoDefault(False)
        self._lay_out()
        self._fill(0)
        self._restyle()
        theme.changed.connect(self._restyle)
        self.list.currentRowChanged.connect(self._show)
        self.name.textEdited.connect(self._changed)
        self.text.textChanged.connect(self._changed)
        self.add_button.clicked.connect(self.add)
        self.delete_button.clicked.connect(self.delete)
        self.reset_button.clicked.connect(self.reset)
        self.undo_button.clicked.connect(self.undo)

    @property
    def presets(self) -> tuple[Preset, ...]:
        """The tasks as they are now; those without a name are not kept."""
        return tuple(preset for preset in self._presets if preset.name.strip())

    def add(self) -> None:
        """A new task at the end, with its name ready to be typed."""
        self._offer_undo(None)
        self._presets.append(Preset("", ""))
        self._fill(len(self._presets) - 1)
        self.name.setFocus()

    def delete(self) -> None:
        """Delete the chosen task; can be undone."""
        row = self.list.currentRow()
        if not 0 <= row < len(self._presets):
            return
        name = self._presets[row].name
        self._offer_undo(self.tr("Deleted “{name}”.").format(name=name) if name.strip() else None)
        del self._presets[row]
        self._fill(min(row, len(self._presets) - 1))
        self.edited.emit()

    def reset(self) -> None:
        """The tasks that come with the program; can be undone."""
        self._offer_undo(self.tr("All tasks are as at first."))
        self._presets = list(default_presets())
        self._fill(0)
        self.edited.emit()

    def undo(self) -> None:
        """Take the last deleting or resetting back."""
        if self._before is not None:
            self._presets = self._before
            self._offer_undo(None)
            self._fill(max(self.list.currentRow(), 0))
            self.list.setFocus()
            self.edited.emit()

    def _offer_undo(self, said: str | None) -> None:
        self._before = list(self._presets) if said else None
        self._said.setText(self._said.fontMetrics().elidedText(said or "", Qt.TextElideMode.ElideMiddle, 260))
        self._said.setVisible(bool(said))
        self.undo_button.setVisible(bool(said))
        self.undo_button.setAccessibleName(f"{said} {self.undo_button.text()}" if said else self.undo_button.text())

    def _fill(self, row: int) -> None:
        before = self.list.blockSignals(True)
        self.list.clear()
        self.list.addItems([preset.name or self.tr("No name yet") for preset in self._presets])
        self.list.setCurrentRow(row)
        self.list.blockSignals(before)
        self._show(row)

    def _show(self, row: int) -> None:
        there = 0 <= row < len(self._presets)
        preset = self._presets[row] if there else Preset("", "")
        for field in (self.name, self.text):
            field.blockSignals(True)
            field.setEnabled(there)
        self.name.setText(preset.name)
        self.text.setPlainText(preset.text)
        for field in (self.name, self.text):
            field.blockSignals(False)
        self.delete_button.setEnabled(there)
        self._judge()

    def _changed(self) -> None:
        row = self.list.currentRow()
        if not 0 <= row < len(self._presets):
            return
        # What was deleted before this change could come back only without it.
        self._offer_undo(None)
        self._presets[row] = Preset(self.name.text().strip(), self.text.toPlainText())
        self.list.item(row).setText(self._presets[row].name or self.tr("No name yet"))
        self._judge()
        self.edited.emit()

    def _judge(self) -> None:
        """Say what keeps the chosen task from being kept."""
        row = self.list.currentRow()
        nameless = 0 <= row < len(self._presets) and not self._presets[row].name
        self.problem.setText(self.tr("A task without a name is not kept.") if nameless else "")
        self.problem.setVisible(nameless)
        self.name.setAccessibleDescription(self.problem.text())

    def _restyle(self) -> None:
        tokens = self._theme.tokens
        self.add_button.setIcon(icon(tokens, "add"))
        self.delete_button.setIcon(icon(tokens, "trash"))

    def _lay_out(self) -> None:
        tools = QHBoxLayout()
        tools.setSpacing(4)
        tools.addWidget(self.add_button)
        tools.addWidget(self.delete_button)
        tools.addStretch(1)
        tools.addWidget(self.reset_button)
        names, question = QLabel(self.tr("Name"), self), QLabel(self.tr("Question"), self)
        for label, field in ((names, self.name), (question, self.text)):
            label.setFont(scaled(SMALL, weight=QFont.Weight.Medium))
            label.setProperty("tone", "second")
            label.setBuddy(field)
        fields = QVBoxLayout()
        fields.setSpacing(4)
        fields.addWidget(names)
        fields.addWidget(self.name)
        fields.addWidget(self.problem)
        fields.addSpacing(4)
        fields.addWidget(question)
        fields.addWidget(self.text, 1)
        undo = QHBoxLayout()
        undo.setSpacing(4)
        undo.addWidget(self._said)
        undo.addWidget(self.undo_button)
        undo.addStretch(1)
        self._offer_undo(None)
        self._said.setFont(scaled(BODY))
        self.list.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.text.setMinimumHeight(7 * self.fontMetrics().height())
        self.text.document().setDocumentMargin(8)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(16)
        layout.setVerticalSpacing(4)
        layout.addWidget(self.list, 0, 0)
        layout.addLayout(fields, 0, 1)
        layout.addLayout(tools, 1, 0)
        layout.addLayout(undo, 1, 1)
        layout.setColumnStretch(0, 2)
        layout.setColumnStretch(1, 3)
        layout.setRowStretch(0, 1)
