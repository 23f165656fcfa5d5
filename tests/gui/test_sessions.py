"""Sessions in the window: out to a file and in again, back where one was, and what became of the files meanwhile."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.core.exporting import Format
from app.core.sessions import Store
from app.ui.theme.style import Theme
from tests.gui.driving import Driven, driven


def folder_with_notes(tmp_path: Path) -> Path:
    """Two notes."""
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "one.txt").write_text("The lessor is Halloran Steel.\n\nThe rent is 4,250 euros.\n")
    (folder / "two.txt").write_text("The harbour opens at seven.\n")
    return folder


def asked(hands: Driven, folder: Path) -> None:
    """Sources and one answer from passages."""
    hands.desk.use_model(None)
    hands.add(folder)
    hands.ask("Who is the lessor?")
    hands.saved()


@pytest.mark.parametrize(("form", "begins"), [("html", b"<!"), ("markdown", b"# "), ("pdf", b"%PDF"), ("json", b"{")])
def test_a_session_goes_out_to_a_file(theme: Theme, qtbot: QtBot, tmp_path: Path, form: str, begins: bytes) -> None:
    with driven(theme, qtbot) as hands:
        asked(hands, folder_with_notes(tmp_path))
        assert hands.desk.session is not None
        out = tmp_path / f"out.{form}"
        with qtbot.waitSignal(hands.desk.exporter.written, timeout=60_000):
            hands.desk.exporter.export(hands.desk.session, form, out)  # type: ignore[arg-type]
        assert out.read_bytes().lower().startswith(begins.lower())
        assert "out" in hands.window.toast.words
        assert not list(tmp_path.glob("*.part"))


def test_a_session_comes_in_again_as_it_went_out(theme: Theme, qtbot: QtBot, tmp_path: Path) -> None:
    with driven(theme, qtbot) as hands:
        asked(hands, folder_with_notes(tmp_path))
        before = hands.desk.exchanges[0]
        first = hands.desk.session
        assert first is not None
        with qtbot.waitSignal(hands.desk.exporter.written, timeout=60_000):
            hands.desk.exporter.export(first, "json", tmp_path / "out.json")
        hands.desk.exporter.take_in(tmp_path / "out.json")
        hands.until(lambda: hands.desk.session not in (None, first))
        after = hands.desk.exchanges[0]
        assert (after.question, after.passages) == (before.question, before.passages)
        (tmp_path / "bad.json").write_text(json.dumps({"what": "is this"}))
        with qtbot.waitSignal(hands.desk.exporter.failed, timeout=60_000):
            hands.desk.exporter.take_in(tmp_path / "bad.json")
        assert hands.said
        assert hands.desk.exchanges


def test_an_export_that_cannot_be_written_is_a_sentence(theme: Theme, qtbot: QtBot, tmp_path: Path) -> None:
    with driven(theme, qtbot) as hands:
        asked(hands, folder_with_notes(tmp_path))
        assert hands.desk.session is not None
        with qtbot.waitSignal(hands.desk.exporter.failed, timeout=60_000):
            hands.desk.exporter.export(hands.desk.session, "html", tmp_path / "nowhere" / "out.html")
        assert "refused" in hands.said[-1]


def test_files_that_changed_or_went_are_said_when_one_comes_back(theme: Theme, qtbot: QtBot, tmp_path: Path) -> None:
    folder = folder_with_notes(tmp_path)
    with driven(theme, qtbot) as hands:
        asked(hands, folder)
        session = hands.desk.session
    (folder / "one.txt").write_text("The lessor is somebody else now, and this is longer.\n")
    (folder / "two.txt").unlink()
    with driven(theme, qtbot) as hands:
        hands.desk.use_model(None)
        assert session is not None
        hands.desk.open_session(session)
        hands.until(lambda: len(hands.desk.freshness.notes) == 2)
        problems = {row.name: row.problem for row in hands.window.sources.model._rows}
        assert "changed since it was read" in problems["one.txt"]
        assert "no longer there" in problems["two.txt"]
        kept = hands.desk.workspace.entries[0].document.sections[0].text
        assert "Halloran" in kept, "what was read is kept until one asks for more"
        hands.desk.add([folder / "one.txt"])
        hands.until(lambda: "S1" not in hands.desk.freshness.notes)
        assert "somebody else" in hands.desk.workspace.entries[0].document.sections[0].text
        assert [e.key for e in hands.desk.workspace.entries] == ["S1", "S2"]


def test_draft_and_place_come_back(theme: Theme, qtbot: QtBot, tmp_path: Path) -> None:
    folder = folder_with_notes(tmp_path)
    with driven(theme, qtbot, width=1000, height=600) as hands:
        asked(hands, folder)
        for number in range(8):
            hands.ask(f"Who is the lessor of number {number}?")
        hands.window.conversation.step_to(2)
        hands.until(lambda: hands.window.conversation.place != [])
        place = hands.window.conversation.place
        hands.type("half a ques")
        session = hands.desk.session
    with driven(theme, qtbot, width=1000, height=600) as hands:
        hands.desk.use_model(None)
        assert session is not None
        hands.desk.open_session(session)
        hands.until(lambda: hands.desk.session == session)
        assert hands.window.composer.edit.toPlainText().strip() == "half a ques"
        hands.until(lambda: hands.window.conversation.place[:1] == place[:1])


def test_earlier_questions_are_made_as_one_asks_for_them(theme: Theme, qtbot: QtBot, tmp_path: Path) -> None:
    with driven(theme, qtbot) as hands:
        asked(hands, folder_with_notes(tmp_path))
        for number in range(15):
            hands.ask(f"rent {number}")
        hands.saved()
        session = hands.desk.session
        hands.desk.new_session()
        assert session is not None
        hands.desk.open_session(session)
        hands.until(lambda: hands.desk.session == session)
        conversation = hands.window.conversation
        assert len(conversation.turns) < 16
        conversation.step_to(0)
        assert len(conversation.turns) == 16
        assert [turn.exchange for turn in conversation.turns] == hands.desk.exchanges


QUESTIONS = 600


def _said_much(store: Store, session: int) -> int:
    """A session with so many questions that its export takes seconds."""
    record = store.load(session)
    question, answer = record.messages
    long = replace(answer, text="Many *words*, `code` and more. " * 300, passages=(), citations=())
    return store.import_session(replace(record, messages=(question, long) * QUESTIONS))


@pytest.mark.parametrize("form", ["html", "pdf"])
def test_a_long_export_says_how_far_it_is_and_can_be_cancelled(
    theme: Theme, qtbot: QtBot, tmp_path: Path, form: Format
) -> None:
    with driven(theme, qtbot) as hands:
        asked(hands, folder_with_notes(tmp_path))
        session = hands.desk.session
        assert session is not None
        long: list[int] = []
        hands.desk.library.run(lambda store: long.append(_said_much(store, session)))
        hands.saved()
        line = hands.window.status.export
        out = tmp_path / f"out.{form}"
        out.write_text("as it was")
        hands.desk.exporter.export(long[0], form, out)
        hands.until(lambda: line.isVisible() and "questions" in line.words.text())
        assert f"of {QUESTIONS}" in line.words.text()
        hands.until(lambda: 0 < line.bar.value() < line.bar.maximum())
        hands.qtbot.mouseClick(line.button, Qt.MouseButton.LeftButton)
        hands.until(lambda: not hands.desk.exporter.busy)
        assert not line.isVisible()
        assert hands.window.toast.words == f"The export was cancelled; out.{form} is not written"
        assert out.read_text() == "as it was"
        assert not list(tmp_path.glob("*.part"))
