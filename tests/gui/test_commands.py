"""Commands run by key, palette and name alike; the palette finds them by a few letters; the page of keys lists all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.ui.commands.command import Command, Commands
from app.ui.commands.fuzzy import match
from app.ui.commands.palette import WIDTH, CommandPalette
from app.ui.commands.rows import RowDelegate
from app.ui.commands.shortcuts import ShortcutsDialog, built_in_keys
from app.ui.theme.style import Theme


@dataclass
class Desk:
    """A window with commands that write down that they ran."""

    window: QWidget
    line: QLineEdit
    commands: Commands
    palette: CommandPalette
    ran: list[str] = field(default_factory=list)
    answered: bool = False

    def titles(self) -> list[str]:
        return [row.title for row in self.palette.rows.rows]

    def type(self, text: str) -> None:
        QTest.keyClicks(self.palette.search, text)

    def press(self, key: Qt.Key) -> None:
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, key)


TABLE = [
    ("session.new", "New session", "Session", "Ctrl+N"),
    ("sources.add", "Add files", "Sources", "Ctrl+O"),
    ("answer.copy", "Copy answer", "Conversation", "Ctrl+Shift+C"),
    ("text.larger", "Larger text", "Window", "Ctrl++; Ctrl+="),
    ("session.export", "Export session", "Session", ""),
]


@pytest.fixture
def desk(qtbot: QtBot, theme: Theme) -> Desk:
    window = QWidget()
    window.resize(1200, 800)
    line = QLineEdit(window)
    QVBoxLayout(window).addWidget(line)
    commands = Commands(window)
    desk = Desk(window, line, commands, CommandPalette(theme, commands, window))

    def runs(name: str) -> Callable[[], None]:
        return lambda: desk.ran.append(name)

    def has_answer() -> bool | str:
        return desk.answered or "There is no answer yet."

    for name, title, where, keys in TABLE:
        if name == "answer.copy":
            commands.add(Command(name, title, where, keys, runs(name), has_answer))
        else:
            commands.add(Command(name, title, where, keys, runs(name)))
    commands.install(window)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    line.setFocus()
    qtbot.waitUntil(line.hasFocus)
    return desk


def test_keys_run_commands(desk: Desk) -> None:
    QTest.keyClick(desk.line, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(desk.line, Qt.Key.Key_Equal, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(desk.line, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    assert desk.ran == ["session.new", "text.larger", "text.larger"]
    assert [command.name for command in desk.commands.recent()] == ["text.larger", "session.new"]


def test_what_cannot_run_says_why(qtbot: QtBot, desk: Desk) -> None:
    with qtbot.waitSignal(desk.commands.refused) as refused:
        QTest.keyClick(desk.line, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert refused.args == [desk.commands.find("answer.copy"), "There is no answer yet."]
    assert not desk.ran and not desk.commands.recent()
    desk.answered = True
    assert desk.commands.run("answer.copy")
    assert desk.ran == ["answer.copy"]


def test_a_command_without_a_reason_gets_one(qtbot: QtBot) -> None:
    commands = Commands()
    commands.add(Command("a", "A", "", "", lambda: None, lambda: False))
    assert commands.why_not(commands.find("a")) == "Not possible just now."


def test_names_and_keys_belong_to_one_command(qtbot: QtBot) -> None:
    commands = Commands()
    commands.add(Command("a", "A", "", "Ctrl+A; F5", lambda: None))
    with pytest.raises(ValueError, match="two commands called a"):
        commands.add(Command("a", "B", "", "", lambda: None))
    commands.add(Command("c", "C", "", "", lambda: None), Command("d", "D", "", "", lambda: None))
    with pytest.raises(ValueError, match="F5 is the key of a and of b"):
        commands.add(Command("b", "B", "", "F5", lambda: None))


def test_the_palette_runs_what_a_few_letters_find(qtbot: QtBot, desk: Desk) -> None:
    desk.palette.open()
    qtbot.waitUntil(desk.palette.search.hasFocus)
    desk.type("nses")
    assert desk.titles()[0] == "New session"
    desk.press(Qt.Key.Key_Return)
    assert desk.ran == ["session.new"]
    assert not desk.palette.isVisible()
    assert desk.line.hasFocus()


def test_without_letters_the_last_ones_come_first(desk: Desk) -> None:
    desk.commands.run("session.export")
    desk.commands.run("sources.add")
    desk.palette.open()
    assert desk.titles() == ["Add files", "Export session", "New session", "Copy answer", "Larger text"]


def test_arrows_go_round_and_escape_closes(desk: Desk) -> None:
    desk.palette.open()
    for key, row in ((Qt.Key.Key_Down, 1), (Qt.Key.Key_Up, 0), (Qt.Key.Key_Up, 4), (Qt.Key.Key_Tab, 0),
                     (Qt.Key.Key_PageDown, 4), (Qt.Key.Key_PageUp, 0)):  # fmt: skip
        desk.press(key)
        assert desk.palette.list.currentIndex().row() == row
    desk.press(Qt.Key.Key_Escape)
    assert not desk.palette.isVisible() and desk.line.hasFocus()
    assert not desk.ran


def test_a_dim_command_stays_and_says_why(desk: Desk) -> None:
    desk.palette.open()
    desk.type("copy")
    row = desk.palette.rows.rows[0]
    assert (row.title, row.reason) == ("Copy answer", "There is no answer yet.")
    assert "There is no answer yet." in str(desk.palette.rows.index(0).data(Qt.ItemDataRole.AccessibleTextRole))
    desk.press(Qt.Key.Key_Return)
    assert desk.palette.isVisible() and not desk.ran


def test_nothing_found_is_said(desk: Desk) -> None:
    desk.palette.open()
    desk.type("qqq")
    assert desk.titles() == []
    assert not desk.palette.list.isVisible()
    desk.press(Qt.Key.Key_Return)
    desk.press(Qt.Key.Key_Down)
    assert desk.palette.isVisible()


def test_a_click_elsewhere_closes_and_one_on_a_row_runs(desk: Desk) -> None:
    desk.palette.open()
    QTest.mouseClick(desk.line, Qt.MouseButton.LeftButton)
    assert not desk.palette.isVisible()
    desk.palette.open()
    view = desk.palette.list
    place = view.visualRect(desk.palette.rows.index(1)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert desk.ran == ["sources.add"]


def test_the_palette_lies_in_the_top_third_and_stays_within(desk: Desk) -> None:
    desk.palette.open()
    assert desk.palette.width() == WIDTH
    assert desk.palette.y() < desk.window.height() / 3
    assert abs(desk.palette.geometry().center().x() - desk.window.rect().center().x()) <= 1
    desk.window.resize(400, 300)
    QApplication.processEvents()
    assert desk.window.rect().contains(desk.palette.geometry())


def test_keys_are_listed_by_place_and_found_by_letters_or_keys(qtbot: QtBot, theme: Theme, desk: Desk) -> None:
    page = ShortcutsDialog(theme, desk.commands)
    qtbot.addWidget(page)
    page.show()
    listed = [row.title for row in page.rows.rows if not row.heading]
    assert sorted(listed) == sorted([t for _, t, _, _ in TABLE] + [hint.title for hint in built_in_keys()])
    headings = [row.title for row in page.rows.rows if row.heading]
    assert len(headings) == len(set(headings)) and {"Session", "Sources", "Everywhere"} <= set(headings)
    QTest.keyClicks(page.search, "ctrl+o")
    assert [row.title for row in page.rows.rows] == ["Sources", "Add files"]
    page.search.setText("larger")
    assert page.rows.rows[1].keys == ("Ctrl++", "Ctrl+=")
    page.search.setText("qqq")
    assert not page.list.isVisible()
    assert page.search.accessibleName() and page.list.accessibleName()
    QTest.keyClick(page, Qt.Key.Key_Escape)
    assert not page.isVisible()


@pytest.mark.parametrize("name", ["light", "dark", "high_contrast"])
def test_rows_follow_the_theme(qtbot: QtBot, theme: Theme, desk: Desk, name: str) -> None:
    desk.palette.open()
    assert isinstance(desk.palette.list.itemDelegate(), RowDelegate)
    try:
        theme.choose(name)  # type: ignore[arg-type]
        picture = desk.palette.list.viewport().grab().toImage()
        seen = {picture.pixelColor(x, 6).name() for x in range(0, picture.width(), 7)}
        assert theme.colour("accent_soft").name() in seen
    finally:
        theme.choose("light")


def test_starts_of_words_and_letters_in_a_row_win() -> None:
    def best(query: str, *texts: str) -> str:
        found = {text: match(query, text) for text in texts}
        return max(texts, key=lambda text: found[text].score if found[text] else -1.0)  # type: ignore[union-attr]

    assert best("ea", "Export answer", "Search again", "Near") == "Export answer"
    assert best("sess", "Use less text as is", "New session") == "New session"
    assert best("add", "Add files", "Read and delete") == "Add files"
    hit = match("ns", "Next session")
    assert hit is not None and hit.positions == (0, 5)
    assert match("xyz", "Next session") is None


@given(st.text(max_size=12), st.text(max_size=40))
def test_letters_found_are_the_letters_typed(query: str, text: str) -> None:
    found = match(query, text)
    wanted = [letter for letter in query.lower() if not letter.isspace()]
    if found is not None and wanted and len(query.lower()) == len(query) and len(text.lower()) == len(text):
        assert [text.lower()[i] for i in found.positions] == wanted
        assert list(found.positions) == sorted(set(found.positions))


@given(st.text(alphabet="abc ", min_size=1, max_size=20), st.data())
def test_what_is_there_in_order_is_found(text: str, data: st.DataObject) -> None:
    chosen = data.draw(st.sets(st.integers(0, len(text) - 1)))
    assert match("".join(text[i] for i in sorted(chosen)), text) is not None
