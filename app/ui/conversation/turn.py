"""One question with what came of it: progress, streamed answer, tally of citations, passages, or what went wrong."""

from __future__ import annotations

from collections.abc import Container, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.core.answer_text import AnswerText, Chip, anchor, place, tally, with_chips, without_anchors
from app.core.exchanges import Exchange
from app.core.records import StoredPassage
from app.ui import words
from app.ui.conversation.answer_view import AnswerView
from app.ui.conversation.cards import ProblemCard, ProgressCard, Remedy
from app.ui.icon_button import icon_button
from app.ui.icons import icon
from app.ui.theme.style import ANSWER, SMALL, Theme, scaled
from engine.protocol import ReadProgress

_SIGNS = (("exact", "✓", "ok"), ("near", "≈", "warn"), ("missing", "?", "bad"), ("not_quoted", "–", "second"))


class TurnView(QFrame):
    """`cited` (number in the answer's citations or passages), `edited`, `again`, `branched`, `stopped`, `linked`."""

    cited = Signal(int)
    edited = Signal()
    again = Signal()
    branched = Signal()
    stopped = Signal()
    linked = Signal(str)

    def __init__(
        self,
        theme: Theme,
        exchange: Exchange,
        names: Mapping[str, str],
        prose: Container[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        """names: shown names by key. prose: keys of sources whose lines flow."""
        super().__init__(parent)
        self._theme = theme
        self._exchange = exchange
        self._names = names
        self._prose = prose
        self._chips: tuple[Chip, ...] = ()
        self._icons: list[tuple[QToolButton, str]] = []
        self.progress: ProgressCard | None = None
        self._problem: ProblemCard | None = None
        self.answer = AnswerView(theme)
        self.answer.chip_chosen.connect(self._chip)
        self.answer.link_chosen.connect(self.linked)
        self._tally = QHBoxLayout()
        self._tally.setSpacing(14)
        self._foot = QWidget()
        self._quiet = QLabel()
        self._quiet.setProperty("tone", "second")
        self._quiet.setFont(scaled(SMALL))
        self._quiet.setWordWrap(True)
        self._body = QVBoxLayout()
        self._body.setSpacing(12)
        self._lay_out()
        theme.changed.connect(self._restyle)
        self.show_exchange(exchange)

    @property
    def exchange(self) -> Exchange:
        """What is shown."""
        return self._exchange

    def show_exchange(self, exchange: Exchange) -> None:
        """Show it as it stands now."""
        self._exchange = exchange
        self._clear_cards()
        if exchange.state == "reading":
            self.progress = ProgressCard(self._theme)
            self.progress.cancelled.connect(self.stopped)
            self._body.insertWidget(0, self.progress)
        text = self._answer_text(exchange)
        self._chips = text.chips
        if exchange.under_way:
            self.answer.set_answer(without_anchors(exchange.text))
        else:
            self.answer.set_answer(text.text, text.chips)
        self.answer.setVisible(bool(text.text.strip()))
        # A failure's card has its own button, and there is nothing to copy or to go on from.
        self._foot.setVisible(
            not exchange.under_way and bool(exchange.text or exchange.passages or not exchange.failure)
        )
        self._show_tally(exchange)
        self._quiet.setText(self._quiet_words(exchange))
        self._quiet.setVisible(bool(self._quiet.text()) and not exchange.under_way)
        self._show_problem(exchange)
        self._restyle()

    def add_text(self, piece: str) -> None:
        """More words of the answer."""
        if self.progress is not None:
            self._clear_cards()
            self.answer.show()
        self.answer.add_text(piece)

    def show_reading(self, state: ReadProgress, now_in: str) -> None:
        """How far reading is."""
        if self.progress is not None:
            self.progress.reading(state, now_in=now_in)

    def _lay_out(self) -> None:
        question = QFrame()
        question.setProperty("card", "sunken")
        self._question = QLabel(self._exchange.question)
        self._question.setTextFormat(Qt.TextFormat.PlainText)
        self._question.setFont(scaled(ANSWER, weight=QFont.Weight.DemiBold))
        self._question.setWordWrap(True)
        self._question.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._question.setAccessibleName(self.tr("Question"))
        self._question.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        row = QHBoxLayout(question)
        row.setContentsMargins(14, 10, 8, 10)
        row.addWidget(self._question, 1)
        row.addWidget(self._tool("edit", self.tr("Put the question into the composer again"), self.edited.emit))
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(4)
        foot.addLayout(self._tally)
        foot.addStretch(1)
        foot.addWidget(self._tool("copy", self.tr("Copy the answer (Ctrl+Shift+C)"), self.copy))
        foot.addWidget(self._tool("redo", self.tr("Ask again (Ctrl+R)"), self.again.emit))
        foot.addWidget(self._tool("branch", self.tr("Go on from here in a new session"), self.branched.emit))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(question)
        layout.addLayout(self._body)
        self._body.addWidget(self.answer)
        layout.addWidget(self._foot)
        layout.addWidget(self._quiet)

    def copy(self) -> None:
        """Put the answer as the model wrote it on the clipboard; of passages the words with their places."""
        exchange = self._exchange
        text = exchange.text or "\n\n".join(f"{self._place(p)}\n{p.text}" for p in exchange.passages)
        QGuiApplication.clipboard().setText(text)

    def _tool(self, name: str, tip: str, run: object) -> QToolButton:
        button = icon_button(tip, run)
        self._icons.append((button, name))
        return button

    def _answer_text(self, exchange: Exchange) -> AnswerText:
        if exchange.mode == "evidence" and exchange.state == "done":
            return self._passages(exchange)
        return with_chips(exchange.text, exchange.citations)

    def _passages(self, exchange: Exchange) -> AnswerText:
        """Passages as text: where each stands, then its words as they are."""
        if not exchange.passages:
            return AnswerText(self.tr("Nothing in these sources speaks of this."))
        parts = [self.tr("*Passages, no model. Word for word, best first.*")]
        chips: list[Chip] = []
        for index, passage in enumerate(exchange.passages):
            label = f"{passage.key} {place(passage.span)}".rstrip()
            chips.append(Chip(index, "passage", label))
            name = _escaped(self._names.get(passage.key, passage.key))
            parts.append(f"{anchor(index)} **{name}**")
            parts.append(self._verbatim(passage))
        return AnswerText("\n\n".join(parts), tuple(chips))

    def _verbatim(self, passage: StoredPassage) -> str:
        """The words as Markdown that shows them as they are: lines of code and logs kept, prose as it flows."""
        text = without_anchors(passage.text)
        if passage.key in self._prose:
            return "\n>\n".join(f"> {line}" for line in _flowing(text))
        fence = "`" * max(3, _longest_run(text) + 1)
        return f"{fence}\n{text}\n{fence}"

    def _place(self, passage: StoredPassage) -> str:
        return f"{self._names.get(passage.key, passage.key)}, {place(passage.span)}"

    def _chip(self, number: int) -> None:
        if number < len(self._chips):
            self.cited.emit(self._chips[number].index)

    def _show_tally(self, exchange: Exchange) -> None:
        while (item := self._tally.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        names = {
            "exact": self.tr("exact"),
            "near": self.tr("near"),
            "missing": self.tr("not found"),
            "not_quoted": self.tr("not quoted"),
        }
        counts = tally(exchange.citations)
        for state, sign, tone in _SIGNS:
            if counts[state]:
                label = QLabel(f"{sign} {counts[state]} {names[state]}")
                label.setProperty("tone", tone)
                font = scaled(SMALL, weight=QFont.Weight.DemiBold)
                label.setFont(font)
                self._tally.addWidget(label)

    def _quiet_words(self, exchange: Exchange) -> str:
        tokens, seconds = exchange.tokens, exchange.seconds
        parts: list[str] = []
        if exchange.state == "interrupted":
            parts.append(self.tr("This answer was interrupted; what was written is kept"))
        if exchange.ending == "cancelled":
            parts.append(self.tr("Stopped; what was written is kept"))
        if exchange.ending == "length":
            parts.append(self.tr("Cut off: the room kept for the answer was full"))
        if tokens:
            parts.append(self.tr("{0} tokens").format(words.count(tokens.get("answer", 0))))
            parts.append(
                self.tr("read {0}, reused {1}").format(
                    words.count(tokens.get("decoded", 0)), words.count(tokens.get("reused", 0))
                )
            )
            if tokens.get("restored", 0):
                parts.append(self.tr("{0} of them restored from disk").format(words.count(tokens["restored"])))
        if "first_token" in seconds:
            parts.append(self.tr("first word {0} s").format(f"{seconds['first_token']:.1f}"))
        written = seconds.get("total", 0.0) - seconds.get("first_token", 0.0)
        if tokens.get("answer", 0) > 1 and written > 0:
            parts.append(self.tr("{0} tokens/s").format(words.count(round(tokens["answer"] / written))))
        return " · ".join(parts)

    def _show_problem(self, exchange: Exchange) -> None:
        failure = exchange.failure
        if failure is None:
            return
        stopped = exchange.state == "stopped"
        self._problem = ProblemCard(
            self._theme,
            title=failure.message,
            sentence=failure.hint,
            remedies=[Remedy(self.tr("Ask again"), self.again.emit)],
            tone="warn" if stopped else "bad",
        )
        self._body.addWidget(self._problem)

    def _clear_cards(self) -> None:
        for card in (self.progress, self._problem):
            if card is not None:
                card.hide()
                self._body.removeWidget(card)
                card.deleteLater()
        self.progress = self._problem = None

    def _restyle(self) -> None:
        for button, name in self._icons:
            button.setIcon(icon(self._theme.tokens, name))


def _escaped(name: str) -> str:
    """`name` with what Markdown would take for marks escaped."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()#+-.!|<>~" else c for c in name)


def _flowing(text: str) -> list[str]:
    """Prose in paragraphs: lines are joined unless one begins a list item or a heading. Escaped for Markdown."""
    paragraphs: list[str] = []
    fresh = True
    for line in (" ".join(raw.split()) for raw in text.split("\n")):
        begins = not line or line[0] in "-*•#|" or line.split(".", 1)[0].isdecimal()
        if fresh or begins:
            paragraphs.append(_escaped(line))
        else:
            paragraphs[-1] += " " + _escaped(line)
        fresh = not line
    return [paragraph for paragraph in paragraphs if paragraph]


def _longest_run(text: str) -> int:
    return max((len(run) for run in "".join(c if c == "`" else " " for c in text).split()), default=0)
