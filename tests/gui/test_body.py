"""The columns of the window follow its width, until a person gives them another."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.theme.style import Theme
from tests.gui.driving import Driven, driven


def side(hands: Driven, width: int) -> int:
    """How wide the side is in a window of this width."""
    hands.window.resize(width, 800)
    QApplication.processEvents()
    return hands.window.body.side.width()


@pytest.mark.parametrize(("width", "wanted"), [(1280, 232), (1440, 272), (1000, 232)])
def test_the_side_suits_the_window(theme: Theme, qtbot: QtBot, width: int, wanted: int) -> None:
    with driven(theme, qtbot, width=width) as hands:
        assert side(hands, width) == wanted
        assert side(hands, 1500) == 272
        assert side(hands, 1300) == 232


def test_a_width_that_a_person_chose_stays(theme: Theme, qtbot: QtBot) -> None:
    with driven(theme, qtbot, width=1440) as hands:
        hands.window.body.moveSplitter(320, 1)
        assert side(hands, 1440) == 320
        assert side(hands, 1300) == 320
        state = hands.window.body.state()
    with driven(theme, qtbot, width=1300) as hands:
        hands.window.body.restore(state)
        assert side(hands, 1301) == 320
        assert side(hands, 1500) == 320
