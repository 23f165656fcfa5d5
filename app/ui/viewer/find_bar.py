"""A line to search the source that is shown: words, how many, next and previous. Searches in the background."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from app.ui.icon_button import icon_button
from app.ui.icons import icon
from app.ui.theme.style import SMALL, Theme, scaled
from app.ui.viewer.background import Background
from app.ui.viewer.base_view import EvidenceView
from app.ui.viewer.finding import MOST_HITS, Hit, find
from ingest.document import Section

_TYPING_MS = 120


class FindBar(QWidget):
    """Hidden until `open`; whoever owns it says with `set_target` where to search."""

    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._view: EvidenceView | None = None
        self._sections: Sequence[Section] = ()
        self._hits: list[Hit] = []
        self._current: int | None = None
        self._searching = False
        self._search_number = 0
        self._background = Background("viewer-find", self)
        self._background.arrived.connect(self._arrived)
        self._background.finished.connect(self._finished)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self._search)
        self.words = QLineEdit()
        self.words.setAccessibleName(self.tr("Find in this source"))
        self.words.setPlaceholderText(self.tr("Find in this source"))
        self.words.textChanged.connect(lambda _: self._typing.start())
        self.count = QLabel()
        self.count.setFont(scaled(SMALL))
        self.count.setProperty("tone", "second")
        self.count.setMinimumWidth(self.count.fontMetrics().horizontalAdvance("8,888 of 8,888"))
        self.count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._buttons = {
            "caret_up": icon_button(self.tr("Previous (Shift+Enter)"), lambda: self.step(-1)),
            "caret": icon_button(self.tr("Next (Enter)"), lambda: self.step(1)),
            "cancel": icon_button(self.tr("Close (Esc)"), self.dismiss),
        }
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 0, 8, 8)
        line.setSpacing(2)
        line.addWidget(self.words, 1)
        line.addWidget(self.count)
        line.addSpacing(4)
        for button in self._buttons.values():
            line.addWidget(button)
        self.hide()
        theme.changed.connect(self._restyle)
        self._restyle()

    @property
    def hits(self) -> Sequence[Hit]:
        """What was found so far."""
        return self._hits

    def take_key(self, event: QKeyEvent, *, opens: Callable[[], None], closes: Callable[[], None]) -> bool:
        """What Ctrl+F and Esc do in the panel that it belongs to; False for any other key.

        opens: this bar. closes: the panel, when the bar is closed already.
        """
        if event.matches(QKeySequence.StandardKey.Find):
            opens()
        elif event.key() != Qt.Key.Key_Escape:
            return False
        elif self.isVisible():
            self.dismiss()
        else:
            closes()
        return True

    def set_target(self, view: EvidenceView, sections: Sequence[Section]) -> None:
        """Search these sections, shown by `view`, from now on."""
        same = view is self._view and sections is self._sections
        if self._view and self._view is not view:
            self._view.set_hits([], None)
        self._view, self._sections = view, sections
        if same and self._hits:
            view.set_hits(self._hits, None)
        elif self.isVisible():
            self._search()

    def open(self, words: str = "") -> None:
        """Show the line and take the keys; words: what to begin with."""
        self.show()
        if words:
            self.words.setText(words)
        self.words.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.words.selectAll()
        if self.words.text():
            self._search()

    def dismiss(self) -> None:
        """Hide the line and its marks."""
        self._stop()
        self.hide()
        if self._view:
            self._view.set_hits([], None)
            self._view.setFocus(Qt.FocusReason.OtherFocusReason)
        self.closed.emit()

    def step(self, by: int) -> None:
        """Go to the next (1) or previous (-1) place, round the end."""
        if self._typing.isActive():
            self._search()
        elif self._hits and self._view:
            at = -1 if self._current is None and by > 0 else self._current or 0
            self._current = (at + by) % len(self._hits)
            self._view.set_hits(self._hits, self._current)
            self._say()

    def shut_down(self) -> None:
        """End the thread that searches."""
        self._background.shut_down()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter and Shift+Enter step, Esc closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.step(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        else:
            super().keyPressEvent(event)

    def _search(self) -> None:
        self._stop()
        words, sections = self.words.text(), self._sections
        if self._view:
            self._view.set_hits([], None)
        if words.strip():

            def job() -> Iterator[list[Hit]]:
                return find(sections, words)

            self._searching = True
            self._background.submit(("find", self._search_number), job)
        self._say()

    def _stop(self) -> None:
        self._typing.stop()
        self._background.cancel()
        self._search_number += 1
        self._searching = False
        self._hits, self._current = [], None

    def _arrived(self, key: tuple[str, int], found: list[Hit]) -> None:
        if key[1] != self._search_number or not found or self._view is None:
            return
        self._hits.extend(found)
        if self._current is None:
            self._current = self._view.hit_from_here(self._hits)
            self._view.set_hits(self._hits, self._current)
        else:
            self._view.set_hits(self._hits, None)
        self._say()

    def _finished(self, key: tuple[str, int]) -> None:
        if key[1] != self._search_number or self._view is None:
            return
        self._searching = False
        if self._hits and self._current is None:
            self._current = 0
            self._view.set_hits(self._hits, 0)
        self._say()

    def _say(self) -> None:
        total = f"{len(self._hits):,}"
        if len(self._hits) >= MOST_HITS:
            total = self.tr("first {total}").format(total=total)
        if not self.words.text().strip():
            text = ""
        elif self._hits and self._current is not None:
            text = self.tr("{number} of {total}").format(number=f"{self._current + 1:,}", total=total)
        elif self._searching:
            text = self.tr("Searching")
        else:
            text = self.tr("Not found")
        self.count.setText(text)
        for name in ("caret_up", "caret"):
            self._buttons[name].setEnabled(bool(self._hits))

    def _restyle(self) -> None:
        for name, button in self._buttons.items():
            button.setIcon(icon(self._theme.tokens, name))
