"""The dialog "Filter and fold": a picture of a log, and which of its records are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.core.failures import Failure
from app.core.workspace import Entry
from app.services.lane import Call
from app.services.surveyor import Surveyor
from app.ui import words
from app.ui.check_box import CheckBox
from app.ui.check_list import CheckList
from app.ui.logs.choices import AroundField, LevelBoxes, PatternField
from app.ui.logs.columns import nanoseconds_of, span_words, written
from app.ui.logs.legend import Legend
from app.ui.logs.timeline import Timeline
from app.ui.models.parts import ProblemCard
from app.ui.theme.style import SECTION, Theme, scaled
from ingest.log_survey import LogSurvey
from ingest.view import LogView

_NAME_WIDTH = 420
_MOST_SOURCES = 5


class LogDialog(QDialog):
    """Looks through the log of `entry` first. `applied`: the LogView that was chosen."""

    applied = Signal(object)

    def __init__(self, theme: Theme, surveyor: Surveyor, entry: Entry, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Filter and fold"))
        self.setModal(True)
        self._theme, self._entry = theme, entry
        self._survey: LogSurvey | None = None
        self._zone = ""
        title = QLabel(QFontMetrics(self.font()).elidedText(entry.name, Qt.TextElideMode.ElideMiddle, _NAME_WIDTH))
        title.setFont(scaled(SECTION, weight=QFont.Weight.DemiBold))
        title.setTextFormat(Qt.TextFormat.PlainText)
        self.facts = QLabel(self.tr("Looking through the log…"))
        self.facts.setProperty("tone", "second")
        self.facts.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName(self.tr("Of the log looked through"))
        self.problem = ProblemCard(theme, self)
        self.timeline = Timeline(theme)
        self.since, self.until = _time_field(self.tr("From")), _time_field(self.tr("Before"))
        self.all_times = QPushButton(self.tr("All of the time"))
        self.levels = LevelBoxes(theme)
        self.sources = CheckList(theme, self.tr("Sources of records"))
        self.text = PatternField(self.tr("Records that hold"), self.tr("Such as: timeout|refused"))
        self.around = AroundField()
        self.fold = CheckBox(theme, self.tr("Fold records of one shape into one line each"), self)
        self.sum = QLabel()
        self.sum.setProperty("tone", "second")
        self.sum.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.apply = self.buttons.addButton(self.tr("Apply"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.apply.setProperty("role", "primary")
        self.everything = self.buttons.addButton(self.tr("Everything"), QDialogButtonBox.ButtonRole.ResetRole)
        self.everything.setToolTip(self.tr("Every record, as it stands in the file"))
        self.chosen = QWidget()
        self._legend = Legend(theme)
        self._arrange(title)
        self._connect()
        self._show(entry.document.view.log)
        self._call: Call[LogSurvey] | None = surveyor.survey(
            entry.document, done=self._surveyed, failed=self._failed, progress=self._progress
        )
        self._follow()

    @property
    def view(self) -> LogView:
        """What is chosen now."""
        before = self._entry.document.view.log
        known = self._survey is not None
        chosen = LogView(
            since=self._moment(self.since),
            until=self._moment(self.until),
            levels=self.levels.chosen if known else before.levels,
            sources=self.sources.ticked if known else before.sources,
            pattern=self.text.pattern,
            around=self.around.field.pattern,
            minutes=self.around.minutes.value(),
            fold=self.fold.isChecked(),
        )
        # Of other records the templates have other numbers.
        same = chosen.fold and chosen == replace(before, fold=True, unfold=())
        return replace(chosen, unfold=before.unfold) if same else chosen

    def accept(self) -> None:
        """Have it read so, if it can be."""
        if self.apply.isEnabled():
            self._stop()
            self.applied.emit(self.view)
            super().accept()

    def reject(self) -> None:
        """Leave the log as it is."""
        self._stop()
        super().reject()

    def _arrange(self, title: QLabel) -> None:
        self.all_times.setProperty("role", "link")
        self.all_times.setAutoDefault(False)
        times = QHBoxLayout()
        times.setSpacing(8)
        for caption, field in ((self.tr("From"), self.since), (self.tr("Before"), self.until)):
            label = QLabel(caption)
            label.setBuddy(field)
            times.addWidget(label)
            times.addWidget(field)
        times.addWidget(self.all_times)
        times.addStretch(1)
        self._times = QWidget()
        self._times.setLayout(times)
        times.setContentsMargins(0, 0, 0, 0)
        self._form = form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        # Without it, rows would share the room that is left and stand apart.
        held = QVBoxLayout(self.chosen)
        held.setContentsMargins(0, 0, 8, 0)
        held.addLayout(form)
        held.addStretch(1)
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow(self.tr("Time"), self._times)
        form.addRow(self.tr("Levels"), self.levels)
        form.addRow(self.tr("Sources"), self.sources)
        form.addRow(self.tr("Holding"), self.text)
        form.addRow(self.tr("Around"), self.around)
        form.addRow("", self.fold)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self.chosen)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(8)
        column.addWidget(title)
        column.addWidget(self.facts)
        column.addWidget(self.bar)
        column.addWidget(self.problem)
        column.addWidget(self.timeline)
        column.addWidget(self._legend)
        column.addWidget(self._scroll, 1)
        column.addWidget(self.sum)
        column.addWidget(self.buttons)
        for part in (self.timeline, self._legend):
            part.hide()
        for row in (self.levels, self.sources):
            form.setRowVisible(row, False)
        self.resize(720, min(690, self.screen().availableGeometry().height() - 60))

    def _connect(self) -> None:
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.everything.clicked.connect(self._clear)
        self.all_times.clicked.connect(self.timeline.clear)
        self.timeline.chosen.connect(self._time_chosen)
        for field in (self.since, self.until):
            field.textChanged.connect(self._time_written)
        for part in (self.levels, self.sources, self.text, self.around):
            part.changed.connect(self._follow)
        self.fold.toggled.connect(self._follow)

    def _show(self, view: LogView) -> None:
        self.since.setText(view.since or "")
        self.until.setText(view.until or "")
        self.text.edit.setText(view.pattern or "")
        self.around.field.edit.setText(view.around or "")
        self.around.minutes.setValue(view.minutes)
        self.fold.setChecked(view.fold)

    def _clear(self) -> None:
        self._show(LogView())
        self.levels.clear()
        self.sources.tick_all(False)

    def _progress(self, read: int) -> None:
        # What is packed holds more than its file has bytes.
        share = min(1.0, read / max(1, self._entry.document.size))
        self.bar.setValue(round(share * 1000))
        self.facts.setText(self.tr("Looking through the log, {0}").format(words.size(read)))

    def _failed(self, failure: Failure) -> None:
        self._call = None
        self.bar.hide()
        self.facts.hide()
        self.problem.say(f"{failure.message} {failure.hint}".strip())
        self._follow()

    def _surveyed(self, survey: LogSurvey) -> None:
        self._call, self._survey = None, survey
        self.bar.hide()
        view = self._entry.document.view.log
        self.levels.offer({level: n for level, n in survey.by_level.items() if level}, view.levels)
        self._offer_sources(survey, view.sources)
        facts = [survey.title, self.tr("{0} records").format(words.count(survey.records))]
        if survey.first is None or survey.last is None:
            facts.append(self.tr("no times in it"))
        elif not survey.since_start:
            self._zone = "Z" if survey.zone_known else ""
            facts.append(span_words(survey.first, survey.last) + (" UTC" if survey.zone_known else ""))
        self.timeline.show_buckets(survey.buckets, survey.bucket)
        self.facts.setText(" · ".join(facts))
        timed = survey.first is not None
        for part in (self.timeline, self._legend):
            part.setVisible(timed)
        # Times that count from some start are shown and are no moments that could be asked for.
        self.timeline.setEnabled(not survey.since_start)
        self._form.setRowVisible(self._times, timed and not survey.since_start)
        self._form.setRowVisible(self.around, timed)
        self._form.setRowVisible(self.levels, bool(self.levels.boxes))
        self._form.setRowVisible(self.sources, self.sources.count() > 0)
        self._time_written()
        self.timeline.setFocus(Qt.FocusReason.OtherFocusReason)

    def _offer_sources(self, survey: LogSurvey, chosen: Sequence[str]) -> None:
        """What wrote the records, most of them first; none ticked: all."""
        counts = {name: number for name, number in survey.by_source if name}
        counts |= {name: 0 for name in chosen if name not in counts}
        rows = [(name, name, words.count(number), name in chosen) for name, number in counts.items()]
        self.sources.offer(rows, most_rows=_MOST_SOURCES)

    def _time_chosen(self, chosen: tuple[int, int] | None) -> None:
        low, high = ("", "") if chosen is None else (written(chosen[0]) + self._zone, written(chosen[1]) + self._zone)
        for field, text in ((self.since, low), (self.until, high)):
            field.blockSignals(True)
            field.setText(text)
            field.blockSignals(False)
        self._follow()

    def _time_written(self) -> None:
        survey = self._survey
        if survey is not None and survey.first is not None and survey.last is not None:
            low, high = nanoseconds_of(self.since.text()), nanoseconds_of(self.until.text())
            chosen = None
            if low is not None or high is not None:
                chosen = (survey.first if low is None else low, survey.last + 1 if high is None else high)
            self.timeline.set_range(chosen)
        self._follow()

    def _follow(self) -> None:
        low, high = nanoseconds_of(self.since.text()), nanoseconds_of(self.until.text())
        wrong = [f for f in (self.since, self.until) if f.text().strip() and nanoseconds_of(f.text()) is None]
        never = low is not None and high is not None and low >= high
        complete = not wrong and not never and not self.text.problem and not self.around.field.problem
        self.apply.setEnabled(complete)
        self.all_times.setVisible(bool(self.since.text() or self.until.text()))
        if wrong:
            self.sum.setText(self.tr("Write times as 2026-03-14 06:30 or 2026-03-14T06:30:00."))
        elif never:
            self.sum.setText(self.tr("Nothing lies between these times: name a later end."))
        else:
            self.sum.setText(self._sum_words() if self._survey is not None else "")

    def _sum_words(self) -> str:
        """What is chosen, as far as it can be told from what was counted."""
        survey = self._survey
        assert survey is not None
        view = self.view
        if not view.filters:
            return self.tr("All {0} records.").format(words.count(survey.records))
        if view.pattern or view.around or view.sources:
            return self.tr("Some of {0} records; how many is known when they are read.").format(
                words.count(survey.records)
            )
        chosen = self._counted(survey, view)
        return self.tr("About {0} of {1} records.").format(words.count(chosen), words.count(survey.records))

    def _counted(self, survey: LogSurvey, view: LogView) -> int:
        if not view.since and not view.until:
            return sum(number for level, number in survey.by_level.items() if level in view.levels)
        low, high = nanoseconds_of(self.since.text()), nanoseconds_of(self.until.text())
        return sum(
            number
            for start, levels in survey.buckets
            if (low is None or start >= low) and (high is None or start < high)
            for level, number in levels.items()
            if not view.levels or level in view.levels
        )

    def _moment(self, field: QLineEdit) -> str | None:
        return field.text().strip() or None

    def _stop(self) -> None:
        if self._call is not None:
            self._call.cancel()
            self._call = None


def _time_field(name: str) -> QLineEdit:
    field = QLineEdit()
    field.setAccessibleName(name)
    field.setPlaceholderText(QCoreApplication.translate("LogDialog", "any time"))
    field.setFixedWidth(190)
    return field
