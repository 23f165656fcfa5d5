"""The dialog that offers to recognise the text of scans: in which languages, or what has to be installed first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from PySide6.QtCore import QCoreApplication, QLocale, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from app.core.workspace import Entry
from app.services.desk import Desk
from app.ui import words
from app.ui.check_list import CheckList
from app.ui.dialogs import Question
from app.ui.models.parts import ProblemCard
from app.ui.theme.style import Theme
from ingest.recognition import Tessdata, default_language, find_tessdata, how_to_install, iso_of

_MOST_ROWS = 6
_NAME_WIDTH = 340


class RecogniseQuestion(Question):
    """Recognises the text of `entries` when it is accepted; the desk then says how far it is."""

    def __init__(self, theme: Theme, desk: Desk, entries: Sequence[Entry], parent: QWidget) -> None:
        super().__init__(
            self.tr("Recognise text"),
            self.tr(
                "{0}: pages that are pictures are read on this computer. Recognised text can be wrong in places, so it "
                "is marked as such wherever it is shown or cited."
            ).format(_names(entries, QFontMetrics(parent.font()))),
            self.tr("Recognise text"),
            parent,
        )
        self._desk, self._entries = desk, entries
        self._found: Tessdata | None = None
        self.languages = CheckList(theme, self.tr("Languages of the text"))
        self.languages.changed.connect(self._follow)
        self._label = QLabel(self.tr("Languages of the text"))
        self._label.setBuddy(self.languages)
        self._more = QLabel(self.tr("Fewer languages are recognised faster and better."))
        self._more.setProperty("tone", "second")
        self.problem = ProblemCard(theme, self)
        self.problem.remedy.clicked.connect(self.look)
        layout = cast(QVBoxLayout, self.layout())
        for part in (self._label, self.languages, self._more, self.problem):
            layout.insertWidget(layout.indexOf(self.buttons), part)
        self.start = next(
            button
            for button in self.buttons.buttons()
            if self.buttons.buttonRole(button) == QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.look()

    @property
    def language(self) -> str:
        """What is ticked, such as "deu+eng"; "" for nothing."""
        return "+".join(self.languages.ticked)

    def look(self) -> None:
        """Look for language data and offer what is there."""
        self._found = found = find_tessdata()
        for part in (self._label, self.languages, self._more):
            part.setVisible(found is not None)
        self.languages.clear()
        if found is None:
            self.problem.say(how_to_install(), self.tr("Look again"))
        else:
            self.problem.hide()
            self._offer(found.languages)
        self._follow()
        self._fit()

    def accept(self) -> None:
        """Begin with what is ticked."""
        recognition = self._found.recognition(self.language) if self._found is not None else None
        if recognition is not None:
            self._desk.recogniser.recognise([entry.document.path for entry in self._entries], recognition)
            super().accept()

    def _offer(self, languages: Sequence[str]) -> None:
        ticked = default_language(QLocale().name(), languages)
        ordered = sorted(languages, key=lambda code: code != ticked)
        rows = [(language, _name(language), "", language == ticked) for language in ordered]
        self.languages.offer(rows, most_rows=_MOST_ROWS)

    def _follow(self) -> None:
        self.start.setEnabled(self._found is not None and bool(self.language))

    def _fit(self) -> None:
        """As high as all that is said needs; a layout by itself never asks its window for the room of wrapped lines."""
        layout = cast(QVBoxLayout, self.layout())
        layout.activate()
        self.resize(max(self.width(), self.minimumSizeHint().width()), layout.totalHeightForWidth(self.width()))


def _name(language: str) -> str:
    """Such as "German (deu)"; the code alone where the language has no name here."""
    iso = iso_of(language)
    return f"{QLocale.languageToString(QLocale(iso).language())} ({language})" if iso else language


def _names(entries: Sequence[Entry], metrics: QFontMetrics) -> str:
    if len(entries) > 1:
        return QCoreApplication.translate("RecogniseQuestion", "{0} sources").format(words.count(len(entries)))
    return metrics.elidedText(entries[0].name, Qt.TextElideMode.ElideMiddle, _NAME_WIDTH)
