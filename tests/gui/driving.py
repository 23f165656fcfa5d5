"""Drives the real window as a person would, and waits for what it says, never for time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.answering import Settings
from app.core.exchanges import Exchange
from app.core.settings import Preferences
from app.services.desk import Desk
from app.ui.main_window import MainWindow
from app.ui.theme.style import Theme

WAIT_MS = 60_000


class Driven:
    """A window that is shown, and hands and eyes for it."""

    def __init__(self, theme: Theme, qtbot: QtBot, *, width: int = 1280, height: int = 800) -> None:
        self.qtbot = qtbot
        self.window = MainWindow(theme, Desk(), Preferences(theme=theme.chosen, reduced_motion=True))
        self.desk = self.window.desk
        self.said: list[str] = []
        self.desk.said.connect(lambda failure: self.said.append(failure.message))
        self.window.resize(width, height)
        self.window.show()
        self.desk.library.refresh()

    def until(self, condition: Callable[[], bool]) -> None:
        """Let the window go on until `condition()` is true."""
        self.qtbot.waitUntil(condition, timeout=WAIT_MS)

    def use(self, settings: Settings | None = None) -> None:
        """Use a model, the bundled one unless told otherwise, and wait until its budget stands."""
        if settings is None:
            self.desk.use_default_model()
        else:
            self.desk.use_model(settings)
        self.until(lambda: self.desk.spending is not None)

    def add(self, *paths: Path) -> None:
        """Drop files, and wait until all is counted."""
        before = len(self.desk.workspace.entries)
        self.desk.add(list(paths))
        self.until(lambda: len(self.desk.workspace.entries) > before)
        self.counted()

    def counted(self) -> None:
        """Wait until every number is exact."""

        def exact() -> bool:
            spending = self.desk.spending
            return self.desk.settings is None or (spending is not None and spending.exact)

        self.until(exact)

    def ask(self, question: str) -> Exchange:
        """Type a question, send it with the keyboard, wait for the answer."""
        self.type(question)
        self.send()
        self.until(lambda: not self.desk.busy)
        return self.desk.exchanges[-1]

    def type(self, question: str) -> None:
        """Type into the composer."""
        self.window.composer.edit.setFocus()
        self.qtbot.keyClicks(self.window.composer.edit, question)

    def send(self) -> None:
        """Press Ctrl+Enter there."""
        edit = self.window.composer.edit
        self.qtbot.keyClick(edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    def saved(self) -> None:
        """Wait until everything is in the session file."""
        self.until(lambda: not self.desk.library.busy)

    def close(self) -> None:
        """Close the window, as a person would."""
        self.window.close()
        self.window.deleteLater()
        QApplication.processEvents()


@contextmanager
def driven(theme: Theme, qtbot: QtBot, **size: int) -> Iterator[Driven]:
    """A window for the length of a block."""
    hands = Driven(theme, qtbot, **size)
    try:
        yield hands
    finally:
        hands.close()
