"""The top of the window: sign, the session's name, the modes, the model, search and settings."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QToolButton, QWidget

from app.services.desk import Desk
from app.ui import words
from app.ui.centre import MODES, Mode
from app.ui.elided import ElidedLabel
from app.ui.icon_button import icon_button
from app.ui.icons import icon, set_icon
from app.ui.plain import label, tooltip
from app.ui.segments import Segments
from app.ui.theme.style import SECTION, Theme, scaled

HEIGHT = 44


class PlumbSign(QWidget):
    """The plumb bob: bar, line, brass weight."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setFixedSize(18, 24)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Drawn, so that it is sharp at any scale."""
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.text))
        painter.drawRect(QRectF(3, 2, 12, 2))
        painter.drawRect(QRectF(8.2, 4, 1.6, 7))
        painter.setBrush(QColor(tokens.brass))
        bob = [(4, 11), (14, 11), (14, 15), (9, 22), (4, 15)]
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in bob]))
        painter.end()


class TopBar(QFrame):
    """Follows `desk`. `mode_wanted`: a Mode of the centre."""

    renaming = Signal()
    mode_wanted = Signal(str)
    model_wanted = Signal()
    search_wanted = Signal()
    settings_wanted = Signal()
    side_wanted = Signal()

    def __init__(self, theme: Theme, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._desk = theme, desk
        self._narrow = False
        self.setFixedHeight(HEIGHT)
        self.setProperty("field", "window")
        self.side = self._tool("list", self.tr("Show sessions and sources (Ctrl+B)"), self.side_wanted.emit)
        self.side.hide()
        self._title = Title()
        self._title.setFont(scaled(SECTION, weight=QFont.Weight.DemiBold))
        self._title.clicked.connect(self.renaming)
        self.modes = Segments([self._mode(mode) for mode in MODES], self.tr("Mode"))
        self.modes.chosen.connect(self.mode_wanted)
        self.model = QPushButton()
        self.model.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.model.clicked.connect(self.model_wanted)
        self._search = self._tool(
            "search", self.tr("Search everything said and read (Ctrl+K)"), self.search_wanted.emit
        )
        self._settings = self._tool("gear", self.tr("Settings (Ctrl+,)"), self.settings_wanted.emit)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 0, 10, 0)
        layout.setSpacing(8)
        layout.addWidget(self.side)
        layout.addWidget(PlumbSign(theme))
        layout.addWidget(self._title, 1)
        layout.addWidget(self.modes)
        layout.addStretch(1)
        layout.addWidget(self.model)
        layout.addWidget(self._search)
        layout.addWidget(self._settings)
        theme.changed.connect(self._restyle)
        desk.session_changed.connect(self.refresh)
        desk.model_changed.connect(self.refresh)
        desk.spending_changed.connect(self.refresh)
        self._restyle()

    def set_narrow(self, narrow: bool) -> None:
        """Without the context beside the model's name."""
        self._narrow = narrow
        self.refresh()

    def refresh(self) -> None:
        """Show name and model as they are now."""
        desk = self._desk
        self._title.setText(desk.name or self.tr("Plumbline"))
        self._title.setCursor(Qt.CursorShape.PointingHandCursor if desk.session else Qt.CursorShape.ArrowCursor)
        settings, around = desk.settings, desk.around
        if settings is None:
            text = self.tr("No model · passages only")
            tip = self.tr("Choose a model")
        else:
            name = around.info.name if around is not None else settings.model.stem
            context = around.budget.context if around is not None else settings.n_ctx
            detail = self.tr("{0} context · {1} cache").format(words.count(context or 0), settings.kv)
            text = name if self._narrow or not context else f"{name}   {detail}"
            tip = f"{settings.model}\n{detail}"
        if desk.model_failure is not None:
            text, tip = self.tr("Model cannot be used"), desk.model_failure.message
        self.model.setText(label(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, 420)))
        self.model.setToolTip(tooltip(tip))
        self.model.setAccessibleName(self.tr("Model: {0}").format(text))
        set_icon(self.model, self._theme.tokens, "chip", "bad" if desk.model_failure else "ok")

    def _mode(self, mode: Mode) -> tuple[str, str, str]:
        return mode, *{
            "ask": (self.tr("Ask"), self.tr("Ask about the sources (Ctrl+1)")),
            "review": (self.tr("Review"), self.tr("Review code (Ctrl+2)")),
            "logs": (self.tr("Logs"), self.tr("See logs over time (Ctrl+3)")),
            "check": (self.tr("Self-check"), self.tr("Measure how much context the model can use (Ctrl+4)")),
        }[mode]

    def _tool(self, name: str, tip: str, run: object) -> QToolButton:
        button = icon_button(tip, run, size=30, sign=17)
        button.setProperty("icon_name", name)
        return button

    def _restyle(self) -> None:
        for button in (self.side, self._search, self._settings):
            button.setIcon(icon(self._theme.tokens, str(button.property("icon_name"))))
        self.refresh()


class Title(ElidedLabel):
    """A name that can be clicked."""

    clicked = Signal()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A click."""
        self.clicked.emit()
