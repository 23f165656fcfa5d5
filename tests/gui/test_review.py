"""The page of the review: its states, the list with its keys, the code beside it, dismissing, comparing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QFont, QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.answering import Settings
from app.core.errors import CoreError
from app.core.review.running import ReviewProgress
from app.core.review.scope import Scope
from app.core.review.wanted import Heard, Reviewed, Wanted
from app.services.desk import Desk
from app.ui.review.choose import ReviewQuestion
from app.ui.review.dismiss import DismissQuestion
from app.ui.review.page import ReviewPage
from app.ui.review.passes import PassesDialog
from app.ui.review.rows import FindingRow, HeadingRow
from app.ui.theme.style import Theme
from engine.backends.base import Backend
from tests.gui import reviews
from tests.gui.painted import faint_rows
from tests.gui.seeing import clipped, faint, nameless, unreachable
from tests.gui.test_everyone import in_all_themes

WAIT_MS = 30_000


@pytest.fixture
def page(theme: Theme, qtbot: QtBot) -> Iterator[ReviewPage]:
    """The page alone, over a real desk."""
    desk = Desk()
    page = ReviewPage(theme, desk)
    page.resize(1168, 788)
    with qtbot.waitExposed(page):
        page.show()
    page.activateWindow()
    yield page
    page.shut_down()
    page.close()
    page.deleteLater()
    desk.close()


def show(page: ReviewPage, reviewed: Reviewed | None = None) -> None:
    page.desk.reviewer.show(reviewed or reviews.reviewed())


def key(page: ReviewPage, qtbot: QtBot, *keys: Qt.Key) -> None:
    for one in keys:
        qtbot.keyClick(page.findings.list, one)


def title(page: ReviewPage) -> str:
    checked = page.code.details.checked
    assert checked is not None
    return checked.finding.title


def dialog(qtbot: QtBot, kind: type) -> object:
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), kind), timeout=WAIT_MS)
    return QApplication.activeModalWidget()


def test_the_arrows_choose_findings_pass_over_headings_and_show_their_code(page: ReviewPage, qtbot: QtBot) -> None:
    show(page)
    listed = page.findings.list
    assert page.findings.header.title.text() == "Review of crane-controller"
    assert title(page) == "A stale reading keeps the jib turning for 30 s"
    listed.setFocus()
    key(page, qtbot, *[Qt.Key.Key_Down] * 6)
    assert title(page) == "The directions that may_turn takes are not said"
    key(page, qtbot, Qt.Key.Key_Down)
    assert title(page) == "The clock is read twice and the results may differ"
    assert page.code.header.name.whole == "crane/slew_guard.py"
    assert page.code.header.verdict.text().startswith("? The quoted code stands nowhere")
    assert page.code.header.counter.text() == "finding 8 of 8 · F3 next"
    assert "time.time()" in page.code.details.quote.text()
    key(page, qtbot, Qt.Key.Key_F3)
    assert title(page).startswith("A stale")


def test_enter_goes_to_the_code_and_escape_comes_back(page: ReviewPage, qtbot: QtBot) -> None:
    show(page)
    places: list[tuple[str, int, int]] = []
    page.place_wanted.connect(lambda *place: places.append(place))
    page.findings.list.setFocus()
    key(page, qtbot, Qt.Key.Key_Down, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is page.code.code
    assert places == [("gateway/session.py", 13, 13)]
    qtbot.keyClick(page.code.code, Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is page.findings.list
    assert page.code.isVisible()


def test_where_there_is_little_room_the_code_lies_over_the_findings(page: ReviewPage, qtbot: QtBot) -> None:
    show(page)
    page.resize(728, 600)
    assert page.width() == 728
    assert not page.code.isVisible()
    assert page.findings.width() == 728
    page.findings.list.setFocus()
    key(page, qtbot, Qt.Key.Key_Down)
    assert not page.code.isVisible()
    key(page, qtbot, Qt.Key.Key_Return)
    assert page.code.isVisible()
    assert page.code.geometry().right() == page.rect().right()
    assert 0 < page.code.x() < 300
    qtbot.keyClick(page.code.code, Qt.Key.Key_Escape)
    assert not page.code.isVisible()
    assert QApplication.focusWidget() is page.findings.list
    page.resize(1200, 700)
    assert page.code.isVisible()
    assert page.code.x() >= page.findings.width()


def test_delete_dismisses_with_a_reason_and_undo_brings_it_back(page: ReviewPage, qtbot: QtBot) -> None:
    show(page)
    said: list[tuple[str, str, object]] = []
    page.told.connect(lambda *news: said.append(news))
    page.findings.list.setFocus()
    key(page, qtbot, Qt.Key.Key_Down, Qt.Key.Key_Delete)
    question = dialog(qtbot, DismissQuestion)
    assert isinstance(question, DismissQuestion)
    question.offers[1].click()
    assert question.reason == "Cannot happen here"
    question.accept()
    dismissed = next(one for one in page.desk.reviewer.findings if one.dismissed is not None)
    assert dismissed.finding.title.startswith("The password")
    assert page.findings.header.facts.text().endswith("7 findings, 1 not confirmed by the code, 1 dismissed")
    assert all(row.checked != dismissed for row in page.findings.list.rows.findings())
    assert title(page) == "The name of the crane is pasted into the query"
    menu = page.findings.filter.menu_of_order()
    menu.actions()[-1].trigger()
    assert page.findings.list.choose(dismissed)
    assert page.code.details.dismissed.text() == "Dismissed: Cannot happen here"
    assert not page.code.details.dismiss.isVisible()
    (_, action, undo) = said[-1]
    assert action == "Undo"
    assert callable(undo)
    undo()
    assert all(one.dismissed is None for one in page.desk.reviewer.findings)
    assert page.code.details.dismiss.isVisible()


def test_the_filter_narrows_says_how_many_are_left_and_is_taken_back(page: ReviewPage, qtbot: QtBot) -> None:
    show(page)
    bar = page.findings.filter
    assert bar.shown.text() == "8 shown"
    menu = bar.menu_of_severities()
    assert [action.text() for action in menu.actions()] == [
        "All severities",
        "",
        "Errors  3",
        "Warnings  4",
        "Notes  1",
    ]
    menu.actions()[3].trigger()
    assert (bar.shown.text(), bar.severities.text()) == ("4 shown", "Warnings")
    assert title(page) == "The loop never gives up and never waits"
    qtbot.keyClicks(bar.edit, "no such words")
    assert bar.shown.text() == "0 shown"
    assert not page.code.isVisible()
    (button,) = page.findings.nothing.buttons
    assert button.text() == "Show all findings"
    button.click()
    assert bar.shown.text() == "8 shown"
    assert page.code.isVisible()
    bar.menu_of_order().actions()[1].trigger()
    rows = page.findings.list.rows.rows
    assert isinstance(rows[0], HeadingRow)
    assert rows[0].words == "crane/slew_guard.py"
    assert bar.order.text() == "By file"


def test_a_sign_in_the_margin_chooses_its_finding(page: ReviewPage, qtbot: QtBot) -> None:
    show(page)
    code = page.code.code
    qtbot.waitUntil(lambda: code.top_of(code.marks[0]) is not None, timeout=WAIT_MS)
    note = next(mark for mark in code.marks if mark.severity == "note")
    top = code.top_of(note)
    assert top is not None
    place = QPoint(8, top + code.style_of_rows().line // 2)
    qtbot.mouseClick(code.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert title(page) == "The directions that may_turn takes are not said"
    assert code.chosen == note


def test_the_lines_of_the_finding_are_washed_and_ruled_in_every_theme(
    page: ReviewPage, theme: Theme, qtbot: QtBot
) -> None:
    show(page)
    code = page.code.code
    qtbot.waitUntil(lambda: code.chosen is not None and code.top_of(code.chosen) is not None, timeout=WAIT_MS)
    assert code.chosen is not None
    line = code.style_of_rows().line

    def colours(root: object, name: str) -> list[str]:
        assert code.chosen is not None
        top = code.top_of(code.chosen)
        assert top is not None
        image = code.viewport().grab().toImage()
        right, rule = code.viewport().width() - 3, code.gutter() + 1
        wash, above = image.pixelColor(right, top + 2), image.pixelColor(right, top - 2)
        last = image.pixelColor(right, top + 4 * line - 2)
        beneath = image.pixelColor(right, top + 4 * line + 2)
        wrong = []
        if (wash, last) != (theme.colour("mark"), theme.colour("mark")):
            wrong.append(f"{wash.name()} and {last.name()} are no mark")
        if theme.colour("surface") not in (above, beneath) or above != beneath:
            wrong.append("more than its lines are washed")
        if image.pixelColor(rule, top + 2 * line) != theme.colour("bad"):
            wrong.append("there is no rule")
        return wrong

    assert in_all_themes(theme, page, colours) == []


def test_a_suggestion_is_shown_with_its_signs_and_can_be_copied(page: ReviewPage, qtbot: QtBot) -> None:
    show(page)
    details = page.code.details
    assert details.patch.text() == "✓ applies to the code as it was reviewed"
    signs = [row.sign for row in details.diff.rows]
    assert (signs.count("-"), signs.count("+")) == (4, 1)
    assert "− # keep" in " ".join(details.diff.accessibleDescription().split())
    details.copy_patch.click()
    assert QGuiApplication.clipboard().text() == reviews.checked()[0].finding.suggestion
    page.step(1)
    assert not details.diff.isVisible()
    assert not details.copy_patch.isVisible()
    page.findings.list.choose(reviews.checked()[4])
    assert details.patch.text().startswith("? does not apply to the code. Line 11")


def test_each_state_says_what_to_do(page: ReviewPage, qtbot: QtBot) -> None:
    wanted: list[str] = []
    page.model_wanted.connect(lambda: wanted.append("model"))
    state = page.findings.state
    assert [button.text() for button in state.buttons] == ["Choose a model…"]
    state.buttons[0].click()
    assert wanted == ["model"]
    page.desk.use_default_model()
    assert [button.text() for button in state.buttons] == ["Review…"]
    show(page, reviews.reviewed(()))
    assert state.heading.text() == "Nothing found"
    assert page.findings.header.facts.text() == "148 files in one pass · bugs, security · nothing found"
    show(page, reviews.reviewed((), cancelled=True))
    assert state.heading.text() == "Nothing found so far"
    show(page, reviews.reviewed(reviews.checked()[:2], cancelled=True))
    assert page.findings.stopped.isVisible()
    assert page.findings.stopped.sentence.text() == "Stopped after one pass. What was found until then is kept."
    all_gone = tuple(replace(one, dismissed="") for one in reviews.checked())
    show(page, reviews.reviewed(all_gone))
    assert page.findings.nothing.heading.text() == "All findings were dismissed"


def test_a_review_tells_how_far_it_is_and_keeps_what_it_found_when_it_is_stopped(
    page: ReviewPage, qtbot: QtBot
) -> None:
    page.desk.use_default_model()
    going = threading.Event()
    first, second = reviews.checked()[:2]

    def work(wanted: Wanted, heard: Heard, backend: Backend, settings: Settings, before: Reviewed | None) -> Reviewed:
        heard.code(Scope("/srv/crane", "3 files", reviews.TEXTS))
        heard.progress(ReviewProgress("reading", 3000, 6000, 1, 2, "Bugs", 0, 2, seconds_left=45))
        heard.found(first)
        heard.found(second)
        while not heard.stop():
            going.wait(0.01)
        return reviews.reviewed((first, second), cancelled=True)

    page.desk.reviewer.work = work
    page.desk.reviewer.start(Wanted(paths=(Path("/srv/crane"),), checklists=("bugs",)))
    progress = page.findings.progress
    qtbot.waitUntil(lambda: len(page.findings.list.rows.findings()) == 2, timeout=WAIT_MS)
    assert progress.isVisible()
    assert progress.sentence.text() == "Pass 1 of 2, Bugs: reading 3,000 of 6,000 tokens"
    assert progress.speed.text() == "45 s left to read"
    assert page.findings.header.title.text() == "Review of crane"
    assert not page.findings.header.choose.isEnabled()
    assert page.code.isVisible()
    asked: list[str] = []
    page.desk.said.connect(lambda failure: asked.append(failure.message))
    page.desk.ask("Who built the crane?")
    assert asked == ["A review is under way."]
    assert page.desk.exchanges == []
    page.findings.progress.cancel.click()
    assert progress.sentence.text() == "Stopping…"
    qtbot.waitUntil(lambda: not page.desk.reviewer.running, timeout=WAIT_MS)
    assert not progress.isVisible()
    assert len(page.findings.list.rows.findings()) == 2
    assert page.findings.stopped.isVisible()
    qtbot.waitUntil(lambda: not page.desk.answers.lent, timeout=WAIT_MS)


def test_a_finding_that_comes_in_moves_nothing_under_the_eyes(page: ReviewPage, qtbot: QtBot) -> None:
    many = tuple(
        replace(one, fingerprint=f"{n} {i}", finding=replace(one.finding, title=f"{n} {one.finding.title}"))
        for n in range(6)
        for i, one in enumerate(reviews.checked())
    )
    page.resize(1168, 500)
    show(page, reviews.reviewed(many))
    listed, code = page.findings.list, page.code.code
    assert title(page) == "0 A stale reading keeps the jib turning for 30 s"
    code.show_line(2)
    listed.verticalScrollBar().setValue(300)
    rows = [row for row, _ in code.rows_in_sight()]
    page.desk.reviewer.findings.append(replace(many[0], fingerprint="more"))
    page.desk.reviewer.found.emit(many[0])
    assert len(listed.rows.findings()) == len(many) + 1
    assert listed.verticalScrollBar().value() == 300
    assert [row for row, _ in code.rows_in_sight()] == rows
    assert title(page) == "0 A stale reading keeps the jib turning for 30 s"


def test_what_goes_wrong_is_said_with_a_way_on_and_does_not_lose_the_review_before(
    page: ReviewPage, qtbot: QtBot
) -> None:
    page.desk.use_default_model()

    class Refused(CoreError):
        kind = "review_scope"

    def work(wanted: Wanted, heard: Heard, backend: Backend, settings: Settings, before: Reviewed | None) -> Reviewed:
        raise Refused("There is nothing to review in /srv/empty.", hint="Name a folder with source code.")

    reviewer = page.desk.reviewer
    reviewer.work = work
    reviewer.start(Wanted(checklists=("bugs",)))
    qtbot.waitUntil(lambda: not reviewer.running, timeout=WAIT_MS)
    state = page.findings.state
    assert state.heading.text() == "The review could not be done"
    assert state.sentence.text() == "There is nothing to review in /srv/empty. Name a folder with source code."
    assert [button.text() for button in state.buttons] == ["Try again", "Review something else…"]
    show(page)
    said: list[str] = []
    page.warned.connect(said.append)
    qtbot.waitUntil(lambda: not page.desk.answers.lent, timeout=WAIT_MS)
    reviewer.start(Wanted(checklists=("bugs",)))
    qtbot.waitUntil(lambda: not reviewer.running, timeout=WAIT_MS)
    assert said == ["There is nothing to review in /srv/empty. Name a folder with source code."]
    assert len(page.findings.list.rows.findings()) == 8


def test_two_reviews_are_compared(page: ReviewPage, qtbot: QtBot) -> None:
    found = reviews.checked()
    page.desk.reviewer.show(reviews.reviewed(found[1:]), reviews.reviewed(found[:3]))
    menu = page.findings.header.menu_of_more()
    compare = next(action for action in menu.actions() if action.text() == "Compare with the review before")
    assert compare.isEnabled()
    compare.trigger()
    bar = page.findings.compare
    assert bar.isVisible()
    assert [button.text() for button in bar.buttons.values()] == ["5 new", "2 still there", "1 fixed"]
    rows = page.findings.list.rows.findings()
    assert [(row.change, row.checked.finding.title) for row in rows][-1] == ("fixed", found[0].finding.title)
    page.findings.list.choose(found[0])
    assert page.code.header.verdict.text() == "Found by the other review only; these were its lines"
    assert page.code.code.chosen is not None
    assert not page.code.code.chosen.confirmed
    bar.buttons["still"].click()
    assert {row.change for row in page.findings.list.rows.findings()} == {"still"}
    bar.closed.emit()
    assert not bar.isVisible()
    assert {row.change for row in page.findings.list.rows.findings()} == {""}
    assert len(page.findings.list.rows.findings()) == 7


def test_the_report_says_which_pass_saw_what_and_what_none_saw(page: ReviewPage, qtbot: QtBot) -> None:
    show(page)
    assert page.findings.left_out.sentence.text() == "1 file was not reviewed."
    page.findings.left_out.link.click()
    report = dialog(qtbot, PassesDialog)
    assert isinstance(report, PassesDialog)
    parts = dict(report.parts(reviews.reviewed().review))
    assert parts["Not reviewed: 1"] == "crane/map.bin: It holds no text.\n"
    assert parts["Pass 1, bugs: 3 files"].startswith("6,200 tokens, 5,400 of them kept from before, 800 read")
    assert "store/history.go" in parts["Pass 1, security: 3 files"]
    report.reject()


def test_everyone_can_use_it(page: ReviewPage, theme: Theme, qtbot: QtBot) -> None:
    seen: set[object] = set()
    states = [reviews.reviewed(), reviews.reviewed(()), None]
    for reviewed in states:
        if reviewed is not None:
            show(page, reviewed)
        else:
            page.desk.reviewer.forget()
        assert nameless(page) == clipped(page) == unreachable(page) == []
        assert in_all_themes(theme, page) == []
    dismissed = tuple(replace(one, dismissed="Intended") for one in reviews.checked()[3:5])
    page.desk.reviewer.show(reviews.reviewed((*reviews.checked()[:3], *dismissed)), reviews.reviewed())
    page.desk.reviewer.compare_with_before()
    page.findings.filter.menu_of_order().actions()[-1].trigger()
    assert nameless(page) == clipped(page) == unreachable(page) == []
    assert in_all_themes(theme, page, lambda root, name: faint(root) + faint_rows(root, seen, name)) == []
    kinds = {type(row) for row in page.findings.list.rows.rows}
    assert kinds == {FindingRow, HeadingRow}
    assert len(seen) > 20


def test_words_have_room_where_type_is_large(theme: Theme, qapp: QApplication, qtbot: QtBot) -> None:
    before = QFont(qapp.font())
    font = QFont(before)
    font.setPointSizeF(1.6 * before.pointSizeF())
    qapp.setFont(font)
    desk = Desk()
    page = ReviewPage(theme, desk)
    try:
        page.resize(1500, 900)
        with qtbot.waitExposed(page):
            page.show()
        assert clipped(page) == []
        desk.reviewer.show(reviews.reviewed(), reviews.reviewed(reviews.checked()[:3]))
        desk.reviewer.compare_with_before()
        QApplication.processEvents()
        assert clipped(page) == []
        page.findings.list.choose(reviews.checked()[6])
        QApplication.processEvents()
        assert clipped(page) == []
    finally:
        page.shut_down()
        page.close()
        desk.close()
        qapp.setFont(before)


def test_what_is_dropped_on_the_page_is_what_is_offered_to_be_reviewed(
    page: ReviewPage, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "guard.py").write_text(reviews.GUARD, "utf-8")
    page.desk.use_default_model()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    mouse, plain = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    page.dropEvent(QDropEvent(QPointF(200, 200), Qt.DropAction.CopyAction, data, mouse, plain))
    question = dialog(qtbot, ReviewQuestion)
    assert isinstance(question, ReviewQuestion)
    assert question.choice.paths == (tmp_path,)
    assert question.what == "everything"
    question.reject()
