"""What a change of the sources costs is said before it is made: in the menu, the tooltip, and at the line of a drag."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDragLeaveEvent, QDragMoveEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.dialogs import PagesQuestion
from app.ui.theme.style import Theme
from app.ui.words import count, seconds
from tests.gui.driving import Driven, driven
from tests.ingest.pdfs import write_pdf


@pytest.fixture
def hands(theme: Theme, qtbot: QtBot, tmp_path: Path) -> Iterator[Driven]:
    """Three sources, all of them read by the engine."""
    with driven(theme, qtbot) as hands:
        hands.window.activateWindow()
        hands.use()
        assert hands.desk.settings is not None
        hands.desk.use_model(replace(hands.desk.settings, max_answer=4))
        for name in ("a", "b", "c"):
            write_pdf(tmp_path / f"{name}.pdf", [f"{name} stands on page {i}" for i in range(1, 4)])
        hands.desk.add([tmp_path / f"{name}.pdf" for name in ("a", "b", "c")])
        hands.until(lambda: len(hands.desk.workspace.entries) == 3)
        hands.counted()
        hands.ask("Who?")
        hands.until(lambda: hands.desk.meter.unread == 0)
        yield hands


def tokens(hands: Driven, *keys: str) -> int:
    entries = {entry.key: entry for entry in hands.desk.workspace.entries}
    return sum(hands.desk.meter.tokens_of(entries[key]) or 0 for key in keys)


def menu(hands: Driven, row: int) -> dict[str, str]:
    """What the menu of a row offers, with what stands at its right edge."""
    sources = hands.window.sources
    actions = sources.actions_for([sources.model.row_at(row)], hands.window)
    texts = [action.text().partition("\t") for action in actions]
    for action in actions:
        action.deleteLater()
    return {name: cost for name, _, cost in texts}


def test_the_menu_says_what_each_change_costs(hands: Driven) -> None:
    hands.desk.per_second = None
    offers = menu(hands, 0)
    assert offers["Leave out"] == f"{count(tokens(hands, 'S2', 'S3'))} tokens to read again"
    assert offers["Remove from this session"] == offers["Leave out"]
    assert offers["Move down"] == f"{count(tokens(hands, 'S1', 'S2', 'S3'))} tokens to read again"
    assert "Move up" not in offers
    assert menu(hands, 2)["Leave out"] == "nothing to read again"
    hands.desk.set_included(["S2"], False)
    hands.until(lambda: hands.window.sources.model.row_at(1).included is False)
    # S3 has to be read again as things stand; with S2 back nothing has.
    assert menu(hands, 1)["Include"] == "nothing more to read"


def test_seconds_are_said_once_a_speed_was_measured(hands: Driven) -> None:
    hands.desk.per_second = 2.0
    number = tokens(hands, "S2", "S3")
    assert menu(hands, 0)["Leave out"] == f"{count(number)} tokens to read again, about {seconds(number / 2)}"


def test_the_tooltip_says_what_ticking_costs(hands: Driven) -> None:
    hands.desk.per_second = None
    model = hands.window.sources.model
    words = model.data(model.index(0), Qt.ItemDataRole.ToolTipRole)
    assert isinstance(words, str)
    assert words.splitlines()[-1] == f"Leaving it out: {count(tokens(hands, 'S2', 'S3'))} tokens to read again"
    hands.desk.set_included(["S3"], False)
    hands.until(lambda: model.row_at(2).included is False)
    hands.until(lambda: hands.desk.meter.unread == 0)
    words = model.data(model.index(2), Qt.ItemDataRole.ToolTipRole)
    assert isinstance(words, str)
    assert words.splitlines()[-1] == "Including it: nothing more to read"


def drag(hands: Driven, row: int, to: QPoint) -> None:
    """Move the row's data over a point of the list, as a drag does; Qt takes one from a real mouse alone."""
    view, model = hands.window.sources.view, hands.window.sources.model
    data = model.mimeData([model.index(row)])
    action, button, none = Qt.DropAction.MoveAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    view.dragMoveEvent(QDragMoveEvent(QPointF(to), action, data, button, none))


def test_a_drag_says_what_landing_costs_and_where_nothing_changes_nothing(hands: Driven) -> None:
    hands.desk.per_second = None
    view, model = hands.window.sources.view, hands.window.sources.model
    first = view.visualRect(model.index(0))
    last = view.visualRect(model.index(2))
    drag(hands, 2, first.topLeft() + QPoint(30, 3))
    assert view.cost == f"{count(tokens(hands, 'S1', 'S2', 'S3'))} tokens to read again"
    plain = view.grab().toImage()
    drag(hands, 2, last.bottomLeft() + QPoint(30, -3))
    assert view.cost == ""
    assert view.grab().toImage() != plain
    drag(hands, 1, last.bottomLeft() + QPoint(30, -3))
    assert view.cost == f"{count(tokens(hands, 'S2', 'S3'))} tokens to read again"
    view.dragLeaveEvent(QDragLeaveEvent())
    assert view.cost == ""


def test_the_question_for_pages_says_what_they_cost(hands: Driven) -> None:
    hands.desk.per_second = None
    hands.window.sources.menu.limiting.emit("S2")
    hands.until(lambda: isinstance(QApplication.activeModalWidget(), PagesQuestion))
    question = QApplication.activeModalWidget()
    assert isinstance(question, PagesQuestion)
    assert not question.cost.text().strip()
    before = tokens(hands, "S2", "S3")
    question.last.setValue(2)
    cost = question.cost.text()
    assert cost.startswith("Costs ")
    number = int(cost.split()[1].replace(",", ""))
    assert tokens(hands, "S3") < number < before
    question.last.setValue(3)
    assert not question.cost.text().strip()
    question.reject()
