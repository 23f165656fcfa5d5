"""What the tasks with keys and seven-digit values have in common: their sentences, near keys, and the judgement.

The value always follows the key at once, so that the answer's opening words lead to it; what goes before is said in
many ways. Knows no task by name.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.selfcheck.judging import judge_values
from engine.selfcheck.task import Item, Judged, Kind
from engine.selfcheck.words import Keys, Numbers, own_generator

FRAMES = (
    "The {what} for the {key} is {value}.",
    "Since the last change the {what} for the {key} is {value}.",
    "For the record, the {what} for the {key} is {value}.",
    "It was settled long ago that the {what} for the {key} is {value}.",
    "Nobody has to look up that the {what} for the {key} is {value}.",
    "A notice on the door says that the {what} for the {key} is {value}.",
    "As was said before, the {what} for the {key} is {value}.",
    "They told every new member that the {what} for the {key} is {value}.",
)
"""Each is a sentence by itself."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """A task whose items ask for the number that belongs to one key. decoys: near keys laid beside each."""

    name: str
    kind: Kind
    whats: tuple[str, ...]
    decoys: int
    frames: tuple[str, ...] = FRAMES
    spread: bool = False
    max_answer: int = 48

    def items(self, chosen: random.Random, count: int) -> list[Item]:
        """See engine.selfcheck.task.Task."""
        chosen = own_generator(chosen, self.name)
        keys, numbers = Keys(chosen, self.name), Numbers(chosen, self.name)
        # The keys that are asked for come first: a near key never is one of them.
        asked = [keys.fresh() for _ in range(count)]
        return [self._item(chosen, key, keys, numbers) for key in asked]

    def _item(self, chosen: random.Random, key: str, keys: Keys, numbers: Numbers) -> Item:
        what = chosen.choice(self.whats)
        value, *wrong = [numbers.fresh() for _ in range(1 + self.decoys)]
        near = keys.near(key, self.decoys)
        return Item(
            task=self.name,
            needles=(sentence(chosen, self.frames, what, key, value),),
            question=f"What is the {what} for the {key}?",
            expected=(value,),
            decoys=tuple(sentence(chosen, self.frames, what, *pair) for pair in zip(near, wrong, strict=True)),
            wrong=tuple(wrong),
            opening=f"The {what} for the {key} is",
            max_answer=self.max_answer,
            telling=(key,),
        )

    def filler(self, chosen: random.Random, items: Sequence[Item]) -> Iterator[str] | None:
        """Any text will do."""
        return None

    def judge(self, item: Item, answer: str, *, refusal: str = "") -> Judged:
        """See engine.selfcheck.task.Task."""
        return judge_values(item, answer, "number")


def sentence(chosen: random.Random, frames: Sequence[str], what: str, key: str, value: str) -> str:
    """One of the frames, filled in."""
    return chosen.choice(frames).format(what=what, key=key, value=value)
