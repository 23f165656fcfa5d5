"""A button that says what is chosen and opens the list of what can be, in the theme's own colours."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QActionGroup, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QWidget

from app.ui.icons import icon
from app.ui.plain import label, tooltip
from app.ui.theme.style import Theme

_CARET, _EDGE = 12, 10


class Chooser(QPushButton):
    """`chosen` comes with the value that the person chose."""

    chosen = Signal(object)

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        """name: what is chosen here."""
        super().__init__(parent)
        self._theme, self._name = theme, name
        self._choices: list[tuple[object, str]] = []
        self._at = -1
        self._whole = ""
        self.setProperty("role", "chooser")
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self.open)
        theme.changed.connect(self.update)

    def offer(self, choices: Sequence[tuple[object, str]]) -> None:
        """The values with their words; the first is chosen, unless what was chosen is among them."""
        before = self.value
        self._choices = list(choices)
        self._at = next((i for i, (value, _) in enumerate(choices) if value == before and before is not None), 0)
        self.updateGeometry()
        self._fit()

    @property
    def choices(self) -> tuple[tuple[object, str], ...]:
        """What can be chosen."""
        return tuple(self._choices)

    @property
    def value(self) -> object:
        """What is chosen, None while there is nothing."""
        return self._choices[self._at][0] if 0 <= self._at < len(self._choices) else None

    def choose(self, value: object) -> None:
        """Choose it without `chosen`; quietly nothing for what is not offered."""
        self._at = next((i for i, (one, _) in enumerate(self._choices) if one == value), self._at)
        self._fit()

    def open(self) -> None:
        """Show the list."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        group = QActionGroup(menu)
        for at, (_, words) in enumerate(self._choices):
            action = menu.addAction(label(words))
            action.setCheckable(True)
            action.setChecked(at == self._at)
            action.triggered.connect(lambda _=False, chosen=at: self._take(chosen))
            group.addAction(action)
        menu.popup(self.mapToGlobal(QPoint(0, self.height() + 2)))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Up and Down step through the values without the list."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        elif 0 <= self._at + step < len(self._choices):
            self._take(self._at + step)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Room for the longest of the values."""
        hint = super().sizeHint()
        longest = max((self.fontMetrics().horizontalAdvance(words) for _, words in self._choices), default=60)
        return QSize(longest + _CARET + 4 * _EDGE, hint.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Room for some letters."""
        return QSize(min(120, self.sizeHint().width()), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Shorten the words for the new width."""
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """The button, and the caret at its right."""
        super().paintEvent(event)
        painter = QPainter(self)
        colour = "text2" if self.isEnabled() else "text3"
        caret = icon(self._theme.tokens, "caret", colour).pixmap(QSize(_CARET, _CARET), self.devicePixelRatioF())
        painter.drawPixmap(self.width() - _EDGE - _CARET, (self.height() - _CARET) // 2, caret)
        painter.end()

    def _take(self, at: int) -> None:
        self._at = at
        self._fit()
        self.chosen.emit(self.value)

    def _fit(self) -> None:
        self._whole = whole = self._choices[self._at][1] if self._choices else ""
        room = max(0, self.width() - _CARET - 3 * _EDGE)
        shown = self.fontMetrics().elidedText(whole, Qt.TextElideMode.ElideRight, room)
        self.setText(label(shown))
        self.setToolTip(tooltip(whole) if shown != whole else "")
        self.setAccessibleName(f"{self._name}: {whole}" if whole else self._name)
