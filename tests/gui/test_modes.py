"""The modes of the real window: what each shows, its keys, what turns back to asking, and the page of logs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from app.ui.logs.dialog import LogDialog
from app.ui.logs.page import LogsPage
from app.ui.theme.style import Theme
from tests.gui import papers
from tests.gui.driving import Driven, driven
from tests.gui.seeing import clipped, faint, nameless, unreachable
from tests.gui.test_everyone import in_all_themes


@pytest.fixture
def hands(theme: Theme, qtbot: QtBot) -> Iterator[Driven]:
    with driven(theme, qtbot) as hands:
        hands.window.activateWindow()
        yield hands


def logs_page(hands: Driven) -> LogsPage:
    hands.window.turn_to("logs")
    page = hands.window.centre.currentWidget()
    assert isinstance(page, LogsPage)
    return page


def test_modes_are_turned_to_by_key_and_back(hands: Driven) -> None:
    window = hands.window
    turned: list[str] = []
    window.centre.turned.connect(turned.append)
    hands.qtbot.keyClick(window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    assert isinstance(window.centre.currentWidget(), LogsPage)
    hands.qtbot.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert window.centre.currentWidget() is window.start
    window.top.modes.chosen.emit("logs")
    hands.qtbot.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert turned == ["logs", "ask", "logs", "ask"] and window.centre.mode == "ask"


def test_a_question_is_not_sent_from_another_mode(hands: Driven, tmp_path: Path) -> None:
    hands.desk.add([papers.busy_log(tmp_path)])
    hands.until(lambda: len(hands.desk.workspace.entries) == 1)
    hands.window.composer.put("What happened?")
    hands.window.turn_to("logs")
    assert not hands.window.commands.run("ask.send") and not hands.desk.exchanges
    assert "Ctrl+1" in hands.window.toast.words


def test_the_page_of_logs_shows_each_and_leads_to_its_filters(hands: Driven, theme: Theme, tmp_path: Path) -> None:
    page = logs_page(hands)
    assert page.cards == {} and "No source is a log" in words_of(page)
    hands.desk.add([papers.busy_log(tmp_path)])
    hands.until(lambda: bool(page.cards))
    card = page.cards["S1"]
    hands.until(card.timeline.isVisible)
    assert "15,084 records" in card.facts.text() and card.read.text() == "Read: all of it."
    assert nameless(page) == clipped(page) == unreachable(page) == []
    assert in_all_themes(theme, page, lambda root, _: faint(root)) == []
    card.filter.click()
    hands.until(lambda: isinstance(QApplication.activeModalWidget(), LogDialog))
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, LogDialog)
    hands.until(dialog.timeline.isVisible)
    dialog.text.edit.setText("refused")
    dialog.fold.setChecked(True)
    dialog.apply.click()
    hands.until(lambda: "refused" in card.read.text())
    assert "folded" in card.read.text()
    card.show_text.click()
    hands.until(hands.window.viewer.isVisible)


def test_a_log_that_leaves_the_sources_leaves_the_page(hands: Driven, tmp_path: Path) -> None:
    page = logs_page(hands)
    hands.desk.add([papers.busy_log(tmp_path)])
    hands.until(lambda: bool(page.cards))
    hands.desk.remove(["S1"])
    hands.until(lambda: not page.cards)
    assert "No source is a log" in words_of(page)


def words_of(page: LogsPage) -> str:
    """What can be read on it."""
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())
