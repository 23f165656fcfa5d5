"""Makes the pages of the window's modes and joins them to the window, each when it is first turned to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.ui.centre import Mode

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow


class ModePages:
    """Of `window`."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def makers(self) -> Mapping[Mode, Callable[[], QWidget]]:
        """By mode, what makes its page."""
        return {"review": self._review, "logs": self._logs, "check": self._check}

    def _review(self) -> QWidget:
        from app.ui.review.page import ReviewPage

        window = self._window
        page = ReviewPage(window.theme, window.desk)
        page.told.connect(self._tell)
        page.warned.connect(lambda sentence: window.toast.say(sentence, tone="bad"))
        page.model_wanted.connect(window.choose_model)
        window.closing.connect(page.shut_down)
        return page

    def _logs(self) -> QWidget:
        from app.ui.logs.page import LogsPage

        window = self._window
        page = LogsPage(window.theme, window.desk)
        page.filtering.connect(window.dialogs.log)
        page.showing.connect(window.places.source)
        page.adding.connect(window.add_files)
        return page

    def _check(self) -> QWidget:
        from app.ui.selfcheck.page import CheckPage

        window = self._window
        page = CheckPage(window.theme, window.desk)
        page.model_wanted.connect(window.choose_model)
        window.desk.checker.wrote.connect(window.tell_written)
        return page

    def _tell(self, sentence: str, action: str, act: Callable[[], object] | None) -> None:
        self._window.toast.say(sentence, action=action, act=act)
