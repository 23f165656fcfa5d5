"""The two lines above the code: which file and lines, then whether the code confirms it and which finding it is."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.ui.icon_button import icon_button
from app.ui.icons import icon
from app.ui.review import words
from app.ui.review.rows import FindingRow
from app.ui.theme.style import BODY, SMALL, Theme, scaled
from app.ui.viewer.labels import ElidedLabel
from app.ui.words import count


class CodeHeader(QWidget):
    """Says what its owner tells it, and passes clicks on."""

    turned = Signal(int)
    find_wanted = Signal()
    close_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.name = ElidedLabel(mode=Qt.TextElideMode.ElideLeft)
        self.name.setFont(scaled(BODY, weight=QFont.Weight.DemiBold))
        self.place = QLabel()
        self.place.setProperty("tone", "second")
        self.verdict = QLabel()
        self.verdict.setFont(scaled(SMALL, weight=QFont.Weight.DemiBold))
        self.verdict.setWordWrap(True)
        self.verdict.setTextFormat(Qt.TextFormat.PlainText)
        self.verdict.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.counter = QLabel()
        self.counter.setFont(scaled(SMALL))
        self.counter.setProperty("tone", "second")
        self.buttons = {
            "previous": icon_button(self.tr("Previous finding (Shift+F3)"), lambda: self.turned.emit(-1)),
            "next": icon_button(self.tr("Next finding (F3)"), lambda: self.turned.emit(1)),
            "search": icon_button(self.tr("Find in this file (Ctrl+F)"), self.find_wanted.emit),
            "cancel": icon_button(self.tr("Close (Esc)"), self.close_wanted.emit),
        }
        self.buttons["cancel"].hide()
        first = QHBoxLayout()
        first.setContentsMargins(0, 0, 0, 0)
        first.setSpacing(8)
        first.addWidget(self.name, 1)
        first.addWidget(self.place)
        row = QHBoxLayout()
        row.setSpacing(2)
        for button in self.buttons.values():
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            row.addWidget(button)
        first.addLayout(row)
        second = QHBoxLayout()
        second.setContentsMargins(0, 0, 6, 0)
        second.setSpacing(8)
        second.addWidget(self.verdict, 1, Qt.AlignmentFlag.AlignTop)
        second.addWidget(self.counter, 0, Qt.AlignmentFlag.AlignTop)
        both = QVBoxLayout(self)
        both.setContentsMargins(14, 8, 8, 8)
        both.setSpacing(4)
        both.addLayout(first)
        both.addLayout(second)
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_finding(self, row: FindingRow, at: int, total: int) -> None:
        """at: which of `total`, from 0."""
        checked, finding = row.checked, row.checked.finding
        self.name.show_text(finding.path)
        self.place.setText(words.lines(finding))
        sign, _, tone = words.verdict(checked)
        said = f"{sign} {words.verdict_sentence(checked)}"
        if row.change == "fixed":
            said, tone = self.tr("Found by the other review only; these were its lines"), "second"
        self.verdict.setText(said)
        self.verdict.setProperty("tone", tone)
        self.verdict.style().unpolish(self.verdict)
        self.verdict.style().polish(self.verdict)
        self.counter.setText(self.tr("finding {0} of {1} · F3 next").format(count(at + 1), count(total)))
        for name in ("previous", "next"):
            self.buttons[name].setEnabled(total > 1)

    def set_overlay(self, overlay: bool) -> None:
        """Offer a button that closes the panel."""
        self.buttons["cancel"].setVisible(overlay)

    def _restyle(self) -> None:
        for name, button in self.buttons.items():
            button.setIcon(icon(self._theme.tokens, name))
