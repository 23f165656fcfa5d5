"""One answer as text that grows while it streams: Markdown, chips, no scroll bars of its own, nothing ever loaded.

To screen readers it is Qt's own text, which PySide lets nobody add children to: chips are told as Tab comes to them,
and all together in the description.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, QSizeF, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QFocusEvent,
    QGuiApplication,
    QTextCursor,
    QTextDocument,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

from app.core.answer_text import Chip, without_anchors
from app.ui.conversation.chip import CHIP_TYPE, SCHEME, ChipObject, spoken
from app.ui.conversation.markdown import COPY, SCHEMES, MarkdownWriter, Writing, parser
from app.ui.theme.style import Theme

_PAINT_MS = 33


class SealedDocument(QTextDocument):
    """A document that nothing can be loaded into; a plain one would read local files that its view refuses."""

    def loadResource(self, type: int, name: QUrl | str) -> object:  # noqa: N802
        """Nothing."""
        return None


class AnswerView(QTextBrowser):
    """`chip_chosen`: number of the chip. `link_chosen`: an address that was clicked, not opened."""

    chip_chosen = Signal(int)
    link_chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._chips: Sequence[Chip] = ()
        self._text = ""
        self._writing = Writing(theme)
        self._settled = 0
        self._settled_at = 0
        self._settled_code = 0
        self._parser = parser()
        self.setDocument(SealedDocument(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet("QTextBrowser { background: transparent; border: none; }")
        self.setOpenLinks(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Answer"))
        self.document().setDocumentMargin(0)
        self.document().setIndentWidth(22)
        self.document().setUndoRedoEnabled(False)
        self._object = ChipObject(theme, self)
        layout = self.document().documentLayout()
        layout.registerHandler(CHIP_TYPE, self._object)
        layout.documentSizeChanged.connect(self._fit)
        self.anchorClicked.connect(self._clicked)
        self._soon = QTimer(self, singleShot=True, interval=_PAINT_MS)
        self._soon.timeout.connect(self._stream)
        theme.changed.connect(self._rewrite)

    @property
    def text_shown(self) -> str:
        """The Markdown that is shown, chips as their characters."""
        return self._text

    def set_answer(self, text: str, chips: Sequence[Chip] = ()) -> None:
        """Show the whole answer. text: Markdown in which chip i stands as `answer_text.anchor(i)`."""
        self._soon.stop()
        self._text, self._chips = _lines(text), chips
        self._rewrite()
        self.setAccessibleDescription("; ".join(spoken(chip) for chip in chips))

    def add_text(self, piece: str) -> None:
        """More words of an answer that streams; painted at most some thirty times a second."""
        self._text += _lines(without_anchors(piece))
        if not self._soon.isActive():
            self._soon.start()

    def loadResource(self, type: int, name: QUrl | str) -> object:  # noqa: N802
        """Nothing: no text may make the program read a file or an address."""
        return None

    def focusNextPrevChild(self, onward: bool) -> bool:  # noqa: N802
        """Tab goes from chip to chip and link to link, then on; each is told to screen readers."""
        moved = super().focusNextPrevChild(onward)
        number = self.chip_at_focus()
        if moved and number is not None:
            words = spoken(self._chips[number])
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))
        self._object.focused = self.textCursor().selectionStart() if number is not None else None
        self.viewport().update()
        return moved

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """No chip has the keyboard any more."""
        super().focusOutEvent(event)
        self._object.focused = None
        self.viewport().update()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """The conversation scrolls, not one answer."""
        event.ignore()

    def sizeHint(self) -> QSize:  # noqa: N802
        """As high as the text is at this width."""
        return QSize(400, self.height())

    def _rewrite(self) -> None:
        self._writing = Writing(self._theme, self._chips)
        self.clear()
        self._settled = self._settled_at = self._settled_code = 0
        self._stream()

    def _stream(self) -> None:
        """Write what is new. Blocks before the last cannot change any more and are left alone."""
        document = self.document()
        selection = self.textCursor()
        held = (selection.anchor(), selection.position()) if selection.hasSelection() else None
        cursor = QTextCursor(document)
        cursor.beginEditBlock()
        cursor.setPosition(min(self._settled_at, document.characterCount() - 1))
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        del self._writing.code[self._settled_code :]
        tokens = self._parser.parse(self._text[self._settled :])
        tail = max((i for i, t in enumerate(tokens) if t.level == 0 and t.nesting >= 0), default=0)
        if tail and tokens[tail].map is not None:
            MarkdownWriter(cursor, self._writing).write(tokens[:tail])
            lines = self._text[self._settled :].split("\n")
            self._settled += sum(len(line) + 1 for line in lines[: (tokens[tail].map or [0])[0]])
            cursor.movePosition(QTextCursor.MoveOperation.End)
            self._settled_at = cursor.position()
            self._settled_code = len(self._writing.code)
        MarkdownWriter(cursor, self._writing).write(tokens[tail:])
        cursor.endEditBlock()
        if held is not None and max(held) < document.characterCount():
            selection.setPosition(held[0])
            selection.setPosition(held[1], QTextCursor.MoveMode.KeepAnchor)
            self.setTextCursor(selection)

    def chip_at_focus(self) -> int | None:
        """The chip that Tab is on."""
        scheme, _, rest = self.textCursor().charFormat().anchorHref().partition(":")
        chosen = self.hasFocus() and self.textCursor().hasSelection() and scheme == SCHEME and rest.isdecimal()
        return int(rest) if chosen and int(rest) < len(self._chips) else None

    def _fit(self, size: QSizeF) -> None:
        height = round(size.height() + 1)
        if height != self.height():
            self.setFixedHeight(max(1, height))

    def _clicked(self, url: QUrl) -> None:
        # Encoded, so that what is shown is what will be opened, letter for letter.
        address = url.toString(QUrl.ComponentFormattingOption.FullyEncoded)
        scheme, _, rest = address.partition(":")
        if scheme == SCHEME and rest.isdecimal():
            self.chip_chosen.emit(int(rest))
        elif scheme == COPY and rest.isdecimal() and int(rest) < len(self._writing.code):
            QGuiApplication.clipboard().setText(self._writing.code[int(rest)])
        elif scheme in SCHEMES:
            self.link_chosen.emit(address)


def _lines(text: str) -> str:
    """With every end of a line as one character, as the parser counts lines."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
