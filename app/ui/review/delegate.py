"""How a finding and a heading are drawn: severity, title and verdict on one line, place and kind on the next."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.core.review.finding import SEVERITIES
from app.ui.review import words
from app.ui.review.model import ROW, heading_words
from app.ui.review.rows import FindingRow, HeadingRow, Row
from app.ui.review.severity_sign import SIZE, paint_severity
from app.ui.theme.style import BODY, LABEL, SMALL, Theme, monospace, scaled
from app.ui.words import count

_SIDE, _INNER, _ABOVE, _BETWEEN, _GAP = 8, 10, 7, 3, 14
_CHIP = 6
Index = QModelIndex | QPersistentModelIndex
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter)


class FindingDelegate(QStyledItemDelegate):
    """Rows of two lines. The place gives way at its left: its end tells more."""

    def __init__(self, theme: Theme, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._theme, self._view = theme, view
        self._remember()
        theme.changed.connect(self._remember)

    def _remember(self) -> None:
        self._title = scaled(BODY, weight=QFont.Weight.Medium)
        self._strong = scaled(BODY, weight=QFont.Weight.DemiBold)
        self._small, self._mono, self._label = (
            scaled(SMALL),
            monospace(SMALL),
            scaled(LABEL, weight=QFont.Weight.Medium),
        )
        self._first = QFontMetrics(self._title).height()
        self._second = max(QFontMetrics(self._small).height(), QFontMetrics(self._mono).height())
        metrics = QFontMetrics(self._strong)
        self._word = SIZE + 6 + max(metrics.horizontalAdvance(words.severity(one)) for one in SEVERITIES) + _GAP

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """A heading has one line."""
        row: Row = index.data(ROW)
        if isinstance(row, HeadingRow):
            return QSize(100, max(30, self._first + 14))
        return QSize(100, self._first + self._second + _BETWEEN + 2 * _ABOVE)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """A heading, or a finding."""
        row: Row = index.data(ROW)
        painter.save()
        if isinstance(row, HeadingRow):
            self._paint_heading(painter, QRect(option.rect), row, first=index.row() == 0)
        else:
            self._paint_field(painter, option)
            self._paint_finding(painter, QRect(option.rect).adjusted(_SIDE + _INNER, _ABOVE, -_SIDE - _INNER, 0), row)
        painter.restore()

    def _paint_field(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        tokens, area = self._theme.tokens, QRect(option.rect)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.fillRect(
            QRect(area.left() + _SIDE + _INNER, area.bottom(), area.width() - 2 * (_SIDE + _INNER), 1),
            QColor(tokens.line),
        )
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        field = QRectF(area.adjusted(_SIDE, 0, -_SIDE, 0)).adjusted(0.5, 0.5, -0.5, -0.5)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent_soft if chosen else tokens.hover))
            painter.drawRoundedRect(field, 6, 6)
        focused = option.state & QStyle.StateFlag.State_HasFocus and self._view.property("by_keyboard")
        if focused and self._view.hasFocus():
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(field.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)

    def _paint_finding(self, painter: QPainter, area: QRect, row: FindingRow) -> None:
        tokens, finding = self._theme.tokens, row.checked.finding
        quiet = row.apart in ("dismissed", "fixed")
        first = QRect(area.left(), area.top(), area.width(), self._first)
        second = QRect(area.left(), first.bottom() + 1 + _BETWEEN, area.width(), self._second)
        tone = QColor(getattr(tokens, "text2" if quiet else words.TONES[finding.severity]))
        sign = QRectF(first.left(), first.center().y() - SIZE / 2 + 0.5, SIZE, SIZE)
        paint_severity(painter, sign, finding.severity, tone)
        painter.setFont(self._strong)
        painter.setPen(tone)
        painter.drawText(first.adjusted(SIZE + 6, 0, 0, 0), _LEFT, words.severity(finding.severity))
        left = area.left() + self._word
        right = self._paint_verdict(painter, first, row)
        right = self._paint_change(painter, QRect(left, first.top(), right - left, first.height()), row)
        painter.setFont(self._title)
        painter.setPen(QColor(tokens.text2 if quiet else tokens.text))
        room = right - left
        title = QFontMetrics(self._title).elidedText(_one_line(finding.title), Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRect(left, first.top(), room, first.height()), _LEFT, title)
        self._paint_place(painter, QRect(left, second.top(), area.right() - left, second.height()), row)

    def _paint_verdict(self, painter: QPainter, line: QRect, row: FindingRow) -> int:
        """Whether the code confirms it, at the right; where that begins."""
        if row.apart == "fixed":
            return line.right()
        if row.apart == "dismissed":
            sign, word, tone = "", words.apart("dismissed").lower(), "text2"
        else:
            sign, word, tone = words.verdict(row.checked)
        said = f"{sign} {word}".strip()
        painter.setFont(self._small)
        painter.setPen(QColor(getattr(self._theme.tokens, tone)))
        painter.drawText(line, _RIGHT, said)
        return line.right() - QFontMetrics(self._small).horizontalAdvance(said) - _GAP

    def _paint_change(self, painter: QPainter, line: QRect, row: FindingRow) -> int:
        """What became of it since the review before, in a chip; where that begins."""
        said = words.change(row.change)
        if not said:
            return line.right()
        tokens, metrics = self._theme.tokens, QFontMetrics(self._label)
        width = metrics.horizontalAdvance(said) + 2 * _CHIP
        tone = QColor({"new": tokens.accent, "fixed": tokens.ok}.get(row.change, tokens.text2))
        chip = QRectF(line.right() - width, line.center().y() - 8, width, 17).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(tone if row.change != "still" else QColor(tokens.edge), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(chip, 4, 4)
        painter.setFont(self._label)
        painter.setPen(tone)
        painter.drawText(chip, int(Qt.AlignmentFlag.AlignCenter), said)
        return int(chip.left()) - 8

    def _paint_place(self, painter: QPainter, line: QRect, row: FindingRow) -> None:
        tokens, finding = self._theme.tokens, row.checked.finding
        kind = " · ".join(part for part in (words.kind(finding.category), finding.cwe) if part)
        painter.setPen(QColor(tokens.text2))
        painter.setFont(self._small)
        painter.drawText(line, _RIGHT, kind)
        room = line.width() - QFontMetrics(self._small).horizontalAdvance(kind) - _GAP
        painter.setFont(self._mono)
        place = QFontMetrics(self._mono).elidedText(words.place(finding), Qt.TextElideMode.ElideLeft, room)
        painter.drawText(QRect(line.left(), line.top(), room, line.height()), _LEFT, place)

    def _paint_heading(self, painter: QPainter, area: QRect, row: HeadingRow, *, first: bool) -> None:
        tokens = self._theme.tokens
        field = area.adjusted(_SIDE, 0 if first else 4, -_SIDE, 0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens.line), 1) if tokens.window == tokens.surface else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.window))
        painter.drawRoundedRect(QRectF(field).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        inner = field.adjusted(_INNER, 0, -_INNER, 0)
        number = count(row.count)
        painter.setFont(self._small)
        painter.setPen(QColor(tokens.text2))
        painter.drawText(inner, _RIGHT, number)
        room = inner.width() - QFontMetrics(self._small).horizontalAdvance(number) - _GAP
        painter.setFont(self._strong)
        painter.setPen(QColor(tokens.text))
        # Of a path the end tells more, of every other name the beginning.
        mode = Qt.TextElideMode.ElideLeft if "/" in row.words else Qt.TextElideMode.ElideRight
        words_ = QFontMetrics(self._strong).elidedText(heading_words(row), mode, room)
        painter.drawText(QRect(inner.left(), inner.top(), room, inner.height()), _LEFT, words_)


def _one_line(text: str) -> str:
    return " ".join(text.split())
