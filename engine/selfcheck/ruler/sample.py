"""What a sample of the RULER suite is, and how one is made as long as it may be.

Each sample has a haystack of its own, so nothing is shared between questions. Whoever runs it puts `context`, a blank
line and `question` into the user's message, `opening` behind the assistant's header, generates greedily up to
`max_answer` tokens and scores the answer with engine.selfcheck.ruler.scoring. Knows no models.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

Match = Literal["all", "part"]
"""all: the share of references that are found. part: whether any is."""

_STEPS = 8
_CLOSE = 0.01


class TooShort(ValueError):
    """Not even the smallest sample of the task fits into the tokens given."""


@dataclass(frozen=True, slots=True)
class Sample:
    """context: instruction, an example where the task has one, and the haystack. answers: the references."""

    task: str
    context: str
    question: str
    opening: str
    answers: tuple[str, ...]
    max_answer: int


class RulerTask(Protocol):
    """One of the suite's tasks. max_answer: tokens, which belong to the length that is tested."""

    @property
    def name(self) -> str:
        """As in the published tables."""
        ...

    @property
    def match(self) -> Match:
        """How its answers are scored."""
        ...

    @property
    def max_answer(self) -> int:
        """See the class."""
        ...

    def sample(self, chosen: random.Random, budget_tokens: int, count_tokens: Callable[[str], int]) -> Sample:
        """A fresh sample whose context, question and opening together have at most `budget_tokens`.

        budget_tokens: the length that is tested less the template and `max_answer`. Raises TooShort.
        """
        ...


def longest(
    task: str, build: Callable[[int], Sample], budget_tokens: int, count_tokens: Callable[[str], int], least: int = 1
) -> Sample:
    """The sample with the most units that fits, to a hundredth or a unit.

    build: makes the sample with so many units of filler, the same one whenever it is asked for the same number. least:
    units. Raises TooShort.
    """

    def tokens(sample: Sample) -> int:
        return sum(map(count_tokens, (sample.context, sample.question, sample.opening)))

    best = build(least)
    if (used := tokens(best)) > budget_tokens:
        raise TooShort(f"{task} needs {used} tokens at least, and {budget_tokens} are left for it")
    low, low_tokens, high = least, used, None
    guess = 2 * least + 16
    for _ in range(_STEPS):
        sample = build(guess)
        if (used := tokens(sample)) <= budget_tokens:
            slope = max((used - low_tokens) / (guess - low), 0.1)
            best, low, low_tokens = sample, guess, used
        else:
            slope = max((used - low_tokens) / (guess - low), 0.1)
            high = guess
        if budget_tokens - low_tokens <= _CLOSE * budget_tokens:
            break
        # A little less than what would fill it, since being too long is of no use.
        guess = low + max(1, int((budget_tokens - low_tokens) / slope * 0.995))
        if high is not None and guess >= high:
            guess = (low + high) // 2
        if guess <= low:
            break
    return best
