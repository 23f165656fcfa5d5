"""What changes on disk is noticed, and one click reads it again; nothing else is read for it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.ui.theme.style import Theme
from ingest.pool import PdfJob, PdfPool
from tests.gui.driving import driven
from tests.ingest.pdfs import write_pdf


def write_folder(folder: Path) -> Path:
    folder.mkdir()
    (folder / "one.txt").write_text("The lessor is Halloran.\n")
    (folder / "two.txt").write_text("The lessee is the pilot office.\n")
    return folder


def test_what_changed_is_read_again_with_one_click(theme: Theme, qtbot: QtBot, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "case")
    with driven(theme, qtbot) as hands:
        hands.desk.use_model(None)
        hands.add(folder)
        bar = hands.window.sources.changed_bar
        kept = hands.desk.workspace.entries[1].document
        assert not bar.isVisible()
        (folder / "one.txt").write_text("The lessor is somebody else by now.\n")
        hands.desk.freshness.look()
        hands.until(bar.isVisible)
        assert bar.words.text() == "1 source changed"
        qtbot.mouseClick(bar.button, Qt.MouseButton.LeftButton)
        hands.until(lambda: "somebody" in hands.desk.workspace.entries[0].document.sections[0].text)
        hands.until(lambda: not bar.isVisible())
        assert hands.desk.workspace.entries[1].document is kept


def test_it_can_be_put_off_until_something_else_changes(theme: Theme, qtbot: QtBot, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "case")
    with driven(theme, qtbot) as hands:
        hands.desk.use_model(None)
        hands.add(folder)
        bar = hands.window.sources.changed_bar
        (folder / "one.txt").write_text("Changed once.\n")
        hands.desk.freshness.look()
        hands.until(bar.isVisible)
        qtbot.mouseClick(bar.later, Qt.MouseButton.LeftButton)
        assert not bar.isVisible()
        hands.desk.freshness.look()
        hands.until(lambda: not hands.desk.freshness._lane.busy)
        assert not bar.isVisible()
        (folder / "two.txt").write_text("This one as well.\n")
        hands.desk.freshness.look()
        hands.until(bar.isVisible)
        assert bar.words.text() == "2 sources changed"


def test_a_watched_folder_tells_of_changes_and_of_new_files(theme: Theme, qtbot: QtBot, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "case")
    with driven(theme, qtbot) as hands:
        hands.desk.use_model(None)
        hands.add(folder)
        bar, freshness = hands.window.sources.changed_bar, hands.desk.freshness
        freshness.watch([folder])
        hands.until(lambda: any(thread.name == "watch" for thread in threading.enumerate()))
        # The system begins to watch a moment after it was asked to: keep changing until it tells.
        tries = iter(range(10_000))

        def change() -> bool:
            (folder / "one.txt").write_text(f"The lessor changed {next(tries)} times.\n")
            return bool(freshness.stale)

        hands.until(change)
        (folder / "three.txt").write_text("A witness signed.\n")
        hands.until(lambda: freshness.fresh == {folder / "three.txt"})
        hands.until(lambda: bar.words.text() == "1 source changed, 1 new file")
        hands.desk.read_changed()
        hands.until(lambda: len(hands.desk.workspace.entries) == 3)
        assert [entry.name for entry in hands.desk.workspace.entries] == ["one.txt", "two.txt", "three.txt"]
        hands.until(lambda: not bar.isVisible())
        freshness.watch([])
        assert not freshness.folders


def test_a_folder_that_goes_away_ends_the_watching_with_a_sentence_or_quietly(
    theme: Theme, qtbot: QtBot, tmp_path: Path
) -> None:
    with driven(theme, qtbot) as hands:
        hands.desk.freshness.watch([tmp_path / "nowhere"])
        hands.until(lambda: bool(hands.said))
        assert "cannot be watched" in hands.said[0]
        assert not hands.desk.freshness.folders


def test_reading_a_folder_again_reads_only_what_is_new(
    theme: Theme, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "case"
    folder.mkdir()
    write_pdf(folder / "lease.pdf", ["The berth is let."])
    given: list[str] = []
    submit = PdfPool.submit

    def watched(self: PdfPool, job: PdfJob) -> None:
        given.append(job.path)
        submit(self, job)

    monkeypatch.setattr(PdfPool, "submit", watched)
    with driven(theme, qtbot) as hands:
        hands.desk.use_model(None)
        hands.add(folder)
        write_pdf(folder / "annex.pdf", ["The annex."])
        hands.add(folder)
        assert given == [str(folder / "lease.pdf"), str(folder / "annex.pdf")]
