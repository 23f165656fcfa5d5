"""Makes the next haystack of a self-check: which lengths it serves, its items, and its lines.

What does not fit one haystack (many questions at a short length) is asked over several short ones before the long one
is read, which then serves all lengths once. Knows no answers.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.selfcheck.asking import Asker, Frame, Question
from engine.selfcheck.by_chance import Chance
from engine.selfcheck.deciding import Decider
from engine.selfcheck.filling import LAID, Filling
from engine.selfcheck.haystack import Haystack, Standing
from engine.selfcheck.laying import Laid, Layer, Wish, band_of
from engine.selfcheck.layout import Layout, Subject
from engine.selfcheck.plan import Plan
from engine.selfcheck.task import Item, Task

_NUMBERS = 10_000
"""Items of one haystack at most."""

_MOST_ITEMS = 1200
_FEWEST_ITEMS = 8
_ITEM_TOKENS = 32
"""An item takes more, so no more are drawn than fit."""


@dataclass(frozen=True, slots=True)
class Askable:
    """A question whose needles are all in the haystack. depth: the band's middle, None for a spread task."""

    question: Question
    depth: int | None
    position: int | None
    needle: int | None


@dataclass
class Book:
    """One haystack and what is asked over it. lengths: ascending. questions: of each item laid.

    spans: by length, the tokens of its lines as they were planned, which depths are shares of.
    """

    seed: int
    tasks: tuple[str, ...]
    lengths: tuple[int, ...]
    haystack: Haystack
    laid: Laid
    questions: Mapping[tuple[str, int], Question]
    head: int
    spread: frozenset[str]
    spans: Mapping[int, int]

    def ends(self, length: int) -> int:
        """Where the haystack must end so that every question asked at `length` fits it with its answer."""
        rooms = [len(q.tokens) + q.room for _, q in self._asked_at(length)]
        return length - max(rooms, default=0)

    def askable(self, length: int, bands: int) -> dict[str, list[Askable]]:
        """By task, once the haystack ends where it has to for `length`."""
        stands: dict[tuple[str, int], list[Standing]] = {}
        for standing in self.haystack.standing:
            if standing.line.needle is not None:
                stands.setdefault((standing.line.wish.item.task, standing.line.wish.number), []).append(standing)
        found: dict[str, list[Askable]] = {task: [] for task in self.tasks}
        for task, question in self._asked_at(length):
            there = stands.get((task, question.wish.number), [])
            if len(there) < len(question.wish.needles):
                continue
            depth = None
            if task not in self.spread:
                band = band_of(there[0].first - self.head, self.spans[length], bands)
                depth = round(100 * (band + 0.5) / bands)
            first, number = (there[0].first, there[-1].number) if there else (None, None)
            found[task].append(Askable(question, depth, first, number))
        return found

    def decoys(self, wish: Wish) -> dict[int, int]:
        """The number of each decoy's line that stands in the haystack so far."""
        return {
            standing.line.decoy: standing.number
            for standing in self.haystack.standing
            if standing.line.wish is wish and standing.line.decoy is not None
        }

    def _asked_at(self, length: int) -> Iterator[tuple[str, Question]]:
        for task, asked in self.laid.asked.items():
            for first, wish in asked:
                if first == length or (first < length and task not in self.spread):
                    yield task, self.questions[task, wish.number]


class Builder:
    """Makes books, the same ones for a plan, a seed and a text. text: lines that fill the haystack."""

    def __init__(
        self,
        subject: Subject,
        layout: Layout,
        frame: Frame,
        plan: Plan,
        text: Sequence[str],
        filling: Filling,
        tasks: Mapping[str, Task],
        decider: Decider,
        asker: Asker,
        spread: frozenset[str],
    ) -> None:
        self._subject, self._layout, self._frame, self._plan = subject, layout, frame, plan
        self._filling, self._tasks, self._decider, self._asker, self._spread = filling, tasks, decider, asker, spread
        self._reaches: dict[tuple[str, ...], int] = {}
        self._chance = Chance(text)

    def next(self, group: tuple[str, ...], seed: int, index: int) -> Book | None:
        """The haystack to read next for what is still wanted; None where nothing is."""
        plan, decider = self._plan, self._decider
        longest = self._reach(group, plan.lengths)
        lengths = tuple(n for n in plan.lengths if n <= longest and any(decider.wants(task, n) for task in group))
        if not lengths:
            return None
        # The first of a rarely asked task gets its lines in first.
        tasks = tuple(sorted(group, key=lambda task: sum(decider.whole(task, n).n for n in lengths[:1])))
        book, short = self._build(tasks, seed, index, lengths)
        if short and short < lengths[-1]:
            # Where many questions do not fit the short lengths, these get haystacks of their own.
            book, _ = self._build(tasks, seed, index, tuple(n for n in lengths if n <= short))
        return book

    def _reach(self, group: tuple[str, ...], lengths: Sequence[int]) -> int:
        """The longest length that can be filled; what cannot is noted."""
        if group not in self._reaches:
            reach, why = self._filling.reach(group)
            self._reaches[group] = lengths[-1] if reach is None else reach
            beyond = [f"{n:,}" for n in lengths if n > self._reaches[group]]
            if beyond:
                tasks = f"Task {group[0]}: " if len(group) == 1 else ""
                self._asker.notes.append(f"{tasks}Not tested at {', '.join(beyond)} tokens: not enough {why}.")
        return self._reaches[group]

    def _build(self, tasks: tuple[str, ...], seed: int, index: int, lengths: tuple[int, ...]) -> tuple[Book, int]:
        """The book, and the longest length for which it has too few items, 0 for none."""
        name = f"{seed}/{index}/{'+'.join(sorted(tasks))}"
        chosen = random.Random(name)
        supply = {task: self._wishes(task, seed, index, lengths) for task in tasks}
        first = {task: next(wishes, None) for task, wishes in supply.items()}
        sample = [self._asker.question(wish) for wish in first.values() if wish is not None]
        reserve = max((len(q.tokens) + q.room for q in sample), default=0)
        head = len(self._frame.head)
        spans = {length: max(0, length - reserve - head) for length in lengths}
        most = self._layout.most_lines
        layer = Layer(
            spans,
            bands=self._plan.bands,
            density=self._plan.density,
            head=head,
            line=self._filling.mean * self._filling.joined(spans[lengths[-1]]),
            chosen=chosen,
            most_lines=None if most is None else int(most * LAID),
        )
        again = {task: _chained(first[task], wishes) for task, wishes in supply.items()}
        laid = layer.lay(again, self._wanted, self._decider.needed, spread=self._spread)
        items = [wish.item for asked in laid.asked.values() for _, wish in asked]
        questions = {
            (task, wish.number): self._asker.question(wish) for task, asked in laid.asked.items() for _, wish in asked
        }
        filler = self._filling.lines(tasks, items, random.Random(name + "/text"), spans[lengths[-1]])
        haystack = Haystack(self._subject, self._layout, self._frame.head, filler, laid.lines)
        book = Book(seed, tasks, lengths, haystack, laid, questions, head, self._spread, spans)
        return book, self._too_few(laid, tasks, lengths)

    def _too_few(self, laid: Laid, tasks: Sequence[str], lengths: Sequence[int]) -> int:
        decider = self._decider
        return max(
            (
                length
                for length in lengths
                for task in tasks
                if laid.count(task, length, spread=task in self._spread) < decider.needed(task, length)
            ),
            default=0,
        )

    def _wanted(self, task: str, length: int, band: int | None) -> int:
        decider, plan = self._decider, self._plan
        depth = None if band is None else decider.depths(task)[band]
        wanted = decider.wanted(task, length, depth)
        if depth is None or plan.each or plan.every_cell:
            return wanted
        # What is wanted over all bands is shared out among them.
        share = -(-wanted // plan.bands)
        return max(share, min(wanted, plan.least - decider.cell(task, length, depth).n))

    def _wishes(self, task: str, seed: int, index: int, lengths: Sequence[int]) -> Iterator[Wish]:
        wanted = sum(sum(self._wanted(task, n, band) for band in self._bands(task)) for n in lengths)
        count = min(_MOST_ITEMS, max(_FEWEST_ITEMS, lengths[-1] // _ITEM_TOKENS), max(_FEWEST_ITEMS, wanted))
        for i, item in enumerate(_drawn(self._tasks[task], f"{seed}/{index}/{task}", count)):
            if self._chance.spoils(item):
                continue
            lines = [self._layout.line(1, text) for text in (*item.needles, *item.decoys)]
            sizes = [len(tokens) for tokens in self._subject.encode(lines)]
            needles = len(item.needles)
            yield Wish(item, index * _NUMBERS + i, tuple(sizes[:needles]), tuple(sizes[needles:]))

    def _bands(self, task: str) -> Sequence[int | None]:
        return (None,) if task in self._spread else range(self._plan.bands)


def _drawn(task: Task, seed: str, count: int) -> list[Item]:
    """So many items, or fewer where the task has no more words for different ones."""
    while True:
        try:
            return task.items(random.Random(seed), count)
        except ValueError:
            if count <= 1:
                raise
            count = count * 3 // 4


def _chained(first: Wish | None, rest: Iterator[Wish]) -> Iterator[Wish]:
    if first is not None:
        yield first
    yield from rest
