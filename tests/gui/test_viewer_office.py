"""Sheets, slides, documents, mail and notebooks in the viewer: each part under its heading, places in its own terms."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.ui.theme.style import Theme
from app.ui.viewer.viewer import Viewer
from tests.gui.viewing import entries, evidence, shown
from tests.ingest.office_files import code_cell, message, write_docx, write_mbox, write_notebook, write_pptx, write_xlsx


@pytest.fixture
def viewer(theme: Theme, qtbot: QtBot) -> Iterator[Viewer]:
    viewer = shown(Viewer(theme), qtbot)
    yield viewer
    viewer.shut_down()
    viewer.close()


def rows_of(viewer: Viewer) -> list[tuple[bool, int, str]]:
    """Whether each row is a heading, its number, and its text."""
    source = viewer.text.content.source
    return [(source.heading(row), source.number(row), source.line(row) or "") for row in range(source.rows)]


def test_sheets_stand_under_their_names_with_the_numbers_of_their_rows(viewer: Viewer, tmp_path: Path) -> None:
    sheets: dict[str, list[list[object]]] = {"Costs": [["ship", "fee"], [], ["Aurora", 12]], "Notes": [["none"]]}
    (entry,) = entries(write_xlsx(tmp_path / "a.xlsx", sheets))
    viewer.show_entry(entry, 0, at=evidence(entry, "Aurora"))
    assert rows_of(viewer) == [
        (True, 0, "Costs"),
        (False, 1, "ship\tfee"),
        (False, 3, "Aurora\t12"),
        (True, 0, "Notes"),
        (False, 1, "none"),
    ]
    assert viewer.header.place.text() == "Costs, line 3"
    assert viewer.text.fixed
    found = viewer.text.passage()
    assert found
    assert found[0] == "Aurora"
    # A heading further down stands apart from what is above it, and on no other row.
    tops = dict(viewer.text.rows_in_sight())
    assert tops[4] - tops[3] == 2 * (tops[2] - tops[1])
    viewer.text.select_all()
    selected = viewer.text.selected()
    assert selected
    assert selected[1]
    assert selected[1].part == "Costs – Notes"


def test_slides_headings_messages_and_cells_say_where_a_passage_stands(viewer: Viewer, tmp_path: Path) -> None:
    cases = [
        (write_pptx(tmp_path / "a.pptx", [("One", "Seven", ""), ("Two", "Eight", "")]), "Eight", "p. 2 of 2"),
        (
            write_docx(tmp_path / "a.docx", [("Heading 1", "Rules"), ("Heading 2", "Tugs"), ("", "Two tugs.")]),
            "Two tugs",
            "Rules > Tugs",
        ),
        (write_mbox(tmp_path / "a.mbox", [message("Tides", "High.\n")] * 2), "High", "message 1: Tides"),
        (write_notebook(tmp_path / "a.ipynb", [code_cell("a = 1\nb = 2")]), "b = 2", "cell 1 (code), line 10"),
    ]
    for path, words, place in cases:
        (entry,) = entries(path)
        viewer.show_entry(entry, 0, at=evidence(entry, words))
        assert viewer.header.place.text() == place
        headings = [text for is_heading, _, text in rows_of(viewer) if is_heading]
        assert headings == ([] if path.suffix == ".docx" else [section.label for section in entry.document.sections])
        assert viewer.text.passage_ends


def test_words_are_quoted_with_their_part(viewer: Viewer, tmp_path: Path) -> None:
    (entry,) = entries(write_xlsx(tmp_path / "a.xlsx", {"Costs": [["ship", "fee"], ["Aurora", 12]]}))
    viewer.show_entry(entry, 0, at=evidence(entry, "Aurora"))
    assert viewer._words() == "\u201cAurora\u201d (a.xlsx, Costs, line 2)"
