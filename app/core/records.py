"""What a saved session is made of, as plain frozen data. Knows no database."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from app.core.review.finding import Review
from app.core.workspace import Workspace
from ingest.document import Kind, Span
from ingest.errors import SourceGone

Role = Literal["user", "assistant"]
HitPlace = Literal["name", "question", "answer", "document"]

LOGPROBS = "logprobs"
"""Under this name what is kept of an answer's model holds [character, log-probability] of each token."""

STANDING = "selfcheck"
"""Under this name it holds what was known of the model's verified length when it answered."""


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """A session as it stands in a list. Times are in UTC; changed is when anything was last saved in it."""

    id: int
    name: str
    created: datetime.datetime
    changed: datetime.datetime
    pinned: bool
    deleted_at: datetime.datetime | None
    documents: int
    messages: int


@dataclass(frozen=True, slots=True)
class RemovedDocument:
    """What is still known of a document that was taken out of its session; its key is never given again."""

    key: str
    name: str
    path: str
    kind: Kind
    sha256: str | None


@dataclass(frozen=True, slots=True)
class StoredCitation:
    """One citation of an answer, and what came of checking it.

    state: exact | near | missing | not_quoted. mark: as written in the answer, None when there was none. key, section,
    start, end: the document's key and the characters [start, end) of its section, None when nothing was found.
    found_elsewhere: for a missing quote, where it does stand, in words. answer_start, answer_end: the characters of
    the answer that hold the quote, or the claim without one; None where they were not kept.
    """

    number: int
    quote: str
    state: str
    mark: str | None = None
    key: str | None = None
    section: int | None = None
    start: int | None = None
    end: int | None = None
    span: Span = field(default_factory=Span)
    found_elsewhere: str | None = None
    answer_start: int | None = None
    answer_end: int | None = None


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """One passage given as evidence: characters [start, end) of section `section` of document `key`, verbatim."""

    number: int
    key: str
    section: int
    start: int
    end: int
    span: Span
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A question or an answer. finished: False for an answer that was cut off while it was written.

    tokens and timings (seconds) as they were handed over when the answer was finished.
    """

    id: int
    role: Role
    text: str
    mode: str
    model: Mapping[str, Any]
    timings: Mapping[str, float]
    tokens: Mapping[str, int]
    finished: bool
    created: datetime.datetime
    citations: tuple[StoredCitation, ...] = ()
    passages: tuple[StoredPassage, ...] = ()

    @property
    def used(self) -> int | None:
        """Tokens of the context that an answer took, its own included; None where they were not counted."""
        counts = [self.tokens.get(name) for name in ("prefix", "question", "answer")]
        known = [count for count in counts if isinstance(count, int)]
        return sum(known) if len(known) == len(counts) else None

    @property
    def logprobs(self) -> tuple[tuple[int, float], ...]:
        """For each token of an answer the character it begins with and its log-probability; () where not kept."""
        kept = self.model.get(LOGPROBS)
        if not isinstance(kept, list):
            return ()
        pairs = [pair for pair in kept if isinstance(pair, list) and len(pair) == 2]
        return tuple((int(a), float(b)) for a, b in pairs if _is_number(a) and _is_number(b))


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """Everything that was saved of one session, enough to take it up again without its files.

    incomplete: keys of documents of which some text was never prompted and so not kept; `TextNotKept` stands in
    its place. removed: the documents that were taken out, which answers may still cite. view: as `Store.set_view`
    was given it. reviews: of code, the oldest first; dismissed: fingerprints of findings, each with the reason.
    """

    summary: SessionSummary
    system_prompt: str
    settings: Mapping[str, Any]
    workspace: Workspace
    messages: tuple[MessageRecord, ...]
    incomplete: tuple[str, ...] = ()
    removed: tuple[RemovedDocument, ...] = ()
    view: Mapping[str, Any] = field(default_factory=dict)
    reviews: tuple[Review, ...] = ()
    dismissed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TextNotKept:
    """Stands for the text of a section that was never prompted."""

    name: str

    def read(self) -> str:
        """Raises SourceGone, always."""
        raise SourceGone(
            f"This part of {self.name} was never asked about, so its text was not kept; add the file again."
        )


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A place in a saved session where every word of a search stands.

    message: its id, for a question or an answer. key, section, label: for a document. snippet: the words around
    the first one, white space collapsed.
    """

    session: int
    session_name: str
    place: HitPlace
    snippet: str
    message: int | None = None
    key: str | None = None
    document: str | None = None
    section: int | None = None
    label: str | None = None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
