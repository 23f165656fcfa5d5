"""Short news over the lower edge of the conversation: one at a time, gone after a while unless something went wrong."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QEnterEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from app.ui.icon_button import icon_button
from app.ui.icons import icon
from app.ui.theme.style import Theme

_STAYS_MS = 6000
_MARGIN = 16
_WIDEST = 460


class Toast(QFrame):
    """Lies over `over`, in its lower right corner, but above `spared` where that can be seen."""

    def __init__(self, theme: Theme, over: QWidget, spared: QWidget) -> None:
        # A child of the window, not of `over`: a stack of pages would cover it with the page it turns to.
        super().__init__(over.window())
        self._theme, self._over, self._spared = theme, over, spared
        self.setProperty("card", "toast")
        self._act: Callable[[], object] | None = None
        self._sign = QLabel()
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = QPushButton()
        self._button.setProperty("role", "link")
        self._button.clicked.connect(self._pressed)
        self._close = icon_button(self.tr("Close"), self.hide, size=24, sign=14)
        self._close.setAccessibleName(self.tr("Close this message"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self._sign)
        layout.addWidget(self._words, 1)
        layout.addWidget(self._button)
        layout.addWidget(self._close)
        self._timer = QTimer(self, singleShot=True, interval=_STAYS_MS)
        self._timer.timeout.connect(self.hide)
        over.installEventFilter(self)
        spared.installEventFilter(self)
        self._tone = "ok"
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    @property
    def words(self) -> str:
        """What it says now, "" when it is hidden."""
        return self._words.text() if not self.isHidden() else ""

    def say(
        self, sentence: str, *, tone: str = "ok", action: str = "", act: Callable[[], object] | None = None
    ) -> None:
        """Show `sentence`. tone "bad" stays until it is closed. action, act: a button and what it does."""
        self._act = act
        self._words.setText(sentence)
        self._button.setText(action)
        self._button.setVisible(act is not None)
        self._tone = tone
        self._restyle()
        self._timer.stop()
        if tone != "bad":
            self._timer.start()
        self.show()
        self.raise_()
        self._place()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, sentence))

    def _restyle(self) -> None:
        sign = {"ok": "saved", "warn": "warning", "bad": "problem"}[self._tone]
        self._sign.setPixmap(icon(self._theme.tokens, sign, self._tone).pixmap(QSize(18, 18)))
        self._close.setIcon(icon(self._theme.tokens, "cancel"))

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802
        """Stay while it is read."""
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """Go after a while."""
        self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Follow what it lies over, and what it must not cover."""
        moved = (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide)
        if event.type() in moved and not self.isHidden():
            self._place()
        return False

    def _pressed(self) -> None:
        act, self._act = self._act, None
        self.hide()
        if act is not None:
            act()

    def _place(self) -> None:
        width = min(_WIDEST, self._over.width() - 2 * _MARGIN)
        self.setFixedWidth(max(120, width))
        self.adjustSize()
        height = self.heightForWidth(self.width()) if self.hasHeightForWidth() else self.sizeHint().height()
        self.resize(self.width(), height)
        window = self._over.window()
        corner = self._over.mapTo(window, self._over.rect().bottomRight())
        bottom = corner.y() - _MARGIN
        if self._spared.isVisible():
            bottom = self._spared.mapTo(window, self._spared.rect().topLeft()).y() - 8
        self.move(corner.x() - self.width() - _MARGIN, bottom - height)
