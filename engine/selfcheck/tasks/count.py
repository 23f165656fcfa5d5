"""Task "count": which goods a ledger names most often. The haystack is made of several ledgers' lines by turns.

The two that are asked for stand in every line of their ledger, the next two in every second one and all others more
rarely: the lines that are laid as needles prove the answer by themselves, however few or many more of the same ledger
there are at a length, and nothing but counting gives it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from engine.selfcheck.judging import judge_values
from engine.selfcheck.task import Item, Judged, Kind
from engine.selfcheck.words import own_generator, words

_FRAMES = (
    "In {town} they sold {goods}.",
    "That day in {town} they sold {goods}.",
    "At the stalls in {town} they sold {goods}.",
    "Soon after sunrise in {town} they sold {goods}.",
    "All week long in {town} they sold {goods}.",
)
_MOST, _NEXT, _OTHERS = 2, 2, 12
_OTHERS_A_LINE = 2
_LAID = 3
_BYSTANDERS = 3


@dataclass(frozen=True, slots=True)
class Count:
    """See the module."""

    name: str = "count"
    kind: Kind = "reasoning"
    spread: bool = True

    def items(self, chosen: random.Random, count: int) -> list[Item]:
        """See engine.selfcheck.task.Task; no more than there are towns."""
        chosen = own_generator(chosen, self.name)
        return [self._item(chosen, town) for town in chosen.sample(words().towns, min(count, self._most))]

    @property
    def _most(self) -> int:
        return len(words().towns) - _BYSTANDERS

    def _item(self, chosen: random.Random, town: str) -> Item:
        goods = chosen.sample(words().goods, _MOST + _NEXT)
        most = sorted(goods[:_MOST])
        ledger = _ledger(chosen, town, most, goods[_MOST:])
        return Item(
            task=self.name,
            needles=tuple(islice(ledger, _LAID)),
            question=f"Which two goods were sold most often in {town}? Name them in alphabetical order.",
            expected=tuple(most),
            wrong=tuple(goods[_MOST:]),
            opening=f"In alphabetical order, the two goods sold most often in {town} were",
            telling=(town,),
        )

    def filler(self, chosen: random.Random, items: Sequence[Item]) -> Iterator[str] | None:
        """Lines of the ledgers of `items`, which go on as they began, and of some that nobody asks about."""
        chosen = own_generator(chosen, f"{self.name} lines")
        towns = {phrase for item in items for phrase in item.telling}
        others = [town for town in words().towns if town not in towns]
        bystanders = [self._item(chosen, town) for town in chosen.sample(others, _BYSTANDERS)]
        return _by_turns(
            chosen, [_ledger(chosen, item.telling[0], item.expected, item.wrong) for item in (*items, *bystanders)]
        )

    def judge(self, item: Item, answer: str, *, refusal: str = "") -> Judged:
        """Both of them and no other goods."""
        return judge_values(item, answer, words().goods)


def _by_turns(chosen: random.Random, ledgers: Sequence[Iterator[str]]) -> Iterator[str]:
    while True:
        yield from (next(ledger) for ledger in chosen.sample(ledgers, len(ledgers)))


def _ledger(chosen: random.Random, town: str, most: Sequence[str], runners_up: Sequence[str]) -> Iterator[str]:
    taken = {*most, *runners_up}
    others = chosen.sample([goods for goods in words().goods if goods not in taken], _OTHERS)
    rare, runner_up = cycle(others), cycle(runners_up)
    while True:
        goods = [*most, next(runner_up), *(next(rare) for _ in range(_OTHERS_A_LINE))]
        chosen.shuffle(goods)
        listed = f"{', '.join(goods[:-1])} and {goods[-1]}"
        yield chosen.choice(_FRAMES).format(town=town, goods=listed)


TASK = Count()
