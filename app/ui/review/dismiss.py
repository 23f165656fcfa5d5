"""The question why a finding is none: the reason is kept, so that later reviews know it."""

from __future__ import annotations

from functools import partial
from typing import cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.core.review.finding import Checked
from app.ui.dialogs import Question
from app.ui.theme.style import Theme

_TITLE_WIDTH = 360


class DismissQuestion(Question):
    """`reason` once it is accepted; it may be empty."""

    def __init__(self, theme: Theme, checked: Checked, parent: QWidget) -> None:
        title = " ".join(checked.finding.title.split())
        short = QFontMetrics(parent.font()).elidedText(title, Qt.TextElideMode.ElideRight, _TITLE_WIDTH)
        super().__init__(
            self.tr("Dismiss this finding?"),
            self.tr(
                "“{0}” stays out of the list, also in later reviews, wherever its lines move to. "
                "It is still counted and can be shown again."
            ).format(short),
            self.tr("Dismiss"),
            parent,
        )
        self.edit = QLineEdit()
        self.edit.setAccessibleName(self.tr("Reason"))
        self.edit.setPlaceholderText(self.tr("Why, for those who ask later"))
        self.form.addRow(self.tr("Reason"), self.edit)
        self.offers = [
            QPushButton(said) for said in (self.tr("Intended"), self.tr("Cannot happen here"), self.tr("Known already"))
        ]
        row = QHBoxLayout()
        row.setSpacing(8)
        for offer in self.offers:
            offer.setAutoDefault(False)
            offer.clicked.connect(partial(self._put, offer.text()))
            row.addWidget(offer)
        row.addStretch(1)
        layout = cast(QVBoxLayout, self.layout())
        layout.insertLayout(layout.indexOf(self.buttons), row)
        self.edit.setFocus()

    @property
    def reason(self) -> str:
        """In the person's words."""
        return self.edit.text().strip()

    def _put(self, words: str, _: bool = False) -> None:
        self.edit.setText(words)
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)
