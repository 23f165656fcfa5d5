"""The settings page: looks, how a question is sent, what is kept on disk, the tasks. Changes hold at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.core.settings import LARGEST_ZOOM, SMALLEST_ZOOM, Preferences
from app.ui.number_box import NumberBox
from app.ui.settings.preset_editor import PresetEditor
from app.ui.settings.read_documents import ReadDocuments
from app.ui.theme.style import SECTION, SMALL, Theme, scaled

_TYPING_PAUSE_MS = 400
_ZOOM_STEP = 10


class SettingsDialog(QDialog):
    """`changed` carries the new Preferences: at once for a choice, after a pause in typing for a text."""

    changed = Signal(object)

    def __init__(self, theme: Theme, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preferences = self._told = preferences
        self.setWindowTitle(self.tr("Settings"))
        self.setMinimumSize(520, 420)
        self.resize(680, 660)
        self.theme_buttons = self._segments(
            self.tr("Theme"),
            [
                (None, self.tr("As the system")),
                ("light", self.tr("Light")),
                ("dark", self.tr("Dark")),
                ("high_contrast", self.tr("High contrast")),
            ],
            preferences.theme,
            lambda value: self._set(theme=value),
        )
        self.motion_buttons = self._segments(
            self.tr("Motion"),
            [(None, self.tr("As the system")), (False, self.tr("Full")), (True, self.tr("None"))],
            preferences.reduced_motion,
            lambda value: self._set(reduced_motion=value),
        )
        self.zoom = NumberBox(theme, self)
        self.zoom.setRange(round(SMALLEST_ZOOM * 100), round(LARGEST_ZOOM * 100))
        self.zoom.setSingleStep(_ZOOM_STEP)
        self.zoom.setSuffix(" %")
        self.zoom.setValue(round(preferences.zoom * 100))
        self.zoom.setKeyboardTracking(False)
        self.zoom.setAccessibleName(self.tr("Text size in per cent"))
        self.zoom.valueChanged.connect(lambda value: self._set(zoom=value / 100))
        self.enter_buttons = self._sending(preferences.ask_on_enter)
        self.read_documents = ReadDocuments(theme, preferences.keep_read, self)
        self.read_documents.keep_chosen.connect(lambda keep: self._set(keep_read=keep))
        self.presets = PresetEditor(theme, preferences.presets, self)
        self.presets.edited.connect(self._presets_edited)
        self.close_button = QPushButton(self.tr("Close"), self)
        self.close_button.setAutoDefault(False)
        self.close_button.clicked.connect(self.accept)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_TYPING_PAUSE_MS)
        self._pause.timeout.connect(self._tell)
        self.finished.connect(self._tell)
        self._lay_out()
        self.theme_buttons[self._preferences.theme].setFocus()

    @property
    def preferences(self) -> Preferences:
        """As they are set now."""
        return self._preferences

    def _set(self, **values: Any) -> None:
        self._preferences = replace(self._preferences, **values)
        self._tell()

    def _presets_edited(self) -> None:
        self._preferences = replace(self._preferences, presets=self.presets.presets)
        self._pause.start()

    def _tell(self) -> None:
        """Say what changed since it was last said."""
        self._pause.stop()
        if self._preferences != self._told:
            self._told = self._preferences
            self.changed.emit(self._preferences)

    def _segments(
        self, name: str, choices: Sequence[tuple[Any, str]], chosen: Any, choose: Callable[[Any], None]
    ) -> dict[Any, QPushButton]:
        """Buttons side by side of which one is down, by the value that each stands for."""
        group = QButtonGroup(self)
        buttons: dict[Any, QPushButton] = {}
        for position, (value, text) in enumerate(choices):
            button = QPushButton(text, self)
            button.setCheckable(True)
            button.setAutoDefault(False)
            last = position == len(choices) - 1
            button.setProperty("segment", "last" if last else "middle" if position else "first")
            button.setAccessibleName(f"{name}: {text}")
            button.setChecked(value == chosen)
            button.clicked.connect(lambda _checked=False, value=value: choose(value))
            group.addButton(button)
            buttons[value] = button
        return buttons

    def _sending(self, on_enter: bool) -> dict[bool, QRadioButton]:
        group = QButtonGroup(self)
        texts = {
            False: self.tr("Ctrl+Enter asks, Enter begins a new line"),
            True: self.tr("Enter asks, Shift+Enter begins a new line"),
        }
        buttons: dict[bool, QRadioButton] = {}
        for value, text in texts.items():
            button = QRadioButton(text, self)
            button.setAccessibleName(text)
            button.setChecked(value == on_enter)
            button.clicked.connect(lambda _checked=False, value=value: self._set(ask_on_enter=value))
            group.addButton(button)
            buttons[value] = button
        return buttons

    def _lay_out(self) -> None:
        looks = QGridLayout()
        looks.setHorizontalSpacing(16)
        looks.setVerticalSpacing(12)
        looks.setColumnStretch(1, 1)
        rows = (
            (self.tr("Theme"), _side_by_side(list(self.theme_buttons.values()), spacing=0)),
            (
                self.tr("Text size"),
                _side_by_side([self.zoom, _note(self.tr("from the next start on"), self)], spacing=12),
            ),
            (self.tr("Motion"), _side_by_side(list(self.motion_buttons.values()), spacing=0)),
        )
        for row, (name, fields) in enumerate(rows):
            looks.addWidget(QLabel(name, self), row, 0)
            looks.addLayout(fields, row, 1)
        sending = QVBoxLayout()
        sending.setSpacing(0)
        for button in self.enter_buttons.values():
            sending.addWidget(button)
        page = QWidget(self)
        inner = QVBoxLayout(page)
        inner.setContentsMargins(0, 0, 8, 0)
        inner.setSpacing(8)
        inner.addWidget(_heading(self.tr("Look"), self))
        inner.addLayout(looks)
        inner.addSpacing(16)
        inner.addWidget(_heading(self.tr("Asking"), self))
        inner.addLayout(sending)
        inner.addSpacing(16)
        inner.addWidget(_heading(self.tr("Documents that were read"), self))
        inner.addWidget(self.read_documents)
        inner.addSpacing(16)
        inner.addWidget(_heading(self.tr("Tasks"), self))
        about = _note(self.tr("Questions that are always at hand. The text is what the model is asked."), self)
        about.setWordWrap(True)
        inner.addWidget(about)
        inner.addWidget(self.presets, 1)
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(page)
        for widget in (scroll.viewport(), page):
            widget.setAutoFillBackground(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(scroll, 1)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(0, 0, 8, 0)
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        layout.addLayout(buttons)


def _side_by_side(widgets: Sequence[QWidget], *, spacing: int) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(spacing)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row


def _heading(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setFont(scaled(SECTION, weight=QFont.Weight.DemiBold))
    return label


def _note(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setFont(scaled(SMALL))
    label.setProperty("tone", "third")
    return label
