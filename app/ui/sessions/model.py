"""Saved sessions, and hits of a search over them, as rows of a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from app.core.records import SearchHit, SessionSummary
from app.ui import words
from app.ui.plain import tooltip

ROW = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session, or one place in it that a search found. snippet: "" for a session of the plain list."""

    session: int
    name: str
    when: str
    pinned: bool = False
    snippet: str = ""
    hit: SearchHit | None = None


def rows_of(sessions: Sequence[SessionSummary]) -> list[SessionRow]:
    """The plain list."""
    return [SessionRow(s.id, s.name, words.day(s.changed), s.pinned) for s in sessions]


def rows_of_hits(hits: Sequence[SearchHit]) -> list[SessionRow]:
    """What a search found."""
    return [SessionRow(h.session, h.session_name, h.document or h.place, False, h.snippet, h) for h in hits]


class SessionModel(QAbstractListModel):
    """`current` is drawn as the open one."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[SessionRow] = []
        self.current: int | None = None

    def set_rows(self, rows: Sequence[SessionRow]) -> None:
        """Show these."""
        if list(rows) != self._rows:
            self.beginResetModel()
            self._rows = list(rows)
            self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        """How many rows."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The row under ROW, its name, and words for screen readers."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == ROW:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return row.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            pinned = self.tr("pinned, ") if row.pinned else ""
            opened = self.tr(", open now") if row.session == self.current and row.hit is None else ""
            return f"{row.name}, {pinned}{row.when}{opened} {row.snippet}".strip()
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(f"{row.name}\n{row.when}")
        return None

    def row_of(self, session: int) -> int | None:
        """The row of a session."""
        return next((i for i, row in enumerate(self._rows) if row.session == session), None)
