"""Draws the rows of a text view that are in sight: numbers, marks, text. Changes nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.ui.theme.style import Theme, monospace
from app.ui.viewer.base_view import RULE_WIDTH, paint_rule
from app.ui.viewer.row_layout import RowLayout, RowStyle

if TYPE_CHECKING:
    from app.ui.viewer.text_view import TextView

_NUMBER_RIGHT = 12
_RULE_LEFT = 2


class TextPainter:
    """Paints what `view` says it shows."""

    def __init__(self, theme: Theme, view: TextView) -> None:
        self._theme = theme
        self._view = view

    def paint(self, painter: QPainter) -> None:
        """Draw all rows in sight."""
        view, area = self._view, self._view.viewport().rect()
        gutter = view.gutter()
        rows = list(view.rows_in_sight())
        hits = self._hits_in(rows[0][0], rows[-1][0]) if rows and view.hits else []
        secrets = view.secrets.in_rows(view.content.source, rows[0][0], rows[-1][0]) if rows else []
        painter.save()
        painter.setClipRect(area.adjusted(gutter, 0, 0, 0))
        self.paint_under(painter, rows)
        rules: list[QRectF] = []
        failed = -1
        for row, y in rows:
            layout = view.content.layout(row)
            if layout is not None:
                held = [(start, end) for at, start, end in secrets if at == row]
                rules += self._paint_row(painter, layout, row, y, hits, held)
            elif (sentence := view.content.error(row)) and view.content.source.chunk_at(row) != failed:
                failed = view.content.source.chunk_at(row)
                room = QRect(gutter, y, area.width() - gutter, area.height())
                view.paint_sentence(painter, room, sentence, self._theme.colour("text2"))
        painter.restore()
        if gutter:
            self._paint_numbers(painter, gutter, rows, view.style_of_rows())
        if rules and view.evidence:
            x = (gutter or _RULE_LEFT) + RULE_WIDTH / 2
            ends = QPointF(x, min(box.top() for box in rules)), QPointF(x, max(box.bottom() for box in rules))
            paint_rule(painter, self._theme.tokens, view.evidence.state, ends)
        self.paint_over(painter, rows)

    def paint_under(self, painter: QPainter, rows: Sequence[tuple[int, int]]) -> None:
        """For views that mark more: before the text. rows: in sight, with the positions of their tops."""

    def paint_over(self, painter: QPainter, rows: Sequence[tuple[int, int]]) -> None:
        """For views that mark more: last of all, over the numbers."""

    def _paint_row(
        self,
        painter: QPainter,
        layout: RowLayout,
        row: int,
        y: int,
        hits: list[tuple[int, int, int, bool]],
        secrets: list[tuple[int, int]],
    ) -> list[QRectF]:
        """Draw one row; gives the rectangles of the passage in it."""
        view = self._view
        at = QPointF(view.text_left(), y)
        length = len(view.content.source.line(row) or "")
        passage = self._passage_in(row, length)
        marked: list[QRectF] = []
        plain: list[tuple[int, int]] = list(secrets)
        hidden = [box.translated(at) for held in secrets for box in layout.rects(*held)]
        for box in hidden:
            painter.fillRect(box, self._theme.colour("warn_soft"))
        if passage and view.evidence:
            mark = "mark" if view.evidence.state in ("exact", "passage") else "mark_near"
            marked = [box.translated(at) for box in layout.rects(*passage)] or [
                QRectF(at.x(), at.y(), 0, layout.height)
            ]
            for box in marked:
                painter.fillRect(box, self._theme.colour(mark))
            if view.plain_when_marked:
                plain.append(passage)
        for _, start, end, _ in (hit for hit in hits if hit[0] == row):
            for box in layout.rects(start, end):
                painter.fillRect(box.translated(at), self._theme.colour("accent_soft"))
            plain.append((start, end))
        chosen = view.selection.in_row(row, length)
        if chosen:
            self._paint_selection(painter, layout, at, chosen, length)
            plain.append(chosen)
        layout.draw(painter, at, plain)
        underline(painter, hidden, self._theme.colour("warn"))
        painter.setPen(QPen(self._theme.colour("accent"), 2))
        for _, start, end, current in hits:
            if current and _ == row:
                for box in layout.rects(start, end):
                    painter.drawRect(box.translated(at).adjusted(-1, 1, 1, -1))
        return marked

    def _paint_selection(
        self, painter: QPainter, layout: RowLayout, at: QPointF, chosen: tuple[int, int], length: int
    ) -> None:
        boxes = [box.translated(at) for box in layout.rects(*chosen)]
        if chosen[1] > length:
            # The line end is selected too: a little more than the text.
            end = at + QPointF(layout.end_of_line(layout.height - 1), layout.height - layout.height / layout.lines)
            boxes.append(QRectF(end.x(), end.y(), 6, layout.height / layout.lines))
        for box in boxes:
            painter.fillRect(box, self._theme.colour("accent_soft"))
            painter.fillRect(QRectF(box.left(), box.bottom() - 1, box.width(), 1), self._theme.colour("accent"))

    def _paint_numbers(self, painter: QPainter, gutter: int, rows: list[tuple[int, int]], style: RowStyle) -> None:
        painter.fillRect(QRect(0, 0, gutter, self._view.viewport().height()), self._theme.colour("window"))
        painter.setFont(monospace())
        painter.setPen(self._theme.colour("text3"))
        before = self._view.content.source.number_at(rows[0][0] - 1) if rows and rows[0][0] else 0
        for row, y in rows:
            number = self._view.content.source.number(row)
            if number and number != before:
                room = QRectF(0, y, gutter - _NUMBER_RIGHT, style.line)
                painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{number:,}")
            before = number or before

    def _passage_in(self, row: int, length: int) -> tuple[int, int] | None:
        if self._view.passage_ends is None:
            return None
        (first, start), (last, end) = self._view.passage_ends
        if not first <= row <= last:
            return None
        return start if row == first else 0, end if row == last else length

    def _hits_in(self, first: int, last: int) -> list[tuple[int, int, int, bool]]:
        """Row, first and last column of each hit in rows [first, last], and whether it is the current one."""
        view, source = self._view, self._view.content.source
        found: list[tuple[int, int, int, bool]] = []
        begin = bisect_left(view.hits, first, key=lambda hit: source.row_of(hit.section, hit.row))
        for i in range(begin, len(view.hits)):
            hit = view.hits[i]
            if source.row_of(hit.section, hit.row) > last:
                break
            start, end = source.position(hit.section, hit.start), source.position(hit.section, hit.end)
            if start and end:
                # A hit that goes on in the next line is drawn to the end of its first.
                stop = end[1] if end[0] == start[0] else len(source.line(start[0]) or "")
                found.append((start[0], start[1], stop, i == view.current))
        return found


def underline(painter: QPainter, boxes: Sequence[QRectF], colour: QColor) -> None:
    """The dotted line under what looks like a secret: it is not told by its colour alone."""
    painter.setPen(QPen(colour, 2, Qt.PenStyle.DotLine))
    for box in boxes:
        painter.drawLine(QPointF(box.left(), box.bottom() - 2), QPointF(box.right(), box.bottom() - 2))
