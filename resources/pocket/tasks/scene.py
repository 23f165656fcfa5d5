"""What every generator yields: passages of lines, and questions that name the lines which answer them.

Knows nothing of tokens, prompts or marks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from ingest.document import Kind


@dataclass(frozen=True, slots=True)
class Ask:
    """A question and the indices of the lines that answer it, in the order of the answer. None: not in the sources."""

    question: str
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """Sentences (prose) or lines (code, logs; blank ones allowed) in order, and what can be asked about them."""

    kind: Kind
    lines: tuple[str, ...]
    asks: tuple[Ask, ...]


Generator = Callable[[Random, int], Passage]
"""Makes a passage of roughly that many lines."""


def merge(passages: list[Passage], random: Random) -> Passage:
    """The lines of several prose passages shuffled into each other, each passage's own order kept."""
    order = [index for index, passage in enumerate(passages) for _ in passage.lines]
    random.shuffle(order)
    taken = [0] * len(passages)
    places: list[list[int]] = [[] for _ in passages]
    lines: list[str] = []
    for index in order:
        places[index].append(len(lines))
        lines.append(passages[index].lines[taken[index]])
        taken[index] += 1
    asks = [
        Ask(ask.question, tuple(places[index][line] for line in ask.lines))
        for index, passage in enumerate(passages)
        for ask in passage.asks
    ]
    random.shuffle(asks)
    return Passage(passages[0].kind, tuple(lines), tuple(asks))
