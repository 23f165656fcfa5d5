"""Where a question is written: grows with it, says what it will cost, and why it cannot be asked when it cannot."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QFont, QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.core.ledger import seconds_to_read
from app.services.desk import Desk
from app.ui import words
from app.ui.elided import ElidedLabel
from app.ui.icon_button import icon_button
from app.ui.icons import icon, set_icon
from app.ui.plain import label, tooltip
from app.ui.segments import Segments
from app.ui.theme.style import ANSWER, SMALL, Theme, scaled
from engine.selfcheck.verdicts import tokens_in_words

_FEWEST_LINES, _MOST_LINES = 2, 9


class QuestionEdit(QPlainTextEdit):
    """`sent` on Ctrl+Enter, on Enter too when `send_on_enter`; `recalled` on Up in an empty field."""

    sent = Signal()
    recalled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.send_on_enter = True
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet("QPlainTextEdit { border: none; background: transparent; }")
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Send, recall, or write."""
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if is_enter and (control or (self.send_on_enter and not shift)):
            self.sent.emit()
        elif event.key() == Qt.Key.Key_Up and not self.toPlainText():
            self.recalled.emit()
        else:
            super().keyPressEvent(event)

    def _fit(self) -> None:
        line = self.fontMetrics().lineSpacing()
        lines = max(_FEWEST_LINES, min(_MOST_LINES, int(self.document().size().height())))
        self.setFixedHeight(lines * line + 12)


class Composer(QFrame):
    """Follows `desk`; `asked` when the person sends what stands there. `preset_wanted`: edit the presets."""

    presets_wanted = Signal()

    def __init__(self, theme: Theme, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._desk = theme, desk
        self._presets: Sequence[tuple[str, str]] = ()
        self.setProperty("card", "composer")
        self.edit = QuestionEdit()
        self.edit.setFont(scaled(ANSWER))
        self.edit.setPlaceholderText(self.tr("Ask about these sources…"))
        self.edit.setAccessibleName(self.tr("Question"))
        self.edit.sent.connect(self.send)
        self.edit.recalled.connect(self._recall)
        self.edit.textChanged.connect(self._typed)
        self.mode = Segments(
            (
                ("model", self.tr("Model"), self.tr("The model reads everything and answers")),
                ("evidence", self.tr("Evidence"), self.tr("The best passages, word for word, without a model")),
            ),
            self.tr("Answer with"),
        )
        self.mode.chosen.connect(self._mode_chosen)
        self.tasks = icon_button(self.tr("Tasks to start from"), size=30)
        self.tasks.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.history = icon_button(self.tr("Let the model see the questions and answers before this one"), size=30)
        self.history.setCheckable(True)
        self.history.setAccessibleName(self.tr("With earlier questions"))
        self.history.toggled.connect(desk.set_history)
        self._hint = ElidedLabel()
        self._hint.setProperty("tone", "second")
        self._hint.setFont(scaled(SMALL))
        self.button = QPushButton(self.tr("Ask"))
        self.button.setProperty("role", "primary")
        self.button.clicked.connect(self._pressed)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.mode)
        row.addWidget(self.tasks)
        row.addWidget(self.history)
        row.addWidget(self._hint, 1)
        row.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 10, 10)
        layout.setSpacing(6)
        layout.addWidget(self.edit)
        layout.addLayout(row)
        theme.changed.connect(self._restyle)
        desk.spending_changed.connect(self.refresh)
        desk.busy_changed.connect(self.refresh)
        desk.model_changed.connect(self.refresh)
        desk.sources_changed.connect(self.refresh)
        desk.verification.changed.connect(self.refresh)
        desk.checker.changed.connect(self.refresh)
        desk.opened.connect(self._opened)
        self._restyle()

    @property
    def hint(self) -> str:
        """What is said beside the button."""
        return self._hint.text()

    def set_presets(self, presets: Sequence[tuple[str, str]]) -> None:
        """Tasks as (name, text)."""
        self._presets = presets
        menu = QMenu(self.tasks)
        for name, text in presets:
            action = QAction(label(name), menu)
            action.setToolTip(tooltip(text))
            action.triggered.connect(lambda _=False, t=text: self.put(t))
            menu.addAction(action)
        menu.addSeparator()
        edit = QAction(self.tr("Edit these tasks…"), menu)
        edit.triggered.connect(lambda _=False: self.presets_wanted.emit())
        menu.addAction(edit)
        self.tasks.setMenu(menu)

    def put(self, text: str) -> None:
        """Put `text` into the composer, to be changed or sent."""
        self.edit.setPlainText(text)
        cursor = self.edit.textCursor()
        cursor.movePosition(cursor.MoveOperation.End)
        self.edit.setTextCursor(cursor)
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def quote(self, text: str) -> None:
        """Put a quotation in front of what stands there."""
        self.put(f"{text}\n{self.edit.toPlainText()}".rstrip() + " ")

    def send(self) -> None:
        """Ask what stands there, if it can be asked."""
        if self.button.isEnabled() and not self._desk.busy:
            question = self.edit.toPlainText()
            self.edit.clear()
            self._desk.ask(question)

    def refresh(self, *_: object) -> None:
        """Say what asking would cost, or why one cannot ask."""
        desk = self._desk
        self.mode.choose(desk.mode if desk.settings is not None else "evidence")
        self.mode.set_enabled("model", desk.settings is not None, self.tr("There is no model; choose one first"))
        self.history.setVisible(desk.mode == "model" and len(desk.exchanges) > 0 and desk.settings is not None)
        words_, tone, possible = self._say()
        self._hint.setText(words_, short=words_.partition(" · ")[0])
        self._hint.set_tone(tone)
        busy = desk.busy
        self.button.setText(self.tr("Stop") if busy else self.tr("Ask"))
        self.button.setAccessibleName(self.tr("Stop the answer") if busy else self.tr("Ask the question"))
        self.button.setAccessibleDescription(words_)
        self.button.setEnabled(busy or (possible and bool(self.edit.toPlainText().strip())))
        self._restyle_button()

    def _say(self) -> tuple[str, str, bool]:
        desk = self._desk
        if desk.busy:
            return self.tr("Esc stops. What is read is kept."), "second", False
        sources = any(entry.included and entry.document.sections for entry in desk.workspace.entries)
        if not sources:
            return self.tr("Add sources first"), "second", False
        if desk.mode == "evidence" or desk.settings is None:
            return self.tr("Passages, no model. Nothing has to fit."), "second", True
        if desk.model_failure is not None:
            return desk.model_failure.message, "warn", False
        spending = desk.spending
        if spending is None:
            return self.tr("Opening the model's vocabulary…"), "second", True
        if spending.budget.over:
            over = words.count(spending.budget.over)
            return self.tr("{0} tokens too many: choose above, then ask").format(over), "warn", False
        if desk.checker.busy:
            return self.tr("The self-check is using the model: pause it to ask"), "warn", False
        if spending.uncounted:
            return self.tr("Still counting {0} sources").format(words.count(spending.uncounted)), "second", True
        question, unread = spending.budget.conversation, desk.meter.unread
        seconds = seconds_to_read(question + unread, desk.per_second)
        about = self.tr(" · first word in about {0}").format(words.seconds(seconds)) if seconds is not None else ""
        again = self.tr("nothing again") if not unread else self.tr("{0} of them sources").format(words.count(unread))
        history = self.tr(", earlier questions included") if desk.with_history and desk.exchanges else ""
        cost = self.tr("{0} tokens to read, {1}{2}{3}").format(words.count(question + unread), again, history, about)
        beyond = desk.beyond_verified
        if beyond is not None:
            return self.tr("{0} · {1}").format(self._beyond(beyond), cost), "warn", True
        return cost, "second", True

    def _beyond(self, verified: int) -> str:
        if not verified:
            return self.tr("This model is not verified at any length: it may miss what is there")
        return self.tr("Beyond the verified {0}: the model may miss what is there").format(tokens_in_words(verified))

    def _pressed(self) -> None:
        if self._desk.busy:
            self._desk.stop()
        else:
            self.send()

    def _typed(self) -> None:
        self._desk.set_draft(self.edit.toPlainText())
        self.refresh()

    def _recall(self) -> None:
        if self._desk.exchanges:
            self.put(self._desk.exchanges[-1].question)

    def _mode_chosen(self, mode: str) -> None:
        self._desk.set_mode("evidence" if mode == "evidence" else "model")

    def _opened(self) -> None:
        self.edit.clear()
        self.refresh()

    def _restyle(self) -> None:
        self.tasks.setIcon(icon(self._theme.tokens, "list"))
        self.history.setIcon(icon(self._theme.tokens, "history"))
        font = QFont(self.button.font())
        font.setWeight(QFont.Weight.DemiBold)
        self.button.setFont(font)
        self.refresh()

    def _restyle_button(self) -> None:
        busy, enabled = self._desk.busy, self.button.isEnabled()
        colour = "on_accent" if enabled else "text3"
        set_icon(self.button, self._theme.tokens, "stop" if busy else "ask", colour)
