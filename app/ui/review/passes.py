"""The dialog that says which pass saw what, and what no pass saw and why."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFrame, QLabel, QVBoxLayout, QWidget

from app.core.review.finding import PassReport, Review
from app.core.workspace import shown_name
from app.ui.review.words import kind
from app.ui.theme.style import SECTION, Theme, scaled
from app.ui.viewer.text_view import TextView
from app.ui.words import count, seconds

_MOST_FILES = 400


class PassesDialog(QDialog):
    """Reads like a report: a part for what was left out, a part for each pass."""

    def __init__(self, theme: Theme, review: Review, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("What each pass saw"))
        self.setModal(True)
        title = QLabel(self.tr("What each pass saw"))
        title.setFont(scaled(SECTION, weight=QFont.Weight.DemiBold))
        model = QLabel(review.model)
        model.setProperty("tone", "second")
        model.setTextFormat(Qt.TextFormat.PlainText)
        self.text = TextView(theme, self)
        self.text.setAccessibleName(self.tr("What each pass saw"))
        self.text.show_parts(self.parts(review))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        self.finished.connect(self.text.shut_down)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(8)
        column.addWidget(title)
        column.addWidget(model)
        card = QFrame()
        card.setProperty("card", "plain")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(2, 6, 2, 6)
        inside.addWidget(self.text)
        column.addWidget(card, 1)
        column.addWidget(buttons)
        self.resize(620, 520)

    def parts(self, review: Review) -> list[tuple[str, str]]:
        """Headings and what stands below them."""
        parts = [("", "\n".join(review.notes) + "\n")] if review.notes else []
        if review.omitted:
            left_out = "\n".join(f"{shown_name(one.path)}: {one.reason}" for one in review.omitted[:_MOST_FILES])
            parts.append((self.tr("Not reviewed: {0}").format(count(len(review.omitted))), left_out + "\n"))
        parts += [(self._heading(one), self._pass(one)) for one in review.passes]
        return parts

    def _heading(self, one: PassReport) -> str:
        files = self.tr("1 file") if len(one.files) == 1 else self.tr("{0} files").format(count(len(one.files)))
        return self.tr("Pass {0}, {1}: {2}").format(count(one.number), kind(one.checklist), files)

    def _pass(self, one: PassReport) -> str:
        facts = self.tr(
            "{0} tokens, {1} of them kept from before, {2} read · answer {3} tokens · {4} · findings: {5}"
        ).format(
            count(one.prompt),
            count(one.reused),
            count(one.decoded),
            count(one.answer),
            seconds(one.seconds),
            count(one.findings),
        )
        files = [shown_name(path) for path in (one.shown or one.files)[:_MOST_FILES]]
        if len(one.files) > _MOST_FILES:
            files.append(self.tr("and {0} more").format(count(len(one.files) - _MOST_FILES)))
        return "\n".join([facts, *([one.problem] if one.problem else []), *files]) + "\n"
