"""RULER's variable tracking: all names that one value reaches over a chain of assignments, in repeated noise.

As published the prompt begins with a small solved example and the answer's opening tells how many names there are; the
self-check's own task "variable" tells nothing. Wording our own.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice, pairwise

from engine.selfcheck.ruler.needles import NOISE
from engine.selfcheck.ruler.sample import Match, Sample, longest

_EXAMPLE_NAME = 3
_EXAMPLE_NOISE = 40


@dataclass(frozen=True, slots=True)
class VariableTracking:
    """hops: assignments after the first, so that there is one name more. letters: of a name."""

    name: str = "vt"
    hops: int = 4
    letters: int = 5
    match: Match = "all"
    max_answer: int = 30

    def sample(self, chosen: random.Random, budget_tokens: int, count_tokens: Callable[[str], int]) -> Sample:
        """See engine.selfcheck.ruler.sample.RulerTask."""
        seed = chosen.getrandbits(64)
        return longest(self.name, lambda units: self._build(random.Random(seed), units), budget_tokens, count_tokens)

    def _build(self, chosen: random.Random, units: int) -> Sample:
        example, question, opening, names = self._one(chosen, _EXAMPLE_NOISE, _EXAMPLE_NAME)
        solved = f"{example}\n{question}\n{opening} {' '.join(names)}\n\n"
        text, question, opening, names = self._one(chosen, units, self.letters)
        return Sample(self.name, solved + text, question, opening, tuple(names), self.max_answer)

    def _one(self, chosen: random.Random, units: int, letters: int) -> tuple[str, str, str, list[str]]:
        names: list[str] = []
        while len(names) <= self.hops:
            name = "".join(chosen.choices(string.ascii_uppercase, k=letters))
            if name not in names:
                names.append(name)
        value = chosen.randint(10_000, 99_999)
        chain = [f"VAR {names[0]} = {value}.", *(f"VAR {to} = VAR {by}." for by, to in pairwise(names))]
        lines = list(islice(cycle(NOISE), units))
        places = sorted(chosen.choices(range(len(lines) + 1), k=len(chain)))
        for laid, (place, line) in enumerate(zip(places, chain, strict=True)):
            lines.insert(place + laid, line)
        return (
            "Follow the assignments of variables that are hidden in this text.\n" + " ".join(lines),
            f"Question: which variables have the value {value} in the text above? Name all of them.",
            f"Answer: by the assignments in the text above, {len(names)} variables have the value {value}, namely",
            names,
        )


TASKS = (VariableTracking(),)
