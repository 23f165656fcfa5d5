"""The panel of sessions: list, search over everything said and read, and what can be done with one."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from app.core.records import SearchHit, SessionSummary
from app.services.desk import Desk
from app.ui.icon_button import icon_button
from app.ui.icons import icon
from app.ui.list_view import ListView
from app.ui.sessions.delegate import SessionDelegate
from app.ui.sessions.model import ROW, SessionModel, SessionRow, rows_of, rows_of_hits
from app.ui.theme.style import BODY, Theme, scaled

_SEARCH_MS = 150
_MOST_HITS = 50
EXPORTS = (("markdown", "Markdown"), ("html", "HTML"), ("pdf", "PDF"), ("json", "JSON"))


class SessionsPanel(QWidget):
    """Follows `desk.library`. `opening`: the session and the hit to show in it (None for none)."""

    opening = Signal(int, object)
    deleted = Signal(int, str)
    exporting = Signal(int, str)

    def __init__(self, theme: Theme, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._desk = theme, desk
        self._sessions: list[SessionSummary] = []
        self.model = SessionModel()
        self.view = ListView()
        self.view.setModel(self.model)
        self.view.setItemDelegate(SessionDelegate(theme, self.view, self.model))
        self.view.setAccessibleName(self.tr("Sessions"))
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._menu)
        self.view.clicked.connect(self._open)
        self.view.activated_by_key.connect(self._open)
        self.view.removing.connect(lambda index: self._delete(index.data(ROW)))
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search everything said and read"))
        self.search.setAccessibleName(self.tr("Search sessions"))
        self.search.setClearButtonEnabled(True)
        self.search.hide()
        self._soon = QTimer(self, singleShot=True, interval=_SEARCH_MS)
        self._soon.timeout.connect(self._search)
        self.search.textChanged.connect(lambda: self._soon.start())
        self._empty = QLabel(self.tr("Every question and answer is kept here, on this computer only."))
        self._empty.setWordWrap(True)
        self._empty.setProperty("tone", "second")
        self._empty.setContentsMargins(14, 2, 14, 6)
        self._lay_out()
        theme.changed.connect(self._restyle)
        self._restyle()
        desk.library.listed.connect(self._listed)
        desk.session_changed.connect(self._current)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Room for all lines of the sentence, which a splitter would not ask for."""
        super().resizeEvent(event)
        self._empty.setMinimumHeight(self._empty.heightForWidth(event.size().width()))

    @property
    def sessions(self) -> list[SessionSummary]:
        """All sessions, as they are listed."""
        return self._sessions

    def toggle_search(self) -> None:
        """Show the search line and go to it, or hide and empty it."""
        if self.search.isVisible():
            self.search.clear()
            self.search.hide()
        else:
            self.search.show()
            self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def rename(self, session: int) -> None:
        """Ask for another name."""
        name = next((s.name for s in self._sessions if s.id == session), "")

        def named(text: str) -> None:
            if text.strip() and text != name:
                self._desk.library.rename(session, text.strip())

        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(self.tr("Rename session"))
        dialog.setLabelText(self.tr("Name"))
        dialog.setTextValue(name)
        dialog.textValueSelected.connect(named)
        dialog.open()

    def _lay_out(self) -> None:
        title = QLabel(self.tr("Sessions"))
        title.setFont(scaled(BODY, weight=QFont.Weight.DemiBold))
        self._search_button = icon_button(self.tr("Search sessions (Ctrl+K)"), self.toggle_search)
        self._new = icon_button(self.tr("New session (Ctrl+N)"), lambda: self._desk.new_session())
        header = QHBoxLayout()
        header.setContentsMargins(14, 8, 6, 2)
        header.addWidget(title, 1)
        header.addWidget(self._search_button)
        header.addWidget(self._new)
        boxed = QHBoxLayout()
        boxed.setContentsMargins(12, 0, 12, 4)
        boxed.addWidget(self.search)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.setSpacing(0)
        layout.addLayout(header)
        layout.addLayout(boxed)
        layout.addWidget(self._empty)
        layout.addWidget(self.view, 1)
        layout.addStretch(0)

    def _restyle(self) -> None:
        self._new.setIcon(icon(self._theme.tokens, "add"))
        self._search_button.setIcon(icon(self._theme.tokens, "search"))

    def _listed(self, sessions: list[SessionSummary]) -> None:
        self._sessions = sessions
        self._empty.setVisible(not sessions)
        self.view.setVisible(bool(sessions))
        if not self.search.text().strip():
            self.model.set_rows(rows_of(sessions))
        self._current()

    def _current(self) -> None:
        self.model.current = self._desk.session
        self.view.viewport().update()

    def _search(self) -> None:
        text = self.search.text().strip()
        if not text:
            self.model.set_rows(rows_of(self._sessions))
            return

        def found(hits: list[SearchHit]) -> None:
            if text == self.search.text().strip():
                self.model.set_rows(rows_of_hits(hits))

        self._desk.library.run(lambda store: store.search(text, _MOST_HITS), done=found)

    def _open(self, index: QModelIndex) -> None:
        # The list may have changed between the press of a button and its release.
        row: SessionRow | None = index.data(ROW)
        if row is not None:
            self.opening.emit(row.session, row.hit)

    def _delete(self, row: SessionRow) -> None:
        self._desk.library.delete(row.session)
        self.deleted.emit(row.session, row.name)

    def _menu(self, at: QPoint) -> None:
        index = self.view.indexAt(at)
        if not index.isValid():
            return
        row: SessionRow = index.data(ROW)
        library = self._desk.library
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Rename…")).triggered.connect(partial(self.rename, row.session))
        pin = self.tr("No longer keep at the top") if row.pinned else self.tr("Keep at the top")
        menu.addAction(pin).triggered.connect(partial(library.set_pinned, row.session, not row.pinned))
        export = menu.addMenu(self.tr("Export as"))
        for name, label in EXPORTS:
            export.addAction(label).triggered.connect(partial(self.exporting.emit, row.session, name))
        menu.addSeparator()
        menu.addAction(self.tr("Delete")).triggered.connect(partial(self._delete, row))
        menu.popup(self.view.viewport().mapToGlobal(at))
