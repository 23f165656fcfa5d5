"""In what order lengths come: contexts of a few lines first, then longer ones, a share of short ones to the end.

Knows nothing of the tasks.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from resources.pocket.batches import Shape

TINY, SHORT, MIDDLE, LONG = Shape(8, 256, 256), Shape(4, 640, 448), Shape(2, 1280, 896), Shape(1, 3200, 1280)
_STAGES: tuple[tuple[int, dict[Shape, float]], ...] = (
    (150, {TINY: 1.0}),
    (400, {TINY: 0.5, SHORT: 0.5}),
    (1600, {TINY: 0.4, SHORT: 0.5, MIDDLE: 0.1}),
    (2400, {TINY: 0.15, SHORT: 0.45, MIDDLE: 0.4}),
    (10**9, {TINY: 0.05, SHORT: 0.2, MIDDLE: 0.5, LONG: 0.25}),
)
"""(until which step, how often each shape is drawn)."""
_FIRST_REFUSAL = 200
_MANY_CHUNKS = 2400
"""From this step on chunk borders are common; before, the reader must first learn to read within one chunk."""

_LEAST_CHUNK = 320
"""Tokens: in a shorter one too many lines would stand apart from the mark before them."""


@dataclass(frozen=True, slots=True)
class Draw:
    """The shape of one step. chunk: tokens per chunk, where chunks are told apart; cut: questions see none.

    refusals: part of the unanswerable questions that is asked."""

    shape: Shape
    chunk: int | None
    cut: bool
    refusals: float


def draw(step: int, random: Random) -> Draw:
    """Short chunks stand for long contexts: what the chunked layers cannot see, the full ones must find."""
    shares = next(shares for until, shares in _STAGES if step < until)
    shape = random.choices(list(shares), list(shares.values()))[0]
    sizes = [shape.context // parts for parts in (1, 2, 4) if shape.context // parts >= _LEAST_CHUNK]
    chunk = random.choice(sizes) if sizes and random.random() < (0.4 if step > _MANY_CHUNKS else 0.15) else None
    cut = chunk is not None and random.random() < 0.5
    return Draw(shape, chunk, cut, refusals=0.0 if step < _FIRST_REFUSAL else 0.5)
