"""Below the map: what had to hold for the result to mean anything, and what was checked how. Knows no map."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.ui import words
from app.ui.elided import ElidedLabel
from app.ui.plain import tooltip
from app.ui.selfcheck import names
from app.ui.theme.style import BODY, SMALL, scaled
from engine.selfcheck.report import Precondition, Report

_SIGNS = {True: "✓", False: "✗", None: "–"}
_TONES = {True: "ok", False: "bad", None: "third"}
_TWO_COLUMNS = 600
"""Pixels of width from which there are two of them."""


class PreconditionList(QWidget):
    """One row for each: sign, name, what was found, and what should have been where that is another thing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: list[tuple[QLabel, QLabel, QLabel]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(4)

    def show_conditions(self, conditions: Sequence[Precondition]) -> None:
        """Show these, those that do not hold first."""
        for row in self._shown:
            for label in row:
                label.hide()
                label.deleteLater()
        ordered = sorted(conditions, key=lambda one: one.holds is not False)
        self._shown = [self._row(condition) for condition in ordered]
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Two columns where there is room."""
        super().resizeEvent(event)
        if (event.size().width() < _TWO_COLUMNS) != (event.oldSize().width() < _TWO_COLUMNS):
            self._place()

    def _place(self) -> None:
        columns = 2 if self.width() >= _TWO_COLUMNS else 1
        rows = -(-len(self._shown) // columns)
        for at, labels in enumerate(self._shown):
            for column, label in enumerate(labels):
                self._grid.addWidget(label, at % rows, at // rows * 3 + column)
        for column in (2, 5):
            self._grid.setColumnStretch(column, 1 if column < 3 * columns else 0)

    def _row(self, condition: Precondition) -> tuple[QLabel, QLabel, QLabel]:
        sign = QLabel(_SIGNS[condition.holds])
        sign.setProperty("tone", _TONES[condition.holds])
        sign.setAccessibleName(self._holds(condition.holds))
        name = QLabel(condition.name)
        name.setTextFormat(Qt.TextFormat.PlainText)
        name.setToolTip(tooltip(self.tr("Expected: {0}").format(condition.expected)))
        found = ElidedLabel(self._found(condition))
        found.setProperty("tone", "bad" if condition.holds is False else "second")
        for label in (sign, name, found):
            label.setFont(scaled(SMALL))
        return sign, name, found

    def _holds(self, holds: bool | None) -> str:
        if holds is None:
            return self.tr("could not be told")
        return self.tr("holds") if holds else self.tr("does not hold")

    def _found(self, condition: Precondition) -> str:
        if condition.holds is False:
            return self.tr("{0}, and not {1} as it should be").format(condition.found, condition.expected)
        return condition.found


class CheckFacts(QFrame):
    """One line: the model, its cache, the level, how long it took, how many tokens were read."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", "sunken")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(14, 8, 14, 8)
        self._column.setSpacing(2)
        self._values: dict[str, ElidedLabel] = {}
        self._rows = (QHBoxLayout(), QHBoxLayout())
        names_ = (
            (self.tr("Model"), self.tr("Cache"), self.tr("Context")),
            (self.tr("Level"), self.tr("Took"), self.tr("Read"), self.tr("Text")),
        )
        for row, captions in zip(self._rows, names_, strict=True):
            row.setSpacing(6)
            for caption in captions:
                label = QLabel(caption)
                label.setFont(scaled(SMALL))
                label.setProperty("tone", "second")
                value = ElidedLabel()
                value.setFont(scaled(SMALL, weight=QFont.Weight.DemiBold))
                value.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
                row.addWidget(label)
                row.addWidget(value)
                row.addSpacing(12)
                self._values[caption] = value
            row.addStretch(1)
            self._column.addLayout(row)

    def show_report(self, report: Report) -> None:
        """Say what this one was."""
        told = {
            self.tr("Model"): report.model,
            self.tr("Cache"): report.kv,
            self.tr("Context"): words.count(report.context),
            self.tr("Level"): self._level(report),
            self.tr("Took"): words.seconds(report.seconds),
            self.tr("Read"): self.tr("{0} tokens").format(words.count(report.read + report.asked)),
            self.tr("Text"): report.text,
        }
        for caption, value in told.items():
            self._values[caption].setText(value)

    def _level(self, report: Report) -> str:
        asked = self.tr("{0} questions").format(words.count(len(report.trials)))
        return f"{names.level_name(report.level)}, {asked}"


def heading(text: str) -> QLabel:
    """Over a part of the page."""
    label = QLabel(text)
    label.setFont(scaled(BODY, weight=QFont.Weight.DemiBold))
    return label
