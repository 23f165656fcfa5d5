"""How one source row is drawn and clicked."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.ui import words
from app.ui.check_box import paint_box
from app.ui.sources.model import ROW, SourceModel, remedy_words, secret_words
from app.ui.sources.rows import SourceRow
from app.ui.theme.style import BODY, LABEL, SMALL, Theme, scaled
from app.ui.theme.tokens import label_on, source_colour

_MARGIN, _INDENT, _BOX, _TAG = 6, 18, 16, 26
_LINES = 5
Index = QModelIndex | QPersistentModelIndex


class SourceDelegate(QStyledItemDelegate):
    """`toggled` names the folder whose caret was clicked; `helped` the source whose remedy was."""

    toggled = Signal(str)
    helped = Signal(str)

    def __init__(self, theme: Theme, model: SourceModel, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._model = model
        self._theme = theme
        self._view = view
        self._remember_fonts()
        theme.changed.connect(self._remember_fonts)

    def _remember_fonts(self) -> None:
        # Thousands of rows ask for their height; fonts are made once.
        self._name = scaled(BODY, weight=QFont.Weight.Medium)
        self._small = scaled(SMALL)
        self._label = scaled(LABEL, weight=QFont.Weight.DemiBold)
        self._name_height = QFontMetrics(self._name).height()
        self._small_height = QFontMetrics(self._small).height()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """Two lines, or as many as the problem's sentence needs."""
        row = self._model.row_at(index.row())
        height = max(46, self._name_height + self._small_height + 14)
        if row.high:
            height = self._name_height + 14
            height += self._problem_height(row) if row.problem else 0
            height += self._small_height if not row.blocked else 0
            height += self._small_height + 1 if row.secrets else 0
            height += self._small_height + 2 if row.remedy else 0
        return QSize(100, height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Tick, key, name, tokens, share; or the problem."""
        row: SourceRow = index.data(ROW)
        tokens = self._theme.tokens
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRect(option.rect).adjusted(_MARGIN, 1, -_MARGIN, -1)
        state = option.state
        selected = bool(state & QStyle.StateFlag.State_Selected)
        if selected or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent_soft if selected else tokens.hover))
            painter.drawRoundedRect(QRectF(area), 6, 6)
        if state & QStyle.StateFlag.State_HasFocus and self._view.hasFocus() and _by_keyboard(self._view):
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(area).adjusted(1, 1, -1, -1), 5, 5)
        first = area.top() + 6
        self._paint_sign(painter, self._box(option.rect, row), row)
        left = self._box(option.rect, row).right() + 8
        left = self._paint_tag(painter, QRect(left, first, _TAG, self._name_height), row)
        right = area.right() - 6
        painter.setFont(self._name)
        painter.setPen(QColor(tokens.text if row.included or row.problem else tokens.text2))
        name = QFontMetrics(self._name).elidedText(row.name, Qt.TextElideMode.ElideMiddle, right - left)
        painter.drawText(QRect(left, first, right - left, self._name_height), _left(), name)
        second = QRect(left, first + self._name_height + 1, right - left, self._small_height)
        if not row.blocked:
            self._paint_second(painter, second, row)
            second.translate(0, self._small_height + 1)
        if row.secrets:
            self._paint_secrets(painter, second, row)
            second.translate(0, self._small_height + 1)
        if row.problem:
            painter.setFont(self._small)
            tone = tokens.bad if row.blocked else tokens.text2 if row.quiet else tokens.warn
            painter.setPen(QColor(tone))
            second.setSize(QSize(self._problem_width(row), self._problem_height(row)))
            painter.drawText(second, int(Qt.TextFlag.TextWordWrap), self._problem_words(row, second.width()))
        if row.remedy:
            painter.setPen(QColor(tokens.accent))
            remedy = self._remedy_rect(option.rect, left)
            said = remedy_words(row.remedy, self.tr)
            shown = QFontMetrics(self._small).elidedText(said, Qt.TextElideMode.ElideRight, remedy.width())
            painter.drawText(remedy, _left(), shown)
        painter.restore()

    def editorEvent(  # noqa: N802
        self, event: QEvent, model: object, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        """A click on the tick or Space includes and leaves out; a click on the caret opens a folder."""
        row: SourceRow = index.data(ROW)
        if isinstance(event, QMouseEvent) and event.button() == Qt.MouseButton.LeftButton:
            if event.type() not in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease):
                return False
            at = event.position().toPoint()
            on_box = self._box(option.rect, row).adjusted(-6, -8, 4, 8).contains(at)
            if on_box and not row.blocked:
                if event.type() == QEvent.Type.MouseButtonRelease:
                    self._tick(index, row)
                return True
            if row.remedy and self._remedy_rect(option.rect, 0).contains(at):
                if event.type() == QEvent.Type.MouseButtonRelease:
                    self.helped.emit(row.key)
                return True
            if row.is_folder and event.type() == QEvent.Type.MouseButtonRelease:
                self.toggled.emit(row.name)
            return False
        pressed = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if pressed and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Space and not row.blocked:
            self._tick(index, row)
            return True
        return False

    def _tick(self, index: Index, row: SourceRow) -> None:
        state = Qt.CheckState.Unchecked if row.included and not row.part else Qt.CheckState.Checked
        index.model().setData(index, state, Qt.ItemDataRole.CheckStateRole)

    def _box(self, rect: QRect, row: SourceRow) -> QRect:
        return QRect(rect.left() + 12 + row.depth * _INDENT, rect.top() + 8, _BOX, _BOX)

    def _remedy_rect(self, rect: QRect, left: int) -> QRect:
        """The row's last line."""
        bottom = rect.bottom() - 6
        return QRect(left, bottom - self._small_height, rect.right() - _MARGIN - 6 - left, self._small_height + 2)

    def _paint_sign(self, painter: QPainter, box: QRect, row: SourceRow) -> None:
        tokens = self._theme.tokens
        if row.blocked:
            field = QRectF(box).adjusted(0.75, 0.75, -0.75, -0.75)
            painter.setPen(QPen(QColor(tokens.bad), 1.4))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(field)
            x, y = field.center().x(), field.center().y()
            painter.drawLine(QPointF(x, y - 4), QPointF(x, y + 0.5))
            painter.drawPoint(QPointF(x, y + 3.5))
            return
        paint_box(painter, box, tokens, ticked=row.included, part=row.part)

    def _paint_tag(self, painter: QPainter, place: QRect, row: SourceRow) -> int:
        """The key on its colour, or a folder's caret; where the name begins."""
        tokens = self._theme.tokens
        if row.is_folder:
            x, y = place.left() + 5.0, place.center().y() + 0.5
            caret = [(0, -4), (5, 0.5), (0, 5)] if not row.expanded else [(-2, -2), (3, 3), (8, -2)]
            painter.setPen(QPen(QColor(tokens.text2), 1.6))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(QPolygonF([QPointF(x + dx, y + dy) for dx, dy in caret]))
            return place.left() + 18
        tag = QRectF(place.left(), place.top() + (place.height() - 17) / 2, self._tag_width(row), 17)
        painter.setFont(self._label)
        if row.included and not row.blocked:
            colour, hatched = source_colour(tokens, row.colour)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(tag, 4, 4)
            if hatched:
                painter.setPen(QPen(QColor(label_on(tokens, colour)), 1, Qt.PenStyle.DotLine))
                painter.drawLine(tag.bottomLeft() + QPointF(4, -2), tag.bottomRight() + QPointF(-4, -2))
            painter.setPen(QColor(label_on(tokens, colour)))
        else:
            painter.setPen(QColor(tokens.text2))
        painter.drawText(tag, int(Qt.AlignmentFlag.AlignCenter), row.key)
        return int(tag.right()) + 8

    def _paint_second(self, painter: QPainter, place: QRect, row: SourceRow) -> None:
        tokens = self._theme.tokens
        painter.setFont(self._small)
        painter.setPen(QColor(tokens.text2))
        number = words.count(row.tokens) if row.tokens is not None else self.tr("counting…")
        share = ""
        if not row.included:
            line = " · ".join(part for part in (self.tr("left out · {0}").format(number), row.read_as) if part)
        else:
            line = " · ".join(part for part in (number, row.read_as, row.extent) if part)
            share = _per_cent(row.share)
        metrics = QFontMetrics(self._small)
        room = metrics.horizontalAdvance(share) + 8 if share else 0
        if row.read_as and metrics.horizontalAdvance(line) > place.width() - room:
            # How it is read says more than how long it is.
            line = line.removesuffix(f" · {row.extent}")
        shown = metrics.elidedText(line, Qt.TextElideMode.ElideRight, place.width() - room)
        painter.drawText(place, _left(), shown)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), share)

    def _paint_secrets(self, painter: QPainter, place: QRect, row: SourceRow) -> None:
        """A small warning sign, and how many."""
        painter.setFont(self._small)
        painter.setPen(QPen(QColor(self._theme.tokens.warn), 1.3))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        x, y = place.left() + 1.0, place.center().y() + 0.5
        painter.drawPolygon(QPolygonF([QPointF(x, y + 4), QPointF(x + 5, y - 5), QPointF(x + 10, y + 4)]))
        painter.drawLine(QPointF(x + 5, y - 1.5), QPointF(x + 5, y + 1))
        room = place.adjusted(16, 0, 0, 0)
        said = QFontMetrics(self._small).elidedText(
            secret_words(row.secrets, self.tr), Qt.TextElideMode.ElideRight, room.width()
        )
        painter.drawText(room, _left(), said)

    def _tag_width(self, row: SourceRow) -> int:
        return max(_TAG, QFontMetrics(self._label).horizontalAdvance(row.key) + 10)

    def _problem_width(self, row: SourceRow) -> int:
        """What is left beside sign, key and margins: the sentence is measured and drawn with the same width."""
        return max(60, self._view.viewport().width() - 56 - self._tag_width(row) - row.depth * _INDENT)

    def _problem_words(self, row: SourceRow, width: int) -> str:
        """The sentence, shortened to what fits on five lines; the tooltip has it whole."""
        words_, shown = row.problem.split(" "), row.problem
        while len(words_) > 1 and self._wrapped(shown, width) > _LINES * self._small_height + 1:
            words_.pop()
            shown = " ".join(words_) + "…"
        return shown

    def _problem_height(self, row: SourceRow) -> int:
        width = self._problem_width(row)
        return self._wrapped(self._problem_words(row, width), width) + 2

    def _wrapped(self, text: str, width: int) -> int:
        """How high a text is at this width."""
        room = QRect(0, 0, width, 1000)
        return QFontMetrics(self._small).boundingRect(room, int(Qt.TextFlag.TextWordWrap), text).height()


def _per_cent(share: float | None) -> str:
    if share is None:
        return ""
    return f"{share:.0%}" if share >= 0.01 else "<1%"


def _left() -> int:
    return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


def _by_keyboard(view: QWidget) -> bool:
    """Whether the view was last reached or walked by keys: a ring after each click would be noise."""
    return bool(view.property("by_keyboard"))
