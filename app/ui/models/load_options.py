"""The form of how a model is loaded: context, type of the KV cache, threads, GPU layers. Knows no memory."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app.core.model_choice import KV_TYPES, MemoryNeed, ModelChoice, ModelFacts
from app.core.models import default_threads
from app.core.tuned import MOST_THREADS
from app.ui.number_box import NumberBox
from app.ui.theme.style import BODY, SMALL, Theme, scaled
from engine.kv_memory import BYTES_PER_VALUE
from engine.protocol import KvType

_PRESETS = (8, 32, 128, 512, 2048, 8192)
"""Contexts in units of 1,024 tokens."""
_MOST_PRESETS, _SMALLEST_CONTEXT = 4, 256
_AUTOMATIC = -1
"""Stands in the field for what fits the GPUs, where there are any."""


class LoadOptionsForm(QWidget):
    """Fields for one model. `edited` comes for what a person changed."""

    edited = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._automatic = True
        self._largest = 0
        self.context = NumberBox(theme, self)
        self.context.setSuffix(self.tr(" tokens"))
        self.context.setSingleStep(1024)
        self.context.setAccessibleName(self.tr("Context in tokens"))
        self.presets = QWidget(self)
        self._preset_row = QHBoxLayout(self.presets)
        self._preset_row.setContentsMargins(0, 0, 0, 0)
        self._preset_row.setSpacing(0)
        self._preset_row.addStretch(1)
        self._buttons: dict[int, QPushButton] = {}
        self.automatic_button = self._preset(self.tr("Automatic"), self._choose_automatic)
        self.largest_button = self._preset(self.tr("Largest"), self._choose_largest)
        self.cache_buttons = self._cache_buttons()
        self.threads = NumberBox(theme, self)
        self.threads.setRange(0, MOST_THREADS)
        self.threads.setSpecialValueText(self.tr("Automatic ({count})").format(count=default_threads()))
        self.threads.setAccessibleName(self.tr("Threads"))
        self.gpu_layers = NumberBox(theme, self)
        self.gpu_layers.setSpecialValueText(self.tr("Automatic"))
        self.gpu_layers.setAccessibleName(self.tr("Layers on the GPU"))
        self._context_note, self._gpu_note = _note(self), _note(self)
        self._lay_out()
        self.context.valueChanged.connect(self._context_typed)
        self.threads.valueChanged.connect(self.edited)
        self.gpu_layers.valueChanged.connect(self.edited)

    def show_choice(self, choice: ModelChoice, facts: ModelFacts) -> None:
        """Put `choice` into the fields, as far as the model allows."""
        blocked = [w.blockSignals(True) for w in (self.context, self.threads, self.gpu_layers)]
        self._automatic = choice.n_ctx is None
        self.context.setRange(min(_SMALLEST_CONTEXT, facts.trained_context), facts.trained_context)
        self.context.setValue(choice.n_ctx or facts.trained_context)
        self.threads.setValue(choice.threads or 0)
        self.gpu_layers.setRange(_AUTOMATIC, (facts.layers or 512) + 1)
        self.gpu_layers.setValue(_AUTOMATIC if choice.gpu_layers is None else choice.gpu_layers)
        self.cache_buttons[choice.kv].setChecked(True)
        for widget, before in zip((self.context, self.threads, self.gpu_layers), blocked, strict=True):
            widget.blockSignals(before)
        self._make_presets(facts.trained_context)
        of = self.tr("of {layers}; counts only where llama.cpp is built for a GPU")
        self._gpu_note.setText(of.format(layers=f"{facts.layers + 1:,}" if facts.layers else "?"))

    def choice(self, path: Path) -> ModelChoice:
        """What the fields say, for the model at `path`."""
        checked: list[KvType] = [kv for kv, button in self.cache_buttons.items() if button.isChecked()]
        return ModelChoice(
            path,
            n_ctx=None if self._automatic else self.context.value(),
            kv=checked[0] if checked else "f16",
            threads=self.threads.value() or None,
            gpu_layers=None if self.gpu_layers.value() == _AUTOMATIC else self.gpu_layers.value(),
        )

    def show_need(self, need: MemoryNeed) -> None:
        """Show what was counted: the automatic context, and the largest that fits."""
        self._largest = min(need.largest_context, self.context.maximum())
        if self._automatic:
            before = self.context.blockSignals(True)
            self.context.setValue(need.n_ctx)
            self.context.blockSignals(before)
        largest = self.tr("The largest that fits here is {tokens}.").format(tokens=f"{self._largest:,}")
        self._context_note.setText(largest if self._largest else self.tr("No context fits here."))
        value = self.context.value()
        self.automatic_button.setChecked(self._automatic)
        self.largest_button.setEnabled(self._largest > 0)
        self.largest_button.setChecked(not self._automatic and value == self._largest)
        for tokens, button in self._buttons.items():
            button.setChecked(not self._automatic and value == tokens and tokens != self._largest)

    def use_context(self, tokens: int) -> None:
        """Choose this context, as if it had been typed."""
        self._automatic = False
        before = self.context.blockSignals(True)
        self.context.setValue(tokens)
        self.context.blockSignals(before)
        self.edited.emit()

    def use_cache(self, kv: KvType) -> None:
        """Choose this type of cache, as if it had been clicked."""
        self.cache_buttons[kv].setChecked(True)
        self.edited.emit()

    def add_below_threads(self, widget: QWidget, control: QWidget) -> None:
        """Show `widget` under the field for threads; its `control` is reached by Tab from there."""
        self._thread_column.addWidget(widget)
        QWidget.setTabOrder(self.threads, control)
        QWidget.setTabOrder(control, self.gpu_layers)

    def _context_typed(self) -> None:
        self._automatic = False
        self.edited.emit()

    def _choose_automatic(self) -> None:
        self._automatic = True
        self.edited.emit()

    def _choose_largest(self) -> None:
        self.use_context(self._largest)

    def _cache_buttons(self) -> dict[KvType, QRadioButton]:
        group = QButtonGroup(self)
        buttons: dict[KvType, QRadioButton] = {}
        for kv in KV_TYPES:
            button = QRadioButton(kv, self)
            button.setAccessibleName(self.tr("KV cache {kind}: {words}").format(kind=kv, words=self._meaning(kv)))
            button.clicked.connect(self.edited)
            group.addButton(button)
            buttons[kv] = button
        return buttons

    def _meaning(self, kv: KvType) -> str:
        share = f"{BYTES_PER_VALUE[kv] / BYTES_PER_VALUE['f16']:.0%}".replace("%", " %")
        return {
            "f16": self.tr("Full precision. Takes the most memory."),
            "q8_0": self.tr("{share} of that memory. Answers rarely change.").format(share=share),
            "q4_0": self.tr("{share} of that memory. Long texts are remembered less exactly.").format(share=share),
        }[kv]

    def _preset(self, text: str, run: object) -> QPushButton:
        button = QPushButton(text, self.presets)
        button.setCheckable(True)
        button.setAutoDefault(False)
        button.setAccessibleName(self.tr("Context: {preset}").format(preset=text))
        button.clicked.connect(run)
        return button

    def _make_presets(self, trained: int) -> None:
        """Automatic, round contexts that the model allows, the largest that fits."""
        for old in self._buttons.values():
            self._preset_row.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._buttons = {}
        for thousand in [p for p in _PRESETS if p * 1024 <= trained][:_MOST_PRESETS]:
            text = f"{thousand}K" if thousand < 1024 else f"{thousand // 1024}M"
            tokens = thousand * 1024
            button = self._preset(text, lambda _checked, tokens=tokens: self.use_context(tokens))
            button.setToolTip(self.tr("{tokens} tokens").format(tokens=f"{tokens:,}"))
            self._buttons[tokens] = button
        row = [self.automatic_button, *self._buttons.values(), self.largest_button]
        for position, button in enumerate(row):
            place = "first" if position == 0 else "last" if position == len(row) - 1 else "middle"
            button.setProperty("segment", place)
            button.style().unpolish(button)
            button.style().polish(button)
            self._preset_row.removeWidget(button)
            self._preset_row.insertWidget(position, button)
            button.show()
        for before, after in zip([self.context, *row], row, strict=False):
            QWidget.setTabOrder(before, after)

    def _lay_out(self) -> None:
        context = QHBoxLayout()
        context.setSpacing(12)
        context.addWidget(self.context)
        context.addWidget(self._context_note, 1)
        contexts = QVBoxLayout()
        contexts.setSpacing(8)
        contexts.addLayout(context)
        contexts.addWidget(self.presets)
        caches = QGridLayout()
        caches.setHorizontalSpacing(12)
        caches.setVerticalSpacing(4)
        caches.setColumnStretch(1, 1)
        for row, (kv, button) in enumerate(self.cache_buttons.items()):
            words = QLabel(self._meaning(kv), self)
            words.setProperty("tone", "second")
            words.setWordWrap(True)
            caches.addWidget(button, row, 0, Qt.AlignmentFlag.AlignTop)
            caches.addWidget(words, row, 1)
            caches.setRowMinimumHeight(row, 28)
        layers = QHBoxLayout()
        threads = self._thread_column = QVBoxLayout()
        threads.setSpacing(8)
        threads.addWidget(self.threads, 0, Qt.AlignmentFlag.AlignLeft)
        layers.setSpacing(12)
        layers.addWidget(self.gpu_layers)
        layers.addWidget(self._gpu_note, 1)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 8, 0)
        layout.setHorizontalSpacing(16)
        layout.setVerticalSpacing(16)
        names = (self.tr("Context"), self.tr("KV cache"), self.tr("Threads"), self.tr("GPU layers"))
        for row, (name, fields) in enumerate(zip(names, (contexts, caches, threads, layers), strict=True)):
            layout.addWidget(_heading(name, self), row, 0, Qt.AlignmentFlag.AlignTop)
            layout.addLayout(fields, row, 1)
        layout.setRowStretch(len(names), 1)
        layout.setColumnStretch(1, 1)


def _heading(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setFont(scaled(BODY, weight=QFont.Weight.Medium))
    label.setMinimumHeight(label.fontMetrics().height() + 14)
    return label


def _note(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setProperty("tone", "third")
    label.setFont(scaled(SMALL))
    label.setWordWrap(True)
    return label
