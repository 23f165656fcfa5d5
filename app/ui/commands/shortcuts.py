"""The page that F1 opens: every command with its keys, and the keys that lists and fields have of their own."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QListView, QPushButton, QVBoxLayout, QWidget

from app.ui.commands.command import Commands, KeyHint, shown_keys
from app.ui.commands.fuzzy import match
from app.ui.commands.rows import Row, RowDelegate, Rows
from app.ui.icons import icon
from app.ui.theme.style import Theme


def built_in_keys() -> tuple[KeyHint, ...]:
    """Keys that are no commands, as they work in the lists, the fields and the dialogs."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("built_in_keys", text)

    sources, evidence = tr("Sources"), tr("Evidence")
    conversation, everywhere = tr("Conversation"), tr("Everywhere")
    return (
        KeyHint(tr("Include or leave out"), sources, ("Space",)),
        KeyHint(tr("Move up or down"), sources, ("Alt+Up", "Alt+Down")),
        KeyHint(tr("Choose a stretch of time in a log's picture"), sources, ("Shift+Left", "Shift+Right")),
        KeyHint(tr("Unfold or fold the selected line of a folded log"), evidence, ("Return",)),
        KeyHint(tr("Last question again, in an empty question field"), conversation, ("Up",)),
        KeyHint(tr("Next or previous control"), everywhere, ("Tab", "Shift+Tab")),
        KeyHint(tr("Stop, then close"), everywhere, ("Esc",)),
    )


class ShortcutsDialog(QDialog):
    """All keys by the place where they work; typing narrows them down."""

    def __init__(
        self,
        theme: Theme,
        commands: Commands,
        parent: QWidget | None = None,
        *,
        hints: Sequence[KeyHint] | None = None,
    ) -> None:
        """hints: keys that are no commands; None for `built_in_keys`."""
        super().__init__(parent)
        self._theme = theme
        self._rows = [
            *(Row(c.title, c.where, _all_keys(c.shortcut.split("; "))) for c in commands if c.shortcut),
            *(Row(h.title, h.where, _all_keys(h.keys)) for h in (built_in_keys() if hints is None else hints)),
            *(Row(c.title, c.where) for c in commands if not c.shortcut),
        ]
        self.setWindowTitle(self.tr("Keys"))
        self.resize(560, 620)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Find a command or a key"))
        self.search.setAccessibleName(self.search.placeholderText())
        self.search.setClearButtonEnabled(True)
        self._sign = self.search.addAction(icon(theme.tokens, "search"), QLineEdit.ActionPosition.LeadingPosition)
        self._sign.setText(self.search.accessibleName())
        self.rows = Rows(self)
        self.list = QListView(self)
        self.list.setModel(self.rows)
        self.list.setItemDelegate(RowDelegate(theme, self.list))
        self.list.setAccessibleName(self.tr("Keys"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._nothing = QLabel(self.tr("No command and no key like this."), self)
        self._nothing.setProperty("tone", "third")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._nothing.setContentsMargins(16, 8, 16, 8)
        self.close_button = QPushButton(self.tr("Close"), self)
        self.close_button.setAutoDefault(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addWidget(self.search)
        layout.addWidget(self.list, 1)
        layout.addWidget(self._nothing, 1)
        layout.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignRight)
        self.search.textChanged.connect(self._find)
        self.close_button.clicked.connect(self.accept)
        theme.changed.connect(self._restyle)
        self._find("")
        self.search.setFocus()

    def _find(self, query: str) -> None:
        """Groups in the order in which their first command comes."""
        groups: dict[str, list[Row]] = {}
        for row in self._rows:
            if _fits(query, row):
                groups.setdefault(row.where, []).append(row)
        shown: list[Row] = []
        for where, rows in groups.items():
            # The heading says where; each row need not.
            shown += [Row(where, heading=True), *(Row(row.title, keys=row.keys) for row in rows)]
        self.rows.show_rows(shown)
        self.list.setVisible(bool(shown))
        self._nothing.setVisible(not shown)
        if shown:
            self.list.setCurrentIndex(self.rows.index(1))

    def _restyle(self) -> None:
        self._sign.setIcon(icon(self._theme.tokens, "search"))
        self.list.viewport().update()


def _all_keys(keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(shown_keys(key) for key in keys)


def _fits(query: str, row: Row) -> bool:
    """Letters of a title, or a part of a key as it is written ("ctrl+k")."""
    plain = query.replace(" ", "").lower()
    return match(query, row.title) is not None or any(plain in keys.replace(" ", "").lower() for keys in row.keys)
