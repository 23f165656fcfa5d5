"""The work of `ask`: a reader, and one reply for each question. Knows no options by name and no JSON file.

What it does itself is only the order of things and what is said meanwhile; everything else is app.core's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from app.cli.output import ProgressLine, error_fields, note, print_text
from app.cli.preparing import Preparing, cancels, keep_on_disk
from app.cli.reply import describe_reply, reply_json
from app.cli.tokens import describe_budget
from app.core.again import with_one_restart
from app.core.answering import EvidenceReader, ModelReader, Reply
from app.core.assemble import Turn
from app.core.failures import describe
from app.core.models import open_engine
from app.core.prompt import PromptDocument
from app.core.recording import Recorder
from app.core.workspace import Entry, Workspace
from engine.backends.base import Backend
from engine.errors import Cancelled
from engine.protocol import ModelInfo, ReadProgress


class Asking(Preparing):
    """One run of the command."""

    def run(self) -> list[dict[str, Any]]:
        """The array that the command prints. Raises UsageError, WorkFailed, CoreError, EngineError, IngestError."""
        with ExitStack() as stack:
            workspace, settings, recorder = self._prepare(stack)
            mode = self._mode(settings)
            if mode == "evidence":
                return self._with_evidence(workspace, recorder)
            return self._with_model(workspace, recorder, settings)

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
                results = self._ask_all(reader, backend, recorder, load)
            keep_on_disk(backend)
            return results
        finally:
            backend.close()

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
            if reply.counters is not None and reply.counters.restored:
                note(f"Restored {reply.counters.restored:,} tokens from disk.")
            for sentence in reply.notices:
                note(sentence)
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
            if state.restoring:
                line.say(f"Restoring {state.restored:,} of {state.total:,} tokens from disk")
                return
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
        fields = reply_json(reply, entries, model=path, load=load, logprobs=self._options.logprobs)
        return {**fields, "problems": list(reader.problems), "session": session}
