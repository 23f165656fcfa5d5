"""What the model is sent, as text and part by part, for a person to read. Knows no tokens and no window."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.core.assemble import Turn
from app.core.marks import MarkStyle
from app.core.prompt import default_system, mark_documents, question_text
from app.core.workspace import Workspace


def sent_parts(
    workspace: Workspace,
    *,
    style: MarkStyle,
    system: str | None,
    turns: Sequence[Turn],
    question: str,
    stop: Callable[[], bool] = lambda: False,
) -> list[tuple[str, str]]:
    """(heading, text) of the system prompt, each source with its marks, earlier turns and the question, in order.

    The tokens of the model's own template stand around these. Raises SourceChanged and SourceGone.
    """
    parts = [("System prompt", default_system(style) if system is None else system)]
    documents = workspace.prompt_documents()
    pieces = mark_documents(documents, style)
    for document in documents:
        texts: list[str] = []
        for _ in range(1 + len(document.sections)):
            if stop():
                return parts
            texts.append(next(pieces).text)
        parts.append((f"{document.key} {document.name}", "".join(texts)))
    for number, turn in enumerate(turns):
        asked = question_text(turn.question) if number == 0 else turn.question
        parts += [(f"Question {number + 1}", asked), (f"Answer {number + 1}", turn.answer)]
    if question.strip():
        parts.append(("The question", question_text(question) if not turns else question.strip()))
    return parts
