"""Task "order": the same request was made several times, and one of the answers is asked for by its turn."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.selfcheck.judging import judge_values
from engine.selfcheck.task import Item, Judged, Kind
from engine.selfcheck.tasks.keyed import sentence
from engine.selfcheck.words import Keys, own_generator, words

_FRAMES = (
    "The password given out for the {key} was {value}.",
    "When somebody asked again, the password given out for the {key} was {value}.",
    "Across the counter, the password given out for the {key} was {value}.",
    "As far as anyone could hear, the password given out for the {key} was {value}.",
)
_TURNS = ("first", "second", "third", "fourth", "fifth")


@dataclass(frozen=True, slots=True)
class Order:
    """See the module. requests: fewest and most, which is told nowhere."""

    name: str = "order"
    kind: Kind = "reasoning"
    spread: bool = True
    requests: tuple[int, int] = (3, 5)

    def items(self, chosen: random.Random, count: int) -> list[Item]:
        """See engine.selfcheck.task.Task."""
        chosen = own_generator(chosen, self.name)
        keys = Keys(chosen, self.name)
        return [self._item(chosen, keys.fresh()) for _ in range(count)]

    def _item(self, chosen: random.Random, key: str) -> Item:
        values = chosen.sample(words().turns, chosen.randint(*self.requests))
        turn = chosen.randrange(len(values))
        return Item(
            task=self.name,
            needles=tuple(sentence(chosen, _FRAMES, "", key, value) for value in values),
            question=f"Which password was the {_TURNS[turn]} to be given out for the {key}?",
            expected=(values[turn],),
            # What was given out at another turn is all there is to confuse it with.
            wrong=tuple(value for value in values if value != values[turn]),
            opening=f"The {_TURNS[turn]} password given out for the {key} was",
            telling=(key,),
        )

    def filler(self, chosen: random.Random, items: Sequence[Item]) -> Iterator[str] | None:
        """Any text will do."""
        return None

    def judge(self, item: Item, answer: str, *, refusal: str = "") -> Judged:
        """See engine.selfcheck.task.Task."""
        return judge_values(item, answer, words().turns)


TASK = Order()
