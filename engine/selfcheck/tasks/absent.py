"""Task "absent": what is asked for is not there, though near keys are; a made-up value is a failure.

The needle is the nearest of them, so that there is a depth. Every value that the answer names is a miss, and it has to
say in plain words that what is asked for is not there.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.selfcheck.judging import judge_refusal
from engine.selfcheck.task import Item, Judged, Kind
from engine.selfcheck.tasks.keyed import FRAMES, sentence
from engine.selfcheck.words import Keys, Numbers, own_generator

_WHATS = ("permit number", "badge number", "ticket number")


@dataclass(frozen=True, slots=True)
class Absent:
    """See the module. decoys: near keys beside the needle, which is one itself."""

    name: str = "absent"
    kind: Kind = "retrieval"
    spread: bool = False
    decoys: int = 4
    frames: tuple[str, ...] = FRAMES

    def items(self, chosen: random.Random, count: int) -> list[Item]:
        """See engine.selfcheck.task.Task."""
        chosen = own_generator(chosen, self.name)
        keys, numbers = Keys(chosen, self.name), Numbers(chosen, self.name)
        asked = [keys.fresh() for _ in range(count)]
        return [self._item(chosen, key, keys, numbers) for key in asked]

    def _item(self, chosen: random.Random, key: str, keys: Keys, numbers: Numbers) -> Item:
        what = chosen.choice(_WHATS)
        wrong = [numbers.fresh() for _ in range(1 + self.decoys)]
        near = keys.near(key, 1 + self.decoys)
        lines = [sentence(chosen, self.frames, what, *pair) for pair in zip(near, wrong, strict=True)]
        # wrong[i] belongs to decoys[i]; the needle's own value comes last.
        return Item(
            task=self.name,
            needles=(lines[0],),
            question=f"What is the {what} for the {key}?",
            expected=(),
            decoys=tuple(lines[1:]),
            wrong=(*wrong[1:], wrong[0]),
            absent=True,
            telling=(key,),
        )

    def filler(self, chosen: random.Random, items: Sequence[Item]) -> Iterator[str] | None:
        """Any text will do."""
        return None

    def judge(self, item: Item, answer: str, *, refusal: str = "") -> Judged:
        """See engine.selfcheck.task.Task."""
        return judge_refusal(item, answer, "number", refusal=refusal)


TASK = Absent()
