"""One open session: its sources, budget, conversation and model, and every change a person can make to them.

The window shows what stands here and calls these methods; everything slow runs in lanes. Knows no widget.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.core.answering import Mode, Settings
from app.core.assemble import Turn
from app.core.choices import Choice
from app.core.conversing import Around
from app.core.exchanges import Exchange, from_messages, turns_of
from app.core.failures import Failure
from app.core.ledger import Spending
from app.core.model_choice import ModelChoice
from app.core.models import find_model
from app.core.read_cache import KnownSources, ReadCache
from app.core.read_states import forget_documents, keep_read
from app.core.records import SessionRecord
from app.core.review.wanted import Heard, Reviewed, Wanted
from app.core.workspace import Workspace
from app.services.answers import Answers, Asked
from app.services.checker import CheckAsked, Checker
from app.services.courtesy import Courtesy
from app.services.exporter import Exporter
from app.services.freshness import Freshness
from app.services.intake import Intake
from app.services.keeper import Keeper
from app.services.lane import Call
from app.services.library import Library
from app.services.meter import Meter
from app.services.passwords import Passwords
from app.services.reading_as import ReadingAs
from app.services.recogniser import Recogniser
from app.services.review_shelf import ReviewShelf
from app.services.reviewer import Lent, Reviewer
from app.services.source_views import SourceViews
from app.services.surveyor import Surveyor
from app.services.tuner import ModelTuner
from app.services.verification import Verification
from engine.backends.base import Backend
from engine.errors import EngineHung, EngineStopped
from engine.protocol import ReadProgress
from ingest.document import Ingested

CHECKING = "The self-check is using the model."
_TELLING_TOKENS = 256
"""Fewer tokens read say nothing about how fast reading is: starting takes longer."""

_ROOM_FOR_FINDINGS = 2048
"""Tokens that a review may write in answer to each question."""


class Desk(QObject):
    """Signals say what changed; the present state is in the attributes.

    progress: ("loading", share), ("counted", tokens), ("indexed", (done, total)) or ("reading", ReadProgress).
    said: a Failure for the person that belongs to nothing that is shown. leaving: the session is about to be put away;
    the last moment for `keeper.keep_view`. opened: another one is there; `view` is what was kept so.
    locked: a source was to be read again and asks for its password; unlocked: it was read. Both with its key.
    """

    sources_changed = Signal()
    spending_changed = Signal()
    exchange_added = Signal(int)
    exchange_changed = Signal(int)
    text_added = Signal(int, str)
    progress = Signal(object)
    session_changed = Signal()
    leaving = Signal()
    opened = Signal()
    model_changed = Signal()
    busy_changed = Signal(bool)
    said = Signal(object)
    locked = Signal(str)
    unlocked = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._courtesy = Courtesy(self)
        self.library = Library(self._courtesy, self)
        self.exporter = Exporter(self)
        self.tuner = ModelTuner(self)
        self.checker = Checker(self)
        self.verification = Verification(self)
        self.passwords = Passwords()
        self._read_before = ReadCache()
        self.known = KnownSources(self._read_before)
        self.intake = Intake(self.passwords, self.known, self, views=lambda: self.views.chosen())
        self.recogniser = Recogniser(self.passwords, self.known, self, views=lambda: self.views.chosen())
        self.reading_as = ReadingAs(self.passwords, self.known, self)
        self.surveyor = Surveyor(self)
        self.answers = Answers(self._courtesy, self)
        self.meter = Meter(self.answers, self._now, self._courtesy, self)
        self.keeper = Keeper(self.library, self)
        self.views = SourceViews(lambda: self.workspace, self.reading_as, self.keeper)
        self.freshness = Freshness(lambda: self.workspace, self)
        shelf = ReviewShelf(self.keeper, lambda: (self.settings.system if self.settings else None) or "")
        self.reviewer = Reviewer(self._lend, _review, shelf, self)
        self.workspace = Workspace()
        self.exchanges: list[Exchange] = []
        self.notes: dict[str, str] = {}
        self.mode: Mode = "model"
        self.with_history = False
        self.settings: Settings | None = None
        self.model_failure: Failure | None = None
        self.per_second: float | None = None
        self.draft = ""
        self.view: Mapping[str, Any] = {}
        self._sending = False
        self._stop_wanted = False
        self._read: ReadProgress | None = None
        self._connect()

    def _connect(self) -> None:
        self.intake.arrived.connect(self._arrived)
        self.intake.failed.connect(self.said)
        self.recogniser.arrived.connect(self._read_again)
        self.recogniser.failed.connect(self.said)
        self.freshness.changed.connect(self.sources_changed)
        self.freshness.failed.connect(self.said)
        self.reading_as.arrived.connect(self._read_again)
        self.reading_as.failed.connect(self.said)
        self.library.trouble.connect(self.said)
        self.exporter.failed.connect(self.said)
        self.exporter.taken_in.connect(self._taken_in)
        self.keeper.named.connect(self.session_changed)
        self.meter.changed.connect(self.spending_changed)
        self.meter.model_known.connect(self._model_known)
        self.meter.failed.connect(self._model_failed)
        self.meter.unreadable.connect(self._unreadable)
        self.meter.changed.connect(self._verify)
        self.checker.finished.connect(lambda: self._verify(again=True))
        self.checker.trouble.connect(lambda sentence: self.said.emit(Failure("not_saved", sentence, "")))
        self.checker.unwritten.connect(self.said)
        self.verification.failed.connect(self.said)
        answers = self.answers
        answers.text.connect(self._text)
        answers.reading.connect(self._reading)
        answers.loading.connect(lambda share: self.progress.emit(("loading", share)))
        answers.counted.connect(lambda tokens: self.progress.emit(("counted", tokens)))
        answers.indexed.connect(lambda done, total: self.progress.emit(("indexed", (done, total))))
        answers.began_again.connect(self._begun_again)
        answers.answered.connect(self._answered)
        answers.refused.connect(self._refused)
        answers.stopped.connect(self._stopped)
        answers.trouble.connect(lambda sentence: self.said.emit(Failure("not_saved", sentence, "")))
        answers.problems.connect(self._problems)
        answers.holds.connect(self.meter.note_standing)

    @property
    def session(self) -> int | None:
        """The number of the session in the file, None while there is nothing to save."""
        return self.keeper.number

    @property
    def name(self) -> str:
        """The session's name, "" while there is nothing to save."""
        return self.keeper.name

    @property
    def around(self) -> Around | None:
        """What is known of the model, None while it is not."""
        return self.meter.around

    @property
    def spending(self) -> Spending | None:
        """The budget, None while there is no model or it is not known yet."""
        return self.meter.spending

    @property
    def memory_held(self) -> int:
        """Bytes that the engine's process holds now and gives back when another model is loaded."""
        import psutil

        pid = self.answers.engine_pid
        try:
            return psutil.Process(pid).memory_info().rss if pid is not None else 0
        except psutil.Error:
            return 0

    # Model

    def use_model(self, settings: Settings | None) -> None:
        """Answer with this model from now on; None: passages only."""
        other = settings is None or self.settings is None or settings.model != self.settings.model
        self.settings = settings
        self.model_failure = None
        self.meter.forget(vocabulary=other)
        self.checker.show(None)
        self.model_changed.emit()
        self.meter.add_up()
        self.meter.measure()

    def use_default_model(self) -> None:
        """The model named in the environment, else the bundled one, else none."""
        path = find_model(None)
        self.use_model(Settings(model=path, date=datetime.date.today()) if path is not None else None)

    def set_system(self, system: str | None) -> None:
        """Another system prompt for this session; None: the one that goes with the model."""
        if self.settings is not None:
            self.use_model(replace(self.settings, system=system))
            self.keeper.configure(system_prompt=system or "")

    def set_mode(self, mode: Mode) -> None:
        """Answer with the model, or with passages alone."""
        self.mode = mode
        self.spending_changed.emit()

    def set_history(self, with_history: bool) -> None:
        """Whether a question sees the ones before it."""
        self.with_history = with_history
        self.meter.measure()

    def set_draft(self, question: str) -> None:
        """What stands in the composer; its tokens enter the budget soon."""
        if question != self.draft:
            self.draft = question
            self.meter.measure_soon()

    # Sources

    def add(self, paths: Sequence[Path], *, name: str = "") -> None:
        """Read files and folders and add them; `intake` says how far it is. name: of a new session made for them."""
        if paths:
            self.keeper.suggest(name or paths[0].stem or str(paths[0]))
            self.intake.add(paths)

    def unlock(self, key: str, password: str, *, refused: Callable[[str], None]) -> Call[Ingested]:
        """Read a source again with its password; cancel the call to give up. `unlocked` comes when it was read.

        refused: with a sentence, when it was not; then the source is as it was.
        """
        path = Path(next(e.document.path for e in self.workspace.entries if e.key == key))
        return self.intake.unlock(path, password, opened=lambda: self.unlocked.emit(key), refused=refused)

    def change(self, now: Workspace, *, many: bool = False) -> None:
        """Let the sources be those of `now`. many: show them first, and sum up when the window has painted them."""
        self._courtesy.window_first()
        before, self.workspace = self.workspace, now
        self.known.use(now)
        self.keeper.ensure(system=(self.settings.system if self.settings else None) or "")
        self.keeper.save(before, now)
        self.sources_changed.emit()
        if many:
            self.meter.add_up_soon()
        else:
            self.meter.add_up()
        self.meter.measure_soon()

    def set_included(self, keys: Sequence[str], included: bool) -> None:
        """Let sources take part, or leave them out."""
        self.change(self.workspace.set_included(keys, included))

    def set_pages(self, key: str, pages: tuple[int, int] | None) -> None:
        """Only these pages of a source (1-based, inclusive); None: all."""
        self.change(self.workspace.set_pages(key, pages))

    def reorder(self, keys: Sequence[str]) -> None:
        """Put the sources into this order."""
        self.change(self.workspace.reorder(keys))

    def remove(self, keys: Sequence[str]) -> None:
        """Take sources out of the session, and what readers found in them off the disk."""
        chosen = set(keys)
        gone = [entry.document.path for entry in self.workspace.entries if entry.key in chosen]
        self.change(self.workspace.without(keys))
        session = self.session
        if gone and session is not None:
            # Behind the change itself: only then it is known which of them no other session holds.
            self.library.run(lambda store: forget_documents(store.unused(gone)))

    def take(self, choice: Choice) -> None:
        """Do what a choice offers when the budget is over."""
        match choice.kind:
            case "leave_out":
                self.set_included(choice.keys, False)
            case "pages":
                self.change(self.workspace.limit_pages((1, choice.value)))
            case "evidence":
                self.set_mode("evidence")
            case "context" if self.settings is not None:
                self.use_model(replace(self.settings, n_ctx=choice.value))
            case "answer" if self.settings is not None:
                self.use_model(replace(self.settings, max_answer=choice.value))

    # Questions

    def ask(self, question: str, mode: Mode | None = None) -> None:
        """Ask; the exchange is there at once, the answer comes by signals. One at a time.

        Without a model the answer is passages, whatever `mode` says.
        """
        mode = "evidence" if self.settings is None else mode or self.mode
        if self.busy or not question.strip():
            return
        if mode == "model" and self.answers.lent:
            self.said.emit(Failure("busy", "A review is under way.", "Stop it first, or wait until it is done."))
            return
        if mode == "model" and self.checker.busy:
            self.said.emit(Failure("checking", CHECKING, "Pause it, or wait until it is done."))
            return
        settings = self.settings or Settings(model=Path(), date=datetime.date.today())
        asked = Asked(question.strip(), self.workspace, settings, self._turns())
        self._read, self._sending, self._stop_wanted = None, True, False
        self.exchanges.append(Exchange(asked.question, mode, "reading"))
        self.exchange_added.emit(len(self.exchanges) - 1)
        self.busy_changed.emit(True)

        def send(session: int | None) -> None:
            self._sending = False
            if self._stop_wanted:
                self._stopped()
            elif mode == "model":
                self.answers.ask(replace(asked, session=session))
            else:
                self.answers.find(replace(asked, session=session))

        def unsaved(failure: Failure) -> None:
            self.said.emit(failure)
            send(None)

        self.keeper.ensure(system=settings.system or "")
        # Behind everything that is still being saved, so that the file knows the sources before the answer.
        self.keeper.when_saved(send, unsaved)

    def _lend(
        self, work: Lent, done: Callable[[Reviewed], None], failed: Callable[[Failure], None]
    ) -> Call[Reviewed] | Failure:
        """Let a review have the engine, which answers nothing meanwhile."""
        settings, session = self.settings, self.session
        if settings is None:
            return Failure("no_model", "There is no model to review with.", "Choose one first.")
        if self.busy:
            return Failure("busy", "An answer is under way.", "Stop it with Esc, or wait until it is there.")
        if self.checker.busy:
            return Failure("checking", CHECKING, "Pause it, or wait until it is done.")
        if settings.n_ctx is None and self.around is not None:
            settings = replace(settings, n_ctx=self.around.budget.context)

        def there(call: Call[Reviewed], backend: Backend) -> Reviewed:
            # Loaded as for questions, so that nothing has to be loaded twice.
            room = max(settings.max_answer, _ROOM_FOR_FINDINGS)
            return work(call, backend, replace(settings, max_answer=room, keep_read=keep_read(session)))

        def ended() -> None:
            # The engine holds other texts now.
            self.meter.forget(vocabulary=False)
            self.meter.measure()

        return self.answers.lend(there, done=done, failed=failed, ended=ended)

    @property
    def busy(self) -> bool:
        """Whether an answer is under way."""
        return self.answers.under_way or self._sending

    @property
    def working(self) -> bool:
        """Whether anything is under way: an answer, counting, reading, saving."""
        reading = self.intake.busy or self.reading_as.busy
        return self.busy or reading or self.answers.working or self.library.busy

    def stop(self) -> None:
        """Stop the answer that is under way; what was written stays."""
        self._stop_wanted = True
        self.answers.stop()

    def parts_sent(self, done: Callable[[list[tuple[str, str]]], None]) -> None:
        """What the model would be sent with the question in the composer, part by part."""
        from app.core.models import mark_style
        from app.core.sent import sent_parts

        asked, around = self._now(), self.around
        if asked is None or around is None:
            return
        self.answers.look_up(
            lambda call: sent_parts(
                asked.workspace,
                style=mark_style(around.info),
                system=asked.settings.system,
                turns=asked.turns,
                question=asked.question,
                stop=lambda: call.cancelled,
            ),
            done=done,
            failed=self.said.emit,
        )

    # Self-check

    @property
    def why_no_check(self) -> str:
        """Why the model cannot be checked now, "" where it can."""
        if self.settings is None:
            return "There is no model; choose one first."
        if self.busy:
            return "An answer is being written; the check can begin when it is done."
        if self.answers.lent:
            return "A review is under way; the check can begin when it is done."
        if self.tuner.busy:
            return "The model is being measured; the check can begin when that is done."
        return ""

    @property
    def beyond_verified(self) -> int | None:
        """The verified length where what would be asked now goes beyond it; None where it does not, or is not known."""
        spending, verified = self.spending, self.verification.length
        if spending is None or verified is None or spending.uncounted or not spending.shares:
            return None
        return verified if spending.budget.prompt > verified else None

    def check(self, asked: CheckAsked) -> None:
        """Measure how much of its context the model can use; quietly nothing while `why_no_check` says something."""
        settings = self.settings
        if settings is None or self.why_no_check:
            return
        # There is memory for the weights once; counting needs the vocabulary alone.
        self.meter.forget(vocabulary=False)
        around = self.around
        name = around.info.name if around is not None else settings.model.stem
        exact = replace(settings, n_ctx=around.budget.context) if around is not None else settings
        self.checker.start(asked, exact, self.workspace, name=name, free=self.answers.let_go())

    def go_on_checking(self) -> None:
        """Go on with the check that is paused; quietly nothing while `why_no_check` says something."""
        if not self.why_no_check:
            self.meter.forget(vocabulary=False)
            self.checker.go_on(free=self.answers.let_go())

    def _verify(self, *, again: bool = False) -> None:
        """Look for what is known of the model as it is used now."""
        settings, around = self.settings, self.around
        if settings is None or around is None:
            self.verification.forget()
        else:
            exact = replace(settings, n_ctx=around.budget.context)
            self.verification.look(exact, self.answers.loaded(exact) or around.info, again=again)

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
        if not self.busy and session is not None and message is not None:
            self.library.run(lambda store: store.load(store.branch(session, message)), done=self._show)
            self.library.refresh()

    def read_changed(self) -> None:
        """Read again what is no longer what was read, and read what came into watched folders."""
        paths = self.freshness.to_read_again()
        if paths:
            folders = self.freshness.folders
            alone = [path for path in paths if not any(path.is_relative_to(folder) for folder in folders)]
            self.intake.read(paths, roots=[*folders, *alone])

    def close(self) -> None:
        """Save what waits and end everything."""
        self.leaving.emit()
        self._courtesy.close()
        self.meter.close()
        self.exporter.close()
        self.tuner.close()
        self.checker.close()
        self.verification.close()
        self.freshness.close()
        self.intake.close()
        self.recogniser.close()
        self.reading_as.close()
        self.surveyor.close()
        self.reviewer.close()
        self.answers.close()
        self.library.close()
        self._read_before.close()

    def _show(self, record: SessionRecord | None) -> None:
        if self.busy:
            # A question was asked while the session was being read; it goes on where it was asked.
            return
        self.leaving.emit()
        self.recogniser.leave()
        self.reading_as.leave()
        self.reviewer.forget()
        self.workspace = record.workspace if record else Workspace()
        self.known.use(self.workspace)
        self.view = record.view if record else {}
        self.exchanges = list(from_messages(record.messages)) if record else []
        self.notes = {}
        self.draft = ""
        if self.settings is not None:
            system = (record.system_prompt or None) if record else None
            # The day the session began: a template that prints it must print the same, or all is read again.
            self.settings = replace(self.settings, system=system, date=_day_of(record))
        self.meter.forget(vocabulary=False)
        self.keeper.open(record.summary if record else None, record.settings if record else {})
        self.views.restore(record.settings if record else {})
        self.reviewer.bring_back()
        self.opened.emit()
        self.sources_changed.emit()
        self.meter.add_up()
        self.meter.measure()
        self.freshness.forget()
        if record is not None:
            self.freshness.look()

    def _taken_in(self, session: int) -> None:
        self.library.refresh()
        self.open_session(session)

    def _now(self) -> Asked | None:
        """What would be asked now."""
        if self.settings is None:
            return None
        return Asked(self.draft, self.workspace, self.settings, self._turns())

    def _turns(self) -> list[Turn]:
        return turns_of(self.exchanges) if self.with_history else []

    def _arrived(self, ingested: Ingested, roots: list[Path]) -> None:
        for document in ingested.documents:
            self.notes.pop(document.path, None)
        for skipped in ingested.skipped:
            self.notes[skipped.path] = skipped.reason
        if ingested.documents:
            self.change(self.workspace.add(ingested.documents, roots), many=True)
            self.freshness.arrived()
            self._ask_again(ingested)
        elif ingested.skipped:
            first = ingested.skipped[0]
            more = f" (and {len(ingested.skipped) - 1:,} more)" if len(ingested.skipped) > 1 else ""
            self.said.emit(Failure("nothing_read", f"Nothing was added: {first.path}: {first.reason}{more}.", ""))

    def _read_again(self, ingested: Ingested) -> None:
        """What was taken out of the session meanwhile stays out."""
        here = {entry.document.path for entry in self.workspace.entries}
        kept = tuple(document for document in ingested.documents if document.path in here)
        self._arrived(replace(ingested, documents=kept), [])

    def _ask_again(self, ingested: Ingested) -> None:
        """Tell of a source whose text is here and that was not read again for want of its password."""
        asking = {document.path for document in ingested.documents if document.status == "password_needed"}
        if asking:
            entries = self.workspace.entries
            key = next((e.key for e in entries if e.document.path in asking and e.document.sections), None)
            if key is not None:
                self.locked.emit(key)

    def _unreadable(self, key: str, failure: Failure) -> None:
        self.notes[key] = failure.message
        self.sources_changed.emit()

    def _model_known(self) -> None:
        self.model_failure = None
        self.model_changed.emit()
        if self.around is not None and self.around.notice:
            self.said.emit(Failure("notice", self.around.notice, ""))

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

    def _begun_again(self, sentence: str) -> None:
        # What the engine had read is gone with it.
        self.meter.forget(vocabulary=False)
        at = len(self.exchanges) - 1
        self.exchanges[at] = replace(self.exchanges[at], state="reading", text="")
        self.said.emit(Failure(EngineStopped.kind, sentence, ""))
        self.exchange_changed.emit(at)

    def _answered(self, exchange: Exchange) -> None:
        if exchange.mode == "model":
            self.meter.note_read()
        self._end(exchange)

    def _refused(self, failure: Failure) -> None:
        if failure.kind in (EngineStopped.kind, EngineHung.kind):
            self.meter.forget(vocabulary=False)
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
        self.meter.measure()

    def _problems(self, sentences: list[str]) -> None:
        for sentence in sentences:
            self.said.emit(Failure("source", sentence, ""))


def _day_of(record: SessionRecord | None) -> datetime.date:
    saved = record.settings.get("date") if record is not None else None
    try:
        return datetime.date.fromisoformat(str(saved))
    except ValueError:
        return datetime.date.today()


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
        anyway=choice.anyway,
    )


def _review(wanted: Wanted, heard: Heard, backend: Backend, settings: Settings, before: Reviewed | None) -> Reviewed:
    """What a review needs is imported when there is one."""
    from app.core.review.work import carry_out

    return carry_out(wanted, heard, backend, settings, before)
