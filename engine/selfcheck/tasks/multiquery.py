"""Task "multiquery": the values of several keys are asked for at once."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.selfcheck.judging import judge_values
from engine.selfcheck.task import Item, Judged, Kind
from engine.selfcheck.tasks.keyed import FRAMES, sentence
from engine.selfcheck.words import Keys, Numbers, own_generator

_WHATS = ("account number", "pass number", "seat number")


@dataclass(frozen=True, slots=True)
class Multiquery:
    """See the module. asked: keys of one question."""

    name: str = "multiquery"
    kind: Kind = "retrieval"
    spread: bool = True
    asked: int = 3
    decoys: int = 3
    frames: tuple[str, ...] = FRAMES

    def items(self, chosen: random.Random, count: int) -> list[Item]:
        """See engine.selfcheck.task.Task."""
        chosen = own_generator(chosen, self.name)
        keys, numbers = Keys(chosen, self.name), Numbers(chosen, self.name)
        asked = [[keys.fresh() for _ in range(self.asked)] for _ in range(count)]
        return [self._item(chosen, group, keys, numbers) for group in asked]

    def _item(self, chosen: random.Random, asked: list[str], keys: Keys, numbers: Numbers) -> Item:
        what = chosen.choice(_WHATS)
        values = {key: numbers.fresh() for key in asked}
        wrong = [numbers.fresh() for _ in range(self.decoys)]
        near = [keys.near(asked[i % len(asked)], 1)[0] for i in range(self.decoys)]
        # They stand in the text in another order than they are asked for.
        laid = chosen.sample(asked, len(asked))
        listed = f"the {', the '.join(asked[:-1])} and the {asked[-1]}"
        return Item(
            task=self.name,
            needles=tuple(sentence(chosen, self.frames, what, key, values[key]) for key in laid),
            question=f"What are the {what}s for {listed}? Name them in this order, with commas between.",
            expected=tuple(values.values()),
            decoys=tuple(sentence(chosen, self.frames, what, *pair) for pair in zip(near, wrong, strict=True)),
            wrong=tuple(wrong),
            opening=f"The {what}s for {listed} are",
            max_answer=96,
            telling=tuple(asked),
        )

    def filler(self, chosen: random.Random, items: Sequence[Item]) -> Iterator[str] | None:
        """Any text will do."""
        return None

    def judge(self, item: Item, answer: str, *, refusal: str = "") -> Judged:
        """All of them and no other, in any order."""
        return judge_values(item, answer, "number")


TASK = Multiquery()
