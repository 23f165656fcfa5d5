"""Reviews in the real window: the mode and its keys, what is kept with the session, a real model over real files."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.answering import Settings
from app.core.review.finding import Review
from app.core.review.scope import everything
from app.core.review.verifying import check_finding
from app.core.review.wanted import Heard, Listed, Reviewed, Wanted
from app.ui.review.choose import ReviewQuestion
from app.ui.review.page import ReviewPage
from app.ui.theme.style import Theme
from engine.backends.base import Backend
from ingest.errors import Stopped
from tests.core.review.repositories import commit, module, new_repository, write
from tests.gui import reviews
from tests.gui.driving import Driven, driven
from tests.gui.seeing import clipped, faint, nameless, unreachable
from tests.gui.test_everyone import in_all_themes

DEAF = Heard(lambda _: None, lambda _: None, lambda _: None, lambda: False)


@pytest.fixture
def hands(theme: Theme, qtbot: QtBot) -> Iterator[Driven]:
    with driven(theme, qtbot) as hands:
        hands.window.activateWindow()
        yield hands


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A repository whose code is that of the findings."""
    return new_repository(tmp_path / "crane-controller", reviews.TEXTS)


def page_of(hands: Driven) -> ReviewPage:
    hands.window.turn_to("review")
    page = hands.window.centre.currentWidget()
    assert isinstance(page, ReviewPage)
    return page


def question(hands: Driven) -> ReviewQuestion:
    hands.until(lambda: isinstance(QApplication.activeModalWidget(), ReviewQuestion))
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ReviewQuestion)
    return dialog


def scripted(wanted: Wanted, heard: Heard, backend: Backend, settings: Settings, before: Reviewed | None) -> Reviewed:
    """What a model that finds all of it would have given, held against the files as they are."""
    scope = everything(wanted.paths)
    heard.code(scope)
    found = tuple(
        replace(check_finding(one.finding, scope.texts), also=())
        for one in reviews.checked()
        if one.finding.path in scope.texts
    )
    passes = (replace(reviews.passed(1, "bugs", len(found)), files=tuple(scope.texts)),)
    created = "2026-03-14T14:02:00+00:00"
    return Reviewed(Review(scope.root, scope.what, wanted.checklists, "m", created, found, passes), scope.texts)


def test_the_mode_has_a_key_and_f3_goes_through_the_findings(hands: Driven, code: Path) -> None:
    hands.window.show()
    hands.qtbot.keyClick(hands.window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    page = hands.window.centre.currentWidget()
    assert isinstance(page, ReviewPage)
    hands.desk.reviewer.show(reviews.reviewed())
    first = page.code.details.title.text()
    hands.qtbot.keyClick(hands.window, Qt.Key.Key_F3)
    assert page.code.details.title.text() != first
    hands.qtbot.keyClick(hands.window, Qt.Key.Key_F3, Qt.KeyboardModifier.ShiftModifier)
    assert page.code.details.title.text() == first
    hands.qtbot.keyClick(hands.window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert page.code.find_bar.isVisible()


def test_the_question_offers_what_there_is_and_says_what_is_missing(
    hands: Driven, code: Path, tmp_path: Path, theme: Theme
) -> None:
    hands.use()
    page = page_of(hands)
    page.choose()
    dialog = question(hands)
    assert not dialog.yes.isEnabled()
    assert dialog.why_not.text().startswith("There is no code among the sources")
    dialog.reject()
    hands.add(code)
    page.choose()
    dialog = question(hands)
    assert dialog.radios["everything"].text() == "All code among the sources, 3 files"
    assert list(dialog.choice.checklists) == ["bugs", "security"]
    assert set(dialog.choice.paths) == {code / name for name in reviews.TEXTS}
    dialog.radios["files"].setChecked(True)
    assert dialog.why_not.text() == "Tick the files to review."
    dialog.files.item(1).setCheckState(Qt.CheckState.Checked)
    assert dialog.choice.files == (str(code / "gateway" / "session.py"),)
    assert dialog.yes.isEnabled()
    assert nameless(dialog) == clipped(dialog) == unreachable(dialog) == []
    assert in_all_themes(theme, dialog, lambda root, _: faint(root)) == []
    dialog.radios["changes"].setChecked(True)
    assert not dialog.files.isVisible()
    assert dialog.why_not.text() == "Name a branch, a tag or a commit."
    hands.qtbot.keyClicks(dialog.since, "main~1")
    assert (dialog.choice.what, dialog.choice.since) == ("changes", "main~1")
    dialog.radios["patch"].setChecked(True)
    assert dialog.why_not.text() == "Choose the patch file."
    dialog.use_patch(tmp_path / "fix.patch")
    assert dialog.choice.patch == tmp_path / "fix.patch"
    dialog.lists.tick_all(False)
    assert dialog.why_not.text() == "Tick at least one checklist."
    own = tmp_path / "cranes.md"
    own.write_text("# Cranes\n\n- **limit**: A limit that is not checked.\n", "utf-8")
    dialog.reading_list.emit(own)
    hands.until(lambda: str(own) in dialog.lists.ticked)
    dialog.reading_list.emit(tmp_path / "none.md")
    hands.until(lambda: "cannot be read" in dialog.why_not.text())
    dialog.add_list(Listed(str(own), "Cranes", "", 1))
    assert list(dialog.choice.checklists) == [str(own)]
    asked: list[Wanted] = []
    dialog.wanted.connect(asked.append)
    hands.desk.reviewer.work = scripted
    dialog.accept()
    assert asked[0].patch == tmp_path / "fix.patch"
    hands.until(lambda: not hands.desk.reviewer.running)


def test_reviews_and_dismissals_come_back_with_the_session(hands: Driven, code: Path) -> None:
    hands.use()
    hands.desk.reviewer.work = scripted
    page = page_of(hands)
    hands.desk.reviewer.start(Wanted(paths=(code,), checklists=("bugs", "security")))
    hands.until(lambda: hands.desk.reviewer.reviewed is not None)
    hands.until(lambda: hands.desk.session is not None)
    assert hands.desk.name == "crane-controller"
    first = page.findings.list.rows.findings()[0].checked
    hands.desk.reviewer.dismiss(first, "Intended")
    hands.saved()
    session = hands.desk.session
    assert session is not None
    hands.until(lambda: not hands.desk.answers.lent)
    hands.desk.new_session()
    assert hands.desk.reviewer.findings == []
    # Two lines more above everything: the findings move with their code.
    moved = "import os\nimport sys\n" + reviews.SESSION
    write(code, {"gateway/session.py": moved, "store/history.go": "package store\n"})
    hands.desk.open_session(session)
    hands.until(lambda: hands.desk.reviewer.reviewed is not None)
    page = page_of(hands)
    by_title = {one.finding.title: one for one in hands.desk.reviewer.findings}
    assert by_title[first.finding.title].dismissed == "Intended"
    password = next(one for title, one in by_title.items() if title.startswith("The password"))
    assert (password.quoted, password.finding.first) == ("moved", 15)
    assert by_title["The error of the query is thrown away"].quoted == "unconfirmed"
    assert page.findings.list.choose(password)
    assert page.code.code.content.source.number(14) == 15
    hands.desk.reviewer.start(Wanted(paths=(code,), checklists=("bugs",)))
    hands.until(lambda: hands.desk.reviewer.reviewed is not None)
    again = {one.finding.title: one for one in hands.desk.reviewer.findings}
    assert again[first.finding.title].dismissed == "Intended"
    hands.until(lambda: not hands.desk.answers.lent)


def test_what_a_review_found_is_kept_when_another_session_is_opened_meanwhile(hands: Driven, code: Path) -> None:
    hands.use()
    going = threading.Event()
    some = scripted(Wanted(paths=(code,)), DEAF, None, None, None).review.findings[:3]  # type: ignore[arg-type]

    def work(wanted: Wanted, heard: Heard, backend: Backend, settings: Settings, before: Reviewed | None) -> Reviewed:
        heard.code(everything(wanted.paths))
        for one in some:
            heard.found(one)
        while not heard.stop():
            going.wait(0.01)
        raise Stopped("The review was stopped.")

    page = page_of(hands)
    hands.desk.reviewer.work = work
    hands.desk.reviewer.start(Wanted(paths=(code,), checklists=("bugs",)))
    hands.until(lambda: len(page.findings.list.rows.findings()) == 3)
    hands.until(lambda: hands.desk.session is not None)
    session = hands.desk.session
    assert session is not None
    hands.desk.new_session()
    assert not hands.desk.reviewer.running
    hands.until(lambda: not hands.desk.answers.lent)
    hands.desk.open_session(session)
    hands.until(lambda: hands.desk.reviewer.reviewed is not None)
    page = page_of(hands)
    assert [one.finding.title for one in hands.desk.reviewer.findings] == [one.finding.title for one in some]
    assert page.findings.stopped.sentence.text().startswith("Stopped before the first pass was done.")
    assert page.code.code.content.source.rows > 10


def test_a_review_is_written_in_every_form_and_compared_with_what_was_written(
    hands: Driven, code: Path, tmp_path: Path
) -> None:
    hands.use()
    hands.desk.reviewer.work = scripted
    page = page_of(hands)
    reviewer = hands.desk.reviewer
    reviewer.start(Wanted(paths=(code,), checklists=("bugs",)))
    hands.until(lambda: reviewer.reviewed is not None)
    written: list[tuple[Path, str]] = []
    files = {form: tmp_path / f"out.{form}" for form in ("sarif", "markdown", "json", "patch")}
    for form, path in files.items():
        reviewer.write(form, path, lambda *news: written.append(news))  # type: ignore[arg-type]
    hands.until(lambda: len(written) == 4)
    results = json.loads(files["sarif"].read_text("utf-8"))["runs"][0]["results"]
    assert len(results) == len(reviewer.findings) == 8
    assert "# " in files["markdown"].read_text("utf-8")
    assert "HOLD_LAST_GOOD_S" in files["patch"].read_text("utf-8")
    for form in ("sarif", "json"):
        reviewer.compare_with_file(files[form])
        hands.until(lambda: reviewer.compared is not None)
        assert set(reviewer.changes.values()) == {"still"}
        assert page.findings.compare.sentence.text() == f"compared with out.{form}"
        reviewer.compare_no_longer()
    reviewer.compare_with_file(files["markdown"])
    hands.until(lambda: hands.window.toast.words != "")
    assert "out.markdown" in hands.window.toast.words
    hands.until(lambda: not hands.desk.answers.lent)


def test_an_answer_and_a_review_wait_for_each_other(hands: Driven, code: Path) -> None:
    page_of(hands)
    reviewer = hands.desk.reviewer
    reviewer.start(Wanted(paths=(code,), checklists=("bugs",)))
    assert hands.window.toast.words == "There is no model to review with. Choose one first."
    hands.use()
    hands.desk.answers.under_way = True
    reviewer.start(Wanted(paths=(code,), checklists=("bugs",)))
    assert hands.window.toast.words.startswith("An answer is under way.")
    assert not reviewer.running
    hands.desk.answers.under_way = False


@pytest.mark.long
def test_the_bundled_reader_reviews_a_repository_in_the_window(hands: Driven, code: Path) -> None:
    hands.use()
    page = page_of(hands)
    commit(code, {"crane/more.py": module(3)})
    page.choose((code,))
    dialog = question(hands)
    dialog.lists.tick_all(False)
    dialog.lists.item(0).setCheckState(Qt.CheckState.Checked)
    dialog.accept()
    hands.until(lambda: page.findings.progress.isVisible())
    hands.until(lambda: not hands.desk.reviewer.running)
    reviewed = hands.desk.reviewer.reviewed
    assert reviewed is not None
    assert set(reviewed.review.passes[0].files) == {*reviews.TEXTS, "crane/more.py"}
    assert len(page.findings.list.rows.findings()) == len(reviewed.review.findings)
    hands.until(lambda: not hands.desk.answers.lent)
    write(code, {"crane/more.py": module(4)})
    hands.desk.reviewer.again(only_changed=True)
    hands.until(lambda: not hands.desk.reviewer.running)
    reviewed = hands.desk.reviewer.reviewed
    assert reviewed is not None
    assert reviewed.review.passes[0].files == ("crane/more.py",)
    hands.until(lambda: not hands.desk.answers.lent)
