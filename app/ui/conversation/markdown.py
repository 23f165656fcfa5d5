"""Markdown into a QTextDocument, block by block, with citation chips where their characters stand.

Nothing is ever loaded: HTML is text, an image is its description, a link shows where it leads before it is opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextFrameFormat,
    QTextLength,
    QTextListFormat,
    QTextTableFormat,
)

from app.core.answer_text import Chip, chip_at
from app.ui.conversation.chip import chip_format
from app.ui.plain import tooltip
from app.ui.theme.style import ANSWER, SECTION, SMALL, Theme, monospace, scaled

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

COPY = "copy"
SCHEMES = ("http", "https", "mailto")
"""Of the addresses that are links at all."""
_OBJECT = "\ufffc"
_LINE = 1.42
_DEEPEST = 16
_UNSHOWN = dict.fromkeys([*range(9), *range(11, 32), 127, 0x2029, 0x202D, 0x202E, 0xFDD0, 0xFDD1, 0xFFFC], "\ufffd")
"""Characters that would steer the document or turn the order of letters: shown as a sign that something is there."""
_HEADINGS = {"h1": 1.35, "h2": 1.25, "h3": SECTION}


def parser() -> MarkdownIt:
    """CommonMark with tables and strikethrough; HTML stays text."""
    from markdown_it import MarkdownIt

    result = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    result.block.ruler.before("table", "deep", _deep)
    return result


def _deep(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """What is nested deeper than anyone reads is one paragraph; the parser itself would leave it out."""
    if state.level < _DEEPEST or silent:
        return False
    state.push("paragraph_open", "p", 1).map = [start, end]
    inline = state.push("inline", "", 0)
    inline.content, inline.map, inline.children = (
        state.getLines(start, end, state.blkIndent, False).strip(),
        [start, end],
        [],
    )
    state.push("paragraph_close", "p", -1)
    state.line = end
    return True


def load_parser() -> None:
    """Import what `parser` needs, so that the first answer need not wait for it. From any thread."""
    parser()


@dataclass(slots=True)
class Writing:
    """What a writer needs besides the text. code: the source of each code block so far, for its copy link."""

    theme: Theme
    chips: Sequence[Chip] = ()
    code: list[str] = field(default_factory=list)


class MarkdownWriter:
    """Writes tokens at a cursor, which must be at the end of its document."""

    def __init__(self, cursor: QTextCursor, writing: Writing) -> None:
        self._cursor = cursor
        self._writing = writing
        self._colours = writing.theme.tokens
        self._fresh = cursor.document().isEmpty()
        self._indent = 0
        self._quotes = 0
        self._gap = 8.0
        self._list: list[QTextListFormat] = []
        self._item_opens = False

    def write(self, tokens: Sequence[Token]) -> None:
        """Write top-level `tokens` and all within them."""
        at = 0
        while at < len(tokens):
            at = self._block(tokens, at)

    def _block(self, tokens: Sequence[Token], at: int) -> int:
        token = tokens[at]
        match token.type:
            case "paragraph_open":
                self._new_block()
                self._inline(tokens[at + 1], self._text_format())
                return at + 3
            case "heading_open":
                font = scaled(_HEADINGS.get(token.tag, ANSWER), weight=QFont.Weight.DemiBold)
                self._new_block(font=font, above=12)
                text = self._text_format()
                text.setFont(font)
                self._inline(tokens[at + 1], text)
                return at + 3
            case "bullet_list_open" | "ordered_list_open":
                self._open_list(token)
            case "bullet_list_close" | "ordered_list_close":
                self._list.pop()
                self._indent -= 1
            case "list_item_open":
                self._item_opens = True
            case "blockquote_open":
                self._quotes += 1
            case "blockquote_close":
                self._quotes -= 1
            case "fence" | "code_block":
                self._code(token)
            case "hr":
                self._new_block()
                self._cursor.insertText("— — —", self._text_format(colour=self._colours.text3))
            case "table_open":
                return self._table(tokens, at)
            case "inline":
                self._inline(token, self._text_format())
            case _ if token.content:
                self._new_block()
                self._text(token.content, self._text_format())
        return at + 1

    def _new_block(self, *, font: QFont | None = None, above: float | None = None) -> None:
        layout = QTextBlockFormat()
        height = QFontMetricsF(font or scaled(ANSWER)).height() / 1.17 * _LINE
        layout.setLineHeight(round(height), QTextBlockFormat.LineHeightTypes.FixedHeight.value)
        first = self._fresh
        layout.setTopMargin(0 if first else above if above is not None else 4 if self._list else self._gap)
        if self._quotes:
            layout.setLeftMargin(16 * self._quotes)
        opens, self._item_opens = self._item_opens, False
        if self._list and not opens:
            layout.setIndent(self._indent)
        self._start(layout)
        if self._list and opens:
            style = self._list[-1]
            block = self._cursor.block()
            previous = block.previous().textList() if style.start() == 1 and block.previous().isValid() else None
            if previous is not None and previous.format().intProperty(_LIST_ID) == style.intProperty(_LIST_ID):
                previous.add(block)
            else:
                self._cursor.createList(style)

    def _start(self, layout: QTextBlockFormat) -> None:
        """A new block; the very first one of a document is there already."""
        if self._fresh:
            self._fresh = False
            self._cursor.setBlockFormat(layout)
        else:
            self._cursor.insertBlock(layout, QTextCharFormat())

    def _open_list(self, token: Token) -> None:
        self._indent += 1
        style = QTextListFormat()
        ordered = token.type == "ordered_list_open"
        style.setStyle(QTextListFormat.Style.ListDecimal if ordered else QTextListFormat.Style.ListDisc)
        style.setIndent(self._indent)
        if ordered:
            style.setStart(int(token.attrs.get("start", 1)))
        style.setProperty(_LIST_ID, id(token) % 2_000_000_000)
        self._list.append(style)

    def _text_format(self, *, colour: str | None = None) -> QTextCharFormat:
        result = QTextCharFormat()
        result.setFont(scaled(ANSWER))
        result.setForeground(QColor(colour or (self._colours.text2 if self._quotes else self._colours.text)))
        return result

    def _inline(self, token: Token, base: QTextCharFormat) -> None:
        stack = [base]
        for child in token.children or ():
            current = QTextCharFormat(stack[-1])
            match child.type:
                case "text":
                    self._text(child.content, current)
                case "softbreak":
                    self._cursor.insertText(" ", current)
                case "hardbreak":
                    self._cursor.insertText("\u2028", current)
                case "code_inline":
                    self._text(child.content, self._code_format(current))
                case "strong_open":
                    current.setFontWeight(QFont.Weight.DemiBold)
                    stack.append(current)
                case "em_open":
                    current.setFontItalic(True)
                    stack.append(current)
                case "s_open":
                    current.setFontStrikeOut(True)
                    stack.append(current)
                case "link_open":
                    stack.append(self._link(current, str(child.attrs.get("href", ""))))
                case "strong_close" | "em_close" | "s_close" | "link_close":
                    stack.pop()
                case "image":
                    self._text(f"[{child.content}]", current)
                case _ if child.content:
                    self._text(child.content, current)

    def _text(self, text: str, style: QTextCharFormat) -> None:
        text = text.translate(_UNSHOWN)
        done = 0
        for at, character in enumerate(text):
            if character < "\U000f0000":
                continue
            number = chip_at(character)
            if number is None or number >= len(self._writing.chips):
                continue
            self._cursor.insertText(text[done:at], style)
            self._cursor.insertText(_OBJECT, chip_format(self._text_format(), self._writing.chips[number], number))
            done = at + 1
        self._cursor.insertText(text[done:], style)

    def _link(self, style: QTextCharFormat, address: str) -> QTextCharFormat:
        if address.split(":", 1)[0].lower() not in SCHEMES:
            return style
        style.setAnchor(True)
        style.setAnchorHref(address)
        style.setToolTip(tooltip(address))
        style.setForeground(QColor(self._colours.accent))
        style.setFontUnderline(True)
        return style

    def _code_format(self, style: QTextCharFormat) -> QTextCharFormat:
        style.setFont(monospace())
        style.setBackground(QColor(self._colours.window))
        return style

    def _code(self, token: Token) -> None:
        """A framed block with its language, a copy link and the lines as they are."""
        number = len(self._writing.code)
        self._writing.code.append(token.content.rstrip("\n"))
        frame = QTextFrameFormat()
        frame.setBackground(QColor(self._colours.window))
        frame.setBorder(1)
        frame.setBorderBrush(QBrush(QColor(self._colours.line)))
        frame.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        frame.setPadding(8)
        frame.setTopMargin(6)
        self._fresh = False
        self._cursor.insertFrame(frame)
        head = QTextCharFormat()
        head.setFont(scaled(SMALL))
        head.setForeground(QColor(self._colours.text3))
        language = token.info.strip().split(" ")[0]
        self._cursor.insertText(f"{language[:40].translate(_UNSHOWN)}   " if language else "", head)
        copy = QTextCharFormat(head)
        copy.setAnchor(True)
        copy.setAnchorHref(f"{COPY}:{number}")
        copy.setForeground(QColor(self._colours.accent))
        self._cursor.insertText("Copy", copy)
        plain = QTextCharFormat()
        plain.setFont(monospace())
        plain.setForeground(QColor(self._colours.text))
        for line in self._writing.code[number].split("\n"):
            self._cursor.insertBlock(QTextBlockFormat(), plain)
            self._text(line, plain)
        self._cursor.movePosition(QTextCursor.MoveOperation.End)

    def _table(self, tokens: Sequence[Token], at: int) -> int:
        rows: list[list[Token]] = []
        heads = 0
        while tokens[at].type != "table_close":
            match tokens[at].type:
                case "tr_open":
                    rows.append([])
                case "thead_close":
                    heads = len(rows)
                case "inline":
                    rows[-1].append(tokens[at])
            at += 1
        columns = max((len(row) for row in rows), default=0)
        if columns:
            self._fill_table(rows, columns, heads)
        return at + 1

    def _fill_table(self, rows: Sequence[Sequence[Token]], columns: int, heads: int) -> None:
        style = QTextTableFormat()
        style.setCellPadding(6)
        style.setCellSpacing(0)
        style.setBorder(1)
        style.setBorderCollapse(True)
        style.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        style.setBorderBrush(QBrush(QColor(self._colours.line)))
        style.setTopMargin(8)
        style.setHeaderRowCount(heads)
        style.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
        self._fresh = False
        table = self._cursor.insertTable(len(rows), columns, style)
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                self._cursor = table.cellAt(r, c).firstCursorPosition()
                text = self._text_format()
                if r < heads:
                    text.setFontWeight(QFont.Weight.DemiBold)
                self._inline(cell, text)
        self._cursor = QTextCursor(table.document())
        self._cursor.movePosition(QTextCursor.MoveOperation.End)


_LIST_ID = 0x100000 + 9
