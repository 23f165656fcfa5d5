"""Threads that work give way to the window, and looking for garbage waits until it is at rest."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from app.services import courtesy as courtesy_module
from app.services.courtesy import Courtesy
from app.services.tidying import Tidying
from app.ui.theme.style import Theme
from tests.gui.driving import driven


@pytest.fixture
def courtesy(qtbot: QtBot) -> Iterator[Courtesy]:
    one = Courtesy()
    yield one
    one.close()


def while_the_window_works(qtbot: QtBot, courtesy: Courtesy, seconds: float) -> tuple[bool, threading.Event]:
    """Whether a thread that asked got its turn within `seconds` of the window showing something; and its end."""
    through = threading.Event()
    seen: list[bool] = []

    def ask() -> None:
        courtesy.after_you()
        through.set()

    def handle() -> None:
        courtesy.window_first()
        threading.Thread(target=ask, daemon=True).start()
        seen.append(through.wait(seconds))

    QTimer.singleShot(0, handle)
    qtbot.waitUntil(lambda: bool(seen))
    return seen[0], through


def test_a_thread_waits_until_the_window_has_shown_what_changed(
    qtbot: QtBot, courtesy: Courtesy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courtesy_module, "_LONGEST_WAIT_S", 60.0)
    at_once, through = while_the_window_works(qtbot, courtesy, 0.05)
    assert not at_once
    qtbot.waitUntil(through.is_set)


def test_a_thread_does_not_wait_for_ever(qtbot: QtBot, courtesy: Courtesy) -> None:
    in_the_end, _ = while_the_window_works(qtbot, courtesy, 30.0)
    assert in_the_end


def test_garbage_is_looked_for_when_nothing_is_under_way(
    theme: Theme, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ring:
        def __init__(self) -> None:
            self.itself = self

    with driven(theme, qtbot) as window:
        tidying = Tidying(window.desk)
        try:
            assert gc.get_threshold()[2] > 1_000_000
            ring = Ring()
            gone = weakref.ref(ring)
            del ring
            monkeypatch.setattr(gc, "get_count", lambda: (0, 0, 10))
            with monkeypatch.context() as patch:
                patch.setattr(type(window.desk), "working", True)
                tidying.look()
                assert gone() is not None
            window.until(lambda: not window.desk.working)
            tidying.look()
            assert gone() is None
        finally:
            tidying.close()
    assert gc.get_threshold()[2] < 1_000_000
