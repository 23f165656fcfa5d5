"""Task "multivalue": one key has several values, all of which are asked for."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.selfcheck.judging import judge_values
from engine.selfcheck.task import Item, Judged, Kind
from engine.selfcheck.tasks.keyed import sentence
from engine.selfcheck.words import Keys, Numbers, own_generator

_WHATS = ("reserve code", "emergency code", "repair code")
_FRAMES = (
    "One {what} for the {key} is {value}.",
    "As is well known, one {what} for the {key} is {value}.",
    "From this week on one {what} for the {key} is {value}.",
    "It says in the handbook that one {what} for the {key} is {value}.",
    "Besides, one {what} for the {key} is {value}.",
)


@dataclass(frozen=True, slots=True)
class Multivalue:
    """See the module. values: fewest and most of one key, which the question does not tell."""

    name: str = "multivalue"
    kind: Kind = "retrieval"
    spread: bool = True
    values: tuple[int, int] = (3, 4)
    decoys: int = 3
    frames: tuple[str, ...] = _FRAMES

    def items(self, chosen: random.Random, count: int) -> list[Item]:
        """See engine.selfcheck.task.Task."""
        chosen = own_generator(chosen, self.name)
        keys, numbers = Keys(chosen, self.name), Numbers(chosen, self.name)
        asked = [keys.fresh() for _ in range(count)]
        return [self._item(chosen, key, keys, numbers) for key in asked]

    def _item(self, chosen: random.Random, key: str, keys: Keys, numbers: Numbers) -> Item:
        what = chosen.choice(_WHATS)
        values = [numbers.fresh() for _ in range(chosen.randint(*self.values))]
        wrong = [numbers.fresh() for _ in range(self.decoys)]
        near = keys.near(key, self.decoys)
        return Item(
            task=self.name,
            needles=tuple(sentence(chosen, self.frames, what, key, value) for value in values),
            question=f"What is every {what} for the {key}? Name them in the order of the text, with commas between.",
            expected=tuple(values),
            decoys=tuple(sentence(chosen, self.frames, what, *pair) for pair in zip(near, wrong, strict=True)),
            wrong=tuple(wrong),
            opening=f"In the order of the text, the {what}s for the {key} are",
            max_answer=96,
            telling=(key,),
        )

    def filler(self, chosen: random.Random, items: Sequence[Item]) -> Iterator[str] | None:
        """Any text will do."""
        return None

    def judge(self, item: Item, answer: str, *, refusal: str = "") -> Judged:
        """All of them and no other, in any order."""
        return judge_values(item, answer, "number")


TASK = Multivalue()
