"""The controls that say which records of a log are read: levels, words, what is around a record.

Knows no survey but its counts, and reads nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from app.ui import words
from app.ui.check_box import CheckBox
from app.ui.theme.style import Theme
from ingest.view import LEVELS, Level

_PER_ROW = 4


class LevelBoxes(QWidget):
    """A box for each level that the log has. All ticked, or none: every record, those without a level too."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(2)
        self.boxes: dict[Level, CheckBox] = {}

    def offer(self, counts: Mapping[Level, int], chosen: Sequence[Level]) -> None:
        """A box for each level with its records; ticked are the chosen ones, all for none."""
        for level in reversed(LEVELS):
            number = counts.get(level, 0)
            if number or level in chosen:
                box = CheckBox(self._theme, f"{level} {words.count(number)}", self)
                box.setAccessibleName(self.tr("{0}, {1} records").format(level, words.count(number)))
                box.setChecked(not chosen or level in chosen)
                box.toggled.connect(self.changed)
                place = len(self.boxes)
                self._grid.addWidget(box, place // _PER_ROW, place % _PER_ROW)
                self.boxes[level] = box
        self._grid.setColumnStretch(_PER_ROW, 1)

    @property
    def chosen(self) -> tuple[Level, ...]:
        """The levels, () for all."""
        ticked = [level for level, box in self.boxes.items() if box.isChecked()]
        return () if len(ticked) in (0, len(self.boxes)) else tuple(level for level in LEVELS if level in ticked)

    def clear(self) -> None:
        """All of them."""
        for box in self.boxes.values():
            box.setChecked(True)


class PatternField(QWidget):
    """A line for a regular expression, and below it what is wrong with it."""

    changed = Signal()

    def __init__(self, name: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edit = QLineEdit()
        self.edit.setAccessibleName(name)
        self.edit.setPlaceholderText(hint)
        self.edit.setClearButtonEnabled(True)
        self.error = QLabel()
        self.error.setProperty("tone", "bad")
        self.error.setWordWrap(True)
        self.error.setTextFormat(Qt.TextFormat.PlainText)
        self.error.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.edit)
        column.addWidget(self.error)
        self.edit.textChanged.connect(self._follow)

    @property
    def pattern(self) -> str | None:
        """The expression; None while it is empty or wrong."""
        text = self.edit.text()
        return text if text and not self.problem else None

    @property
    def problem(self) -> str:
        """What is wrong with it, "" for nothing."""
        try:
            re.compile(self.edit.text())
        except re.error as error:
            at = "" if error.pos is None else self.tr(", at character {0}").format(error.pos + 1)
            return self.tr("This expression is not complete: {0}{1}.").format(error.msg, at)
        except (OverflowError, RecursionError):
            return self.tr("This expression is too large.")
        return ""

    def _follow(self) -> None:
        problem = self.problem
        self.error.setText(problem)
        self.error.setVisible(bool(problem))
        self.edit.setAccessibleDescription(problem)
        self.changed.emit()


class AroundField(QWidget):
    """Only what is within so many minutes of a record that holds something."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = PatternField(self.tr("Around records that hold"), self.tr("Such as: emergency stop"))
        self.minutes = QDoubleSpinBox()
        self.minutes.setRange(0, 100_000)
        self.minutes.setDecimals(1)
        self.minutes.setSuffix(self.tr(" min"))
        self.minutes.setAccessibleName(self.tr("Minutes before and after"))
        self.minutes.setFixedWidth(96)
        self.minutes.lineEdit().setTextMargins(6, 0, 0, 0)
        self.field.changed.connect(self._follow)
        self.minutes.valueChanged.connect(lambda _: self.changed.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.field, 1)
        row.addWidget(self.minutes, 0, Qt.AlignmentFlag.AlignTop)
        self._follow()

    def _follow(self) -> None:
        self.minutes.setEnabled(bool(self.field.edit.text()))
        self.changed.emit()
