"""The budget bar for screen readers: a list whose items are its segments, each with a place, a name and its tokens.

Qt asks for these only while a reader listens. Knows nothing of budgets; it says what the bar says of itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, QSize
from PySide6.QtGui import QAccessible, QAccessibleInterface, QWindow
from PySide6.QtWidgets import QAccessibleWidget
from shiboken6 import isValid

if TYPE_CHECKING:
    from app.ui.budget.bar import BudgetBar

_made: dict[int, tuple[BudgetBar, BarInterface]] = {}
"""By the bar's address: Qt holds its interfaces without a reference that Python would see."""
_installed: list[bool] = []


def offer(bar: BudgetBar) -> None:
    """Let screen readers into `bar`."""
    if not _installed:
        QAccessible.installFactory(_interface_of)
        _installed.append(True)
    number = id(bar)
    bar.destroyed.connect(lambda: _made.pop(number, None))


def _interface_of(_name: str, of: QObject) -> QAccessibleInterface | None:
    from app.ui.budget.bar import BudgetBar

    if not isinstance(of, BudgetBar):
        return None
    if id(of) not in _made:
        _made[id(of)] = of, BarInterface(of)
    return _made[id(of)][1]


class BarInterface(QAccessibleWidget):
    """The bar itself. Its value is the sentence over it."""

    def __init__(self, bar: BudgetBar) -> None:
        super().__init__(bar, QAccessible.Role.List, bar.accessibleName())
        self._bar = bar
        self._segments: list[SegmentInterface] = []

    def childCount(self) -> int:  # noqa: N802
        """One for each segment."""
        return len(self._bar.segments)

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """The segment `index`, from the left."""
        while len(self._segments) < self.childCount():
            segment = SegmentInterface(self._bar, len(self._segments))
            QAccessible.registerAccessibleInterface(segment)
            self._segments.append(segment)
        return self._segments[index] if 0 <= index < self.childCount() else None

    def indexOfChild(self, child: QAccessibleInterface) -> int:  # noqa: N802
        """Where `child` stands, -1 for another's."""
        return next((i for i in range(self.childCount()) if self.child(i) == child), -1)

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]  # noqa: N802
        """The segment at this point of the screen."""
        return next((c for i in range(self.childCount()) if (c := self.child(i)) and c.rect().contains(x, y)), None)

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]  # noqa: N802
        """The segment that the arrow keys are on."""
        return self.child(self._bar.current) if self._bar.hasFocus() else None

    def text(self, kind: QAccessible.Text) -> str:
        """Name and sentence."""
        if kind == QAccessible.Text.Value:
            return self._bar.sentence
        return super().text(kind)


class SegmentInterface(QAccessibleInterface):
    """One segment, whatever it stands for at the moment."""

    def __init__(self, bar: BudgetBar, index: int) -> None:
        super().__init__()
        self._bar, self._index = bar, index

    def isValid(self) -> bool:  # noqa: N802
        """Whether the bar has as many segments."""
        return isValid(self._bar) and self._index < len(self._bar.segments)

    def object(self) -> QObject | None:  # type: ignore[override]
        """None: it is painted."""
        return None

    def window(self) -> QWindow | None:  # type: ignore[override]
        """The window that it is painted in."""
        return self._bar.window().windowHandle()

    def parent(self) -> QAccessibleInterface | None:  # type: ignore[override]
        """The bar."""
        return QAccessible.queryAccessibleInterface(self._bar)

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
        """An item of a list."""
        return QAccessible.Role.ListItem

    def state(self) -> QAccessible.State:
        """Focusable, and whether it is the current one."""
        state = QAccessible.State()
        if self.isValid():
            state.focusable = state.selectable = True
            state.selected = self._index == self._bar.current
            state.focused = state.selected and self._bar.hasFocus()
        else:
            state.invalid = True
        return state

    def text(self, kind: QAccessible.Text) -> str:
        """What the segment's tooltip says: its first line is the name; tokens are the value."""
        if not self.isValid():
            return ""
        name, _, rest = self._bar.words_of(self._index).partition("\n")
        if kind == QAccessible.Text.Name:
            return name
        if kind == QAccessible.Text.Value:
            return f"{self._bar.segments[self._index].tokens:,}"
        return rest.replace("\n", ", ") if kind == QAccessible.Text.Description else ""

    def setText(self, kind: QAccessible.Text, words: str) -> None:  # noqa: N802
        """Nothing can be set."""

    def rect(self) -> QRect:
        """On the screen."""
        if not self.isValid():
            return QRect()
        inside = self._bar.segment_rect(self._index).toAlignedRect()
        return QRect(self._bar.mapToGlobal(inside.topLeft()), inside.size().expandedTo(QSize(1, 1)))
