"""The code of one file with what was found in it: signs in the margin, the lines of the chosen finding washed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from app.core.review.finding import SEVERITIES, Severity
from app.ui.review.severity_sign import SIZE, paint_severity
from app.ui.review.words import TONES
from app.ui.theme.style import Theme
from app.ui.viewer.base_view import RULE_WIDTH
from app.ui.viewer.lines import row_of_line
from app.ui.viewer.text_painter import TextPainter
from app.ui.viewer.text_view import TextView
from ingest.document import Document, Section, Span

_SIGN_LEFT = 3
_AT = 0.25
"""Of the height, where a finding is shown."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Lines first to last of the file, counted from 1, both included. number: which finding, as its owner counts."""

    number: int
    first: int
    last: int
    severity: Severity
    confirmed: bool = True

    @property
    def lines(self) -> tuple[int, int]:
        """The first and the last."""
        return self.first, self.last


class CodeView(TextView):
    """`mark_wanted`: the number of a mark whose sign was clicked."""

    mark_wanted = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.marks: Sequence[Mark] = ()
        self.chosen: Mark | None = None
        self.painter = CodePainter(theme, self)
        self._path = ""
        self._text = ""
        self.setAccessibleName(self.tr("Code"))
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def show_code(
        self,
        path: str,
        text: str,
        marks: Sequence[Mark],
        chosen: Mark | None,
        *,
        known: Sequence[tuple[int, int]] = (),
    ) -> None:
        """Show a file with its marks, the chosen one in sight. known: only these lines are at hand; (): all."""
        before = self.chosen
        self.marks, self.chosen = tuple(marks), chosen
        other = path != self._path or before is None or chosen is None or before.lines != chosen.lines
        if path != self._path or text is not self._text:
            self._path, self._text = path, text
            document = Document(path, "code", "ok", sections=_sections(path, text, known))
            self.show_document(document, name=path.rpartition("/")[2])
        if chosen is not None and other and not self._in_sight(chosen):
            self.show_line(chosen.first)
        self.viewport().update()

    def show_nothing(self) -> None:
        """No file."""
        self.marks, self.chosen = (), None
        self._path = self._text = ""
        self.clear()

    def gutter(self) -> int:
        """Room for a sign left of the numbers."""
        return super().gutter() + SIZE - 4

    def show_line(self, number: int) -> None:
        """Bring a line near the top, with the lines of the chosen finding behind it as far as there is room."""
        self._line_goal = number
        source, view, line = self.content.source, self.viewport().height(), self.style_of_rows().line
        found = row_of_line(source.sections, number) if source.rows else None
        if found is None:
            return
        mark = self.chosen
        lines = mark.last - mark.first + 1 if mark is not None and mark.first == number else 1
        y = max(0, min(round(view * _AT), view - (lines + 1) * line))
        # In steps of lines, so that none is cut by the upper edge.
        self.show_row(source.row_of(*found), y - y % line)

    def lay_out(self) -> None:
        """With another height, too, the finding stays in sight until somebody scrolls."""
        super().lay_out()
        if self._line_goal:
            self.show_line(self._line_goal)

    def top_of(self, mark: Mark) -> int | None:
        """Where the sign of a mark stands in the viewport; None while its first line is out of sight."""
        source = self.content.source
        if not source.rows:
            return None
        return next((y for row, y in self.rows_in_sight() if source.number(row) == mark.first), None)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A click on a sign chooses its finding."""
        at = event.position().toPoint()
        if at.x() < self.gutter() and event.button() == Qt.MouseButton.LeftButton:
            row = self.position_at(at)[0]
            line = self.content.source.number(row) if self.content.source.rows else 0
            here = [mark for mark in self.marks if mark.first == line]
            if here:
                self.mark_wanted.emit(next_of(here, self.chosen).number)
                return
        super().mousePressEvent(event)

    def _in_sight(self, mark: Mark) -> bool:
        """Whether all of its lines, or as many as there is room for, can be seen."""
        source = self.content.source
        if not source.rows or self.content.reading:
            return False
        height, line = self.viewport().height(), self.style_of_rows().line
        seen = {source.number(row) for row, y in self.rows_in_sight() if y >= 0 and y + line <= height}
        return mark.first in seen and mark.last in seen


class CodePainter(TextPainter):
    """Washes whole lines, which a finding is about, and draws signs beside the numbers."""

    def __init__(self, theme: Theme, view: CodeView) -> None:
        super().__init__(theme, view)
        self._code = view
        self._colours = theme

    def paint_under(self, painter: QPainter, rows: Sequence[tuple[int, int]]) -> None:
        """The wash over the lines of the chosen finding."""
        mark = self._code.chosen
        if mark is None:
            return
        wash = self._colours.colour("mark" if mark.confirmed else "mark_near")
        for top, height in self._lines_of(mark, rows):
            painter.fillRect(QRect(0, top, self._code.viewport().width(), height), wash)

    def paint_over(self, painter: QPainter, rows: Sequence[tuple[int, int]]) -> None:
        """Signs, and the rule beside the chosen finding: dotted where the code does not confirm it."""
        self._paint_signs(painter, rows)
        mark = self._code.chosen
        lines = self._lines_of(mark, rows) if mark is not None else []
        if mark is None or not lines:
            return
        pen = QPen(self._colours.colour(TONES[mark.severity]), RULE_WIDTH)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if not mark.confirmed:
            pen.setDashPattern([1.0, 1.0])
        painter.setPen(pen)
        x = self._code.gutter() + RULE_WIDTH / 2
        painter.drawLine(QPointF(x, lines[0][0]), QPointF(x, lines[-1][0] + lines[-1][1]))

    def _paint_signs(self, painter: QPainter, rows: Sequence[tuple[int, int]]) -> None:
        source, line = self._code.content.source, self._code.style_of_rows().line
        tops = {source.number(row): y for row, y in rows}
        shown: dict[int, Mark] = {}
        for mark in self._code.marks:
            there = shown.get(mark.first)
            graver = there is None or SEVERITIES.index(mark.severity) < SEVERITIES.index(there.severity)
            if mark.first in tops and (graver or mark == self._code.chosen) and there != self._code.chosen:
                shown[mark.first] = mark
        for number, mark in shown.items():
            field = QRectF(_SIGN_LEFT, tops[number] + (line - SIZE) / 2, SIZE, SIZE)
            paint_severity(painter, field, mark.severity, self._colours.colour(TONES[mark.severity]))

    def _lines_of(self, mark: Mark, rows: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Tops and heights of the rows that show its lines."""
        source, content = self._code.content.source, self._code.content
        return [(y, content.height(row)) for row, y in rows if mark.first <= source.number_at(row) <= mark.last]


def _sections(path: str, text: str, known: Sequence[tuple[int, int]]) -> tuple[Section, ...]:
    """The file as one section, or each stretch of it that is at hand."""
    if not known:
        return (Section(path, Span(lines=(1, max(1, text.count("\n") + (not text.endswith("\n"))))), text),)
    lines = text.split("\n")
    return tuple(
        Section(path, Span(lines=(first, last)), "\n".join(lines[first - 1 : last]) + "\n") for first, last in known
    )


def next_of(marks: Sequence[Mark], chosen: Mark | None) -> Mark:
    """Of several on one line the one after the chosen one."""
    at = marks.index(chosen) + 1 if chosen in marks else 0
    return marks[at % len(marks)]
