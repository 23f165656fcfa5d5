"""The map of a self-check, its chart and its trials: each figure from the trials, walked by keys, told to readers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from app.ui.selfcheck.result import ResultView
from app.ui.selfcheck.trials import TrialPanel
from app.ui.theme.style import Theme
from engine.selfcheck.report import Cell, Report, Trial
from engine.selfcheck.verdicts import cells
from tests.gui.check_samples import LENGTHS, sample
from tests.gui.seeing import clipped, faint, nameless, unreachable
from tests.gui.test_everyone import in_all_themes


class Shown(QWidget):
    """Map and trials side by side, as the page has them."""

    def __init__(self, theme: Theme, report: Report) -> None:
        super().__init__()
        self.setProperty("field", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.result, self.trials = ResultView(theme), TrialPanel(theme)
        self.trials.setFixedWidth(320)
        row = QHBoxLayout(self)
        row.addWidget(self.result, 1)
        row.addWidget(self.trials)
        self.result.chosen.connect(self.trials.show_cell)
        self.result.show_report(report)
        self.resize(1100, 860)
        self.show()


@pytest.fixture
def shown(theme: Theme, qtbot: QtBot) -> Shown:
    widget = Shown(theme, sample(n=10))
    qtbot.addWidget(widget)
    widget.activateWindow()
    widget.result.choose_task("multikey")
    return widget


def index_of(shown: Shown, length: int, depth: int | None) -> int:
    placed = shown.result.map.cells
    return next(i for i, p in enumerate(placed) if (p.cell.length, p.cell.depth) == (length, depth))


def test_every_cell_says_what_the_trials_say(shown: Shown) -> None:
    report = shown.result.report
    assert report is not None
    wanted = {(c.length, c.depth): c for c in cells(report) if c.task == "multikey"}
    placed = shown.result.map.cells
    assert {(p.cell.length, p.cell.depth) for p in placed} == set(wanted)
    for index, one in enumerate(placed):
        cell = wanted[one.cell.length, one.cell.depth]
        assert one.text == f"{cell.passed}/{cell.n}"
        words = shown.result.map.words_of(index)
        assert f"{cell.passed} of {cell.n} found" in words
        assert f"between {round(cell.low * 100)} and {round(cell.high * 100)}" in words


def test_one_changed_trial_moves_cell_chart_and_panel(shown: Shown) -> None:
    report, view = shown.result.report, shown.result
    assert report is not None
    place = ("multikey", LENGTHS[0])
    view.map.choose(*place, 50)
    before = shown.trials.found.text()
    assert "of 10 found" in before
    chart = view.recall.points[0].recall.passed
    assert view.recall.points[0].recall.n == sum(c.n for c in cells(report) if (c.task, c.length) == place)

    def turned(trial: Trial) -> Trial:
        here = (trial.task, trial.length, trial.depth, trial.number) == ("multikey", LENGTHS[0], 50, 3)
        return replace(trial, passed=not trial.passed) if here else trial

    view.show_report(replace(report, trials=tuple(map(turned, report.trials))))
    assert view.map.current is not None and view.map.current.depth == 50
    assert shown.trials.found.text() != before
    assert abs(view.recall.points[0].recall.passed - chart) == 1


def test_arrows_walk_the_cells_and_show_their_trials(shown: Shown, qtbot: QtBot) -> None:
    view = shown.result.map
    view.setFocus(Qt.FocusReason.TabFocusReason)
    with qtbot.waitSignal(view.chosen) as chosen:
        QTest.keyClick(view, Qt.Key.Key_Right)
    first = chosen.args[0]
    assert isinstance(first, Cell) and (first.length, first.depth) == (LENGTHS[0], 5)
    for key, place in (
        (Qt.Key.Key_Down, (LENGTHS[0], 15)),
        (Qt.Key.Key_End, (LENGTHS[-1], 15)),
        (Qt.Key.Key_Right, (LENGTHS[-1], 15)),
        (Qt.Key.Key_Left, (LENGTHS[-2], 15)),
        (Qt.Key.Key_Up, (LENGTHS[-2], 5)),
        (Qt.Key.Key_Home, (LENGTHS[0], 5)),
    ):
        QTest.keyClick(view, key)
        assert view.current is not None and (view.current.length, view.current.depth) == place
    assert shown.trials.title.text() == "4K, depth 5 %"
    QTest.mouseClick(
        view, Qt.MouseButton.LeftButton, pos=view.cell_rect(index_of(shown, LENGTHS[-1], 50)).center().toPoint()
    )
    assert shown.trials.title.text() == "128K, depth 50 %"


def test_the_panel_begins_with_what_was_missed_and_steps_round(shown: Shown) -> None:
    shown.result.map.choose("multikey", LENGTHS[-1], 50)
    panel, report = shown.trials, shown.result.report
    assert report is not None
    place = ("multikey", LENGTHS[-1], 50)
    trials = [t for t in report.trials if (t.task, t.length, t.depth) == place]
    missed = next(i for i, trial in enumerate(trials) if not trial.passed)
    assert panel.trial == trials[missed]
    assert panel.heading.text() == f"Trial {missed + 1} of 10"
    assert panel.answer.text() == f"✗ {trials[missed].got}" and panel.answer.property("tone") == "bad"
    assert panel.needle.text() == trials[missed].needles[0]
    assert "times as likely as the right answer" in panel.margin.text()
    seen = []
    for _ in trials:
        panel.next.click()
        seen.append(panel.trial)
    assert sorted(seen, key=id) == sorted(trials, key=id)
    panel.previous.click()
    assert panel.trial == trials[missed - 1]


def test_hovering_says_n_and_interval(shown: Shown) -> None:
    view = shown.result.map
    index = index_of(shown, LENGTHS[-1], 50)
    place = view.cell_rect(index).center().toPoint()
    QApplication.sendEvent(view, QHelpEvent(QHelpEvent.Type.ToolTip, place, view.mapToGlobal(place)))
    assert QToolTip.text() == view.words_of(index)
    QApplication.sendEvent(view, QHelpEvent(QHelpEvent.Type.ToolTip, QPoint(1, 1), view.mapToGlobal(QPoint(1, 1))))
    point = shown.result.recall.point_rect(0).center().toPoint()
    chart = shown.result.recall
    QApplication.sendEvent(chart, QHelpEvent(QHelpEvent.Type.ToolTip, point, chart.mapToGlobal(point)))
    assert QToolTip.text() == chart.points[0].recall.words
    QToolTip.hideText()


def test_screen_readers_find_every_cell(shown: Shown) -> None:
    view = shown.result.map
    table = QAccessible.queryAccessibleInterface(view)
    assert table.role() == QAccessible.Role.Table
    assert table.childCount() == len(view.cells)
    index = index_of(shown, LENGTHS[-1], 50)
    cell = table.child(index)
    assert cell.role() == QAccessible.Role.Cell
    assert cell.text(QAccessible.Text.Name) == "128K, depth 50 %"
    assert cell.text(QAccessible.Text.Value) == view.cells[index].text
    assert "confidence" in cell.text(QAccessible.Text.Description)
    assert table.childAt(*cell.rect().center().toTuple()) == cell
    view.setFocus(Qt.FocusReason.TabFocusReason)
    view.choose("multikey", LENGTHS[-1], 50)
    assert cell.state().selected == 1
    chart = QAccessible.queryAccessibleInterface(shown.result.recall)
    assert chart.childCount() == len(LENGTHS)
    assert chart.child(0).text(QAccessible.Text.Value).endswith("%")


def test_undecided_untested_and_failed_look_different(theme: Theme, qtbot: QtBot) -> None:
    report = sample(lambda task, length, depth: 0.9 if depth == 50 else 1.0, n=18, tested=65_536)
    widget = Shown(theme, report)
    qtbot.addWidget(widget)
    widget.result.choose_task("multikey")
    placed = widget.result.map.cells
    states = {p.cell.state for p in placed}
    assert {"untested", "undecided", "pass"} <= states
    image = widget.result.map.grab().toImage()

    def colours(state: str) -> int:
        """Of the strip left of the words."""
        one = next(i for i, p in enumerate(placed) if p.cell.state == state)
        rect = widget.result.map.cell_rect(one).adjusted(4, 4, 0, -4).toRect()
        return len({image.pixel(rect.left() + x, y) for x in range(10) for y in range(rect.top(), rect.bottom())})

    assert colours("untested") == 1
    assert colours("pass") == 1
    # Slanting lines, not one plain field.
    assert colours("undecided") > 3


def test_all_tasks_stand_below_each_other_and_spread_ones_are_rows(shown: Shown) -> None:
    shown.result.task.setFocus()
    for _ in range(6):
        QTest.keyClick(shown.result.task, Qt.Key.Key_Down)
    assert shown.result.task.value == "all"
    tasks = {p.cell.task for p in shown.result.map.cells}
    assert tasks == {"single", "multikey", "absent", "variable"}
    rows = {p.rect[1] for p in shown.result.map.cells if p.cell.task == "variable"}
    assert len(rows) == 1
    assert len(shown.result.recall.points) > len(LENGTHS)


def test_nothing_is_nameless_faint_clipped_or_out_of_reach(shown: Shown, theme: Theme) -> None:
    shown.result.map.choose("multikey", LENGTHS[-1], 50)
    for _ in range(4):
        QApplication.processEvents()
    assert nameless(shown) == clipped(shown) == unreachable(shown) == []
    assert in_all_themes(theme, shown, lambda root, _: faint(root)) == []
    shown.resize(820, 860)
    QApplication.processEvents()
    assert clipped(shown) == []
