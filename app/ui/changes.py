"""The dialog that asks between which revisions of a repository the changes are to be a source."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QFontMetrics
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from app.core.workspace import shown_name
from app.services.desk import Desk
from app.services.lane import Call
from app.ui.dialogs import Question
from app.ui.models.parts import ProblemCard
from app.ui.theme.style import Theme
from ingest.document import Ingested

_NAME_WIDTH = 340


class ChangesQuestion(Question):
    """Adds what changed in `repository` when it is accepted, and closes when it was read."""

    def __init__(self, theme: Theme, desk: Desk, repository: Path, parent: QWidget) -> None:
        name = QFontMetrics(parent.font()).elidedText(
            shown_name(repository.name), Qt.TextElideMode.ElideMiddle, _NAME_WIDTH
        )
        super().__init__(
            self.tr("Changes since…"),
            self.tr(
                "What changed in {0} becomes a source, one part for each file. Name branches, tags or commits: the "
                "second is compared with the place where it left the first."
            ).format(name),
            self.tr("Add the changes"),
            parent,
        )
        self._desk, self._repository = desk, repository
        self._call: Call[Ingested] | None = None
        self.since, self.until = QLineEdit(), QLineEdit()
        for field, words, hint in (
            (self.since, self.tr("Since"), self.tr("Such as main, v1.2 or 4f2a91c")),
            (self.until, self.tr("Up to"), self.tr("What is checked out (HEAD)")),
        ):
            field.setAccessibleName(words)
            field.setPlaceholderText(hint)
            field.textChanged.connect(self._follow)
            self.form.addRow(words, field)
        self.busy = QLabel(self.tr("Comparing…"))
        self.busy.setProperty("tone", "second")
        self.busy.hide()
        self.problem = ProblemCard(theme, self)
        layout = cast(QVBoxLayout, self.layout())
        for part in (self.busy, self.problem):
            layout.insertWidget(layout.indexOf(self.buttons), part)
        self._follow()
        self.since.setFocus()

    @property
    def revisions(self) -> str:
        """As Git writes it, such as "main...HEAD"."""
        return f"{self.since.text().strip()}...{self.until.text().strip() or 'HEAD'}"

    def accept(self) -> None:
        """Compare, and add what changed."""
        if self._call is None and self.yes.isEnabled():
            self.problem.hide()
            self.busy.show()
            self._fit()
            self._call = self._desk.intake.compare(
                self._repository, self.revisions, added=super().accept, refused=self._refused
            )
            self._follow()

    def reject(self) -> None:
        """Give up; Git is stopped."""
        if self._call is not None:
            self._call.cancel()
        super().reject()

    def _follow(self) -> None:
        free = self._call is None
        for field in (self.since, self.until):
            field.setReadOnly(not free)
        plain = all(not any(c.isspace() for c in field.text().strip()) for field in (self.since, self.until))
        self.yes.setEnabled(free and plain and bool(self.since.text().strip()))
        # While it could not be pressed, Enter had become another button's.
        self.yes.setDefault(True)

    def _refused(self, sentence: str) -> None:
        self._call = None
        self.busy.hide()
        self.problem.say(sentence)
        self._follow()
        self._fit()
        self.since.selectAll()
        self.since.setFocus()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.since, sentence))

    def _fit(self) -> None:
        """As high as all that is said needs; a layout by itself never asks its window for the room of wrapped lines."""
        layout = cast(QVBoxLayout, self.layout())
        layout.activate()
        self.resize(self.width(), layout.totalHeightForWidth(self.width()))


def repository_above(path: Path) -> Path | None:
    """The Git work tree that holds `path`, None for none."""
    if not path.is_absolute():
        return None
    return next((folder for folder in (path, *path.parents) if (folder / ".git").exists()), None)
