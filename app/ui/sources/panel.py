"""The panel of sources: header, filter, list, what is being read, and the way to add more."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QFont, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from app.services.desk import Desk
from app.ui import words
from app.ui.changes import repository_above
from app.ui.elided import ElidedButton, ElidedLabel
from app.ui.icon_button import icon_button
from app.ui.icons import icon
from app.ui.sources.actions import SourceActions
from app.ui.sources.changed_bar import ChangedBar
from app.ui.sources.delegate import SourceDelegate
from app.ui.sources.foresight import Foresight
from app.ui.sources.model import ROW, SourceModel
from app.ui.sources.read_as import is_log
from app.ui.sources.reading_card import ReadingCard
from app.ui.sources.rows import RowBuilder, SourceRow, remedy_of
from app.ui.sources.secrets_bar import SecretsBar
from app.ui.sources.view import SourcesView
from app.ui.theme.style import BODY, Theme, scaled

_FILTER_MS = 60


class SourcesPanel(QWidget):
    """Follows `desk`. `chosen`: a source was clicked or entered; `adding`: the person wants to add files.

    What else the person wants of sources is said by `menu`.
    """

    chosen = Signal(str)
    adding = Signal()

    def __init__(self, theme: Theme, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._desk = theme, desk
        self._expanded: set[str] = set()
        self._builder = RowBuilder()
        self.model = SourceModel(self)
        self.foresight = Foresight(desk)
        self.menu = SourceActions(desk, self.model, self.foresight, self)
        self.menu.chosen.connect(self.chosen)
        self.model.foretell = self._foretell
        self.view = SourcesView(theme, self.model, self._landing_cost)
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
        self._empty.setWordWrap(True)
        self._empty.setContentsMargins(14, 4, 14, 0)
        self.reading = ReadingCard(desk.intake.cancel, name=self.tr("Files read"))
        self.recognising = ReadingCard(desk.recogniser.cancel, name=self.tr("Pages recognised"))
        self.changed_bar = ChangedBar(desk.freshness)
        self.changed_bar.wanted.connect(desk.read_changed)
        self.reading_as = ReadingCard(desk.reading_as.cancel, name=self.tr("Files read again"))
        self.secrets = SecretsBar(theme, desk)
        self.secrets.showing.connect(self.select)
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
        desk.intake.progress.connect(self.reading.show_reading)
        desk.intake.ended.connect(self._ended)
        desk.recogniser.progress.connect(self.recognising.show_recognising)
        desk.recogniser.changed.connect(self._recognising_changed)
        desk.reading_as.progress.connect(self.reading_as.show_again)
        desk.reading_as.changed.connect(self._reading_as_changed)
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
        helped = desk.recogniser.paths
        rows = self._builder.build(
            entries,
            tokens=desk.meter.tokens_of,
            context=spending.budget.context if spending is not None else 0,
            notes={**desk.freshness.notes, **desk.notes, **dict.fromkeys(helped, self.tr("Recognising its text…"))},
            helped=helped,
            expanded=frozenset(self._expanded),
            filter_by=self.filter.text(),
        )
        self.model.can_move = not self.filter.text()
        current = self.current_key
        # Where all rows are of one height, ten thousand of them need not be asked one by one.
        self.view.setUniformItemSizes(not any(row.high for row in rows))
        self.model.set_rows(rows, [entry.key for entry in entries])
        if current and self.current_key != current:
            row = self.model.row_of(current)
            if row is not None:
                self.view.setCurrentIndex(self.model.index(row))
        self.secrets.refresh()
        self._empty.setVisible(not entries)
        self.view.setVisible(bool(entries))
        if spending is None:
            self._total.setText(self.tr("{0} files").format(words.count(len(entries))) if entries else "")
        else:
            about = "" if spending.exact else self.tr("about ")
            count = words.count(spending.budget.documents)
            self._total.setText(self.tr("{0}{1} tokens").format(about, count), short=f"{about}{count}")

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Where there is little room, the key gives way to the words; it is in the tooltip of the sign above."""
        super().resizeEvent(event)
        room = event.size().width() - 32
        self._shortcut.setVisible(self.add_button.sizeHint().width() + self._shortcut.sizeHint().width() <= room)

    def _delegate(self, theme: Theme) -> SourceDelegate:
        delegate = SourceDelegate(theme, self.model, self.view)
        delegate.toggled.connect(self._toggle_folder)
        delegate.helped.connect(self._help)
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
        self._shortcut = QLabel(self.tr("Ctrl+O"))
        self._shortcut.setProperty("tone", "third")
        footer = QHBoxLayout()
        footer.setContentsMargins(12, 8, 12, 10)
        footer.setSpacing(8)
        footer.addWidget(self.add_button)
        footer.addWidget(self._shortcut)
        footer.addStretch(1)
        boxed = QHBoxLayout()
        boxed.setContentsMargins(12, 0, 12, 4)
        boxed.addWidget(self.filter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(header)
        layout.addLayout(boxed)
        layout.addWidget(self.secrets)
        layout.addWidget(self._empty)
        layout.addWidget(self.view, 1)
        layout.addStretch(0)
        layout.addWidget(self.changed_bar)
        layout.addWidget(self.reading)
        layout.addWidget(self.recognising)
        layout.addWidget(self.reading_as)
        layout.addLayout(footer)

    def _restyle(self) -> None:
        tokens = self._theme.tokens
        self._filter_button.setIcon(icon(tokens, "filter"))
        self._add_icon.setIcon(icon(tokens, "add"))
        self.add_button.setIcon(icon(tokens, "add", "text"))

    def _ended(self) -> None:
        if not self._desk.intake.busy:
            self.reading.hide()

    def _recognising_changed(self) -> None:
        if not self._desk.recogniser.busy:
            self.recognising.hide()
        self.refresh()

    def _reading_as_changed(self) -> None:
        if not self._desk.reading_as.busy:
            self.reading_as.hide()
        self.secrets.refresh()

    def _foretell(self, row: SourceRow) -> str:
        """The last line of a row's tooltip."""
        if row.blocked:
            return ""
        leaves = row.included and not row.part
        cost = self.foresight.inclusion(row.keys, not leaves)
        if not cost:
            return ""
        return (self.tr("Leaving it out: {0}") if leaves else self.tr("Including it: {0}")).format(cost)

    def _landing_cost(self, keys: list[str], row: int) -> str:
        order = self.model.order_after(keys, row)
        return self.foresight.order(order) if order != [e.key for e in self._desk.workspace.entries] else ""

    def _choose(self, index: QModelIndex) -> None:
        # The list may have changed between the press of a button and its release.
        row: SourceRow | None = index.data(ROW)
        if row is None or not row.key:
            return
        if row.remedy != "unlock":
            self.chosen.emit(row.key)
        elif len(self.view.selectedIndexes()) == 1:
            # Not while more and more rows are being selected.
            self.menu.help(row)

    def _help(self, key: str) -> None:
        row = self.model.row_of(key)
        if row is not None:
            self.menu.help(self.model.row_at(row))

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
            order = self.model.order_after_step(row.keys, by)
            if order is not None:
                self._desk.reorder(order)
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
        menu.addActions(self.actions_for(rows, menu))
        menu.popup(self.view.viewport().mapToGlobal(at))

    def actions_for(self, rows: list[SourceRow], parent: QWidget) -> list[QAction]:
        """What can be done with these rows."""
        return self.menu.of(rows, parent)

    def selected_keys(self) -> list[str]:
        """The sources that are selected, those of a selected folder among them."""
        return [key for row in self._selected() for key in row.keys]

    def repository(self) -> Path | None:
        """The Git work tree that the selected sources lie in, else the first of all that lies in one."""
        chosen = set(self.selected_keys())
        entries = sorted(self._desk.workspace.entries, key=lambda entry: entry.key not in chosen)
        folders = dict.fromkeys(Path(entry.document.path).parent for entry in entries)
        return next((found for folder in folders if (found := repository_above(folder)) is not None), None)

    def logs(self) -> list[str]:
        """The selected logs, else the only one there is."""
        there = [entry.key for entry in self._desk.workspace.entries if is_log(entry.document)]
        chosen = set(self.selected_keys())
        return [key for key in there if key in chosen] or (there if len(there) == 1 else [])

    def scans(self) -> list[str]:
        """The selected sources whose text can be recognised, else all those that wait for it."""
        chosen = self.menu.scans(self.selected_keys())
        waiting = [e.key for e in self._desk.workspace.entries if remedy_of(e) == "recognise"]
        return chosen or self.menu.scans(waiting)
