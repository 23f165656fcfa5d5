"""RULER's eight needle tasks: one or more "secret" values by key, in noise, in essays or among their like.

Parameters as published, wording our own. Each needle's place is drawn afresh for each sample: a generator that is set
back to the same state before each draw, as in the published scripts, would put the right one at the same depth always.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Literal

from engine.selfcheck.prose import prose
from engine.selfcheck.ruler.sample import Match, Sample, longest
from engine.selfcheck.words import Numbers, fresh_uuid, words

Haystack = Literal["noise", "essays", "needles"]

NOISE = (
    "The lamp is on the shelf.",
    "The road is dry.",
    "The dog is asleep.",
    "It goes on like this.",
    "One more time from the top.",
)

_SHORT_KEYS = 20_000


@dataclass(frozen=True, slots=True)
class Needles:
    """keys: so many stand in the haystack, `asked` of them are asked for. values: of each key that is asked for."""

    name: str
    haystack: Haystack
    key: Literal["words", "uuid"] = "words"
    value: Literal["numbers", "uuids"] = "numbers"
    keys: int = 1
    values: int = 1
    asked: int = 1
    match: Match = "all"
    max_answer: int = 128

    def sample(self, chosen: random.Random, budget_tokens: int, count_tokens: Callable[[str], int]) -> Sample:
        """See engine.selfcheck.ruler.sample.RulerTask."""
        seed = chosen.getrandbits(64)
        return longest(
            self.name, lambda units: self._build(random.Random(seed), units), budget_tokens, count_tokens, self._least
        )

    @property
    def _least(self) -> int:
        return max(self.keys, self.asked) * self.values

    def _build(self, chosen: random.Random, units: int) -> Sample:
        keys, values = self._fresh_keys(chosen), self._fresh_values(chosen)
        wanted = [(next(keys), [next(values) for _ in range(self.values)]) for _ in range(self.asked)]
        others = [(next(keys), [next(values)]) for _ in range(self.keys - self.asked)]
        needles = [self._needle(key, value) for key, several in (*wanted, *others) for value in several]
        filler = self._filler(random.Random(chosen.getrandbits(64)), keys, values)
        lines = list(islice(filler, max(0, units - len(needles)) if self.haystack == "needles" else units))
        chosen.shuffle(needles)
        for needle in needles:
            lines.insert(chosen.randint(0, len(lines)), needle)
        asked = _listed([key for key, _ in wanted])
        what = "number" if self.value == "numbers" else "identifier"
        verb, plural = ("is", "") if self.asked == self.values == 1 else ("are all", "s")
        between = "\n" if self.haystack == "needles" else " "
        return Sample(
            task=self.name,
            context=f"The text below hides secret {what}s. Keep them in mind: they will be asked for afterwards.\n"
            + between.join(lines),
            question=f"What {verb} the secret {what}{plural} for {asked} in the text above?",
            opening=f"The secret {what}{plural} for {asked} in the text above {'is' if not plural else 'are'}",
            answers=tuple(value for _, several in wanted for value in several),
            max_answer=self.max_answer,
        )

    def _needle(self, key: str, value: str) -> str:
        return f"One of the secret {'numbers' if self.value == 'numbers' else 'identifiers'} for {key} is: {value}."

    def _filler(self, chosen: random.Random, keys: Iterator[str], values: Iterator[str]) -> Iterator[str]:
        if self.haystack == "needles":
            return (self._needle(next(keys), next(values)) for _ in iter(int, 1))
        return cycle(NOISE) if self.haystack == "noise" else prose(chosen)

    def _fresh_keys(self, chosen: random.Random) -> Iterator[str]:
        lists = words()
        used: set[str] = set()
        while True:
            pair = (chosen.choice(lists.adjectives), chosen.choice(lists.nouns))
            # A haystack of a million tokens has more keys than there are pairs.
            front = (chosen.choice(lists.adjectives),) if len(used) >= _SHORT_KEYS else ()
            key = fresh_uuid(chosen) if self.key == "uuid" else "-".join((*front, *pair))
            if key not in used:
                used.add(key)
                yield key

    def _fresh_values(self, chosen: random.Random) -> Iterator[str]:
        numbers = Numbers(chosen, "ruler")
        while True:
            yield numbers.fresh() if self.value == "numbers" else fresh_uuid(chosen)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


TASKS = (
    Needles("niah_single_1", "noise"),
    Needles("niah_single_2", "essays"),
    Needles("niah_single_3", "essays", value="uuids"),
    Needles("niah_multikey_1", "essays", keys=4),
    Needles("niah_multikey_2", "needles"),
    Needles("niah_multikey_3", "needles", key="uuid", value="uuids"),
    Needles("niah_multivalue", "essays", values=4),
    Needles("niah_multiquery", "essays", asked=4, keys=4),
)
