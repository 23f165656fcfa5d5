"""Questions on their way to an answer: from the model in its lane, from passages alone in another.

Each answer is saved as it comes, with a session file of its own thread. Knows no widget and no session list.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from app.core.answering import EvidenceReader, Settings
from app.core.assemble import Turn
from app.core.conversing import Around, Conversing, Told, signature
from app.core.count_cache import CountCache
from app.core.errors import CoreError
from app.core.exchanges import Exchange, answered
from app.core.failures import Failure, describe
from app.core.ledger import DocumentTokens
from app.core.models import open_engine
from app.core.read_states import keep_read
from app.core.recording import Recorder
from app.core.sessions import Store
from app.core.workspace import Entry, Workspace
from app.services.courtesy import Courtesy
from app.services.lane import Call, Lane
from engine.backends.base import Backend
from engine.errors import Cancelled
from engine.protocol import ModelInfo

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as it is sent off. session: its number, None where nothing is saved."""

    question: str
    workspace: Workspace
    settings: Settings
    turns: Sequence[Turn] = ()
    session: int | None = None


class Answers(QObject):
    """Asks one question at a time; signals come on the window's thread.

    `loading` 0.0 to 1.0, `counted` tokens, `indexed` documents of all, `reading` ReadProgress, `text` words of the
    answer, `began_again` a sentence, when the engine ended and the words so far are void; then one of `answered`
    (Exchange), `refused` (Failure), `stopped`. `trouble`: a sentence about saving; `problems`: a sentence for each
    source that had to be left out. `holds`: before `answered`, what the engine holds (Standing, or None) and where the
    system prompt and each source end in it.
    """

    loading = Signal(float)
    counted = Signal(int)
    indexed = Signal(int, int)
    reading = Signal(object)
    text = Signal(str)
    began_again = Signal(str)
    answered = Signal(object)
    refused = Signal(object)
    stopped = Signal()
    trouble = Signal(str)
    problems = Signal(list)
    holds = Signal(object, tuple)

    def __init__(self, courtesy: Courtesy, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._courtesy = courtesy
        self._engine = Lane("engine", self)
        self._search = Lane("search", self)
        self._backend = open_engine()
        self._counts = CountCache()
        self._conversing = Conversing(self._backend, self._counts)
        self._evidence: tuple[object, EvidenceReader] | None = None
        self._count: Call[Any] | None = None
        self._stopping = False
        self.under_way = False
        self.lent = False

    @property
    def engine_pid(self) -> int | None:
        """The engine's process while there is one."""
        return self._backend.pid

    def loaded(self, settings: Settings) -> ModelInfo | None:
        """What is loaded with its weights, if it is just what answers with `settings`."""
        return self._conversing.info if self._conversing.holds(settings) else None

    @property
    def working(self) -> bool:
        """Whether anything is under way, counting included."""
        return self._engine.busy or self._search.busy

    def ask(self, asked: Asked) -> None:
        """Send a question to the model. One at a time."""
        self._start(self._engine, lambda call: self._with_model(asked, call))

    def find(self, asked: Asked) -> None:
        """Send a question to the passages alone. One at a time."""
        self._start(self._search, lambda call: self._with_evidence(asked, call))

    def stop(self) -> None:
        """Stop reading or answering; what was written stays."""
        if self.under_way:
            self._stopping = True
            self._conversing.cancel()

    def measure(
        self,
        asked: Asked,
        uncounted: Sequence[Entry],
        *,
        counted: Callable[[str, DocumentTokens], None],
        unreadable: Callable[[str, Failure], None],
        around: Callable[[Around], None],
        in_order: Callable[[object, dict[str, int]], None],
        failed: Callable[[Failure], None],
    ) -> None:
        """Count what is not counted yet, and what surrounds the documents. Replaces a count that still waits."""
        if self._count is not None:
            self._count.cancel()

        def work(call: Call[None]) -> None:
            measured = self._conversing.around(asked.settings, asked.turns, asked.question)
            call.report(lambda: around(measured))
            for entry in uncounted:
                if call.cancelled:
                    return
                self._count_one(entry, asked.settings, call, counted, unreadable)
            if measured.depends_on_order:
                tokens = self._conversing.count_in_order(asked.workspace, asked.settings, stop=lambda: self._over(call))
                call.report(lambda: in_order(signature(asked.workspace), tokens))

        self._count = self._engine.run(work, failed=failed, progress=lambda act: act())

    def lend(
        self,
        work: Callable[[Call[T], Backend], T],
        *,
        done: Callable[[T], None],
        failed: Callable[[Failure], None],
        ended: Callable[[], None],
    ) -> Call[T]:
        """Let something else use the engine; `lent` is true meanwhile. What it reports is called on the window's."""
        if self._count is not None:
            self._count.cancel()
        self.lent = True

        def there(call: Call[T]) -> T:
            call.stops_by(self._conversing.cancel)
            return work(call, self._backend)

        def over() -> None:
            self.lent = False
            ended()

        return self._engine.run(there, done=done, failed=failed, progress=lambda act: act(), ended=over)

    def let_go(self) -> threading.Event:
        """Give the memory of the weights back, for somebody who loads them too: set when that is done.

        Counting goes on meanwhile.
        """
        released = threading.Event()

        def work(_: Call[None]) -> None:
            try:
                self._conversing.let_go()
            finally:
                released.set()

        self._engine.run(work)
        return released

    def look_up(
        self, work: Callable[[Call[T]], T], *, done: Callable[[T], None], failed: Callable[[Failure], None]
    ) -> None:
        """Do something about the sources that needs no engine and may take a while."""
        self._search.run(work, done=done, failed=failed)

    def close(self) -> None:
        """Stop everything and end the engine."""
        self._stopping = True
        self._conversing.cancel()
        self._engine.close()
        # The index belongs to the thread that made it.
        self._search.run(lambda _: self._drop_index())
        self._search.finish()
        self._backend.close()
        self._counts.close()

    def _start(self, lane: Lane, work: Callable[[Call[Exchange]], Exchange]) -> None:
        if self._count is not None and lane is self._engine:
            self._count.cancel()
        self.under_way, self._stopping = True, False
        lane.run(work, done=self._done, failed=self._failed, progress=lambda act: act())

    def _done(self, exchange: Exchange) -> None:
        self.under_way = False
        self.answered.emit(exchange)

    def _failed(self, failure: Failure) -> None:
        self.under_way = False
        if failure.kind == Cancelled.kind:
            self.stopped.emit()
        else:
            self.refused.emit(failure)

    def _over(self, call: Call[None]) -> bool:
        """Whether counting is to end; asked often, and so the place to wait for the window."""
        self._courtesy.after_you()
        return call.cancelled

    def _count_one(
        self,
        entry: Entry,
        settings: Settings,
        call: Call[None],
        counted: Callable[[str, DocumentTokens], None],
        unreadable: Callable[[str, Failure], None],
    ) -> None:
        try:
            tokens = self._conversing.count(entry, settings, stop=lambda: self._over(call))
        except Exception as error:
            failure = describe(error)
            if failure is None or failure.kind != "source":
                raise
            call.report(lambda: unreadable(entry.key, failure))
            return
        call.report(lambda: counted(entry.key, tokens))

    def _with_model(self, asked: Asked, call: Call[Exchange]) -> Exchange:
        call.stops_by(self._conversing.cancel)
        with ExitStack() as stack:
            recorder = self._recorder(asked, call, stack)
            recorder.question(asked.question, "model")

            def counted(tokens: int) -> None:
                if self._stopping or call.cancelled:
                    raise Cancelled("Stopped.")
                call.report(lambda: self.counted.emit(tokens))

            def text(piece: str) -> None:
                recorder.add(piece)
                call.report(lambda: self.text.emit(piece))

            def again(sentence: str) -> None:
                recorder.begin_again()
                call.report(lambda: self.began_again.emit(sentence))

            told = Told(
                loading=lambda share: call.report(lambda: self.loading.emit(share)),
                counted=counted,
                reading=lambda state: call.report(lambda: self.reading.emit(state)),
                text=text,
                again=again,
            )
            settings = replace(asked.settings, keep_read=keep_read(asked.session))
            reply, reader = self._conversing.ask(asked.workspace, settings, asked.question, asked.turns, told)
            for sentence in reply.notices:
                call.report(lambda said=sentence: self.trouble.emit(said))
            if reader.problems:
                sentences = list(reader.problems)
                call.report(lambda: self.problems.emit(sentences))
            call.report(lambda: self.holds.emit(reply.standing, reply.ends))
            recorder.texts(reader.read_texts)
            info = self._backend.info
            recorder.finish(reply, entries=reader.entries, documents=reader.documents, model=info)
            return answered(
                reply,
                entries=reader.entries,
                documents=reader.documents,
                message=recorder.message,
                model=asdict(info),
            )

    def _with_evidence(self, asked: Asked, call: Call[Exchange]) -> Exchange:
        with ExitStack() as stack:
            recorder = self._recorder(asked, call, stack)
            recorder.question(asked.question, "evidence")
            reader = self._indexed(asked.workspace, call)
            reply = reader.ask(asked.question)
            recorder.finish(reply, entries=reader.entries, documents=reader.documents)
            return answered(
                reply, entries=reader.entries, documents=reader.documents, message=recorder.message, model={}
            )

    def _indexed(self, workspace: Workspace, call: Call[Exchange]) -> EvidenceReader:
        wanted = signature(workspace)
        if self._evidence is None or self._evidence[0] != wanted:
            self._drop_index()

            def indexed(done: int, total: int) -> None:
                if self._stopping or call.cancelled:
                    raise Cancelled("Stopped.")
                call.report(lambda: self.indexed.emit(done, total))

            self._evidence = (wanted, EvidenceReader(workspace, on_progress=indexed))
        return self._evidence[1]

    def _drop_index(self) -> None:
        if self._evidence is not None:
            self._evidence[1].close()
            self._evidence = None

    def _recorder(self, asked: Asked, call: Call[Exchange], stack: ExitStack) -> Recorder:
        def trouble(sentence: str) -> None:
            call.report(lambda: self.trouble.emit(sentence))

        store = None
        if asked.session is not None:
            try:
                store = stack.enter_context(Store.open())
            except CoreError as error:
                trouble(f"Not saved: {error} {error.hint}".strip())
        return stack.enter_context(Recorder(store, asked.session, on_trouble=trouble))
