"""The list of findings: up and down choose, Enter goes to the code, Delete dismisses."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, Signal

from app.core.review.finding import Checked
from app.ui.list_view import ListView
from app.ui.review.delegate import FindingDelegate
from app.ui.review.model import ROW, FindingsModel
from app.ui.review.rows import FindingRow, HeadingRow
from app.ui.theme.style import Theme


class FindingsList(ListView):
    """`chosen`: a FindingRow, or None. `showing`: it was clicked. `opening`: its code is to have the keyboard.

    `dismissing`: a FindingRow.
    """

    chosen = Signal(object)
    showing = Signal()
    opening = Signal()
    dismissing = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.rows = FindingsModel()
        self.setModel(self.rows)
        self.setItemDelegate(FindingDelegate(theme, self))
        self.setAccessibleName(self.tr("Findings"))
        self.setSelectionMode(ListView.SelectionMode.SingleSelection)
        theme.changed.connect(self.viewport().update)
        self.selectionModel().selectionChanged.connect(self._selected)
        self.activated_by_key.connect(lambda _: self.opening.emit())
        self.doubleClicked.connect(lambda _: self.opening.emit())
        self.clicked.connect(lambda _: self.showing.emit())
        self.removing.connect(self._remove)

    @property
    def current(self) -> FindingRow | None:
        """The chosen finding."""
        chosen = self.selectedIndexes()
        row = chosen[0].data(ROW) if chosen else None
        return row if isinstance(row, FindingRow) else None

    def choose(self, checked: Checked) -> bool:
        """Choose this finding; False while it is not shown."""
        at = self.rows.row_of(checked)
        if at is None:
            return False
        self.setCurrentIndex(self.rows.index(at))
        self.scrollTo(self.rows.index(at))
        return True

    def choose_near(self, row: int) -> None:
        """Choose the finding at this row or the nearest one to it, none where there is none."""
        numbers = [i for i, one in enumerate(self.rows.rows) if isinstance(one, FindingRow)]
        if numbers:
            at = min(numbers, key=lambda number: (abs(number - row), number < row))
            self.setCurrentIndex(self.rows.index(at))
            self.scrollTo(self.rows.index(at))
        else:
            self.chosen.emit(None)

    def step(self, by: int) -> None:
        """The next (1) or previous (-1) finding, round the end."""
        numbers = [i for i, one in enumerate(self.rows.rows) if isinstance(one, FindingRow)]
        if not numbers:
            return
        now = self.currentIndex().row()
        at = numbers.index(now) + by if now in numbers else 0
        number = numbers[at % len(numbers)]
        self.setCurrentIndex(self.rows.index(number))
        above = number - 1
        # A heading above comes into view with its first finding.
        if above >= 0 and isinstance(self.rows.rows[above], HeadingRow):
            self.scrollTo(self.rows.index(above))
        self.scrollTo(self.rows.index(number))

    def _remove(self, index: object) -> None:
        if self.current is not None and self.current.change != "fixed":
            self.dismissing.emit(self.current)

    def _selected(self, chosen: QItemSelection, _: QItemSelection) -> None:
        self.chosen.emit(self.current)
