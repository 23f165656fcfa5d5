"""A model kept at hand while sources, questions and settings change around it.

Loads the vocabulary to count, the weights to answer, and neither twice; over the same sources only the question
is read. Used from one thread; `cancel` from any. Knows no Qt, no database and no command line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.core.again import with_one_restart
from app.core.answering import ModelReader, Reply, Settings
from app.core.assemble import EncodedDocuments, Turn, assemble, count_documents
from app.core.budget import Budget
from app.core.count_cache import CountCache
from app.core.ledger import DocumentTokens
from app.core.models import context_for, mark_style
from app.core.prompt import PromptDocument, default_system
from app.core.workspace import Entry, Workspace
from engine.backends.base import Backend
from engine.free_memory import free_memory
from engine.gguf_file import GgufFile, read_gguf
from engine.memory_verdict import largest_context
from engine.protocol import KvType, LoadOptions, ModelInfo, ReadProgress

Signature = tuple[tuple[str, int, tuple[int, int] | None], ...]


@dataclass(frozen=True, slots=True)
class Around:
    """A budget without documents, and what else the vocabulary alone tells of a model.

    depends_on_order: a source's tokens depend on which sources stand before it (running marks). largest: tokens of
    context that this model and this machine's free memory allow.
    """

    budget: Budget
    info: ModelInfo
    depends_on_order: bool
    largest: int
    notice: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """Whom to tell what while an answer is made. loading: 0.0 to 1.0. counted: tokens encoded so far.

    again: a sentence, when the engine ended and the answer begins anew; its words so far are void.
    """

    loading: Callable[[float], None]
    counted: Callable[[int], None]
    reading: Callable[[ReadProgress], None]
    text: Callable[[str], None]
    again: Callable[[str], None] = field(default=lambda _: None)


def signature(workspace: Workspace) -> Signature:
    """What of a workspace decides the prompt's tokens."""
    return tuple((e.key, id(e.document), e.pages) for e in workspace.included())


class Conversing:
    """Keeps `backend` loaded; the caller closes it."""

    def __init__(self, backend: Backend, counts: CountCache | None = None) -> None:
        """counts: what was counted before, added to."""
        self._backend = backend
        self._counts = counts
        self._reader: ModelReader | None = None
        self._reads: tuple[Signature, Settings] | None = None
        self._headers: dict[Path, GgufFile] = {}
        self._contexts: dict[tuple[Path, KvType], int] = {}

    def holds(self, settings: Settings) -> bool:
        """Whether the model that answers with `settings` is at hand, with its context."""
        loaded = self._backend.loaded
        if loaded is None or loaded.vocabulary_only or loaded.path != str(settings.model):
            return False
        return loaded.n_ctx == self._resolved(settings).n_ctx

    @property
    def info(self) -> ModelInfo:
        """What is loaded. Raises EngineError when nothing is."""
        return self._backend.info

    def around(self, settings: Settings, turns: Sequence[Turn], question: str) -> Around:
        """What system prompt, conversation and `question` take. Raises the engine's errors."""
        self._vocabulary(settings)
        info = self._backend.info
        style = mark_style(info)
        n_ctx = self._resolved(settings).n_ctx or 0
        assembled = assemble(
            self._backend,
            EncodedDocuments(),
            system=default_system(style) if settings.system is None else settings.system,
            turns=turns,
            question=question,
            max_answer=settings.max_answer,
            date=settings.date,
        )
        return Around(
            replace(assembled.budget, context=n_ctx),
            info,
            style != "header",
            self._largest(settings),
            self._backend.notice,
        )

    def count(self, entry: Entry, settings: Settings, *, stop: Callable[[], bool]) -> DocumentTokens:
        """Tokens of the whole document of `entry`, as if it were the first.

        Raises the engine's errors, SourceChanged and SourceGone.
        """
        self._vocabulary(settings)
        document = entry.document
        whole = PromptDocument(entry.key, entry.name, document.kind, document.sections)
        ((heading, *sections),) = self._tokens([whole], stop)
        return DocumentTokens(document, heading, tuple(sections))

    def count_in_order(self, workspace: Workspace, settings: Settings, *, stop: Callable[[], bool]) -> dict[str, int]:
        """Tokens of what takes part, by key, each source behind those before it. Raises like `count`."""
        self._vocabulary(settings)
        documents = workspace.prompt_documents()
        counts = self._tokens(documents, stop)
        return {document.key: sum(tokens) for document, tokens in zip(documents, counts, strict=True)}

    def _tokens(self, documents: Sequence[PromptDocument], stop: Callable[[], bool]) -> list[list[int]]:
        style = mark_style(self._backend.info)
        return count_documents(self._backend, documents, style, stop=stop, known=self._counts)

    def ask(
        self, workspace: Workspace, settings: Settings, question: str, turns: Sequence[Turn], told: Told
    ) -> tuple[Reply, ModelReader]:
        """Answer from `workspace`, loading and reading what is not loaded and read yet.

        Returns the reader too, whose `entries` and `documents` the reply's citations name. An engine that ends is
        started again once. Raises OverBudget, Cancelled, the engine's errors, SourceChanged and SourceGone.
        """
        settings = self._resolved(settings)
        return with_one_restart(
            lambda: self._ask(workspace, settings, question, turns, told),
            self._backend,
            again=told.again,
            on_load=told.loading,
        )

    def _ask(
        self, workspace: Workspace, settings: Settings, question: str, turns: Sequence[Turn], told: Told
    ) -> tuple[Reply, ModelReader]:
        wanted = (signature(workspace), settings)
        reader = self._reader if self._reads == wanted else None
        if reader is None:
            self._reader = self._reads = None
            reader = ModelReader(self._backend, workspace, settings)
            reader.open([question], on_load=told.loading, on_count=told.counted)
            self._reader, self._reads = reader, wanted
        return reader.ask(question, turns=turns, on_progress=told.reading, on_text=told.text), reader

    def let_go(self) -> None:
        """Hold the vocabulary alone from now on; the next question loads the weights again."""
        loaded = self._backend.loaded
        if loaded is not None and not loaded.vocabulary_only:
            self._reader = self._reads = None
            self._backend.load(LoadOptions(path=loaded.path, n_ctx=0, vocabulary_only=True))

    def cancel(self) -> None:
        """Stop what is under way, from any thread."""
        self._backend.cancel()

    def _resolved(self, settings: Settings) -> Settings:
        """With a context: free memory changes from minute to minute, and what is loaded must not change with it."""
        if settings.n_ctx is not None:
            return settings
        key = (settings.model, settings.kv)
        if key not in self._contexts:
            header = self._header(settings.model)
            self._contexts[key] = context_for(header, kv=settings.kv, free=free_memory())
        return replace(settings, n_ctx=self._contexts[key])

    def _largest(self, settings: Settings) -> int:
        return largest_context(self._header(settings.model), kv=settings.kv, n_batch=512, free=free_memory())

    def _header(self, model: Path) -> GgufFile:
        if model not in self._headers:
            self._headers[model] = read_gguf(model)
        return self._headers[model]

    def _vocabulary(self, settings: Settings) -> None:
        loaded = self._backend.loaded
        if loaded is None or loaded.path != str(settings.model):
            self._reader = self._reads = None
            self._backend.load(LoadOptions(path=str(settings.model), n_ctx=0, vocabulary_only=True))
