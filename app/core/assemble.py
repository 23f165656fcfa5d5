"""From workspace, conversation and question to one token sequence and the budget that describes it exactly.

Every piece (template, system prompt, each heading, each section, each question and answer) is encoded by itself and
the ids are joined, so the parts of a budget add up to the prompt by construction, and a document can never turn
into control tokens. Knows no database and no command line.
"""

from __future__ import annotations

import datetime
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice

from app.core.budget import Budget
from app.core.count_cache import CountCache
from app.core.marks import Mark, MarkStyle
from app.core.prompt import PromptDocument, mark_documents, marked_texts, question_text
from engine.backends.base import Backend

_BATCH = 64


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question and its answer."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class EncodedDocuments:
    """The documents' part of every prompt over them. by_document: tokens of each, heading and marks included."""

    tokens: array[int] = field(default_factory=lambda: array("i"))
    by_document: tuple[int, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Assembled:
    """A prompt ready to be asked: tokens[:prefix] stay the same from question to question.

    boundaries: positions in `tokens` at which a document ends.
    """

    tokens: array[int]
    prefix: int
    budget: Budget
    boundaries: tuple[int, ...] = ()


def encode_documents(
    backend: Backend,
    documents: Sequence[PromptDocument],
    style: MarkStyle,
    *,
    on_progress: Callable[[int], None] | None = None,
) -> EncodedDocuments:
    """Encode all documents once. on_progress: tokens so far. Raises ingest.errors for changed lazy sources."""
    tokens: array[int] = array("i")
    marks: list[Mark] = []
    by_document = [0] * len(documents)
    # A heading opens each document, so headings tell where the next one begins.
    document = -1
    pieces = mark_documents(documents, style)
    lengths = iter([1 + len(d.sections) for d in documents])
    left = 0
    while batch := list(islice(pieces, _BATCH)):
        for piece, encoded in zip(batch, backend.encode([p.text for p in batch]), strict=True):
            while left == 0:
                document += 1
                left = next(lengths)
            left -= 1
            tokens.extend(encoded)
            by_document[document] += len(encoded)
            marks += piece.marks
        if on_progress is not None:
            on_progress(len(tokens))
    return EncodedDocuments(tokens, tuple(by_document), tuple(marks))


def count_documents(
    backend: Backend,
    documents: Sequence[PromptDocument],
    style: MarkStyle,
    *,
    stop: Callable[[], bool] | None = None,
    known: CountCache | None = None,
) -> list[list[int]]:
    """Tokens of each document's heading and sections, as `encode_documents` would encode them, without keeping ids.

    result[i][0] is the heading of documents[i], result[i][1 + j] its section j. known: counts of before, added to.
    """
    return count_marked(backend, documents, style, stop=stop, known=known)[0]


def count_marked(
    backend: Backend,
    documents: Sequence[PromptDocument],
    style: MarkStyle,
    *,
    stop: Callable[[], bool] | None = None,
    known: CountCache | None = None,
    first_number: int = 1,
) -> tuple[list[list[int]], int]:
    """The same for documents that stand behind others, whose marks end before `first_number`; and the next number."""
    counts: list[int] = []
    number = first_number
    pieces = marked_texts(documents, style, first_number=first_number)
    while batch := list(islice(pieces, _BATCH)):
        texts = [text for text, _ in batch]
        counts += backend.count(texts, stop=stop) if known is None else known.count(backend, texts, stop=stop)
        number += sum(marks for _, marks in batch)
    flat = iter(counts)
    return [list(islice(flat, 1 + len(d.sections))) for d in documents], number


def assemble(
    backend: Backend,
    documents: EncodedDocuments,
    *,
    system: str,
    turns: Sequence[Turn],
    question: str,
    max_answer: int,
    date: datetime.date,
) -> Assembled:
    """One prompt. The budget may be over; then it must not be asked (the engine would refuse it too)."""
    with_system = bool(system) and backend.info.has_system_role
    roles, texts = _conversation(system if with_system else "", turns, question)
    pieces = backend.frame(roles, date)
    encoded = iter(backend.encode([*texts, *([] if with_system or not system else [system + "\n\n"])]))
    contents = [next(encoded) for _ in texts]
    opening = 1 if with_system else 0

    tokens: array[int] = array("i", pieces[0])
    if with_system:
        tokens += contents[0] + pieces[1]
    elif system:
        tokens += next(encoded)
    system_tokens = len(tokens)
    tokens += documents.tokens
    prefix = len(tokens)
    for content, piece in zip(contents[opening:], pieces[opening + 1 :], strict=True):
        tokens += content + piece
    budget = Budget(
        context=backend.info.n_ctx,
        system=system_tokens,
        documents=prefix - system_tokens,
        conversation=len(tokens) - prefix,
        answer=max_answer,
    )
    boundaries = tuple(accumulate(documents.by_document, initial=system_tokens))[1:]
    return Assembled(tokens, prefix, budget, boundaries)


def _conversation(system: str, turns: Sequence[Turn], question: str) -> tuple[list[str], list[str]]:
    """Roles and texts of all messages; the first user message is what follows the documents in it."""

    def messages() -> Iterator[tuple[str, str]]:
        if system:
            yield "system", system
        questions = [*(t.question for t in turns), question]
        for i, asked in enumerate(questions):
            yield "user", question_text(asked) if i == 0 else asked.strip()
            if i < len(turns):
                yield "assistant", turns[i].answer

    pairs = list(messages())
    return [role for role, _ in pairs], [text for _, text in pairs]
