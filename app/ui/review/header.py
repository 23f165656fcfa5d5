"""Above the findings: what was reviewed, and running it again, another one, taking it out."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from app.ui.elided import ElidedLabel
from app.ui.icon_button import icon_button
from app.ui.icons import icon, set_icon
from app.ui.theme.style import TITLE, Theme, scaled

EXPORTS = (("sarif", "SARIF 2.1.0"), ("markdown", "Markdown"), ("json", "JSON"), ("patch", "Patch"))
"""Names of forms that a review is written in, and what they are called."""

SUFFIXES = {"sarif": ".sarif", "markdown": ".md", "json": ".json", "patch": ".patch"}

_AROUND_WORDS = 50
"""px of a button beside its words."""


class ReviewHeader(QWidget):
    """What was chosen comes by signals; `exporting` with one of EXPORTS."""

    again = Signal()
    only_changed = Signal()
    choosing = Signal()
    exporting = Signal(str)
    comparing = Signal()
    comparing_file = Signal()
    comparing_none = Signal()
    passes_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._before = False
        self._compared = False
        self.title = ElidedLabel()
        self.title.setFont(scaled(TITLE, weight=QFont.Weight.DemiBold))
        self.facts = QLabel()
        self.facts.setProperty("tone", "second")
        self.facts.setWordWrap(True)
        self.facts.setTextFormat(Qt.TextFormat.PlainText)
        self.run_again = QPushButton(self.tr("Run again"))
        self.choose = QPushButton(self.tr("Review…"))
        self.export = QPushButton(self.tr("Export"))
        self.more = icon_button(self.tr("More about this review"), self._show_more)
        self._words = {button: button.text() for button in (self.run_again, self.choose, self.export)}
        for button, said in self._words.items():
            button.setAccessibleName(said)
        self.choose.setToolTip(self.tr("Choose what is reviewed and for what"))
        self.run_again.clicked.connect(self.again)
        self.choose.clicked.connect(self.choosing)
        self.export.clicked.connect(self._show_exports)
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self.title, 1)
        for part in (self.run_again, self.choose, self.export, self.more):
            first.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(first)
        column.addWidget(self.facts)
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_review(self, title: str, facts: str) -> None:
        """What it is called, and what was reviewed."""
        self.title.setText(title)
        self.facts.setText(facts)
        self.facts.setVisible(bool(facts))
        self._fit()

    def set_possible(self, *, running: bool, finished: bool, before: bool, compared: bool) -> None:
        """running: a review is under way. finished: there is one to export. before: one to compare it with.

        compared: it is being compared.
        """
        self._before, self._compared = before, compared
        for button in (self.run_again, self.export, self.more):
            button.setVisible(finished)
        for button in (self.run_again, self.choose, self.export):
            button.setEnabled(not running)
        self.more.setEnabled(not running)

    def menu_of_exports(self) -> QMenu:
        """What a review can be written as."""
        menu = self._menu()
        for form, name in EXPORTS:
            menu.addAction(self.tr("{0}…").format(name)).triggered.connect(
                lambda _=False, f=form: self.exporting.emit(f)
            )
        return menu

    def menu_of_more(self) -> QMenu:
        """What is wanted now and then."""
        menu = self._menu()
        menu.addAction(self.tr("Review only what changed since")).triggered.connect(self.only_changed)
        menu.addSeparator()
        before = menu.addAction(self.tr("Compare with the review before"))
        before.setEnabled(self._before)
        before.triggered.connect(self.comparing)
        menu.addAction(self.tr("Compare with a file…")).triggered.connect(self.comparing_file)
        if self._compared:
            menu.addAction(self.tr("Compare no longer")).triggered.connect(self.comparing_none)
        menu.addSeparator()
        menu.addAction(self.tr("What each pass saw…")).triggered.connect(self.passes_wanted)
        return menu

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Signs alone where words would leave too little of the title."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        shown = [button for button in self._words if not button.isHidden()]
        metrics = self.run_again.fontMetrics()
        need = sum(metrics.horizontalAdvance(self._words[button]) + _AROUND_WORDS for button in shown)
        tight = self.title.sizeHint().width() + need + _AROUND_WORDS > self.width()
        for button, said in self._words.items():
            words = "" if tight and button is not self.choose else said
            if button.text() != words:
                button.setText(words)
                button.setToolTip(said if not words else "")

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def _show_exports(self) -> None:
        self.menu_of_exports().popup(self.export.mapToGlobal(QPoint(0, self.export.height() + 2)))

    def _show_more(self) -> None:
        self.menu_of_more().popup(self.more.mapToGlobal(QPoint(0, self.more.height() + 2)))

    def _restyle(self) -> None:
        tokens = self._theme.tokens
        set_icon(self.run_again, tokens, "redo")
        set_icon(self.export, tokens, "export")
        self.more.setIcon(icon(tokens, "more"))
