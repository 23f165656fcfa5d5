"""The list of models: a row each with name, kind, size and what it was made for, or why it cannot be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.core.model_choice import ModelFacts, shown_size
from app.ui.icons import icon
from app.ui.plain import tooltip
from app.ui.theme.style import BODY, SMALL, Theme, scaled

ROW = Qt.ItemDataRole.UserRole
_MARGIN, _GAP, _SIGN = 12, 2, 16
_WRAP = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A file, and what is known of it by now: nothing yet, its facts, or a sentence."""

    path: Path
    facts: ModelFacts | None = None
    problem: str = ""


class ModelRows(QAbstractListModel):
    """The rows in their order."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._rows: list[ModelRow] = []

    @property
    def rows(self) -> tuple[ModelRow, ...]:
        """What is listed."""
        return tuple(self._rows)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's own name and signature
        """Number of models."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The name to show; the row itself; all of it in words for screen readers."""
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.facts.name if row.facts else row.path.name
            case Qt.ItemDataRole.ToolTipRole:
                return tooltip(str(row.path))
            case Qt.ItemDataRole.AccessibleTextRole:
                return ", ".join(part for part in (self.data(index), *self.lines(row), row.problem) if part)
            case _ if role == ROW:
                return row
            case _:
                return None

    def lines(self, row: ModelRow) -> tuple[str, ...]:
        """What stands under the name, but for the problem."""
        facts = row.facts
        if facts is None:
            return () if row.problem else (self.tr("Reading…"),)
        tokens = self.tr("made for {tokens} tokens").format(tokens=f"{facts.trained_context:,}")
        first = f"{facts.architecture} · {shown_size(facts.size)} · {tokens}"
        return (first, self.tr("Comes with Plumbline, reads and quotes, no more")) if facts.bundled else (first,)

    def index_of(self, path: Path) -> QModelIndex:
        """Where `path` stands; invalid when it does not."""
        return next((self.index(i) for i, row in enumerate(self._rows) if row.path == path), QModelIndex())

    def add(self, paths: Sequence[Path]) -> None:
        """List those of `paths` that are not listed yet, at the end."""
        new = [path for path in dict.fromkeys(paths) if not self.index_of(path).isValid()]
        if new:
            self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows) + len(new) - 1)
            self._rows += [ModelRow(path) for path in new]
            self.endInsertRows()

    def move_first(self, paths: Sequence[Path]) -> None:
        """Put `paths` before the others, in this order."""
        order = {path: position for position, path in enumerate(paths)}
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        kept = [self._rows[index.row()].path for index in before]
        self._rows.sort(key=lambda row: order.get(row.path, len(order)))
        self.changePersistentIndexList(before, [self.index_of(path) for path in kept])
        self.layoutChanged.emit()

    def set_facts(self, facts: ModelFacts) -> None:
        """What was read of a listed file."""
        self._set(facts.path, facts=facts, problem="")

    def set_problem(self, path: Path, problem: str) -> None:
        """Why a listed file cannot be used."""
        self._set(path, facts=None, problem=problem)

    def _set(self, path: Path, *, facts: ModelFacts | None, problem: str) -> None:
        index = self.index_of(path)
        if index.isValid():
            self._rows[index.row()] = replace(self._rows[index.row()], facts=facts, problem=problem)
            self.dataChanged.emit(index, index)


class ModelDelegate(QStyledItemDelegate):
    """Draws a row as high as its lines; names are elided, sentences wrapped."""

    def __init__(self, theme: Theme, view: QListView) -> None:
        super().__init__(view)
        self._theme = theme
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """As high as the lines at the view's present width."""
        width = self._view.viewport().width()
        return QSize(width, sum(height for *_, height in self._lines(index, width)) + 2 * _MARGIN - 8)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Field, lines, focus ring."""
        state, rect = QStyle.StateFlag, option.rect.adjusted(0, 1, 0, -1)
        tokens = self._theme.tokens
        flags = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if flags & state.State_Selected or flags & state.State_MouseOver:
            field = tokens.accent_soft if flags & state.State_Selected else tokens.hover
            painter.setBrush(QColor(field))
            painter.drawRoundedRect(rect, 6, 6)
        if flags & state.State_Selected and flags & state.State_HasFocus:
            pen = painter.pen()
            pen.setStyle(Qt.PenStyle.SolidLine)
            pen.setColor(QColor(tokens.accent))
            pen.setWidth(2)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 5, 5)
        top = rect.top() + _MARGIN - 5
        for text, font, colour, height in self._lines(index, rect.width()):
            place = QRect(rect.left() + _MARGIN, top, rect.width() - 2 * _MARGIN, height)
            if colour == "bad":
                sign = QRect(place.left(), place.top() + 1, _SIGN, _SIGN)
                icon(tokens, "problem", "bad").paint(painter, sign)
                place.setLeft(place.left() + _SIGN + 6)
            painter.setFont(font)
            painter.setPen(QColor(getattr(tokens, colour)))
            if colour == "text":
                text = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideMiddle, place.width())
            painter.drawText(place, _WRAP, text)
            top += height
        painter.restore()

    def _lines(self, index: Index, width: int) -> list[tuple[str, QFont, str, int]]:
        """Text, font, colour and height of each line."""
        row: ModelRow = index.data(ROW)
        model = index.model()
        assert isinstance(model, ModelRows)
        name, small = scaled(BODY, weight=QFont.Weight.DemiBold), scaled(SMALL)
        lines = [(str(index.data()), name, "text", QFontMetrics(name).height() + _GAP)]
        inner = width - 2 * _MARGIN
        metrics = QFontMetrics(small)
        for text, colour in zip(model.lines(row), ("text2", "text3"), strict=False):
            lines.append((text, small, colour, _wrapped(metrics, inner, text)))
        if row.problem:
            lines.append((row.problem, small, "bad", _wrapped(metrics, inner - _SIGN - 6, row.problem)))
        return lines


class ModelListView(QListView):
    """The rows. Their heights follow the width."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setItemDelegate(ModelDelegate(theme, self))
        self.setAccessibleName(self.tr("Models"))
        theme.changed.connect(self.viewport().update)


def _wrapped(metrics: QFontMetrics, width: int, text: str) -> int:
    return metrics.boundingRect(QRect(0, 0, max(width, 40), 10_000), _WRAP, text).height() + _GAP
