"""The source rows as Qt's views want them: check states, dragging, words for screen readers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.ui.plain import tooltip
from app.ui.sources.rows import Remedy, SourceRow

ROW = Qt.ItemDataRole.UserRole
_MIME = "application/x-plumbline-sources"
Index = QModelIndex | QPersistentModelIndex


class SourceModel(QAbstractListModel):
    """`checked` and `moved` say what the person wants; the rows change when the workspace does.

    foretell: the sentence of a row's tooltip about what ticking it would cost.
    """

    checked = Signal(list, bool)
    moved = Signal(list)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[SourceRow] = []
        self._order: list[str] = []
        self.can_move = True
        self.foretell: Callable[[SourceRow], str] = lambda _: ""

    def set_rows(self, rows: Sequence[SourceRow], order: Sequence[str]) -> None:
        """Show `rows`; order: all keys of the workspace. Rows that keep their place are changed in place."""
        self._order = list(order)
        same = len(rows) == len(self._rows) and all(
            a is b or _as_high(a) == _as_high(b) for a, b in zip(rows, self._rows, strict=True)
        )
        if same:
            changed = [i for i, (a, b) in enumerate(zip(rows, self._rows, strict=True)) if a is not b and a != b]
            self._rows = list(rows)
            if changed:
                self.dataChanged.emit(self.index(changed[0]), self.index(changed[-1]))
            return
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def row_of(self, key: str) -> int | None:
        """The row of the source `key`, or of the closed folder that it is in."""
        itself = (i for i, row in enumerate(self._rows) if row.key == key)
        around = (i for i, row in enumerate(self._rows) if key in row.keys)
        return next(itself, next(around, None))

    def row_at(self, number: int) -> SourceRow:
        """The row with this number, from 0."""
        return self._rows[number]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        """How many rows."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The row itself under ROW; name, check state and words for screen readers."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == ROW:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role == Qt.ItemDataRole.CheckStateRole and not row.blocked:
            if row.part:
                return Qt.CheckState.PartiallyChecked
            return Qt.CheckState.Checked if row.included else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(row)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip("\n".join(part for part in (row.name, *self._remarks(row), self.foretell(row)) if part))
        return None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: N802
        """Ticking asks for inclusion; the tick itself follows the workspace."""
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid():
            return False
        row = self._rows[index.row()]
        self.checked.emit(list(row.keys), Qt.CheckState(value) == Qt.CheckState.Checked)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Everything can be selected and dragged; only what has text can be ticked."""
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        if self.can_move:
            flags |= Qt.ItemFlag.ItemIsDragEnabled
        return flags if self._rows[index.row()].blocked else flags | Qt.ItemFlag.ItemIsUserCheckable

    def supportedDropActions(self) -> Qt.DropAction:  # noqa: N802
        """Sources are moved, never copied."""
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:  # noqa: N802
        """Rows of this list."""
        return [_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:  # noqa: N802
        """The keys that are dragged."""
        data = QMimeData()
        keys = [key for index in sorted(indexes, key=lambda i: i.row()) for key in self._rows[index.row()].keys]
        data.setData(_MIME, " ".join(keys).encode())
        return data

    def dropMimeData(  # noqa: N802
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        """Ask for the new order; the rows follow when the workspace has it."""
        keys = self.dragged(data)
        if not keys:
            return False
        self.move(keys, row if row >= 0 else parent.row() if parent.isValid() else len(self._rows))
        # Nothing is removed by the view: the rows are set anew from the workspace.
        return False

    def dragged(self, data: QMimeData) -> list[str]:
        """The keys in `data`; none when it is not from this list."""
        return data.data(_MIME).toStdString().split() if data.hasFormat(_MIME) else []

    def move(self, keys: Sequence[str], row: int) -> None:
        """Ask for `keys` to stand before the row with this number."""
        new = self.order_after(keys, row)
        if new != self._order:
            self.moved.emit(new)

    def order_after(self, keys: Sequence[str], row: int) -> list[str]:
        """All keys of the workspace, with `keys` before the row with this number."""
        moving = set(keys)
        before = next((key for r in self._rows[row:] for key in r.keys if key not in moving), None)
        order = [key for key in self._order if key not in moving]
        at = order.index(before) if before is not None else len(order)
        return [*order[:at], *keys, *order[at:]]

    def order_after_step(self, keys: Sequence[str], by: int) -> list[str] | None:
        """All keys once the row of `keys` has moved up (-1) or down (1) by one row; None where it is the last."""
        row = self.row_of(keys[0]) if keys else None
        if row is None:
            return None
        order = self.order_after(keys, max(0, row + (by if by < 0 else by + 1)))
        return order if order != self._order else None

    def _spoken(self, row: SourceRow) -> str:
        parts = [*(() if row.is_folder else (row.key,)), row.name]
        if row.tokens is not None:
            parts.append(self.tr("{0} tokens").format(f"{row.tokens:,}"))
        if row.share is not None:
            parts.append(self.tr("{0} per cent").format(round(row.share * 100)))
        parts += self._remarks(row)
        if row.remedy:
            parts.append(remedy_words(row.remedy, self.tr))
        if not row.blocked:
            part = self.tr("partly included") if row.part else self.tr("included")
            parts.append(part if row.included else self.tr("left out"))
        return ", ".join(parts)

    def _remarks(self, row: SourceRow) -> list[str]:
        """What is to be said of a row beside its numbers."""
        secrets = secret_words(row.secrets, self.tr) if row.secrets else ""
        return [remark for remark in (row.read_as, secrets, row.problem) if remark]


def _as_high(row: SourceRow) -> tuple[object, ...]:
    """What a row's height depends on, and which source it is."""
    return row.keys, row.is_folder, row.problem, row.remedy, bool(row.secrets)


def remedy_words(remedy: Remedy, say: Callable[[str], str]) -> str:
    """What a row calls the way out of its problem."""
    if remedy == "whole":
        return say("Read it whole")
    return say("Enter the password…") if remedy == "unlock" else say("Recognise text…")


def secret_words(count: int, say: Callable[[str], str]) -> str:
    """How many secrets a source seems to hold."""
    return say("1 likely secret") if count == 1 else say("{0} likely secrets").format(f"{count:,}")
