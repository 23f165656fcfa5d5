"""The page of the self-check: what is known of the model in use, what measures it, what was found, trial by trial.

Follows the desk and its checker; what was asked and found is theirs.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.services.checker import CheckAsked, kinds_of_tasks, tasks_of
from app.services.desk import Desk
from app.ui import words
from app.ui.chooser import Chooser
from app.ui.conversation.cards import ProblemCard, Remedy
from app.ui.selfcheck.choices import CheckChoices, Choice
from app.ui.selfcheck.head import CheckHead
from app.ui.selfcheck.problems import Problem, problem_of, stale_because
from app.ui.selfcheck.progress import CheckCard
from app.ui.selfcheck.result import ResultView
from app.ui.selfcheck.trials import TrialPanel
from app.ui.selfcheck.verdict import compared, explained
from app.ui.theme.style import Theme
from engine.selfcheck.plan import BASELINE
from engine.selfcheck.report import Report
from engine.selfcheck.verdicts import verified

_BESIDE, _PANEL, _NARROW_PANEL = 880, 340, 300
"""Pixels of the page's width from which the trials stand beside the map; of theirs, usually and at the least."""
_WIDEST = 1000


class CheckPage(QWidget):
    """`model_wanted`: choose another model, or another context. `written`: the path of a report that was saved."""

    model_wanted = Signal()

    def __init__(self, theme: Theme, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._desk, self._checker = theme, desk, desk.checker
        self._choosing = False
        self._kv = ""
        self.setProperty("field", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("Self-check"))
        self.head = CheckHead(theme)
        self.card = CheckCard(theme)
        self.choices = CheckChoices(theme, kinds_of_tasks(), tasks_of, self._seconds)
        self.caches = Chooser(theme, self.tr("Cache"))
        self.comparison = QLabel()
        self.result = ResultView(theme)
        self.trials = TrialPanel(theme)
        self.problem: ProblemCard | None = None
        self._problem: Problem | None = None
        self._arrange()
        self._connect()
        self.refresh()

    @property
    def report(self) -> Report | None:
        """What is shown: of what was measured just now the chosen cache, else what is kept of the model in use."""
        reports = self._checker.reports
        if not reports:
            return self._desk.verification.report
        return next((report for report in reports if report.kv == self._kv), reports[-1])

    def refresh(self) -> None:
        """Show how things stand."""
        checker, report = self._checker, self.report
        idle = self._usable and checker.phase == "idle"
        self.head.say(*self._say(report))
        again = idle and report is not None and not self._choosing
        self.head.offer(again=again, save=report is not None and not checker.busy)
        self._refresh_card()
        self.choices.setVisible(idle and (report is None or self._choosing))
        if not self.choices.isHidden():
            self._refresh_choices()
        self.caches.offer([(one.kv, one.kv) for one in checker.reports])
        self.caches.setVisible(len(checker.reports) > 1)
        self.comparison.setText("\n".join(compared(checker.reports)))
        self.comparison.setVisible(len(checker.reports) > 1)
        self.result.setVisible(report is not None and bool(report.trials))
        if report is not None and report.trials and report is not self.result.report:
            self.result.show_report(report)
        self._show_problem(problem_of(self._desk, report))
        self._show_trials()

    def measure_again(self) -> None:
        """Offer what can be chosen, over the result."""
        self._choosing = True
        self.refresh()
        self.choices.begin.setFocus(Qt.FocusReason.OtherFocusReason)
        self._scroll.verticalScrollBar().setValue(0)

    def _close_choices(self) -> None:
        self._choosing = False
        self.refresh()

    def save(self, form: str) -> None:
        """Ask where the report is to be written."""
        report = self.report
        if report is None:
            return
        dialog = QFileDialog(self, self.tr("Save the report"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(form)
        dialog.selectFile(self.tr("self-check") + f".{form}")
        dialog.fileSelected.connect(lambda name: self._checker.write(report, Path(name), form))
        dialog.open()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """The trials beside the map where there is room, else below it."""
        super().resizeEvent(event)
        self._place_trials(beside=event.size().width() >= _BESIDE)

    # Layout

    def _arrange(self) -> None:
        inside = QWidget()
        inside.setProperty("field", "surface")
        inside.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        held = QWidget()
        held.setMaximumWidth(_WIDEST)
        across = QHBoxLayout(inside)
        across.setContentsMargins(24, 18, 24, 20)
        across.addStretch(1)
        across.addWidget(held, _WIDEST)
        across.addStretch(1)
        self._column = QVBoxLayout(held)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(14)
        self._problems = QVBoxLayout()
        self._column.addWidget(self.head)
        self._column.addLayout(self._problems)
        for part in (self.card, self.choices, self.caches, self.comparison, self.result):
            self._column.addWidget(part)
        self.comparison.setProperty("tone", "second")
        self.comparison.setWordWrap(True)
        self._column.addStretch(1)
        self._scroll, self._side = _scrolling(), _scrolling()
        self._scroll.setWidget(inside)
        self._side.setWidget(self.trials)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._row.addWidget(self._scroll, 1)
        self._row.addWidget(self._side)

    def _place_trials(self, *, beside: bool) -> None:
        if beside:
            self._side.setFixedWidth(_PANEL if self.width() >= _BESIDE + 120 else _NARROW_PANEL)
        if beside == (self._side.widget() is self.trials):
            return
        if beside:
            self._side.setWidget(self.trials)
        else:
            self._side.takeWidget()
            self.result.put_below_map(self.trials)
        self.refresh()

    def _connect(self) -> None:
        desk, checker = self._desk, self._checker
        self.head.again.connect(self.measure_again)
        self.head.saving.connect(self.save)
        self.choices.begun.connect(self._begin)
        self.choices.closed.connect(self._close_choices)
        self.card.pausing.connect(checker.pause)
        self.card.going_on.connect(desk.go_on_checking)
        self.card.stopping.connect(checker.stop)
        self.result.chosen.connect(self.trials.show_cell)
        self.caches.chosen.connect(self._choose_cache)
        checker.changed.connect(self.refresh)
        desk.verification.changed.connect(self.refresh)
        checker.loading.connect(self.card.show_loading)
        checker.progressed.connect(self.card.show_progress)
        desk.model_changed.connect(self.refresh)
        desk.spending_changed.connect(self.refresh)
        desk.sources_changed.connect(self.refresh)
        desk.busy_changed.connect(self.refresh)

    def _refresh_card(self) -> None:
        phase = self._checker.phase
        if phase == "paused":
            self.card.show_paused(self._checker.kept_trials, why_not=self._desk.why_no_check)
        elif phase == "ending":
            self.card.show_ending()
        elif phase == "running" and self.card.isHidden():
            self.card.show_start(self._checker.model_name)
        self.card.setVisible(phase != "idle")

    def _refresh_choices(self) -> None:
        settings, context = self._desk.settings, self._context
        if settings is not None and context is not None:
            self.choices.show_model(context, settings.kv)
        self.choices.offer_documents(there=bool(self._desk.workspace.included()))
        self.choices.allow(self._desk.why_no_check)
        self.choices.close_button.setVisible(self.report is not None)

    def _show_trials(self) -> None:
        shown = not self.result.isHidden()
        self.trials.setVisible(shown)
        self._side.setVisible(shown and self._side.widget() is not None)

    # What is said

    @property
    def _context(self) -> int | None:
        around = self._desk.around
        return around.budget.context if around is not None else None

    def _say(self, report: Report | None) -> tuple[str, str]:
        checker = self._checker
        if self._desk.settings is None and checker.phase == "idle":
            return self.tr("No model"), self.tr("There is nothing to check: answers are passages, word for word.")
        if checker.phase != "idle":
            return self.tr("Measuring {0}").format(checker.model_name), self.tr(
                "Sentences are hidden at every depth of a long text, and the model is asked for them, length by length."
            )
        if report is None:
            return self.tr("Not verified yet"), self.tr(
                "How much of its context this model can really use, loaded as it is on this computer, is not known. "
                "Measuring hides sentences at every depth of a long text and asks the model for them."
            )
        figures = verified(report)
        reached = figures.reasoning if figures.retrieval is None else figures.retrieval
        if stale_because(self._desk, report):
            title = self.tr("Not verified as it runs now")
        elif reached:
            title = self.tr("Verified to {0} tokens").format(words.count(reached))
        elif reached == 0:
            title = self.tr("Not verified at any length")
        else:
            title = self.tr("Nothing is verified")
        return title, explained(report)

    @property
    def _usable(self) -> bool:
        """Whether there is a model that can be checked."""
        context = self._context
        return self._desk.settings is not None and (context is None or context >= BASELINE)

    def _choose_cache(self, kv: object) -> None:
        self._kv = str(kv)
        self.refresh()

    def _seconds(self, choice: Choice) -> float | None:
        context = self._context
        return (
            self._checker.expected_seconds(self._asked(choice), context, self._desk.per_second)
            if context is not None
            else None
        )

    def _asked(self, choice: Choice) -> CheckAsked:
        return CheckAsked(
            level=choice.level,
            kvs=choice.kvs,
            tasks=choice.tasks,
            max_tokens=choice.max_tokens,
            documents=choice.documents,
            fresh=self.report is not None and self.report.ended == "done",
        )

    def _begin(self, choice: Choice) -> None:
        self._choosing, self._kv = False, ""
        self._desk.check(self._asked(choice))

    def _show_problem(self, problem: Problem | None) -> None:
        if problem == self._problem:
            return
        self._problem = problem
        if self.problem is not None:
            self._problems.removeWidget(self.problem)
            self.problem.hide()
            self.problem.deleteLater()
            self.problem = None
        if problem is None:
            return
        remedies = [Remedy(self.tr("Choose a model…"), self.model_wanted.emit)] if problem.other_model else []
        self.problem = ProblemCard(
            self._theme, title=problem.title, sentence=problem.sentence, tone=problem.tone, remedies=remedies
        )
        self._problems.addWidget(self.problem)


def _scrolling() -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area
