"""The changes in a Git repository as a source, asked for in the real window."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.changes import ChangesQuestion, repository_above
from app.ui.theme.style import Theme
from tests.gui.driving import Driven, driven
from tests.gui.seeing import clipped, nameless, unreachable


@pytest.fixture
def hands(theme: Theme, qtbot: QtBot) -> Iterator[Driven]:
    with driven(theme, qtbot) as hands:
        hands.window.activateWindow()
        yield hands


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits; the first is called `first`."""
    root = tmp_path / "crane"
    (root / "code").mkdir(parents=True)

    def git(*arguments: str) -> None:
        me = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *me, "-C", str(root), *arguments], check=True, capture_output=True)

    git("init", "--quiet")
    (root / "code" / "limits.py").write_text("STOP = 20\n", "utf-8")
    git("add", ".")
    git("commit", "--quiet", "-m", "one")
    git("tag", "first")
    (root / "code" / "limits.py").write_text("STOP = 18\n", "utf-8")
    git("commit", "--quiet", "-a", "-m", "two")
    return root


def question(hands: Driven) -> ChangesQuestion:
    hands.window.commands.run("sources.compare")
    hands.until(lambda: isinstance(QApplication.activeModalWidget(), ChangesQuestion))
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ChangesQuestion)
    hands.until(dialog.isActiveWindow)
    return dialog


def test_the_changes_become_a_source_or_the_dialog_says_why_not(hands: Driven, repository: Path) -> None:
    command = hands.window.commands.find("sources.compare")
    assert command.why_not() == "No source here lies in a Git repository."
    hands.desk.add([repository])
    hands.until(lambda: len(hands.desk.workspace.entries) == 1)
    hands.until(lambda: hands.window.sources.model.rowCount() == 1)
    sources = hands.window.sources
    texts = [action.text() for action in sources.actions_for([sources.model.row_at(0)], hands.window)]
    assert "Changes in “crane” since…" in texts
    dialog = question(hands)
    assert not dialog.yes.isEnabled()
    assert nameless(dialog) == []
    assert clipped(dialog) == []
    assert unreachable(dialog) == []
    dialog.since.setFocus()
    hands.qtbot.keyClicks(dialog.since, "nowhere")
    hands.qtbot.keyClick(dialog.since, Qt.Key.Key_Return)
    hands.until(dialog.problem.isVisible)
    assert "nowhere" in dialog.problem.sentence.text()
    assert clipped(dialog) == []
    assert [entry.key for entry in hands.desk.workspace.entries] == ["S1"]
    dialog.since.setText("first")
    assert dialog.revisions == "first...HEAD"
    dialog.yes.click()
    hands.until(lambda: len(hands.desk.workspace.entries) == 2)
    entry = hands.desk.workspace.entries[1]
    assert entry.document.kind == "diff"
    assert entry.name == "crane/git diff first...HEAD"
    assert "+STOP = 18" in entry.document.sections[0].text
    hands.until(lambda: not isinstance(QApplication.activeModalWidget(), ChangesQuestion))


def test_the_work_tree_is_found_above_a_folder(repository: Path, tmp_path: Path) -> None:
    assert repository_above(repository / "code") == repository
    assert repository_above(tmp_path) is None
    assert repository_above(Path("Paste 1")) is None
