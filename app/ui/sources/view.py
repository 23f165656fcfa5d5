"""The list of sources while a row is dragged: what the new place would cost stands at the line where it would land."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import (
    QColor,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QPen,
)

from app.ui.list_view import ListView
from app.ui.sources.model import SourceModel
from app.ui.theme.style import SMALL, Theme, scaled

_PADDING, _GAP = 8, 5


class SourcesView(ListView):
    """foretell: what putting these keys before the row with this number would cost; "" for nothing to say."""

    def __init__(self, theme: Theme, model: SourceModel, foretell: Callable[[list[str], int], str]) -> None:
        super().__init__()
        self._theme, self._sources, self._foretell = theme, model, foretell
        self._keys: list[str] = []
        self._landing: int | None = None
        self.cost = ""
        self.setModel(model)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802
        """Say what it would cost to let go here."""
        super().dragMoveEvent(event)
        keys = self._sources.dragged(event.mimeData())
        landing = self.landing(event.position().toPoint())
        if keys and (keys, landing) != (self._keys, self._landing):
            self._keys, self._landing = keys, landing
            self.cost = self._foretell(keys, landing)
            self.viewport().update()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802
        """Nothing lands here."""
        self._forget()
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """It has landed."""
        self._forget()
        super().dropEvent(event)

    def landing(self, at: QPoint) -> int:
        """The row before which something dropped at this point of the viewport lands, as Qt's own line shows it."""
        index = self.indexAt(at)
        if not index.isValid():
            return self._sources.rowCount()
        return index.row() if at.y() < self.visualRect(index).center().y() else index.row() + 1

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """The rows, and what landing costs over them."""
        super().paintEvent(event)
        if self._landing is not None and self.cost:
            painter = QPainter(self.viewport())
            self._paint_cost(painter)
            painter.end()

    def _paint_cost(self, painter: QPainter) -> None:
        tokens = self._theme.tokens
        font = scaled(SMALL)
        metrics = QFontMetrics(font)
        room = self.viewport().width() - 2 * _PADDING
        shown = metrics.elidedText(self.cost, Qt.TextElideMode.ElideRight, room - 2 * _PADDING)
        label = QRect(0, 0, metrics.horizontalAdvance(shown) + 2 * _PADDING, metrics.height() + 6)
        line = self._line()
        below = line + _GAP + label.height() < self.viewport().height()
        label.moveTo(self.viewport().width() - _PADDING - label.width(), 0)
        label.moveTop(line + _GAP if below else line - _GAP - label.height())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens.edge), 1))
        painter.setBrush(QColor(tokens.raised))
        painter.drawRoundedRect(label, 4, 4)
        painter.setFont(font)
        painter.setPen(QColor(tokens.text))
        painter.drawText(label, int(Qt.AlignmentFlag.AlignCenter), shown)

    def _line(self) -> int:
        """The height at which it would land."""
        rows = self._sources.rowCount()
        if self._landing is None or not rows:
            return 0
        if self._landing < rows:
            return self.visualRect(self._sources.index(self._landing)).top()
        return self.visualRect(self._sources.index(rows - 1)).bottom()

    def _forget(self) -> None:
        self._landing, self.cost = None, ""
        self.viewport().update()
