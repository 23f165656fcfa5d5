"""Beside the map: what the chosen cell proves, and its trials one by one. Every word comes from the stored trials."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui import words
from app.ui.icons import icon
from app.ui.selfcheck import names
from app.ui.theme.style import SECTION, SMALL, Theme, monospace, scaled
from engine.selfcheck.report import Cell, Trial

_MOST_NEEDLES = 8


class TrialPanel(QFrame):
    """Shows nothing but a hint until a cell is chosen."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._trials: Sequence[Trial] = ()
        self._at = 0
        self.setAccessibleName(self.tr("Trials of the chosen cell"))
        self.title = _label(SECTION, weight=QFont.Weight.DemiBold)
        self.task = _label(SMALL, tone="second")
        self.found = _label(weight=QFont.Weight.DemiBold)
        self.interval = _label(SMALL, tone="second")
        self.heading = _label(weight=QFont.Weight.DemiBold)
        self.place = _label(SMALL, tone="second")
        self.needle = _label()
        self.question = _label()
        self.expected = _label(mono=True)
        self.answer = _label(mono=True)
        self.why = _label(SMALL, tone="second")
        self.margin = _label(SMALL, tone="second")
        self.hint = _label(tone="second")
        self.hint.setText(self.tr("Choose a cell of the map to see what was asked there and what came back."))
        self._captions = {
            text: _label(SMALL, tone="third")
            for text in (self.tr("Needle"), self.tr("Question"), self.tr("Right answer"), self.tr("Answer"))
        }
        for text, caption in self._captions.items():
            caption.setText(text)
        self.previous = QPushButton(self.tr("Previous"))
        self.previous.setAccessibleName(self.tr("Previous trial"))
        self.previous.clicked.connect(lambda: self._step(-1))
        self.next = QPushButton(self.tr("Next trial"))
        self.next.clicked.connect(lambda: self._step(1))
        self._trial = QWidget()
        self.setProperty("field", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._arrange()
        theme.changed.connect(self._restyle)
        self._restyle()
        self.show_cell(None, ())

    def show_cell(self, cell: Cell | None, trials: Sequence[Trial]) -> None:
        """Show this cell and its trials, the first that was missed before all; None: the hint."""
        self.hint.setVisible(cell is None)
        for part in (self.title, self.task, self.found, self.interval, self._rule):
            part.setVisible(cell is not None)
        self._trial.setVisible(cell is not None and bool(trials))
        self._trials = trials
        if cell is None:
            return
        self.title.setText(names.cell_title(cell))
        self.task.setText(names.task_name(cell.task))
        self.found.setText(names.found_sentence(cell))
        _set_tone(self.found, names.state_tone(cell.state))
        self.interval.setText(names.interval_sentence(cell))
        self._at = next((i for i, trial in enumerate(trials) if not trial.passed), 0)
        self._show_trial()

    @property
    def trial(self) -> Trial | None:
        """The trial that is shown."""
        return self._trials[self._at] if self._trials else None

    def _arrange(self) -> None:
        self._rule = QFrame()
        self._rule.setProperty("rule", "horizontal")
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.previous)
        buttons.addWidget(self.next)
        buttons.addStretch(1)
        rows = QVBoxLayout(self._trial)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        rows.addWidget(self.heading)
        rows.addWidget(self.place)
        for caption, value in zip(
            self._captions.values(), (self.needle, self.question, self.expected, self.answer), strict=True
        ):
            rows.addSpacing(8)
            rows.addWidget(caption)
            rows.addWidget(value)
        rows.addSpacing(6)
        rows.addWidget(self.why)
        rows.addWidget(self.margin)
        rows.addSpacing(10)
        rows.addLayout(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 20, 18, 16)
        column.setSpacing(4)
        for part in (self.hint, self.title, self.task, self.found, self.interval):
            column.addWidget(part)
        column.addSpacing(8)
        column.addWidget(self._rule)
        column.addSpacing(8)
        column.addWidget(self._trial)
        column.addStretch(1)

    def _step(self, by: int) -> None:
        self._at = (self._at + by) % len(self._trials)
        self._show_trial()

    def _show_trial(self) -> None:
        trial = self.trial
        if trial is None:
            return
        self.heading.setText(self.tr("Trial {0} of {1}").format(self._at + 1, len(self._trials)))
        self.place.setText(self._place(trial))
        self.place.setVisible(bool(self.place.text()))
        shown = list(trial.needles[:_MOST_NEEDLES])
        if len(trial.needles) > _MOST_NEEDLES:
            shown.append(self.tr("and {0} more").format(len(trial.needles) - _MOST_NEEDLES))
        self.needle.setText("\n".join(shown) or self.tr("None: it is not in the text."))
        self.question.setText(trial.question)
        self.expected.setText(trial.expected or self.tr("That it is not there"))
        said = trial.got.strip() or self.tr("Nothing")
        self.answer.setText(f"✓ {said}" if trial.passed else f"✗ {said}")
        _set_tone(self.answer, "ok" if trial.passed else "bad")
        self.why.setText(trial.why)
        self.why.setVisible(bool(trial.why))
        self.margin.setText(self._how(trial))
        several = len(self._trials) > 1
        self.previous.setEnabled(several)
        self.next.setEnabled(several)

    def _place(self, trial: Trial) -> str:
        if trial.position is None:
            return ""
        return self.tr("at token {0} of {1}").format(words.count(trial.position), words.count(trial.length))

    def _how(self, trial: Trial) -> str:
        parts = []
        if trial.how == "generated":
            parts.append(self.tr("The model wrote the answer itself."))
        elif trial.margin is not None:
            parts.append(self._margin(trial.margin))
        if trial.agrees is not None:
            same = self.tr("Written out, the verdict was the same.")
            parts.append(same if trial.agrees else self.tr("Written out, the verdict was the other one."))
        return " ".join(parts)

    def _margin(self, margin: float) -> str:
        times = math.exp(min(abs(margin), 40.0))
        factor = f"{times:,.0f}" if times < 10_000 else self.tr("over 10,000")
        if times < 1.5:
            return self.tr("The right answer and the best look-alike were about equally likely.")
        if margin > 0:
            return self.tr("The right answer was {0} times as likely as the best look-alike.").format(factor)
        return self.tr("The best look-alike was {0} times as likely as the right answer.").format(factor)

    def _restyle(self) -> None:
        self.previous.setIcon(icon(self._theme.tokens, "previous"))
        self.next.setIcon(icon(self._theme.tokens, "next"))


def _label(
    size: float = 1.0, *, tone: str = "", weight: QFont.Weight = QFont.Weight.Normal, mono: bool = False
) -> QLabel:
    label = QLabel()
    label.setFont(monospace() if mono else scaled(size, weight=weight))
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if tone:
        label.setProperty("tone", tone)
    return label


def _set_tone(label: QLabel, tone: str) -> None:
    if label.property("tone") != tone:
        label.setProperty("tone", tone)
        label.style().unpolish(label)
        label.style().polish(label)
