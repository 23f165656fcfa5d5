"""A list whose focus ring shows only when the keyboard is used."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

Index = QModelIndex | QPersistentModelIndex
_REASONS = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


class ListView(QListView):
    """`activated_by_key` comes on Enter, `expanding` on Right (true) and Left (false), `moving` on Alt+Up/Down."""

    activated_by_key = Signal(object)
    expanding = Signal(object, bool)
    moving = Signal(object, int)
    removing = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("by_keyboard", False)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.verticalScrollBar().setSingleStep(24)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Reached by Tab: show where."""
        self._keyboard(event.reason() in _REASONS)
        if event.reason() in _REASONS and not self.currentIndex().isValid() and self.model() is not None:
            self.setCurrentIndex(self.model().index(0, 0))
        super().focusInEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """The mouse shows where it is by itself."""
        self._keyboard(False)
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """The keys of a list, and what the signals say."""
        self._keyboard(True)
        index = self.currentIndex()
        key = event.key()
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if index.isValid() and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.activated_by_key.emit(index)
        elif index.isValid() and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.expanding.emit(index, key == Qt.Key.Key_Right)
        elif index.isValid() and alt and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.moving.emit(index, -1 if key == Qt.Key.Key_Up else 1)
        elif index.isValid() and key == Qt.Key.Key_Delete:
            self.removing.emit(index)
        else:
            super().keyPressEvent(event)

    def dataChanged(  # noqa: N802
        self,
        topLeft: Index,  # noqa: N803
        bottomRight: Index,  # noqa: N803
        roles: Sequence[int] = (),
    ) -> None:
        """Paint the rows anew. QListView would lay out all rows, but here a height never changes without a reset."""
        QAbstractItemView.dataChanged(self, topLeft, bottomRight, list(roles))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Heights of wrapped rows depend on the width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.scheduleDelayedItemsLayout()

    def _keyboard(self, used: bool) -> None:
        if bool(self.property("by_keyboard")) != used:
            self.setProperty("by_keyboard", used)
            self.viewport().update()
