"""One row of text laid out for the screen: wrapped or not, from left or from right, with colours. Knows no source."""

from __future__ import annotations

import math
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import cast

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QTextCharFormat,
    QTextLayout,
    QTextLine,
    QTextOption,
)

from app.ui.theme.tokens import Tokens
from app.ui.viewer.syntax import Run

LONG_ROW = 4_000
"""Characters: of a longer row that is not wrapped only the part around what shows is laid out."""

_LONG_STEP = 1_000
_ENDLESS = 1e7
_SHOWN_CONTROLS = {
    **{code: 0x2400 + code for code in range(0x20) if code != 9},
    0x7F: 0x2421,
    0x2028: 0x2424,
    0x2029: 0x2424,
}


@dataclass(frozen=True, slots=True)
class RowStyle:
    """How rows look. width: of the room for text in pixels. line: the height of one line. wrap: at the room's edge.

    tab: how many characters apart tabs stop.
    """

    font: QFont
    width: int
    line: int
    wrap: bool
    tokens: Tokens
    tab: int = 4

    @property
    def character(self) -> float:
        """The width of a digit in pixels."""
        return QFontMetricsF(self.font).horizontalAdvance("0")


class RowLayout:
    """A row; x and y count from its top left corner, columns from 0."""

    def __init__(
        self, text: str, style: RowStyle, *, runs: Sequence[Run] = (), bold: bool = False, left: int = 0, above: int = 0
    ) -> None:
        """left: the x from which on the row shows; matters for long rows only. above: empty lines before the text."""
        self._style = style
        self._base = 0
        self._above = above
        self.partial = not style.wrap and len(text) > LONG_ROW
        if self.partial:
            self._base = max(0, int(left / style.character) // _LONG_STEP - 1) * _LONG_STEP
        shown = text[self._base : self._base + LONG_ROW] if self.partial else text
        font = QFont(style.font)
        if bold:
            font.setWeight(QFont.Weight.DemiBold)
        # Qt counts characters beyond the first 65,536 twice.
        wide = any(c > "\uffff" for c in shown)
        self._units = list(accumulate((1 + (c > "\uffff") for c in shown), initial=0)) if wide else None
        self._layout = QTextLayout(shown.translate(_SHOWN_CONTROLS), font)
        self._layout.setCacheEnabled(True)
        self._layout.setTextOption(self._option(shown))
        self._layout.setFormats([self._format(run) for run in runs if run[0] >= self._base])
        self._x = self._base * style.character
        self._from_right = any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in shown if c > "\u0590")
        self._place()
        widths = (self._line(i).naturalTextWidth() for i in range(self._layout.lineCount()))
        self.width = math.ceil(len(text) * style.character if self.partial else max(widths))

    @property
    def lines(self) -> int:
        """How many lines the row takes."""
        return self._above + max(1, self._layout.lineCount())

    @property
    def height(self) -> int:
        """In pixels."""
        return self.lines * self._style.line

    def draw(self, painter: QPainter, at: QPointF, plain: Sequence[tuple[int, int]]) -> None:
        """Draw the text; columns in `plain` (start, end) in the text's own colour whatever their run says."""
        colour = QTextCharFormat()
        colour.setForeground(QColor(self._style.tokens.text))
        over = [self._range(start, end, colour) for start, end in plain if end > self._base]
        painter.setPen(QColor(self._style.tokens.text))
        self._layout.draw(painter, at + QPointF(self._x, 0), over)

    def column_at(self, x: float, y: float) -> int:
        """The column closest to a point."""
        line = self._line_at(y)
        unit = int(line.xToCursor(x - self._x))
        return self._base + (unit if self._units is None else bisect_left(self._units, unit))

    def rects(self, start: int, end: int) -> list[QRectF]:
        """What the characters [start, end) cover, as high as their lines."""
        start, end = self._unit(start), self._unit(end)
        found: list[QRectF] = []
        for i in range(self._layout.lineCount()):
            line = self._line(i)
            first = max(start, line.textStart())
            last = min(end, line.textStart() + line.textLength())
            if first < last:
                edges = list(self._edges(line, first, last))
                found += [
                    QRectF(self._x + left, (i + self._above) * self._style.line, right - left, self._style.line)
                    for left, right in edges
                ]
        return found

    def about(self, column: int) -> float:
        """The x of a column, which may lie outside the part that is laid out."""
        boxes = [] if self.partial else self.rects(column, column + 1)
        return boxes[0].left() if boxes else column * self._style.character

    def end_of_line(self, y: float) -> float:
        """The x at which the text of the line at `y` ends."""
        line = self._line_at(y)
        return float(self._x + line.naturalTextRect().right())

    def _edges(self, line: QTextLine, first: int, last: int) -> Iterator[tuple[float, float]]:
        if not self._from_right:
            yield _x_of(line, first), _x_of(line, last)
            return
        # In mixed directions neighbours in the text may stand apart on the screen.
        for run in line.glyphRuns(first, last - first):
            box = run.boundingRect()
            yield box.left(), box.right()

    def _place(self) -> None:
        metrics = QFontMetricsF(self._layout.font())
        above = (self._style.line - metrics.height()) / 2 + metrics.ascent()
        self._layout.beginLayout()
        number = self._above
        while (line := self._layout.createLine()).isValid():
            line.setLineWidth(self._style.width if self._style.wrap else _ENDLESS)
            line.setPosition(QPointF(0, number * self._style.line + above - line.ascent()))
            number += 1
        self._layout.endLayout()

    def _option(self, text: str) -> QTextOption:
        option = QTextOption()
        wraps = self._style.wrap
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere if wraps else QTextOption.WrapMode.NoWrap)
        option.setTabStopDistance(self._style.character * self._style.tab)
        to_right = from_right(text)
        option.setTextDirection(Qt.LayoutDirection.RightToLeft if to_right else Qt.LayoutDirection.LeftToRight)
        side = Qt.AlignmentFlag.AlignRight if to_right and wraps else Qt.AlignmentFlag.AlignLeft
        option.setAlignment(side | Qt.AlignmentFlag.AlignAbsolute)
        return option

    def _format(self, run: Run) -> QTextLayout.FormatRange:
        start, length, token = run
        colour = QTextCharFormat()
        colour.setForeground(QColor(getattr(self._style.tokens, token)))
        return self._range(start, start + length, colour)

    def _range(self, start: int, end: int, form: QTextCharFormat) -> QTextLayout.FormatRange:
        found = QTextLayout.FormatRange()
        found.start, found.format = self._unit(start), form
        found.length = self._unit(end) - found.start
        return found

    def _unit(self, column: int) -> int:
        """Where Qt counts the character at `column` of the row."""
        at = max(0, column - self._base)
        return at if self._units is None else self._units[min(at, len(self._units) - 1)]

    def _line_at(self, y: float) -> QTextLine:
        number = int(y // self._style.line) - self._above
        return self._line(min(max(0, number), self._layout.lineCount() - 1))

    def _line(self, number: int) -> QTextLine:
        return self._layout.lineAt(number)


def from_right(text: str) -> bool:
    """Whether the first letter of `text` is of a script written from right to left."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in ("L", "R", "AL"):
            return kind != "L"
    return False


def _x_of(line: QTextLine, column: int) -> float:
    # The stubs call it an object; it is the x and the column that it belongs to.
    x, _ = cast(tuple[float, int], line.cursorToX(column))
    return x
