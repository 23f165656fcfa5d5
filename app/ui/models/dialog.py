"""The window in which a model is chosen: a list, how to load it, and what that takes of memory before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.core.model_choice import MemoryNeed, ModelChoice, ModelFacts, memory_need
from app.services.tuner import ModelTuner
from app.ui.check_box import CheckBox
from app.ui.icons import icon
from app.ui.models.header_reader import HeaderReader
from app.ui.models.load_options import LoadOptionsForm
from app.ui.models.measure_row import MeasureRow
from app.ui.models.memory_bar import MemoryCard
from app.ui.models.model_list import ROW, ModelListView, ModelRow, ModelRows
from app.ui.models.parts import ElidedPath, ProblemCard
from app.ui.plain import tooltip
from app.ui.theme.style import SECTION, SMALL, Theme, scaled

_LIST_WIDTH = 20.5
"""In heights of a line."""


class ModelDialog(QDialog):
    """Choose a model. `applied` carries the ModelChoice; the dialog is closed then."""

    applied = Signal(object)

    def __init__(
        self,
        theme: Theme,
        current: ModelChoice,
        recent: Sequence[Path],
        parent: QWidget | None = None,
        *,
        held: int = 0,
        tuner: ModelTuner | None = None,
    ) -> None:
        """held: bytes of memory that the model loaded now gives back when another one is loaded.

        tuner: measures; without one the dialog has no button for it.
        """
        super().__init__(parent)
        self._theme, self._current, self._held = theme, current, held
        self._browsed: Path | None = None
        self.need: MemoryNeed | None = None
        self.setWindowTitle(self.tr("Choose a model"))
        self.setMinimumSize(720, 480)
        self.resize(920, 620)
        self.rows = ModelRows(self)
        self.list = ModelListView(theme, self)
        self.list.setModel(self.rows)
        self.browse_button = QPushButton(self.tr("Browse…"), self)
        self.browse_button.setAccessibleName(self.tr("Browse for a model file"))
        self.form = LoadOptionsForm(theme, self)
        self.measure = MeasureRow(tuner, lambda: self.choice, self.form) if tuner is not None else None
        if self.measure is not None:
            self.form.add_below_threads(self.measure, self.measure.button)
            self.finished.connect(self.measure.stop)
        self.memory = MemoryCard(theme, self)
        self.problem = ProblemCard(theme, self)
        self.apply_button = QPushButton(self.tr("Apply and reload"), self)
        self.apply_button.setProperty("role", "primary")
        self.apply_button.setDefault(True)
        self.cancel_button = QPushButton(self.tr("Cancel"), self)
        self.anyway = CheckBox(theme, self.tr("Load it anyway"), self)
        self.anyway.setToolTip(tooltip(self.tr("The system may end the engine, or become very slow.")))
        self.anyway.setAccessibleDescription(self.tr("The system may end the engine, or become very slow."))
        self.anyway.hide()
        for button in (self.browse_button, self.cancel_button):
            button.setAutoDefault(False)
        self._title, self._where = QLabel(self), ElidedPath(self)
        self._gpu_note = QLabel(self)
        self._lay_out()
        self._restyle()
        theme.changed.connect(self._restyle)
        self.browse_button.clicked.connect(self.browse)
        self.cancel_button.clicked.connect(self.reject)
        self.apply_button.clicked.connect(self._apply)
        self.form.edited.connect(self._count)
        self.anyway.toggled.connect(self._count)
        self.list.selectionModel().currentChanged.connect(self._selected)
        self.problem.remedy.clicked.connect(self._remedy)
        self.rows.add([current.path])
        self.list.setCurrentIndex(self.rows.index_of(current.path))
        self.list.setFocus()
        self._reader = HeaderReader(recent, self)
        self._reader.listed.connect(self._listed)
        self._reader.described.connect(self._described)
        self._reader.refused.connect(self._refused)
        self._reader.start()
        self._reader.read(current.path)
        self.finished.connect(self._reader.stop)

    @property
    def choice(self) -> ModelChoice | None:
        """What would be applied; None while the model selected is not read or cannot be used."""
        facts = self._facts()
        return replace(self.form.choice(facts.path), anyway=self.anyway.isChecked()) if facts else None

    def browse(self) -> None:
        """Let the user find a file."""
        dialog = QFileDialog(self, self.tr("Choose a model"), str(self._current.path.parent))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(self.tr("Models (*.gguf);;All files (*)"))
        dialog.fileSelected.connect(lambda name: self.try_file(Path(name)))
        dialog.open()

    def try_file(self, path: Path) -> None:
        """Read `path`, list it and select it; or say why it is no model, and leave the rest as it is."""
        self._browsed = path
        self._reader.read(path)

    def _facts(self) -> ModelFacts | None:
        row: ModelRow | None = self.list.currentIndex().data(ROW)
        return row.facts if row else None

    def _listed(self, paths: list[Path]) -> None:
        self.rows.add(paths)
        self.rows.move_first(paths)

    def _described(self, facts: ModelFacts) -> None:
        self.rows.add([facts.path])
        index = self.rows.index_of(facts.path)
        row: ModelRow = index.data(ROW)
        # The same file may be read twice; what was typed since the first time stays.
        new = row.facts != facts
        self.rows.set_facts(facts)
        if facts.path == self._browsed:
            self._browsed = None
            self.list.setCurrentIndex(index)
            self.problem.hide()
        if new and self.list.currentIndex() == index:
            self._selected(index, QModelIndex())

    def _refused(self, path: Path, sentence: str) -> None:
        self.rows.set_problem(path, sentence)
        if path == self._browsed:
            self._browsed = None
            self.problem.say(sentence)
        elif self.list.currentIndex() == self.rows.index_of(path):
            self._selected(self.list.currentIndex(), QModelIndex())

    def _selected(self, index: QModelIndex, _before: QModelIndex) -> None:
        row: ModelRow | None = index.data(ROW)
        self._title.setText(str(index.data() or ""))
        self._where.show_text(str(row.path) if row else "")
        facts = row.facts if row else None
        self.form.setEnabled(facts is not None)
        if facts is not None:
            current = self._current if facts.path == self._current.path else None
            self._offer_anyway(False)
            kept = current or replace(self._current, path=facts.path, n_ctx=None, gpu_layers=None)
            self.form.show_choice(kept, facts)
            if self.measure is not None:
                self.measure.show_model(facts.path, facts.tuned)
            self._count()
            return
        self.need = None
        self._offer_anyway(False)
        self.memory.show_need(None)
        self._gpu_note.hide()
        if row is not None and row.problem:
            self.problem.say(row.problem)
            self._allow(row.problem)
        else:
            self.problem.hide()
            self._allow(self.tr("The file's header is being read."))

    def _count(self) -> None:
        """Count again after a change; says what is wrong and what would do."""
        facts, choice = self._facts(), self.choice
        if facts is None or choice is None:
            return
        need = self.need = memory_need(choice, facts=facts, held=self._held)
        self.form.show_need(need)
        self.memory.show_need(need)
        self._gpu_note.setVisible(bool(choice.gpu_layers))
        self._offer_anyway(bool(need.problem) and need.possible)
        self._allow("" if self.anyway.isChecked() else need.problem)
        if not need.problem:
            self.problem.hide()
        elif need.possible and need.fits == "q8_0":
            self.problem.say(need.problem, self.tr("Use q8_0"))
        elif choice.kv != "f16" and need.left >= 0:
            self.problem.say(need.problem, self.tr("Use f16"))
        elif need.largest_context:
            use = self.tr("Use {tokens} tokens").format(tokens=f"{need.largest_context:,}")
            self.problem.say(need.problem, use)
        else:
            self.problem.say(f"{need.problem} {self.tr('Choose a smaller model.')}")

    def _offer_anyway(self, offered: bool) -> None:
        """It is asked for anew each time something does not fit."""
        self.anyway.setVisible(offered)
        if not offered:
            before = self.anyway.blockSignals(True)
            self.anyway.setChecked(False)
            self.anyway.blockSignals(before)

    def _allow(self, problem: str) -> None:
        self.apply_button.setEnabled(not problem)
        self.apply_button.setToolTip(tooltip(problem))
        self.apply_button.setAccessibleDescription(problem)

    def _remedy(self) -> None:
        choice, need = self.choice, self.need
        if choice is None or need is None:
            return
        if need.possible and need.fits == "q8_0":
            self.form.use_cache("q8_0")
        elif choice.kv != "f16" and need.left >= 0:
            self.form.use_cache("f16")
        else:
            self.form.use_context(need.largest_context)
        self.apply_button.setFocus()

    def _apply(self) -> None:
        choice = self.choice
        if choice is not None:
            self.applied.emit(choice)
            self.accept()

    def _restyle(self) -> None:
        self.browse_button.setIcon(icon(self._theme.tokens, "folder"))

    def _lay_out(self) -> None:
        side = QVBoxLayout()
        side.setSpacing(12)
        side.addWidget(self.list, 1)
        side.addWidget(self.browse_button, 0, Qt.AlignmentFlag.AlignLeft)
        panel = QFrame(self)
        panel.setProperty("card", "plain")
        inner = QVBoxLayout(panel)
        inner.setContentsMargins(16, 12, 8, 12)
        inner.setSpacing(4)
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._title.setFont(scaled(SECTION, weight=QFont.Weight.DemiBold))
        self._where.setFont(scaled(SMALL))
        scroll = QScrollArea(panel)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(self.form)
        for widget in (scroll.viewport(), self.form):
            widget.setAutoFillBackground(False)
        inner.addWidget(self._title)
        inner.addWidget(self._where)
        inner.addSpacing(12)
        inner.addWidget(scroll, 1)
        top = QHBoxLayout()
        top.setSpacing(16)
        holder = QWidget(self)
        holder.setMaximumWidth(round(_LIST_WIDTH * self.fontMetrics().height()))
        side.setContentsMargins(0, 0, 0, 0)
        holder.setLayout(side)
        top.addWidget(holder, 2)
        top.addWidget(panel, 3)
        self._gpu_note.setText(
            self.tr("With layers on the GPU a part of this lies there; whether it fits shows when it loads.")
        )
        self._gpu_note.setProperty("tone", "second")
        self._gpu_note.setWordWrap(True)
        self._gpu_note.hide()
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._gpu_note, 1)
        buttons.addStretch(0)
        buttons.addWidget(self.anyway)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.apply_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addLayout(top, 1)
        layout.addWidget(self.memory)
        layout.addWidget(self.problem)
        layout.addLayout(buttons)
