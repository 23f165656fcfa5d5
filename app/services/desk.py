"""One open session: its sources, budget, conversation and model, and every change a person can make to them.

The window shows what stands here and calls these methods; everything slow runs in lanes. Knows no widget.
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.core.answering import Mode, Settings
from app.core.choices import Choice
from app.core.conversing import Around, signature
from app.core.errors import StoreError
from app.core.exchanges import Exchange, from_messages, turns_of
from app.core.failures import Failure
from app.core.ledger import DocumentTokens, Ledger, Spending, to_read
from app.core.model_choice import ModelChoice
from app.core.models import find_model
from app.core.records import SessionRecord
from app.core.sessions import Store
from app.core.workspace import Entry, Workspace
from app.services.answers import Answers, Asked
from app.services.intake import Intake
from app.services.library import Library
from engine.protocol import ReadProgress
from ingest.document import Ingested

_MEASURE_AFTER_MS = 200
_GATHER_MS = 30
_TELLING_TOKENS = 256
"""Fewer tokens read say nothing about how fast reading is: starting takes longer."""


@dataclass(slots=True)
class _Slot:
    """A session's number, written in the library's thread as soon as it exists, so that what is saved next knows it."""

    number: int | None = None
    asked_for: bool = False
    name: str = ""


class Desk(QObject):
    """Signals say what changed; the present state is in the attributes."""

    sources_changed = Signal()
    spending_changed = Signal()
    exchange_added = Signal(int)
    exchange_changed = Signal(int)
    text_added = Signal(int, str)
    progress = Signal(object)
    session_changed = Signal()
    opened = Signal()
    model_changed = Signal()
    busy_changed = Signal(bool)
    said = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.library = Library(self)
        self.intake = Intake(self)
        self.answers = Answers(self)
        self.workspace = Workspace()
        self.exchanges: list[Exchange] = []
        self.notes: dict[str, str] = {}
        self._slot = _Slot()
        self.name = ""
        self.pinned = False
        self.mode: Mode = "model"
        self.with_history = False
        self.settings: Settings | None = None
        self.around: Around | None = None
        self.spending: Spending | None = None
        self.model_failure: Failure | None = None
        self.per_second: float | None = None
        self.draft = ""
        self._ledger = Ledger()
        self._held: list[tuple[str, int]] = []
        self._waiting_for_session = False
        self._read: ReadProgress | None = None
        self._gather = QTimer(self, singleShot=True, interval=_GATHER_MS)
        self._gather.timeout.connect(self._spend)
        self._later = QTimer(self, singleShot=True, interval=_MEASURE_AFTER_MS)
        self._later.timeout.connect(self.measure)
        self._connect()

    def _connect(self) -> None:
        self.intake.arrived.connect(self._arrived)
        self.intake.failed.connect(self.said)
        self.library.trouble.connect(self.said)
        answers = self.answers
        answers.text.connect(self._text)
        answers.reading.connect(self._reading)
        answers.loading.connect(lambda share: self.progress.emit(("loading", share)))
        answers.counted.connect(lambda tokens: self.progress.emit(("counted", tokens)))
        answers.indexed.connect(lambda done, total: self.progress.emit(("indexed", (done, total))))
        answers.answered.connect(self._answered)
        answers.refused.connect(self._refused)
        answers.stopped.connect(self._stopped)
        answers.trouble.connect(lambda sentence: self.said.emit(Failure("not_saved", sentence, "")))
        answers.problems.connect(self._problems)

    @property
    def session(self) -> int | None:
        """The number of the session in the file, None while there is nothing to save."""
        return self._slot.number

    # Model

    def use_model(self, settings: Settings | None) -> None:
        """Answer with this model from now on; None: passages only."""
        if settings is None or self.settings is None or settings.model != self.settings.model:
            self._ledger.clear()
            self.around = None
        self.settings = settings
        self._held = []
        self.model_failure = None
        self.model_changed.emit()
        self._spend()
        self.measure()

    def use_default_model(self) -> None:
        """The model named in the environment, else the bundled one, else none."""
        path = find_model(None)
        self.use_model(Settings(model=path, date=datetime.date.today()) if path is not None else None)

    def set_mode(self, mode: Mode) -> None:
        """Answer with the model, or with passages alone."""
        self.mode = mode
        self.spending_changed.emit()

    def set_history(self, with_history: bool) -> None:
        """Whether a question sees the ones before it."""
        self.with_history = with_history
        self.measure()

    def set_draft(self, question: str) -> None:
        """What stands in the composer; its tokens enter the budget soon."""
        if question != self.draft:
            self.draft = question
            self._later.start()

    # Sources

    def add(self, paths: Sequence[Path], *, name: str = "") -> None:
        """Read files and folders and add them; `intake` says how far it is. name: of a new session made for them."""
        if not self._slot.asked_for and paths:
            self._slot.name = name or paths[0].stem or str(paths[0])
        self.intake.add(paths)

    def set_included(self, keys: Sequence[str], included: bool) -> None:
        """Let sources take part, or leave them out."""
        self._change(self.workspace.set_included(keys, included))

    def set_pages(self, key: str, pages: tuple[int, int] | None) -> None:
        """Only these pages of a source (1-based, inclusive); None: all."""
        self._change(self.workspace.set_pages(key, pages))

    def reorder(self, keys: Sequence[str]) -> None:
        """Put the sources into this order."""
        self._change(self.workspace.reorder(keys))

    def remove(self, keys: Sequence[str]) -> None:
        """Take sources out of the session."""
        self._change(self.workspace.without(keys))

    def restore(self, workspace: Workspace) -> None:
        """Take back the last changes: the sources as they were in `workspace`."""
        self._change(workspace)

    def take(self, choice: Choice) -> None:
        """Do what a choice offers when the budget is over."""
        if choice.kind == "leave_out":
            self.set_included(choice.keys, False)
        elif choice.kind == "pages":
            self._change(self.workspace.limit_pages((1, choice.value)))
        elif choice.kind == "evidence":
            self.set_mode("evidence")
        elif self.settings is not None:
            if choice.kind == "context":
                self.use_model(replace(self.settings, n_ctx=choice.value))
            else:
                self.use_model(replace(self.settings, max_answer=choice.value))

    # Budget

    @property
    def choices(self) -> list[Choice]:
        """What would make it fit."""
        if self.spending is None or self.around is None:
            return []
        return self._ledger.choices(self.workspace, self.spending.budget, largest_context=self.around.largest)

    def tokens_of(self, entry: Entry) -> int | None:
        """Tokens of a source, whether it takes part or not; None while it is not counted."""
        return self._ledger.tokens(entry)

    @property
    def unread(self) -> int:
        """Tokens that the next question would have to read."""
        return to_read(self._held, self._layout()) if self.spending is not None else 0

    def held(self, key: str) -> bool:
        """Whether the engine holds this source as it stands now."""
        layout = self._layout()
        for old, new in zip(self._held, layout, strict=False):
            if old != new:
                return False
            if new[0].startswith(f"{key} "):
                return True
        return False

    def cost_of(self, workspace: Workspace) -> int:
        """Tokens that the next question would have to read if the sources were those of `workspace`."""
        return to_read(self._held, self._layout(workspace))

    def measure(self) -> None:
        """Count what is not counted, and what the question in the composer takes."""
        self._later.stop()
        if self.settings is None or self.answers.under_way:
            return
        self.answers.measure(
            self.workspace,
            self._ledger.uncounted(self.workspace),
            self.settings,
            self._turns(),
            self.draft,
            counted=self._counted,
            unreadable=self._unreadable,
            around=self._measured,
            in_order=self._counted_in_order,
            failed=self._model_failed,
        )

    def parts_sent(self, done: Callable[[list[tuple[str, str]]], None]) -> None:
        """What the model would be sent with the question in the composer, part by part."""
        from app.core.models import mark_style
        from app.core.sent import sent_parts

        if self.around is None or self.settings is None:
            return
        workspace, turns, draft = self.workspace, self._turns(), self.draft
        style, system = mark_style(self.around.info), self.settings.system
        self.answers.look_up(
            lambda call: sent_parts(
                workspace, style=style, system=system, turns=turns, question=draft, stop=lambda: call.cancelled
            ),
            done=done,
            failed=self.said.emit,
        )

    def set_system(self, system: str | None) -> None:
        """Another system prompt for this session; None: the one that goes with the model."""
        if self.settings is None:
            return
        self.use_model(replace(self.settings, system=system))
        slot = self._slot
        if slot.asked_for:
            self.library.run(lambda store: store.configure(slot.number or 0, system_prompt=system or ""))

    # Questions

    def ask(self, question: str, mode: Mode | None = None) -> None:
        """Ask; the exchange is there at once, the answer comes by signals. One at a time."""
        mode = mode or self.mode
        if self.busy or not question.strip() or (mode == "model" and self.settings is None):
            return
        turns = self._turns()
        self.exchanges.append(Exchange(question.strip(), mode, "reading"))
        self._read = None
        self._waiting_for_session = True
        self.exchange_added.emit(len(self.exchanges) - 1)
        self.busy_changed.emit(True)
        workspace = self.workspace
        settings = self.settings or Settings(model=Path(), date=datetime.date.today())

        def send(session: int | None) -> None:
            self._waiting_for_session = False
            asked = Asked(question.strip(), workspace, settings, turns, session)
            if mode == "model":
                self.answers.ask(asked)
            else:
                self.answers.find(asked)

        def unsaved(failure: Failure) -> None:
            self.said.emit(failure)
            send(None)

        self._ensure_session()
        # Behind everything that is still being saved, so that the session knows the sources before the answer.
        slot = self._slot
        self.library.run(lambda _: slot.number, done=send, failed=unsaved)

    @property
    def busy(self) -> bool:
        """Whether an answer is under way."""
        return self.answers.under_way or self._waiting_for_session

    def stop(self) -> None:
        """Stop the answer that is under way; what was written stays."""
        self.answers.stop()

    # Sessions

    def new_session(self) -> None:
        """Begin with nothing; the old session stays in the list."""
        if not self.busy:
            self._show(None)

    def open_session(self, session: int) -> None:
        """Bring back a saved session: sources, conversation, settings."""
        if not self.busy:
            self.library.run(lambda store: store.load(session), done=self._show)

    def branch(self, exchange: int) -> None:
        """Go on from an answer in a new session with the same sources; this one stays as it is."""
        session, message = self.session, self.exchanges[exchange].message
        if self.busy or session is None or message is None:
            return
        self.library.run(lambda store: store.load(store.branch(session, message)), done=self._branched)

    def _branched(self, record: SessionRecord) -> None:
        self._show(record)
        self.library.refresh()

    def close(self) -> None:
        """Save what waits and end everything."""
        self._gather.stop()
        self._later.stop()
        self.intake.close()
        self.answers.close()
        self.library.close()

    def _show(self, record: SessionRecord | None) -> None:
        self._slot = _Slot(record.summary.id, True) if record else _Slot()
        self.name = record.summary.name if record else ""
        self.pinned = record.summary.pinned if record else False
        self.workspace = record.workspace if record else Workspace()
        self.exchanges = list(from_messages(record.messages)) if record else []
        self.notes = {}
        self._ledger.clear()
        self._held = []
        self.draft = ""
        if record and self.settings is not None:
            system = record.system_prompt or None
            self.settings = replace(self.settings, system=system)
        self.opened.emit()
        self.session_changed.emit()
        self.sources_changed.emit()
        self._spend()
        self.measure()

    def _ensure_session(self) -> None:
        """Create the session in the lane, before whatever is saved next."""
        slot = self._slot
        if slot.asked_for:
            return
        slot.asked_for = True
        settings = {"date": datetime.date.today().isoformat()}
        system = (self.settings.system if self.settings else None) or ""

        def create(store: Store) -> str:
            slot.number = store.create(_free_name(store, slot.name), system_prompt=system, settings=settings)
            return store.summary(slot.number).name

        def created(name: str) -> None:
            if slot is self._slot:
                self.name = name
                self.session_changed.emit()
            self.library.refresh()

        self.library.run(create, done=created)

    def _change(self, now: Workspace) -> None:
        before, self.workspace = self.workspace, now
        self._save(before, now)
        self.sources_changed.emit()
        self._spend()
        self._later.start()

    def _save(self, before: Workspace, now: Workspace) -> None:
        from app.core.recording import Recorder

        self._ensure_session()

        slot = self._slot

        def save(store: Store) -> None:
            Recorder(store, slot.number, on_trouble=_raise).documents(before, now)

        self.library.run(save)

    def _arrived(self, ingested: Ingested, roots: list[Path]) -> None:
        for skipped in ingested.skipped:
            self.notes[skipped.path] = skipped.reason
        if ingested.documents:
            self._change(self.workspace.add(ingested.documents, roots))
            self.measure()
        elif ingested.skipped:
            first = ingested.skipped[0]
            more = f" (and {len(ingested.skipped) - 1:,} more)" if len(ingested.skipped) > 1 else ""
            self.said.emit(Failure("nothing_read", f"Nothing was added: {first.path}: {first.reason}{more}.", ""))

    def _turns(self) -> list[Any]:
        return turns_of(self.exchanges) if self.with_history else []

    def _layout(self, workspace: Workspace | None = None) -> list[tuple[str, int]]:
        """What the engine reads before the question, in order, each with all that its tokens depend on."""
        if self.around is None:
            return []
        layout = [(f"system {self.settings}", self.around.budget.system)]
        for entry in (workspace or self.workspace).included():
            tokens = self._ledger.tokens(entry)
            layout.append((f"{entry.key} {id(entry.document)} {entry.pages}", tokens or 0))
        return layout

    def _spend(self) -> None:
        self._gather.stop()
        if self.around is None:
            self.spending = None
        else:
            placed = signature(self.workspace) if self.around.depends_on_order else None
            self.spending = self._ledger.spending(self.workspace, self.around.budget, signature=placed)
        self.spending_changed.emit()

    def _counted(self, key: str, tokens: DocumentTokens) -> None:
        self._ledger.put(key, tokens)
        if not self._gather.isActive():
            self._gather.start()

    def _counted_in_order(self, placed: object, tokens: dict[str, int]) -> None:
        self._ledger.put_in_order(placed, tokens)
        self._spend()

    def _unreadable(self, key: str, failure: Failure) -> None:
        self.notes[key] = failure.message
        self.sources_changed.emit()

    def _measured(self, around: Around) -> None:
        first = self.around is None
        self.around = around
        self.model_failure = None
        self._spend()
        if first:
            self.model_changed.emit()

    def _model_failed(self, failure: Failure) -> None:
        self.model_failure = failure
        self.model_changed.emit()
        self.said.emit(failure)

    def _reading(self, state: ReadProgress) -> None:
        self._read = state
        if state.per_second and state.done - state.reused >= _TELLING_TOKENS:
            self.per_second = state.per_second
        self.progress.emit(("reading", state))

    def _text(self, piece: str) -> None:
        at = len(self.exchanges) - 1
        exchange = self.exchanges[at]
        self.exchanges[at] = replace(exchange, state="writing", text=exchange.text + piece)
        self.text_added.emit(at, piece)

    def _answered(self, exchange: Exchange) -> None:
        if exchange.mode == "model":
            self._held = self._layout()
        self._end(exchange)

    def _refused(self, failure: Failure) -> None:
        self._end(replace(self.exchanges[-1], state="failed", failure=failure))

    def _stopped(self) -> None:
        kept = self._read.done if self._read is not None else 0
        words = f"Stopped. The {kept:,} tokens read so far are kept." if kept else "Stopped before anything was read."
        self._end(replace(self.exchanges[-1], state="stopped", failure=Failure("stopped", words, "")))

    def _end(self, exchange: Exchange) -> None:
        self.exchanges[-1] = exchange
        self.exchange_changed.emit(len(self.exchanges) - 1)
        self.busy_changed.emit(False)
        self.library.refresh()
        self.measure()

    def _problems(self, sentences: list[str]) -> None:
        for sentence in sentences:
            self.said.emit(Failure("source", sentence, ""))


def settings_of(choice: ModelChoice, before: Settings | None) -> Settings:
    """How to answer with `choice`; what is no matter of the model stays as it was."""
    base = before or Settings(model=choice.path, date=datetime.date.today())
    return replace(
        base,
        model=choice.path,
        n_ctx=choice.n_ctx,
        kv=choice.kv,
        threads=choice.threads,
        gpu_layers=choice.gpu_layers,
    )


def _free_name(store: Store, name: str) -> str | None:
    """`name`, numbered when it is taken; None, for the store's own way to number, when there is none."""
    if not name.strip():
        return None
    taken = {summary.name.casefold() for summary in store.sessions()}
    numbered = (name if i == 1 else f"{name} {i}" for i in itertools.count(1))
    return next(n for n in numbered if n.casefold() not in taken)


def _raise(sentence: str) -> None:
    raise StoreError(sentence)
