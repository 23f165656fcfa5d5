"""RULER's two tasks of counting: the ten common words of a numbered list, and the most frequent of made-up words.

Parameters as published, wording our own. The published list is of English words; ours are the self-check's own lists
and, where a long context needs more, made of two of them.
"""

from __future__ import annotations

import math
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.selfcheck.ruler.sample import Match, Sample, longest
from engine.selfcheck.words import words

_LONG = 4096
_CODED_LETTERS = 6
_TOKENS_A_CODED_WORD = 50


@dataclass(frozen=True, slots=True)
class CommonWords:
    """common: words that stand in the list more often than all others, and are asked for."""

    name: str = "cwe"
    common: int = 10
    match: Match = "all"
    max_answer: int = 120

    def sample(self, chosen: random.Random, budget_tokens: int, count_tokens: Callable[[str], int]) -> Sample:
        """See engine.selfcheck.ruler.sample.RulerTask: under 4K the published counts are smaller."""
        seed = chosen.getrandbits(64)
        is_long = budget_tokens + self.max_answer >= _LONG
        return longest(
            self.name, lambda units: self._build(random.Random(seed), units, is_long), budget_tokens, count_tokens
        )

    def _build(self, chosen: random.Random, units: int, is_long: bool) -> Sample:
        fresh = _fresh_words(random.Random(chosen.getrandbits(64)))
        example, names = self._list(chosen, fresh, *((30, 10, 3) if is_long else (10, 3, 1)))
        question = f"Question: which {self.common} words stand in the list above most often?"
        opening = f"Answer: the {self.common} words that stand in the list above most often are"
        solved = f"{example}\n{question}\n{opening} {_numbered(names)}\n\n"
        text, common = self._list(chosen, fresh, units, *((30, 3) if is_long else (6, 1)))
        return Sample(self.name, solved + text, question, opening, tuple(common), self.max_answer)

    def _list(
        self, chosen: random.Random, fresh: Iterator[str], others: int, often: int, seldom: int
    ) -> tuple[str, list[str]]:
        common = [next(fresh) for _ in range(self.common)]
        listed = common * often + [next(fresh) for _ in range(others)] * seldom
        chosen.shuffle(listed)
        return (
            "This is a numbered list of words, of which some stand in it more often than others. Keep those in mind.\n"
            + _numbered(listed),
            common,
        )


@dataclass(frozen=True, slots=True)
class FrequentWords:
    """Made-up words whose frequency falls with the power `alpha` of their rank.

    The most frequent one is replaced by dots and to be ignored; ranks 2 to 4 are asked for.
    """

    name: str = "fwe"
    alpha: float = 2.0
    match: Match = "all"
    max_answer: int = 50

    def sample(self, chosen: random.Random, budget_tokens: int, count_tokens: Callable[[str], int]) -> Sample:
        """See engine.selfcheck.ruler.sample.RulerTask."""
        seed = chosen.getrandbits(64)
        known = max(4, (budget_tokens + self.max_answer) // _TOKENS_A_CODED_WORD)
        return longest(
            self.name,
            lambda units: self._build(random.Random(seed), units, known),
            budget_tokens,
            count_tokens,
            # The fourth has to stand there, and the second more often than the third.
            least=64,
        )

    def _build(self, chosen: random.Random, units: int, known: int) -> Sample:
        coded = _coded_words(chosen, known)
        counts = zeta_counts(units, known, self.alpha)
        listed = ["..." if rank == 0 else coded[rank] for rank, count in enumerate(counts) for _ in range(count)]
        chosen.shuffle(listed)
        return Sample(
            task=self.name,
            context="This is a text in made-up words. Count how often each of them stands there.\n" + " ".join(listed),
            question="Question: which three words stand in the text above most often? The dots are no word. "
            "Give no explanation.",
            opening="Answer: the three words that stand in the text above most often are",
            answers=tuple(coded[1:4]),
            max_answer=self.max_answer,
        )


def zeta_counts(total: int, ranks: int, alpha: float) -> list[int]:
    """How often the word of each rank stands in a text of about `total` words, by a zeta distribution."""
    norm = sum(rank**-alpha for rank in range(1, 10_001)) + 10_000.5 ** (1 - alpha) / (alpha - 1)
    return [math.floor(total * rank**-alpha / norm) for rank in range(1, ranks + 1)]


def _numbered(listed: list[str]) -> str:
    return " ".join(f"{number}. {word}" for number, word in enumerate(listed, 1))


def _fresh_words(chosen: random.Random) -> Iterator[str]:
    lists = words()
    plain = [*lists.adjectives, *lists.nouns, *lists.turns, *lists.goods]
    yield from chosen.sample(plain, len(plain))
    used: set[str] = set()
    while True:
        joined = chosen.choice(plain) + chosen.choice(plain)
        if joined not in used:
            used.add(joined)
            yield joined


def _coded_words(chosen: random.Random, count: int) -> list[str]:
    coded: dict[str, None] = {}
    while len(coded) < count:
        coded["".join(chosen.choices(string.ascii_lowercase, k=_CODED_LETTERS))] = None
    return list(coded)


TASKS = (CommonWords(), FrequentWords())
