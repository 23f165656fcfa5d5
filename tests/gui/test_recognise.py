"""A scan in the real window: from its row to recognised text, saved, cited, and said to be recognised."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.services.recogniser import STOPPED
from app.ui.recognise import RecogniseQuestion
from app.ui.theme.style import Theme
from ingest.document import Document
from ingest.recognition import find_tessdata
from tests.gui.driving import Driven, driven
from tests.gui.seeing import clipped, nameless
from tests.ingest.pdfs import write_pdf, write_scan

WORDS = "The heron stands on the old quay wall."


@pytest.fixture
def hands(theme: Theme, qtbot: QtBot) -> Iterator[Driven]:
    with driven(theme, qtbot) as hands:
        hands.window.activateWindow()
        yield hands


@pytest.fixture
def english() -> None:
    found = find_tessdata()
    if found is None or "eng" not in found.languages:
        pytest.skip("Tesseract's English data is not installed")


def add_scan(hands: Driven, folder: Path, *, pages: int = 1) -> Path:
    """Two sources; the second, S2, is a scan."""
    write_pdf(folder / "1-text.pdf", ["Plain words"])
    scan = write_scan(folder / "2-scan.pdf", [WORDS] * pages)
    hands.desk.add([folder / "1-text.pdf", scan])
    hands.until(lambda: hands.window.sources.model.rowCount() == 2)
    return scan


def click_remedy(hands: Driven) -> RecogniseQuestion:
    """Click the last line of the scan's row; the dialog that comes."""
    view = hands.window.sources.view
    area = view.visualRect(hands.window.sources.model.index(1))
    place = QPoint(area.center().x(), area.bottom() - 12)
    hands.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    return question(hands)


def question(hands: Driven) -> RecogniseQuestion:
    hands.until(lambda: isinstance(QApplication.activeModalWidget(), RecogniseQuestion))
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, RecogniseQuestion)
    return dialog


def scan_of(hands: Driven) -> Document:
    return hands.desk.workspace.entries[1].document


def tick(dialog: RecogniseQuestion, *languages: str) -> None:
    for i in range(dialog.languages.count()):
        item = dialog.languages.item(i)
        wanted = item.data(Qt.ItemDataRole.UserRole) in languages
        item.setCheckState(Qt.CheckState.Checked if wanted else Qt.CheckState.Unchecked)


def test_without_language_data_the_button_is_there_and_explains(
    hands: Driven, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data of tesseract"
    data.mkdir()
    monkeypatch.setenv("TESSDATA_PREFIX", str(data))
    add_scan(hands, tmp_path)
    dialog = click_remedy(hands)
    assert dialog.problem.isVisible()
    assert "needs the language data of Tesseract" in dialog.problem.sentence.text()
    assert not dialog.start.isEnabled()
    assert not dialog.languages.isVisible()
    assert nameless(dialog) == clipped(dialog) == []
    for name in ("deu", "eng", "osd"):
        (data / f"{name}.traineddata").touch()
    hands.qtbot.mouseClick(dialog.problem.remedy, Qt.MouseButton.LeftButton)
    assert not dialog.problem.isVisible()
    texts = [dialog.languages.item(i).text() for i in range(dialog.languages.count())]
    assert sorted(texts) == ["English (eng)", "German (deu)"]
    tick(dialog)
    assert not dialog.start.isEnabled()
    tick(dialog, "deu", "eng")
    assert dialog.start.isEnabled()
    assert set(dialog.language.split("+")) == {"deu", "eng"}
    assert nameless(dialog) == clipped(dialog) == []


def test_a_scan_is_recognised_cited_as_such_and_still_there_tomorrow(
    theme: Theme, qtbot: QtBot, tmp_path: Path, english: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with driven(theme, qtbot) as hands:
        hands.window.activateWindow()
        hands.use()
        scan = add_scan(hands, tmp_path)
        row = hands.window.sources.model.row_at(1)
        assert (row.blocked, row.remedy) == (True, "recognise")
        dialog = click_remedy(hands)
        tick(dialog, "eng")
        dialog.start.click()
        hands.until(lambda: bool(scan_of(hands).sections))
        hands.until(lambda: hands.window.toast.words == "Recognised the text of 2-scan.pdf")
        hands.until(lambda: not hands.window.sources.recognising.isVisible())
        hands.counted()
        assert scan_of(hands).status == "recognised"
        assert scan_of(hands).sections[0].text == WORDS
        row = hands.window.sources.model.row_at(1)
        assert (row.blocked, row.remedy) == (False, "")
        assert row.problem == "Recognised by OCR (eng): check it against the page."
        assert (row.tokens or 0) > 0
        hands.desk.set_mode("evidence")
        hands.ask("heron")
        hands.window.places.citation(0, 0)
        verdict = hands.window.viewer.header.verdict.text()
        assert verdict == "Passage, no model, in recognised text: check it against the page"
        hands.window.places.source("S1")
        assert not hands.window.viewer.header.verdict.isVisible()
        hands.window.places.source("S2")
        assert hands.window.viewer.header.verdict.text() == "Text recognised by OCR: check it against the page"
        assert hands.window.viewer.header.verdict.isVisible()
        before = scan_of(hands)
        # Read again from disk, it does not lose what was recognised.
        hands.desk.add([scan])
        hands.until(lambda: not hands.desk.intake.busy)
        assert scan_of(hands) == before
        hands.saved()
        session = hands.desk.session
        assert session is not None
    monkeypatch.setenv("TESSDATA_PREFIX", "/nowhere")
    with driven(theme, qtbot) as hands:
        hands.desk.open_session(session)
        hands.until(lambda: len(hands.desk.workspace.entries) == 2)
        assert scan_of(hands) == before


def test_cancel_leaves_the_scan_as_it_was(hands: Driven, tmp_path: Path, english: None) -> None:
    add_scan(hands, tmp_path, pages=40)
    before = scan_of(hands)
    dialog = click_remedy(hands)
    tick(dialog, "eng")
    dialog.start.click()
    card = hands.window.sources.recognising
    hands.until(lambda: card.rest.isVisible() and "of 40 pages" in card.rest.text())
    assert hands.window.sources.model.row_at(1).remedy == ""
    assert hands.window.sources.scans() == []
    hands.qtbot.mouseClick(card.button, Qt.MouseButton.LeftButton)
    hands.until(lambda: not hands.desk.recogniser.busy)
    hands.until(lambda: hands.window.sources.model.row_at(1).remedy == "recognise")
    assert not card.isVisible()
    assert scan_of(hands) is before


def test_another_session_stops_it_and_says_so(hands: Driven, tmp_path: Path, english: None) -> None:
    add_scan(hands, tmp_path, pages=40)
    dialog = click_remedy(hands)
    tick(dialog, "eng")
    dialog.start.click()
    hands.until(lambda: hands.desk.recogniser.busy)
    hands.desk.new_session()
    assert hands.said == [STOPPED]
    hands.until(lambda: not hands.desk.recogniser.busy)
    assert hands.desk.workspace.entries == ()


def test_a_scan_that_was_taken_out_meanwhile_stays_out(hands: Driven, tmp_path: Path, english: None) -> None:
    add_scan(hands, tmp_path)
    dialog = click_remedy(hands)
    tick(dialog, "eng")
    dialog.start.click()
    hands.desk.remove(["S2"])
    hands.until(lambda: not hands.desk.recogniser.busy)
    assert [entry.key for entry in hands.desk.workspace.entries] == ["S1"]


def test_the_command_offers_all_scans_and_says_when_there_is_none(hands: Driven, tmp_path: Path) -> None:
    command = next(c for c in hands.window.commands.all() if c.name == "sources.recognise")
    assert command.why_not() == "No source here is a scan."
    add_scan(hands, tmp_path)
    assert command.why_not() == ""
    hands.window.commands.run("sources.recognise")
    hands.qtbot.keyClick(question(hands), Qt.Key.Key_Escape)
