"""The evidence panel as a whole: stepping through citations, what its buttons send, keys, names, widths."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QLineEdit
from pytestqt.qtbot import QtBot

from app.core.workspace import Entry
from app.ui.theme.style import Theme
from app.ui.theme.tokens import THEMES, ThemeName, label_on, source_colour
from app.ui.viewer.evidence import Evidence
from app.ui.viewer.viewer import Viewer
from tests.gui.viewing import entries, evidence, picture, press, share_of, shown
from tests.ingest.pdfs import write_pdf

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def viewer(theme: Theme, qtbot: QtBot) -> Iterator[Viewer]:
    viewer = shown(Viewer(theme), qtbot)
    yield viewer
    viewer.shut_down()
    viewer.close()
    theme.choose("light")


@pytest.fixture
def sources(tmp_path: Path) -> tuple[Entry, ...]:
    (tmp_path / "notes.md").write_text("# Notes\n\nThe rope was replaced.\n", encoding="utf-8")
    (tmp_path / "guard.py").write_text("def turn():\n    return None\n", encoding="utf-8")
    return entries(
        write_pdf(tmp_path / "rules.pdf", ["One", "The rope is inspected."]),
        tmp_path / "notes.md",
        tmp_path / "guard.py",
    )


def answer(sources: tuple[Entry, ...]) -> list[Evidence]:
    pdf, notes, code = sources
    return [
        evidence(pdf, "rope is inspected"),
        evidence(notes, "rope was replaced", "near"),
        evidence(notes, "Notes", "missing"),
        evidence(code, "return", "passage"),
    ]


def test_nothing_shown_is_one_quiet_sentence(viewer: Viewer) -> None:
    assert viewer._empty.isVisible()
    assert viewer._empty.text() == "Click a citation or a source to see it here."
    assert not viewer.header.isVisible()
    assert not viewer.footer.isVisible()


def test_stepping_goes_through_the_citations_of_an_answer_and_round(viewer: Viewer, sources: tuple[Entry, ...]) -> None:
    known = {entry.key: (entry, number) for number, entry in enumerate(sources)}
    viewer.show_all(answer(sources), 0, known)
    seen = []
    for _ in range(5):
        header = viewer.header
        seen.append((header.name.whole, header.verdict.text(), header.place.text(), header.counter.text()))
        viewer.step(1)
    assert seen == [
        ("rules.pdf", "Found word for word", "p. 2 of 2", "citation 1 of 4 · F3 next"),
        ("notes.md", "Same but for spacing, case or hyphens", "line 3 of 3", "citation 2 of 4 · F3 next"),
        (
            "notes.md",
            "This sentence is not in the source. Closest passage below.",
            "line 1 of 3",
            "citation 3 of 4 · F3 next",
        ),
        ("guard.py", "Passage, no model", "line 2 of 2", "citation 4 of 4 · F3 next"),
        ("rules.pdf", "Found word for word", "p. 2 of 2", "citation 1 of 4 · F3 next"),
    ]
    viewer.step(-1)
    assert viewer.header.name.whole == "rules.pdf"
    viewer.step(-1)
    assert viewer.header.counter.text() == "citation 4 of 4 · F3 next"


def test_a_source_that_was_taken_away_is_said(viewer: Viewer, sources: tuple[Entry, ...]) -> None:
    viewer.show_all(answer(sources), 1, {"S1": (sources[0], 0)})
    assert viewer._empty.text() == "S2 is no longer among the sources."
    viewer.step(-1)
    assert viewer.header.name.whole == "rules.pdf"
    assert viewer.header.isVisible()


@pytest.mark.parametrize("name", ["light", "dark", "high_contrast"])
def test_the_key_is_on_its_colour_in_every_theme(
    viewer: Viewer, theme: Theme, sources: tuple[Entry, ...], name: ThemeName
) -> None:
    viewer.show_entry(sources[1], 9)
    theme.choose(name)
    colour, hatched = source_colour(THEMES[name], 9)
    assert hatched
    image = picture(viewer.header.key)
    assert share_of(image, QRectF(image.rect()), colour) > 0.3
    assert share_of(image, QRectF(image.rect()), label_on(THEMES[name], colour), about=40) > 0.02
    words = viewer.header.name.palette().color(viewer.header.name.foregroundRole())
    assert words.name().upper() == THEMES[name].text


def test_the_marked_passage_is_asked_about_and_copied_with_its_reference(
    viewer: Viewer, sources: tuple[Entry, ...], qtbot: QtBot
) -> None:
    _, notes, _ = sources
    viewer.show_entry(notes, 1, at=evidence(notes, "rope was replaced"))
    with qtbot.waitSignal(viewer.ask_about) as asked:
        viewer.footer.ask.click()
    assert asked.args == ["“rope was replaced” (notes.md, line 3)"]
    viewer.footer.copy_words.click()
    assert QGuiApplication.clipboard().text() == "“rope was replaced” (notes.md, line 3)"
    with qtbot.waitSignal(viewer.leave_out) as left:
        viewer.footer.leave_out.click()
    assert left.args == ["S2"]
    viewer.show_entry(notes, 1)
    assert not viewer.footer.ask.isEnabled()
    assert viewer.footer.ask.toolTip() == "Select words first."


def test_what_a_model_was_sent_can_be_read_searched_and_copied(viewer: Viewer, qtbot: QtBot) -> None:
    parts = [
        ("System", "Answer from the sources.\nQuote them."),
        ("S1 rules.pdf", "The rope is inspected."),
        ("S2", "x"),
    ]
    viewer.show_text("What the model was sent", parts)
    view = viewer.text
    source = view.content.source
    lines = ["System", "Answer from the sources.", "Quote them.", "S1 rules.pdf", "The rope is inspected.", "S2", "x"]
    assert [source.line(row) for row in range(source.rows)] == lines
    assert [row for row in range(source.rows) if source.heading(row)] == [0, 3, 5]
    assert view.gutter() == 0
    assert not viewer.footer.leave_out.isVisible()
    viewer.footer.copy_words.click()
    assert QGuiApplication.clipboard().text() == "\n".join(lines)
    view.selection.begin((2, 0))
    view.selection.extend((2, 5))
    viewer.footer.copy_words.click()
    assert QGuiApplication.clipboard().text() == "Quote"
    press(view, Qt.Key.Key_F, CTRL)
    viewer.find_bar.words.setText("rope is")
    qtbot.waitUntil(lambda: viewer.find_bar.count.text() == "1 of 1")
    assert viewer.header.name.whole == "What the model was sent"


def test_a_million_characters_to_inspect_are_laid_out_only_where_they_show(viewer: Viewer, qtbot: QtBot) -> None:
    viewer.show_text("Sent", [(f"S{i}", "some words and more of them\n" * 5_000) for i in range(1, 40)])
    qtbot.waitUntil(lambda: viewer.text.content.source.rows == 39 * 5_001)
    assert len(viewer.text.content._layouts) < 100


def test_escape_closes_the_search_first_and_then_the_panel(
    viewer: Viewer, sources: tuple[Entry, ...], qtbot: QtBot
) -> None:
    viewer.show_entry(sources[1], 1)
    viewer.set_overlay(True)
    closed: list[bool] = []
    viewer.closed.connect(lambda: closed.append(True))
    press(viewer.text, Qt.Key.Key_F, CTRL)
    assert viewer.find_bar.words.hasFocus()
    press(viewer.find_bar.words, Qt.Key.Key_Escape)
    assert not viewer.find_bar.isVisible()
    assert viewer.text.hasFocus()
    assert not closed
    press(viewer.text, Qt.Key.Key_Escape)
    assert closed == [True]
    close = next(b for b in viewer.header.findChildren(QAbstractButton) if b.accessibleName() == "Close (Esc)")
    assert close.isVisible()
    close.click()
    assert closed == [True, True]


def test_the_search_stays_open_from_source_to_source(viewer: Viewer, sources: tuple[Entry, ...], qtbot: QtBot) -> None:
    viewer.show_entry(sources[1], 1)
    viewer.open_find()
    viewer.find_bar.words.setText("the rope")
    qtbot.waitUntil(lambda: viewer.find_bar.count.text() == "1 of 1")
    viewer.show_entry(sources[2], 2)
    qtbot.waitUntil(lambda: viewer.find_bar.count.text() == "Not found")
    viewer.show_entry(sources[0], 0)
    qtbot.waitUntil(lambda: viewer.find_bar.count.text() == "1 of 1")
    assert viewer.header.place.text() == "p. 2 of 2"


@pytest.mark.parametrize("width", [360, 470, 700])
def test_nothing_is_cut_off_at_any_width(viewer: Viewer, sources: tuple[Entry, ...], width: int) -> None:
    _, notes, _ = sources
    viewer.show_entry(notes, 1, at=evidence(notes, "rope was replaced", "missing"))
    viewer.resize(width, 600)
    assert viewer.minimumSizeHint().width() <= 360
    for button in viewer.findChildren(QAbstractButton):
        if button.isVisible():
            assert button.width() >= button.sizeHint().width() or not hasattr(button, "text") or not button.text()
            assert viewer.rect().contains(button.mapTo(viewer, button.rect().bottomRight()))
    label = viewer.header.verdict
    assert label.height() >= label.heightForWidth(label.width())


def test_every_control_has_a_name_and_a_visible_focus(viewer: Viewer, sources: tuple[Entry, ...]) -> None:
    _, notes, _ = sources
    viewer.show_entry(notes, 1, at=evidence(notes, "rope was replaced"))
    viewer.open_find()
    controls = [*viewer.findChildren(QAbstractButton), *viewer.findChildren(QLineEdit), viewer.text, viewer.pages]
    assert not [control for control in controls if not control.accessibleName()]
    viewer.text.setFocus(Qt.FocusReason.TabFocusReason)
    image = picture(viewer.text.viewport())
    accent = viewer.text._theme.tokens.accent
    assert share_of(image, QRectF(0, 0, image.width(), 2), accent) > 0.95
    viewer.text.setFocus(Qt.FocusReason.MouseFocusReason)
    viewer.find_bar.words.setFocus()
    viewer.text.setFocus(Qt.FocusReason.MouseFocusReason)
    assert share_of(picture(viewer.text.viewport()), QRectF(0, 0, image.width(), 2), accent) == 0


def test_shutting_down_ends_the_child_at_once(theme: Theme, qtbot: QtBot, sources: tuple[Entry, ...]) -> None:
    viewer = shown(Viewer(theme), qtbot)
    viewer.warm_up()
    viewer.show_entry(sources[0], 0)
    qtbot.waitUntil(lambda: viewer._renderer.child_pid is not None)
    viewer.shut_down()
    assert not psutil.Process().children(recursive=True)
    viewer.show_entry(sources[0], 0)
    viewer.shut_down()
    viewer.close()
