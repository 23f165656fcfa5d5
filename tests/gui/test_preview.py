"""Before much is read, in the real window: what would come in, what is chosen of it, and what then comes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.check_list import CheckList
from app.ui.preview_question import PreviewQuestion
from app.ui.theme.style import Theme
from tests.gui.driving import Driven, driven
from tests.gui.seeing import clipped, faint, nameless, unreachable
from tests.gui.test_everyone import in_all_themes


@pytest.fixture
def hands(theme: Theme, qtbot: QtBot) -> Iterator[Driven]:
    with driven(theme, qtbot) as hands:
        hands.window.activateWindow()
        yield hands


def many(folder: Path) -> Path:
    """560 files in two folders and beside them, of two endings, and one that cannot be read as text."""
    root = folder / "many"
    for name, files in (("notes", 300), ("mails", 200)):
        (root / name).mkdir(parents=True)
        for i in range(files):
            (root / name / f"{i}.{'md' if i % 2 else 'txt'}").write_text(f"The crane moved {i} times.\n", "utf-8")
    for i in range(60):
        (root / f"top {i}.txt").write_text("A word.\n", "utf-8")
    (root / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(3000))
    return root


def asked(hands: Driven, root: Path) -> PreviewQuestion:
    hands.desk.add([root])
    hands.until(lambda: isinstance(QApplication.activeModalWidget(), PreviewQuestion))
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, PreviewQuestion)
    hands.until(dialog.isActiveWindow)
    return dialog


def click(hands: Driven, view: CheckList, word: str) -> None:
    """Click the row that ends with `word`."""
    row = next(i for i in range(view.count()) if view.item(i).text().endswith(word))
    place = view.visualItemRect(view.item(row)).center()
    hands.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(30, place.y()))


def test_only_what_is_ticked_comes_in(hands: Driven, tmp_path: Path, theme: Theme) -> None:
    dialog = asked(hands, many(tmp_path))
    assert dialog.windowTitle().startswith("Read 560 files")
    assert nameless(dialog) == []
    assert clipped(dialog) == []
    assert unreachable(dialog) == []
    assert in_all_themes(theme, dialog, lambda root, _: faint(root)) == []
    assert dialog.leave_out == ()
    click(hands, dialog.folders, "notes")
    assert dialog.sum.text().startswith("Chosen: 260 files, about ")
    click(hands, dialog.extensions, ".md")
    assert dialog.sum.text().startswith("Chosen: at most 260 files")
    dialog.accept()
    hands.until(lambda: bool(hands.desk.workspace.entries))
    names = [entry.name for entry in hands.desk.workspace.entries]
    assert len(names) == 160
    assert {Path(name).suffix for name in names} == {".txt"}
    assert not any("notes" in name for name in names)


def test_keys_tick_and_nothing_ticked_cannot_be_read(hands: Driven, tmp_path: Path) -> None:
    dialog = asked(hands, many(tmp_path))
    dialog.extensions.setFocus()
    ticked = dialog.extensions.ticked
    hands.qtbot.keyClick(dialog.extensions, Qt.Key.Key_Space)
    assert dialog.extensions.ticked == ticked[1:]
    hands.qtbot.keyClick(dialog.extensions, Qt.Key.Key_Space)
    assert dialog.extensions.ticked == ticked
    dialog.folders.tick_all(False)
    assert not dialog.yes.isEnabled()
    dialog.reject()
    assert hands.desk.workspace.entries == ()
