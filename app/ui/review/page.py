"""The review in the centre of the window: findings at the left, the code that they are about at the right.

Shows what the desk's reviewer holds and passes on what a person wants; applies nothing to anybody's files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.core.failures import Failure
from app.core.review.finding import Checked, Review
from app.core.review.running import ReviewProgress
from app.core.review.wanted import Offer
from app.core.workspace import shown_name
from app.services.desk import Desk
from app.ui.review import words
from app.ui.review.beside import Beside
from app.ui.review.choose import ReviewQuestion
from app.ui.review.code_panel import CodePanel
from app.ui.review.dismiss import DismissQuestion
from app.ui.review.filing import Filing
from app.ui.review.findings import FindingsPanel
from app.ui.review.passes import PassesDialog
from app.ui.review.rows import Change, FindingRow, tally
from app.ui.review.saying import say_failure, say_nothing_found, say_start
from app.ui.theme.style import Theme
from app.ui.words import count


class ReviewPage(QWidget):
    """told: a sentence, and the words and act of a button ("" and None for none). warned: what could not be done.

    model_wanted: one is to be chosen.
    place_wanted: a path and the first and last line of a finding whose code was opened.
    """

    told = Signal(str, str, object)
    warned = Signal(str)
    model_wanted = Signal()
    place_wanted = Signal(str, int, int)

    def __init__(self, theme: Theme, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self.desk, self._reviewer = theme, desk, desk.reviewer
        self.setProperty("field", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("Review"))
        self.setAcceptDrops(True)
        self.findings = FindingsPanel(theme)
        self.code = CodePanel(theme)
        self._filing = Filing(self, desk.reviewer, self.told.emit)
        self._beside = Beside(self.findings, self.code)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._beside)
        self._connect()
        self.refresh()

    # What a person can do

    def choose(self, paths: tuple[Path, ...] = ()) -> None:
        """Choose what is reviewed and for what. paths: dropped just now; empty: the session's sources."""
        if self._reviewer.running:
            self.warned.emit(self.tr("A review is under way; stop it first."))
            return
        documents = [entry.document for entry in self.desk.workspace.included()]
        self._reviewer.offer(documents, paths, self._model(), self._ask)

    def _ask(self, offer: Offer) -> None:
        question = ReviewQuestion(self._theme, offer, self._reviewer.wanted, self)
        question.wanted.connect(self._reviewer.start)
        question.model_wanted.connect(self.model_wanted)
        question.reading_list.connect(
            lambda path: self._reviewer.read_list(path, question.add_list, question.say_problem)
        )
        question.open()

    def _model(self) -> str:
        settings, around = self.desk.settings, self.desk.around
        if settings is None:
            return ""
        name = shown_name(settings.model.stem)
        if around is None:
            return name
        return self.tr("{0} · {1} context").format(name, count(around.budget.context))

    def step(self, by: int) -> None:
        """To the next (1) or previous (-1) finding, round the end; its code shows."""
        if self.findings.lists:
            self.findings.list.step(by)
            self._show_code(keyboard=False)

    def open_find(self) -> None:
        """Search the file of the chosen finding."""
        if self.code.isVisible():
            self.code.open_find()

    def dismiss(self, checked: Checked) -> None:
        """Ask for the reason and dismiss a finding."""
        question = DismissQuestion(self._theme, checked, self)
        question.accepted.connect(lambda: self._dismiss(checked, question.reason))
        question.open()

    def refresh(self) -> None:
        """Show what the reviewer holds now."""
        reviewer = self._reviewer
        if reviewer.running:
            self._show_running()
        elif reviewer.failure is not None:
            self._show_failure()
        elif reviewer.reviewed is not None:
            self._show_reviewed()
        else:
            self._show_start()

    def shut_down(self) -> None:
        """End the threads. Nothing can be shown afterwards."""
        self.code.shut_down()

    # What is shown

    def _show_start(self) -> None:
        self._turn(header=False, progress=False)
        # Without a model there is no review.
        review = self.choose if self.desk.settings is not None else None
        say_start(self.findings.state, review=review, model=self.model_wanted.emit)
        self.findings.show_state()
        self._show_code_of(None)

    def _show_running(self) -> None:
        self._turn(header=True, progress=True)
        wanted = self._reviewer.wanted
        lists = ", ".join(map(words.kind, wanted.checklists)) if wanted is not None else ""
        self.findings.header.show_review(self._title(self._reviewer.name), lists)
        self._list()

    def _show_failure(self) -> None:
        failure = self._reviewer.failure
        assert failure is not None
        self._turn(header=False, progress=False)
        state = self.findings.state
        say_failure(state, failure, again=self._again, other=self.choose, model=self.model_wanted.emit)
        self.findings.show_state()
        self._show_code_of(None)

    def _show_reviewed(self) -> None:
        reviewed = self._reviewer.reviewed
        assert reviewed is not None
        review = reviewed.review
        rows = self._rows()
        numbers = tally(rows)
        self._turn(header=True, progress=False)
        self.findings.header.show_review(self._title(self._reviewer.name), words.reviewed(review, numbers))
        self.findings.stopped.say(self._stopped_words(review), self.tr("Run again") if review.cancelled else "")
        troubled = any(one.problem for one in review.passes)
        self.findings.left_out.say(words.left_out(review), self.tr("Show"), tone="warn" if troubled else "sunken")
        reviewer = self._reviewer
        compared = reviewer.compared
        if compared is not None:
            self.findings.compare.offer(
                dict(numbers.changes), words.compared(compared.created, compared.name, len(reviewer.unseen))
            )
        else:
            self.findings.compare.hide()
            self.findings.filter.put(replace(self.findings.filter.choice, changes=frozenset()))
        if rows:
            self._list(rows)
            return
        say_nothing_found(self.findings.state, review, other=self.choose)
        self.findings.show_state()
        self._show_code_of(None)

    def _turn(self, *, header: bool, progress: bool) -> None:
        """Show or hide what stands above the findings."""
        panel, reviewer = self.findings, self._reviewer
        panel.header.setVisible(header)
        if progress and panel.progress.isHidden():
            panel.progress.begin()
        panel.progress.setVisible(progress)
        panel.header.set_possible(
            running=reviewer.running,
            finished=reviewer.reviewed is not None,
            before=reviewer.before is not None,
            compared=reviewer.compared is not None,
        )
        panel.stopped.hide()
        panel.left_out.hide()
        if not header or progress:
            panel.compare.hide()

    def _list(self, rows: list[FindingRow] | None = None) -> None:
        self.findings.show_findings(self._rows() if rows is None else rows)
        self._show_code_of(self.findings.list.current)

    def _rows(self) -> list[FindingRow]:
        reviewer = self._reviewer
        rows = [FindingRow(checked, _change(reviewer.changes, checked)) for checked in reviewer.findings]
        return rows + [FindingRow(checked, "fixed") for checked in reviewer.fixed]

    def _title(self, name: str) -> str:
        return self.tr("Review of {0}").format(name) if name else self.tr("Review")

    def _stopped_words(self, review: Review) -> str:
        if not review.cancelled:
            return ""
        passes = words.passes_words(review.passes)
        if not passes:
            return self.tr("Stopped before the first pass was done. What was found until then is kept.")
        return self.tr("Stopped after {0}. What was found until then is kept.").format(passes)

    # The code

    def _show_code_of(self, row: FindingRow | None) -> None:
        """The code of a finding, beside the list or over it, where it is open."""
        if row is None:
            self._close_code()
            self._beside.withdraw()
            return
        self.code.show_finding(row, self.findings.list.rows.findings(), self._reviewer.texts, self._reviewer.known)
        self._beside.offer()

    def _show_code(self, *, keyboard: bool) -> None:
        """Open the code where it is closed. keyboard: it has the keyboard then."""
        row = self.findings.list.current
        if row is None:
            return
        finding = row.checked.finding
        self.place_wanted.emit(finding.path, finding.first, finding.last)
        self._beside.open()
        if keyboard:
            self.code.code.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _close_code(self) -> None:
        """The keyboard goes back to the findings; a panel that lies over them goes."""
        if self.code.isAncestorOf(self.focusWidget() or self):
            self.findings.list.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._beside.shut()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """F3 goes on to the next finding, Esc closes the code that lies over the findings."""
        if event.key() == Qt.Key.Key_F3:
            self.step(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        elif event.key() == Qt.Key.Key_Escape and self._beside.over and not self.code.isHidden():
            self._close_code()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Folders, files, archives and patches are welcome."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Ask what of it is reviewed, and for what."""
        paths = tuple(Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile())
        event.acceptProposedAction()
        self.choose(paths)

    # What happens

    def _connect(self) -> None:
        panel, header, listed = self.findings, self.findings.header, self.findings.list
        header.again.connect(self._again)
        header.only_changed.connect(self._only_changed)
        header.choosing.connect(lambda: self.choose())
        header.exporting.connect(self._filing.export)
        header.comparing.connect(self._reviewer.compare_with_before)
        header.comparing_file.connect(self._filing.compare)
        header.comparing_none.connect(self._reviewer.compare_no_longer)
        header.passes_wanted.connect(self._show_passes)
        panel.compare.closed.connect(self._reviewer.compare_no_longer)
        panel.progress.cancelled.connect(self._stop)
        panel.stopped.wanted.connect(self._again)
        panel.left_out.wanted.connect(self._show_passes)
        listed.chosen.connect(self._show_code_of)
        listed.showing.connect(lambda: self._show_code(keyboard=False))
        listed.opening.connect(lambda: self._show_code(keyboard=True))
        listed.dismissing.connect(self._delete_pressed)
        panel.narrowed.connect(lambda: self._show_code_of(listed.current))
        self.code.turned.connect(self.step)
        self.code.chosen.connect(lambda row: listed.choose(row.checked))
        self.code.closed.connect(self._close_code)
        details = self.code.details
        details.copying.connect(self._copy_patch)
        details.saving.connect(self._filing.save_patch)
        details.dismissing.connect(self.dismiss)
        details.restoring.connect(lambda checked: self._reviewer.dismiss(checked, None))
        self._reviewer.changed.connect(self.refresh)
        self._reviewer.progressed.connect(self._progressed)
        self._reviewer.found.connect(lambda _: self._list())
        self._reviewer.refused.connect(self._refused)
        self.desk.model_changed.connect(self._model_changed)

    def _progressed(self, state: ReviewProgress) -> None:
        self.findings.progress.show_progress(state, len(self._reviewer.findings))

    def _refused(self, failure: Failure) -> None:
        self.warned.emit(f"{failure.message} {failure.hint}".strip())

    def _model_changed(self) -> None:
        if not self._reviewer.running and self._reviewer.reviewed is None and self._reviewer.failure is None:
            self._show_start()

    def _again(self) -> None:
        """The same once more; of a review of another day it is asked what that was."""
        if self._reviewer.wanted is None:
            self.choose()
        else:
            self._reviewer.again()

    def _only_changed(self) -> None:
        if self._reviewer.wanted is None:
            self.choose()
        else:
            self._reviewer.again(only_changed=True)

    def _stop(self) -> None:
        self.findings.progress.stopping()
        self._reviewer.stop()

    def _delete_pressed(self, row: FindingRow) -> None:
        """Delete takes a dismissal back as well."""
        if row.checked.dismissed is None:
            self.dismiss(row.checked)
        else:
            self._reviewer.dismiss(row.checked, None)

    def _dismiss(self, checked: Checked, reason: str) -> None:
        self._reviewer.dismiss(checked, reason)
        self.told.emit(
            self.tr("Dismissed “{0}”").format(" ".join(checked.finding.title.split())),
            self.tr("Undo"),
            lambda: self._reviewer.dismiss(checked, None),
        )
        self.findings.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_passes(self) -> None:
        if self._reviewer.reviewed is not None:
            PassesDialog(self._theme, self._reviewer.reviewed.review, self).open()

    def _copy_patch(self, checked: Checked) -> None:
        QGuiApplication.clipboard().setText(checked.finding.suggestion)
        self.told.emit(self.tr("The patch is on the clipboard"), "", None)


def _change(changes: Mapping[str, Change], checked: Checked) -> Change:
    return changes.get(checked.fingerprint, "")
