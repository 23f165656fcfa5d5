"""The model dialog over real files: lists, counts live, refuses with a remedy, reads headers in a thread that ends."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QLabel, QListView, QWidget
from pytestqt.qtbot import QtBot

from app.core.model_choice import MemoryNeed, ModelChoice, memory_need
from app.core.models import find_model
from app.ui.models.dialog import ModelDialog
from app.ui.models.header_reader import HeaderReader
from app.ui.models.memory_bar import lay_out
from app.ui.theme.style import Theme
from tests.make_gguf import Sizes, cut_in_half, write_random


@pytest.fixture(autouse=True)
def no_named_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLUMBLINE_MODEL", raising=False)


@pytest.fixture(scope="module")
def long_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its full context takes about 2 TB on any computer."""
    path = tmp_path_factory.mktemp("long") / "long.gguf"
    return write_random(path, architecture="llama", sizes=Sizes(context=1 << 28, width=256, kv_heads=4))


def bundled() -> Path:
    path = find_model(None)
    assert path is not None
    return path


def opened(qtbot: QtBot, theme: Theme, choice: ModelChoice, *recent: Path) -> ModelDialog:
    dialog = ModelDialog(theme, choice, recent)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: len(dialog.rows.rows) > 1 or not recent)
    qtbot.waitUntil(lambda: all(row.facts or row.problem for row in dialog.rows.rows))
    return dialog


def test_the_bundled_model_is_first_and_says_what_it_is(qtbot: QtBot, theme: Theme, tiny_llama4: Path) -> None:
    dialog = opened(qtbot, theme, ModelChoice(tiny_llama4), tiny_llama4)
    first, second = dialog.rows.rows
    assert (first.path, second.path) == (bundled(), tiny_llama4)
    assert "Comes with Plumbline, reads and quotes, no more" in dialog.rows.lines(first)
    assert any("made for 32,768 tokens" in line for line in dialog.rows.lines(second))
    assert dialog.list.currentIndex().row() == 1
    assert "llama4" in str(dialog.rows.index(1).data(Qt.ItemDataRole.AccessibleTextRole))


def test_apply_hands_over_what_the_fields_say(qtbot: QtBot, theme: Theme, long_model: Path) -> None:
    dialog = opened(qtbot, theme, ModelChoice(bundled()), long_model)
    dialog.list.setFocus()
    QTest.keyClick(dialog.list, Qt.Key.Key_Down)
    assert dialog.list.currentIndex().row() == 1
    dialog.form.use_context(4096)
    dialog.form.use_cache("q8_0")
    dialog.form.threads.setValue(3)
    dialog.form.gpu_layers.setValue(2)
    with qtbot.waitSignal(dialog.applied) as applied:
        QTest.keyClick(dialog.apply_button, Qt.Key.Key_Space)
    assert applied.args == [ModelChoice(long_model, n_ctx=4096, kv="q8_0", threads=3, gpu_layers=2)]
    assert not dialog.isVisible()


def test_the_current_choice_is_shown_and_comes_back_unchanged(qtbot: QtBot, theme: Theme, long_model: Path) -> None:
    for choice in (ModelChoice(long_model, 5000, "q4_0", 1, 3), ModelChoice(long_model)):
        dialog = opened(qtbot, theme, choice, long_model)
        assert dialog.choice == choice
        dialog.reject()


def test_figures_follow_each_change(qtbot: QtBot, theme: Theme, long_model: Path) -> None:
    dialog = opened(qtbot, theme, ModelChoice(long_model, n_ctx=8192), long_model)
    before = dialog.need
    dialog.form.context.setValue(16_384)
    assert before is not None and dialog.need is not None
    assert dialog.need.kv == 2 * before.kv
    assert "16,384" in dialog.memory.bar.accessibleDescription()
    dialog.form.use_cache("q8_0")
    assert dialog.need.kv == memory_need(ModelChoice(long_model, n_ctx=16_384, kv="q8_0")).kv


def test_what_cannot_fit_is_refused_with_a_sentence_and_a_button(qtbot: QtBot, theme: Theme, long_model: Path) -> None:
    dialog = opened(qtbot, theme, ModelChoice(long_model, n_ctx=1 << 28), long_model)
    assert not dialog.apply_button.isEnabled()
    assert "268,435,456 tokens needs about" in dialog.problem.sentence.text()
    assert dialog.apply_button.toolTip() == dialog.problem.sentence.text()
    shown = " ".join(label.text() for label in dialog.memory.findChildren(QLabel))
    assert "short" in shown
    dialog.problem.remedy.click()
    assert dialog.apply_button.isEnabled()
    assert not dialog.problem.isVisible()
    assert dialog.form.largest_button.isChecked()


def test_what_cannot_fit_is_loaded_when_told_so(qtbot: QtBot, theme: Theme, long_model: Path) -> None:
    dialog = opened(qtbot, theme, ModelChoice(long_model, n_ctx=1 << 28), long_model)
    assert dialog.anyway.isVisible() and not dialog.anyway.isChecked()
    QTest.keyClick(dialog.anyway, Qt.Key.Key_Space)
    assert dialog.apply_button.isEnabled()
    assert dialog.choice == ModelChoice(long_model, n_ctx=1 << 28, anyway=True)
    dialog.form.use_context(4096)
    assert not dialog.anyway.isVisible()
    dialog.form.use_context(1 << 28)
    assert dialog.choice == ModelChoice(long_model, n_ctx=1 << 28)
    assert not dialog.apply_button.isEnabled()


def test_a_packed_cache_that_would_fit_is_offered(qtbot: QtBot, theme: Theme, long_model: Path) -> None:
    largest = [memory_need(ModelChoice(long_model, n_ctx=4096, kv=kv)).largest_context for kv in ("f16", "q8_0")]
    between = sum(largest) // 2
    dialog = opened(qtbot, theme, ModelChoice(long_model, n_ctx=between), long_model)
    shown = " ".join(label.text() for label in dialog.memory.findChildren(QLabel))
    assert "Memory: fits with q8_0 KV" in shown
    assert dialog.problem.remedy.text() == "Use q8_0"
    dialog.problem.remedy.click()
    assert dialog.choice == ModelChoice(long_model, n_ctx=between, kv="q8_0")
    assert dialog.apply_button.isEnabled() and not dialog.problem.isVisible()
    shown = " ".join(label.text() for label in dialog.memory.findChildren(QLabel))
    assert "Memory: fits" in shown


def test_a_cache_the_model_cannot_have_is_refused(qtbot: QtBot, theme: Theme, tiny_llama4: Path) -> None:
    dialog = opened(qtbot, theme, ModelChoice(tiny_llama4), tiny_llama4)
    dialog.form.use_cache("q8_0")
    assert "packs them by 32" in dialog.problem.sentence.text()
    assert not dialog.anyway.isVisible()
    assert dialog.problem.remedy.text() == "Use f16"
    dialog.problem.remedy.click()
    assert dialog.choice is not None and dialog.choice.kv == "f16"
    assert dialog.apply_button.isEnabled()


def test_automatic_and_presets(qtbot: QtBot, theme: Theme, tiny_llama4: Path) -> None:
    dialog = opened(qtbot, theme, ModelChoice(tiny_llama4, n_ctx=4096), tiny_llama4)
    assert not dialog.form.automatic_button.isChecked()
    dialog.form.automatic_button.click()
    assert dialog.form.automatic_button.isChecked()
    assert dialog.form.context.value() == 32_768
    assert dialog.choice is not None and dialog.choice.n_ctx is None
    labels = [button.text() for button in dialog.form.presets.findChildren(QAbstractButton) if button.isVisible()]
    assert sorted(labels) == ["32K", "8K", "Automatic", "Largest"]
    dialog.form.context.setValue(8192)
    assert not dialog.form.automatic_button.isChecked()
    assert dialog.choice is not None and dialog.choice.n_ctx == 8192


def test_a_file_that_is_no_model_is_said_in_place(
    qtbot: QtBot, theme: Theme, tiny_llama4: Path, tmp_path: Path
) -> None:
    broken = cut_in_half(tiny_llama4, tmp_path / "broken.gguf")
    dialog = opened(qtbot, theme, ModelChoice(bundled()), tiny_llama4)
    dialog.try_file(broken)
    qtbot.waitUntil(dialog.problem.isVisible)
    assert "broken.gguf is cut short" in dialog.problem.sentence.text()
    assert dialog.choice == ModelChoice(bundled())
    assert dialog.apply_button.isEnabled()
    other = Path(shutil.copy(tiny_llama4, tmp_path / "other.gguf"))
    dialog.try_file(other)
    qtbot.waitUntil(lambda: dialog.choice is not None and dialog.choice.path == other)
    assert not dialog.problem.isVisible()


def test_a_file_that_is_read_again_leaves_what_was_typed(qtbot: QtBot, theme: Theme, tiny_llama4: Path) -> None:
    dialog = opened(qtbot, theme, ModelChoice(tiny_llama4), tiny_llama4)
    dialog.form.use_context(4096)
    dialog.try_file(tiny_llama4)
    qtbot.waitUntil(lambda: dialog._browsed is None)
    assert dialog.choice == ModelChoice(tiny_llama4, n_ctx=4096)


def test_a_broken_neighbour_is_listed_and_cannot_be_applied(
    qtbot: QtBot, theme: Theme, tiny_llama4: Path, tmp_path: Path
) -> None:
    good = Path(shutil.copy(tiny_llama4, tmp_path / "good.gguf"))
    cut_in_half(tiny_llama4, tmp_path / "half.gguf")
    dialog = opened(qtbot, theme, ModelChoice(good), good)
    dialog.list.setCurrentIndex(dialog.rows.index_of(tmp_path / "half.gguf"))
    assert dialog.choice is None and not dialog.apply_button.isEnabled()
    assert "cut short" in dialog.problem.sentence.text()
    assert not dialog.form.isEnabled()
    dialog.list.setCurrentIndex(dialog.rows.index_of(good))
    assert dialog.form.isEnabled() and dialog.apply_button.isEnabled()


def test_a_missing_current_model_is_a_sentence(qtbot: QtBot, theme: Theme, tmp_path: Path, tiny_llama4: Path) -> None:
    dialog = opened(qtbot, theme, ModelChoice(tmp_path / "gone.gguf"), tiny_llama4)
    assert "There is no file" in dialog.problem.sentence.text()
    assert not dialog.apply_button.isEnabled()


def _readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "model headers"]


def test_the_thread_ends_with_the_dialog_however_it_goes(qtbot: QtBot, theme: Theme, tiny_llama4: Path) -> None:
    closed = opened(qtbot, theme, ModelChoice(tiny_llama4), tiny_llama4)
    assert len(_readers()) == 1
    closed.reject()
    qtbot.waitUntil(lambda: not _readers())
    parent = QWidget()
    ModelDialog(theme, ModelChoice(tiny_llama4), [tiny_llama4], parent)
    assert len(_readers()) == 1
    shiboken6.delete(parent)
    qtbot.waitUntil(lambda: not _readers())


def test_a_reader_that_was_stopped_says_nothing_more(qtbot: QtBot, tiny_llama4: Path) -> None:
    said: list[object] = []
    parent = QObject()
    reader = HeaderReader([tiny_llama4], parent)
    reader.described.connect(said.append)
    reader.described.connect(lambda _facts: reader.stop())
    with qtbot.waitSignal(reader.described):
        reader.start()
    qtbot.waitUntil(lambda: not _readers())
    QApplication.processEvents()
    assert len(said) == 1


def test_everything_is_named_and_reached_by_tab(qtbot: QtBot, theme: Theme, long_model: Path) -> None:
    dialog = opened(qtbot, theme, ModelChoice(long_model, n_ctx=1 << 28), long_model)
    kinds = (QAbstractButton, QAbstractSpinBox, QListView)
    controls = {w for kind in kinds for w in dialog.findChildren(kind) if w.isVisible() and w.isEnabled()}
    assert not [w for w in controls if not (w.accessibleName() or (isinstance(w, QAbstractButton) and w.text()))]
    reached: set[QWidget | None] = set()
    dialog.list.setFocus()
    for _ in range(3 * len(controls)):
        reached.add(QApplication.focusWidget())
        QTest.keyClick(QApplication.focusWidget() or dialog, Qt.Key.Key_Tab)
    grouped = {button for button in dialog.form.cache_buttons.values() if not button.isChecked()}
    assert controls - grouped <= reached
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


@pytest.mark.parametrize("name", ["light", "dark", "high_contrast"])
def test_it_is_drawn_in_every_theme(qtbot: QtBot, theme: Theme, long_model: Path, name: str) -> None:
    dialog = opened(qtbot, theme, ModelChoice(long_model, n_ctx=1 << 28), long_model)
    try:
        theme.choose(name)  # type: ignore[arg-type]
        bar = dialog.memory.bar
        picture = bar.grab().toImage()
        ratio = picture.devicePixelRatio()
        layout = lay_out(_need(dialog), bar.width() - 4.0)
        middle = round((2 + sum(layout.kv) / 2) * ratio) if layout.limit is None else round(5 * ratio)
        colours = {picture.pixelColor(x, picture.height() // 2).name() for x in range(middle, picture.width() - 4)}
        assert theme.colour("bad").name() in colours
        assert theme.colour("accent").name() in colours
    finally:
        theme.choose("light")


def _need(dialog: ModelDialog) -> MemoryNeed:
    assert dialog.need is not None
    return dialog.need


def test_no_text_is_cut_at_the_smallest_size(qtbot: QtBot, theme: Theme, long_model: Path) -> None:
    dialog = opened(qtbot, theme, ModelChoice(long_model, n_ctx=1 << 28), long_model)
    dialog.resize(dialog.minimumSize())
    qtbot.waitExposed(dialog)
    for button in dialog.findChildren(QAbstractButton):
        if button.isVisible():
            assert QFontMetrics(button.font()).horizontalAdvance(button.text()) <= button.width(), button.text()
    index = dialog.rows.index(1)
    hint = dialog.list.sizeHintForIndex(index)
    assert dialog.list.visualRect(index).height() >= hint.height()


def test_bar_parts_lie_side_by_side_within_the_bar() -> None:
    fits = lay_out(MemoryNeed(1024, 400, 0, 100, 1000, 0, ""), 1000.0)
    assert (fits.weights, fits.kv, fits.compute, fits.limit) == ((0, 400), (400, 400), (400, 500), None)
    over = lay_out(MemoryNeed(1024, 1000, 800, 200, 500, 0, "too much"), 100.0)
    assert over.compute[1] == pytest.approx(100) and over.limit == pytest.approx(25)
    tiny = lay_out(MemoryNeed(1024, 1, 1, 1, 10**12, 0, ""), 300.0)
    assert all(end - start >= 3 for start, end in (tiny.weights, tiny.kv, tiny.compute))
    assert lay_out(MemoryNeed(1024, 0, 0, 0, 0, 0, ""), 300.0).compute == (0.0, 0.0)
