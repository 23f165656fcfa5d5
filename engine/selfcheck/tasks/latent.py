"""Task "latent": the text and the question share no word that says anything; only what both mean leads to the answer.

The associations are data (`resources/selfcheck/latent.toml`), our own. There are as many items as associations at most.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from engine.selfcheck.judging import judge_values
from engine.selfcheck.task import Item, Judged, Kind
from engine.selfcheck.words import RESOURCES, own_generator, words

_DECOYS = 2


@dataclass(frozen=True, slots=True)
class Association:
    """needle: a sentence with {name}. telling: phrases that answer or ask it in other words."""

    needle: str
    question: str
    telling: tuple[str, ...]


@cache
def associations() -> tuple[Association, ...]:
    """All of them, read once."""
    data = tomllib.loads((RESOURCES / "latent.toml").read_text(encoding="utf-8"))
    return tuple(Association(needle, question, tuple(telling)) for needle, question, *telling in data["associations"])


@cache
def other_lines() -> tuple[str, ...]:
    """Sentences with {name} that answer nothing."""
    data = tomllib.loads((RESOURCES / "latent.toml").read_text(encoding="utf-8"))
    return tuple(data["others"])


@dataclass(frozen=True, slots=True)
class Latent:
    """See the module."""

    name: str = "latent"
    kind: Kind = "reasoning"
    spread: bool = False

    def items(self, chosen: random.Random, count: int) -> list[Item]:
        """See engine.selfcheck.task.Task; no more than there are associations."""
        chosen = own_generator(chosen, self.name)
        shuffled = chosen.sample(associations(), len(associations()))
        asked, unasked = shuffled[:count], iter(shuffled[count:])
        names = iter(chosen.sample(words().names, len(asked) * (1 + _DECOYS)))
        return [self._item(chosen, association, unasked, names) for association in asked]

    def _item(
        self, chosen: random.Random, association: Association, unasked: Iterator[Association], names: Iterator[str]
    ) -> Item:
        name, wrong = next(names), tuple(next(names) for _ in range(_DECOYS))
        # Something else of the same kind while there is any that nobody asks for, then what answers nothing.
        lines = [other.needle for other in (next(unasked, None),) if other is not None]
        lines += chosen.sample(other_lines(), _DECOYS - len(lines))
        return Item(
            task=self.name,
            needles=(association.needle.format(name=name),),
            question=association.question,
            expected=(name,),
            decoys=tuple(line.format(name=other) for line, other in zip(lines, wrong, strict=True)),
            wrong=wrong,
            opening="The name is",
            telling=(*association.telling, name),
        )

    def filler(self, chosen: random.Random, items: Sequence[Item]) -> Iterator[str] | None:
        """Any text will do."""
        return None

    def judge(self, item: Item, answer: str, *, refusal: str = "") -> Judged:
        """See engine.selfcheck.task.Task."""
        return judge_values(item, answer, words().names)


TASK = Latent()
