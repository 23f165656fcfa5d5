"""The middle of the window and its modes: asking, and other work on the same sources. Knows no desk.

A mode's page is made when it is first turned to, so that starting the program does not wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, Protocol, runtime_checkable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

Mode = Literal["ask", "review", "logs", "check"]
MODES: tuple[Mode, ...] = ("ask", "review", "logs", "check")
ALONE: tuple[Mode, ...] = ("review", "check")
"""Modes whose pages show their evidence themselves."""


@runtime_checkable
class Steps(Protocol):
    """A page that goes from one piece of its evidence to the next."""

    def step(self, by: int) -> None:
        """To the next (1) or to the one before (-1)."""
        ...


class Centre(QStackedWidget):
    """`turned`: the mode that is shown now, when that has changed."""

    turned = Signal(str)

    def __init__(self, start: QWidget, asking: QWidget, makers: Mapping[Mode, Callable[[], QWidget]]) -> None:
        """start: stands in the place of `asking` as long as there is nothing. makers: of the other modes' pages."""
        super().__init__()
        self._start, self._asking, self._makers = start, asking, makers
        self._pages: dict[Mode, QWidget] = {}
        self._mode: Mode = "ask"
        self._started = False
        self.addWidget(start)
        self.addWidget(asking)

    @property
    def mode(self) -> Mode:
        """What is shown."""
        return self._mode

    @property
    def started(self) -> bool:
        """Whether there is anything to ask about."""
        return self._started

    def page(self, mode: Mode) -> QWidget:
        """The page of a mode, made if need be."""
        if mode == "ask":
            return self._asking if self._started else self._start
        if mode not in self._pages:
            self._pages[mode] = self._makers[mode]()
            self.addWidget(self._pages[mode])
        return self._pages[mode]

    def set_started(self, started: bool) -> None:
        """Show the conversation, or the page that says how to begin."""
        self._started = started
        if self._mode == "ask":
            self.setCurrentWidget(self.page("ask"))

    def turn_to(self, mode: Mode) -> None:
        """Show the page of `mode`."""
        changed = mode != self._mode
        self._mode = mode
        self.setCurrentWidget(self.page(mode))
        if changed:
            self.turned.emit(mode)
