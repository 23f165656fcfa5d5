"""Taking a review out to files and one in to compare with: asks where, and tells what came of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from app.core.review.finding import Checked
from app.core.review.taking_out import Form
from app.services.reviewer import Reviewer
from app.ui.review.header import SUFFIXES

_LONGEST_NAME = 60

Tell = Callable[[str, str, object], None]
"""A sentence, the words of a button and what it does."""


class Filing:
    """Dialogs over `parent` about what `reviewer` holds."""

    def __init__(self, parent: QWidget, reviewer: Reviewer, tell: Tell) -> None:
        self._parent, self._reviewer, self._tell = parent, reviewer, tell

    def export(self, form: Form) -> None:
        """Choose where the review is written."""
        name = self._reviewer.name or _tr("review")
        dialog = QFileDialog(self._parent, _tr("Export the review"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(_file_name(name) + SUFFIXES[form])
        dialog.fileSelected.connect(lambda chosen: self._reviewer.write(form, Path(chosen), self._written))
        dialog.open()

    def save_patch(self, checked: Checked) -> None:
        """Choose where the suggestion of one finding is written."""
        dialog = QFileDialog(self._parent, _tr("Save the patch"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(_file_name(checked.finding.title) + SUFFIXES["patch"])
        dialog.fileSelected.connect(lambda chosen: self._reviewer.save_patch(checked, Path(chosen), self._written))
        dialog.open()

    def _written(self, path: Path, remark: str) -> None:
        folder = QUrl.fromLocalFile(str(path.parent))
        said = _tr("Written to {0}").format(path.name)
        self._tell(
            f"{said}. {remark}" if remark else said, _tr("Show the folder"), lambda: QDesktopServices.openUrl(folder)
        )

    def compare(self) -> None:
        """Choose a review, ours or SARIF, to compare this one with."""
        dialog = QFileDialog(self._parent, _tr("Compare with"), "", _tr("Reviews (*.json *.sarif);;All files (*)"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self._reviewer.compare_with_file(Path(name)))
        dialog.open()


def _file_name(words: str) -> str:
    plain = "".join(c if c.isalnum() or c in " -_." else "_" for c in words)
    return " ".join(plain.split())[:_LONGEST_NAME].strip(" .") or "review"


def _tr(text: str) -> str:
    return QCoreApplication.translate("review", text)
