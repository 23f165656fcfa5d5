"""The list above the evidence that leads into it: contents, symbols, likely secrets, remarks on pages."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.ui.list_view import ListView
from app.ui.plain import tooltip
from app.ui.theme.style import BODY, LABEL, SMALL, Theme, scaled
from app.ui.viewer.contents import Item

ITEM = Qt.ItemDataRole.UserRole
_LEFT, _INDENT, _ROW = 14, 14, 26
Index = QModelIndex | QPersistentModelIndex


class ContentsModel(QAbstractListModel):
    """The rows, with words for screen readers."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._items: list[Item] = []

    @property
    def items(self) -> Sequence[Item]:
        """The rows."""
        return self._items

    def set_items(self, items: Sequence[Item]) -> None:
        """Show these."""
        if list(items) != self._items:
            self.beginResetModel()
            self._items = list(items)
            self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        """How many rows."""
        return 0 if parent.isValid() else len(self._items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The item itself under ITEM; its words."""
        if not index.isValid():
            return None
        item = self._items[index.row()]
        if role == ITEM:
            return item
        if role == Qt.ItemDataRole.DisplayRole:
            return item.words
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(part for part in (item.words, item.aside) if part)
        return tooltip(item.words) if role == Qt.ItemDataRole.ToolTipRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Only what leads somewhere can be selected."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        enabled = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
        return enabled | Qt.ItemFlag.ItemIsSelectable if self._items[index.row()].leads else enabled


class ContentsList(ListView):
    """`wanted`: an Item that was clicked or entered, and leads somewhere."""

    wanted = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.contents = ContentsModel(self)
        self.setModel(self.contents)
        self.setItemDelegate(_Delegate(theme, self))
        self.setUniformItemSizes(True)
        self.setAccessibleName(self.tr("What is in this source"))
        self.clicked.connect(self._choose)
        self.activated_by_key.connect(self._choose)
        theme.changed.connect(self.viewport().update)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As high as its rows, and no higher than a third of the panel that it is in."""
        above = self.parentWidget()
        most = above.height() // 3 if above is not None else 240
        return QSize(200, max(3 * _ROW, min(most, len(self.contents.items) * _ROW + 4)))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Three rows."""
        return QSize(120, 3 * _ROW)

    def _choose(self, index: QModelIndex) -> None:
        item = index.data(ITEM)
        if isinstance(item, Item) and item.leads:
            self.wanted.emit(item)


class _Delegate(QStyledItemDelegate):
    """A heading in small letters, or an item at its depth with its place at the right."""

    def __init__(self, theme: Theme, view: ContentsList) -> None:
        super().__init__(view)
        self._theme, self._view = theme, view
        self._remember_fonts()
        theme.changed.connect(self._remember_fonts)

    def _remember_fonts(self) -> None:
        self._body, self._small = scaled(BODY), scaled(SMALL)
        self._head = scaled(LABEL, weight=QFont.Weight.DemiBold)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """All rows are of one height."""
        return QSize(100, max(_ROW, QFontMetrics(self._body).height() + 8))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Words, and where they lead."""
        item: Item = index.data(ITEM)
        tokens = self._theme.tokens
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRect(option.rect).adjusted(6, 1, -6, -1)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected or (item.leads and option.state & QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent_soft if selected else tokens.hover))
            painter.drawRoundedRect(area, 4, 4)
        focused = option.state & QStyle.StateFlag.State_HasFocus and self._view.hasFocus()
        if focused and self._view.property("by_keyboard"):
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), 4, 4)
        left = area.left() + _LEFT - 6 + (0 if item.heading else min(item.level, 6) * _INDENT)
        right = area.right() - 8
        painter.setFont(self._small)
        painter.setPen(QColor(tokens.text2))
        place = QRect(left, area.top(), right - left, area.height())
        painter.drawText(place, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), item.aside)
        room = right - left - (QFontMetrics(self._small).horizontalAdvance(item.aside) + 12 if item.aside else 0)
        font = self._head if item.heading else self._body
        painter.setFont(font)
        painter.setPen(QColor(tokens.text2 if item.heading else tokens.text))
        shown = QFontMetrics(font).elidedText(item.words, Qt.TextElideMode.ElideRight, max(20, room))
        painter.drawText(place, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)
        painter.restore()
