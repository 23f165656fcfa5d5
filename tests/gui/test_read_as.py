"""Sources read in another way, in the real window: whole, as outlines, by name; kept when read again and tomorrow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.services.reading_as import STOPPED
from app.ui.theme.style import Theme
from ingest.view import View
from tests.gui.driving import Driven, driven
from tests.gui.held import held

BODY = "        load = load * 1.0\n" * 40
CODE = f'class Crane:\n    """Lifts."""\n\n    def lift(self, load: float) -> bool:\n{BODY}        return load < 40\n'


@pytest.fixture
def hands(theme: Theme, qtbot: QtBot) -> Iterator[Driven]:
    with driven(theme, qtbot) as hands:
        hands.window.activateWindow()
        yield hands


def add_code(hands: Driven, folder: Path) -> Path:
    """A folder of two files of code, S1 and S2, and a note, S3."""
    root = folder / "tree"
    (root / "code").mkdir(parents=True)
    for name in ("crane.py", "quay.py"):
        (root / "code" / name).write_text(CODE, "utf-8")
    (root / "note.txt").write_text("Plain words stand here.\n", "utf-8")
    hands.desk.add([root])
    hands.until(lambda: len(hands.desk.workspace.entries) == 3)
    hands.until(lambda: hands.window.sources.model.rowCount() == 2)
    return root


def details(hands: Driven) -> list[str]:
    return [entry.document.view.detail for entry in hands.desk.workspace.entries]


def offered(hands: Driven, row: int) -> dict[str, QAction]:
    """What "Read as" offers for a row; nothing where the menu does not have it."""
    sources = hands.window.sources
    actions = sources.actions_for([sources.model.row_at(row)], hands.window)
    menus = [menu for action in actions if isinstance(menu := action.menu(), QMenu)]
    return {a.text().partition("\t")[0]: a for menu in menus for a in menu.actions()}


def select(hands: Driven, row: int) -> None:
    view = hands.window.sources.view
    view.setCurrentIndex(hands.window.sources.model.index(row))
    view.setFocus()


def test_a_folder_is_read_as_outlines_from_its_menu_and_says_so(hands: Driven, tmp_path: Path) -> None:
    add_code(hands, tmp_path)
    offers = offered(hands, 0)
    assert list(offers) == ["Whole", "Outline only", "Name only"]
    assert [action.isChecked() for action in offers.values()] == [True, False, False]
    assert offered(hands, 1) == {}
    offers["Outline only"].trigger()
    hands.until(lambda: details(hands) == ["outline", "outline", "auto"])
    text = hands.desk.workspace.entries[0].document.sections[0].text
    assert "def lift(self, load: float) -> bool:" in text
    assert BODY not in text
    hands.until(lambda: offered(hands, 0)["Outline only"].isChecked())
    hands.window.sources.select("S1")
    model = hands.window.sources.model
    hands.until(lambda: model.row_at(1).read_as == "outline")
    assert "outline" in str(model.index(1).data(Qt.ItemDataRole.AccessibleTextRole))
    assert model.row_at(3).read_as == ""


def test_keys_change_what_is_selected_and_say_when_it_is_no_code(hands: Driven, tmp_path: Path) -> None:
    add_code(hands, tmp_path)
    hands.window.sources.select("S2")
    select(hands, 2)
    hands.qtbot.keyClick(hands.window, Qt.Key.Key_3, Qt.KeyboardModifier.AltModifier)
    hands.until(lambda: details(hands) == ["auto", "name", "auto"])
    hands.until(lambda: hands.window.sources.model.row_at(2).read_as == "name")
    hands.qtbot.keyClick(hands.window, Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    hands.until(lambda: details(hands) == ["auto", "whole", "auto"])
    select(hands, 3)
    hands.qtbot.keyClick(hands.window, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    assert hands.window.toast.words == "Select source code or Markdown first."
    assert not hands.desk.reading_as.busy


def test_the_view_stays_when_read_again_from_disk_and_in_the_session(
    theme: Theme, qtbot: QtBot, tmp_path: Path
) -> None:
    with driven(theme, qtbot) as hands:
        root = add_code(hands, tmp_path)
        hands.desk.views.read({"S1": View(detail="outline")})
        hands.until(lambda: details(hands) == ["outline", "auto", "auto"])
        (root / "code" / "crane.py").write_text(CODE + "\n\nclass Quay:\n    pass\n", "utf-8")
        before = hands.desk.workspace.entries[0].document
        hands.desk.add([root])
        hands.until(lambda: not hands.desk.intake.busy)
        now = hands.desk.workspace.entries[0].document
        assert now.sha256 != before.sha256
        assert details(hands) == ["outline", "auto", "auto"]
        hands.saved()
        session = hands.desk.session
        assert session is not None
    with driven(theme, qtbot) as hands:
        hands.desk.open_session(session)
        hands.until(lambda: len(hands.desk.workspace.entries) == 3)
        assert details(hands) == ["outline", "auto", "auto"]
        assert hands.desk.workspace.entries[0].document.sections == now.sections


def test_cancel_leaves_the_sources_as_they_were(hands: Driven, tmp_path: Path) -> None:
    add_code(hands, tmp_path)
    before = hands.desk.workspace
    card = hands.window.sources.reading_as
    with held(hands.desk.reading_as._lane):
        hands.desk.views.read({"S1": View(detail="outline"), "S2": View(detail="name")})
        hands.desk.reading_as.cancel()
    hands.until(lambda: not hands.desk.reading_as.busy)
    assert hands.desk.workspace is before
    assert not card.isVisible()


def test_of_two_wishes_for_a_source_the_last_one_counts(hands: Driven, tmp_path: Path) -> None:
    add_code(hands, tmp_path)
    arrived: list[list[str]] = []
    hands.desk.reading_as.arrived.connect(lambda i: arrived.append([Path(d.path).name for d in i.documents]))
    with held(hands.desk.reading_as._lane):
        hands.desk.views.read({"S1": View(detail="outline"), "S2": View(detail="outline")})
        hands.desk.views.read({"S1": View()})
    hands.until(lambda: not hands.desk.reading_as.busy)
    assert arrived == [["quay.py"], ["crane.py"]]
    assert details(hands) == ["auto", "outline", "auto"]


def test_what_was_taken_out_meanwhile_stays_out_and_another_session_stops_it(hands: Driven, tmp_path: Path) -> None:
    add_code(hands, tmp_path)
    with held(hands.desk.reading_as._lane):
        hands.desk.views.read({"S1": View(detail="outline"), "S2": View(detail="outline")})
        hands.desk.remove(["S1"])
    hands.until(lambda: not hands.desk.reading_as.busy)
    assert [entry.key for entry in hands.desk.workspace.entries] == ["S2", "S3"]
    with held(hands.desk.reading_as._lane):
        hands.desk.views.read({"S2": View()})
        hands.desk.new_session()
        assert hands.said == [STOPPED]
    hands.until(lambda: not hands.desk.reading_as.busy)
    assert hands.desk.workspace.entries == ()


def test_the_menu_says_about_what_another_level_costs(hands: Driven, tmp_path: Path) -> None:
    add_code(hands, tmp_path)
    hands.use()
    assert hands.desk.settings is not None
    hands.desk.use_model(replace(hands.desk.settings, max_answer=4))
    hands.counted()
    hands.ask("Who?")
    hands.until(lambda: hands.desk.meter.unread == 0)
    texts = [action.text() for action in offered(hands, 0).values()]
    assert texts[0] == "Whole"
    assert all("\tabout " in text and "tokens to read again" in text for text in texts[1:])


def test_a_paste_can_be_seen_anew_though_it_cannot_be_read_again(hands: Driven) -> None:
    hands.desk.intake.read([], pasted=CODE)
    hands.until(lambda: len(hands.desk.workspace.entries) == 1)
    assert offered(hands, 0) == {}
    hands.desk.views.read({"S1": View(mask=True)})
    hands.until(lambda: hands.desk.workspace.entries[0].document.view.mask)
    assert hands.said == []


def test_a_lock_file_is_one_line_until_someone_wants_it_whole(hands: Driven, tmp_path: Path) -> None:
    lock = "".join(f'[[package]]\nname = "part-{i}"\nversion = "1.{i}"\n\n' for i in range(200))
    (tmp_path / "uv.lock").write_text("version = 1\n\n" + lock, "utf-8")
    hands.desk.add([tmp_path / "uv.lock"])
    hands.until(lambda: hands.window.sources.model.rowCount() == 1)
    row = hands.window.sources.model.row_at(0)
    assert (row.remedy, row.read_as, row.quiet) == ("whole", "one line", True)
    assert row.problem.startswith("Left to one line: ")
    view = hands.window.sources.view
    area = view.visualRect(hands.window.sources.model.index(0))
    place = QPoint(area.center().x(), area.bottom() - 12)
    hands.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    hands.until(lambda: details(hands) == ["whole"])
    hands.until(lambda: hands.window.sources.model.row_at(0).remedy == "")
    assert "part-199" in hands.desk.workspace.entries[0].document.sections[0].text
