"""What fills a haystack between the needles: lines of the given text, or those of a task that has its own.

Knows no needles and no lengths but as numbers of tokens.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice

from engine.selfcheck.layout import Layout, Subject
from engine.selfcheck.task import Item, Task

LAID = 0.55
"""Of the lines that can be numbered, the share that items may take."""

_LEAST = 0.4
"""Of a haystack that has to be text; the rest may be what items take."""

_FILLED = 0.95 - LAID
_SAMPLE = 40


class Filling:
    """text: lines."""

    def __init__(self, subject: Subject, layout: Layout, text: Sequence[str], tasks: Mapping[str, Task]) -> None:
        self._subject, self._layout, self._text, self._tasks = subject, layout, text, tasks

    def groups(self) -> list[tuple[str, ...]]:
        """Tasks that can share a haystack: those that any text will do for, and each other one by itself."""
        shared = tuple(name for name in self._tasks if self._own(name) is None)
        own: list[tuple[str, ...]] = [(name,) for name in self._tasks if name not in shared]
        return [shared, *own] if shared else own

    def lines(self, tasks: Sequence[str], items: Sequence[Item], chosen: random.Random, tokens: int) -> Iterator[str]:
        """The lines of a haystack of so many tokens for these tasks and items."""
        own = self._tasks[tasks[0]].filler(chosen, items) if len(tasks) == 1 else None
        if own is not None:
            return own
        start = chosen.randrange(max(1, len(self._text)))
        turned = [*self._text[start:], *self._text[:start]]
        count = self.joined(tokens)
        return (" ".join(turned[i : i + count]) for i in range(0, len(turned), count))

    def joined(self, tokens: int) -> int:
        """How many lines of text are made one, so that no more have to be numbered than can be."""
        most = self._layout.most_lines
        if most is None:
            return 1
        return max(1, -(-int(tokens / max(1.0, self.mean)) // max(1, int(most * _FILLED))))

    def reach(self, group: Sequence[str]) -> tuple[int | None, str]:
        """The longest haystack that can be filled, about, None for any; and what there is not enough of."""
        own = self._own(group[0]) if len(group) == 1 else None
        if own is None:
            return int(self.mean * len(self._text) / _LEAST), "text"
        most = self._layout.most_lines
        if most is None:
            return None, ""
        return int(most * self._tokens(list(islice(own, _SAMPLE)))), "lines that can be numbered"

    @cached_property
    def mean(self) -> float:
        """Tokens of a line of text, about."""
        step = max(1, len(self._text) // _SAMPLE)
        return self._tokens([self._text[i] for i in range(0, len(self._text), step)][:_SAMPLE])

    def _own(self, name: str) -> Iterator[str] | None:
        task, chosen = self._tasks[name], random.Random(name)
        return task.filler(chosen, task.items(chosen, 1))

    def _tokens(self, lines: Sequence[str]) -> float:
        encoded = self._subject.encode([self._layout.line(1, line) for line in lines])
        return sum(map(len, encoded)) / max(1, len(encoded))
