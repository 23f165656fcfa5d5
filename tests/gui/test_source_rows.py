"""The rows of the source list: folders, the same rows for the same sources, and a list that stays where it is."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.workspace import Entry, Workspace
from app.services.desk import Desk
from app.ui.sources.panel import SourcesPanel
from app.ui.sources.rows import RowBuilder, SourceRow
from app.ui.theme.style import Theme
from ingest.document import Document, Section, Span


def document(name: str) -> Document:
    return Document(f"/papers/{name}", "text", "ok", sections=(Section("", Span(lines=(1, 2)), "One.\nTwo.\n"),))


def workspace(*names: str) -> Workspace:
    return Workspace().add([document(name) for name in names], [Path("/papers")])


def rows(builder: RowBuilder, entries: tuple[Entry, ...], *opened: str, find: str = "") -> list[SourceRow]:
    return builder.build(
        entries, tokens=lambda e: 10, context=100, notes={}, expanded=frozenset(opened), filter_by=find
    )


def test_a_folder_stands_where_its_first_file_does_and_opens() -> None:
    entries = workspace("a.txt", "notes/b.txt", "c.txt", "notes/d.txt", "alone/e.txt").entries
    closed = rows(RowBuilder(), entries)
    assert [row.name for row in closed] == ["a.txt", "notes", "c.txt", "alone/e.txt"]
    assert closed[1].keys == ("S2", "S4")
    assert closed[1].tokens == 20
    opened = rows(RowBuilder(), entries, "notes")
    assert [(row.name, row.depth) for row in opened][1:4] == [("notes", 0), ("b.txt", 1), ("d.txt", 1)]


def test_folders_that_came_together_are_rows_of_their_own() -> None:
    papers = [document(f"{folder}/{i}.txt") for folder in ("case", "mails") for i in range(3)]
    roots = [Path("/papers/case"), Path("/papers/mails")]
    entries = Workspace().add(papers, roots).entries
    assert [(row.name, row.extent) for row in rows(RowBuilder(), entries)] == [
        ("case", "3 files"),
        ("mails", "3 files"),
    ]
    opened = rows(RowBuilder(), entries, "mails")
    assert [(row.name, row.depth) for row in opened] == [
        ("case", 0), ("mails", 0), ("0.txt", 1), ("1.txt", 1), ("2.txt", 1),
    ]  # fmt: skip


def test_only_the_row_that_changed_is_another_object() -> None:
    builder = RowBuilder()
    before = workspace(*(f"{i}.txt" for i in range(50)))
    first = rows(builder, before.entries)
    second = rows(builder, before.set_included(["S7"], False).entries)
    assert [a is b for a, b in zip(first, second, strict=True)].count(False) == 1
    assert (second[6].included, second[6].share) == (False, None)
    assert rows(builder, before.entries) == first


def test_a_filter_finds_words_of_name_and_key_in_any_order() -> None:
    entries = workspace("Crane report.txt", "crane log.txt", "notes.txt").entries
    assert [row.key for row in rows(RowBuilder(), entries, find="REPORT crane")] == ["S1"]
    assert [row.key for row in rows(RowBuilder(), entries, find="s3")] == ["S3"]


def test_a_long_list_stays_where_it_is_when_a_source_is_left_out(theme: Theme, qtbot: QtBot) -> None:
    desk = Desk()
    try:
        panel = SourcesPanel(theme, desk)
        qtbot.addWidget(panel)
        panel.resize(272, 500)
        with qtbot.waitExposed(panel):
            panel.show()
        desk.change(workspace(*(f"{i:04}.txt" for i in range(3000))))
        bar = panel.view.verticalScrollBar()
        qtbot.waitUntil(lambda: bar.maximum() > 3000 * 40)
        bar.setValue(60_000)
        desk.set_included(["S1400"], False)
        qtbot.waitUntil(lambda: not panel.model.row_at(1399).included)
        for _ in range(5):
            QApplication.processEvents()
        assert bar.value() == 60_000
        assert bar.maximum() > 3000 * 40
    finally:
        desk.close()
