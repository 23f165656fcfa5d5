"""What stands where the conversation will be: what is ready to be asked, and questions to begin with."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.services.desk import Desk
from app.ui import words
from app.ui.plain import label, tooltip
from app.ui.sources.read_as import reads_less
from app.ui.theme.style import SECTION, Theme, scaled

_MOST = 6


class Suggestions(QFrame):
    """Follows `desk`. `chosen`: a question for the composer."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._desk = theme, desk
        self._title = QLabel()
        self._title.setFont(scaled(SECTION, weight=QFont.Weight.DemiBold))
        self._title.setWordWrap(True)
        self._remark = QLabel()
        self._remark.setProperty("tone", "second")
        self._remark.setWordWrap(True)
        self._buttons = QVBoxLayout()
        self._buttons.setSpacing(6)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 24, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self._title)
        layout.addWidget(self._remark)
        layout.addSpacing(4)
        layout.addLayout(self._buttons)
        desk.sources_changed.connect(self.refresh)
        desk.spending_changed.connect(self.refresh)
        self.refresh()

    def set_questions(self, questions: Sequence[tuple[str, str]]) -> None:
        """Offer these: (label, the question itself)."""
        while (item := self._buttons.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for name, question in questions[:_MOST]:
            button = QPushButton(label(name))
            button.setToolTip(tooltip(question) if question != name else "")
            button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _=False, q=question: self.chosen.emit(q))
            self._buttons.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

    def refresh(self) -> None:
        """Say what is ready."""
        desk = self._desk
        included = [e for e in desk.workspace.entries if e.included and e.document.sections]
        spending = desk.spending
        if not included:
            self._title.setText(self.tr("No source takes part"))
            self._remark.setText(self.tr("Tick one on the left, or add another."))
            return
        one = len(included) == 1
        self._title.setText(
            self.tr("1 source is ready") if one else self.tr("{0} sources are ready").format(words.count(len(included)))
        )
        if spending is None or desk.mode == "evidence":
            self._remark.setText(self.tr("Ask for anything in them: the best passages come back, word for word."))
        elif spending.uncounted:
            self._remark.setText(self.tr("Their tokens are being counted. You can ask already."))
        else:
            if any(reads_less(entry.document) for entry in included):
                said = self.tr(
                    "The model reads what the list says, {0} tokens, and every quote is checked word for word."
                )
            else:
                said = self.tr("The model reads them whole, {0} tokens, and every quote is checked word for word.")
            self._remark.setText(said.format(words.count(spending.budget.documents)))
