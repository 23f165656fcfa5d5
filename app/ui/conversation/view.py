"""The conversation: turns under each other, the last ones first to be made, earlier ones as one scrolls up to them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.core.budget import Budget
from app.core.choices import Choice
from app.core.ledger import Spending
from app.services.desk import Desk
from app.ui import words
from app.ui.conversation.cards import ProblemCard, Remedy
from app.ui.conversation.suggestions import Suggestions
from app.ui.conversation.turn import TurnView
from app.ui.theme.style import Theme
from engine.protocol import ReadProgress

WIDEST = 720
_AT_ONCE = 6
_NEAR_END = 40

_LINES = ("code", "log", "sheet", "diff")
"""Kinds of documents whose quotes are shown in letters of one width."""


class ConversationView(QScrollArea):
    """Follows `desk`. `cited`: (exchange, number of the citation); `editing`: the words for the composer."""

    cited = Signal(int, int)
    editing = Signal(str)
    branching = Signal(int)
    linked = Signal(str)

    def __init__(self, theme: Theme, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._desk = theme, desk
        self._turns: list[TurnView] = []
        self._first = 0
        self._stay = True
        self._over: QFrame | None = None
        self._over_shows: tuple[Budget, tuple[Choice, ...]] | None = None
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Conversation"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.verticalScrollBar().setSingleStep(28)
        self._inside = QWidget()
        self._inside.setProperty("field", "surface")
        self._inside.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._column = QVBoxLayout(self._inside)
        self._column.setContentsMargins(28, 16, 28, 16)
        self._column.setSpacing(24)
        self._earlier = QPushButton()
        self._earlier.setProperty("role", "link")
        self._earlier.clicked.connect(self._show_earlier)
        self._column.addWidget(self._earlier, 0, Qt.AlignmentFlag.AlignHCenter)
        self.suggestions = Suggestions(theme, desk)
        self.suggestions.chosen.connect(self.editing)
        self._column.addWidget(self.suggestions)
        self._column.addStretch(1)
        self.setWidget(self._inside)
        bar = self.verticalScrollBar()
        bar.valueChanged.connect(self._scrolled)
        bar.rangeChanged.connect(self._grown)
        desk.opened.connect(self.rebuild)
        desk.exchange_added.connect(self._added)
        desk.exchange_changed.connect(self._changed)
        desk.text_added.connect(self._text)
        desk.progress.connect(self._progress)
        # What would make thousands of sources fit takes a moment to find; the bar is painted first.
        self._over_soon = QTimer(self, singleShot=True, interval=0)
        self._over_soon.timeout.connect(self._show_over)
        desk.spending_changed.connect(self._over_soon.start)
        self.rebuild()

    @property
    def turns(self) -> list[TurnView]:
        """The turns that have been made, in order; the last is the newest."""
        return self._turns

    def rebuild(self) -> None:
        """Show the desk's conversation from its end."""
        for turn in self._turns:
            self._column.removeWidget(turn)
            turn.hide()
            turn.deleteLater()
        self._turns = []
        exchanges = self._desk.exchanges
        self.suggestions.setVisible(not exchanges)
        self._first = max(0, len(exchanges) - _AT_ONCE)
        for index in range(self._first, len(exchanges)):
            self._turns.append(self._make(index))
            self._column.insertWidget(self._column.count() - 1, self._turns[-1])
        self._stay = True
        self._say_earlier()
        QTimer.singleShot(0, self, self._to_end)

    @property
    def place(self) -> list[int]:
        """Which exchange is at the top, and how many pixels of it are above; [] at the end."""
        top = self.verticalScrollBar().value()
        if self._stay or not self._turns:
            return []
        at = max((i for i, turn in enumerate(self._turns) if turn.y() <= top), default=0)
        return [self._first + at, top - self._turns[at].y()]

    def go_to(self, place: object) -> None:
        """Back to a `place` of this conversation; anything else is its end."""
        if not (isinstance(place, list) and len(place) == 2 and all(isinstance(n, int) for n in place)):
            return
        exchange, above = place
        if not 0 <= exchange < len(self._desk.exchanges):
            return
        while exchange < self._first:
            self._show_earlier()
        self._stay = False
        turn = self._turns[exchange - self._first]
        # The heights are right only when the answers have been laid out at their width.
        QTimer.singleShot(0, self, lambda: self.verticalScrollBar().setValue(turn.y() + above))

    def step_to(self, exchange: int) -> None:
        """Scroll to the exchange with this number."""
        while exchange < self._first:
            self._show_earlier()
        self.ensureWidgetVisible(self._turns[exchange - self._first], 0, 40)

    def _make(self, index: int) -> TurnView:
        entries = self._desk.workspace.entries
        prose = {entry.key for entry in entries if entry.document.kind not in _LINES}
        turn = TurnView(self._theme, self._desk.exchanges[index], {e.key: e.name for e in entries}, prose)
        turn.cited.connect(lambda number: self.cited.emit(index, number))
        turn.edited.connect(lambda: self.editing.emit(self._desk.exchanges[index].question))
        turn.again.connect(lambda: self._again(index))
        turn.branched.connect(lambda: self.branching.emit(index))
        turn.stopped.connect(self._desk.stop)
        turn.linked.connect(self.linked)
        return turn

    def _again(self, index: int) -> None:
        exchange = self._desk.exchanges[index]
        self._desk.ask(exchange.question, "evidence" if exchange.mode == "evidence" else "model")

    def _added(self, index: int) -> None:
        self.suggestions.hide()
        self._turns.append(self._make(index))
        self._column.insertWidget(self._column.count() - 1, self._turns[-1])
        self._stay = True
        self._show_over()

    def _changed(self, index: int) -> None:
        turn = self._turns[index - self._first]
        turn.show_exchange(self._desk.exchanges[index])
        if turn.exchange.passages:
            # The best passage is the first one: reading begins at the top.
            self._stay = False
            QTimer.singleShot(0, self, lambda: self.verticalScrollBar().setValue(turn.y() - 12))

    def _text(self, index: int, piece: str) -> None:
        self._turns[index - self._first].add_text(piece)

    def _progress(self, news: tuple[str, object]) -> None:
        if not self._turns or self._turns[-1].progress is None:
            return
        card = self._turns[-1].progress
        what, value = news
        if what == "loading" and isinstance(value, float):
            card.loading(value)
        elif what == "counted" and isinstance(value, int):
            card.counted(value)
        elif what == "indexed" and isinstance(value, tuple):
            card.indexed(*value)
        elif isinstance(value, ReadProgress):
            self._turns[-1].show_reading(value, self._source_at(value.done))

    def _source_at(self, done: int) -> str:
        """The source that holds prompt token `done`."""
        spending = self._desk.spending
        if spending is None:
            return ""
        at = spending.budget.system
        for share in spending.shares:
            at += share.tokens or 0
            if done < at:
                return f"{share.key}, {share.name}"
        return self.tr("the question")

    def _show_over(self) -> None:
        """The card that offers what to do while the budget is over; the same one as long as nothing changed."""
        spending = self._desk.spending
        wanted = None
        # While sources are being counted every choice would be another one a moment later.
        known = spending is not None and not spending.uncounted
        if (
            spending is not None
            and known
            and spending.budget.over
            and self._desk.mode == "model"
            and not self._desk.busy
        ):
            wanted = (spending.budget, tuple(self._desk.meter.choices))
        if wanted == self._over_shows:
            return
        self._over_shows = wanted
        self.suggestions.setVisible(wanted is None and not self._desk.exchanges)
        if self._over is not None:
            self._column.removeWidget(self._over)
            self._over.hide()
            self._over.deleteLater()
            self._over = None
        if spending is None or wanted is None:
            return
        self._over = self._over_card(spending, wanted[1])
        self._column.insertWidget(self._column.count() - 1, self._over)
        self._stay = True

    def _over_card(self, spending: Spending, choices: Sequence[Choice]) -> ProblemCard:
        budget = spending.budget
        remedies = []
        for choice in choices:
            label, gain, remark = self._offer(choice.kind, choice.keys, choice.value, choice.text)
            remedies.append(Remedy(label, partial(self._desk.take, choice), gain, remark))
        return ProblemCard(
            self._theme,
            title=self.tr("{0} tokens too many").format(words.count(budget.over)),
            sentence=self.tr(
                "These sources, this conversation and room for the answer need {0} tokens; the context holds {1}. "
                "Nothing is cut without you. Choose one:"
            ).format(words.count(budget.prompt + budget.answer), words.count(budget.context)),
            remedies=remedies,
        )

    def _offer(self, kind: str, keys: tuple[str, ...], value: int, text: str) -> tuple[str, str, str]:
        spending = self._desk.spending
        over = spending.budget.over if spending else 0
        shares = {share.key: share for share in (spending.shares if spending else ())}
        match kind:
            case "leave_out":
                freed = sum(shares[k].tokens or 0 for k in keys if k in shares)
                named = shares[keys[0]].name if keys[0] in shares else ""
                label = (
                    self.tr("Leave out {0}, {1}").format(keys[0], named[:40])
                    if len(keys) == 1
                    else self.tr("Leave out {0} sources").format(len(keys))
                )
                return label, self.tr("frees {0}").format(words.count(freed)), ", ".join(keys[:8])
            case "pages":
                label = self.tr("Keep pages 1 to {0} of each").format(words.count(value))
                return label, self.tr("frees at least {0}").format(words.count(over)), ""
            case "context":
                label = self.tr("Use a context of {0}").format(words.count(value))
                return label, self.tr("keeps everything"), self.tr("the model is loaded again with the next question")
            case "answer":
                label = self.tr("Keep {0} for the answer").format(words.count(value))
                return label, self.tr("frees {0}").format(words.count(over)), self.tr("the answer may be cut off")
            case "evidence":
                return self.tr("Search without a model"), self.tr("nothing has to fit"), self.tr("passages, verbatim")
        return text, "", ""

    def _show_earlier(self) -> None:
        bar = self.verticalScrollBar()
        below = bar.maximum() - bar.value()
        start = max(0, self._first - _AT_ONCE)
        self._stay = False
        for index in range(self._first - 1, start - 1, -1):
            turn = self._make(index)
            self._turns.insert(0, turn)
            self._column.insertWidget(1, turn)
        self._first = start
        self._say_earlier()
        QTimer.singleShot(0, self, lambda: bar.setValue(bar.maximum() - below))

    def _say_earlier(self) -> None:
        self._earlier.setVisible(self._first > 0)
        self._earlier.setText(self.tr("Show earlier questions ({0})").format(words.count(self._first)))

    def _scrolled(self, value: int) -> None:
        bar = self.verticalScrollBar()
        self._stay = value >= bar.maximum() - _NEAR_END

    def _grown(self) -> None:
        if self._stay:
            self._to_end()

    def _to_end(self) -> None:
        bar = self.verticalScrollBar()
        bar.setValue(bar.maximum())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Keep the column readable and in the middle."""
        super().resizeEvent(event)
        spare = max(0, self.viewport().width() - WIDEST - 56)
        side = 28 + spare // 2
        self._column.setContentsMargins(side, 16, side, 16)
