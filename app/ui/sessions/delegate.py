"""How one session, or one hit of a search, is drawn."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui.icons import icon
from app.ui.sessions.model import ROW, SessionModel, SessionRow
from app.ui.theme.style import BODY, SMALL, Theme, scaled

_NARROW = 250
"""px of a row below which a date would leave too little of the name."""


class SessionDelegate(QStyledItemDelegate):
    """Name and date on one line; a hit has its words below."""

    def __init__(self, theme: Theme, view: QAbstractItemView, model: SessionModel) -> None:
        super().__init__(view)
        self._theme, self._view, self._model = theme, view, model

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802
        """One line, three with a snippet."""
        row: SessionRow = index.data(ROW)
        line = QFontMetrics(scaled(BODY)).height()
        return QSize(100, line * 2 + 18 if row.snippet else max(30, line + 12))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """The open session stands on a raised field, in bold."""
        row: SessionRow = index.data(ROW)
        tokens = self._theme.tokens
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRect(option.rect).adjusted(6, 1, -6, -1)
        current = row.session == self._model.current and row.hit is None
        if current or option.state & QStyle.StateFlag.State_MouseOver:
            # Where all fields have one colour, an edge tells which session is open.
            edged = current and tokens.surface == tokens.sunken
            painter.setPen(QPen(QColor(tokens.line), 1) if edged else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.surface if current else tokens.hover))
            painter.drawRoundedRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        focused = option.state & QStyle.StateFlag.State_HasFocus and self._view.property("by_keyboard")
        if focused and self._view.hasFocus():
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(area).adjusted(1, 1, -1, -1), 5, 5)
        inner = area.adjusted(8, 5 if row.snippet else 0, -8, 0)
        top = inner if not row.snippet else QRect(inner.left(), inner.top(), inner.width(), 20)
        small = scaled(SMALL)
        right = top.right()
        if row.when and option.rect.width() >= _NARROW:
            painter.setFont(small)
            painter.setPen(QColor(tokens.text2))
            # One more: widths are rounded, and a date must not lose letters to that.
            width = min(QFontMetrics(small).horizontalAdvance(row.when) + 1, top.width() // 2)
            when = QFontMetrics(small).elidedText(row.when, Qt.TextElideMode.ElideMiddle, width)
            painter.drawText(top, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), when)
            right -= width + 10
        left = top.left()
        if row.pinned:
            icon(tokens, "pin").paint(painter, QRect(left, top.center().y() - 6, 13, 13))
            left += 18
        font = scaled(BODY, weight=QFont.Weight.DemiBold if current else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(tokens.text))
        name = QFontMetrics(font).elidedText(row.name, Qt.TextElideMode.ElideRight, right - left)
        painter.drawText(QRect(left, top.top(), right - left, top.height()), int(Qt.AlignmentFlag.AlignVCenter), name)
        if row.snippet:
            painter.setFont(small)
            painter.setPen(QColor(tokens.text2))
            below = QRect(inner.left(), top.bottom(), inner.width(), 20)
            words = QFontMetrics(small).elidedText(row.snippet, Qt.TextElideMode.ElideRight, below.width())
            painter.drawText(below, int(Qt.AlignmentFlag.AlignVCenter), words)
        painter.restore()
