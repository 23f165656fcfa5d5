"""Task "uuid": every line says to which UUID another one leads, and one of them is asked for.

Nothing tells the right line from the others but the whole of its key. The haystack is made of such lines alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.selfcheck.judging import judge_values
from engine.selfcheck.task import Item, Judged, Kind
from engine.selfcheck.words import fresh_uuid, own_generator

_FRAMES = (
    "The entry {key} leads to {value}.",
    "It is noted that the entry {key} leads to {value}.",
    "On this page the entry {key} leads to {value}.",
    "As before, the entry {key} leads to {value}.",
)


@dataclass(frozen=True, slots=True)
class Uuids:
    """See the module."""

    name: str = "uuid"
    kind: Kind = "retrieval"
    spread: bool = False
    decoys: int = 2

    def items(self, chosen: random.Random, count: int) -> list[Item]:
        """See engine.selfcheck.task.Task."""
        chosen = own_generator(chosen, self.name)
        return [self._item(chosen) for _ in range(count)]

    def _item(self, chosen: random.Random) -> Item:
        key, value = fresh_uuid(chosen), fresh_uuid(chosen)
        wrong = tuple(fresh_uuid(chosen) for _ in range(self.decoys))
        return Item(
            task=self.name,
            needles=(_sentence(chosen, key, value),),
            question=f"To which identifier does the entry {key} lead?",
            expected=(value,),
            decoys=tuple(_sentence(chosen, fresh_uuid(chosen), other) for other in wrong),
            wrong=wrong,
            opening=f"The entry {key} leads to",
            max_answer=96,
            telling=(key,),
        )

    def filler(self, chosen: random.Random, items: Sequence[Item]) -> Iterator[str] | None:
        """More lines of the same kind: 122 random bits do not meet an item's by chance."""
        while True:
            yield _sentence(chosen, fresh_uuid(chosen), fresh_uuid(chosen))

    def judge(self, item: Item, answer: str, *, refusal: str = "") -> Judged:
        """See engine.selfcheck.task.Task."""
        return judge_values(item, answer, "uuid")


def _sentence(chosen: random.Random, key: str, value: str) -> str:
    return chosen.choice(_FRAMES).format(key=key, value=value)


TASK = Uuids()
