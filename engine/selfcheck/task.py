"""What a task of the self-check is: fresh questions with their needles, and a strict judgement of what is answered.

Pure; knows no model, no tokens and no marks. The tasks themselves are the modules of `engine.selfcheck.tasks`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Kind = Literal["smoke", "retrieval", "reasoning"]
"""smoke: says only that something works; never part of a verified length."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question and the lines that must stand in the haystack for it.

    needles: single lines of plain text, in the order in which they have to stand. decoys: lines that make it harder,
    anywhere. opening: words with which the answer begins, for models that go on from them; "" for none. expected: texts
    that must all be in the answer. wrong: values of the decoys; any of them in the answer is a miss. max_answer: in
    tokens. absent: what is asked for is not there, and saying so is the right answer.

    wrong[i] is the value in decoys[i]; what is left over belongs to needles that were not asked for. telling: phrases
    that may stand in no other line of the haystack (see engine.selfcheck.spoiling).
    """

    task: str
    needles: tuple[str, ...]
    question: str
    expected: tuple[str, ...]
    decoys: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    opening: str = ""
    max_answer: int = 48
    absent: bool = False
    telling: tuple[str, ...] = ()

    @property
    def gold(self) -> str:
        """The right values in their one order of writing, what follows `opening`; "" where there are none."""
        return ", ".join(self.expected)

    @property
    def rivals(self) -> tuple[str, ...]:
        """What a decoy would have `gold` be: of the same shape, with one value put in the place of a right one."""
        if not self.expected:
            return self.wrong
        places = len(self.expected)
        return tuple(
            ", ".join((*self.expected[: i % places], value, *self.expected[i % places + 1 :]))
            for i, value in enumerate(self.wrong)
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """got: what the answer says, shortened. why: in words, for a miss."""

    passed: bool
    got: str
    why: str = ""


class Task(Protocol):
    """spread: needles stand all over the haystack, so that there is no depth; else each item has one needle."""

    @property
    def name(self) -> str:
        """As it is asked for on the command line."""
        ...

    @property
    def kind(self) -> Kind:
        """What it says something about."""
        ...

    @property
    def spread(self) -> bool:
        """Whether it has no depth."""
        ...

    def items(self, chosen: random.Random, count: int) -> list[Item]:
        """So many items, no two with the same key; the same for a generator in the same state.

        Fewer where the task has no more different ones.
        """
        ...

    def filler(self, chosen: random.Random, items: Sequence[Item]) -> Iterator[str] | None:
        """Endless lines that fill the haystack, where the task needs its own; None: any text will do.

        None of them may answer or spoil any of `items`.
        """
        ...

    def judge(self, item: Item, answer: str, *, refusal: str = "") -> Judged:
        """Strict: a dump of values, a decoy, a longer number that holds the right one are misses.

        refusal: the sentence with which this model refuses (`ModelInfo.refusal`), beside those that everyone uses.
        """
        ...
