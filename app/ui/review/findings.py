"""The left half of a review: header, progress, notices, filter and the list; or what stands where there is no list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from app.core.review.finding import Checked
from app.ui.review import words
from app.ui.review.filter_bar import FilterBar
from app.ui.review.header import ReviewHeader
from app.ui.review.list import FindingsList
from app.ui.review.notice import CompareBar, Notice
from app.ui.review.progress import ProgressCard
from app.ui.review.rows import Change, Choice, FindingRow, Grouping, rows_of, tally
from app.ui.review.states import Act, StatePage
from app.ui.theme.style import SMALL, Theme, scaled
from app.ui.viewer.rules import rule

_SIDE = 18


class FindingsPanel(QWidget):
    """Shows what it is given. `narrowed`: other findings are listed now."""

    narrowed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("field", "surface")
        self._findings: Sequence[FindingRow] = ()
        self.header = ReviewHeader(theme)
        self.progress = ProgressCard(theme)
        self.stopped = Notice()
        self.left_out = Notice()
        self.compare = CompareBar(theme)
        self.filter = FilterBar(theme)
        self.list = FindingsList(theme)
        self.state = StatePage(theme)
        self.nothing = StatePage(theme)
        self.foot = QLabel(
            self.tr("A finding whose quoted code is not in the file stays listed as unconfirmed. Nothing is applied.")
        )
        self.foot.setFont(scaled(SMALL))
        self.foot.setProperty("tone", "second")
        self.foot.setWordWrap(True)
        self._below = QWidget()
        self._middle = QStackedWidget()
        self._listing = QWidget()
        self._arrange()
        self.filter.changed.connect(self._narrow)
        self.compare.changed.connect(self._compare_changed)
        self.progress.hide()

    @property
    def findings(self) -> Sequence[FindingRow]:
        """All of them, listed or not."""
        return self._findings

    def show_findings(self, findings: Sequence[FindingRow]) -> None:
        """List these."""
        self._findings = tuple(findings)
        self._middle.setCurrentWidget(self._listing)
        self._narrow()

    def show_state(self) -> None:
        """What `state` says, in place of the list."""
        self._findings = ()
        self.list.rows.set_rows([])
        self._middle.setCurrentWidget(self.state)
        self.filter.hide()
        self._below.hide()

    @property
    def lists(self) -> bool:
        """Whether the list stands here, and no state."""
        return self._middle.currentWidget() is self._listing

    def _narrow(self) -> None:
        choice = self.filter.choice
        numbers = tally(self._findings)
        current = self.list.current
        rows = rows_of(self._findings, choice, says=group_name)
        row, scrolled = self.list.currentIndex().row(), self.list.verticalScrollBar().value()
        self.list.rows.set_rows(rows)
        shown = len(self.list.rows.findings())
        self.filter.offer(numbers, shown)
        self.filter.setVisible(bool(self._findings))
        self._below.setVisible(bool(shown))
        hidden = bool(self._findings) and not shown
        if hidden:
            self._say_hidden(choice)
        self._inner.setCurrentWidget(self.nothing if hidden else self.list)
        if current is not None and self.list.choose(current.checked):
            # What comes in while a person reads moves nothing under their eyes.
            self.list.doItemsLayout()
            self.list.verticalScrollBar().setValue(scrolled)
        else:
            self.list.choose_near(max(0, row))
        self.narrowed.emit()

    def _say_hidden(self, choice: Choice) -> None:
        if choice.narrows:
            acts = [Act(self.tr("Show all findings"), self.filter.clear)]
            self.nothing.say("filter", self.tr("No finding is like that"), "", acts, tone="text2")
        else:
            self.nothing.say("hide", self.tr("All findings were dismissed"), "", tone="text2")

    def _compare_changed(self, changes: frozenset[Change]) -> None:
        self.filter.put(replace(self.filter.choice, changes=changes))
        self._narrow()

    def _arrange(self) -> None:
        self._inner = QStackedWidget()
        self._inner.addWidget(self.list)
        self._inner.addWidget(self.nothing)
        lists = QVBoxLayout(self._listing)
        lists.setContentsMargins(0, 0, 0, 0)
        lists.addWidget(self._inner)
        self._middle.addWidget(self._listing)
        self._middle.addWidget(self.state)
        above = QVBoxLayout()
        above.setContentsMargins(_SIDE, 14, _SIDE, 8)
        above.setSpacing(10)
        parts: tuple[QWidget, ...] = (self.header, self.progress, self.stopped, self.left_out, self.compare)
        for part in (*parts, self.filter):
            above.addWidget(part)
        below = QVBoxLayout(self._below)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(0)
        below.addWidget(rule())
        self.foot.setContentsMargins(_SIDE, 8, _SIDE, 10)
        below.addWidget(self.foot)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(above)
        column.addWidget(self._middle, 1)
        column.addWidget(self._below)


def group_name(group: Grouping, checked: Checked) -> str:
    """Of the group that a finding belongs to."""
    finding = checked.finding
    if group == "file":
        return finding.path
    return words.severities(finding.severity) if group == "severity" else words.kind(finding.category)
