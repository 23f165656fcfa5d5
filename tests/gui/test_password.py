"""A PDF that asks for its password, in the real window: from its row to its text and its pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from app.ui.password import PasswordQuestion
from app.ui.theme.style import Theme
from tests.gui.driving import Driven, driven
from tests.gui.seeing import clipped, nameless
from tests.ingest.pdfs import write_pdf, write_protected

WRONG = "This password does not open it. Check capital letters and the keyboard layout."
AGAIN = "This PDF asks for its password again: add it once more to see its pages. Its text is kept."


@pytest.fixture
def hands(theme: Theme, qtbot: QtBot) -> Iterator[Driven]:
    with driven(theme, qtbot) as hands:
        hands.window.activateWindow()
        yield hands


def add_three(hands: Driven, folder: Path) -> Path:
    """Three sources; the second, S2, asks for a password."""
    write_pdf(folder / "1-open.pdf", ["The first is open"])
    sealed = write_protected(folder / "2-sealed.pdf", "The second speaks of herons", user="Zr9-heron")
    write_pdf(folder / "3-open.pdf", ["The third is open"])
    hands.desk.add([folder / "1-open.pdf", sealed, folder / "3-open.pdf"])
    hands.until(lambda: len(hands.desk.workspace.entries) == 3)
    hands.until(lambda: hands.window.sources.model.rowCount() == 3)
    return sealed


def click_row(hands: Driven, key: str) -> None:
    view = hands.window.sources.view
    row = hands.window.sources.model.row_of(key)
    assert row is not None
    area: QRect = view.visualRect(hands.window.sources.model.index(row))
    hands.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=area.center() + QPoint(20, 0))


def question(hands: Driven) -> PasswordQuestion:
    """The dialog, once it is there."""

    def open_ones() -> list[PasswordQuestion]:
        return [d for d in hands.window.findChildren(PasswordQuestion) if d.isVisible()]

    hands.until(lambda: len(open_ones()) == 1)
    return open_ones()[0]


def enter(hands: Driven, password: str) -> None:
    """Type into the dialog and press Enter."""
    field = question(hands).field
    hands.qtbot.keyClicks(field, password)
    hands.qtbot.keyClick(field, Qt.Key.Key_Return)


def no_question(hands: Driven) -> bool:
    return not [d for d in hands.window.findChildren(PasswordQuestion) if d.isVisible()]


def status(hands: Driven, key: str) -> str:
    return next(e.document.status for e in hands.desk.workspace.entries if e.key == key)


def test_a_click_on_the_row_asks_a_wrong_one_stays_and_the_right_one_reads(hands: Driven, tmp_path: Path) -> None:
    hands.use()
    add_three(hands, tmp_path)
    click_row(hands, "S2")
    dialog = question(hands)
    assert not dialog.open_button.isEnabled()
    enter(hands, "zr9-heron")
    hands.until(lambda: dialog.problem.isVisible())
    assert dialog.problem.sentence.text() == WRONG
    assert dialog.field.selectedText()
    assert not dialog.field.isReadOnly()
    assert status(hands, "S2") == "password_needed"
    assert not hands.desk.passwords.known()
    enter(hands, "Zr9-heron")
    hands.until(lambda: no_question(hands))
    hands.counted()
    assert [e.key for e in hands.desk.workspace.entries] == ["S1", "S2", "S3"]
    entry = hands.desk.workspace.entries[1]
    assert entry.document.sections[0].text == "The second speaks of herons"
    assert (hands.desk.meter.tokens_of(entry) or 0) > 0
    pages = hands.window.viewer.pages
    hands.until(lambda: pages.tiles.bytes > 0)
    assert pages.problem is None
    assert pages.file is not None
    assert pages.file.path == entry.document.path


def test_enter_and_the_context_menu_ask_as_well(hands: Driven, tmp_path: Path) -> None:
    add_three(hands, tmp_path)
    sources = hands.window.sources
    sources.select("S2")
    sources.view.setFocus()
    hands.qtbot.keyClick(sources.view, Qt.Key.Key_Return)
    hands.qtbot.keyClick(question(hands), Qt.Key.Key_Escape)
    hands.until(lambda: no_question(hands))
    row = sources.model.row_at(sources.model.row_of("S2") or 0)
    action = sources.actions_for([row], hands.window)[0]
    assert action.text() == "Enter the password…"
    action.trigger()
    enter(hands, "owner")
    hands.until(lambda: no_question(hands))
    assert status(hands, "S2") == "ok"
    row = sources.model.row_at(sources.model.row_of("S2") or 0)
    hands.until(lambda: not sources.model.row_at(1).remedy)
    assert "Enter the password…" not in [a.text() for a in sources.actions_for([sources.model.row_at(1)], hands.window)]


def test_the_row_says_it_to_eyes_and_screen_readers(hands: Driven, tmp_path: Path) -> None:
    add_three(hands, tmp_path)
    model = hands.window.sources.model
    row = model.row_at(1)
    assert (row.blocked, row.remedy) == (True, "unlock")
    assert row.problem == "The PDF asks for a password. Enter it, or add a copy that needs none."
    spoken = model.data(model.index(1), Qt.ItemDataRole.AccessibleTextRole)
    assert isinstance(spoken, str)
    assert spoken.startswith("S2, 2-sealed.pdf, The PDF asks for a password.")
    assert "Enter the password…" in spoken


def test_the_dialog_hides_and_shows_and_has_names(hands: Driven, tmp_path: Path) -> None:
    add_three(hands, tmp_path)
    click_row(hands, "S2")
    dialog = question(hands)
    assert dialog.field.echoMode() == QLineEdit.EchoMode.Password
    hands.until(dialog.field.hasFocus)
    hands.qtbot.keyClick(dialog.field, Qt.Key.Key_Tab)
    hands.until(dialog.shown.hasFocus)
    hands.qtbot.keyClick(dialog.shown, Qt.Key.Key_Space)
    assert dialog.field.echoMode() == QLineEdit.EchoMode.Normal
    enter(hands, "wrong")
    hands.until(lambda: dialog.problem.isVisible())
    QApplication.processEvents()
    assert nameless(dialog) + clipped(dialog) == []
    dialog.reject()
    hands.until(lambda: no_question(hands))
    assert status(hands, "S2") == "password_needed"


def test_a_file_that_went_away_is_said_in_the_dialog(hands: Driven, tmp_path: Path) -> None:
    sealed = add_three(hands, tmp_path)
    click_row(hands, "S2")
    sealed.unlink()
    enter(hands, "Zr9-heron")
    dialog = question(hands)
    hands.until(lambda: dialog.problem.isVisible())
    assert dialog.problem.sentence.text().startswith("It cannot be read: ")
    dialog.reject()


def test_in_another_run_the_text_is_there_and_the_pages_ask_again(theme: Theme, qtbot: QtBot, tmp_path: Path) -> None:
    with driven(theme, qtbot) as hands:
        sealed = add_three(hands, tmp_path)
        click_row(hands, "S2")
        enter(hands, "Zr9-heron")
        hands.until(lambda: no_question(hands))
        hands.saved()
        session = hands.desk.session
    assert session is not None
    with driven(theme, qtbot) as hands:
        hands.desk.open_session(session)
        hands.until(lambda: hands.window.sources.model.rowCount() == 3)
        assert hands.desk.workspace.entries[1].document.sections[0].text == "The second speaks of herons"
        click_row(hands, "S2")
        pages = hands.window.viewer.pages
        hands.until(lambda: pages.problem is not None)
        assert pages.problem == AGAIN
        hands.desk.add([sealed])
        question(hands)
        # What is known is not given up for want of the password.
        assert hands.desk.workspace.entries[1].document.sections
        enter(hands, "Zr9-heron")
        hands.until(lambda: no_question(hands))
        hands.until(lambda: pages.problem is None and pages.tiles.bytes > 0)
        hands.desk.add([sealed])
        hands.until(lambda: not hands.desk.intake.busy)
        assert no_question(hands)
        assert [e.key for e in hands.desk.workspace.entries] == ["S1", "S2", "S3"]
        hands.saved()


def test_a_password_is_in_no_file_of_the_program(theme: Theme, qtbot: QtBot, tmp_path: Path, data_folder: Path) -> None:
    with driven(theme, qtbot) as hands:
        add_three(hands, tmp_path)
        click_row(hands, "S2")
        enter(hands, "Zr9-heron")
        hands.until(lambda: no_question(hands))
        assert "Zr9" not in repr(hands.desk.passwords)
        hands.saved()
    kept = [path.read_bytes() for path in data_folder.rglob("*") if path.is_file()]
    assert any(b"speaks of herons" in content for content in kept)
    assert not any(b"Zr9" in content for content in kept)
