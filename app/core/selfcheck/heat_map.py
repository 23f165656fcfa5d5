"""Where each cell of a heat map lies, with its colour and its words: depth by length, one map a task.

Tasks with needles all over the text have one row each, together. What this works out is drawn by the window and by
`heat_svg` alike. Knows no Qt and no SVG; sizes are in pixels, (0, 0) is the upper left corner.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from app.core.contrast import strongest
from app.core.selfcheck.colours import Colours
from app.core.selfcheck.wording import KINDS, SIGNS, cell_words, percent, task_words
from engine.selfcheck.report import Cell, Report
from engine.selfcheck.verdicts import by_length, cells, tokens_in_words, verified

Rect = tuple[float, float, float, float]
"""x, y, width, height."""

Anchor = Literal["start", "middle", "end"]
Role = Literal["title", "head", "axis", "share", "missed", "plumb"]

LABELS = 104.0
"""Width of what stands left of the cells."""

ROW, GAP = 30.0, 2.0
TITLE, HEAD, AXIS = 24.0, 20.0, 18.0
BETWEEN = 22.0
_CELL_TEXT, _SMALLEST_TEXT = 12.0, 8.0
_SHARE = len("100 % ✓") + 1
_DIGIT = 0.62
"""Width of a figure as a part of the font's size, at most."""


@dataclass(frozen=True, slots=True)
class PlacedCell:
    """rect: where it is. hatched: undecided. words: what is said of it. text: what stands in it, at `size` pixels."""

    rect: Rect
    cell: Cell
    fill: str
    ink: str
    hatched: bool
    words: str
    text: str
    size: float
    heat: int | None
    """Number of the colour, None for a cell that was not tested."""


@dataclass(frozen=True, slots=True)
class Label:
    """A text that begins, has its middle or ends at `x`, and stands on the line `y`."""

    x: float
    y: float
    text: str
    role: Role
    anchor: Anchor = "middle"
    size: float = 12.0


@dataclass(frozen=True, slots=True)
class Plumb:
    """The line at the verified length of one map. length: tokens."""

    x: float
    top: float
    bottom: float
    length: int


@dataclass(frozen=True, slots=True)
class HeatMap:
    """All of it. titles: what each map is called, in order."""

    width: float
    height: float
    cells: tuple[PlacedCell, ...]
    labels: tuple[Label, ...]
    plumbs: tuple[Plumb, ...]


def cells_geometry(
    report: Report, width: float, colours: Colours, *, tasks: Sequence[str] | None = None
) -> list[PlacedCell]:
    """The cells alone, as `heat_map` places them."""
    return list(heat_map(report, width, colours, tasks=tasks).cells)


def heat_map(
    report: Report,
    width: float,
    colours: Colours,
    *,
    tasks: Sequence[str] | None = None,
    top: float = 0.0,
    titles: bool = True,
    row: float = ROW,
) -> HeatMap:
    """The maps of `tasks` (all, when None) one below the other, `width` wide, the first beginning at `top`.

    titles: with the task's name over each. row: height of a row of cells, gap included.
    """
    wanted = list(report.classes) if tasks is None else [task for task in tasks if task in report.classes]
    by_task: dict[str, list[Cell]] = {task: [] for task in wanted}
    for cell in cells(report):
        if cell.task in by_task:
            by_task[cell.task].append(cell)
    best = verified(report)
    whole = by_length(report)
    longest = max((len(f"{c.passed}/{c.n}") for mine in by_task.values() for c in mine), default=1)
    drawing = _Drawing(report.lengths, width, colours, top, row, titles, longest)
    local = [task for task in wanted if any(cell.depth is not None for cell in by_task[task])]
    for task in local:
        length = _line_of(report.classes[task], best.retrieval, best.reasoning)
        depths = sorted({cell.depth for cell in by_task[task] if cell.depth is not None})
        rows = [(f"{depth} %", [c for c in by_task[task] if c.depth == depth]) for depth in depths]
        title = f"{task_words(task)} · {KINDS.get(report.classes[task], report.classes[task])}"
        drawing.block(title, "depth", rows, length, shares=[cell for cell in whole if cell.task == task])
    for kind in dict.fromkeys(report.classes[task] for task in wanted if task not in local):
        spread = [task for task in wanted if task not in local and report.classes[task] == kind]
        length = _line_of(kind, best.retrieval, best.reasoning)
        title = f"Needles all over the text · {KINDS.get(kind, kind)}"
        drawing.block(title, "task", [(task, by_task[task]) for task in spread], length)
    return drawing.done()


def heat_of(passed: int, n: int, colours: int) -> int:
    """Which of so many colours, from found to missed, goes with a cell: the first only for all, the last for none."""
    return math.ceil((n - passed) / n * (colours - 1) - 1e-9)


def hatching(rect: Rect, step: float = 6.0) -> list[tuple[float, float, float, float]]:
    """Slanting lines (x1, y1, x2, y2) over a cell, cut at its borders."""
    x, y, width, height = rect
    lines: list[tuple[float, float, float, float]] = []
    offset = step / 2
    while offset < width + height:
        x1, y1 = (x + offset, y) if offset <= width else (x + width, y + offset - width)
        x2, y2 = (x, y + offset) if offset <= height else (x + offset - height, y + height)
        lines.append((x1, y1, x2, y2))
        offset += step
    return lines


def _line_of(kind: str, retrieval: int | None, reasoning: int | None) -> int:
    return {"retrieval": retrieval, "reasoning": reasoning}.get(kind) or 0


class _Drawing:
    """Maps, one below the other."""

    def __init__(
        self,
        lengths: Sequence[int],
        width: float,
        colours: Colours,
        top: float,
        row: float,
        titles: bool,
        longest: int,
    ) -> None:
        """longest: characters in a cell, which are all of one size."""
        self._lengths = sorted(lengths)
        self._width = width
        self._colours = colours
        self._y = top
        self._row = row
        self._titles = titles
        self._column = (width - LABELS) / max(1, len(self._lengths))
        # Beside the figures there is room for the cross of a cell that failed.
        self._size = _fitting_size(longest, self._column - GAP - 16)
        self._cells: list[PlacedCell] = []
        self._labels: list[Label] = []
        self._plumbs: list[Plumb] = []
        self._first = True

    def block(
        self,
        title: str,
        head: str,
        rows: Sequence[tuple[str, Sequence[Cell]]],
        length: int,
        *,
        shares: Sequence[Cell] = (),
    ) -> None:
        """One map. length: verified, 0 for none. shares: what was found at each length over all depths, below it."""
        if not self._first:
            self._y += BETWEEN
        self._first = False
        if self._titles:
            self._labels.append(Label(0, self._y + 16, title, "title", "start", 13))
            self._y += TITLE
        begin = self._y
        self._labels.append(Label(LABELS - 10, begin + 13, head, "head", "end"))
        self._y += HEAD
        for name, row in rows:
            middle = self._y + (self._row - GAP) / 2 + 4
            self._labels.append(Label(LABELS - 10, middle, name, "axis", "end"))
            for cell in row:
                self._place(cell)
            self._y += self._row
        for index, tokens in enumerate(self._lengths):
            self._labels.append(self._fitting(index, self._y + 14, tokens_in_words(tokens), "axis"))
        self._y += AXIS
        if shares:
            self._shares(shares)
        if length in self._lengths:
            self._plumb(length, begin + 2, self._y + 2)

    def done(self) -> HeatMap:
        """All that was placed."""
        # The plumb's weight hangs a little below the last line.
        height = self._y + 10 if self._cells else self._y
        return HeatMap(self._width, height, tuple(self._cells), tuple(self._labels), tuple(self._plumbs))

    def _place(self, cell: Cell) -> None:
        index = self._lengths.index(cell.length)
        rect = (LABELS + index * self._column, self._y, self._column - GAP, self._row - GAP)
        text = f"{cell.passed}/{cell.n}" if cell.n else ""
        heat = heat_of(cell.passed, cell.n, len(self._colours.heat)) if cell.n else None
        fill = self._colours.surface if heat is None else self._colours.heat[heat]
        ink = strongest((self._colours.on_dark, self._colours.on_light), fill)
        hatched = cell.state == "undecided" and cell.n > 0
        self._cells.append(PlacedCell(rect, cell, fill, ink, hatched, cell_words(cell), text, self._size, heat))

    def _shares(self, found: Sequence[Cell]) -> None:
        self._labels.append(Label(LABELS - 10, self._y + 13, "found", "head", "end"))
        for cell in found:
            text = f"{percent(cell.passed / cell.n)} {SIGNS[cell.state]}" if cell.n else SIGNS["untested"]
            role: Role = "missed" if cell.state == "fail" else "share"
            self._labels.append(self._fitting(self._lengths.index(cell.length), self._y + 13, text, role))
        self._y += AXIS

    def _fitting(self, index: int, y: float, text: str, role: Role) -> Label:
        x = LABELS + index * self._column + (self._column - GAP) / 2
        return Label(
            x, y, text, role, "middle", _fitting_size(len(text) if role == "axis" else _SHARE, self._column - 4)
        )

    def _plumb(self, length: int, top: float, bottom: float) -> None:
        x = LABELS + (self._lengths.index(length) + 1) * self._column - GAP / 2
        self._plumbs.append(Plumb(x, top, bottom, length))
        words = f"verified to {tokens_in_words(length)}"
        # To the side where there is room for the words.
        left = x - LABELS > len(words) * 12 * _DIGIT + 6
        self._labels.append(Label(x - 6 if left else x + 6, top + 11, words, "plumb", "end" if left else "start"))


def _fitting_size(characters: int, room: float) -> float:
    """The size at which so many figures fit into `room`, and not larger than usual."""
    return max(_SMALLEST_TEXT, min(_CELL_TEXT, room / (max(1, characters) * _DIGIT)))
