"""What a self-check asks: which tasks at which lengths, how many questions at most, and in what time.

Pure; knows no model. Token counts are of the context in use, question and answer room included.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.errors import CheckError
from engine.selfcheck.report import Level
from engine.selfcheck.statistics import Sequential

SUITE = "plumbline-1"
"""Name and version of the tasks and of how they are asked: results of another one cannot be compared."""

SHORTEST = 1024
BASELINE = 4096
"""Tokens. A check needs a context of this; what is found at it is what the longer lengths are compared with."""

QUICK_SECONDS = 100.0
_QUICK_TASKS = ("multikey", "absent", "latent", "variable")
_RULER_SAMPLES = 5
"""Of a task at a length. 500 were published, and each has a haystack of its own."""

_QUESTION_TOKENS = 60
"""About: a question with the template's end, and the answers that are measured."""

_ITEM_TOKENS = 90
"""About: the lines of an item, and the text that has to be between them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """lengths: ascending. bands: parts of the depth, all of one size. seeds: each draws its own haystacks.

    least: trials in each band, whatever was decided. most: trials of a task at a length. each: exactly so many in
    each band, decided or not; 0 for as many as it takes. every_cell: go on until each band is decided by itself.
    write_every: each so-manieth trial is also written out; 0 for none. recheck: questions asked again from a cold
    context. seconds: None for no limit. fit: leave lengths out that would not be done in `seconds`. density: share of
    the haystack that needles and decoys may take. haystacks: of the longest length, since some tasks fill their own.
    """

    level: Level
    lengths: tuple[int, ...]
    tasks: tuple[str, ...]
    bands: int = 10
    seeds: tuple[int, ...] = (1,)
    least: int = 1
    most: int = 60
    each: int = 0
    every_cell: bool = False
    write_every: int = 10
    recheck: int = 2
    seconds: float | None = None
    fit: bool = False
    density: float = 0.7
    haystacks: int = 1
    sequential: Sequential = field(default_factory=Sequential)

    @property
    def depths(self) -> tuple[int, ...]:
        """Middles of the bands in per cent."""
        return tuple(round(100 * (band + 0.5) / self.bands) for band in range(self.bands))


def plan_for(
    level: Level,
    n_ctx: int,
    *,
    known_tasks: Collection[str] | None = None,
    max_tokens: int | None = None,
    tasks: Sequence[str] | None = None,
    seconds: float | None = None,
    seed: int = 1,
) -> Plan:
    """The plan of a level for a context of `n_ctx` tokens.

    known_tasks: names there are; None for the level's: those of `engine.selfcheck.tasks`, or RULER's. max_tokens: no
    longer length. tasks: None for the level's own. Raises CheckError for a context under `BASELINE` and for a task
    that there is not.
    """
    longest = n_ctx if max_tokens is None else min(n_ctx, max_tokens)
    if longest < BASELINE:
        raise CheckError(
            f"A self-check needs {BASELINE:,} tokens of context, and here are {longest:,}.",
            hint="Load the model with a larger --ctx, or raise --max-tokens.",
        )
    if known_tasks is None and level == "ruler":
        from engine.selfcheck.ruler import RULER_TASKS

        known_tasks = RULER_TASKS
    if known_tasks is None:
        from engine.selfcheck.tasks import TASKS

        known_tasks = TASKS
    chosen = _chosen(level, known_tasks, tasks)
    haystacks = _haystacks({name: known_tasks[name] for name in chosen}) if isinstance(known_tasks, Mapping) else 1
    lengths = lengths_up_to(longest)
    base = Plan(level, lengths, chosen, seeds=(seed,), seconds=seconds, haystacks=haystacks)
    if level == "quick":
        return replace(base, bands=5, most=40, recheck=1, seconds=seconds or QUICK_SECONDS, fit=True)
    if level == "thorough":
        seeds = tuple(seed + i for i in range(3))
        return replace(base, seeds=seeds, least=2, most=400, every_cell=True, recheck=4)
    if level == "classic":
        return replace(base, each=3, recheck=1)
    if level == "ruler":
        lengths = tuple(length for length in lengths if length >= BASELINE)
        return replace(base, lengths=lengths, bands=1, each=_RULER_SAMPLES, write_every=0, recheck=0)
    return base


def _haystacks(tasks: Mapping[str, Any]) -> int:
    """How many it takes to ask all tasks: one for those that any text will do for, one for each other."""
    drawn = [(task, random.Random(0)) for task in tasks.values() if hasattr(task, "filler")]
    own = sum(task.filler(chosen, task.items(chosen, 1)) is not None for task, chosen in drawn)
    return own + (own < len(tasks))


def lengths_up_to(longest: int) -> tuple[int, ...]:
    """1,024 and its doublings, and `longest` itself."""
    lengths = []
    length = SHORTEST
    while length < longest:
        lengths.append(length)
        length *= 2
    return (*lengths, longest)


def _chosen(level: Level, known: Collection[str], asked: Sequence[str] | None) -> tuple[str, ...]:
    if asked is None:
        own = {"quick": _QUICK_TASKS, "classic": ("single",)}.get(level, tuple(known))
        asked = [name for name in own if name in known] or list(known)
    for name in asked:
        if name not in known:
            raise CheckError(f"There is no task “{name}” in the self-check.", hint=f"Choose from {', '.join(known)}.")
    if not asked:
        raise CheckError("No task was chosen for the self-check.", hint=f"Choose from {', '.join(known)}.")
    return tuple(dict.fromkeys(asked))


def reading_seconds(first: int, last: int, base: float, slope: float) -> float:
    """What reading the positions from `first` to `last` takes when one at p takes base + slope * p seconds."""
    return max(0, last - first) * (base + slope * (first + last) / 2)


def expected_seconds(plan: Plan, lengths: Sequence[int], base: float, slope: float) -> float:
    """About how long a check of `lengths` takes where no task fails. base, slope: see `reading_seconds`."""
    if not lengths:
        return 0.0
    if plan.level == "ruler":
        return sum(plan.each * len(plan.tasks) * reading_seconds(0, length, base, slope) for length in lengths)
    each = plan.each * plan.bands or max(plan.sequential.fewest, plan.least * plan.bands)
    if plan.every_cell:
        each = plan.sequential.fewest * plan.bands
    asked = sum(each * len(plan.tasks) * _QUESTION_TOKENS * (base + slope * length) for length in lengths)
    # What does not fit one haystack of a length takes more of them.
    more = sum(max(0, each * len(plan.tasks) * _ITEM_TOKENS - length) for length in lengths) * base
    read = plan.haystacks * reading_seconds(0, max(lengths), base, slope)
    return asked + more + read * len(plan.seeds)


def fitting(plan: Plan, seconds: Callable[[Sequence[int]], float]) -> Plan:
    """The plan with the lengths that can be done in its time: the baseline and the longest first, then from below.

    seconds: what some lengths take. The baseline (or the shortest length) stays whatever it takes.
    """
    if plan.seconds is None or not plan.fit:
        return plan
    at = min(plan.lengths, key=lambda length: abs(length - BASELINE))
    chosen = [at]
    for length in (plan.lengths[-1], *plan.lengths):
        if length not in chosen and seconds(sorted([*chosen, length])) <= plan.seconds:
            chosen.append(length)
    return replace(plan, lengths=tuple(sorted(chosen)))
