"""Training batches: contexts read once, and beside each as many of its questions as fit, each blind to the others.

A batch is one shape: `contexts` contexts of `context` tokens, `questions` tokens of questions behind each. Knows
nothing of the model but its pad.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import numpy as np

from resources.pocket.rendering import Dialogue, Renderer
from resources.pocket.tasks.mixture import scene

_TOKENS_PER_LINE = 24


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a batch in tokens."""

    contexts: int
    context: int
    questions: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Token ids, targets (-1: no loss) and geometry. block: which question a token belongs to, -1 for padding.

    context (B, C), lengths (B,): used tokens of each context. asked, targets, block, positions: (B, Q).
    first: (B, Q), whether the target opens the answer.
    """

    context: np.ndarray
    lengths: np.ndarray
    asked: np.ndarray
    targets: np.ndarray
    block: np.ndarray
    positions: np.ndarray
    first: np.ndarray


def make_batch(
    renderer: Renderer, shape: Shape, seed: int, *, refusals: float, fill: tuple[float, float] = (0.5, 1.0)
) -> Batch:
    """The batch of that seed.

    refusals: part of the unanswerable questions that is kept. fill: part of the context that is used.
    """
    random = Random(seed)
    grid = (shape.contexts, shape.questions)
    batch = Batch(
        context=np.full((shape.contexts, shape.context), renderer.pad, dtype=np.int64),
        lengths=np.zeros(shape.contexts, dtype=np.int64),
        asked=np.full(grid, renderer.pad, dtype=np.int64),
        targets=np.full(grid, -1, dtype=np.int64),
        block=np.full(grid, -1, dtype=np.int64),
        positions=np.zeros(grid, dtype=np.int64),
        first=np.zeros(grid, dtype=bool),
    )
    for row in range(shape.contexts):
        _fill_row(batch, row, _fitting(renderer, random, shape.context, fill), random, refusals)
    return batch


def _fitting(renderer: Renderer, random: Random, room: int, fill: tuple[float, float]) -> Dialogue:
    wanted = room * random.uniform(*fill)
    while True:
        first = 1 if random.random() < 0.6 else random.randint(1, 1200)
        lines = max(2, int(wanted / _TOKENS_PER_LINE))
        dialogue = renderer.dialogue(scene(random, lines), random, first_number=first)
        if len(dialogue.context) <= room and dialogue.turns:
            return dialogue
        wanted *= 0.85


def _fill_row(batch: Batch, row: int, dialogue: Dialogue, random: Random, refusals: float) -> None:
    length = len(dialogue.context)
    batch.context[row, :length] = dialogue.context
    batch.lengths[row] = length
    turns = [turn for turn in dialogue.turns if not turn.refusal or random.random() < refusals]
    random.shuffle(turns)
    at = 0
    for number, turn in enumerate(turns):
        ids, answer = turn.ids, turn.answer
        size = len(ids) - 1
        if at + size > batch.asked.shape[1]:
            continue
        here = slice(at, at + size)
        batch.asked[row, here] = ids[:-1]
        batch.block[row, here] = number
        batch.positions[row, here] = length + np.arange(size)
        batch.targets[row, at + answer - 1 : at + size] = ids[answer:]
        batch.first[row, at + answer - 1] = True
        at += size
