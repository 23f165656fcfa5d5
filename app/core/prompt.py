"""Documents and a conversation become the texts of one prompt, in the order the model reads them.

The first user message holds every document, then the first question; later questions follow as turns. What
comes before the first question is therefore the same from question to question and is read only once.
Knows no tokens; `app.core.budget` counts what this module returns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.core.marks import MarkedText, MarkStyle, document_heading, mark_section, numbered_text
from ingest.document import Kind, Section

_PROMPTS = Path(__file__).resolve().parents[2] / "resources" / "prompts"


@dataclass(frozen=True, slots=True)
class PromptDocument:
    """A document as it goes into the prompt. `key` is its stable short name in the workspace, such as S3."""

    key: str
    name: str
    kind: Kind
    sections: Sequence[Section]


def mark_documents(
    documents: Sequence[PromptDocument], style: MarkStyle, *, first_number: int = 1
) -> Iterator[MarkedText]:
    """Heading and sections of each document in turn, lazily, so that no more than one text is held here.

    first_number: of the first mark, where marks are numbered.
    Raises ingest.errors.SourceChanged or SourceGone when a lazy section can no longer be read.
    """
    number = first_number
    for index, document in enumerate(documents):
        yield MarkedText(document_heading(document.key, document.name, style))
        for position, section in enumerate(document.sections):
            marked = mark_section(
                section.text,
                kind=document.kind,
                key=document.key,
                span=section.span,
                style=style,
                document=index,
                section=position,
                first_number=number,
                line_map=section.line_map,
            )
            number += len(marked.marks)
            yield marked


def marked_texts(
    documents: Sequence[PromptDocument], style: MarkStyle, *, first_number: int = 1
) -> Iterator[tuple[str, int]]:
    """The texts of `mark_documents`, each with the number of its marks: all that counting needs, and sooner there."""
    if style != "numbered":
        for piece in mark_documents(documents, style, first_number=first_number):
            yield piece.text, len(piece.marks)
        return
    number = first_number
    for document in documents:
        yield document_heading(document.key, document.name, style), 0
        for section in document.sections:
            text, marks = numbered_text(section.text, document.kind, number)
            number += marks
            yield text, marks


def question_text(question: str) -> str:
    """The last piece of the first user message, behind the documents."""
    return f"\nQuestion: {question.strip()}"


def default_system(style: MarkStyle) -> str:
    """The system prompt that goes with a style of marks, from resources/prompts."""
    return (_PROMPTS / f"system-{style}.txt").read_text(encoding="utf-8").strip()
