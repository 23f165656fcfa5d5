"""What was found at each length with its interval, below the map and in its columns: where it begins to fail.

Where everything lies is worked out by `app.core.selfcheck.recall`, as for the files that are saved.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QFont,
    QHelpEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.core.selfcheck.heat_map import LABELS
from app.core.selfcheck.recall import Chart, Point, recall_chart
from app.core.selfcheck.wording import percent
from app.ui.plain import tooltip
from app.ui.selfcheck.drawing import font_of, map_scale, paint_label
from app.ui.spoken_parts import Parts, offer
from app.ui.theme.style import Theme
from engine.selfcheck.report import Report
from engine.selfcheck.statistics import P_BAD

_POINT, _WHISKER, _NEAR = 3.5, 7.0, 16.0
_EMPTY = Chart(0, 0, (), (), ())


class RecallChart(QWidget):
    """Points with their intervals, one row of points for each class; what fails is red and says its figure."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._report: Report | None = None
        self._chart = _EMPTY
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Found, by length"))
        offer(
            self,
            Parts(
                count=lambda: len(self.points),
                rect=self.point_rect,
                words=lambda index: self.points[index].recall.words,
                value=lambda index: percent(self.points[index].recall.share),
                current=lambda: -1,
                sentence=lambda: ", ".join(point.recall.words for point in self.points),
                role=QAccessible.Role.Chart,
                part_role=QAccessible.Role.ListItem,
            ),
        )
        theme.changed.connect(self.update)

    def show_report(self, report: Report) -> None:
        """Show what was found in this one."""
        self._report = report
        self._arrange()

    @property
    def points(self) -> tuple[Point, ...]:
        """What is shown, class by class."""
        return tuple(point for path in self._chart.paths for point in path)

    def point_rect(self, index: int) -> QRectF:
        """The room of one point with its interval."""
        point, scale = self.points[index], map_scale()
        room = QRectF(point.x - _NEAR, point.top - 6, 2 * _NEAR, point.bottom - point.top + 12)
        return QRectF(room.x() * scale, room.y() * scale, room.width() * scale, room.height() * scale)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As wide as the map."""
        return QSize(640, self._height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """As high as it is."""
        return QSize(320, self._height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Place the points anew."""
        self._arrange()

    def event(self, event: QEvent) -> bool:
        """Tooltips by point."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = QPointF(event.pos())
            index = next((i for i in range(len(self.points)) if self.point_rect(i).contains(place)), -1)
            if index >= 0:
                QToolTip.showText(event.globalPos(), tooltip(self.points[index].recall.words), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """The grid, then the interval and the point of each length."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(map_scale(), map_scale())
        tokens = self._theme.tokens
        for at, y in enumerate(self._chart.lines):
            # The second is the share below which a length fails.
            painter.setPen(
                QPen(QColor(tokens.edge), 1, Qt.PenStyle.DashLine) if at == 1 else QPen(QColor(tokens.line), 1)
            )
            painter.drawLine(QPointF(LABELS, y), QPointF(self._chart.width, y))
        for label in self._chart.labels:
            paint_label(painter, label, tokens)
        for number, path in enumerate(self._chart.paths):
            for point in path:
                self._paint_point(painter, point, hollow=number > 0)
        painter.end()

    def _paint_point(self, painter: QPainter, point: Point, *, hollow: bool) -> None:
        tokens = self._theme.tokens
        failed = point.recall.share < P_BAD
        colour = QColor(tokens.bad if failed else tokens.text)
        painter.setPen(QPen(colour, 1.5))
        painter.drawLine(QPointF(point.x, point.top), QPointF(point.x, point.bottom))
        for y in (point.top, point.bottom):
            painter.drawLine(QPointF(point.x - _WHISKER / 2, y), QPointF(point.x + _WHISKER / 2, y))
        painter.setBrush(QColor(tokens.surface) if hollow else colour)
        painter.drawEllipse(QPointF(point.x, point.y), _POINT, _POINT)
        if failed:
            painter.setFont(font_of(11, QFont.Weight.DemiBold))
            figure = percent(point.recall.share)
            # It may stand on a line of the grid.
            width = painter.fontMetrics().horizontalAdvance(figure)
            left = point.x + 8 if point.x + 8 + width <= self._chart.width else point.x - 8 - width
            painter.fillRect(QRectF(left - 1, point.y - 8, width + 3, 16), QColor(tokens.surface))
            painter.setPen(colour)
            painter.drawText(QPointF(left, point.y + 4), figure)

    def _arrange(self) -> None:
        if self._report is not None and self.width() > 0:
            self._chart = recall_chart(self._report, (self.width() - 2) / map_scale())
            self.updateGeometry()
        self.update()

    def _height(self) -> int:
        return max(1, round(self._chart.height * map_scale()))
