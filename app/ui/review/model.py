"""The findings as Qt's list model: rows under ROW, words for those who hear them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from app.core.review.finding import Checked
from app.ui.plain import tooltip
from app.ui.review import words
from app.ui.review.rows import FindingRow, HeadingRow, Row

ROW = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


class FindingsModel(QAbstractListModel):
    """Headings cannot be chosen: the arrows pass over them."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Row] = []

    @property
    def rows(self) -> Sequence[Row]:
        """What is shown, in order."""
        return self._rows

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these. Where they only grew at the end, what was there stays as it is, the chosen row too."""
        known = len(self._rows)
        if known and len(rows) > known and list(rows[:known]) == self._rows:
            self.beginInsertRows(QModelIndex(), known, len(rows) - 1)
            self._rows = list(rows)
            self.endInsertRows()
        elif list(rows) != self._rows:
            self.beginResetModel()
            self._rows = list(rows)
            self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        """How many rows."""
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """A heading is nothing that could be chosen."""
        if not index.isValid() or isinstance(self._rows[index.row()], HeadingRow):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The row under ROW, its title, and words for screen readers."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == ROW:
            return row
        heading = isinstance(row, HeadingRow)
        if role == Qt.ItemDataRole.DisplayRole:
            return heading_words(row) if isinstance(row, HeadingRow) else row.checked.finding.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return heading_words(row) if isinstance(row, HeadingRow) else words.spoken(row.checked, row.change)
        if role == Qt.ItemDataRole.ToolTipRole and not heading and isinstance(row, FindingRow):
            return tooltip(f"{row.checked.finding.title}\n{words.place(row.checked.finding)}")
        return None

    def row_of(self, checked: Checked) -> int | None:
        """The row of a finding, as it is now or as it was before it was dismissed; None while it is not shown."""
        for i, row in enumerate(self._rows):
            if isinstance(row, FindingRow) and same(row.checked, checked):
                return i
        return None

    def findings(self) -> list[FindingRow]:
        """The findings that are shown, in order."""
        return [row for row in self._rows if isinstance(row, FindingRow)]


def same(one: Checked, other: Checked) -> bool:
    """Whether both are one finding, dismissed or not."""
    return one.fingerprint == other.fingerprint and one.finding == other.finding


def heading_words(row: HeadingRow) -> str:
    """What stands above a group."""
    return row.words or words.apart(row.apart)
