"""What can be done with the selected sources, each with what it costs before it is done."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from app.core.workspace import Entry, shown_name, shown_path
from app.services.desk import Desk
from app.ui.changes import repository_above
from app.ui.sources.foresight import Foresight
from app.ui.sources.model import SourceModel, remedy_words
from app.ui.sources.read_as import (
    OFFERED,
    can_be_less,
    can_be_masked,
    can_be_unmasked,
    can_have_tables,
    detail_words,
    is_log,
    is_so,
    with_detail,
)
from app.ui.sources.rows import SourceRow, can_recognise
from ingest.view import Detail


class SourceActions(QObject):
    """`chosen`: show a source; `limiting`, `unlocking`, `filtering`: ask for its pages, its password, its records.

    `recognising`: several. `comparing`: a Git work tree (Path) whose changes may become a source.
    """

    chosen = Signal(str)
    limiting = Signal(str)
    unlocking = Signal(str)
    recognising = Signal(list)
    filtering = Signal(str)
    comparing = Signal(object)

    def __init__(self, desk: Desk, model: SourceModel, foresight: Foresight, parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._model, self._foresight = desk, model, foresight

    def help(self, row: SourceRow) -> None:
        """Do what the row offers against its problem."""
        if row.remedy == "unlock":
            self.unlocking.emit(row.key)
        elif row.remedy == "recognise":
            self.recognising.emit([row.key])
        elif row.remedy == "whole":
            self.read_as([row.key], "whole")

    def outlined(self, keys: Sequence[str]) -> list[str]:
        """Those of `keys` that can be read as an outline, or by their name alone."""
        wanted = set(keys)
        return [e.key for e in self._desk.workspace.entries if e.key in wanted and can_be_less(e.document)]

    def read_as(self, keys: Sequence[str], detail: Detail) -> None:
        """Read these sources in this level of detail."""
        wanted = set(self.outlined(keys))
        entries = (entry for entry in self._desk.workspace.entries if entry.key in wanted)
        self._desk.views.read({entry.key: with_detail(entry, detail) for entry in entries})

    def scans(self, keys: Sequence[str]) -> list[str]:
        """Those of `keys` whose text can be recognised and is not being recognised."""
        busy = self._desk.recogniser.paths
        entries = {entry.key: entry for entry in self._desk.workspace.entries}
        found = (entries[key] for key in keys if key in entries)
        return [entry.key for entry in found if can_recognise(entry) and entry.document.path not in busy]

    def of(self, rows: Sequence[SourceRow], parent: QWidget) -> list[QAction]:
        """The actions for these rows, in the order of the menu."""
        desk, foresight = self._desk, self._foresight
        keys = [key for row in rows for key in row.keys]
        entries = {entry.key: entry for entry in desk.workspace.entries}
        entry = entries[keys[0]] if len(rows) == 1 and rows[0].key else None
        actions: list[QAction] = []

        def add(text: str, run: Callable[[], None], *, cost: str = "") -> None:
            # Behind the tab a menu shows what else would be a key, at its right edge.
            action = QAction(f"{text}\t{cost}" if cost else text, parent)
            action.triggered.connect(run)
            actions.append(action)

        if entry is not None and rows[0].remedy == "unlock":
            add(remedy_words("unlock", self.tr), partial(self.unlocking.emit, keys[0]))
        elif entry is not None:
            add(self.tr("Show"), partial(self.chosen.emit, keys[0]))
        scans = self.scans(keys)
        if scans:
            add(remedy_words("recognise", self.tr), partial(self.recognising.emit, scans))
        inside = [k for k in keys if k in entries and entries[k].included]
        if inside:
            add(
                self.tr("Leave out"),
                partial(desk.set_included, keys, False),
                cost=foresight.inclusion(keys, False),
            )
        if len(inside) < len(keys):
            add(self.tr("Include"), partial(desk.set_included, keys, True), cost=foresight.inclusion(keys, True))
        if len(rows) == 1 and self._model.can_move:
            for by, text in ((-1, self.tr("Move up")), (1, self.tr("Move down"))):
                order = self._model.order_after_step(keys, by)
                if order is not None:
                    add(text, partial(desk.reorder, order), cost=foresight.order(order))
        if entry is not None and _has_pages(entry):
            add(self.tr("Only some pages…"), partial(self.limiting.emit, keys[0]))
        papers = [key for key in keys if key in entries and can_have_tables(entries[key].document)]
        if papers:
            actions.append(self._tables(papers, entries, parent))
        if entry is not None and is_log(entry.document):
            add(self.tr("Filter and fold…"), partial(self.filtering.emit, keys[0]))
        outlined = self.outlined(keys)
        if outlined:
            actions.append(self._details(outlined, parent))
        for words, held, masked in (
            (self.tr("Mask likely secrets"), [k for k in keys if k in entries and can_be_masked(entries[k])], True),
            (self.tr("Read without masking"), [k for k in keys if k in entries and can_be_unmasked(entries[k])], False),
        ):
            if held:
                add(words, partial(desk.views.mask, held, masked=masked), cost=foresight.again(held))
        paths = [Path(entries[k].document.path) for k in keys if k in entries]
        add(self.tr("Read again from disk"), partial(desk.add, paths))
        folder = _common_folder(paths)
        if folder is not None and folder in desk.freshness.folders:
            add(self.tr("Stop watching “{0}”").format(shown_name(folder.name)), partial(self._watch, folder, False))
        elif folder is not None:
            add(self.tr("Watch “{0}” for changes").format(shown_name(folder.name)), partial(self._watch, folder, True))
        repository = repository_above(folder) if folder is not None else None
        if repository is not None:
            words = self.tr("Changes in “{0}” since…").format(shown_name(repository.name))
            add(words, partial(self.comparing.emit, repository))
        if entry is not None:
            add(self.tr("Copy path"), partial(_copy, shown_path(entry.document.path)))
        add(self.tr("Remove from this session"), partial(desk.remove, keys), cost=foresight.removal(keys))
        return actions

    def _details(self, keys: Sequence[str], parent: QWidget) -> QAction:
        """The levels of detail; the one that all these sources have is ticked."""
        chosen = set(keys)
        documents = [entry.document for entry in self._desk.workspace.entries if entry.key in chosen]
        menu = QMenu(self.tr("Read as"), parent)
        for detail in OFFERED:
            here = all(is_so(document, detail) for document in documents)
            cost = "" if here else self._foresight.detail(keys, detail)
            words = detail_words(detail)
            action = menu.addAction(f"{words}\t{cost}" if cost else words)
            action.setCheckable(True)
            action.setChecked(here)
            action.triggered.connect(partial(self._read_as_chosen, list(keys), detail))
        return menu.menuAction()

    def _tables(self, keys: Sequence[str], entries: Mapping[str, Entry], parent: QWidget) -> QAction:
        """Whether the tables of these PDFs are written as such."""
        here = all(entries[key].document.view.tables for key in keys)
        cost = self._foresight.again(keys)
        words = self.tr("Tables as Markdown")
        action = QAction(f"{words}\t{cost}" if cost else words, parent)
        action.setCheckable(True)
        action.setChecked(here)
        views = {key: replace(entries[key].document.view, tables=not here) for key in keys}
        action.triggered.connect(lambda: self._desk.views.read(views))
        return action

    def _read_as_chosen(self, keys: Sequence[str], detail: Detail, _ticked: bool = False) -> None:
        self.read_as(keys, detail)

    def _watch(self, folder: Path, wanted: bool) -> None:
        freshness = self._desk.freshness
        others = [held for held in freshness.folders if held != folder]
        freshness.watch([*others, folder] if wanted else others)


def _common_folder(paths: Sequence[Path]) -> Path | None:
    """The folder that holds all of `paths`, None when they are no files or have only the whole disk in common."""
    folders = [path.parent for path in paths if path.is_absolute()]
    if not folders or len(folders) < len(paths):
        return None
    common = Path(os.path.commonpath([str(folder) for folder in folders]))
    return common if common != Path(common.anchor) else None


def _has_pages(entry: Entry) -> bool:
    return any(section.span.page is not None for section in entry.document.sections[:1])


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
