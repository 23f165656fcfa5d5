"""The settings page tells each change once, keeps what was typed, and takes deleting back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QListView, QPlainTextEdit, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from app.core.read_states import open_shelf
from app.core.settings import Preferences, Preset, default_presets, load, save
from app.ui.settings.dialog import SettingsDialog
from app.ui.theme.style import Theme
from engine.state_file import SUFFIX
from tests.gui.driving import driven

THREE: tuple[Preset, ...] = (Preset("One", "First?"), Preset("Two", "Second?"), Preset("Three", "Third?"))


def opened(
    qtbot: QtBot, theme: Theme, preferences: Preferences | None = None
) -> tuple[SettingsDialog, list[Preferences]]:
    dialog = SettingsDialog(theme, preferences or Preferences(presets=THREE))
    told: list[Preferences] = []
    dialog.changed.connect(told.append)
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    return dialog, told


def test_it_shows_what_is_set(qtbot: QtBot, theme: Theme) -> None:
    preferences = Preferences(theme="dark", zoom=1.5, reduced_motion=True, ask_on_enter=True, presets=THREE)
    dialog, told = opened(qtbot, theme, preferences)
    assert [value for value, button in dialog.theme_buttons.items() if button.isChecked()] == ["dark"]
    assert [value for value, button in dialog.motion_buttons.items() if button.isChecked()] == [True]
    assert dialog.enter_buttons[True].isChecked() and not dialog.enter_buttons[False].isChecked()
    assert dialog.zoom.value() == 150
    assert [dialog.presets.list.item(i).text() for i in range(3)] == ["One", "Two", "Three"]
    assert dialog.presets.text.toPlainText() == "First?"
    dialog.accept()
    assert not told
    assert dialog.preferences == preferences


def test_each_choice_is_told_at_once_and_comes_back_from_the_file(qtbot: QtBot, theme: Theme) -> None:
    dialog, told = opened(qtbot, theme, Preferences())
    QTest.keyClick(dialog.theme_buttons["high_contrast"], Qt.Key.Key_Space)
    QTest.keyClick(dialog.motion_buttons[False], Qt.Key.Key_Space)
    QTest.keyClick(dialog.enter_buttons[True], Qt.Key.Key_Space)
    dialog.zoom.setFocus()
    QTest.keyClick(dialog.zoom, Qt.Key.Key_Up)
    assert [(p.theme, p.reduced_motion, p.ask_on_enter, p.zoom) for p in told] == [
        ("high_contrast", None, False, 1.0),
        ("high_contrast", False, False, 1.0),
        ("high_contrast", False, True, 1.0),
        ("high_contrast", False, True, 1.1),
    ]
    save(told[-1])
    assert load().preferences == told[-1]


def test_typing_is_told_after_a_pause(qtbot: QtBot, theme: Theme) -> None:
    dialog, told = opened(qtbot, theme)
    QTest.keyClicks(dialog.presets.text, "Now ")
    assert not told
    qtbot.waitUntil(lambda: bool(told))
    assert [p.presets[0] for p in told] == [Preset("One", "Now First?")]


def test_what_is_typed_just_before_closing_is_kept(qtbot: QtBot, theme: Theme) -> None:
    dialog, told = opened(qtbot, theme)
    dialog.presets.list.setCurrentRow(1)
    dialog.presets.name.selectAll()
    QTest.keyClicks(dialog.presets.name, "Second")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert [p.presets[1] for p in told] == [Preset("Second", "Second?")]


def test_a_new_task_is_kept_once_it_has_a_name(qtbot: QtBot, theme: Theme) -> None:
    dialog, _ = opened(qtbot, theme)
    editor = dialog.presets
    editor.add_button.click()
    assert editor.name.hasFocus() and editor.problem.isVisible()
    assert editor.name.accessibleDescription() == "A task without a name is not kept."
    QTest.keyClicks(editor.text, "What next?")
    assert editor.presets == THREE
    QTest.keyClicks(editor.name, "Next")
    assert not editor.problem.isVisible()
    assert editor.presets == (*THREE, Preset("Next", "What next?"))
    dialog.accept()
    assert dialog.preferences.presets == editor.presets


def test_deleting_and_resetting_can_be_undone(qtbot: QtBot, theme: Theme) -> None:
    dialog, told = opened(qtbot, theme)
    editor = dialog.presets
    assert not editor.undo_button.isVisible()
    editor.list.setCurrentRow(1)
    editor.delete_button.click()
    assert editor.presets == (THREE[0], THREE[2])
    assert editor.name.text() == "Three"
    assert "Two" in editor.undo_button.accessibleName()
    editor.undo_button.click()
    assert editor.presets == THREE and not editor.undo_button.isVisible()
    editor.reset_button.click()
    assert editor.presets == default_presets()
    editor.undo_button.click()
    assert editor.presets == THREE
    editor.delete_button.click()
    QTest.keyClicks(editor.name, "x")
    assert not editor.undo_button.isVisible()
    dialog.accept()
    assert told[-1].presets == editor.presets


def test_all_tasks_can_go(qtbot: QtBot, theme: Theme) -> None:
    dialog, _ = opened(qtbot, theme)
    editor = dialog.presets
    for _ in THREE:
        editor.delete_button.click()
    assert editor.presets == ()
    assert not editor.delete_button.isEnabled() and not editor.name.isEnabled() and not editor.text.isEnabled()
    editor.add_button.click()
    assert editor.name.isEnabled()


def test_what_was_read_is_kept_shown_and_freed(qtbot: QtBot, theme: Theme) -> None:
    with driven(theme, qtbot) as window:
        shelf = open_shelf()
        shelf.key()
        (shelf.folder / f"damaged{SUFFIX}").write_bytes(bytes(3_000_000))
        window.window.dialogs.settings(Preferences(), lambda _: None)
        dialog = window.window.findChild(SettingsDialog)
        assert dialog is not None
        kept = dialog.read_documents
        qtbot.waitUntil(lambda: kept.held.text() == "3.0 MB are kept")
        told: list[Preferences] = []
        dialog.changed.connect(told.append)
        QTest.keyClick(kept.keep, Qt.Key.Key_Space)
        assert [p.keep_read for p in told] == [False]
        QTest.keyClick(kept.free, Qt.Key.Key_Space)
        qtbot.waitUntil(lambda: kept.held.text() == "Nothing is kept now")
        assert not kept.free.isEnabled() and shelf.size() == 0
        kept.free_wanted.emit()
        dialog.accept()
        window.saved()


def test_everything_is_named_and_reached_by_tab(qtbot: QtBot, theme: Theme) -> None:
    dialog, _ = opened(qtbot, theme)
    kinds = (QAbstractButton, QSpinBox, QListView, QPlainTextEdit)
    controls = {w for kind in kinds for w in dialog.findChildren(kind) if w.isVisible() and w.isEnabled()}
    controls |= {w for w in dialog.findChildren(QLineEdit) if w.isVisible() and not isinstance(w.parent(), QSpinBox)}
    assert len(controls) > 14
    assert not [w for w in controls if not (w.accessibleName() or (isinstance(w, QAbstractButton) and w.text()))]
    reached: set[QWidget | None] = set()
    for _ in range(2 * len(controls)):
        reached.add(QApplication.focusWidget())
        QTest.keyClick(QApplication.focusWidget() or dialog, Qt.Key.Key_Tab)
    grouped = {dialog.enter_buttons[True]}
    others = {b for group in (dialog.theme_buttons, dialog.motion_buttons) for b in group.values() if not b.isChecked()}
    # Within a group the arrows go on, as in any group of radio buttons.
    assert controls - grouped - others <= reached
    dialog.theme_buttons[None].setFocus()
    QTest.keyClick(dialog.theme_buttons[None], Qt.Key.Key_Right)
    assert dialog.theme_buttons["light"].hasFocus()


@pytest.mark.parametrize("name", ["light", "dark", "high_contrast"])
def test_icons_and_colours_follow_the_theme(qtbot: QtBot, theme: Theme, name: str) -> None:
    dialog, _ = opened(qtbot, theme)
    try:
        theme.choose(name)  # type: ignore[arg-type]
        picture = dialog.presets.add_button.grab().toImage()
        seen = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}
        assert theme.colour("text2").name() in seen
        assert dialog.grab().toImage().pixelColor(2, 2) == theme.colour("window")
    finally:
        theme.choose("light")
