"""Code, logs and prose in the viewer: real files through real ingest, lazily read, marked, searched, copied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.ui.theme.style import Theme
from app.ui.theme.tokens import THEMES, ThemeName
from app.ui.viewer.evidence import Evidence
from app.ui.viewer.text_view import TextView
from app.ui.viewer.viewer import Viewer
from tests.gui.viewing import drag, entries, evidence, picture, press, share_of, shown

SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
CODE = """class Guard:
    \'\'\'Stops the jib.\'\'\'

    limit = 30.0  # seconds

    def turn(self):
        return None
"""


@pytest.fixture
def viewer(theme: Theme, qtbot: QtBot) -> Iterator[Viewer]:
    viewer = shown(Viewer(theme), qtbot)
    yield viewer
    viewer.shut_down()
    viewer.close()
    theme.choose("light")


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def write_log(path: Path, lines: int) -> Path:
    return write(
        path, "".join(f"2024-03-14 06:41:17.{i % 1000:03} INFO record {i} is fine\n" for i in range(1, lines + 1))
    )


def visible_lines(view: TextView) -> list[str]:
    return [view.content.source.line(row) or "" for row, _ in view.rows_in_sight()]


def passage_box(view: TextView) -> QRectF:
    """Where the passage's first line is painted."""
    assert view.passage_ends
    (row, start), (last, end) = view.passage_ends
    layout = view.content.layout(row)
    assert layout
    box = layout.rects(start, end if last == row else 9999)[0]
    return box.translated(view.text_left(), dict(view.rows_in_sight())[row])


@pytest.mark.parametrize("name", ["light", "dark", "high_contrast"])
def test_code_is_shown_in_colours_with_numbers_and_its_passage_marked(
    viewer: Viewer, theme: Theme, qtbot: QtBot, tmp_path: Path, name: ThemeName
) -> None:
    (entry,) = entries(write(tmp_path / "guard.py", CODE))
    theme.choose(name)
    tokens = THEMES[name]
    viewer.show_entry(entry, 0, at=evidence(entry, "def turn(self):\n        return", "near"))
    view = viewer.text
    everywhere = QRectF(view.viewport().rect())
    qtbot.waitUntil(lambda: share_of(picture(view.viewport()), everywhere, tokens.code_keyword, about=24) > 0)
    image = picture(view.viewport())
    for colour in (tokens.code_string, tokens.code_comment, tokens.code_number, tokens.text3):
        assert share_of(image, everywhere, colour, about=24) > 0
    assert share_of(image, passage_box(view), tokens.mark_near) > 0.5
    assert share_of(image, QRectF(view.gutter() - 1, passage_box(view).top(), 6, 36), tokens.warn) > 0.1
    assert share_of(image, QRectF(1, 100, 8, 8), tokens.window) == 1
    assert viewer.header.place.text() == "lines 6 to 7 of 7"
    assert viewer.header.verdict.text() == "Same but for spacing, case or hyphens"
    assert view.accessibleDescription().startswith("lines 6 to 7 of 7 · Marked: def turn")


def test_a_long_log_opens_at_the_cited_line_and_reads_only_what_shows(
    viewer: Viewer, qtbot: QtBot, tmp_path: Path
) -> None:
    (entry,) = entries(write_log(tmp_path / "plc.log", 200_000))
    assert len(entry.document.sections) > 100
    at = evidence(entry, "record 150000 is")
    viewer.show_entry(entry, 0, at=at)
    view = viewer.text
    qtbot.waitUntil(lambda: view.passage_ends is not None)
    assert any("record 150000 is" in line for line in visible_lines(view))
    assert viewer.header.place.text() == "line 150,000 of 200,000"
    assert share_of(picture(view.viewport()), passage_box(view), view._theme.tokens.mark) > 0.5
    loaded = [
        i for i, chunk in enumerate(view.content.source.chunks) if not view.content.source.missing(chunk.row, chunk.row)
    ]
    assert 1 <= len(loaded) <= 3
    press(view, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: "record 200000" in visible_lines(view)[-1])
    assert viewer.header.place.text().startswith("line 199,9")
    press(view, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: "record 1 is" in visible_lines(view)[0])


def test_a_log_that_changed_is_a_sentence_in_place(viewer: Viewer, qtbot: QtBot, tmp_path: Path) -> None:
    path = write_log(tmp_path / "plc.log", 20_000)
    (entry,) = entries(path)
    content = path.read_bytes()
    path.write_bytes(b"X" + content[1:])
    viewer.show_entry(entry, 0)
    view = viewer.text
    qtbot.waitUntil(lambda: view.content.error(0) is not None)
    assert "has changed since it was added" in str(view.content.error(0))
    text = view._theme.tokens.text2
    assert share_of(picture(view.viewport()), QRectF(view.viewport().rect()), text) > 0.001
    press(view, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: "record 20000" in visible_lines(view)[-1])


def test_a_huge_text_is_shown_without_being_held_in_a_widget(viewer: Viewer, qtbot: QtBot, tmp_path: Path) -> None:
    lines = 300_000
    path = write(tmp_path / "huge.txt", "".join(f"This is the sentence with the number {i}.\n" for i in range(lines)))
    (entry,) = entries(path)
    at = evidence(entry, "sentence with the number 250000")
    viewer.show_entry(entry, 0, at=at)
    view = viewer.text
    assert view.content.reading, "long texts are cut in the background"
    qtbot.waitUntil(lambda: view.passage_ends is not None)
    assert viewer.header.place.text() == f"line 250,001 of {lines:,}"
    assert len(view.content._layouts) < 100
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
    assert f"number {lines - 1}" in visible_lines(view)[-1]
    view.verticalScrollBar().setValue(0)
    assert visible_lines(view)[0].endswith("number 0.")


def test_one_endless_line_can_be_seen_to_its_end(viewer: Viewer, qtbot: QtBot, tmp_path: Path) -> None:
    path = write(tmp_path / "endless.py", "a = '" + "0123456789" * 1500 + "the end'\nb = 2\n")
    (entry,) = entries(path)
    viewer.show_entry(entry, 0, at=evidence(entry, "the end"))
    view = viewer.text
    box = passage_box(view)
    assert 0 <= box.left() < view.viewport().width()
    assert share_of(picture(view.viewport()), box, view._theme.tokens.mark) > 0.4
    assert view.position_at(box.center().toPoint())[1] == pytest.approx(15_008, abs=4)


def test_prose_wraps_and_right_to_left_lines_begin_at_the_right(viewer: Viewer, tmp_path: Path) -> None:
    hebrew = "שלום עולם, זו שורה מימין לשמאל עם English inside ומספרים 123."
    text = f"# Minutes\n\n{'many words ' * 60}\n\n{hebrew}\n\nleft 😀 again\n"
    (entry,) = entries(write(tmp_path / "minutes.md", text))
    viewer.show_entry(entry, 0, at=evidence(entry, "English inside", "missing"))
    view = viewer.text
    assert view.horizontalScrollBar().maximum() == 0
    assert viewer.header.verdict.text() == "This sentence is not in the source. Closest passage below."
    rows = {row: view.content.layout(row) for row, _ in view.rows_in_sight()}
    long, right = rows[2], rows[4]
    assert long
    assert right
    assert long.lines > 5
    first = right.rects(0, 1)[0]
    assert first.right() > view.viewport().width() - view.gutter() - 60
    assert first.left() > right.rects(len(hebrew) - 2, len(hebrew) - 1)[0].left()
    box = passage_box(view)
    assert share_of(picture(view.viewport()), box, view._theme.tokens.mark_near) > 0.3
    assert view.position_at(QPointF(box.center()).toPoint())[0] == 4
    emoji = rows[6]
    assert emoji
    (again,) = emoji.rects(7, 12)
    assert emoji.column_at(again.left() + 1, 2) == 7


def test_text_is_selected_by_mouse_and_keys_and_copied(viewer: Viewer, qtbot: QtBot, tmp_path: Path) -> None:
    (entry,) = entries(write(tmp_path / "guard.py", CODE))
    viewer.show_entry(entry, 0)
    view = viewer.text
    assert not viewer.footer.ask.isEnabled()
    first, second = view.content.layout(0), view.content.layout(1)
    assert first
    assert second
    tops = dict(view.rows_in_sight())
    begin = first.rects(6, 7)[0].translated(view.text_left(), tops[0]).center() - QPointF(3, 0)
    end = second.rects(7, 8)[0].translated(view.text_left(), tops[1]).center() - QPointF(3, 0)
    drag(view.viewport(), begin, end)
    press(view, Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == "Guard:\n    '''"
    assert (
        share_of(picture(view.viewport()), QRectF(begin.x(), tops[0] + 2, 20, 14), view._theme.tokens.accent_soft) > 0.4
    )
    viewer.footer.copy_words.click()
    assert QGuiApplication.clipboard().text() == "“Guard:\n    '''” (guard.py, lines 1 to 2)"
    press(view, Qt.Key.Key_Right, SHIFT, times=5)
    press(view, Qt.Key.Key_Down, SHIFT)
    press(view, Qt.Key.Key_Left, SHIFT)
    assert view.selected()
    assert view.selected()[0] == "Guard:\n    '''Stops the jib.'''"  # type: ignore[index]
    press(view, Qt.Key.Key_End, SHIFT | CTRL)
    press(view, Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == CODE[6:].rstrip("\n")
    press(view, Qt.Key.Key_A, CTRL)
    press(view, Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == CODE.rstrip("\n")


def test_a_whole_log_is_copied_though_most_of_it_was_never_read(viewer: Viewer, qtbot: QtBot, tmp_path: Path) -> None:
    path = write_log(tmp_path / "plc.log", 30_000)
    (entry,) = entries(path)
    viewer.show_entry(entry, 0)
    press(viewer.text, Qt.Key.Key_A, CTRL)
    press(viewer.text, Qt.Key.Key_C, CTRL)
    whole = path.read_text("utf-8").rstrip("\n")
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text().rstrip("\n") == whole, timeout=10_000)


def test_words_are_found_in_parts_of_a_log_that_were_never_shown(viewer: Viewer, qtbot: QtBot, tmp_path: Path) -> None:
    (entry,) = entries(write_log(tmp_path / "plc.log", 50_000))
    viewer.show_entry(entry, 0)
    press(viewer.text, Qt.Key.Key_F, CTRL)
    viewer.find_bar.words.setText("RECORD 4711")
    qtbot.waitUntil(lambda: viewer.find_bar.count.text() == "1 of 11", timeout=10_000)
    qtbot.waitUntil(
        lambda: (
            viewer.header.place.text().startswith("line 4,6") or "record 4711 " in "".join(visible_lines(viewer.text))
        )
    )
    press(viewer.find_bar.words, Qt.Key.Key_Return)
    assert viewer.find_bar.count.text() == "2 of 11"
    qtbot.waitUntil(lambda: any("record 47110 " in line for line in visible_lines(viewer.text)))
    hits = viewer.find_bar.hits
    assert (hits[1].end - hits[1].start) == len("record 4711")
    press(viewer.find_bar.words, Qt.Key.Key_Escape)
    assert viewer.text.hits == []


def test_html_shows_its_text_under_the_lines_of_the_file(viewer: Viewer, tmp_path: Path) -> None:
    head = "<html><head><title>Rules</title></head>\n<body>\n\n<h1>Rules</h1>\n"
    page = head + "<script>no()</script>\n<p>Keep the <b>jib</b> still.</p></body></html>"
    (entry,) = entries(write(tmp_path / "rules.html", page))
    viewer.show_entry(entry, 0, at=evidence(entry, "the jib still"))
    assert viewer.header.place.text() == "line 6 of 6"
    source = viewer.text.content.source
    assert [source.number(row) for row in range(source.rows)] == [1, 4, 6]


def test_an_evidence_of_an_older_reading_does_no_harm(viewer: Viewer, tmp_path: Path) -> None:
    (entry,) = entries(write(tmp_path / "guard.py", CODE))
    viewer.show_entry(entry, 0, at=Evidence(entry.key, 7, 0, 5, "exact", "class"))
    assert viewer.text.passage_ends is None
    viewer.show_entry(entry, 0, at=Evidence(entry.key, 0, 500, 600, "exact", "class"))
    assert visible_lines(viewer.text)[0] == "class Guard:"


def test_a_source_that_could_not_be_read_says_why(viewer: Viewer, tmp_path: Path) -> None:
    path = tmp_path / "broken.pdf"
    path.write_bytes(b"%PDF-1.7 nothing more")
    (entry,) = entries(path)
    viewer.show_entry(entry, 0)
    image = picture(viewer.text.viewport())
    assert share_of(image, QRectF(0, 0, image.width(), 200), viewer.text._theme.tokens.text2) > 0.001
    assert viewer.text._problem == entry.document.problem
