"""The self-check in the window, over real engines: begun, watched, paused, gone on with, saved, known again later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app.ui.selfcheck.page import CheckPage
from app.ui.selfcheck.verdict import compared
from app.ui.theme.style import Theme
from engine.selfcheck.progress import CheckProgress
from engine.selfcheck.report import Trial
from tests.gui.check_samples import sample
from tests.gui.checking import TASK, all_found, measure, put, settings_of
from tests.gui.driving import Driven, driven
from tests.gui.seeing import clipped, faint, nameless, unreachable
from tests.gui.test_everyone import in_all_themes
from tests.make_gguf import Sizes, cut_in_half, write_random


@pytest.fixture(scope="module")
def measured(tiny_llama4: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of self-checks after one of the random model."""
    return measure(tiny_llama4, tmp_path_factory.mktemp("measured"), n_ctx=8192)


@pytest.fixture
def hands(theme: Theme, qtbot: QtBot) -> Iterator[Driven]:
    with driven(theme, qtbot) as hands:
        hands.window.activateWindow()
        yield hands


def page_of(hands: Driven) -> CheckPage:
    """Turned to as a person does."""
    hands.window.turn_to("check")
    page = hands.window.centre.currentWidget()
    assert isinstance(page, CheckPage)
    return page


def settle() -> None:
    """Labels that wrap get their heights one after the other."""
    for _ in range(5):
        QApplication.processEvents()


def choose_one_task(page: CheckPage) -> None:
    for task, box in page.choices.tasks.items():
        if box.isChecked() != (task == TASK):
            box.click()
    assert page.choices.choice.tasks == (TASK,)


def test_it_is_begun_paused_gone_on_with_shown_and_saved(
    hands: Driven, tiny_llama4: Path, tmp_path: Path, theme: Theme
) -> None:
    page, desk = page_of(hands), hands.desk
    assert page.head.title.text() == "No model" and page.problem is not None
    hands.use(settings_of(tiny_llama4))
    assert page.head.title.text() == "Not verified yet" and page.problem is None
    settle()
    assert nameless(page) == clipped(page) == unreachable(page) == []
    assert in_all_themes(theme, page, lambda root, _: faint(root)) == []
    choose_one_task(page)
    said: list[CheckProgress] = []
    asked: list[Trial] = []
    desk.checker.progressed.connect(said.append)
    hands.qtbot.mouseClick(page.choices.begin, Qt.MouseButton.LeftButton)
    hands.until(lambda: any(state.done >= 3 for state in said))
    assert page.head.title.text().startswith("Measuring ") and page.card.isVisible()
    assert not page.choices.isVisible()
    desk.ask("Where is the harbour?")
    assert hands.said[-1] == "The self-check is using the model." and not desk.exchanges
    page.card.pause.click()
    hands.until(lambda: desk.checker.phase == "paused")
    kept = desk.checker.reports[0].trials
    assert len(kept) >= 3 and f"Paused after {len(kept)}" in page.card.sentence.text()
    assert page.result.isVisible()
    before = len(said)
    page.card.pause.click()
    with hands.qtbot.waitSignal(desk.checker.finished, timeout=60_000):
        pass
    report = desk.checker.reports[0]
    assert report.ended == "done" and report.trials[: len(kept)] == kept
    # What was asked before the pause was not asked again.
    assert next(state for state in said[before:] if state.phase == "asking").done >= len(kept)
    assert asked == [] and page.card.isHidden()
    assert page.head.run.isVisible() and page.result.isVisible()
    for form in ("svg", "html", "json"):
        page.save(form)
        hands.until(lambda: isinstance(QApplication.activeModalWidget(), QFileDialog))
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QFileDialog)
        with hands.qtbot.waitSignal(desk.checker.wrote, timeout=10_000):
            dialog.fileSelected.emit(str(tmp_path / f"report.{form}"))
        dialog.close()
    assert (tmp_path / "report.svg").read_text("utf-8").startswith("<")
    assert "<html" in (tmp_path / "report.html").read_text("utf-8")
    assert len(json.loads((tmp_path / "report.json").read_text("utf-8"))["trials"]) == len(report.trials)


@pytest.mark.long
def test_a_cache_that_cannot_be_had_leaves_what_was_measured_with_another(hands: Driven, tiny_llama4: Path) -> None:
    page, desk = page_of(hands), hands.desk
    hands.use(settings_of(tiny_llama4))
    choose_one_task(page)
    page.choices.kvs["q8_0"].click()
    with hands.qtbot.waitSignal(desk.checker.finished, timeout=300_000):
        page.choices.begin.click()
    assert [report.kv for report in desk.checker.reports] == ["f16"] and page.result.isVisible()
    assert page.problem is not None and "q8_0 packs them by 32" in page.problem.accessibleDescription()


@pytest.mark.long
def test_several_caches_are_asked_the_same_and_compared(hands: Driven, tmp_path: Path) -> None:
    page, desk = page_of(hands), hands.desk
    # Its heads are wide enough for a packed cache.
    hands.use(settings_of(write_random(tmp_path / "wide.gguf", sizes=Sizes(heads=2, kv_heads=1))))
    choose_one_task(page)
    page.choices.kvs["q8_0"].click()
    page.choices.begin.click()
    hands.qtbot.waitUntil(lambda: desk.checker.phase == "idle", timeout=300_000)
    assert desk.checker.failure is None
    one, other = desk.checker.reports
    assert (one.kv, other.kv) == ("f16", "q8_0")
    assert {trial.question for trial in one.trials} & {trial.question for trial in other.trials}
    assert page.comparison.isVisible() and page.comparison.text().startswith("q8_0 is ")
    page.caches.chosen.emit("f16")
    assert page.report is one


def test_what_another_cache_changes_is_one_sentence() -> None:
    one = sample(lengths=(4096, 8192), n=5)
    worse = tuple(replace(t, passed=t.passed and t.number > 1, margin=(t.margin or 0) - 1) for t in one.trials)
    (sentence,) = compared([one, replace(one, kv="q4_0", trials=worse)])
    lost = sum(trial.passed for trial in one.trials) - sum(trial.passed for trial in worse)
    assert sentence.startswith(f"q4_0 is surely worse than q8_0: {lost} lost and 0 gained of {len(worse)} questions")
    assert sentence.endswith("margins fall by 1.0 on the average.") and compared([one]) == compared([]) == []


def test_stopping_shows_what_is_known_and_answering_goes_on(hands: Driven, tiny_llama4: Path) -> None:
    page, desk = page_of(hands), hands.desk
    hands.use(settings_of(tiny_llama4))
    choose_one_task(page)
    said: list[CheckProgress] = []
    desk.checker.progressed.connect(said.append)
    page.choices.begin.click()
    hands.until(lambda: any(state.done >= 2 for state in said))
    with hands.qtbot.waitSignal(desk.checker.finished, timeout=60_000):
        page.card.stop.click()
    report = desk.checker.reports[0]
    assert report.ended == "cancelled" and len(report.trials) >= 2
    assert page.problem is not None and page.head.save.isVisible()
    assert desk.why_no_check == "" and not desk.checker.busy


def test_a_kept_result_is_known_at_once_and_stale_when_it_runs_otherwise(
    hands: Driven, tiny_llama4: Path, measured: bytes
) -> None:
    put(measured)
    report = all_found()
    page, desk = page_of(hands), hands.desk
    hands.use(settings_of(tiny_llama4, n_ctx=8192))
    hands.until(lambda: desk.verification.length == 4096)
    assert page.head.title.text() == "Verified to 4,096 tokens"
    assert page.result.report == report and page.problem is None
    settle()
    assert nameless(page) == clipped(page) == []
    with hands.qtbot.waitSignal(desk.verification.changed):
        desk.use_model(replace(settings_of(tiny_llama4, n_ctx=8192), kv="q8_0"))
    assert desk.verification.length is None
    hands.until(lambda: bool(desk.verification.stale_because))
    assert desk.verification.stale_because == ("another type of KV cache",)
    assert page.head.title.text() == "Not verified as it runs now"
    assert page.problem is not None and "another type of KV cache" in page.problem.accessibleDescription()
    page.head.run.click()
    assert page.choices.isVisible()
    page.choices.close_button.click()
    assert not page.choices.isVisible()


def test_the_bar_and_the_question_say_what_is_beyond(
    hands: Driven, tiny_llama4: Path, measured: bytes, tmp_path: Path
) -> None:
    put(measured)
    all_found()
    desk, window = hands.desk, hands.window
    hands.use(settings_of(tiny_llama4, n_ctx=8192))
    hands.until(lambda: desk.verification.length == 4096)
    short = tmp_path / "short.txt"
    short.write_text("The crane stands at the north quay.\n" * 20, "utf-8")
    hands.add(short)
    assert desk.beyond_verified is None
    assert "beyond" not in window.budget.bar.sentence
    tall = tmp_path / "long.txt"
    tall.write_text("The gate of the lower yard was painted again in spring.\n" * 200, "utf-8")
    hands.add(tall)
    assert desk.spending is not None and desk.spending.budget.prompt > 4096 and not desk.spending.budget.over
    assert desk.beyond_verified == 4096
    assert "beyond the 4,096 that are verified" in window.budget.bar.sentence
    window.composer.refresh()
    assert "Beyond the verified 4K" in window.composer.hint


def test_what_cannot_be_checked_is_said_with_a_remedy(
    hands: Driven, tiny_llama4: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    page, desk = page_of(hands), hands.desk
    with qtbot.waitSignal(page.model_wanted):
        assert page.problem is not None
        page.problem.findChildren(type(page.head.run))[0].click()
    hands.use(settings_of(tiny_llama4, n_ctx=2048))
    hands.until(lambda: page.problem is not None and "2,048" in page.problem.accessibleDescription())
    assert not page.choices.isVisible()
    for dialog in hands.window.findChildren(QFileDialog):
        dialog.close()
    broken = tmp_path / "changed.gguf"
    broken.write_bytes(tiny_llama4.read_bytes())
    hands.use(settings_of(broken))
    cut_in_half(tiny_llama4, broken)
    page.choices.begin.click()
    hands.until(lambda: desk.checker.failure is not None)
    assert page.problem is not None and "cut short" in page.problem.accessibleDescription()
    assert not desk.checker.busy
