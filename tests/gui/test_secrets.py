"""What looks like a secret, in the real window: a bar that asks once, a sign in the row, marks in the viewer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.core.workspace import Workspace
from app.ui.sources.secrets_bar import SecretsBar
from app.ui.theme.style import Theme
from app.ui.viewer.secret_marks import SecretMarks
from app.ui.viewer.text_source import TextSource, cut
from ingest.document import Document, Secret, Section, Span
from ingest.read_file import read_file
from ingest.source import Limits
from tests.gui.driving import Driven, driven
from tests.gui.seeing import clipped, faint, nameless

KEY = "AKIA" + "Q3EGRIXF5W2ZLB7T"
LINES = [f"setting_{i} = {i}" for i in range(40)]


@pytest.fixture
def hands(theme: Theme, qtbot: QtBot) -> Iterator[Driven]:
    with driven(theme, qtbot) as hands:
        hands.window.activateWindow()
        yield hands


def settings_file(folder: Path, name: str) -> Document:
    """A source as a reader yields it, with a key in its 31st line."""
    path = folder / name
    path.write_text("\n".join([*LINES[:30], f"aws = {KEY}", *LINES[30:], f"# {name}"]) + "\n", "utf-8")
    document = read_file(str(path), Limits(10**9, 10**9), lambda _: None)
    assert isinstance(document, Document)
    at = document.sections[0].text.index(KEY)
    return replace(document, secrets=(Secret("AWS access key", 0, at, at + len(KEY)),))


def add(hands: Driven, *documents: Document) -> SecretsBar:
    hands.desk.change(hands.desk.workspace.add(documents))
    bar = hands.window.sources.secrets
    hands.until(bar.isVisible)
    return bar


def press(hands: Driven, button: QPushButton) -> None:
    hands.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_the_bar_counts_and_masking_reads_the_sources_again(hands: Driven, tmp_path: Path, theme: Theme) -> None:
    bar = add(hands, settings_file(tmp_path, "a.ini"), settings_file(tmp_path, "b.ini"))
    assert bar.sentence.text() == "2 sources hold what looks like 2 secrets."
    hands.until(lambda: hands.window.sources.model.rowCount() == 2)
    model = hands.window.sources.model
    assert model.row_at(0).secrets == 1
    assert "1 likely secret" in str(model.index(0).data(Qt.ItemDataRole.AccessibleTextRole))
    assert nameless(bar) == clipped(bar) == faint(bar) == []
    press(hands, bar.masking)
    assert not bar.isVisible()
    hands.until(lambda: all(e.document.view.mask for e in hands.desk.workspace.entries))
    hands.until(lambda: model.row_at(0).read_as == "masked")
    assert model.row_at(0).secrets == 0
    assert not bar.isVisible()


def test_leaving_out_is_of_those_sources_alone_and_asks_again_when_one_is_back(hands: Driven, tmp_path: Path) -> None:
    plain = replace(settings_file(tmp_path, "plain.ini"), secrets=())
    bar = add(hands, settings_file(tmp_path, "a.ini"), plain)
    assert bar.sentence.text() == "1 source holds what looks like a secret."
    press(hands, bar.leaving_out)
    assert [entry.included for entry in hands.desk.workspace.entries] == [False, True]
    hands.until(lambda: not bar.isVisible())
    hands.desk.set_included(["S1"], True)
    hands.until(bar.isVisible)


def test_what_is_kept_is_not_asked_again_today_or_tomorrow(theme: Theme, qtbot: QtBot, tmp_path: Path) -> None:
    document = settings_file(tmp_path, "a.ini")
    with driven(theme, qtbot) as hands:
        bar = add(hands, document)
        press(hands, bar.keeping)
        assert not bar.isVisible()
        assert hands.desk.workspace.entries[0].included
        hands.desk.new_session()
        hands.desk.change(Workspace().add([replace(document, path=str(tmp_path / "copy.ini"))]))
        hands.until(lambda: hands.window.sources.model.rowCount() == 1)
        assert not bar.isVisible()
        other = add(hands, settings_file(tmp_path, "b.ini"))
        assert other.sentence.text() == "1 source holds what looks like a secret."
        hands.until(lambda: len(hands.window.sessions.sessions) == 2)
        first = min(session.id for session in hands.window.sessions.sessions)
        hands.saved()
    with driven(theme, qtbot) as hands:
        hands.desk.open_session(first)
        hands.until(lambda: hands.window.sources.model.rowCount() == 1)
        assert hands.desk.workspace.entries[0].document.secrets == document.secrets
        assert not hands.window.sources.secrets.isVisible()


def test_show_leads_to_the_place_which_is_marked(hands: Driven, tmp_path: Path, theme: Theme) -> None:
    bar = add(hands, settings_file(tmp_path, "a.ini"))
    hands.qtbot.mouseClick(bar.look, Qt.MouseButton.LeftButton)
    viewer = hands.window.viewer
    hands.until(viewer.isVisible)
    assert viewer.header.verdict.text() == "Holds what looks like a secret: AWS access key"
    view = viewer.text
    hands.until(lambda: any(row == 30 for row, _ in view.rows_in_sight()))
    picture = view.viewport().grab().toImage()
    top = next(y for row, y in view.rows_in_sight() if row == 30)
    layout = view.content.layout(30)
    assert layout is not None
    box = layout.rects(6, 7)[0]
    x, y = round(view.text_left() + box.left() + 1), round(top + box.top() + 1)
    assert picture.pixelColor(x, y) == theme.colour("warn_soft")
    assert picture.pixelColor(round(view.text_left() + 1), y) == theme.colour("surface")


def test_marks_are_found_in_any_chunk_and_over_several_lines() -> None:
    long = "x" * 70_000
    text = f"{long}\nkey one\nBEGIN\nabc\nEND\n"
    at = text.index("BEGIN")
    end = text.index("END") + 3
    one = text.index("one")
    sections = (Section("a", Span(lines=(1, 5)), text), Section("b", Span(lines=(6, 6)), "token\n"))
    secrets = [Secret("b", 1, 0, 5), Secret("key", 0, at, end), Secret("word", 0, one, one + 3)]
    source = TextSource(sections, cut(sections))
    marks = SecretMarks(secrets)
    first = source.row_of(0, 1)
    assert marks.in_rows(source, 0, source.rows - 1) == [
        (first, 4, 7), (first + 1, 0, 5), (first + 2, 0, 3), (first + 3, 0, 3), (first + 4, 0, 5),
    ]  # fmt: skip
    assert marks.in_rows(source, first + 2, first + 2) == [(first + 2, 0, 3)]


def test_the_menu_masks_what_was_kept_and_takes_it_back(hands: Driven, tmp_path: Path) -> None:
    bar = add(hands, settings_file(tmp_path, "a.ini"))
    press(hands, bar.keeping)
    sources = hands.window.sources
    hands.until(lambda: sources.model.rowCount() == 1)

    def choose(words: str) -> None:
        actions = sources.actions_for([sources.model.row_at(0)], hands.window)
        next(action for action in actions if action.text().startswith(words)).trigger()

    choose("Mask likely secrets")
    hands.until(lambda: hands.desk.workspace.entries[0].document.view.mask)
    assert KEY not in hands.desk.workspace.entries[0].document.sections[0].text
    hands.until(lambda: not hands.desk.reading_as.busy)
    choose("Read without masking")
    hands.until(lambda: not hands.desk.workspace.entries[0].document.view.mask)
    assert KEY in hands.desk.workspace.entries[0].document.sections[0].text
    assert not bar.isVisible()
