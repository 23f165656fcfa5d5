"""The logs among the sources, each as a picture over time, with the way to its filters. Changes nothing itself."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.core.failures import Failure
from app.core.workspace import Entry
from app.services.desk import Desk
from app.services.lane import Call
from app.ui import words
from app.ui.elided import ElidedLabel
from app.ui.logs.columns import nanoseconds_of, span_words
from app.ui.logs.legend import Legend
from app.ui.logs.timeline import Timeline
from app.ui.sources.read_as import is_log
from app.ui.theme.style import SECTION, TITLE, Theme, scaled
from ingest.log_survey import LogSurvey
from ingest.view import LogView

_SIDE = 24
_WIDEST = 1100


class LogsPage(QScrollArea):
    """Follows the sources of `desk`. `filtering`, `showing`: the key of a log; `adding`: there is none yet."""

    filtering = Signal(str)
    showing = Signal(str)
    adding = Signal()

    def __init__(self, theme: Theme, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._desk = theme, desk
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = QWidget()
        inside.setProperty("field", "surface")
        inside.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._title = QLabel(self.tr("Logs"))
        self._title.setFont(scaled(TITLE, weight=QFont.Weight.DemiBold))
        self._legend = Legend(theme)
        head = QHBoxLayout()
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._legend)
        self._nothing = Nothing(self)
        self._nothing.add.clicked.connect(self.adding)
        self._column = QVBoxLayout()
        self._column.setSpacing(16)
        held = QWidget()
        held.setMaximumWidth(_WIDEST)
        rows = QVBoxLayout(held)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(12)
        rows.addLayout(head)
        rows.addWidget(self._nothing)
        rows.addLayout(self._column)
        rows.addStretch(1)
        whole = QHBoxLayout(inside)
        whole.setContentsMargins(_SIDE, 20, _SIDE, 20)
        whole.addWidget(held)
        self.setWidget(inside)
        self.cards: dict[str, LogCard] = {}
        desk.sources_changed.connect(self._follow)
        desk.opened.connect(self._follow)
        self._follow()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Logs are looked through when a person wants to see them, not before."""
        super().showEvent(event)
        self._follow()

    def _follow(self) -> None:
        entries = [entry for entry in self._desk.workspace.entries if is_log(entry.document)]
        self._nothing.setVisible(not entries)
        self._legend.setVisible(bool(entries))
        if not self.isVisible():
            return
        for key in self.cards.keys() - {entry.key for entry in entries}:
            self.cards.pop(key).close_for_good()
        for place, entry in enumerate(entries):
            card = self.cards.get(entry.key)
            if card is None:
                card = self.cards[entry.key] = LogCard(self._theme, entry.key)
                card.filter.clicked.connect(lambda _=False, key=entry.key: self.filtering.emit(key))
                card.show_text.clicked.connect(lambda _=False, key=entry.key: self.showing.emit(key))
                self._column.insertWidget(place, card)
            card.show_entry(entry, self._desk)


class Nothing(QFrame):
    """Said where there is no log."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("card", "sunken")
        what = QLabel(self.tr("No source is a log yet."))
        what.setFont(scaled(SECTION, weight=QFont.Weight.DemiBold))
        more = QLabel(
            self.tr(
                "Add one, packed or not, of any size. It is shown over time, can be cut to the hours, levels and "
                "words that matter, and records of one shape can be folded into a line each."
            )
        )
        more.setProperty("tone", "second")
        more.setWordWrap(True)
        self.add = QPushButton(self.tr("Add files…"))
        self.add.setAccessibleName(self.tr("Add files"))
        rows = QVBoxLayout(self)
        rows.setContentsMargins(16, 14, 16, 14)
        rows.setSpacing(8)
        rows.addWidget(what)
        rows.addWidget(more)
        rows.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)


class LogCard(QFrame):
    """One log: what is in it, when, and what of it is read."""

    def __init__(self, theme: Theme, key: str) -> None:
        super().__init__()
        self.setProperty("card", "plain")
        self._shown: tuple[object, str | None] | None = None
        self._call: Call[LogSurvey] | None = None
        self._survey: LogSurvey | None = None
        self._view = LogView()
        self._name = ElidedLabel()
        self._name.setFont(scaled(SECTION, weight=QFont.Weight.DemiBold))
        self.facts = QLabel()
        self.facts.setProperty("tone", "second")
        self.facts.setWordWrap(True)
        self.read = QLabel()
        self.read.setProperty("tone", "second")
        self.read.setWordWrap(True)
        self.timeline = Timeline(theme)
        self.timeline.setEnabled(False)
        self.timeline.hide()
        self.show_text = QPushButton(self.tr("Show"))
        self.filter = QPushButton(self.tr("Filter and fold…"))
        for button, does in ((self.show_text, self.tr("Show {0}")), (self.filter, self.tr("Filter and fold {0}"))):
            button.setAccessibleName(does.format(key))
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._name, 1)
        head.addWidget(self.show_text)
        head.addWidget(self.filter)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(16, 12, 16, 12)
        rows.setSpacing(6)
        for part in (self.facts, self.timeline, self.read):
            rows.addWidget(part)
        rows.insertLayout(0, head)

    def show_entry(self, entry: Entry, desk: Desk) -> None:
        """The log as it is now; looked through again only if the file is another one."""
        self._name.setText(f"{entry.key} · {entry.name}")
        self._view = entry.document.view.log
        self.read.setText(self._view_words(self._view))
        self._mark_time()
        state = (entry.document.path, entry.document.sha256)
        if state == self._shown:
            return
        self._shown = state
        self._stop()
        self.facts.setText(self.tr("Looking through the log…"))
        self._call = desk.surveyor.survey(
            entry.document, done=self._surveyed, failed=self._failed, progress=self._progress
        )

    def close_for_good(self) -> None:
        """The log is no longer a source."""
        self._stop()
        self.hide()
        self.deleteLater()

    def _view_words(self, view: LogView) -> str:
        if not view.filters:
            return (
                self.tr("Read: all of it, records of one shape folded.") if view.fold else self.tr("Read: all of it.")
            )
        said = [self.tr("Read: what the filters let through")]
        if view.since or view.until:
            said.append(f"{view.since or '…'} – {view.until or '…'}".replace("T", " "))
        if view.levels:
            said.append(", ".join(sorted(view.levels)))
        if view.pattern:
            said.append(f"“{view.pattern}”")
        if view.fold:
            said.append(self.tr("folded"))
        return " · ".join(said)

    def _progress(self, read: int) -> None:
        self.facts.setText(self.tr("Looking through the log, {0}").format(words.size(read)))

    def _failed(self, failure: Failure) -> None:
        self._call = None
        self.facts.setText(f"{failure.message} {failure.hint}".strip())

    def _surveyed(self, survey: LogSurvey) -> None:
        self._call, self._survey = None, survey
        facts = [survey.title, self.tr("{0} records").format(words.count(survey.records))]
        if survey.first is None or survey.last is None:
            facts.append(self.tr("no times in it"))
        elif not survey.since_start:
            facts.append(span_words(survey.first, survey.last) + (" UTC" if survey.zone_known else ""))
        self.facts.setText(" · ".join(facts))
        self.timeline.show_buckets(survey.buckets, survey.bucket)
        self.timeline.setVisible(survey.first is not None)
        self._mark_time()

    def _mark_time(self) -> None:
        """The stretch of time that is read, where not all of it is."""
        survey = self._survey
        if survey is not None and survey.first is not None and survey.last is not None:
            low, high = nanoseconds_of(self._view.since or ""), nanoseconds_of(self._view.until or "")
            some = low is not None or high is not None
            ends = (survey.first if low is None else low, survey.last + 1 if high is None else high)
            self.timeline.set_range(ends if some else None)

    def _stop(self) -> None:
        if self._call is not None:
            self._call.cancel()
            self._call = None
