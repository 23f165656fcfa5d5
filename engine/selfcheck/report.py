"""What a self-check found: the trials, and everything that follows from them. Every figure is worked out from trials.

Pure; knows no model. JSON of it is stable: fields may be added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from engine.selfcheck.statistics import State, wilson

Level = Literal["quick", "standard", "thorough", "classic", "ruler"]
Ended = Literal["done", "time", "cancelled"]
How = Literal["scored", "generated"]


@dataclass(frozen=True, slots=True)
class Trial:
    """One question asked. length: tokens of the context that were in use. depth: the band's middle in per cent, None
    where needles stand all over. how: "scored": the right answer was measured against the decoys; "generated": the
    model wrote. margin: log-probability of the right answer over that of the best decoy, natural logarithm, at the
    token where they part. position: token at which the (first) needle begins. agrees: whether writing it out gave the
    same verdict, where that was done. share: of what was asked for, where an answer can be right in part (RULER).
    """

    task: str
    length: int
    depth: int | None
    seed: int
    number: int
    question: str
    needles: tuple[str, ...]
    expected: str
    got: str
    passed: bool
    why: str = ""
    how: How = "scored"
    margin: float | None = None
    position: int | None = None
    agrees: bool | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """low, high: Wilson's 95 % interval of the share that passes."""

    task: str
    length: int
    depth: int | None
    n: int
    passed: int
    low: float
    high: float
    state: State


@dataclass(frozen=True, slots=True)
class Precondition:
    """holds: None where it could not be told. expected, found: as shown to a person."""

    name: str
    holds: bool | None
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Verified:
    """Tokens. None: not tested; 0: not even at the shortest length."""

    retrieval: int | None
    reasoning: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """A self-check as far as it went. lengths: tokens, ascending. depths: middles of the bands in per cent.

    classes: the kind of each task ("smoke", "retrieval", "reasoning"). spread: the tasks that have no depth. facts: of
    the fingerprint. read, asked: tokens by the engine's count. text: what the haystack was made of, in words. notes:
    sentences for a person.
    """

    suite: str
    level: Level
    lengths: tuple[int, ...]
    depths: tuple[int, ...]
    classes: Mapping[str, str]
    trials: tuple[Trial, ...] = ()
    preconditions: tuple[Precondition, ...] = ()
    read: int = 0
    asked: int = 0
    seconds: float = 0.0
    ended: Ended = "done"
    started: str = ""
    model: str = ""
    context: int = 0
    kv: str = "f16"
    text: str = ""
    fingerprint: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    spread: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """All fields as JSON values."""
        return asdict(self)


def cell_of(task: str, length: int, depth: int | None, trials: Sequence[Trial], state: State) -> Cell:
    """The cell that `trials` make."""
    passed = sum(trial.passed for trial in trials)
    low, high = wilson(passed, len(trials))
    return Cell(task, length, depth, len(trials), passed, low, high, state)
