"""A list of things to tick, in the theme's own colours: a box, a name that shortens itself, a remark at the right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.ui.check_box import paint_box
from app.ui.plain import tooltip
from app.ui.theme.style import BODY, SMALL, Theme, scaled

_VALUE, _ASIDE = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_BOX, _ROW, _EDGE = 16, 26, 12
Index = QModelIndex | QPersistentModelIndex


class CheckList(QListWidget):
    """`changed`: other things are ticked."""

    changed = Signal()

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        """name: of the whole list, for those who do not see it."""
        super().__init__(parent)
        self.setProperty("boxed", True)
        self.setAccessibleName(name)
        self.setItemDelegate(_Delegate(theme, self))
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemChanged.connect(lambda _: self.changed.emit())
        theme.changed.connect(self.viewport().update)

    def offer(self, rows: Sequence[tuple[str, str, str, bool]], *, most_rows: int) -> None:
        """Show these: value, name, remark, ticked. most_rows: as high as that many at most."""
        self.blockSignals(True)
        self.clear()
        for value, name, aside, ticked in rows:
            item = QListWidgetItem(name, self)
            item.setData(_VALUE, value)
            item.setData(_ASIDE, aside)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, ", ".join(part for part in (name, aside) if part))
            item.setToolTip(tooltip(name))
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
        self.blockSignals(False)
        if rows:
            self.setCurrentRow(0)
        self.setFixedHeight(
            min(most_rows, max(1, len(rows))) * self.sizeHintForRow(0) + _EDGE if rows else _ROW + _EDGE
        )

    @property
    def ticked(self) -> tuple[str, ...]:
        """The values that are ticked."""
        return tuple(item.data(_VALUE) for item in self._items() if item.checkState() == Qt.CheckState.Checked)

    def tick_all(self, ticked: bool) -> None:
        """Tick all of them, or none."""
        self.blockSignals(True)
        for item in self._items():
            item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
        self.blockSignals(False)
        self.viewport().update()
        self.changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Space ticks the current row; Enter is the dialog's."""
        item = self.currentItem()
        if event.key() == Qt.Key.Key_Space and item is not None:
            _turn(item)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _items(self) -> list[QListWidgetItem]:
        return [self.item(i) for i in range(self.count())]


class _Delegate(QStyledItemDelegate):
    """Paints a row; a click anywhere on it ticks it."""

    def __init__(self, theme: Theme, view: CheckList) -> None:
        super().__init__(view)
        self._theme, self._view = theme, view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """All rows are of one height."""
        return QSize(100, max(_ROW, QFontMetrics(scaled(BODY)).height() + 8))

    def editorEvent(  # noqa: N802
        self, event: QEvent, model: object, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        """A click ticks."""
        if isinstance(event, QMouseEvent) and event.button() == Qt.MouseButton.LeftButton:
            if event.type() == QEvent.Type.MouseButtonRelease:
                _turn(self._view.item(index.row()))
            return event.type() != QEvent.Type.MouseButtonDblClick
        return False

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Box, name, remark."""
        tokens = self._theme.tokens
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRect(option.rect)
        current = option.state & QStyle.StateFlag.State_HasFocus and self._view.hasFocus()
        if current or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent_soft if current else tokens.hover))
            painter.drawRoundedRect(area, 4, 4)
        box = QRect(area.left() + 8, area.center().y() - _BOX // 2 + 1, _BOX, _BOX)
        ticked = index.data(Qt.ItemDataRole.CheckStateRole) in (Qt.CheckState.Checked, Qt.CheckState.Checked.value)
        paint_box(painter, box, tokens, ticked=ticked)
        left, right = box.right() + 9, area.right() - 8
        place = QRect(left, area.top(), right - left, area.height())
        small, body = scaled(SMALL), scaled(BODY)
        aside = str(index.data(_ASIDE) or "")
        painter.setFont(small)
        painter.setPen(QColor(tokens.text2))
        painter.drawText(place, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), aside)
        room = place.width() - (QFontMetrics(small).horizontalAdvance(aside) + 12 if aside else 0)
        painter.setFont(body)
        painter.setPen(QColor(tokens.text))
        name = QFontMetrics(body).elidedText(
            str(index.data(Qt.ItemDataRole.DisplayRole)), Qt.TextElideMode.ElideMiddle, max(20, room)
        )
        painter.drawText(place, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), name)
        painter.restore()


def _turn(item: QListWidgetItem) -> None:
    ticked = item.checkState() == Qt.CheckState.Checked
    item.setCheckState(Qt.CheckState.Unchecked if ticked else Qt.CheckState.Checked)
