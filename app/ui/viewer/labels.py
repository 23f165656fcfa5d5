"""Two small labels: a source's key on its colour, and a name that gives way in its middle."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from app.ui.plain import tooltip
from app.ui.theme.style import SMALL, Theme, scaled
from app.ui.theme.tokens import label_on, source_colour

_PADDING = 6
_HEIGHT = 18
_RADIUS = 4
_HATCH = 0.35


class KeyLabel(QWidget):
    """Such as "S3" on the third source's colour, hatched once the colours repeat."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._key = ""
        self._index = 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_key(self, key: str, index: int) -> None:
        """Show the key of the index-th source, counted from 0."""
        self._key, self._index = key, index
        self.setAccessibleName(self.tr("Source {key}").format(key=key))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """As wide as the key."""
        metrics = QFontMetrics(self._font())
        return QSize(metrics.horizontalAdvance(self._key) + 2 * _PADDING, max(_HEIGHT, metrics.height() + 2))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the field and the key."""
        colour, hatched = source_colour(self._theme.tokens, self._index)
        ink = QColor(label_on(self._theme.tokens, colour))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(QRectF(self.rect()), _RADIUS, _RADIUS)
        if hatched:
            # Beside the letters only: they have to stay readable.
            faint = QColor(ink)
            faint.setAlphaF(_HATCH)
            painter.setBrush(QBrush(faint, Qt.BrushStyle.BDiagPattern))
            painter.drawRoundedRect(QRectF(0, 0, _PADDING - 1, self.height()), 1, 1)
            painter.drawRoundedRect(QRectF(self.width() - _PADDING + 1, 0, _PADDING - 1, self.height()), 1, 1)
        painter.setFont(self._font())
        painter.setPen(ink)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._key)

    def _font(self) -> QFont:
        return scaled(SMALL, weight=QFont.Weight.DemiBold)


class ElidedLabel(QLabel):
    """A label that shortens its text to the room there is; the whole text is its tooltip and accessible name."""

    def __init__(self, parent: QWidget | None = None, *, mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle) -> None:
        super().__init__(parent)
        self._mode = mode
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        # A name that runs from right to left still belongs beside its key.
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    @property
    def whole(self) -> str:
        """The text before it was shortened."""
        return self._whole

    def show_text(self, text: str) -> None:
        """Show `text`, as much of it as there is room for."""
        self._whole = text
        self.setAccessibleName(text)
        self._elide()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """A few letters."""
        return QSize(self.fontMetrics().horizontalAdvance("m…m"), super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:  # noqa: N802
        """The whole text."""
        return QSize(self.fontMetrics().horizontalAdvance(self._whole) + 2, super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Shorten anew."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        shown = self.fontMetrics().elidedText(self._whole, self._mode, self.width())
        self.setText(shown)
        self.setToolTip(tooltip(self._whole) if shown != self._whole else "")
