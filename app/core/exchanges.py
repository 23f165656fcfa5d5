"""A conversation as it is shown: one question with all that came of it, while it happens and when it is opened again.

Knows no database, no engine and no Qt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from app.core.answering import Reply
from app.core.assemble import Turn
from app.core.failures import Failure
from app.core.prompt import PromptDocument
from app.core.recording import stored_citation, stored_passage
from app.core.records import MessageRecord, StoredCitation, StoredPassage
from app.core.workspace import Entry

State = Literal["reading", "writing", "done", "stopped", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and its answer. message: the answer's number in the session file, None while it is not saved.

    tokens, seconds: the engine's own figures by name, empty until the answer is there. ending: stop, length, cancelled.
    """

    question: str
    mode: str
    state: State
    text: str = ""
    citations: tuple[StoredCitation, ...] = ()
    passages: tuple[StoredPassage, ...] = ()
    tokens: Mapping[str, int] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    model: Mapping[str, Any] = field(default_factory=dict)
    ending: str | None = None
    failure: Failure | None = None
    message: int | None = None

    @property
    def under_way(self) -> bool:
        """Whether the answer is still to come."""
        return self.state in ("reading", "writing")


def answered(
    reply: Reply,
    *,
    entries: Sequence[Entry],
    documents: Sequence[PromptDocument],
    message: int | None,
    model: Mapping[str, Any],
) -> Exchange:
    """The exchange that `reply` closes. entries[i] is what documents[i] was made of."""
    counters = reply.counters
    return Exchange(
        reply.question,
        reply.mode,
        "stopped" if reply.ending == "cancelled" else "done",
        text=reply.text,
        citations=tuple(stored_citation(c, entries, documents) for c in reply.citations),
        passages=tuple(stored_passage(i, p, entries) for i, p in enumerate(reply.passages, 1)),
        tokens=asdict(counters) if counters is not None else {},
        seconds=dict(reply.seconds),
        model=model,
        ending=reply.ending,
        message=message,
    )


def from_messages(messages: Iterable[MessageRecord]) -> Iterator[Exchange]:
    """The exchanges of a saved session, in order."""
    question = ""
    for message in messages:
        if message.role == "user":
            question = message.text
            continue
        yield Exchange(
            question,
            message.mode,
            "done" if message.finished else "interrupted",
            text=message.text,
            citations=message.citations,
            passages=message.passages,
            tokens=message.tokens,
            seconds=message.timings,
            model=message.model,
            message=message.id,
        )


def turns_of(exchanges: Iterable[Exchange]) -> list[Turn]:
    """The earlier turns that a model is shown: answered questions, without passages of evidence."""
    return [
        Turn(e.question, e.text) for e in exchanges if e.mode == "model" and e.text and e.state in ("done", "stopped")
    ]
