"""Task "variable": what a register holds has to be followed over two to four others that lie far apart.

How many steps there are is told nowhere. Other chains stand beside it, so the one number in the text is not the answer.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.selfcheck.judging import judge_values
from engine.selfcheck.task import Item, Judged, Kind
from engine.selfcheck.words import Numbers, own_generator

_STARTS = (
    "Register {to} is set to {value}.",
    "To begin with, register {to} is set to {value}.",
    "On the first sheet register {to} is set to {value}.",
    "Without any condition register {to} is set to {value}.",
)
_LINKS = (
    "Register {to} is set to what register {by} holds.",
    "After that, register {to} is set to what register {by} holds.",
    "On another sheet register {to} is set to what register {by} holds.",
    "By the same rule register {to} is set to what register {by} holds.",
)
# With more consonants some of the names would be words that nobody wants to read.
_CONSONANTS, _VOWELS = "KLMPRSTZ", "AEIOU"


@dataclass(frozen=True, slots=True)
class Variable:
    """See the module. hops: fewest and most. decoys: chains beside the one that is asked for."""

    name: str = "variable"
    kind: Kind = "reasoning"
    spread: bool = True
    hops: tuple[int, int] = (2, 4)
    decoys: int = 2

    def items(self, chosen: random.Random, count: int) -> list[Item]:
        """See engine.selfcheck.task.Task."""
        chosen = own_generator(chosen, self.name)
        numbers, used = Numbers(chosen, self.name), set[str]()
        return [self._item(chosen, numbers, used) for _ in range(count)]

    def _item(self, chosen: random.Random, numbers: Numbers, used: set[str]) -> Item:
        registers = [_register(chosen, used) for _ in range(1 + chosen.randint(*self.hops))]
        value = numbers.fresh()
        wrong = [numbers.fresh() for _ in range(self.decoys)]
        others = [[_register(chosen, used) for _ in range(chosen.randint(2, 3))] for _ in wrong]
        chains = [_chain(chosen, chain, number) for chain, number in zip(others, wrong, strict=True)]
        return Item(
            task=self.name,
            needles=tuple(_chain(chosen, registers, value)),
            question=f"Which number does register {registers[-1]} hold in the end?",
            expected=(value,),
            # The lines with the values come first: wrong[i] is the value in decoys[i].
            decoys=(*(chain[0] for chain in chains), *(line for chain in chains for line in chain[1:])),
            wrong=tuple(wrong),
            opening=f"The number in register {registers[-1]} is",
            telling=tuple(registers),
        )

    def filler(self, chosen: random.Random, items: Sequence[Item]) -> Iterator[str] | None:
        """Any text will do."""
        return None

    def judge(self, item: Item, answer: str, *, refusal: str = "") -> Judged:
        """See engine.selfcheck.task.Task."""
        return judge_values(item, answer, "number")


def _chain(chosen: random.Random, registers: Sequence[str], value: str) -> list[str]:
    first = chosen.choice(_STARTS).format(to=registers[0], value=value)
    return [first, *(chosen.choice(_LINKS).format(to=to, by=by) for by, to in pairwise(registers))]


def _register(chosen: random.Random, used: set[str]) -> str:
    while True:
        name = "".join(chosen.choice(_VOWELS if vowel else _CONSONANTS) for vowel in (0, 1, 0, 0, 1, 0))
        if name not in used and name[2] != name[3]:
            used.add(name)
            return name


TASK = Variable()
