"""Choosing the records of a log in the real window: the picture, its keys, the other filters, and what is then read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.workspace import Workspace
from app.ui.logs.columns import SECOND, Column, columns, nanoseconds_of, span_words, ticks, written
from app.ui.logs.dialog import LogDialog
from app.ui.logs.timeline import HEIGHT
from app.ui.theme.style import Theme
from app.ui.viewer.lines import row_of_line
from app.ui.viewer.text_source import TextSource, cut
from ingest.document import Document, Section, Span
from ingest.open_path import open_paths
from ingest.view import Level, LogView, View
from tests.gui import papers
from tests.gui.driving import Driven, driven
from tests.gui.seeing import clipped, faint, nameless, unreachable
from tests.gui.test_everyone import in_all_themes

HOUR = 3600 * SECOND


@pytest.fixture
def hands(theme: Theme, qtbot: QtBot) -> Iterator[Driven]:
    with driven(theme, qtbot) as hands:
        hands.window.activateWindow()
        yield hands


def opened(hands: Driven) -> LogDialog:
    """The dialog about the only log, once it knows it."""
    hands.window.commands.run("sources.log")
    hands.until(lambda: isinstance(QApplication.activeModalWidget(), LogDialog))
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, LogDialog)
    hands.until(lambda: dialog.timeline.isVisible())
    return dialog


def log_view(hands: Driven) -> LogView:
    return hands.desk.workspace.entries[0].document.view.log


def drag(hands: Driven, dialog: LogDialog, first: int, last: int) -> None:
    """Drag over the columns of the picture."""
    line = dialog.timeline
    begin, end = (QPoint(round(line.column_rect(i).center().x()), HEIGHT // 2) for i in (first, last))
    hands.qtbot.mousePress(line, Qt.MouseButton.LeftButton, pos=begin)
    hands.qtbot.mouseMove(line, end)
    hands.qtbot.mouseRelease(line, Qt.MouseButton.LeftButton, pos=end)


def test_a_stretch_that_was_dragged_is_read_and_shown_again(hands: Driven, tmp_path: Path, theme: Theme) -> None:
    hands.desk.add([papers.busy_log(tmp_path)])
    hands.until(lambda: len(hands.desk.workspace.entries) == 1)
    dialog = opened(hands)
    shown = dialog.timeline.shown
    assert sum(column.records for column in shown) == 15_084
    assert max(shown, key=lambda column: column.grave).start // HOUR % 24 in (6, 7)
    assert "15,084 records" in dialog.facts.text()
    assert dialog.sum.text() == "All 15,084 records."
    assert nameless(dialog) == clipped(dialog) == unreachable(dialog) == []
    assert in_all_themes(theme, dialog, lambda root, _: faint(root)) == []
    drag(hands, dialog, 20, 29)
    low, high = shown[20].start, shown[29].end
    assert (dialog.since.text(), dialog.until.text()) == (written(low), written(high))
    dialog.levels.boxes["info"].click()
    inside = sum(column.grave + column.warnings for column in shown[20:30])
    assert dialog.sum.text() == f"About {inside:,} of 15,084 records."
    dialog.apply.click()
    hands.until(lambda: log_view(hands).filters)
    assert log_view(hands) == LogView(since=written(low), until=written(high), levels=("warning", "error"))
    hands.until(lambda: "filtered" in hands.window.sources.model.row_at(0).read_as)
    again = opened(hands)
    assert again.view == log_view(hands)
    again.everything.click()
    assert again.view == LogView()
    again.apply.click()
    hands.until(lambda: log_view(hands) == LogView())


def test_keys_choose_a_stretch_and_delete_takes_it_back(hands: Driven, tmp_path: Path) -> None:
    hands.desk.add([papers.busy_log(tmp_path)])
    hands.until(lambda: len(hands.desk.workspace.entries) == 1)
    dialog = opened(hands)
    line, shift = dialog.timeline, Qt.KeyboardModifier.ShiftModifier
    assert line.hasFocus()
    for _ in range(4):
        hands.qtbot.keyClick(line, Qt.Key.Key_Right)
    for _ in range(2):
        hands.qtbot.keyClick(line, Qt.Key.Key_Right, shift)
    assert dialog.view.since == written(line.shown[3].start)
    assert dialog.view.until == written(line.shown[5].end)
    hands.qtbot.keyClick(line, Qt.Key.Key_Delete)
    assert dialog.view == LogView()


def test_a_wrong_expression_says_where_and_cannot_be_applied(hands: Driven, tmp_path: Path) -> None:
    hands.desk.add([papers.busy_log(tmp_path)])
    hands.until(lambda: len(hands.desk.workspace.entries) == 1)
    dialog = opened(hands)
    hands.qtbot.keyClicks(dialog.text.edit, "slew (guard")
    assert dialog.text.error.text().startswith("This expression is not complete: missing )")
    assert dialog.text.error.text().endswith("at character 6.")
    assert not dialog.apply.isEnabled()
    hands.qtbot.keyClicks(dialog.text.edit, ")")
    assert not dialog.text.error.isVisible()
    hands.qtbot.keyClicks(dialog.around.field.edit, "stale")
    dialog.around.minutes.setValue(2.5)
    dialog.fold.click()
    hands.qtbot.keyClicks(dialog.since, "this morning")
    assert not dialog.apply.isEnabled()
    dialog.since.setText("2026-03-14 09:00")
    dialog.until.setText("2026-03-14 08:00")
    assert not dialog.apply.isEnabled()
    assert dialog.sum.text() == "Nothing lies between these times: name a later end."
    dialog.all_times.click()
    expected = LogView(pattern="slew (guard)", around="stale", minutes=2.5, fold=True)
    assert dialog.view == expected
    dialog.reject()
    assert log_view(hands) == LogView()


def test_the_records_of_a_template_are_unfolded_and_folded_again(hands: Driven, tmp_path: Path) -> None:
    lines = "4 records\n#1 ×2 INFO heartbeat from 10.4.0.<1|2>\nERROR refused\n#2 ×1 WARN x\n"
    folded = Section("gateway.log", Span(lines=(1, 90)), lines, line_map=(1, 1, 40, 41))
    path = tmp_path / "gateway.log"
    path.write_text("2026-03-14 04:00:00 INFO heartbeat from 10.4.0.1\n" * 90, "utf-8")
    document = Document(str(path), "log", "ok", sections=(folded,), view=View(log=LogView(fold=True)))
    hands.desk.change(Workspace().add([document]))
    hands.window.places.source("S1")
    view = hands.window.viewer.text
    hands.until(lambda: view.content.layout(1) is not None)
    assert [view.template_at(row) for row in range(4)] == [None, 1, None, 2]
    wanted: list[tuple[str, int]] = []
    hands.window.viewer.unfolding.connect(lambda key, number: wanted.append((key, number)))
    height = view.style_of_rows().line
    top = next(y for row, y in view.rows_in_sight() if row == 1)
    place = QPoint(round(view.text_left()) + 20, top + height // 2)
    hands.qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert wanted == [("S1", 1)]
    hands.until(lambda: log_view(hands).unfold == (1,))
    hands.desk.views.unfold("S1", 1)
    hands.until(lambda: log_view(hands).unfold == ())


def test_a_line_of_the_file_is_found_among_those_that_are_shown() -> None:
    whole = Section("a", Span(lines=(1, 3)), "1\n2\n3\n")
    some = Section("b", Span(lines=(10, 90)), "10\n60\n90\n", line_map=(10, 60, 90))
    assert [row_of_line((whole, some), line) for line in (2, 9, 60, 89, 500)] == [
        (0, 1), (0, 2), (1, 1), (1, 1), (1, 2),
    ]  # fmt: skip
    records = Section("template #1, lines 10–60", Span(lines=(10, 60)), "10\n20\n60\n", line_map=(10, 20, 60))
    assert [row_of_line((some, records), line) for line in (9, 10, 20, 95)] == [None, (0, 0), (1, 1), (0, 2)]


def test_a_log_that_shows_some_lines_has_as_many_rows_as_these(tmp_path: Path) -> None:
    view = View(log=LogView(levels=("error",)))
    (document,) = open_paths([papers.busy_log(tmp_path)], view=view).documents
    source = TextSource(document.sections, cut(document.sections))
    assert source.rows == sum(len(section.text.splitlines()) for section in document.sections) == 459
    assert source.number(source.rows - 1) == document.sections[-1].line_map[-1]


def test_columns_join_buckets_and_lose_no_record() -> None:
    buckets: list[tuple[int, dict[Level | None, int]]] = [
        (10 * SECOND, {"info": 3, "error": 1}),
        (20 * SECOND, {"warning": 2}),
        (60 * SECOND, {None: 5}),
    ]
    assert columns(buckets, 10 * SECOND, 100) == (
        Column(10 * SECOND, 20 * SECOND, 1, 0, 3),
        Column(20 * SECOND, 30 * SECOND, 0, 2, 0),
        *(Column(i * SECOND, (i + 10) * SECOND, 0, 0, 0) for i in (30, 40, 50)),
        Column(60 * SECOND, 70 * SECOND, 0, 0, 5),
    )
    two = columns(buckets, 10 * SECOND, 2)
    assert [(c.start // SECOND, c.end // SECOND, c.records) for c in two] == [(10, 40, 6), (40, 70, 5)]
    assert columns((), SECOND, 100) == ()


def test_ticks_and_times_read_as_people_write_them() -> None:
    at = nanoseconds_of("2026-03-14 04:10")
    assert at is not None
    assert written(at) == "2026-03-14T04:10:00"
    assert nanoseconds_of("2026-03-14T05:10:00+01:00") == at
    assert nanoseconds_of("soon") is None
    assert [label for _, label in ticks(at, at + 4 * HOUR, 5)] == ["05:00", "06:00", "07:00", "08:00"]
    assert [label for _, label in ticks(at, at + 72 * HOUR, 4)] == ["15 Mar", "16 Mar", "17 Mar"]
    assert span_words(at, at + HOUR) == "14 Mar 2026, 04:10:00 – 05:10:00"


def test_enter_unfolds_the_line_that_the_selection_is_on(hands: Driven, tmp_path: Path) -> None:
    hands.desk.add([papers.busy_log(tmp_path)])
    hands.until(lambda: len(hands.desk.workspace.entries) == 1)
    hands.desk.views.read_log("S1", LogView(fold=True, since="2026-03-14T06:40", until="2026-03-14T06:50"))
    hands.until(lambda: log_view(hands).fold)
    hands.window.places.source("S1")
    view = hands.window.viewer.text
    hands.until(lambda: any(view.template_at(row) == 2 for row, _ in view.rows_in_sight()))
    view.setFocus()
    row = next(row for row, _ in view.rows_in_sight() if view.template_at(row) == 2)
    view.selection.begin((row, 0))
    hands.qtbot.keyClick(view, Qt.Key.Key_Return)
    hands.until(lambda: log_view(hands).unfold == (2,))
    labels = [section.label for section in hands.desk.workspace.entries[0].document.sections]
    number = next(i for i, label in enumerate(labels) if label.startswith("template #2,"))
    heading = view.content.source.row_of(number, 0)
    hands.until(lambda: any(row == heading for row, _ in view.rows_in_sight()))
