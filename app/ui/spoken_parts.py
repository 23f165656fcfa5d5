"""What is painted in one widget as several things, for screen readers: each thing with a place, a name and a value.

Qt asks for these only while a reader listens. Knows nothing of what is painted; it says what the widget says of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QRect, QRectF, QSize
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAccessibleInterface, QWindow
from PySide6.QtWidgets import QAccessibleWidget, QWidget
from shiboken6 import isValid


@dataclass(frozen=True, slots=True)
class Parts:
    """What a widget tells of its parts, which are numbered from 0; all of it may change at any time.

    rect: in the widget's coordinates. words: the first line is the name. current: the part that the arrow keys are on,
    -1 for none. sentence: what the widget says as a whole.
    """

    count: Callable[[], int]
    rect: Callable[[int], QRectF]
    words: Callable[[int], str]
    value: Callable[[int], str]
    current: Callable[[], int]
    sentence: Callable[[], str]
    role: QAccessible.Role = QAccessible.Role.List
    part_role: QAccessible.Role = QAccessible.Role.ListItem


_made: dict[int, WholeInterface] = {}
"""By the widget's address: Qt holds its interfaces without a reference that Python would see."""
_installed: list[bool] = []
_HELD_AS = "spoken_parts"


def offer(widget: QWidget, parts: Parts) -> None:
    """Let screen readers into `widget`, which holds `parts` from now on."""
    if not _installed:
        QAccessible.installFactory(_interface_of)
        _installed.append(True)
    setattr(widget, _HELD_AS, parts)
    number = id(widget)
    widget.destroyed.connect(lambda: _made.pop(number, None))


def tell(widget: QWidget, current: int) -> None:
    """Say that the arrow keys are on this part now."""
    if current >= 0 and QAccessible.isActive():
        event = QAccessibleEvent(widget, QAccessible.Event.Focus)
        event.setChild(current)
        QAccessible.updateAccessibility(event)


def _interface_of(_name: str, of: QObject) -> QAccessibleInterface | None:
    parts = getattr(of, _HELD_AS, None)
    if not isinstance(of, QWidget) or not isinstance(parts, Parts):
        return None
    if id(of) not in _made:
        _made[id(of)] = WholeInterface(of, parts)
    return _made[id(of)]


class WholeInterface(QAccessibleWidget):
    """The widget itself. Its value is its sentence."""

    def __init__(self, widget: QWidget, parts: Parts) -> None:
        super().__init__(widget, parts.role, widget.accessibleName())
        self._widget, self._parts = widget, parts
        self._children: list[PartInterface] = []

    def childCount(self) -> int:  # noqa: N802
        """One for each part."""
        return self._parts.count()

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """The part `index`."""
        while len(self._children) < self.childCount():
            part = PartInterface(self._widget, self._parts, len(self._children))
            QAccessible.registerAccessibleInterface(part)
            self._children.append(part)
        return self._children[index] if 0 <= index < self.childCount() else None

    def indexOfChild(self, child: QAccessibleInterface) -> int:  # noqa: N802
        """Where `child` stands, -1 for another's."""
        return next((i for i in range(self.childCount()) if self.child(i) == child), -1)

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]  # noqa: N802
        """The part at this point of the screen."""
        return next((c for i in range(self.childCount()) if (c := self.child(i)) and c.rect().contains(x, y)), None)

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]  # noqa: N802
        """The part that the arrow keys are on."""
        return self.child(self._parts.current()) if self._widget.hasFocus() else None

    def text(self, kind: QAccessible.Text) -> str:
        """Name and sentence."""
        if kind == QAccessible.Text.Value:
            return self._parts.sentence()
        return super().text(kind)


class PartInterface(QAccessibleInterface):
    """One part, whatever it stands for at the moment."""

    def __init__(self, widget: QWidget, parts: Parts, index: int) -> None:
        super().__init__()
        self._widget, self._parts, self._index = widget, parts, index

    def isValid(self) -> bool:  # noqa: N802
        """Whether the widget has as many parts."""
        return isValid(self._widget) and self._index < self._parts.count()

    def object(self) -> QObject | None:  # type: ignore[override]
        """None: it is painted."""
        return None

    def window(self) -> QWindow | None:  # type: ignore[override]
        """The window that it is painted in."""
        return self._widget.window().windowHandle()

    def parent(self) -> QAccessibleInterface | None:  # type: ignore[override]
        """The widget."""
        return QAccessible.queryAccessibleInterface(self._widget)

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """None."""
        return None

    def childCount(self) -> int:  # noqa: N802
        """None."""
        return 0

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]  # noqa: N802
        """None."""
        return None

    def indexOfChild(self, child: QAccessibleInterface) -> int:  # noqa: N802
        """None."""
        return -1

    def role(self) -> QAccessible.Role:
        """What kind of thing it is."""
        return self._parts.part_role

    def state(self) -> QAccessible.State:
        """Focusable, and whether it is the current one."""
        state = QAccessible.State()
        if self.isValid():
            state.focusable = state.selectable = True
            state.selected = self._index == self._parts.current()
            state.focused = state.selected and self._widget.hasFocus()
        else:
            state.invalid = True
        return state

    def text(self, kind: QAccessible.Text) -> str:
        """What its tooltip says: the first line is the name."""
        if not self.isValid():
            return ""
        name, _, rest = self._parts.words(self._index).partition("\n")
        if kind == QAccessible.Text.Name:
            return name
        if kind == QAccessible.Text.Value:
            return self._parts.value(self._index)
        return rest.replace("\n", ", ") if kind == QAccessible.Text.Description else ""

    def setText(self, kind: QAccessible.Text, words: str) -> None:  # noqa: N802
        """Nothing can be set."""

    def rect(self) -> QRect:
        """On the screen."""
        if not self.isValid():
            return QRect()
        inside = self._parts.rect(self._index).toAlignedRect()
        return QRect(self._widget.mapToGlobal(inside.topLeft()), inside.size().expandedTo(QSize(1, 1)))
