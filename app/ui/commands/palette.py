"""The command palette: type a few letters, press Enter. Lies over its parent, in its top third."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from app.ui.commands.command import Command, Commands
from app.ui.commands.fuzzy import match
from app.ui.commands.rows import ROW, Row, RowDelegate, Rows
from app.ui.icons import icon
from app.ui.theme.style import ANSWER, Theme, scaled

WIDTH = 560
"""px at 100 %; with larger type as many lines' heights as there are in it then."""
_WIDTH_IN_LINES = 33
_MOST_ROWS, _MARGIN = 9, 16
_WHERE_COUNTS = 0.4
"""Letters found in the place count less than those in the title."""


class CommandPalette(QFrame):
    """Hidden until `open`. Runs a command through Commands, so what cannot run says why."""

    def __init__(self, theme: Theme, commands: Commands, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._commands = theme, commands
        self._parent = parent
        self._before: QWidget | None = None
        self.setProperty("card", "toast")
        self.setAccessibleName(self.tr("Command palette"))
        self.search = QLineEdit(self)
        self.search.setFont(scaled(ANSWER))
        self.search.setPlaceholderText(self.tr("What do you want to do?"))
        self.search.setAccessibleName(self.tr("Search commands"))
        self.search.setMinimumHeight(36)
        self._sign = self.search.addAction(icon(theme.tokens, "search"), QLineEdit.ActionPosition.LeadingPosition)
        self._sign.setText(self.search.accessibleName())
        self.rows = Rows(self)
        self.list = QListView(self)
        self.list.setModel(self.rows)
        self.list.setItemDelegate(RowDelegate(theme, self.list))
        self.list.setAccessibleName(self.tr("Commands"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._nothing = QLabel(self.tr("No command has these letters."), self)
        self._nothing.setContentsMargins(12, 8, 12, 8)
        self._nothing.setProperty("tone", "third")
        layout = self._layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self.search)
        layout.addWidget(self.list)
        layout.addWidget(self._nothing)
        self.search.textChanged.connect(self._find)
        self.search.installEventFilter(self)
        self.list.clicked.connect(self._run)
        self.list.selectionModel().currentChanged.connect(self._announce)
        theme.changed.connect(self._restyle)
        parent.installEventFilter(self)
        self.hide()

    def open(self) -> None:
        """Show it with the commands used last first."""
        self._before = QApplication.focusWidget()
        self.search.clear()
        self._find("")
        self.show()
        self.raise_()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self)

    def dismiss(self) -> None:
        """Hide it; the focus goes back to where it was."""
        application = QApplication.instance()
        assert application is not None
        application.removeEventFilter(self)
        self.hide()
        before, self._before = self._before, None
        if before is not None and before.isVisible():
            before.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Keys of the search field, clicks elsewhere, the parent's size."""
        if not self.isVisible():
            return False
        if watched is self.search and event.type() == QEvent.Type.KeyPress:
            assert isinstance(event, QKeyEvent)
            return self._key(event)
        if watched is self.search and event.type() == QEvent.Type.ShortcutOverride:
            # Esc and the arrows are the palette's while it is open, whatever commands have them.
            assert isinstance(event, QKeyEvent)
            if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Up, Qt.Key.Key_Down):
                event.accept()
                return True
        if watched is self._parent and event.type() == QEvent.Type.Resize:
            self._place()
        if event.type() == QEvent.Type.MouseButtonPress and isinstance(watched, QWidget) and not self._holds(watched):
            self.dismiss()
        return False

    def _holds(self, widget: QWidget) -> bool:
        return widget is self or self.isAncestorOf(widget)

    def _key(self, event: QKeyEvent) -> bool:
        match event.key():
            case Qt.Key.Key_Escape:
                self.dismiss()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._run(self.list.currentIndex())
            case Qt.Key.Key_Down | Qt.Key.Key_Tab:
                self._step(1)
            case Qt.Key.Key_Up | Qt.Key.Key_Backtab:
                self._step(-1)
            case Qt.Key.Key_PageDown:
                self._step(_MOST_ROWS - 1, around=False)
            case Qt.Key.Key_PageUp:
                self._step(1 - _MOST_ROWS, around=False)
            case _:
                return False
        return True

    def _step(self, by: int, *, around: bool = True) -> None:
        count = self.rows.rowCount()
        if count:
            to = self.list.currentIndex().row() + by
            self.list.setCurrentIndex(self.rows.index(to % count if around else min(max(to, 0), count - 1)))

    def _run(self, index: QModelIndex) -> None:
        row: Row | None = index.data(ROW)
        if row is None or row.reason:
            return
        self.dismiss()
        self._commands.run(row.name)

    def _find(self, query: str) -> None:
        """List what fits, best first; without a query those used last, then all."""
        recent = self._commands.recent()
        order = (*recent, *(command for command in self._commands if command not in recent))
        found: list[tuple[float, Row]] = []
        for command in order:
            hit = self._fit(query, command)
            if hit is not None:
                found.append(hit)
        found.sort(key=lambda scored: -scored[0])
        self.rows.show_rows([row for _, row in found])
        self.list.setVisible(bool(found))
        self._nothing.setVisible(not found)
        if found:
            self.list.setCurrentIndex(self.rows.index(0))
        self._place()

    def _fit(self, query: str, command: Command) -> tuple[float, Row] | None:
        keys = (command.keys(),) if command.shortcut else ()
        row = Row(command.title, command.where, keys, self._commands.why_not(command), name=command.name)
        hit = match(query, command.title)
        if hit is not None:
            return hit.score, Row(row.title, row.where, row.keys, row.reason, hit.positions, row.name)
        wider = match(query, f"{command.where} {command.title}")
        return (wider.score * _WHERE_COUNTS, row) if wider else None

    def _announce(self, index: QModelIndex) -> None:
        row: Row | None = index.data(ROW)
        if row is not None and self.isVisible():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.search, row.spoken()))

    def _place(self) -> None:
        parent = self._parent
        rows = min(self.rows.rowCount(), _MOST_ROWS)
        height = self.list.sizeHintForRow(0) if rows else 0
        top = min(parent.height() // 10, 96)
        room = parent.height() - top - self.search.sizeHint().height() - 3 * _MARGIN
        self.list.setFixedHeight(max(height, min(rows * height, room)))
        width = min(max(WIDTH, _WIDTH_IN_LINES * self.fontMetrics().height()), parent.width() - 2 * _MARGIN)
        self.setGeometry((parent.width() - width) // 2, top, width, self._layout.sizeHint().height())

    def _restyle(self) -> None:
        self._sign.setIcon(icon(self._theme.tokens, "search"))
        self.list.viewport().update()
