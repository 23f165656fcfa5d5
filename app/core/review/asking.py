"""One pass as a prompt: the same tokens for every checklist up to the checklist's own words.

Every piece is encoded by itself and the ids are joined, so that what was counted for packing is what is read. Knows no
findings and no files on disk.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from app.core.answering import Settings
from app.core.review.checklists import Checklist
from app.core.review.passes import Pass
from app.core.review.prompting import checklist_text, file_text, system_text
from app.core.review.schema import finding_schema
from app.core.review.scope import Scope
from engine.backends.base import Backend
from engine.protocol import Prompt

MOST_FINDINGS = 8
TOKENS_FOR_A_FINDING = 256
"""Room in an answer without which one more finding is not asked for."""

_STEP = 1024
"""What is kept free for a checklist is a multiple of so many tokens."""


def most_findings(max_answer: int) -> int:
    """How many findings an answer of so many tokens may hold."""
    return max(1, min(MOST_FINDINGS, max_answer // TOKENS_FOR_A_FINDING))


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the code in every prompt of a review. before: template and system prompt; after: its end.

    room: tokens for code and what all passes begin with.
    """

    before: array[int]
    after: array[int]
    room: int


def frame_for(backend: Backend, settings: Settings, checklists: Sequence[Checklist]) -> Frame:
    """The frame in the loaded model's template. Raises the engine's errors.

    The room does not depend on small differences between checklists, so that the next one finds the same passes.
    """
    most = most_findings(settings.max_answer)
    system = system_text(most)
    if backend.info.has_system_role:
        opening, between, after = backend.frame(["system", "user"], settings.date)
        before = opening + backend.encode([system])[0] + between
    else:
        opening, after = backend.frame(["user"], settings.date)
        before = opening + backend.encode([f"{system}\n"])[0]
    n_ctx = backend.info.n_ctx
    step = min(_STEP, n_ctx // 4)
    questions = max(backend.count([checklist_text(one, most) for one in checklists]), default=0)
    kept_free = (questions // step + 1) * step
    return Frame(before, after, n_ctx - len(before) - len(after) - kept_free - settings.max_answer)


@dataclass(frozen=True, slots=True)
class PassPrompt:
    """A pass, encoded. tokens: all that stands before the checklist. ends: where the common part and each file end."""

    tokens: array[int]
    ends: tuple[int, ...]


def encode_pass(backend: Backend, scope: Scope, one: Pass, common: str, frame: Frame) -> PassPrompt:
    """The pass's files behind what all passes begin with."""
    texts = [common] if common else []
    texts += [file_text(scope, part.path, part.shown) for part in one.parts]
    pieces = backend.encode(texts)
    tokens: array[int] = array("i", frame.before)
    for piece in pieces:
        tokens += piece
    return PassPrompt(tokens, tuple(accumulate(map(len, pieces), initial=len(frame.before)))[1:])


def prompt_for(
    backend: Backend, encoded: PassPrompt, one: Pass, checklist: Checklist, settings: Settings, frame: Frame
) -> Prompt:
    """The question about a pass with one checklist."""
    most = most_findings(settings.max_answer)
    schema = finding_schema(one.paths, categories=[item.id for item in checklist.items], most=most)
    (asked,) = backend.encode([checklist_text(checklist, most)])
    return Prompt(
        encoded.tokens + asked + frame.after,
        len(encoded.tokens),
        settings.max_answer,
        replace(settings.sampling, schema=json.dumps(schema), grammar=""),
        boundaries=encoded.ends,
        keep=settings.keep_read is not None,
        owner=settings.keep_read.owner if settings.keep_read is not None else "",
    )
