"""What the self-check needs of the model and of the way a prompt is laid out, as interfaces.

Knows no marks and no templates: whoever calls the self-check hands in a `Layout`; any `engine.backends.base.Backend`
is a `Subject`.
"""

from __future__ import annotations

import datetime
from array import array
from collections.abc import Callable, Sequence
from typing import Protocol

from engine.protocol import Answer, ModelInfo, Prompt, ReadProgress, Scored
from engine.selfcheck.task import Item


class Layout(Protocol):
    """The texts around the haystack's lines. most_lines: no more can be numbered; None for any number."""

    @property
    def most_lines(self) -> int | None:
        """See the class."""
        ...

    def system(self) -> str:
        """The system prompt."""
        ...

    def head(self) -> str:
        """What stands before the first line of the haystack."""
        ...

    def line(self, number: int, text: str) -> str:
        """A line of the haystack, with its line break. number: from 1."""
        ...

    def question(self, text: str) -> str:
        """What follows the haystack in the same message."""
        ...

    def opening(self, item: Item) -> str:
        """What the answer is begun with for the model; "" when it has to begin by itself."""
        ...

    def gold(self, item: Item, number: int | None) -> str:
        """How a right answer goes on behind `opening`. number: of the line that holds the needle."""
        ...

    def said(self, item: Item, text: str) -> str:
        """The answer's words, without marks, to be judged."""
        ...


class Subject(Protocol):
    """What is checked."""

    @property
    def info(self) -> ModelInfo:
        """As engine.backends.base.Backend has it, like all but `score`."""
        ...

    def encode(self, texts: Sequence[str]) -> list[array[int]]:
        """Token ids of each text by itself."""
        ...

    def frame(self, roles: Sequence[str], date: datetime.date) -> list[array[int]]:
        """The template's tokens around `len(roles)` contents."""
        ...

    def ask(
        self,
        prompt: Prompt,
        *,
        on_progress: Callable[[ReadProgress], None] | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """Read and answer."""
        ...

    def score(self, prompt: Prompt, continuations: Sequence[array[int]]) -> Scored:
        """Raises engine.errors.CannotScore where there are no log-probabilities."""
        ...

    def cancel(self) -> None:
        """Stop the call that is under way."""
        ...
