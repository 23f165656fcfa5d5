"""The budget's line of words over its bar; one reads what the other shows."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.core.ledger import Spending, seconds_to_read
from app.services.desk import Desk
from app.ui import words
from app.ui.budget.bar import BudgetBar
from app.ui.budget.geometry import Segment
from app.ui.elided import ElidedLabel
from app.ui.theme.style import BODY, Theme, scaled


class BudgetPanel(QWidget):
    """Follows `desk`. `chosen` names the source whose segment was clicked."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._narrow = False
        self._unread: frozenset[str] = frozenset()
        title = QLabel(self.tr("Budget"))
        title.setFont(scaled(BODY, weight=QFont.Weight.DemiBold))
        self._sentence = ElidedLabel()
        self._next = QLabel()
        self._next.setProperty("tone", "second")
        self.bar = BudgetBar(theme, self._describe)
        self.bar.chosen.connect(self.chosen)
        line = QHBoxLayout()
        line.setSpacing(10)
        line.addWidget(title)
        line.addWidget(self._sentence, 1)
        line.addWidget(self._next)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 6)
        layout.setSpacing(4)
        layout.addLayout(line)
        layout.addWidget(self.bar)
        self.setProperty("field", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        desk.spending_changed.connect(self.refresh)
        desk.model_changed.connect(self.refresh)
        desk.verification.changed.connect(self.refresh)
        self.refresh()

    def set_narrow(self, *, narrow: bool, low: bool) -> None:
        """narrow: without the sentence on the right. low: without the scale under the bar."""
        self._narrow = narrow
        self._next.setVisible(not narrow)
        self.bar.set_compact(low)

    def refresh(self) -> None:
        """Say and show what the budget is now."""
        spending = self._desk.spending
        self._unread = self._desk.meter.unread_keys
        self.bar.show_spending(spending, unread=self._unread, verified=self._desk.verification.length)
        over = spending is not None and spending.budget.over > 0
        beyond = self._desk.beyond_verified if not over else None
        self._sentence.setText(self._words(spending) + self._beyond_words(beyond))
        self._sentence.set_tone("bad" if over else "warn" if beyond is not None else "second")
        self._next.setText(self._next_words(spending))
        self.bar.say(self._sentence.text())

    def _words(self, spending: Spending | None) -> str:
        if self._desk.settings is None:
            return self.tr("No model: answers are passages, word for word, and nothing has to fit.")
        if spending is None:
            failure = self._desk.model_failure
            return failure.message if failure else self.tr("Opening the model's vocabulary…")
        budget = spending.budget
        about = "" if spending.exact else self.tr("about ")
        if spending.uncounted:
            return self.tr("{0} counted so far · {1} sources still being counted").format(
                words.count(budget.prompt), words.count(spending.uncounted)
            )
        if budget.over:
            return self.tr("{0}{1} of {2} tokens · {3} too many").format(
                about, words.count(budget.prompt + budget.answer), words.count(budget.context), words.count(budget.over)
            )
        if not spending.shares:
            return self.tr("Empty. Every source you add appears here with its exact tokens.")
        return self.tr("{0}{1} of {2} tokens in use · {3} free · {4} kept for the answer").format(
            about,
            words.count(budget.prompt),
            words.count(budget.context),
            words.count(budget.free),
            words.count(budget.answer),
        )

    def _beyond_words(self, beyond: int | None) -> str:
        if beyond is None:
            return ""
        if not beyond:
            return self.tr(" · not verified at any length")
        return self.tr(" · beyond the {0} that are verified").format(words.count(beyond))

    def _verified_words(self) -> str:
        known = self._desk.verification
        if known.length is None:
            if known.stale_because:
                return self.tr("Not verified as the model runs now")
            return self.tr("Length not verified yet")
        if not known.length:
            return self.tr("Not verified at any length")
        return self.tr("Verified to {0} tokens on this computer").format(words.count(known.length))

    def _next_words(self, spending: Spending | None) -> str:
        if spending is None or not spending.shares or spending.uncounted:
            return "" if spending is None or spending.shares else self._verified_words()
        unread = self._desk.meter.unread
        if unread == 0:
            return self.tr("Nothing to read before the next answer")
        seconds = seconds_to_read(unread, self._desk.per_second)
        time = self.tr(", about {0}").format(words.seconds(seconds)) if seconds is not None else ""
        return self.tr("{0} tokens to read before the next answer{1}").format(words.count(unread), time)

    def _describe(self, segment: Segment) -> str:
        spending = self._desk.spending
        context = spending.budget.context if spending else 1
        share = f"{segment.tokens / context:.1%}"
        tokens = self.tr("{0} tokens, {1} of the context").format(words.count(segment.tokens), share)
        match segment.kind:
            case "source":
                key = segment.keys[0]
                seconds = seconds_to_read(segment.tokens, self._desk.per_second)
                about = self.tr(", about {0}").format(words.seconds(seconds)) if seconds is not None else ""
                again = self.tr("reading it again costs {0} tokens{1}").format(words.count(segment.tokens), about)
                held = "" if key not in self._unread else self.tr("not read yet · ")
                return f"{key} {segment.name}\n{tokens}\n{held}{again}"
            case "small":
                return self.tr("{0} small sources, {1} to {2}\n{3}").format(
                    words.count(len(segment.keys)), segment.keys[0], segment.keys[-1], tokens
                )
            case "system":
                return self.tr("System prompt and the model's own opening\n{0}").format(tokens)
            case "conversation":
                return self.tr("The question, and earlier ones when they are included\n{0}").format(tokens)
            case "free":
                return self.tr("Free\n{0}").format(tokens)
            case "answer":
                return self.tr("Kept for the answer\n{0}").format(tokens)
