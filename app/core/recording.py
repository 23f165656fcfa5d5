"""Writes a question and its answer into a saved session as they happen.

When saving fails (a full disk, a file held by another process) answering goes on: the trouble is said once, and
nothing more is written. Knows no model and no command line.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from types import TracebackType
from typing import Any

from app.core.answering import Mode, Reply
from app.core.citations import Citation, describe_place
from app.core.errors import CoreError
from app.core.prompt import PromptDocument
from app.core.records import LOGPROBS, STANDING, SessionRecord, StoredCitation, StoredPassage
from app.core.search import Passage
from app.core.selfcheck.standing import standing_for
from app.core.sessions import Store
from app.core.workspace import Entry, Workspace
from engine.protocol import ModelInfo

SECONDS_UNSAVED = 0.25
"""How long words of an answer may wait while more come: well under the second that may be lost."""


class Recorder:
    """Saves into one session of `store`; with None it saves nothing, quietly."""

    def __init__(self, store: Store | None, session: int | None, *, on_trouble: Callable[[str], None]) -> None:
        """on_trouble is told, once, the sentence that says why nothing more is saved."""
        self._store = store
        self._session = session if store is not None else None
        self._on_trouble = on_trouble
        self._message: int | None = None
        self._finished: int | None = None
        self._waiting: list[str] = []
        self._saved = 0.0

    @property
    def message(self) -> int | None:
        """The number of the answer that is open or was finished last, None when it is not saved."""
        return self._message or self._finished

    @property
    def saving(self) -> bool:
        """Whether everything so far is in the session."""
        return self._session is not None

    def documents(self, before: Workspace, now: Workspace) -> None:
        """Save what of `now` is new, changed, gone, left out, limited or elsewhere in the order since `before`."""
        known = {entry.key: entry for entry in before.entries}
        fresh = [e for e in now.entries if e.key not in known or e.document is not known[e.key].document]
        placed = {e.key for e in fresh}
        order = [e.key for e in now.entries]
        there = frozenset(order)
        gone = [key for key in known if key not in there]
        saved_order = [key for key in known if key in there]
        saved_order += [key for key in order if key not in known]

        def save(store: Store, session: int) -> None:
            if gone:
                store.remove_documents(session, gone)
            if fresh:
                store.add_documents(session, fresh)
            for entry in now.entries:
                old = known.get(entry.key)
                if entry is old or entry.key in placed or old is None:
                    continue
                if _part(entry) != _part(old):
                    store.set_included(session, [entry.key], included=entry.included, pages=entry.pages)
            if order != saved_order:
                store.set_order(session, order)

        self._try(save)

    def texts(self, read: Mapping[str, Mapping[int, str]]) -> None:
        """Save the text of lazy sections that an answer will speak of. read: by document key and section."""

        def save(store: Store, session: int) -> None:
            for key, texts in read.items():
                store.keep_text(session, key, texts)

        self._try(save)

    def question(self, text: str, mode: Mode) -> None:
        """Save a question; an answer is open from now on."""

        def save(store: Store, session: int) -> None:
            store.start_message(session, "user", text=text, mode=mode)
            self._message = store.start_message(session, "assistant", mode=mode)

        self._waiting.clear()
        self._saved = time.monotonic()
        self._try(save)

    def add(self, text: str) -> None:
        """Words of the answer as they come."""
        self._waiting.append(text)
        if time.monotonic() - self._saved >= SECONDS_UNSAVED:
            self.flush()

    def begin_again(self) -> None:
        """The words of the answer so far are void."""
        self._waiting.clear()
        if self._message is not None:
            message = self._message
            self._try(lambda store, _: store.empty_answer(message))

    def flush(self) -> None:
        """Save the words that wait."""
        text = "".join(self._waiting)
        self._waiting.clear()
        self._saved = time.monotonic()
        if text and self._message is not None:
            message = self._message
            self._try(lambda store, _: store.append_answer(message, text))

    def finish(
        self,
        reply: Reply,
        *,
        entries: Sequence[Entry],
        documents: Sequence[PromptDocument],
        model: ModelInfo | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """Save the answer as it finally stands. entries[i] is what documents[i] was made of."""
        if self._message is None:
            return
        message, self._message = self._message, None
        about = {**(_about(model) if model is not None else {}), **(settings or {})}
        if reply.logprobs:
            about[LOGPROBS] = [[start, round(value, 3)] for start, value in reply.logprobs]

        def save(store: Store, _session: int) -> None:
            store.finish_message(
                message,
                text=reply.text,
                citations=[stored_citation(c, entries, documents) for c in reply.citations],
                passages=[stored_passage(i, p, entries) for i, p in enumerate(reply.passages, 1)],
                tokens=asdict(reply.counters) if reply.counters is not None else {},
                seconds=reply.seconds,
                model=about,
            )

        self._try(save)
        self._finished = message if self.saving else None

    def _try(self, save: Callable[[Store, int], None]) -> None:
        if self._store is None or self._session is None:
            return
        try:
            save(self._store, self._session)
        except CoreError as error:
            self._session = self._message = self._finished = None
            self._on_trouble(f"Not saved from here on: {error} {error.hint}".strip())

    def __enter__(self) -> Recorder:
        """The recorder itself; leaving the block saves the words that wait, whatever happened."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Save the words that wait."""
        self.flush()


def open_session(
    store: Store, name: str | None, *, settings: Mapping[str, Any], system_prompt: str = ""
) -> tuple[int, SessionRecord | None]:
    """The number of the session called `name`, and what is saved in it: None for a new one, as without a name."""
    if name is None:
        return store.create(system_prompt=system_prompt, settings=settings), None
    number, created = store.open_or_create(name, system_prompt=system_prompt, settings=settings)
    return number, None if created else store.load(number)


def _about(model: ModelInfo) -> dict[str, Any]:
    """What is kept of the model with an answer: what it is, and up to where it was verified just now."""
    # The fingerprint stands for what these hold; every answer would repeat kilobytes of it.
    plain = {name: value for name, value in asdict(model).items() if name not in ("facts", "loaded_facts")}
    return {**plain, STANDING: standing_for(model).as_json()}


def _part(entry: Entry) -> tuple[bool, tuple[int, int] | None]:
    return entry.included, entry.pages


def stored_citation(
    citation: Citation, entries: Sequence[Entry], documents: Sequence[PromptDocument]
) -> StoredCitation:
    """As a session keeps it. entries[i] is what documents[i] was made of."""
    elsewhere = describe_place(citation.elsewhere, documents) if citation.elsewhere is not None else None
    plain = StoredCitation(
        citation.number,
        citation.quote,
        citation.state,
        mark=citation.mark,
        found_elsewhere=elsewhere,
        answer_start=citation.start,
        answer_end=citation.end,
    )
    found = citation.found
    if found is None:
        return plain
    entry = entries[found.document]
    section = entry.sections_in()[found.section]
    return replace(plain, key=entry.key, section=section, start=found.start, end=found.end, span=found.span)


def stored_passage(number: int, passage: Passage, entries: Sequence[Entry]) -> StoredPassage:
    """As a session keeps it, the `number`-th of its answer."""
    entry = entries[passage.document]
    return StoredPassage(
        number=number,
        key=entry.key,
        section=entry.sections_in()[passage.section],
        start=passage.start,
        end=passage.end,
        span=passage.span,
        text=passage.text,
        score=passage.score,
    )
