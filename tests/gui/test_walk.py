"""The main job in the real window: drop, see the budget, ask, check the evidence, come back tomorrow."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.core.failures import Failure
from app.core.sessions import Store
from app.ui.conversation.cards import ProblemCard
from app.ui.main_window import SAMPLE
from app.ui.theme.style import Theme
from tests.gui.driving import Driven, driven
from tests.ingest.pdfs import write_pdf

QUESTION = "Who built the crane in 2011?"
BUILT = "The crane was built in 2011 by Halloran Steel."


@pytest.fixture
def hands(theme: Theme, qtbot: QtBot) -> Iterator[Driven]:
    """A window without a model."""
    with driven(theme, qtbot) as hands:
        yield hands


@pytest.fixture
def sample(hands: Driven) -> Driven:
    """A window with the bundled model and the sample, counted."""
    hands.use()
    hands.add(SAMPLE / "workspace")
    return hands


def test_the_first_answer_takes_two_clicks_and_leads_to_its_page(hands: Driven) -> None:
    window = hands.window
    hands.use()
    hands.qtbot.mouseClick(window.start.sample, Qt.MouseButton.LeftButton)
    hands.until(lambda: bool(hands.desk.workspace.entries) and window.composer.button.isEnabled())
    assert window.composer.edit.toPlainText() == QUESTION
    hands.qtbot.mouseClick(window.composer.button, Qt.MouseButton.LeftButton)
    assert hands.desk.exchanges[-1].question == QUESTION, "the question is there at once"
    hands.until(lambda: not hands.desk.busy)
    exchange = hands.desk.exchanges[-1]
    assert [c.state for c in exchange.citations] == ["exact"]
    turn = window.conversation.turns[-1]
    assert "S4 p.1" in [chip.label for chip in turn._chips]
    assert BUILT in turn.answer.toPlainText()
    assert "[" not in turn.answer.toPlainText(), "the model's own mark gave way to the chip"
    turn.answer.chip_chosen.emit(0)
    assert not window.viewer.isHidden()
    assert "handbook.pdf" in _texts(window.viewer)


def test_the_second_question_reads_only_itself(sample: Driven) -> None:
    first = sample.ask(QUESTION)
    second = sample.ask("When is the hoist rope inspected?")
    assert first.tokens["reused"] == 0
    assert second.tokens["reused"] >= second.tokens["prefix"]
    assert second.tokens["decoded"] <= second.tokens["question"]
    assert sample.desk.meter.unread == 0


def test_the_budget_is_what_the_engine_reads(sample: Driven) -> None:
    empty = sample.desk.spending
    assert empty is not None
    sample.type(QUESTION)
    sample.until(
        lambda: (
            sample.desk.spending is not None and sample.desk.spending.budget.conversation > empty.budget.conversation
        )
    )
    sample.counted()
    spending = sample.desk.spending
    assert spending is not None
    budget = spending.budget
    parts = budget.system + budget.documents + budget.conversation + budget.answer + budget.free
    assert parts == budget.context
    assert sum(share.tokens or 0 for share in spending.shares) == budget.documents
    segments = sample.window.budget.bar.segments
    assert sum(s.tokens for s in segments) == budget.context
    sample.send()
    sample.until(lambda: not sample.desk.busy)
    tokens = sample.desk.exchanges[-1].tokens
    assert tokens["prefix"] == budget.system + budget.documents
    assert tokens["question"] == budget.conversation


def test_leaving_a_source_out_moves_the_budget_at_once_and_exactly(sample: Driven) -> None:
    before = sample.desk.spending
    assert before is not None
    tokens = {share.key: share.tokens or 0 for share in before.shares}
    sample.window.sources.select("S4")
    view = sample.window.sources.view
    sample.qtbot.keyClick(view, Qt.Key.Key_Space)
    now = sample.desk.spending
    assert now is not None
    assert now.budget.documents == before.budget.documents - tokens["S4"], "before anything was counted again"
    sample.counted()
    sample.ask("When is the next meeting?")
    left = sample.desk.exchanges[-1].tokens
    assert sample.desk.spending is not None
    assert left["prefix"] == sample.desk.spending.budget.system + sample.desk.spending.budget.documents


def test_too_much_is_refused_with_choices_that_fit(sample: Driven) -> None:
    assert sample.desk.settings is not None
    sample.desk.use_model(replace(sample.desk.settings, n_ctx=2048))
    sample.until(lambda: sample.desk.spending is not None and sample.desk.spending.budget.context == 2048)
    window = sample.window
    window.composer.put(QUESTION)
    assert not window.composer.button.isEnabled()
    assert "tokens too many" in window.composer.hint

    def cards() -> list[ProblemCard]:
        return [card for card in window.conversation.findChildren(ProblemCard) if card.isVisible()]

    sample.until(lambda: len(cards()) == 1)
    (card,) = cards()
    labels = [button.text() for button in card.findChildren(QPushButton)]
    assert len(labels) >= 2
    (leave_out,) = [b for b in card.findChildren(QPushButton) if b.text().startswith("Leave out")]
    sample.qtbot.mouseClick(leave_out, Qt.MouseButton.LeftButton)
    sample.counted()
    assert sample.desk.spending is not None
    assert not sample.desk.spending.budget.over
    sample.until(window.composer.button.isEnabled)
    assert not cards()


def test_passages_without_a_model_are_word_for_word(hands: Driven, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("The harbour opens at seven.\n\nEvery ship must report its cargo.\n")
    hands.desk.use_model(None)
    hands.add(tmp_path / "note.txt")
    assert not hands.window.composer.mode._buttons["model"].isEnabled()
    exchange = hands.ask("When does the harbour open?")
    assert exchange.mode == "evidence"
    passage = exchange.passages[0]
    assert "opens at seven" in passage.text
    assert passage.text in hands.desk.workspace.entries[0].document.sections[0].text
    hands.window.conversation.turns[-1].answer.chip_chosen.emit(0)
    assert not hands.window.viewer.isHidden()


def test_stopping_keeps_what_was_written(sample: Driven) -> None:
    sample.type("Who built the crane in 2011?")
    with sample.qtbot.waitSignal(sample.desk.text_added, timeout=60_000):
        sample.send()
    sample.qtbot.keyClick(sample.window, Qt.Key.Key_Escape)
    sample.until(lambda: not sample.desk.busy)
    exchange = sample.desk.exchanges[-1]
    assert exchange.text
    assert exchange.state in ("stopped", "done")
    assert sample.window.conversation.turns[-1].answer.text_shown
    assert sample.ask(QUESTION).state == "done"


def test_an_engine_that_dies_is_started_again_and_the_question_asked_once_more(sample: Driven) -> None:
    said: list[Failure] = []
    sample.desk.said.connect(said.append)
    sample.ask(QUESTION)
    first = sample.desk.exchanges[-1].text
    pid = sample.desk.answers.engine_pid
    assert pid is not None

    def kill() -> None:
        sample.desk.text_added.disconnect(kill)
        os.kill(pid, signal.SIGKILL)

    sample.type(QUESTION)
    sample.desk.text_added.connect(kill)
    sample.send()
    sample.until(lambda: not sample.desk.busy)
    assert [f.kind for f in said] == ["engine_stopped"]
    exchange = sample.desk.exchanges[-1]
    assert (exchange.state, exchange.text) == ("done", first), "nothing of the words before stays"
    assert sample.window.conversation.turns[-1].progress is None
    assert sample.desk.answers.engine_pid != pid


def test_an_engine_that_dies_twice_is_a_sentence_and_can_be_asked_again(sample: Driven) -> None:
    sample.ask(QUESTION)
    pid = sample.desk.answers.engine_pid
    assert pid is not None

    def kill() -> None:
        now = sample.desk.answers.engine_pid
        if now is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(now, signal.SIGKILL)

    sample.type("When is the next meeting?")
    sample.desk.text_added.connect(kill)
    sample.send()
    sample.until(lambda: not sample.desk.busy)
    sample.desk.text_added.disconnect(kill)
    failed = sample.desk.exchanges[-1]
    assert failed.failure is not None
    assert "engine" in failed.failure.message.lower()
    turn = sample.window.conversation.turns[-1]
    (again,) = [b for b in turn.findChildren(QPushButton) if b.text() == "Ask again"]
    # A layout shows what it was given with the next turn of the event loop.
    sample.until(again.isVisible)
    sample.qtbot.mouseClick(again, Qt.MouseButton.LeftButton)
    sample.until(lambda: not sample.desk.busy)
    assert sample.desk.exchanges[-1].state == "done"
    assert sample.desk.answers.engine_pid != pid


def test_come_back_tomorrow(theme: Theme, qtbot: QtBot) -> None:
    with driven(theme, qtbot) as today:
        today.use()
        today.add(SAMPLE / "workspace")
        today.desk.set_included(["S5"], False)
        asked = today.ask(QUESTION)
        today.saved()
        session, entries = today.desk.session, today.desk.workspace.entries
    assert session is not None
    with driven(theme, qtbot) as tomorrow:
        tomorrow.use()
        tomorrow.until(lambda: bool(tomorrow.window.sessions.sessions))
        index = tomorrow.window.sessions.model.index(0)
        rect = tomorrow.window.sessions.view.visualRect(index)
        tomorrow.qtbot.mouseClick(
            tomorrow.window.sessions.view.viewport(), Qt.MouseButton.LeftButton, pos=rect.center()
        )
        tomorrow.until(lambda: tomorrow.desk.session == session)
        back = tomorrow.desk.workspace.entries
        assert [(e.key, e.name, e.included, e.pages) for e in back] == [
            (e.key, e.name, e.included, e.pages) for e in entries
        ]
        (exchange,) = tomorrow.desk.exchanges
        assert (exchange.text, exchange.citations, exchange.tokens) == (asked.text, asked.citations, asked.tokens)
        tomorrow.window.places.citation(0, 0)
        assert not tomorrow.window.viewer.isHidden()
        tomorrow.counted()
        assert tomorrow.ask("When is the next meeting?").state == "done"


def test_what_was_asked_is_in_the_file_before_the_window_closes(sample: Driven) -> None:
    exchange = sample.ask(QUESTION)
    sample.saved()
    with Store.open() as store:
        (summary,) = store.sessions()
        record = store.load(summary.id)
    assert [m.text for m in record.messages] == [QUESTION, exchange.text]
    assert len(record.workspace.entries) == len(sample.desk.workspace.entries)


def test_files_dropped_anywhere_become_sources(hands: Driven, tmp_path: Path) -> None:
    write_pdf(tmp_path / "lease.pdf", ["The rent is 4,250 euros.", "It is paid on the third working day."])
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing here")
    hands.use()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in ("lease.pdf", "broken.pdf")])
    window = hands.window
    action, button, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    drop = QDropEvent(QPointF(600, 400), action, data, button, keys)
    assert window.acceptDrops()
    window.dropEvent(drop)
    hands.until(lambda: len(hands.desk.workspace.entries) == 2)
    hands.counted()
    rows = window.sources.model._rows
    assert [(row.name, bool(row.problem), row.blocked) for row in rows] == [
        ("lease.pdf", False, False),
        ("broken.pdf", True, True),
    ]
    assert rows[0].extent == "2 pages"
    hands.desk.set_pages("S1", (2, 2))
    hands.counted()
    assert window.sources.model._rows[0].extent == "pages 2 to 2 of 2"


def test_pasted_text_is_a_source_of_its_own(hands: Driven) -> None:
    hands.use()
    for count, words in enumerate(("The first paste speaks of ropes.", "The second speaks of anchors."), 1):
        QGuiApplication.clipboard().setText(words)
        with hands.qtbot.waitSignal(hands.desk.sources_changed, timeout=60_000):
            hands.window.paste()
        assert len(hands.desk.workspace.entries) == count
    texts = [entry.document.sections[0].text.strip() for entry in hands.desk.workspace.entries]
    assert texts == ["The first paste speaks of ropes.", "The second speaks of anchors."]


def test_a_huge_drop_is_asked_about_first(hands: Driven, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for i in range(501):
        (folder / f"n{i}.txt").write_text(f"note {i}")
    with hands.qtbot.waitSignal(hands.desk.intake.huge, timeout=60_000) as asked:
        hands.desk.add([folder])
    assert asked.args[0].files == 501
    assert not hands.desk.workspace.entries
    dialog = next(w for w in QApplication.topLevelWidgets() if w.isVisible() and "501" in w.windowTitle())
    dialog.accept()  # type: ignore[attr-defined]
    hands.until(lambda: len(hands.desk.workspace.entries) == 501)


def test_an_answer_can_be_gone_on_from_in_a_new_session(sample: Driven) -> None:
    sample.ask(QUESTION)
    sample.ask("When is the next meeting?")
    first = sample.desk.session
    sample.window.conversation.turns[0].branched.emit()
    sample.until(lambda: sample.desk.session not in (None, first))
    assert [e.question for e in sample.desk.exchanges] == [QUESTION]
    assert len(sample.window.conversation.turns) == 1
    assert sample.ask("When is the hoist rope inspected?").state == "done"
    sample.until(lambda: len(sample.window.sessions.sessions) == 2)


def test_a_deleted_session_comes_back(sample: Driven) -> None:
    sample.ask(QUESTION)
    sample.saved()
    panel = sample.window.sessions
    sample.until(lambda: len(panel.sessions) == 1)
    panel.view.setCurrentIndex(panel.model.index(0))
    sample.qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    sample.until(lambda: not panel.sessions)
    assert not sample.desk.workspace.entries
    assert "Deleted" in sample.window.toast.words
    sample.qtbot.mouseClick(sample.window.toast._button, Qt.MouseButton.LeftButton)
    sample.until(lambda: len(panel.sessions) == 1)


def test_a_search_finds_what_was_said_and_opens_it(sample: Driven) -> None:
    sample.ask(QUESTION)
    sample.saved()
    session = sample.desk.session
    sample.desk.new_session()
    assert sample.desk.session is None
    panel = sample.window.sessions
    sample.window.search()
    sample.qtbot.keyClicks(panel.search, "Halloran")
    sample.until(lambda: any(row.snippet for row in panel.model._rows))
    panel.opening.emit(panel.model._rows[0].session, panel.model._rows[0].hit)
    sample.until(lambda: sample.desk.session == session)
    assert sample.desk.exchanges


def test_what_the_model_is_sent_is_what_is_shown(sample: Driven) -> None:
    sample.window.composer.put(QUESTION)
    sample.counted()
    with sample.qtbot.waitCallback(timeout=60_000) as got:
        sample.desk.parts_sent(got)
    parts = dict(got.args[0])
    assert BUILT.split(".", maxsplit=1)[0] in parts["S4 handbook.pdf"]
    assert QUESTION in parts["The question"]
    sample.window.places.sent()
    sample.until(lambda: not sample.window.viewer.isHidden())


def test_another_system_prompt_is_read_and_kept(sample: Driven) -> None:
    before = sample.desk.spending
    assert before is not None
    sample.desk.set_system("Answer in one short sentence, and quote the source before its mark, please do.")
    sample.until(
        lambda: sample.desk.spending is not None and sample.desk.spending.budget.system != before.budget.system
    )
    assert sample.desk.meter.unread > 0
    sample.saved()
    with Store.open() as store:
        (summary,) = store.sessions()
        assert store.load(summary.id).system_prompt.startswith("Answer in one short sentence")


def test_a_model_that_cannot_be_read_is_a_sentence(hands: Driven, tmp_path: Path) -> None:
    import datetime

    from app.core.answering import Settings

    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"GGUF" + b"\0" * 100)
    with hands.qtbot.waitSignal(hands.desk.meter.failed, timeout=60_000):
        hands.desk.use_model(Settings(model=bad, date=datetime.date(2026, 1, 1)))
    assert hands.desk.model_failure is not None
    assert "cannot be used" in hands.window.top.model.text()
    hands.use()
    assert hands.desk.model_failure is None


def _texts(widget: object) -> str:
    from PySide6.QtWidgets import QLabel

    assert isinstance(widget, QWidget)
    return " ".join(label.text() for label in widget.findChildren(QLabel))


def test_a_message_never_covers_the_button_that_asks(hands: Driven) -> None:
    window = hands.window
    window.toast.say("A sentence that one can read while asking.", tone="bad")
    window.open_sample()
    hands.until(window.composer.button.isVisible)
    toast = window.toast.geometry()
    button = window.composer.rect().translated(window.composer.mapTo(window, window.composer.rect().topLeft()))
    assert window.toast.isVisible()
    assert not toast.intersects(button)
    assert window.childAt(toast.center()) in (window.toast, *window.toast.findChildren(QWidget))
