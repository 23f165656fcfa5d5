"""The panel of sources: header, filter, list, what is being read, and the way to add more."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QFont, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.core.workspace import Entry, shown_name, shown_path
from app.services.desk import Desk
from app.ui import words
from app.ui.elided import ElidedButton, ElidedLabel
from app.ui.icon_button import icon_button
from app.ui.icons import icon
from app.ui.list_view import ListView
from app.ui.sources.delegate import SourceDelegate
from app.ui.sources.model import ROW, SourceModel
from app.ui.sources.rows import RowBuilder, SourceRow
from app.ui.theme.style import BODY, Theme, scaled
from ingest.document import Progress

_FILTER_MS = 60


class SourcesPanel(QWidget):
    """Follows `desk`. `chosen`: a source was clicked or entered; `adding`: the person wants to add files.

    `limiting` and `unlocking`: the person wants only some pages of a source, or to enter its password.
    """

    chosen = Signal(str)
    adding = Signal()
    limiting = Signal(str)
    unlocking = Signal(str)

    def __init__(self, theme: Theme, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._desk = theme, desk
        self._expanded: set[str] = set()
        self._builder = RowBuilder()
        self.model = SourceModel(self)
        self.view = ListView()
        self.view.setModel(self.model)
        self.view.setItemDelegate(self._delegate(theme))
        self._set_up_view()
        self._total = ElidedLabel()
        self._total.setProperty("tone", "second")
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(self.tr("Filter by name or key"))
        self.filter.setAccessibleName(self.tr("Filter sources"))
        self.filter.setClearButtonEnabled(True)
        self.filter.hide()
        self._filter_soon = QTimer(self, singleShot=True, interval=_FILTER_MS)
        self._filter_soon.timeout.connect(self.refresh)
        self.filter.textChanged.connect(lambda: self._filter_soon.start())
        self._empty = QLabel(self.tr("Nothing added yet."))
        self._empty.setProperty("tone", "second")
        self._empty.setContentsMargins(14, 4, 14, 0)
        self._reading = self._reading_card()
        self.add_button = ElidedButton(self.tr("Add files or a folder…"))
        self.add_button.setAccessibleName(self.tr("Add files or a folder"))
        self.add_button.clicked.connect(self.adding)
        self._lay_out()
        theme.changed.connect(self._restyle)
        self._restyle()
        # Both come with each change, and the budget bar is to be painted before so many rows are looked through.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.refresh)
        desk.sources_changed.connect(self._soon.start)
        desk.spending_changed.connect(self._soon.start)
        desk.intake.progress.connect(self._progress)
        desk.intake.ended.connect(self._ended)
        self.refresh()

    @property
    def current_key(self) -> str:
        """The selected source, "" for none."""
        index = self.view.currentIndex()
        row: SourceRow | None = index.data(ROW) if index.isValid() else None
        return row.key if row is not None else ""

    def select(self, key: str) -> None:
        """Show and select the source `key`, opening its folder."""
        row = self.model.row_of(key)
        if row is None:
            return
        shown: SourceRow = self.model.index(row).data(ROW)
        if shown.is_folder:
            self._expanded.add(shown.name)
            self.refresh()
            row = self.model.row_of(key) or row
        index = self.model.index(row)
        self.view.setCurrentIndex(index)
        self.view.scrollTo(index)

    def toggle_filter(self) -> None:
        """Show the filter line and go to it, or hide and empty it."""
        if self.filter.isVisible():
            self.filter.clear()
            self.filter.hide()
            self.view.setFocus()
        else:
            self.filter.show()
            self.filter.setFocus()

    def refresh(self) -> None:
        """Show the workspace as it is now."""
        desk = self._desk
        spending = desk.spending
        entries = desk.workspace.entries
        rows = self._builder.build(
            entries,
            tokens=desk.meter.tokens_of,
            context=spending.budget.context if spending is not None else 0,
            notes={**desk.disk_notes, **desk.notes},
            expanded=frozenset(self._expanded),
            filter_by=self.filter.text(),
        )
        self.model.can_move = not self.filter.text()
        current = self.current_key
        # Only a problem makes a row higher; without one, ten thousand rows need not be asked one by one.
        self.view.setUniformItemSizes(not any(row.problem for row in rows))
        self.model.set_rows(rows, [entry.key for entry in entries])
        if current and self.current_key != current:
            row = self.model.row_of(current)
            if row is not None:
                self.view.setCurrentIndex(self.model.index(row))
        self._empty.setVisible(not entries)
        self.view.setVisible(bool(entries))
        if spending is None:
            self._total.setText(self.tr("{0} files").format(words.count(len(entries))) if entries else "")
        else:
            about = "" if spending.exact else self.tr("about ")
            self._total.setText(self.tr("{0}{1} tokens").format(about, words.count(spending.budget.documents)))

    def _delegate(self, theme: Theme) -> SourceDelegate:
        delegate = SourceDelegate(theme, self.model, self.view)
        delegate.toggled.connect(self._toggle_folder)
        return delegate

    def _set_up_view(self) -> None:
        view = self.view
        view.setAccessibleName(self.tr("Sources"))
        view.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        view.setDefaultDropAction(Qt.DropAction.MoveAction)
        view.setDragEnabled(True)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.customContextMenuRequested.connect(self._menu)
        view.clicked.connect(self._choose)
        view.activated_by_key.connect(self._choose)
        view.expanding.connect(self._expand)
        view.moving.connect(self._move)
        view.removing.connect(lambda index: self._desk.remove(index.data(ROW).keys))
        self.model.checked.connect(self._desk.set_included)
        self.model.moved.connect(self._desk.reorder)

    def _lay_out(self) -> None:
        title = QLabel(self.tr("Sources"))
        title.setFont(scaled(BODY, weight=QFont.Weight.DemiBold))
        self._filter_button = icon_button(self.tr("Filter sources"), self.toggle_filter)
        self._add_icon = icon_button(self.tr("Add files or a folder (Ctrl+O)"), self.adding.emit)
        header = QHBoxLayout()
        header.setContentsMargins(14, 8, 6, 2)
        header.setSpacing(8)
        header.addWidget(title)
        header.addWidget(self._total, 1)
        header.addWidget(self._filter_button)
        header.addWidget(self._add_icon)
        shortcut = QLabel(self.tr("Ctrl+O"))
        shortcut.setProperty("tone", "third")
        footer = QHBoxLayout()
        footer.setContentsMargins(12, 8, 12, 10)
        footer.setSpacing(8)
        footer.addWidget(self.add_button)
        footer.addWidget(shortcut)
        footer.addStretch(1)
        boxed = QHBoxLayout()
        boxed.setContentsMargins(12, 0, 12, 4)
        boxed.addWidget(self.filter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(header)
        layout.addLayout(boxed)
        layout.addWidget(self._empty)
        layout.addWidget(self.view, 1)
        layout.addStretch(0)
        layout.addWidget(self._reading)
        layout.addLayout(footer)

    def _reading_card(self) -> QFrame:
        card = QFrame()
        card.setProperty("card", "plain")
        self._reading_words = QLabel()
        self._reading_path = ElidedLabel(mode=Qt.TextElideMode.ElideMiddle)
        self._reading_path.setProperty("tone", "second")
        self._reading_bar = QProgressBar()
        self._reading_bar.setTextVisible(False)
        self._reading_bar.setAccessibleName(self.tr("Files read"))
        cancel = QPushButton(self.tr("Cancel"))
        cancel.clicked.connect(self._desk.intake.cancel)
        top = QHBoxLayout()
        top.addWidget(self._reading_words, 1)
        top.addWidget(cancel)
        layout = QVBoxLayout(card)
        layout.setContentsMargins(10, 8, 10, 10)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(self._reading_bar)
        layout.addWidget(self._reading_path)
        holder = QFrame()
        outer = QVBoxLayout(holder)
        outer.setContentsMargins(10, 6, 10, 0)
        outer.addWidget(card)
        holder.hide()
        return holder

    def _restyle(self) -> None:
        tokens = self._theme.tokens
        self._filter_button.setIcon(icon(tokens, "filter"))
        self._add_icon.setIcon(icon(tokens, "add"))
        self.add_button.setIcon(icon(tokens, "add", "text"))

    def _progress(self, state: Progress) -> None:
        self._reading.show()
        self._reading_bar.setRange(0, max(1, state.files_total))
        self._reading_bar.setValue(state.files_done)
        self._reading_words.setText(
            self.tr("{0} of {1} files").format(words.count(state.files_done), words.count(state.files_total))
        )
        self._reading_path.setText(shown_name(state.path))

    def _ended(self) -> None:
        if not self._desk.intake.busy:
            self._reading.hide()

    def _choose(self, index: QModelIndex) -> None:
        # The list may have changed between the press of a button and its release.
        row: SourceRow | None = index.data(ROW)
        if row is None or not row.key:
            return
        if not row.locked:
            self.chosen.emit(row.key)
        elif len(self.view.selectedIndexes()) == 1:
            # Not while more and more rows are being selected.
            self.unlocking.emit(row.key)

    def _toggle_folder(self, name: str) -> None:
        self._expanded ^= {name}
        self.refresh()

    def _expand(self, index: QModelIndex, wanted: bool) -> None:
        row: SourceRow = index.data(ROW)
        if row.is_folder and row.expanded != wanted:
            at = index.row()
            self._toggle_folder(row.name)
            self.view.setCurrentIndex(self.model.index(at))

    def _move(self, index: QModelIndex, by: int) -> None:
        row: SourceRow = index.data(ROW)
        if self.model.can_move:
            self.model.move(row.keys, max(0, index.row() + (by if by < 0 else by + 1)))
            at = self.model.row_of(row.keys[0])
            if at is not None:
                self.view.setCurrentIndex(self.model.index(at))

    def _selected(self) -> list[SourceRow]:
        return [index.data(ROW) for index in self.view.selectedIndexes()]

    def _menu(self, at: QPoint) -> None:
        rows = self._selected()
        if not rows:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for action in self.actions_for(rows, menu):
            menu.addAction(action)
        menu.popup(self.view.viewport().mapToGlobal(at))

    def actions_for(self, rows: list[SourceRow], parent: QWidget) -> list[QAction]:
        """What can be done with these rows."""
        desk = self._desk
        keys = [key for row in rows for key in row.keys]
        entries = {entry.key: entry for entry in desk.workspace.entries}
        actions: list[QAction] = []

        def add(text: str, run: partial[None]) -> None:
            action = QAction(text, parent)
            action.triggered.connect(run)
            actions.append(action)

        if len(rows) == 1 and rows[0].locked:
            add(self.tr("Enter the password…"), partial(self.unlocking.emit, keys[0]))
        elif len(rows) == 1 and rows[0].key:
            add(self.tr("Show"), partial(self.chosen.emit, keys[0]))
        inside = [k for k in keys if k in entries and entries[k].included]
        if inside:
            cost = desk.meter.cost_of(desk.workspace.set_included(keys, False)) - desk.meter.unread
            again = self.tr(" ({0} tokens behind it are read again)").format(words.count(cost)) if cost > 0 else ""
            add(self.tr("Leave out{0}").format(again), partial(desk.set_included, keys, False))
        if len(inside) < len(keys):
            add(self.tr("Include"), partial(desk.set_included, keys, True))
        if len(rows) == 1 and rows[0].key and _has_pages(entries[keys[0]]):
            add(self.tr("Only some pages…"), partial(self.limiting.emit, keys[0]))
        add(
            self.tr("Read again from disk"),
            partial(desk.add, [Path(entries[k].document.path) for k in keys if k in entries]),
        )
        if len(rows) == 1 and rows[0].key:
            add(self.tr("Copy path"), partial(_copy, shown_path(entries[keys[0]].document.path)))
        add(self.tr("Remove from this session"), partial(desk.remove, keys))
        return actions


def _has_pages(entry: Entry) -> bool:
    return any(section.span.page is not None for section in entry.document.sections[:1])


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
