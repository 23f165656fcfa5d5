"""The line that narrows the findings: words, severities, kinds; how they are grouped and sorted; how many are left."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QMenu, QPushButton, QWidget

from app.core.review.finding import SEVERITIES
from app.ui.icons import set_icon
from app.ui.plain import label
from app.ui.review import words
from app.ui.review.rows import Choice, Grouping, Sorting, Tally
from app.ui.theme.style import Theme
from app.ui.words import count


class FilterBar(QWidget):
    """`changed`: the Choice is another."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._tally = Tally()
        self.choice = Choice()
        self.edit = QLineEdit()
        self.edit.setPlaceholderText(self.tr("Filter findings"))
        self.edit.setAccessibleName(self.tr("Filter findings"))
        self.edit.setClearButtonEnabled(True)
        self.edit.setMinimumWidth(96)
        self.edit.setMaximumWidth(240)
        self.edit.textChanged.connect(lambda text: self._choose(replace(self.choice, text=text)))
        self.severities = _chooser(lambda: self._pop(self.severities, self.menu_of_severities()))
        self.kinds = _chooser(lambda: self._pop(self.kinds, self.menu_of_kinds()))
        self.order = _chooser(lambda: self._pop(self.order, self.menu_of_order()))
        self.shown = QLabel()
        self.shown.setProperty("tone", "second")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.edit, 100)
        for part in (self.severities, self.kinds, self.order):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self.shown)
        theme.changed.connect(self._restyle)
        self._restyle()
        self._follow()

    def offer(self, tally: Tally, shown: int) -> None:
        """What there is, and how many findings are left by the choice."""
        self._tally = tally
        self.shown.setText(self.tr("{0} shown").format(count(shown)))

    def put(self, choice: Choice) -> None:
        """Choose this, saying nothing."""
        self.choice = choice
        if self.edit.text() != choice.text:
            self.edit.blockSignals(True)
            self.edit.setText(choice.text)
            self.edit.blockSignals(False)
        self._follow()

    def clear(self) -> None:
        """Leave nothing out."""
        self.edit.clear()
        empty = Choice(dismissed=self.choice.dismissed, group=self.choice.group, sort=self.choice.sort)
        self._choose(empty)

    def menu_of_severities(self) -> QMenu:
        """Several can be ticked; none ticked means all."""
        there = [one for one in SEVERITIES if self._tally.severities.get(one) or one in self.choice.severities]
        rows = [(one, words.severities(one), self._tally.severities.get(one, 0)) for one in there]
        return self._ticks(
            rows,
            self.choice.severities,
            self.tr("All severities"),
            lambda chosen: self._choose(
                replace(self.choice, severities=frozenset(one for one in SEVERITIES if one in chosen))
            ),
        )

    def menu_of_kinds(self) -> QMenu:
        """Several can be ticked; none ticked means all."""
        names = sorted({*self._tally.kinds, *self.choice.kinds})
        rows = [(one, words.kind(one), self._tally.kinds.get(one, 0)) for one in names]
        return self._ticks(
            rows,
            self.choice.kinds,
            self.tr("All kinds"),
            lambda chosen: self._choose(replace(self.choice, kinds=frozenset(chosen))),
        )

    def menu_of_order(self) -> QMenu:
        """Groups, order, and whether dismissed findings are shown."""
        menu = self._menu()
        groups: tuple[tuple[Grouping, str], ...] = (
            ("none", self.tr("One list")),
            ("file", self.tr("Grouped by file")),
            ("severity", self.tr("Grouped by severity")),
            ("category", self.tr("Grouped by kind")),
        )
        sorts: tuple[tuple[Sorting, str], ...] = (
            ("severity", self.tr("Gravest first")),
            ("place", self.tr("In the order of the files")),
            ("confidence", self.tr("Surest first")),
        )
        group = QActionGroup(menu)
        for grouping, said in groups:
            self._radio(menu, group, said, replace(self.choice, group=grouping), self.choice.group == grouping)
        menu.addSeparator()
        order = QActionGroup(menu)
        for sorting, said in sorts:
            self._radio(menu, order, said, replace(self.choice, sort=sorting), self.choice.sort == sorting)
        menu.addSeparator()
        dismissed = menu.addAction(self.tr("Show dismissed findings ({0})").format(count(self._tally.dismissed)))
        dismissed.setCheckable(True)
        dismissed.setChecked(self.choice.dismissed)
        dismissed.toggled.connect(lambda on: self._choose(replace(self.choice, dismissed=on)))
        return menu

    def _ticks(
        self,
        rows: Iterable[tuple[str, str, int]],
        chosen: Iterable[str],
        everything: str,
        choose: Callable[[set[str]], None],
    ) -> QMenu:
        menu, ticked = self._menu(), set(chosen)
        whole = menu.addAction(everything)
        whole.setCheckable(True)
        whole.setChecked(not ticked)
        whole.triggered.connect(lambda: choose(set()))
        menu.addSeparator()
        for value, said, number in rows:
            action = menu.addAction(f"{label(said)}  {count(number)}")
            action.setCheckable(True)
            action.setChecked(value in ticked)
            action.triggered.connect(lambda on, v=value: choose(ticked | {v} if on else ticked - {v}))
        return menu

    def _radio(self, menu: QMenu, group: QActionGroup, said: str, choice: Choice, on: bool) -> None:
        action = QAction(said, menu)
        action.setCheckable(True)
        action.setChecked(on)
        action.triggered.connect(lambda: self._choose(choice))
        group.addAction(action)
        menu.addAction(action)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def _pop(self, button: QPushButton, menu: QMenu) -> None:
        menu.popup(button.mapToGlobal(QPoint(0, button.height() + 2)))

    def _choose(self, choice: Choice) -> None:
        if choice != self.choice:
            self.choice = choice
            self._follow()
            self.changed.emit()

    def _follow(self) -> None:
        """Each button says what it holds now."""
        severities = [words.severities(one) for one in SEVERITIES if one in self.choice.severities]
        kinds = sorted(words.kind(one) for one in self.choice.kinds)
        orders = {
            "none": self.tr("One list"),
            "file": self.tr("By file"),
            "severity": self.tr("By severity"),
            "category": self.tr("By kind"),
        }
        for button, said, name in (
            (self.severities, _few(severities, self.tr("All severities")), self.tr("Severities")),
            (self.kinds, _few(kinds, self.tr("All kinds")), self.tr("Kinds")),
            (self.order, orders[self.choice.group], self.tr("Groups and order")),
        ):
            button.setText(label(said))
            button.setAccessibleName(f"{name}: {said}")
            button.setToolTip(name)

    def _restyle(self) -> None:
        for button in (self.severities, self.kinds, self.order):
            set_icon(button, self._theme.tokens, "caret")


def _few(names: list[str], none: str) -> str:
    """Such as "Errors", "Errors and 1 more"."""
    if not names:
        return none
    return names[0] if len(names) == 1 else f"{names[0]} +{len(names) - 1}"


def _chooser(clicked: Callable[[], None]) -> QPushButton:
    button = QPushButton()
    button.clicked.connect(clicked)
    return button
