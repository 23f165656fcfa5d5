"""Pages of real PDFs: drawn by a real child process, marked, searched, copied from; the child dies and comes back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.services.page_render import PageRenderer, PdfFile, SizesWanted, TileWanted
from app.ui.theme.style import Theme
from app.ui.theme.tokens import LIGHT
from app.ui.viewer.page_view import PageView
from app.ui.viewer.viewer import Viewer
from tests.gui.viewing import drag, entries, evidence, picture, press, share_of, shown
from tests.ingest.pdfs import library, write_columns, write_pdf, write_slow

TEXT = (
    "The Contractor shall replace the switch\nwithin ten working days of the second\nfailure, and shall tell the Port."
)


@pytest.fixture
def viewer(theme: Theme, qtbot: QtBot) -> Iterator[Viewer]:
    viewer = shown(Viewer(theme), qtbot)
    yield viewer
    viewer.shut_down()
    viewer.close()
    theme.choose("light")


def drawn(view: PageView, page: int) -> bool:
    """Whether all that shows of a page is drawn and its words are known."""
    boxes = view.boxes(page)
    known = view.layout_of_pages.knows(page) and view.marks.has_words(page)
    return known and bool(boxes) and all(box in view.tiles for box in boxes)


def wait_drawn(qtbot: QtBot, view: PageView, page: int) -> None:
    qtbot.waitUntil(lambda: drawn(view, page), timeout=15_000)


def passage_boxes(view: PageView) -> list[QRectF]:
    page = view.marks.passage_page()
    assert page is not None
    return view.rects_in_view(page, view.marks.passage_rects())


def test_the_passage_is_marked_word_for_word_where_it_stands(viewer: Viewer, qtbot: QtBot, tmp_path: Path) -> None:
    (entry,) = entries(write_pdf(tmp_path / "rules.pdf", ["One", TEXT, "Three"]))
    viewer.show_entry(entry, 0, at=evidence(entry, "replace the switch\nwithin ten working days"))
    wait_drawn(qtbot, viewer.pages, 1)
    first, second = passage_boxes(viewer.pages)
    assert first.left() > second.left(), "the first line is marked from the middle on"
    assert second.right() < first.right() + first.width()
    image = picture(viewer.pages.viewport())
    for box in (first, second):
        assert share_of(image, box, LIGHT.mark) > 0.4
        assert share_of(image, box.translated(0, 40), LIGHT.mark) == 0
    (block,) = viewer.pages.rects_in_view(1, viewer.pages.marks.passage_block())
    rule = QRectF(block.left() - 12, first.top(), 10, second.bottom() - first.top())
    assert share_of(image, rule, LIGHT.ok) > 0.1
    viewer.pages.setFocus(Qt.FocusReason.TabFocusReason)
    image = picture(viewer.pages.viewport())
    assert share_of(image, QRectF(0, 0, image.width(), 2), LIGHT.accent) > 0.95
    assert 0 < first.top() < viewer.pages.viewport().height() / 3
    assert viewer.header.place.text() == "p. 2 of 3"
    assert viewer.header.verdict.text() == "Found word for word"
    assert viewer.pages.accessibleName() == "S1, rules.pdf"
    assert "p. 2 of 3 · Marked: replace the switch" in viewer.pages.accessibleDescription()


def test_near_and_missing_look_different_from_exact_without_colour(
    viewer: Viewer, qtbot: QtBot, tmp_path: Path
) -> None:
    (entry,) = entries(write_pdf(tmp_path / "rules.pdf", [TEXT]))
    lengths = {}
    for state in ("exact", "near", "missing"):
        viewer.show_entry(entry, 0, at=evidence(entry, TEXT, state))
        wait_drawn(qtbot, viewer.pages, 0)
        boxes = passage_boxes(viewer.pages)
        image = picture(viewer.pages.viewport())
        x = round(boxes[0].left()) - 7
        column = [
            image.pixelColor(x, y).lightness() < 150 for y in range(round(boxes[0].top()), round(boxes[-1].bottom()))
        ]
        lengths[state] = sum(a != b for a, b in pairwise(column))
    assert lengths["exact"] == 0, "a solid line"
    assert lengths["missing"] > lengths["near"] > 3, "dots are more than dashes"


def test_pages_stay_white_in_the_dark(viewer: Viewer, theme: Theme, qtbot: QtBot, tmp_path: Path) -> None:
    (entry,) = entries(write_pdf(tmp_path / "rules.pdf", [TEXT]))
    viewer.show_entry(entry, 0, at=evidence(entry, "ten working days"))
    wait_drawn(qtbot, viewer.pages, 0)
    theme.choose("dark")
    image = picture(viewer.pages.viewport())
    assert share_of(image, QRectF(viewer.pages.page_rect(0)), LIGHT.surface) > 0.8
    assert share_of(image, QRectF(4, 4, 8, 200), theme.tokens.window) > 0.99
    (box,) = passage_boxes(viewer.pages)
    assert share_of(image, box, LIGHT.mark) > 0.4


def test_a_page_far_away_comes_without_the_pages_before_it(viewer: Viewer, qtbot: QtBot, tmp_path: Path) -> None:
    pages = [f"This is page {number}" for number in range(1, 1001)]
    (entry,) = entries(write_pdf(tmp_path / "long.pdf", pages))
    viewer.show_entry(entry, 0, at=evidence(entry, "This is page 900"))
    wait_drawn(qtbot, viewer.pages, 899)
    assert viewer.header.place.text() == "p. 900 of 1,000"
    assert not viewer.pages.layout_of_pages.knows(0)
    viewer.pages.step_page(1)
    assert viewer.header.place.text() == "p. 901 of 1,000"
    press(viewer.pages, Qt.Key.Key_Home)
    wait_drawn(qtbot, viewer.pages, 0)
    assert viewer.header.place.text() == "p. 1 of 1,000"


def test_zooming_draws_anew_and_keeps_the_place(viewer: Viewer, qtbot: QtBot, tmp_path: Path) -> None:
    (entry,) = entries(write_pdf(tmp_path / "rules.pdf", ["One", TEXT, "Three"]))
    viewer.show_entry(entry, 0, at=evidence(entry, "ten working days"))
    view = viewer.pages
    wait_drawn(qtbot, view, 1)
    width = view.page_rect(1).width()
    assert width <= view.viewport().width()
    for _ in range(6):
        press(view, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    assert view.page_rect(1).width() == pytest.approx(width * 1.2**6, rel=0.01)
    assert viewer.header.place.text() == "p. 2 of 3"
    wait_drawn(qtbot, view, view.page_in_sight())
    assert {box.width for box in view.boxes(1)} == {round(view.page_rect(1).width() * view.devicePixelRatioF())}
    press(view, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert view.page_rect(1).width() == width


def test_pages_of_other_sizes_and_turned_ones_are_marked_in_place(viewer: Viewer, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "turned.pdf"
    with library().open() as document:
        document.new_page().insert_text((50, 72), "upright")
        document.new_page(width=300, height=900).insert_text((40, 700), "tall and narrow")
        turned = document.new_page()
        turned.insert_text((50, 72), "lies on its side")
        turned.set_rotation(90)
        document.save(str(path))
    (entry,) = entries(path)
    for words, page in (("narrow", 1), ("on its side", 2)):
        viewer.show_entry(entry, 0, at=evidence(entry, words))
        wait_drawn(qtbot, viewer.pages, page)
        (box,) = passage_boxes(viewer.pages) if page == 1 else passage_boxes(viewer.pages)[:1]
        image = picture(viewer.pages.viewport())
        assert share_of(image, box, LIGHT.mark) > 0.3
        marked = share_of(image, QRectF(viewer.pages.page_rect(page)), LIGHT.mark)
        assert 0 < marked < 0.1, "nothing but the words is marked"


def test_words_are_selected_by_mouse_and_copied_with_their_page(viewer: Viewer, qtbot: QtBot, tmp_path: Path) -> None:
    (entry,) = entries(write_columns(tmp_path / "columns.pdf"))
    viewer.show_entry(entry, 0)
    view = viewer.pages
    wait_drawn(qtbot, view, 0)
    assert not viewer.footer.copy_words.isEnabled()
    words = view.marks.words(0)
    left = [i for i, word in enumerate(words) if word.text == "Left"]
    first, last = (view.rects_in_view(0, [words[i].rect])[0].center() for i in (left[0], left[2] + 1))
    drag(view.viewport(), first, last)
    assert view.selected() is not None
    press(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "Left one Left two Left three"
    assert viewer.footer.copy_words.isEnabled()
    viewer.footer.copy_words.click()
    assert QGuiApplication.clipboard().text() == "“Left one Left two Left three” (columns.pdf, page 1)"
    with qtbot.waitSignal(viewer.ask_about) as asked:
        viewer.footer.ask.click()
    assert asked.args == ["“Left one Left two Left three” (columns.pdf, page 1)"]
    press(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    chosen = view.selected()
    assert chosen
    assert chosen[0].startswith("Harbour rules")
    assert chosen[0].endswith("Right three")
    drag(view.viewport(), first, first)
    assert view.selected() is None


def test_what_is_found_is_shown_on_its_page(viewer: Viewer, qtbot: QtBot, tmp_path: Path) -> None:
    (entry,) = entries(write_pdf(tmp_path / "rules.pdf", ["Nothing here", TEXT, "Empty", "The switch\nshall wait"]))
    viewer.show_entry(entry, 0)
    press(viewer.pages, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert viewer.find_bar.isVisible()
    viewer.find_bar.words.setText("SWITCH shall")
    qtbot.waitUntil(lambda: viewer.find_bar.count.text() == "1 of 1")
    assert viewer.header.place.text() == "p. 4 of 4"
    viewer.find_bar.words.setText("shall")
    qtbot.waitUntil(lambda: viewer.find_bar.count.text() == "3 of 3")
    press(viewer.find_bar.words, Qt.Key.Key_Return)
    assert viewer.find_bar.count.text() == "1 of 3"
    wait_drawn(qtbot, viewer.pages, 1)
    assert viewer.header.place.text() == "p. 2 of 4"
    found, current = viewer.pages.marks.hit_rects(1)
    assert len(found) == 2
    (box,) = viewer.pages.rects_in_view(1, current)
    image = picture(viewer.pages.viewport())
    assert share_of(image, box, LIGHT.accent_soft) > 0.3
    press(viewer.find_bar.words, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert viewer.find_bar.count.text() == "3 of 3"
    viewer.find_bar.words.setText("nowhere")
    qtbot.waitUntil(lambda: viewer.find_bar.count.text() == "Not found")
    press(viewer.find_bar.words, Qt.Key.Key_Escape)
    assert not viewer.find_bar.isVisible()


def test_a_child_that_was_killed_is_started_again(viewer: Viewer, qtbot: QtBot, tmp_path: Path) -> None:
    (entry,) = entries(write_pdf(tmp_path / "rules.pdf", [f"Page {number}" for number in range(30)]))
    viewer.show_entry(entry, 0)
    wait_drawn(qtbot, viewer.pages, 0)
    first = viewer._renderer.child_pid
    assert first
    psutil.Process(first).kill()
    qtbot.waitUntil(lambda: not psutil.pid_exists(first) or psutil.Process(first).status() == psutil.STATUS_ZOMBIE)
    viewer.pages.step_page(20)
    wait_drawn(qtbot, viewer.pages, 20)
    assert viewer._renderer.child_pid != first
    assert not viewer.pages.failed


def test_a_page_that_hangs_is_a_sentence_and_the_next_one_is_drawn(theme: Theme, qtbot: QtBot, tmp_path: Path) -> None:
    path = write_slow(tmp_path / "slow.pdf", slow_page=0, pages=2)
    stat = path.stat()
    file = PdfFile(str(path), stat.st_size, stat.st_mtime_ns, None)
    renderer = PageRenderer(page_seconds=0.4)
    arrived: dict[object, object] = {}
    renderer.arrived.connect(lambda file, want, outcome: arrived.update({want: outcome}))
    slow, quick = (TileWanted(page, 300, (0, 0, 300, 400)) for page in (0, 1))
    try:
        renderer.want(file, [SizesWanted(0, 1)])
        qtbot.waitUntil(lambda: SizesWanted(0, 1) in arrived, timeout=15_000)
        renderer.want(file, [slow, quick])
        qtbot.waitUntil(lambda: quick in arrived, timeout=20_000)
        assert arrived[slow].sentence == "Page 1 took longer than 0.4 s to draw and was given up."  # type: ignore[attr-defined]
        assert arrived[quick].image.width() == 300  # type: ignore[attr-defined]
    finally:
        renderer.shut_down()


def test_a_slow_page_that_nobody_wants_any_more_gives_way(qtbot: QtBot, tmp_path: Path) -> None:
    path = write_slow(tmp_path / "slow.pdf", slow_page=0, pages=2)
    stat = path.stat()
    file = PdfFile(str(path), stat.st_size, stat.st_mtime_ns, None)
    renderer = PageRenderer(page_seconds=250)
    arrived: list[object] = []
    renderer.arrived.connect(lambda file, want, outcome: arrived.append(want))
    slow, quick = (TileWanted(page, 300, (0, 0, 300, 400)) for page in (0, 1))
    try:
        renderer.want(file, [SizesWanted(0, 1)])
        qtbot.waitUntil(lambda: bool(arrived), timeout=15_000)
        renderer.want(file, [slow])
        qtbot.waitUntil(lambda: renderer.busy_with == slow)
        renderer.want(file, [quick])
        qtbot.waitUntil(lambda: quick in arrived, timeout=20_000)
        assert slow not in arrived
    finally:
        renderer.shut_down()


def test_a_file_that_changed_or_went_away_is_one_sentence(viewer: Viewer, qtbot: QtBot, tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "rules.pdf", [TEXT])
    (entry,) = entries(path)
    os.utime(path, (1, 1))
    viewer.show_entry(entry, 0)
    wait_drawn(qtbot, viewer.pages, 0)
    write_pdf(path, [TEXT, "one more"])
    viewer.show_entry(entry, 0)
    viewer.pages.set_zoom(1.5)
    qtbot.waitUntil(lambda: viewer.pages.problem is not None)
    assert viewer.pages.problem == "rules.pdf has changed since it was added. Add the file again."
    path.unlink()
    viewer.show_entry(entry, 0)
    qtbot.waitUntil(lambda: bool(viewer.pages.problem) and "cannot be opened" in str(viewer.pages.problem))
    assert viewer.pages.problem == "rules.pdf cannot be opened: it is no longer there."


def test_a_page_that_is_damaged_does_not_keep_the_others_from_being_shown(
    viewer: Viewer, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "damaged.pdf"
    with library().open() as document:
        for number in range(3):
            document.new_page().insert_text((50, 72), f"page {number}")
        document.update_object(document[1].xref, "null")
        document.save(str(path))
    (entry,) = entries(path)
    viewer.show_entry(entry, 0)
    wait_drawn(qtbot, viewer.pages, 0)
    viewer.pages.step_page(2)
    wait_drawn(qtbot, viewer.pages, 2)
    assert viewer.pages.problem is None


def test_memory_for_drawn_pages_is_bounded(viewer: Viewer, qtbot: QtBot, tmp_path: Path) -> None:
    (entry,) = entries(write_pdf(tmp_path / "rules.pdf", [TEXT] * 8))
    viewer.pages.tiles = type(viewer.pages.tiles)(largest=3 << 20)
    viewer.show_entry(entry, 0)
    for page in range(8):
        viewer.pages.step_page(1 if page else 0)
        wait_drawn(qtbot, viewer.pages, page)
        assert viewer.pages.tiles.bytes <= 3 << 20
