"""What a self-check found: the map of one task, what was found at each length, what had to hold, what was checked.

Knows no desk: it shows the report that it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.chooser import Chooser
from app.ui.selfcheck import names
from app.ui.selfcheck.facts import CheckFacts, PreconditionList, heading
from app.ui.selfcheck.heat_map import HeatMap
from app.ui.selfcheck.legend import HeatLegend
from app.ui.selfcheck.recall import RecallChart
from app.ui.theme.style import SMALL, Theme, scaled
from engine.selfcheck.report import Cell, Report, Trial
from engine.selfcheck.verdicts import cells, verified

_ALL = "all"
_LEGEND_ROOM = 620
"""Pixels of width below which the legend stands on a line of its own."""


class ResultView(QWidget):
    """`chosen`: a Cell and its trials, or None and nothing when what was chosen is gone."""

    chosen = Signal(object, object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.report: Report | None = None
        self._cells: Sequence[Cell] = ()
        self.task = Chooser(theme, self.tr("Task"))
        self.task.chosen.connect(lambda _: self._show_task())
        self.legend = HeatLegend(theme)
        self.map = HeatMap(theme)
        self.map.chosen.connect(self._chosen)
        self.recall = RecallChart(theme)
        self._recall_heading = heading(self.tr("Found at each length, with the interval that so many trials prove"))
        self._recall_heading.setWordWrap(True)
        self.conditions = PreconditionList()
        self._conditions_heading = heading(self.tr("What had to hold"))
        self.notes = QLabel()
        self.notes.setFont(scaled(SMALL))
        self.notes.setProperty("tone", "second")
        self.notes.setWordWrap(True)
        self.notes.setTextFormat(Qt.TextFormat.PlainText)
        self.facts = CheckFacts()
        self._top = QHBoxLayout()
        self._top.setSpacing(10)
        self._top.addWidget(self.task)
        self._top.addStretch(1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addLayout(self._top)
        self._column.addWidget(self.legend, 0, Qt.AlignmentFlag.AlignRight)
        self._column.addWidget(self.map)
        self._column.addSpacing(8)
        self._column.addWidget(self._recall_heading)
        self._column.addWidget(self.recall)
        self._column.addSpacing(8)
        self._column.addWidget(self._conditions_heading)
        self._column.addWidget(self.conditions)
        self._column.addWidget(self.notes)
        self._column.addSpacing(4)
        self._column.addWidget(self.facts)

    def show_report(self, report: Report) -> None:
        """Show this one; task and cell stay chosen where they are in it too."""
        fresh = self.report is None or tuple(self.report.classes) != tuple(report.classes)
        self.report = report
        self._cells = cells(report)
        if fresh:
            self._offer(report)
        self._show_task()
        self.conditions.show_conditions(report.preconditions)
        for part in (self._conditions_heading, self.conditions):
            part.setVisible(bool(report.preconditions))
        self.notes.setText("\n".join(report.notes))
        self.notes.setVisible(bool(report.notes))
        self.facts.show_report(report)
        # While it runs nobody has added up yet what it took.
        self.facts.setVisible(report.seconds > 0)

    def put_below_map(self, widget: QWidget) -> None:
        """Show something where there is no room for it beside the map."""
        self._column.insertWidget(self._column.indexOf(self.map) + 1, widget)

    def choose_task(self, task: str) -> None:
        """Show the map of this task."""
        self.task.choose(task)
        self._show_task()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """The legend beside the tasks where there is room; the points below their columns."""
        super().resizeEvent(event)
        wide = event.size().width() >= _LEGEND_ROOM
        if wide == (self._top.indexOf(self.legend) < 0):
            (self._top if wide else self._column).removeWidget(self.legend)
            if wide:
                self._column.removeWidget(self.legend)
                self._top.addWidget(self.legend)
            else:
                self._top.removeWidget(self.legend)
                self._column.insertWidget(1, self.legend, 0, Qt.AlignmentFlag.AlignRight)

    def _offer(self, report: Report) -> None:
        tasks: list[tuple[object, str]] = [
            (task, self.tr("{0} · {1}").format(names.task_name(task), names.kind_name(kind)))
            for task, kind in report.classes.items()
        ]
        self.task.offer([*tasks, (_ALL, self.tr("All tasks"))] if len(tasks) > 1 else tasks)
        self.task.choose(_worth_showing(report, self._cells))

    def _show_task(self) -> None:
        report = self.report
        if report is None:
            return
        task = str(self.task.value)
        every = task == _ALL
        shown = list(report.classes) if every else [task]
        self.map.show_report(report, shown)
        self.recall.show_report(report if every else _only(report, task))
        self._chosen(self.map.current)

    def _chosen(self, cell: Cell | None) -> None:
        trials: list[Trial] = []
        if cell is not None and self.report is not None:
            place = (cell.task, cell.length, cell.depth)
            trials = [t for t in self.report.trials if (t.task, t.length, t.depth) == place]
        self.chosen.emit(cell, trials)


def _only(report: Report, task: str) -> Report:
    """The report as if nothing else had been asked."""
    trials = tuple(trial for trial in report.trials if trial.task == task)
    return replace(report, classes={task: report.classes[task]}, trials=trials)


def _worth_showing(report: Report, found: Sequence[Cell]) -> str:
    """The task that decides how far finding is verified: of those that fail first, the one with most misses there."""
    best = verified(report).retrieval or 0
    beyond = [n for n in report.lengths if n > best]
    if beyond:
        there = [c for c in found if c.length == beyond[0] and c.n and report.classes[c.task] == "retrieval"]
        missed = [cell for cell in there if cell.passed < cell.n]
        if missed:
            return min(missed, key=lambda cell: cell.passed / cell.n).task
    return next((task for task, kind in report.classes.items() if kind == "retrieval"), next(iter(report.classes)))
