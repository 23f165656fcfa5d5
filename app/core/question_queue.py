"""Works through a list of questions: one cell after the other, so ordered that each document is read once.

A cell that fails holds a sentence and the rest goes on. What is done is saved as ordinary messages; a queue over the
same session later finds the answers again by what they were made from, and asks only what is missing. Used from one
thread; `cancel` from any. Knows no Qt, no command line and no file format.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from app.core.answered_before import ASKED, basis_of, by_basis
from app.core.answering import ModelReader, Reply, Settings
from app.core.combining import Excerpts, excerpts_of, led_back
from app.core.conversing import Conversing, Told
from app.core.failures import Failure, failure_of
from app.core.prompt import PromptDocument
from app.core.question_table import Cell, Questions, Row, RowKind, Table
from app.core.recording import Recorder, stored_citation
from app.core.records import MessageRecord
from app.core.workspace import Entry, Workspace
from engine.errors import Cancelled, ContextError, EngineStopped, ModelFileError, TemplateError
from engine.protocol import ModelInfo, ReadProgress

_OF_LOADING = (ModelFileError, TemplateError, ContextError, EngineStopped)


@dataclass(frozen=True, slots=True)
class QueueProgress:
    """done, failed: of `total` cells. kept: of those done, the ones that were there already. tokens_read: so far.

    entry: the document that is asked now, None for all or a combination. reading: how far its reading is.
    """

    done: int
    failed: int
    kept: int
    total: int
    tokens_read: int
    entry: Entry | None = None
    question: str = ""
    reading: ReadProgress | None = None


def _nothing(*_: object) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class QueueTold:
    """Whom to tell what. loading: 0.0 to 1.0. cell: its row, its column, what came of it. said: sentences."""

    loading: Callable[[float], None] = field(default=_nothing)
    progress: Callable[[QueueProgress], None] = field(default=_nothing)
    cell: Callable[[Row, int, Cell], None] = field(default=_nothing)
    said: Callable[[str], None] = field(default=_nothing)


@dataclass(slots=True)
class _Place:
    """A row while it is being filled."""

    kind: RowKind
    entry: Entry | None
    workspace: Workspace
    cells: list[Cell | None]


class QuestionQueue:
    """One run over `questions`. Give it a `recorder` to have the answers saved, and `before` what the session holds."""

    def __init__(
        self,
        conversing: Conversing,
        workspace: Workspace,
        settings: Settings,
        questions: Questions,
        *,
        recorder: Recorder | None = None,
        before: Sequence[MessageRecord] = (),
    ) -> None:
        self._conversing = conversing
        self._workspace = workspace
        self._settings = settings
        self._questions = questions
        self._recorder = recorder
        self._before = by_basis(before)
        self._stop = threading.Event()
        self._told = QueueTold()
        self._rows = self._plan()
        self._problems: dict[str, None] = {}
        self._read = self._reading = self._done = self._failed = self._kept = 0
        self.info: ModelInfo | None = None
        """The model that answered, once it was loaded."""

    def cancel(self) -> None:
        """Stop; what is done stays done. From any thread."""
        self._stop.set()
        self._conversing.cancel()

    def run(self, told: QueueTold) -> Table:
        """Fill the table. Raises the engine's errors when the model cannot be loaded at all; nothing for a cell."""
        self._told = told
        try:
            for row in self._rows:
                for column in range(len(row.cells)):
                    self._check()
                    cell = self._combined(row, column) if row.kind == "combined" else self._cell(row, column)
                    row.cells[column] = cell
                    self._failed += cell.failure is not None
                    self._done += cell.failure is None
                    self._kept += cell.kept
                    told.cell(_shown(row), column, cell)
                    self._report(row, "")
        except Cancelled:
            self._stop.set()
        return self.table

    @property
    def table(self) -> Table:
        """As far as it is filled."""
        return Table(
            self._questions,
            self._workspace.included(),
            tuple(map(_shown, self._rows)),
            cancelled=self._stop.is_set(),
            tokens_read=self._read + self._reading,
            problems=tuple(self._problems),
        )

    def _plan(self) -> list[_Place]:
        """All questions of one document stand in a row, so that it is read once."""
        nothing: list[Cell | None] = [None] * len(self._questions.texts)
        if not self._questions.per_document:
            return [_Place("together", None, self._workspace, nothing)]
        rows = [
            _Place("document", entry, Workspace((entry,), self._workspace.last_key), list(nothing))
            for entry in self._workspace.included()
        ]
        if self._questions.combine:
            rows.append(_Place("combined", None, Workspace(), list(nothing)))
        return rows

    def _check(self) -> None:
        if self._stop.is_set():
            raise Cancelled("Stopped.")

    def _cell(self, row: _Place, column: int) -> Cell:
        question = self._questions.texts[column]
        shown = question if row.entry is None else f"{row.entry.key} {row.entry.name}: {question}"
        return self._answer(row, row.workspace, question, shown)

    def _combined(self, row: _Place, column: int) -> Cell:
        """The last question of a column, over the quotes that the answers above it were found to hold."""
        above = [r.cells[column] for r in self._rows if r.kind == "document"]
        quoted = [c for cell in above if cell is not None for c in cell.citations]
        excerpts = excerpts_of(self._workspace.included(), quoted)
        for problem in excerpts.problems:
            self._problem(problem)
        question = self._questions.combination(column)
        if not excerpts.workspace.entries:
            return Cell(
                failure=Failure(
                    "nothing_quoted",
                    "No answer to this question quotes its document word for word, so there is nothing to combine.",
                    "Ask the question of all documents together, without --per-document.",
                )
            )
        return self._answer(row, excerpts.workspace, question, question, excerpts)

    def _answer(
        self, row: _Place, workspace: Workspace, question: str, shown: str, excerpts: Excerpts | None = None
    ) -> Cell:
        basis = basis_of(workspace, self._settings, question)
        before = self._before.get(basis)
        if before is not None:
            return _kept(before)
        self._report(row, question)
        try:
            return self._ask(row, workspace, question, shown, basis, excerpts)
        except Cancelled:
            raise
        except Exception as error:
            if isinstance(error, _OF_LOADING) and not self._conversing.holds(self._settings):
                # Without the model no other cell can be answered either.
                raise
            return Cell(failure=failure_of(error))
        finally:
            self._read, self._reading = self._read + self._reading, 0

    def _ask(
        self, row: _Place, workspace: Workspace, question: str, shown: str, basis: str, excerpts: Excerpts | None
    ) -> Cell:
        written = _Written(self._recorder, shown)

        def reading(state: ReadProgress) -> None:
            self._reading = state.done - state.reused
            self._report(row, question, state)

        def again(sentence: str) -> None:
            self._read, self._reading = self._read + self._reading, 0
            written.begin_again()
            self._told.said(sentence)

        told = Told(self._told.loading, lambda _: self._check(), reading, written.add, again)
        reply, reader = self._conversing.ask(workspace, self._settings, question, (), told)
        self.info = self._conversing.info
        for problem in reader.problems:
            self._problem(problem)
        if reply.ending == "cancelled":
            raise Cancelled("Stopped.")
        entries, documents = reader.entries, reader.documents
        if excerpts is not None:
            entries = self._workspace.included()
            documents = self._workspace.prompt_documents()
            reply = led_back(reply, excerpts, entries)
        asked = {
            "question": question,
            "kind": row.kind,
            "key": row.entry.key if row.entry else None,
            "ending": reply.ending,
            "basis": basis,
        }
        message = written.finish(reply, reader, entries, documents, self.info, {ASKED: asked})
        return Cell(
            text=reply.text,
            ending=reply.ending,
            citations=tuple(stored_citation(c, entries, documents) for c in reply.citations),
            tokens=asdict(reply.counters) if reply.counters is not None else {},
            seconds=dict(reply.seconds),
            message=message,
        )

    def _problem(self, sentence: str) -> None:
        if sentence not in self._problems:
            self._problems[sentence] = None
            self._told.said(sentence)

    def _report(self, row: _Place, question: str, reading: ReadProgress | None = None) -> None:
        self._told.progress(
            QueueProgress(
                done=self._done,
                failed=self._failed,
                kept=self._kept,
                total=len(self._rows) * len(self._questions.texts),
                tokens_read=self._read + self._reading,
                entry=row.entry,
                question=question,
                reading=reading,
            )
        )


class _Written:
    """One answer on its way into a session: begun with its first words, so that what is refused leaves no trace."""

    def __init__(self, recorder: Recorder | None, question: str) -> None:
        self._recorder = recorder
        self._question = question
        self._begun = False

    def add(self, text: str) -> None:
        if self._recorder is not None:
            self._begin()
            self._recorder.add(text)

    def begin_again(self) -> None:
        if self._recorder is not None and self._begun:
            self._recorder.begin_again()

    def finish(
        self,
        reply: Reply,
        reader: ModelReader,
        entries: Sequence[Entry],
        documents: Sequence[PromptDocument],
        info: ModelInfo,
        asked: Mapping[str, object],
    ) -> int | None:
        """Its number in the session file."""
        if self._recorder is None:
            return None
        self._begin()
        self._recorder.texts(reader.read_texts)
        self._recorder.finish(reply, entries=entries, documents=documents, model=info, settings=asked)
        return self._recorder.message if self._recorder.saving else None

    def _begin(self) -> None:
        if not self._begun and self._recorder is not None:
            self._begun = True
            self._recorder.question(self._question, "model")


def _shown(row: _Place) -> Row:
    return Row(row.kind, row.entry, tuple(row.cells))


def _kept(message: MessageRecord) -> Cell:
    return Cell(
        text=message.text,
        ending=message.model[ASKED].get("ending"),
        citations=message.citations,
        tokens=message.tokens,
        seconds=message.timings,
        message=message.id,
        kept=True,
    )
