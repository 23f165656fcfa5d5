"""What can be done, each thing once: its name, its key, where it belongs, how it is run, and why not just now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

_MOST_RECENT = 8


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that can be done.

    name: stable, such as `sources.add`. title, where: in the user's language. shortcut: as Qt writes keys, several
    separated by "; ". enabled: True, or False, or the sentence that says why not.
    """

    name: str
    title: str
    where: str
    shortcut: str
    run: Callable[[], object]
    enabled: Callable[[], bool | str] = _always

    def why_not(self, otherwise: str = "") -> str:
        """Why it cannot be run now, "" when it can. otherwise: said where the command itself gives no reason."""
        answer = self.enabled()
        if isinstance(answer, str):
            return answer
        return "" if answer else otherwise

    def keys(self) -> str:
        """The first shortcut as this system writes it; "" without one."""
        return shown_keys(self.shortcut.split("; ")[0])


@dataclass(frozen=True, slots=True)
class KeyHint:
    """Keys that a list, field or view handles itself."""

    title: str
    where: str
    keys: tuple[str, ...]


class Commands(QObject):
    """All commands in the order in which they were added, and which of them were used last.

    `refused` carries a Command and the sentence that says why it did not run.
    """

    refused = Signal(object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._commands: dict[str, Command] = {}
        self._recent: list[str] = []

    def add(self, *commands: Command) -> None:
        """Add commands. Raises ValueError for a name or a key that is taken."""
        for command in commands:
            if command.name in self._commands:
                raise ValueError(f"There are two commands called {command.name}")
            taken = {key: other.name for other in self for key in _sequences(other)}
            for key in _sequences(command):
                if key in taken:
                    raise ValueError(f"{key.toString()} is the key of {taken[key]} and of {command.name}")
            self._commands[command.name] = command

    def __iter__(self) -> Iterator[Command]:
        """The commands in their order."""
        return iter(self._commands.values())

    def all(self) -> tuple[Command, ...]:
        """The commands in their order."""
        return tuple(self._commands.values())

    def find(self, name: str) -> Command:
        """The command called `name`. Raises KeyError."""
        return self._commands[name]

    def recent(self) -> tuple[Command, ...]:
        """Those that were run last, the last one first."""
        return tuple(self._commands[name] for name in self._recent)

    def why_not(self, command: Command) -> str:
        """Why `command` cannot be run now; "" when it can."""
        return command.why_not(self.tr("Not possible just now."))

    def run(self, name: str) -> bool:
        """Run a command; False, and `refused`, when it cannot be run now. Raises KeyError."""
        command = self._commands[name]
        reason = self.why_not(command)
        if reason:
            self.refused.emit(command, reason)
            return False
        self._recent = [name, *(other for other in self._recent if other != name)][:_MOST_RECENT]
        command.run()
        return True

    def install(self, widget: QWidget) -> dict[str, QAction]:
        """Make the keys of all commands work in the window of `widget`; the actions by name, for menus and buttons.

        An action stays enabled, as whether its command can run is asked when it is used.
        """
        actions: dict[str, QAction] = {}
        for command in self:
            action = QAction(command.title, widget)
            action.setObjectName(command.name)
            action.setShortcuts(_sequences(command))
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            action.setAutoRepeat(False)
            action.triggered.connect(lambda _checked=False, name=command.name: self.run(name))
            widget.addAction(action)
            actions[command.name] = action
        return actions


def shown_keys(keys: str) -> str:
    """Keys as this system writes them."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


def _sequences(command: Command) -> list[QKeySequence]:
    """The keys of a command; none where Qt makes one empty sequence of an empty text."""
    return [sequence for sequence in QKeySequence.listFromString(command.shortcut) if not sequence.isEmpty()]
