"""The dialog that asks what is reviewed and for what: all of it, some files, changes, a patch; which checklists."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app.core.review.wanted import Listed, Offer, Wanted, What
from app.core.workspace import shown_name
from app.ui.check_list import CheckList
from app.ui.dialogs import Question
from app.ui.elided import ElidedLabel
from app.ui.theme.style import BODY, SMALL, Theme, scaled
from app.ui.words import count

_MOST_FILES, _MOST_LISTS = 5, 8


class ReviewQuestion(Question):
    """`wanted`: what to review, as it was chosen. `model_wanted`: another model is to be chosen first.

    `reading_list`: the path of a checklist; whoever reads it calls `add_list` or `say_problem`.
    """

    wanted = Signal(object)
    reading_list = Signal(object)
    model_wanted = Signal()

    def __init__(self, theme: Theme, offer: Offer, before: Wanted | None, parent: QWidget) -> None:
        """before: what was chosen last time, to begin from."""
        super().__init__(
            self.tr("Review code"),
            self.tr("Each checklist is a question of its own about the same code, which is read once for all of them."),
            self.tr("Review"),
            parent,
        )
        self._offer, self._patch = offer, offer.patch
        if before is not None and before.patch is not None and not offer.dropped:
            self._patch = before.patch
        self._own: list[Listed] = []
        self._group = QButtonGroup(self)
        self.radios: dict[What, QRadioButton] = {}
        self.files = CheckList(theme, self.tr("Files to review"))
        self.since = QLineEdit()
        self.patch_name = ElidedLabel(mode=Qt.TextElideMode.ElideLeft)
        self.patch_name.setProperty("tone", "second")
        self.choose_patch = QPushButton(self.tr("Choose…"))
        self.lists = CheckList(theme, self.tr("Checklists"))
        self.own_list = QPushButton(self.tr("Add a checklist of your own…"))
        self.why_not = QLabel()
        self._arrange()
        self._fill(before)
        self.choose_patch.clicked.connect(self._ask_patch)
        self.own_list.clicked.connect(self._ask_list)
        self.since.textChanged.connect(self._follow)
        for part in (self.files, self.lists):
            part.changed.connect(self._follow)
        self._group.buttonToggled.connect(lambda *_: self._follow())
        self._follow()
        if offer.problems and self.why_not.isHidden():
            self.say_problem(" ".join(offer.problems))

    @property
    def what(self) -> What:
        """Which of the choices is on."""
        return next((name for name, radio in self.radios.items() if radio.isChecked()), "everything")

    @property
    def choice(self) -> Wanted:
        """What is chosen now."""
        what = self.what
        return Wanted(
            what,
            self._offer.paths,
            files=self.files.ticked if what == "files" else (),
            since=self.since.text().strip() if what == "changes" else "",
            patch=self._patch if what == "patch" else None,
            checklists=self.lists.ticked,
        )

    def accept(self) -> None:
        """Begin, if everything that it needs is there."""
        if self.yes.isEnabled():
            self.wanted.emit(self.choice)
            super().accept()

    def use_patch(self, path: Path) -> None:
        """Review this patch."""
        self._patch = path
        self.patch_name.setText(shown_name(path.name))
        self.radios["patch"].setChecked(True)
        self._follow()

    def add_list(self, listed: Listed) -> None:
        """Offer a checklist more, ticked."""
        ticked = {*self.lists.ticked, listed.name}
        self._own = [one for one in self._own if one.name != listed.name] + [listed]
        self._offer_lists(ticked)
        self._follow()

    def say_problem(self, sentence: str) -> None:
        """What cannot be used, and why."""
        self.why_not.setText(sentence)
        self.why_not.show()
        self._fit()

    def _arrange(self) -> None:
        offer = self._offer
        named: tuple[tuple[What, str], ...] = (
            ("everything", offer.whole),
            ("files", self.tr("Chosen files")),
            ("changes", self.tr("What changed since")),
            ("patch", self.tr("A patch file")),
        )
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for row, (name, said) in enumerate(named):
            radio = QRadioButton(said.replace("&", "&&"))
            radio.setAccessibleName(said)
            self._group.addButton(radio)
            self.radios[name] = radio
            spans = 2 if name in ("everything", "files") else 1
            grid.addWidget(radio, row if row < 2 else row + 1, 0, 1, spans, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(self.files, 2, 0, 1, 2)
        self.since.setAccessibleName(self.tr("A branch, tag or commit"))
        self.since.setPlaceholderText(self.tr("Such as main, v1.2 or 4f2a91c"))
        grid.addWidget(self.since, 3, 1)
        patch = QHBoxLayout()
        patch.setSpacing(8)
        patch.addWidget(self.choose_patch)
        patch.addWidget(self.patch_name, 1)
        grid.addLayout(patch, 4, 1)
        self.choose_patch.setAutoDefault(False)
        self.choose_patch.setAccessibleName(self.tr("Choose a patch file"))
        self.own_list.setAutoDefault(False)
        self.own_list.setProperty("role", "link")
        model = ElidedLabel(offer.model)
        model.setProperty("tone", "second")
        self.other_model = QPushButton(self.tr("Another model…"))
        self.other_model.setProperty("role", "link")
        self.other_model.setAutoDefault(False)
        self.other_model.clicked.connect(self._ask_model)
        self.why_not.setProperty("tone", "warn")
        self.why_not.setFont(scaled(SMALL))
        self.why_not.setWordWrap(True)
        with_model = QHBoxLayout()
        with_model.setSpacing(8)
        with_model.addWidget(model, 1)
        with_model.addWidget(self.other_model)
        layout = cast(QVBoxLayout, self.layout())
        layout.setSpacing(8)
        at = layout.indexOf(self.buttons)
        own = QHBoxLayout()
        own.addWidget(self.own_list)
        own.addStretch(1)
        parts: list[object] = [_heading(self.tr("What")), grid, _heading(self.tr("Look for")), self.lists, own]
        parts += [_heading(self.tr("With")), with_model, self.why_not]
        for i, part in enumerate(parts):
            if isinstance(part, QWidget):
                layout.insertWidget(at + i, part)
            elif isinstance(part, QGridLayout | QHBoxLayout):
                layout.insertLayout(at + i, part)
        self.setMinimumWidth(520)

    def _fill(self, before: Wanted | None) -> None:
        offer = self._offer
        ticked = set(before.files) if before is not None else set()
        rows = [(path, shown_name(name), "", path in ticked) for path, name in offer.files]
        self.files.offer(rows, most_rows=_MOST_FILES)
        self._offer_lists(set(before.checklists if before is not None and before.checklists else offer.chosen))
        if before is not None:
            self.since.setText(before.since)
        what: What = before.what if before is not None and not offer.dropped else offer.first
        if not self._possible(what):
            what = next((one for one in self.radios if self._possible(one)), "everything")
        for name, radio in self.radios.items():
            radio.setEnabled(not self._impossible(name))
            radio.setToolTip(self._impossible(name))
        self.radios[what].setChecked(True)
        if self._patch is not None:
            self.patch_name.setText(shown_name(self._patch.name))

    def _possible(self, what: What) -> bool:
        return not self._impossible(what) and (what != "patch" or self._patch is not None)

    def _impossible(self, what: What) -> str:
        """Why this cannot be chosen, "" where it can."""
        offer = self._offer
        if what == "everything" and not offer.paths:
            return self.tr("There is no code among the sources. Drop a folder here, or add one.")
        if what == "files" and len(offer.files) < 2:
            return self.tr("There are not several files to choose from.")
        if what == "changes" and offer.repository is None:
            return self.tr("This lies in no Git repository.")
        return ""

    def _offer_lists(self, ticked: set[str]) -> None:
        rows = [
            (one.name, one.title, self._items(one.items), one.name in ticked)
            for one in (*self._offer.checklists, *self._own)
        ]
        self.lists.offer(rows, most_rows=_MOST_LISTS)
        for row, one in enumerate((*self._offer.checklists, *self._own)):
            self.lists.item(row).setToolTip(one.about or one.title)

    def _items(self, number: int) -> str:
        return self.tr("1 item") if number == 1 else self.tr("{0} items").format(count(number))

    def _follow(self) -> None:
        what = self.what
        self.files.setVisible(what == "files")
        self.since.setEnabled(what == "changes")
        missing = self._impossible(what) or self._missing(what)
        self.yes.setEnabled(not missing)
        self.yes.setDefault(True)
        self.why_not.setText(missing)
        self.why_not.setVisible(bool(missing))
        self._fit()

    def _fit(self) -> None:
        """As high as what is shown needs; a layout by itself never asks its window for that."""
        layout = cast(QVBoxLayout, self.layout())
        layout.activate()
        height = layout.totalHeightForWidth(self.width())
        if self.isVisible() and height != self.height():
            self.resize(self.width(), height)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Open as high as it has to be."""
        super().showEvent(event)
        self._fit()

    def _missing(self, what: What) -> str:
        if not self._offer.model:
            return self.tr("There is no model; choose one first.")
        if what == "files" and not self.files.ticked:
            return self.tr("Tick the files to review.")
        if what == "changes" and (not self.since.text().strip() or any(map(str.isspace, self.since.text().strip()))):
            return self.tr("Name a branch, a tag or a commit.")
        if what == "patch" and self._patch is None:
            return self.tr("Choose the patch file.")
        return "" if self.lists.ticked else self.tr("Tick at least one checklist.")

    def _ask_patch(self) -> None:
        dialog = QFileDialog(self, self.tr("Choose a patch"), "", self.tr("Patches (*.patch *.diff);;All files (*)"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.use_patch(Path(name)))
        dialog.open()

    def _ask_list(self) -> None:
        dialog = QFileDialog(self, self.tr("Add a checklist"), "", self.tr("Checklists (*.toml *.md);;All files (*)"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.reading_list.emit(Path(name)))
        dialog.open()

    def _ask_model(self) -> None:
        self.reject()
        self.model_wanted.emit()


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setFont(scaled(BODY, weight=QFont.Weight.DemiBold))
    return label
