"""What is in a source, in the real window: bookmarks, remarks, symbols, parts, and where they lead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.core.workspace import Workspace
from app.ui.theme.style import Theme
from app.ui.viewer.contents import Item, items_of
from app.ui.viewer.lines import place_of_line
from ingest.document import Annotation, Details, Document, OutlineEntry, Section, Span
from tests.gui.driving import Driven, driven
from tests.gui.seeing import clipped, nameless
from tests.ingest.pdfs import write_pdf

CODE = "import os\n\n\nclass Crane:\n" + "    # keeps\n" * 120 + "    def lift(self):\n        return os\n"


@pytest.fixture
def hands(theme: Theme, qtbot: QtBot) -> Iterator[Driven]:
    with driven(theme, qtbot) as hands:
        hands.window.activateWindow()
        yield hands


def listed(hands: Driven) -> list[str]:
    return [item.words for item in hands.window.viewer.contents.contents.items]


def enter(hands: Driven, words: str) -> None:
    """Go to a row of the list and press Enter."""
    view = hands.window.viewer.contents
    view.setCurrentIndex(view.contents.index(listed(hands).index(words)))
    hands.qtbot.keyClick(view, Qt.Key.Key_Return)


def test_symbols_of_code_lead_to_their_lines(hands: Driven, tmp_path: Path) -> None:
    path = tmp_path / "crane.py"
    path.write_text(CODE, "utf-8")
    hands.add(path)
    hands.window.places.source("S1")
    viewer = hands.window.viewer
    hands.until(viewer.header.contents.isVisible)
    assert not viewer.contents.isVisible()
    hands.qtbot.mouseClick(viewer.header.contents, Qt.MouseButton.LeftButton)
    assert viewer.contents.isVisible()
    assert listed(hands) == ["Defined here", "class Crane", "method lift"]
    assert [item.aside for item in viewer.contents.contents.items] == ["2", "line 4", "line 125"]
    assert nameless(viewer) == clipped(viewer) == []
    enter(hands, "method lift")
    assert any(row == 124 for row, _ in viewer.text.rows_in_sight())
    hands.qtbot.mouseClick(viewer.header.contents, Qt.MouseButton.LeftButton)
    assert not viewer.contents.isVisible()


def test_a_pdf_lists_all_it_holds_and_bookmarks_turn_its_pages(hands: Driven, tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "agreement.pdf", [f"Part {page} of the agreement" for page in range(1, 9)])
    details = Details(
        outline=(OutlineEntry(1, "Scope", 1), OutlineEntry(2, "Payment", 7), OutlineEntry(2, "Elsewhere", None)),
        fields=(("Signed by", "A. Reyes"),),
        annotations=(Annotation(5, "Highlight", "check this", "Wren"),),
        attachments=(("plan.dwg", 12_400),),
    )
    hands.add(path)
    read = hands.desk.workspace.entries[0].document
    parts = {name: getattr(read, name) for name in ("size", "mtime_ns", "sha256")}
    # The page of the remark has no text.
    parts["sections"] = (*read.sections[:4], *read.sections[5:])
    hands.desk.change(Workspace().add([Document(str(path), "pdf", "ok", details=details, **parts)]))
    hands.window.places.source("S1")
    viewer = hands.window.viewer
    viewer.header.contents.setChecked(True)
    assert listed(hands) == [
        "Contents", "Scope", "Payment", "Elsewhere",
        "Form fields", "Signed by: A. Reyes",
        "Remarks on pages", "Highlight · Wren · check this",
        "Attachments", "plan.dwg",
    ]  # fmt: skip
    items = viewer.contents.contents.items
    assert [(item.level, item.leads) for item in items[1:4]] == [(0, True), (1, True), (1, False)]
    assert items[-1].aside == "12.4 kB"
    enter(hands, "Payment")
    hands.until(lambda: viewer.pages.page_in_sight() == 6)
    enter(hands, "Highlight · Wren · check this")
    hands.until(lambda: viewer.pages.page_in_sight() == 4)
    hands.window.viewer.clear()
    assert listed(hands) == []


def test_parts_are_listed_by_name_and_a_source_of_one_part_has_no_list() -> None:
    mails = tuple(Section(f"m{i}", Span(lines=(i, i), part=f"Message {i}"), "words") for i in (1, 2))
    box = Document("/d/a.mbox", "mail", "ok", sections=mails)
    assert items_of(box, (), str) == [
        Item("Contents", aside="2", heading=True),
        Item("Message 1", section=0),
        Item("Message 2", section=1),
    ]
    assert items_of(Document("/d/b.eml", "mail", "ok", sections=mails[:1]), (), str) == []
    chapters = Details(outline=(OutlineEntry(1, "Message 2", None),))
    book = Document("/d/c.epub", "document", "ok", sections=mails, details=chapters)
    assert items_of(book, (), str)[1].section == 1


def test_a_line_is_found_where_the_text_holds_only_some_lines() -> None:
    whole = Section("a", Span(lines=(1, 3)), "one\ntwo\nthree")
    some = Section("b", Span(lines=(4, 90)), "four\nsixty\nninety", line_map=(4, 60, 90))
    assert place_of_line((whole, some), 3) == (0, 8)
    assert place_of_line((whole, some), 60) == (1, 5)
    assert place_of_line((whole, some), 61) is None
    assert place_of_line((whole, some), 91) is None


def test_tables_of_a_pdf_are_asked_for_in_its_menu(hands: Driven, tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", ["Words"])
    hands.add(path)
    sources = hands.window.sources
    actions = sources.actions_for([sources.model.row_at(0)], hands.window)
    (found,) = [action for action in actions if action.text().startswith("Tables as Markdown")]
    assert (found.isCheckable(), found.isChecked()) == (True, False)
    found.trigger()
    assert hands.desk.reading_as.paths == {str(path)}
    hands.until(lambda: hands.desk.workspace.entries[0].document.view.tables)
    assert sources.menu.of([sources.model.row_at(0)], hands.window)[0].text() == "Show"
    hands.until(lambda: sources.model.row_at(0).read_as == "tables")
