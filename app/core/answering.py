"""Answers questions about a workspace: from a model that has read all of it, or with the best passages alone.

Both kinds give a `Reply`, so whoever shows or saves answers need not know which it was. Knows no database, no command
line and no window.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Literal

from app.core.assemble import Assembled, EncodedDocuments, Turn, assemble, count_documents, encode_documents
from app.core.budget import Budget
from app.core.choices import Choice, OverBudget, choices_for
from app.core.citations import Citation, verify
from app.core.loading import Wanted, load_options
from app.core.marks import MarkStyle
from app.core.models import default_context, mark_style
from app.core.prompt import PromptDocument, default_system
from app.core.read_states import KeepRead
from app.core.search import Passage, PassageIndex
from app.core.verbatim import TOO_MUCH, quotable_text
from app.core.workspace import Entry, Workspace
from engine.backends.base import Backend
from engine.free_memory import free_memory
from engine.gguf_file import read_gguf
from engine.memory_verdict import largest_context
from engine.protocol import Cost, Ending, Flash, KvType, LoadOptions, Prompt, ReadProgress, Sampling, Standing
from engine.quotable import Quotable, TooMuchText
from ingest.errors import SourceChanged, SourceGone

Mode = Literal["model", "evidence"]
MODES: tuple[Mode, ...] = ("model", "evidence")
PASSAGES = 8


@dataclass(frozen=True, slots=True)
class Settings:
    """How answers are made. None: what goes with the model and the machine. n_ctx, max_answer: tokens.

    date: what a chat template that prints the date prints; frozen, so that the prefix stays the same. verbatim: hold
    the model to the documents' words inside quotations while it writes (without effect under a grammar or a schema).
    keep_read: where what is read stays on disk, None for nowhere. flash, kv_values: see LoadOptions.
    """

    model: Path
    date: datetime.date
    n_ctx: int | None = None
    kv: KvType = "f16"
    threads: int | None = None
    gpu_layers: int | None = None
    anyway: bool = False
    max_answer: int = 1024
    system: str | None = None
    sampling: Sampling = field(default_factory=Sampling)
    experts_on_cpu: int | None = None
    devices: tuple[str, ...] = ()
    rpc: tuple[str, ...] = ()
    verbatim: bool = True
    keep_read: KeepRead | None = None
    flash: Flash = "auto"
    kv_values: KvType | None = None


@dataclass(frozen=True, slots=True)
class Counters:
    """Tokens of one answer. prefix + question = reused + decoded, by the engine's own count.

    prefix: template opening, system prompt and documents. question: all behind it, earlier turns included.
    restored: how many of `reused` were brought from disk for it.
    """

    context: int
    prefix: int
    question: int
    reused: int
    decoded: int
    answer: int
    restored: int = 0

    @property
    def free(self) -> int:
        """What is left of the context."""
        return self.context - self.prefix - self.question - self.answer


@dataclass(frozen=True, slots=True)
class Reply:
    """One question answered. ending, counters, logprobs: of the model only.

    seconds: "prefill", "first_token", "total". logprobs: see engine.protocol.Answer, for `text`. standing: what the
    engine holds afterwards, ends: the positions in it where the system prompt and each document end; both for working
    out what a change will cost. notices: sentences about what is kept on disk.
    """

    question: str
    text: str
    mode: Mode
    ending: Ending | None = None
    citations: tuple[Citation, ...] = ()
    passages: tuple[Passage, ...] = ()
    counters: Counters | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    standing: Standing | None = None
    ends: tuple[int, ...] = ()
    logprobs: tuple[tuple[int, float], ...] = ()
    notices: tuple[str, ...] = ()


def hold_texts(workspace: Workspace) -> tuple[Workspace, dict[str, dict[int, str]], list[str]]:
    """The workspace with all text that takes part in memory, so that it cannot change under an answer.

    Returns with it the texts that were read just now, by document key and section, and a sentence for each document
    that can no longer be read as it was; those are left out.
    """
    entries: list[Entry] = []
    read: dict[str, dict[int, str]] = {}
    problems: list[str] = []
    for entry in workspace.entries:
        if entry.included:
            try:
                entry, texts = entry.held()
                if texts:
                    read[entry.key] = texts
            except (SourceChanged, SourceGone) as error:
                problems.append(str(error))
                entry = replace(entry, included=False)
        entries.append(entry)
    return replace(workspace, entries=tuple(entries)), read, problems


def options_for(settings: Settings, *, loaded: LoadOptions | None) -> LoadOptions:
    """How the model of `settings` is to be loaded; `loaded` itself where it is loaded just so. As `load_options`."""
    n_ctx = default_context(settings.model, kv=settings.kv) if settings.n_ctx is None else settings.n_ctx
    wanted = Wanted(
        settings.model,
        n_ctx,
        kv=settings.kv,
        threads=settings.threads,
        gpu_layers=settings.gpu_layers,
        experts_on_cpu=settings.experts_on_cpu,
        devices=settings.devices,
        rpc=settings.rpc,
        anyway=settings.anyway,
        flash=settings.flash,
        kv_values=settings.kv_values,
    )
    options = load_options(wanted, loaded=loaded)
    if settings.keep_read is not None:
        keep = settings.keep_read
        options = replace(options, state_folder=str(keep.folder), state_quota=keep.quota, state_seconds=keep.seconds)
    return options


class ModelReader:
    """A model over the documents of one workspace, which it reads once however many questions are asked."""

    def __init__(self, backend: Backend, workspace: Workspace, settings: Settings) -> None:
        """The caller keeps `backend` and closes it."""
        self._backend = backend
        self._settings = settings
        self._workspace = workspace
        self._encoded: EncodedDocuments | None = None
        self._quotable: Quotable | None = None
        self.read_texts: dict[str, dict[int, str]] = {}
        self.problems: list[str] = []

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The documents that are read."""
        return self._workspace.included()

    @property
    def documents(self) -> tuple[PromptDocument, ...]:
        """What of each entry is in the prompt; citations name these by index."""
        return self._workspace.prompt_documents()

    def open(
        self,
        questions: Sequence[str],
        *,
        on_load: Callable[[float], None] | None = None,
        on_count: Callable[[int], None] | None = None,
    ) -> float:
        """Count, load the model unless it is loaded just so, encode; seconds of the loading.

        on_load: 0.0 to 1.0; on_count: tokens so far.

        Afterwards `read_texts` holds what was read from lazy sources, by document key and section, and `problems` a
        sentence for each document that had to be left out as it changed meanwhile. Raises OverBudget when not even
        the shortest of `questions` fits, before the weights are loaded; the engine's errors; and SourceChanged or
        SourceGone when no document is left.
        """
        options = options_for(self._settings, loaded=self._backend.loaded)
        started = time.perf_counter()
        # A model kept from earlier questions holds what it has read, so it is not loaded again.
        kept = self._backend.loaded == options
        if kept:
            self._hold_texts()
        else:
            self._load(options, questions, on_load)
        loaded = time.perf_counter() - started
        encoded = encode_documents(self._backend, self.documents, self._style, on_progress=on_count)
        budget = self._assemble(encoded, min(questions, key=len, default=""), ()).budget
        if kept and budget.over:
            raise OverBudget(budget, self._choices(budget))
        self._encoded = encoded
        sampling = self._settings.sampling
        if self._settings.verbatim and not (sampling.grammar or sampling.schema):
            try:
                self._quotable = quotable_text(encoded.marks, self.documents, self._style)
            except TooMuchText:
                self.problems.append(TOO_MUCH)
        return loaded

    def _load(self, options: LoadOptions, questions: Sequence[str], on_load: Callable[[float], None] | None) -> None:
        if options.n_ctx > 0 and self._may_be_over(options.n_ctx):
            # The weights can take minutes; that they would be loaded in vain is known from the vocabulary alone.
            vocabulary = replace(options, vocabulary_only=True)
            if self._backend.loaded != vocabulary:
                self._backend.load(vocabulary)
            shortest = min(questions, key=len, default="")
            around = self._assemble(EncodedDocuments(), shortest, ()).budget
            try:
                self._check(around, options.n_ctx)
            except (SourceChanged, SourceGone):
                self._hold_texts()
                self._check(around, options.n_ctx)
        self._hold_texts()
        self._backend.load(options, on_progress=on_load)

    def budget(self, question: str, turns: Sequence[Turn] = ()) -> Budget:
        """What `question` would take, exactly."""
        return self._assemble(self._ready(), question, turns).budget

    def ask(
        self,
        question: str,
        *,
        turns: Sequence[Turn] = (),
        on_progress: Callable[[ReadProgress], None] | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        """Answer, and check every citation. Raises OverBudget and the engine's errors."""
        encoded = self._ready()
        assembled = self._assemble(encoded, question, turns)
        if assembled.budget.over:
            raise OverBudget(assembled.budget, self._choices(assembled.budget))
        answer = self._backend.ask(
            self._prompt(assembled),
            on_progress=on_progress,
            on_text=on_text,
        )
        text = answer.text.strip()
        cut = len(answer.text) - len(answer.text.lstrip())
        verdict = verify(
            text,
            style=self._style,
            marks=encoded.marks,
            documents=self.documents,
            refusal=self._backend.info.refusal,
        )
        counters = Counters(
            context=assembled.budget.context,
            prefix=assembled.prefix,
            question=len(assembled.tokens) - assembled.prefix,
            reused=answer.reused,
            decoded=answer.decoded,
            answer=answer.tokens,
            restored=answer.restored,
        )
        return Reply(
            question,
            text,
            "model",
            ending=answer.ending,
            citations=verdict.citations,
            counters=counters,
            seconds=answer.seconds,
            standing=answer.standing,
            ends=(assembled.budget.system, *assembled.boundaries),
            logprobs=tuple((max(at - cut, 0), value) for at, value in answer.logprobs if at - cut < len(text)),
            notices=answer.notices,
        )

    def cost(self, question: str, turns: Sequence[Turn] = ()) -> Cost:
        """What asking `question` would have to read, before anything is read."""
        return self._backend.cost(self._prompt(self._assemble(self._ready(), question, turns)))

    def _prompt(self, assembled: Assembled) -> Prompt:
        settings = self._settings
        return Prompt(
            assembled.tokens,
            assembled.prefix,
            settings.max_answer,
            settings.sampling,
            boundaries=assembled.boundaries,
            quotable=self._quotable,
            keep=settings.keep_read is not None,
            owner=settings.keep_read.owner if settings.keep_read is not None else "",
        )

    @property
    def _style(self) -> MarkStyle:
        return mark_style(self._backend.info)

    def _ready(self) -> EncodedDocuments:
        if self._encoded is None:
            raise RuntimeError("open() comes first")
        return self._encoded

    def _assemble(self, encoded: EncodedDocuments, question: str, turns: Sequence[Turn]) -> Assembled:
        settings = self._settings
        return assemble(
            self._backend,
            encoded,
            system=default_system(self._style) if settings.system is None else settings.system,
            turns=turns,
            question=question,
            max_answer=settings.max_answer,
            date=settings.date,
        )

    def _hold_texts(self) -> None:
        self._workspace, read, problems = hold_texts(self._workspace)
        self.read_texts |= read
        self.problems += problems
        if problems and not self.entries:
            raise SourceChanged(problems[0])

    def _may_be_over(self, n_ctx: int) -> bool:
        """False only when there is so little text that it fits whatever its tokens are; `ask` counts in any case."""
        size = 0
        for document in self.documents:
            for section in document.sections:
                first, past = section.span.bytes or (0, 0)
                size += 4 * len(section.body) if isinstance(section.body, str) else past - first
        # A token is at least one byte; what marks add to short lines is not more than as much again, twice.
        return 3 * size + self._settings.max_answer > n_ctx

    def _check(self, around: Budget, n_ctx: int) -> None:
        counts = count_documents(self._backend, self.documents, self._style)
        budget = replace(around, context=n_ctx, documents=sum(map(sum, counts)))
        if budget.over:
            raise OverBudget(budget, self._choices(budget, counts))

    def _choices(self, budget: Budget, counts: Sequence[Sequence[int]] | None = None) -> list[Choice]:
        if counts is None:
            counts = count_documents(self._backend, self.documents, self._style)
        gguf = read_gguf(self._settings.model)
        largest = largest_context(gguf, kv=self._settings.kv, n_batch=512, free=free_memory())
        return choices_for(budget, self.entries, counts, largest_context=largest)


class EvidenceReader:
    """The best passages of the documents of one workspace, verbatim; no model. Close it when done."""

    def __init__(self, workspace: Workspace, *, on_progress: Callable[[int, int], None] | None = None) -> None:
        """Index everything. on_progress: documents done, documents in all. Raises SearchError."""
        self.entries = workspace.included()
        self.documents: tuple[PromptDocument, ...] = workspace.prompt_documents()
        self._index = PassageIndex(self.documents, on_progress=on_progress)

    @property
    def problems(self) -> Sequence[str]:
        """A sentence for each part that can no longer be read and was left out."""
        return self._index.unread

    def ask(self, question: str, *, limit: int = PASSAGES) -> Reply:
        """The passages that speak of `question`, best first; none when none does."""
        started = time.perf_counter()
        passages = tuple(self._index.search(question, limit))
        return Reply(question, "", "evidence", passages=passages, seconds={"total": time.perf_counter() - started})

    def close(self) -> None:
        """Remove the index."""
        self._index.close()

    def __enter__(self) -> EvidenceReader:
        """The reader itself; leaving the block closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the index."""
        self.close()
