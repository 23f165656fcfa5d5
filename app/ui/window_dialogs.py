"""The dialogs of the window: each is opened, never waited for, and tells what was chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget
from shiboken6 import isValid

from app.core.exporting import SUFFIXES, Format
from app.core.model_choice import ModelChoice
from app.core.models import find_model, mark_style
from app.core.prompt import default_system
from app.core.settings import Preferences
from app.services.desk import Desk
from app.ui.changes import ChangesQuestion
from app.ui.commands.command import Commands
from app.ui.commands.shortcuts import ShortcutsDialog
from app.ui.dialogs import PagesQuestion, open_link
from app.ui.logs.dialog import LogDialog
from app.ui.models.dialog import ModelDialog
from app.ui.password import PasswordQuestion
from app.ui.preview_question import PreviewQuestion
from app.ui.recognise import RecogniseQuestion
from app.ui.settings.dialog import SettingsDialog
from app.ui.system_prompt import SystemPromptDialog
from app.ui.theme.style import Theme
from ingest.preview import Preview

D = TypeVar("D", bound=QDialog)


class WindowDialogs:
    """Opens dialogs over `window` about what is on `desk`."""

    def __init__(self, window: QWidget, theme: Theme, desk: Desk) -> None:
        self._window, self._theme, self._desk = window, theme, desk

    def files(self, *, folder: bool) -> None:
        """Choose files, or a folder, to add."""
        dialog = QFileDialog(self._window, _tr("Add a folder") if folder else _tr("Add files"))
        dialog.setFileMode(QFileDialog.FileMode.Directory if folder else QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(lambda names: self._desk.add([Path(name) for name in names]))
        _opened(dialog)

    def export(self, session: int, name: str, form: Format) -> None:
        """Choose where a session is written."""
        dialog = QFileDialog(self._window, _tr("Export “{0}”").format(name))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(SUFFIXES[form].removeprefix("."))
        dialog.selectFile("".join(c if c.isalnum() or c in " -_." else "_" for c in name) + SUFFIXES[form])
        dialog.fileSelected.connect(lambda chosen: self._desk.exporter.export(session, form, Path(chosen)))
        _opened(dialog)

    def open_json(self) -> None:
        """Choose a session that was exported as JSON."""
        dialog = QFileDialog(self._window, _tr("Take in a session"), "", _tr("Sessions (*.json);;All files (*)"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self._desk.exporter.take_in(Path(name)))
        _opened(dialog)

    def model(self, preferences: Preferences, chosen: Callable[[ModelChoice], None]) -> None:
        """Pick a model and how to load it."""
        settings = self._desk.settings
        if settings is None:
            current = ModelChoice(find_model(None) or Path())
        else:
            current = ModelChoice(settings.model, settings.n_ctx, settings.kv, settings.threads, settings.gpu_layers)
        dialog = ModelDialog(
            self._theme,
            current,
            preferences.recent_models,
            self._window,
            held=self._desk.memory_held,
            tuner=self._desk.tuner,
        )
        dialog.applied.connect(chosen)
        _opened(dialog)

    def settings(self, preferences: Preferences, changed: Callable[[Preferences], None]) -> None:
        """The settings."""
        dialog = SettingsDialog(self._theme, preferences, self._window)
        dialog.changed.connect(changed)
        kept, library = dialog.read_documents, self._desk.library

        def shown(size: int) -> None:
            # The page may have been closed meanwhile.
            if isValid(kept):
                kept.show_held(size)

        kept.free_wanted.connect(lambda: library.free_read(shown))
        library.read_held(shown)
        _opened(dialog)

    def keys(self, commands: Commands) -> None:
        """All keys."""
        _opened(ShortcutsDialog(self._theme, commands, self._window))

    def system_prompt(self) -> None:
        """Read and change what the model is told before the sources."""
        around, settings = self._desk.around, self._desk.settings
        if around is None or settings is None:
            return
        dialog = SystemPromptDialog(settings.system, default_system(mark_style(around.info)), self._window)
        dialog.chosen.connect(self._desk.set_system)
        _opened(dialog)

    def pages(self, key: str, foretell: Callable[[str, tuple[int, int] | None], str]) -> None:
        """Ask which pages of a source take part. foretell: what a choice of pages would cost."""
        entry = next(e for e in self._desk.workspace.entries if e.key == key)
        count = max(s.span.page or 1 for s in entry.document.sections)
        question = PagesQuestion(
            entry.name, count, entry.pages, self._window, foretell=lambda pages: foretell(key, pages)
        )
        question.accepted.connect(lambda: self._desk.set_pages(key, question.pages))
        question.open()

    def password(self, key: str) -> None:
        """Ask for the password of a source and read it."""
        entry = next((e for e in self._desk.workspace.entries if e.key == key), None)
        if entry is not None:
            PasswordQuestion(self._theme, self._desk, entry, self._window).open()

    def recognise(self, keys: Sequence[str]) -> None:
        """Ask in which languages the text of these scans is to be recognised."""
        entries = [e for e in self._desk.workspace.entries if e.key in keys]
        if entries:
            RecogniseQuestion(self._theme, self._desk, entries, self._window).open()

    def log(self, key: str) -> None:
        """Choose which records of a log are read, and read them."""
        entry = next((e for e in self._desk.workspace.entries if e.key == key), None)
        if entry is not None and entry.document.kind == "log":
            dialog = LogDialog(self._theme, self._desk.surveyor, entry, self._window)
            dialog.applied.connect(lambda log: self._desk.views.read_log(key, log))
            dialog.open()

    def changes(self, repository: Path) -> None:
        """Ask since when the changes in a repository are to be a source."""
        ChangesQuestion(self._theme, self._desk, repository, self._window).open()

    def huge(self, preview: Preview) -> None:
        """Ask before a huge drop is read."""
        question = PreviewQuestion(self._theme, preview, self._window)
        question.accepted.connect(lambda: self._desk.intake.read(preview.paths, leave_out=question.leave_out))
        question.open()

    def link(self, address: str) -> None:
        """Show where a link leads before a browser opens it."""
        question = open_link(address, self._window)
        question.accepted.connect(lambda: QDesktopServices.openUrl(QUrl(address)))
        question.open()


def _opened(dialog: D) -> D:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
    return dialog


def _tr(text: str) -> str:
    return QCoreApplication.translate("dialogs", text)
