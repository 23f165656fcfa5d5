"""Rows with a title, a place and keys: what the palette and the page of keys list, and how a row is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QTextCharFormat, QTextLayout
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui.theme.style import BODY, LABEL, SMALL, Theme, scaled

ROW = Qt.ItemDataRole.UserRole
ROW_HEIGHT = 36
_MARGIN, _GAP, _KEY_PADDING = 12, 8, 6
_CENTRE = Qt.AlignmentFlag.AlignVCenter
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Row:
    """One line. keys: as the system writes them. reason: why it cannot be used now. letters: positions found in title.

    A heading has a title only and cannot be chosen.
    """

    title: str
    where: str = ""
    keys: tuple[str, ...] = ()
    reason: str = ""
    letters: tuple[int, ...] = ()
    name: str = ""
    heading: bool = False

    def spoken(self) -> str:
        """All of it, for screen readers."""
        return ", ".join(part for part in (self.title, self.where, *self.keys, self.reason) if part)


class Rows(QAbstractListModel):
    """Rows in their order."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._rows: tuple[Row, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """What is listed."""
        return self._rows

    def show_rows(self, rows: Sequence[Row]) -> None:
        """List these instead."""
        self.beginResetModel()
        self._rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's own name and signature
        """Number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The title to show; the row itself; all of it in words."""
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.title
            case Qt.ItemDataRole.ToolTipRole:
                return row.reason or None
            case Qt.ItemDataRole.AccessibleTextRole:
                return row.spoken()
            case _ if role == ROW:
                return row
            case _:
                return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings cannot be chosen."""
        if self._rows[index.row()].heading:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


class RowDelegate(QStyledItemDelegate):
    """Draws title, place and keys; a row that cannot be used is dim and says why in the place's stead."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """One line of the body's type."""
        return QSize(0, max(ROW_HEIGHT, QFontMetrics(scaled(BODY)).height() + 18))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """The field if selected, then from the end of the line: keys, place or reason, title."""
        row: Row = index.data(ROW)
        tokens = self._theme.tokens
        rect = QRect(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if row.heading:
            painter.setFont(scaled(SMALL, weight=QFont.Weight.DemiBold))
            painter.setPen(QColor(tokens.text2))
            place = rect.adjusted(_MARGIN + 4, 0, -_MARGIN - 4, -6)
            painter.drawText(place, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft, row.title)
            painter.restore()
            return
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(
                QPen(QColor(tokens.accent), 1) if selected and tokens.name == "high_contrast" else Qt.PenStyle.NoPen
            )
            painter.setBrush(QColor(tokens.accent_soft if selected else tokens.hover))
            painter.drawRoundedRect(QRectF(rect).adjusted(4.5, 1.5, -4.5, -1.5), 6, 6)
        inner = rect.adjusted(_MARGIN + 4, 0, -_MARGIN - 4, 0)
        mirrored = option.direction == Qt.LayoutDirection.RightToLeft
        for keys in reversed(row.keys):
            inner = _cut(inner, self._paint_key(painter, inner, keys, mirrored=mirrored) + _GAP, mirrored=mirrored)
        title = scaled(BODY, weight=QFont.Weight.DemiBold if selected else QFont.Weight.Normal)
        aside, small = row.reason or row.where, scaled(SMALL)
        room = inner.width() - min(QFontMetrics(title).horizontalAdvance(row.title) + 2 * _GAP, inner.width() * 3 // 5)
        shown = QFontMetrics(small).elidedText(aside, Qt.TextElideMode.ElideRight, room)
        painter.setFont(small)
        painter.setPen(QColor(tokens.text3))
        end = Qt.AlignmentFlag.AlignLeft if mirrored else Qt.AlignmentFlag.AlignRight
        painter.drawText(inner, end | _CENTRE | Qt.AlignmentFlag.AlignAbsolute, shown)
        inner = _cut(inner, QFontMetrics(small).horizontalAdvance(shown) + _GAP, mirrored=mirrored)
        colour = QColor(tokens.text3 if row.reason else tokens.text)
        _paint_title(painter, inner, row, title, colour, option.direction)
        painter.restore()

    def _paint_key(self, painter: QPainter, inner: QRect, keys: str, *, mirrored: bool) -> int:
        """Draw a key cap at the end of `inner`; its width."""
        tokens, font = self._theme.tokens, scaled(LABEL)
        metrics = QFontMetrics(font)
        width, height = metrics.horizontalAdvance(keys) + 2 * _KEY_PADDING, metrics.height() + 4
        left = inner.left() if mirrored else inner.right() + 1 - width
        cap = QRect(left, inner.center().y() - height // 2, width, height)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(QColor(tokens.surface))
        painter.drawRoundedRect(QRectF(cap).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.setFont(font)
        painter.setPen(QColor(tokens.text2))
        painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, keys)
        return width


def _cut(rect: QRect, width: int, *, mirrored: bool) -> QRect:
    """`rect` without `width` px at the end of the line."""
    return rect.adjusted(width, 0, 0, 0) if mirrored else rect.adjusted(0, 0, -width, 0)


def _paint_title(
    painter: QPainter, rect: QRect, row: Row, font: QFont, colour: QColor, direction: Qt.LayoutDirection
) -> None:
    """The title on one line, the letters that were searched for underlined and bold."""
    shown = QFontMetrics(font).elidedText(row.title, Qt.TextElideMode.ElideRight, rect.width())
    layout = QTextLayout(shown, font)
    option = layout.textOption()
    option.setTextDirection(direction)
    option.setWrapMode(option.WrapMode.NoWrap)
    layout.setTextOption(option)
    found = QTextCharFormat()
    found.setFontWeight(QFont.Weight.Bold)
    found.setFontUnderline(True)
    formats = []
    for position in row.letters:
        if position < len(shown) and shown[position] == row.title[position]:
            range_ = QTextLayout.FormatRange()
            range_.start, range_.length, range_.format = position, 1, found
            formats.append(range_)
    layout.setFormats(formats)
    layout.beginLayout()
    line = layout.createLine()
    line.setLineWidth(max(1, rect.width()))
    layout.endLayout()
    painter.setPen(colour)
    top = rect.top() + (rect.height() - line.height()) / 2
    layout.draw(painter, QPointF(rect.left(), top))
