"""The button that measures, over a real engine: progress, what is kept, stopping, another model, closing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.core import tuned
from app.core.model_choice import ModelChoice
from app.services.tuner import ModelTuner
from app.ui.models.dialog import ModelDialog
from app.ui.models.measure_row import MeasureRow
from app.ui.theme.style import Theme
from engine.tuning import Tuned, TuneProgress
from tests.make_gguf import cut_in_half

PATIENCE_MS = 60_000


class QuickTuner(ModelTuner):
    """Takes a second instead of a minute; for ever when told so."""

    seconds = 1.0

    def start(self, choice: ModelChoice, *, seconds: float = 0.0) -> None:
        super().start(choice, seconds=self.seconds)


@pytest.fixture
def tuner(qtbot: QtBot) -> Iterator[QuickTuner]:
    made = QuickTuner()
    yield made
    made.close()


def opened(qtbot: QtBot, theme: Theme, tuner: ModelTuner, *models: Path) -> tuple[ModelDialog, MeasureRow]:
    dialog = ModelDialog(theme, ModelChoice(models[0]), models, tuner=tuner)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.measure is not None
    qtbot.waitUntil(lambda: len(dialog.rows.rows) > len(models) and dialog.choice is not None)
    return dialog, dialog.measure


def test_it_measures_says_how_far_it_is_and_what_is_kept(
    qtbot: QtBot, theme: Theme, tuner: QuickTuner, tiny_llama4: Path, tiny_llama: Path
) -> None:
    dialog, row = opened(qtbot, theme, tuner, tiny_llama4, tiny_llama)
    assert row.button.text() == "Measure (about a minute)"
    assert row.note.text().startswith("Finds the fastest")
    dialog.form.threads.setFocus()
    QTest.keyClick(dialog.form.threads, Qt.Key.Key_Tab)
    assert row.button.hasFocus()
    said: list[TuneProgress] = []
    tuner.progressed.connect(said.append)
    with qtbot.waitSignal(tuner.found, timeout=PATIENCE_MS):
        QTest.keyClick(row.button, Qt.Key.Key_Space)
        assert row.button.text() == "Stop measuring"
    kept = tuned.find(tiny_llama4)
    assert kept is not None
    threads = "1 thread" if kept.tuned.threads == 1 else f"{kept.tuned.threads} threads"
    assert row.note.text().startswith(f"Measured: {threads} for answering, ")
    assert row.button.accessibleDescription() == row.note.text()
    assert any(progress.question == "answer_threads" for progress in said)
    qtbot.waitUntil(lambda: row.button.text() == "Measure (about a minute)" and row.button.isEnabled())
    dialog.list.setCurrentIndex(dialog.rows.index_of(tiny_llama))
    assert row.note.text().startswith("Finds the fastest")
    dialog.list.setCurrentIndex(dialog.rows.index_of(tiny_llama4))
    assert row.note.text().startswith("Measured: ")


def test_what_was_measured_earlier_is_said_at_once(
    qtbot: QtBot, theme: Theme, tuner: QuickTuner, tiny_llama4: Path
) -> None:
    tuned.keep(tiny_llama4, Tuned(3, 5, 1024, 1024, gpu=False))
    _, row = opened(qtbot, theme, tuner, tiny_llama4)
    assert row.note.text() == (
        "Measured: 3 threads for answering, 5 threads for reading, batches of 1,024 tokens. A GPU is slower here."
    )


def test_stopping_keeps_nothing(qtbot: QtBot, theme: Theme, tuner: QuickTuner, tiny_llama4: Path) -> None:
    tuner.seconds = 3600.0
    _, row = opened(qtbot, theme, tuner, tiny_llama4)
    with qtbot.waitSignal(tuner.progressed, timeout=PATIENCE_MS):
        row.button.click()
    with qtbot.waitSignal(tuner.ended, timeout=PATIENCE_MS):
        row.button.click()
        assert not row.button.isEnabled()
    assert row.note.text() == "Stopped. Nothing was kept."
    assert row.button.isEnabled() and tuned.find(tiny_llama4) is None


@pytest.mark.parametrize("how", ["another model", "closing"])
def test_leaving_the_model_stops_it(
    qtbot: QtBot, theme: Theme, tuner: QuickTuner, tiny_llama4: Path, tiny_llama: Path, how: str
) -> None:
    tuner.seconds = 3600.0
    dialog, row = opened(qtbot, theme, tuner, tiny_llama4, tiny_llama)
    with qtbot.waitSignal(tuner.progressed, timeout=PATIENCE_MS):
        row.button.click()
    with qtbot.waitSignal(tuner.ended, timeout=PATIENCE_MS):
        if how == "closing":
            dialog.reject()
        else:
            dialog.list.setCurrentIndex(dialog.rows.index_of(tiny_llama))
            assert row.button.text() == "Measure (about a minute)" and not row.button.isEnabled()
            assert row.note.text().startswith("Finds the fastest")
    assert not tuner.busy and tuned.find(tiny_llama4) is None
    assert row.button.isEnabled()


def test_a_model_that_cannot_be_loaded_is_said_in_place(
    qtbot: QtBot, theme: Theme, tuner: QuickTuner, tiny_llama4: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "changed.gguf"
    broken.write_bytes(tiny_llama4.read_bytes())
    _, row = opened(qtbot, theme, tuner, broken)
    cut_in_half(tiny_llama4, broken)
    with qtbot.waitSignal(tuner.failed, timeout=PATIENCE_MS):
        row.button.click()
    assert "cut short" in row.note.text() and row.note.property("tone") == "bad"


def test_without_a_tuner_there_is_no_button(qtbot: QtBot, theme: Theme, tiny_llama4: Path) -> None:
    dialog = ModelDialog(theme, ModelChoice(tiny_llama4), [tiny_llama4])
    qtbot.addWidget(dialog)
    assert dialog.measure is None
    dialog.reject()
