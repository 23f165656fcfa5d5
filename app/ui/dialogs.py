"""Small questions to the person: which pages, where a link leads."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from app.ui.theme.style import SECTION, scaled


def _tr(text: str) -> str:
    return QCoreApplication.translate("dialogs", text)


class Question(QDialog):
    """A heading, some words, two buttons. It does not block; `accepted` says yes."""

    def __init__(self, heading: str, text: str, yes: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(heading)
        self.setModal(True)
        title = QLabel(heading)
        title.setFont(scaled(SECTION, weight=QFont.Weight.DemiBold))
        title.setWordWrap(True)
        title.setTextFormat(Qt.TextFormat.PlainText)
        self._words = QLabel(text)
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setMinimumWidth(380)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.yes = self.buttons.addButton(yes, QDialogButtonBox.ButtonRole.AcceptRole)
        self.yes.setProperty("role", "primary")
        self.yes.setDefault(True)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.form = QFormLayout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(title)
        layout.addWidget(self._words)
        layout.addLayout(self.form)
        layout.addWidget(self.buttons)


def open_link(address: str, parent: QWidget) -> Question:
    """Where a link leads, before a browser opens it."""
    return Question(
        _tr("Open this address in your browser?"),
        _tr("{0}\n\nIt comes from the answer, not from Plumbline. Your browser will go online.").format(address),
        _tr("Open"),
        parent,
    )


class PagesQuestion(Question):
    """Which pages of a document take part."""

    def __init__(
        self,
        name: str,
        count: int,
        now: tuple[int, int] | None,
        parent: QWidget,
        *,
        foretell: Callable[[tuple[int, int] | None], str],
    ) -> None:
        """now: the pages as they are, None for all. foretell: what a choice would cost."""
        super().__init__(
            self.tr("Only some pages"),
            self.tr("Which pages of {0} take part?").format(name),
            self.tr("Use these"),
            parent,
        )
        self.first, self.last = QSpinBox(), QSpinBox()
        for box, name_, value in (
            (self.first, self.tr("From page"), now[0] if now else 1),
            (self.last, self.tr("To page"), min(now[1], count) if now else count),
        ):
            box.setRange(1, count)
            box.setValue(value)
            box.setAccessibleName(name_)
            self.form.addRow(name_, box)
        self._count, self._now, self._foretell = count, now, foretell
        self.cost = QLabel()
        self.cost.setProperty("tone", "second")
        self.form.addRow(self.cost)
        self.first.valueChanged.connect(self.last.setMinimum)
        for box in (self.first, self.last):
            box.valueChanged.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        same = self.pages == self._now
        cost = "" if same else self._foretell(self.pages)
        self.cost.setText(self.tr("Costs {0}").format(cost) if cost else " ")

    @property
    def pages(self) -> tuple[int, int] | None:
        """The pages chosen; None for all."""
        chosen = (self.first.value(), self.last.value())
        return None if chosen == (1, self._count) else chosen
