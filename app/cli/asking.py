"""The work of `ask`: session, sources, reader, one reply for each question. Knows no options by name and no JSON file.

What it does itself is only the order of things and what is said meanwhile; everything else is app.core's.
"""

from __future__ import annotations

import datetime
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from app.cli.output import ProgressLine, WorkFailed, error_fields, note, print_text
from app.cli.reply import describe_reply, reply_json
from app.cli.sources import note_problems, read_sources, require_text, roots_of
from app.cli.tokens import describe_budget
from app.core.again import with_one_restart
from app.core.answering import PASSAGES, EvidenceReader, Mode, ModelReader, Reply, Settings
from app.core.assemble import Turn
from app.core.errors import CoreError
from app.core.failures import describe
from app.core.models import find_model, open_engine
from app.core.prompt import PromptDocument
from app.core.recording import Recorder, open_session
from app.core.records import SessionRecord
from app.core.sessions import Store
from app.core.workspace import Entry, Workspace
from engine.backends.base import Backend
from engine.devices import RPC_WARNING
from engine.errors import Cancelled
from engine.protocol import ModelInfo, ReadProgress
from ingest.recognition import Recognition

DEFAULT_MAX_ANSWER = 1024


@dataclass(frozen=True, slots=True)
class Options:
    """What the command was given. chosen: of model, ctx, kv, system, max_answer those that were named.

    passwords: for PDFs that ask for one; shown and kept nowhere. recognise: how to read pages that are pictures.
    """

    paths: Sequence[str]
    questions: Sequence[str]
    mode: str | None = None
    chosen: Mapping[str, Any] = field(default_factory=dict)
    session: str | None = None
    save: bool = True
    with_history: bool = False
    threads: int | None = None
    gpu_layers: int | None = None
    rpc: Sequence[str] = ()
    anyway: bool = False
    leave_out: Sequence[str] = ()
    pages: tuple[int, int] | None = None
    passages: int = PASSAGES
    passwords: tuple[str, ...] = field(default=(), repr=False)
    recognise: Recognition | None = None


class Asking:
    """One run of the command."""

    def __init__(self, options: Options, *, as_json: bool) -> None:
        self._options = options
        self._as_json = as_json
        self._record: SessionRecord | None = None
        self._session: dict[str, Any] | None = None

    def run(self) -> list[dict[str, Any]]:
        """The array that the command prints. Raises UsageError, WorkFailed, CoreError, EngineError, IngestError."""
        with ExitStack() as stack:
            workspace, settings, recorder = self._prepare(stack)
            mode = self._mode(settings)
            if mode == "evidence":
                return self._with_evidence(workspace, recorder)
            return self._with_model(workspace, recorder, settings)

    def _prepare(self, stack: ExitStack) -> tuple[Workspace, dict[str, Any], Recorder]:
        store = self._open_store(stack)
        before = self._open_saved(store)
        workspace = self._workspace(before)
        settings = self._settings()
        return workspace, settings, stack.enter_context(self._recorder(store, before, workspace, settings))

    def _open_store(self, stack: ExitStack) -> Store | None:
        if not self._options.save:
            return None
        try:
            return stack.enter_context(Store.open())
        except CoreError as error:
            if self._options.session is not None:
                raise
            note(f"Not saved: {error} {error.hint}".strip())
            return None

    def _open_saved(self, store: Store | None) -> Workspace:
        """What is saved in the session that was named, if it is there."""
        name = self._options.session
        if store is not None and name is not None:
            try:
                self._record = store.load(store.find(name))
                return self._record.workspace
            except CoreError as error:
                if error.kind != "session_unknown" or not self._options.paths:
                    raise
        return Workspace()

    def _workspace(self, before: Workspace) -> Workspace:
        options = self._options
        workspace = before
        if options.paths or not before.entries:
            ingested = read_sources(options.paths, passwords=options.passwords, recognise=options.recognise)
            note_problems(ingested)
            if not before.entries:
                require_text(ingested)
            workspace = before.add(ingested.documents, roots_of(options.paths))
        if options.leave_out:
            workspace = workspace.leave_out(options.leave_out)
        if options.pages is not None:
            workspace = workspace.limit_pages(options.pages)
        if not workspace.included():
            raise WorkFailed(
                "No document takes part.", hint="Leave fewer out, or choose other pages.", kind="nothing_read"
            )
        return workspace

    def _settings(self) -> dict[str, Any]:
        saved = dict(self._record.settings) if self._record is not None else {}
        chosen = dict(self._options.chosen)
        return {"date": datetime.date.today().isoformat(), **saved, **chosen}

    def _recorder(
        self, store: Store | None, before: Workspace, workspace: Workspace, settings: Mapping[str, Any]
    ) -> Recorder:
        number = None
        if store is not None:
            try:
                number = self._open_session(store, settings)
            except CoreError as error:
                if self._options.session is not None:
                    raise
                note(f"Not saved: {error} {error.hint}".strip())
        recorder = Recorder(store, number, on_trouble=note)
        recorder.documents(before, workspace)
        return recorder

    def _open_session(self, store: Store, settings: Mapping[str, Any]) -> int:
        system = str(settings.get("system", ""))
        if self._record is None:
            number, _ = open_session(store, self._options.session, settings=settings, system_prompt=system)
        else:
            number = self._record.summary.id
            if self._options.chosen:
                store.configure(number, settings=settings, system_prompt=system)
        self._session = {"id": number, "name": store.summary(number).name}
        return number

    def _mode(self, settings: Mapping[str, Any]) -> Mode:
        if self._options.mode == "evidence":
            return "evidence"
        if find_model(settings.get("model")) is not None:
            return "model"
        if self._options.mode == "model":
            raise WorkFailed("There is no model here.", hint="Name one with --model FILE.", kind="no_model")
        note("There is no model here, so these are passages, no model. Name one with --model FILE.")
        return "evidence"

    def _with_evidence(self, workspace: Workspace, recorder: Recorder) -> list[dict[str, Any]]:
        line = ProgressLine()
        with EvidenceReader(
            workspace, on_progress=lambda done, total: line.say(f"Indexing {done:,} of {total:,} documents")
        ) as reader:
            line.done()
            for sentence in reader.problems:
                note(sentence)
            results = []
            for question in self._options.questions:
                recorder.question(question, "evidence")
                reply = reader.ask(question, limit=self._options.passages)
                results.append(self._done(reply, reader, recorder, model=None, load=None))
            return results

    def _with_model(
        self, workspace: Workspace, recorder: Recorder, settings: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        backend = open_engine()
        reader = ModelReader(backend, workspace, self._reader_settings(settings))
        try:
            with cancels(backend.cancel):
                load = self._load(reader, backend)
                recorder.texts(reader.read_texts)
                return self._ask_all(reader, backend, recorder, load)
        finally:
            backend.close()

    def _reader_settings(self, settings: Mapping[str, Any]) -> Settings:
        path = find_model(settings.get("model"))
        assert path is not None
        if self._options.rpc:
            note(RPC_WARNING)
        return Settings(
            model=path,
            date=datetime.date.fromisoformat(settings["date"]),
            n_ctx=settings.get("ctx"),
            kv=settings.get("kv", "f16"),
            threads=self._options.threads,
            gpu_layers=self._options.gpu_layers,
            rpc=tuple(self._options.rpc),
            anyway=self._options.anyway,
            max_answer=settings.get("max_answer", DEFAULT_MAX_ANSWER),
            system=settings.get("system"),
        )

    def _load(self, reader: ModelReader, backend: Backend) -> float:
        line = ProgressLine()
        try:
            load = reader.open(
                self._options.questions,
                on_load=lambda done: line.say(f"Loading the model: {done:.0%}"),
                on_count=lambda tokens: line.say(f"Counted {tokens:,} tokens"),
            )
        finally:
            line.done()
        for sentence in (*reader.problems, *([backend.notice] if backend.notice else [])):
            note(sentence)
        return load

    def _ask_all(self, reader: ModelReader, backend: Backend, recorder: Recorder, load: float) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = []
        turns = list(self._earlier_turns())
        for question in self._options.questions:
            recorder.question(question, "model")
            try:
                note(describe_budget(reader.budget(question, turns)))
                reply = self._ask(reader, backend, question, turns, recorder)
            except Exception as error:
                failure = describe(error)
                if failure is None:
                    raise
                note(f"{failure.message} {failure.hint}".strip())
                results.append({"question": question, "error": error_fields(failure)})
                if isinstance(error, Cancelled):
                    break
                continue
            if self._options.with_history:
                turns.append(Turn(question, reply.text))
            results.append(self._done(reply, reader, recorder, model=backend.info, load=load))
            if reply.ending == "cancelled":
                break
            load = 0.0
        return results

    def _earlier_turns(self) -> Iterator[Turn]:
        if self._record is None or not self._options.with_history:
            return
        question = None
        for message in self._record.messages:
            if message.role == "user":
                question = message.text
            elif question is not None and message.finished and message.mode == "model":
                yield Turn(question, message.text)
                question = None

    def _ask(
        self, reader: ModelReader, backend: Backend, question: str, turns: Sequence[Turn], recorder: Recorder
    ) -> Reply:
        line = ProgressLine()
        if not self._as_json:
            print_text(f"\n{question.strip()}\n")

        def progress(state: ReadProgress) -> None:
            kept = f" · {state.reused:,} kept" if state.reused else ""
            rate = f" · {state.per_second:,.0f} tokens/s · {state.seconds_left:,.0f} s left" if state.per_second else ""
            line.say(f"Reading {state.done:,} of {state.total:,} tokens{kept}{rate}")

        def text(piece: str) -> None:
            recorder.add(piece)
            line.done()
            if not self._as_json:
                print_text(piece, end="")

        def again(sentence: str) -> None:
            recorder.begin_again()
            line.done()
            note(f"\n{sentence}")

        try:
            return with_one_restart(
                lambda: reader.ask(question, turns=turns, on_progress=progress, on_text=text), backend, again=again
            )
        finally:
            line.done()

    def _done(
        self,
        reply: Reply,
        reader: ModelReader | EvidenceReader,
        recorder: Recorder,
        *,
        model: ModelInfo | None,
        load: float | None,
    ) -> dict[str, Any]:
        entries: Sequence[Entry] = reader.entries
        documents: Sequence[PromptDocument] = reader.documents
        recorder.finish(reply, entries=entries, documents=documents, model=model)
        if not self._as_json:
            if reply.mode == "evidence":
                print_text(f"\n{reply.question.strip()}\n")
            else:
                print_text("\n")
            for row in describe_reply(reply, entries, documents):
                print_text(row)
        session = {**self._session, "saved": recorder.saving} if self._session is not None else None
        path = model.path if model is not None else None
        fields = reply_json(reply, entries, model=path, load=load)
        return {**fields, "problems": list(reader.problems), "session": session}


@contextmanager
def cancels(stop: Callable[[], None]) -> Iterator[None]:
    """The first Ctrl-C asks the work to `stop`, so that what is there is kept; the second ends the program."""

    def first(_signal: int, _frame: object) -> None:
        signal.signal(signal.SIGINT, before)
        note("\nStopping; once more to quit at once.")
        stop()

    before = signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
