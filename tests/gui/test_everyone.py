"""Every state of the window for everyone: names for screen readers, a round by Tab, contrast, room for words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAccessible, QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from app.core.failures import Failure
from app.ui.commands.palette import CommandPalette
from app.ui.conversation.chip import spoken
from app.ui.logs.dialog import LogDialog
from app.ui.main_window import SAMPLE
from app.ui.models.dialog import ModelDialog
from app.ui.theme.style import Theme
from app.ui.theme.tokens import THEMES
from ingest.preview import Group, LeftOut, Preview
from tests.gui.driving import Driven, driven
from tests.gui.held import exporting, recognising
from tests.gui.painted import faint_rows
from tests.gui.seeing import clipped, faint, nameless, unreachable
from tests.ingest.pdfs import write_scan

State = tuple[str, QWidget]
QUESTION = "Who built the crane in 2011?"


@pytest.fixture
def large_type(qapp: QApplication) -> Iterator[None]:
    """The application's font twice as large."""
    before = QFont(qapp.font())
    font = QFont(before)
    font.setPointSizeF(2 * before.pointSizeF())
    qapp.setFont(font)
    yield
    qapp.setFont(before)


def test_every_control_has_a_name_and_tab_goes_round(theme: Theme, qtbot: QtBot, tmp_path: Path) -> None:
    with driven(theme, qtbot) as hands:
        complaints(
            hands, tmp_path, nameless, lambda root: [] if isinstance(root, CommandPalette) else unreachable(root)
        )


@pytest.mark.long
def test_every_word_can_be_read_in_every_theme_and_state(theme: Theme, qtbot: QtBot, tmp_path: Path) -> None:
    with driven(theme, qtbot) as hands:
        complaints(hands, tmp_path, lambda root: in_all_themes(theme, root))


def test_every_word_can_be_read_in_every_theme(theme: Theme, qtbot: QtBot, tmp_path: Path) -> None:
    with driven(theme, qtbot) as hands:
        complaints(hands, tmp_path, lambda root: in_all_themes(theme, root), last="answered")


def in_all_themes(theme: Theme, root: QWidget, check: Callable[[QWidget, str], list[str]] | None = None) -> list[str]:
    """What is faint in any theme, or what `check` finds there; the theme is then as before."""
    before = theme.chosen
    found = []
    for name in THEMES:
        theme.choose(name)
        found += [f"{name}: {one}" for one in (check(root, name) if check else faint(root))]
    theme.choose(before)
    return found


@pytest.mark.long
def test_every_row_can_be_read_in_every_theme_and_state(theme: Theme, qtbot: QtBot, tmp_path: Path) -> None:
    with driven(theme, qtbot) as hands:
        kinds = rows_read(theme, hands, tmp_path)
    assert kinds >= {"SourceDelegate", "SessionDelegate", "RowDelegate", "ModelDelegate"}


def test_every_row_can_be_read_in_every_theme(theme: Theme, qtbot: QtBot, tmp_path: Path) -> None:
    with driven(theme, qtbot) as hands:
        assert rows_read(theme, hands, tmp_path, last="sample") >= {"SourceDelegate", "SessionDelegate"}


def rows_read(theme: Theme, hands: Driven, folder: Path, *, last: str = "") -> set[str]:
    """The kinds of rows of which all letters can be read."""
    seen: set[object] = set()

    def rows(root: QWidget) -> list[str]:
        return in_all_themes(theme, root, lambda root, name: faint_rows(root, seen, name))

    complaints(hands, folder, rows, last=last)
    return {mark[1].__name__ for mark in seen if isinstance(mark, tuple)}


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (800, 560)])
def test_no_word_is_cut_off(theme: Theme, qtbot: QtBot, tmp_path: Path, width: int, height: int) -> None:
    with driven(theme, qtbot, width=width, height=height) as hands:
        complaints(hands, tmp_path, clipped)


def test_no_word_is_cut_off_in_large_type(theme: Theme, qtbot: QtBot, tmp_path: Path, large_type: None) -> None:
    with driven(theme, qtbot) as hands:
        complaints(hands, tmp_path, clipped)


def complaints(hands: Driven, folder: Path, *checks: Callable[[QWidget], list[str]], last: str = "") -> None:
    """All that `checks` find in all states, or in those up to `last`, at once."""
    found = []
    for name, root in states(hands, folder):
        for _ in range(5):
            # A layout asks anew for what a first pass has changed.
            QApplication.processEvents()
        for check in checks:
            found += [f"{name}: {one}" for one in check(root)]
        if name == last:
            break
    assert not found, "\n" + "\n".join(found)


def states(hands: Driven, folder: Path) -> Iterator[State]:
    """Brings the window into each of its states."""
    window, desk = hands.window, hands.desk
    window.activateWindow()
    hands.use()
    yield "start page", window
    hands.add(SAMPLE / "workspace")
    window.composer.put(QUESTION)
    yield "sample", window
    hands.ask("")
    window.composer.send()
    yield "busy", window
    hands.until(lambda: not desk.busy)
    yield "answered", window
    yield from _viewer(hands)
    window.filter_sources()
    window.search()
    yield "search and filter", window
    window.filter_sources()
    window.search()
    window.say(Failure("x", "The engine stopped and was started again.", "Nothing is lost; ask again."))
    yield "toast", window
    window.toast.hide()
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing here")
    hands.add(folder / "broken.pdf")
    yield "problem", window
    yield from _under_way(hands, folder)
    yield from _dialogs(hands, folder)
    window.activateWindow()
    hands.until(window.isActiveWindow)
    assert desk.settings is not None
    desk.use_model(replace(desk.settings, n_ctx=2048))
    hands.until(lambda: desk.spending is not None and desk.spending.budget.over > 0)
    hands.counted()
    yield "over budget", window
    desk.use_model(None)
    yield "no model", window


def _viewer(hands: Driven) -> Iterator[State]:
    window = hands.window
    window.places.citation(0, 0)
    hands.until(lambda: not window.viewer.isHidden())
    yield "citation in a PDF", window
    window.viewer.open_find()
    yield "find in the viewer", window
    window.viewer.find_bar.dismiss()
    code = next(e.key for e in hands.desk.workspace.entries if e.document.kind == "code")
    window.places.source(code)
    yield "code in the viewer", window
    window.places.sent()
    hands.until(lambda: window.viewer.header.name.whole == "What the model is sent")
    yield "inspector", window
    window.hide_viewer()
    hands.ask("")
    hands.desk.ask("alarm in the cabin", "evidence")
    hands.until(lambda: not hands.desk.busy)
    yield "passages", window


def _under_way(hands: Driven, folder: Path) -> Iterator[State]:
    window, desk = hands.window, hands.desk
    scan = write_scan(folder / "a delivery note with a long name, scanned in the harbour office.pdf", ["Words"] * 12)
    hands.add(scan)
    yield "scan", window
    with recognising(desk, scan, page=4, pages=12):
        hands.until(window.sources.recognising.isVisible)
        yield "recognising", window
    hands.until(lambda: not desk.recogniser.busy)
    assert desk.session is not None
    name = "the crane and everything that was ever asked about it.html"
    with exporting(desk, desk.session, folder / name, done=1200, total=2000):
        hands.until(window.status.export.isVisible)
        yield "exporting", window
    hands.until(lambda: not desk.exporter.busy)
    window.toast.hide()
    desk.remove([desk.workspace.entries[-1].key])


def _dialogs(hands: Driven, folder: Path) -> Iterator[State]:
    for name, open_one in dialogs(hands, folder):
        open_one()
        hands.until(lambda: QApplication.activeModalWidget() is not None)
        dialog = QApplication.activeModalWidget()
        assert dialog is not None
        if isinstance(dialog, ModelDialog):
            hands.until(dialog.apply_button.isEnabled)
        if isinstance(dialog, LogDialog):
            hands.until(dialog.timeline.isVisible)
        yield name, dialog
        dialog.close()
    window = hands.window
    window.open_palette()
    yield "palette", window.palette_of_commands
    window.palette_of_commands.dismiss()


def dialogs(hands: Driven, folder: Path) -> list[tuple[str, Callable[[], object]]]:
    window = hands.window
    pdf = next(e.key for e in hands.desk.workspace.entries if e.document.kind == "pdf")
    log = next(e.key for e in hands.desk.workspace.entries if e.document.kind == "log")
    kinds = (Group(".txt", 900, 3_000_000, 700_000), Group(".log", 300, 1_000_000, 380_000))
    binary = LeftOut("binary: a PNG image", 12, 900_000)
    preview = Preview((folder,), 1200, 4_000_000, 1_080_000, extensions=kinds, left_out=(binary,))
    return [
        ("models", window.choose_model),
        ("settings", window.open_settings),
        ("keys", window.show_keys),
        ("system prompt", window.dialogs.system_prompt),
        ("pages", lambda: window.sources.menu.limiting.emit(pdf)),
        ("password", lambda: window.dialogs.password(pdf)),
        ("recognise", lambda: window.dialogs.recognise([pdf])),
        ("log", lambda: window.dialogs.log(log)),
        ("changes", lambda: window.dialogs.changes(folder)),
        ("huge drop", lambda: window.dialogs.huge(preview)),
        ("link", lambda: window.dialogs.link("https://a.example/a/long/address/of/a/page?with=questions")),
        ("rename", window.rename),
    ]


def test_esc_closes_every_dialog(theme: Theme, qtbot: QtBot, tmp_path: Path) -> None:
    with driven(theme, qtbot) as hands:
        hands.use()
        hands.add(SAMPLE / "workspace")
        hands.saved()
        for name, open_one in dialogs(hands, tmp_path):
            open_one()
            hands.until(lambda: isinstance(QApplication.activeModalWidget(), QDialog))
            dialog = QApplication.activeModalWidget()
            assert dialog is not None
            QTest.keyClick(dialog.focusWidget() or dialog, Qt.Key.Key_Escape)
            assert QApplication.activeModalWidget() is None, name
        hands.window.open_palette()
        QTest.keyClick(hands.window.palette_of_commands.search, Qt.Key.Key_Escape)
        assert hands.window.palette_of_commands.isHidden()
        hands.window.toggle_viewer()
        QTest.keyClick(hands.window.viewer, Qt.Key.Key_Escape)
        assert hands.window.viewer.isHidden()


def test_the_budget_bar_is_a_list_of_its_segments(theme: Theme, qtbot: QtBot) -> None:
    with driven(theme, qtbot) as hands:
        hands.use()
        hands.add(SAMPLE / "workspace")
        bar = hands.window.budget.bar
        interface = QAccessible.queryAccessibleInterface(bar)
        assert interface.role() == QAccessible.Role.List
        assert interface.text(QAccessible.Text.Name) == "Budget"
        assert "tokens in use" in interface.text(QAccessible.Text.Value)
        children = [interface.child(i) for i in range(interface.childCount())]
        assert len(children) == len(bar.segments)
        for child, segment in zip(children, bar.segments, strict=True):
            assert child.isValid()
            assert child.role() == QAccessible.Role.ListItem
            assert child.text(QAccessible.Text.Value) == f"{segment.tokens:,}"
            assert child.text(QAccessible.Text.Name) == bar.words_of(bar.segments.index(segment)).split("\n")[0]
            on_screen = QRect(bar.mapToGlobal(bar.rect().topLeft()), bar.size())
            assert on_screen.adjusted(-1, -1, 1, 1).contains(child.rect())
            if segment.width > 2:
                assert interface.childAt(*child.rect().center().toTuple()) == child
            assert child.parent().object() is bar
        named = [child.text(QAccessible.Text.Name) for child in children]
        assert any(name.startswith("S4 ") and "handbook.pdf" in name for name in named)
        bar.setFocus(Qt.FocusReason.TabFocusReason)
        QTest.keyClick(bar, Qt.Key.Key_Right)
        assert [child.state().selected for child in children].index(1) == bar.current == 1
        hands.desk.use_model(None)
        assert interface.childCount() == 0
        assert not children[0].isValid()


def test_tab_visits_the_chips_of_an_answer(theme: Theme, qtbot: QtBot) -> None:
    with driven(theme, qtbot) as hands:
        hands.window.activateWindow()
        hands.use()
        hands.add(SAMPLE / "workspace")
        hands.ask(QUESTION)
        turn = hands.window.conversation.turns[-1]
        assert [spoken(chip) for chip in turn._chips] == ["exact citation, S4 page 1"]
        assert turn.answer.accessibleDescription() == "exact citation, S4 page 1"
        turn.answer.setFocus(Qt.FocusReason.TabFocusReason)
        QTest.keyClick(turn.answer, Qt.Key.Key_Tab)
        assert turn.answer.chip_at_focus() == 0
        with qtbot.waitSignal(turn.cited):
            QTest.keyClick(turn.answer, Qt.Key.Key_Return)
        assert not hands.window.viewer.isHidden()
