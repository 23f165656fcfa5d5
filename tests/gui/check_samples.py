"""Self-check reports for the window's tests and pictures, drawn from a seed: some lengths fail, some in the middle."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace

from engine.selfcheck.report import Precondition, Report, Trial

LENGTHS = (4096, 8192, 16_384, 32_768, 49_152, 65_536, 98_304, 131_072)
DEPTHS = (5, 15, 30, 50, 70, 85, 95)
CLASSES = {"single": "smoke", "multikey": "retrieval", "absent": "retrieval", "variable": "reasoning"}
SPREAD = frozenset({"variable"})
PRECONDITIONS = (
    Precondition("effective context", True, "131,072 tokens", "131,072 tokens"),
    Precondition("nothing shifted", True, "no shift", "no shift"),
    Precondition("nothing cut off", True, "98,304 tokens", "98,304 tokens"),
    Precondition("one beginning token", True, "1", "1"),
    Precondition("tokens in and tokens decoded", True, "141,320", "141,320"),
    Precondition("cache types", True, "q8_0 and q8_0", "q8_0 and q8_0"),
    Precondition("rope settings", None, "as in the file", "not logged"),
    Precondition("loaded: rope base in windows", True, "500,000", "500,000"),
    Precondition("the same from a cold context", True, "4 of 4 verdicts", "4 of 4 verdicts"),
)
NAMES = ("amber falcon", "quiet harbour", "copper lantern", "marsh heron", "silver ladle", "north gable")

Share = Callable[[str, int, int | None], float]


def middling(task: str, length: int, depth: int | None) -> float:
    """Good to 96K; at 128K the middle is missed, and chains break from 32K on."""
    if task == "variable":
        return 1.0 if length <= 16_384 else 0.55
    if length < 131_072:
        return 0.995
    away = 0.5 if depth is None else abs(depth - 50) / 50
    return 0.25 + 0.7 * away


def sample(
    share: Share = middling,
    *,
    lengths: tuple[int, ...] = LENGTHS,
    depths: tuple[int, ...] = DEPTHS,
    classes: Mapping[str, str] = CLASSES,
    n: int = 20,
    seed: int = 7,
    tested: int = 1 << 40,
) -> Report:
    """A report of `n` trials a cell that pass with the share that `share` gives. tested: no longer length was asked."""
    chosen = random.Random(seed)
    trials = [
        _trial(chosen, task, length, depth, number, share(task, length, depth))
        for task in classes
        for length in lengths
        if length <= tested
        for depth in ((None,) if task in SPREAD else depths)
        for number in range(n)
    ]
    return Report(
        suite="plumbline 1",
        level="standard",
        lengths=lengths,
        depths=depths,
        classes=classes,
        trials=tuple(trials),
        preconditions=PRECONDITIONS,
        read=max(lengths),
        asked=len(trials) * 61,
        seconds=2460.0,
        started="2026-11-21T09:12:00+00:00",
        model="Llama 4 Scout 17B",
        context=max(lengths),
        kv="q8_0",
        text="prose made for it",
        spread=tuple(task for task in classes if task in SPREAD),
        fingerprint="f" * 64,
    )


def running(report: Report, *, share: float) -> Report:
    """The same as it stood when that share of its trials was done."""
    return replace(report, trials=report.trials[: int(len(report.trials) * share)], ended="cancelled")


def _trial(chosen: random.Random, task: str, length: int, depth: int | None, number: int, share: float) -> Trial:
    name = chosen.choice(NAMES)
    right, wrong = (str(chosen.randrange(1_000_000, 9_999_999)) for _ in range(2))
    passed = chosen.random() < share
    place = chosen.random() if depth is None else min(0.99, max(0.0, (depth + chosen.uniform(-4, 4)) / 100))
    return Trial(
        task=task,
        length=length,
        depth=depth,
        seed=7,
        number=number,
        question=f"What is the locker code for {name}?",
        needles=(f"The locker code for {name} is {right}.",),
        expected=right,
        got=right if passed else wrong,
        passed=passed,
        why="" if passed else "That is the code of a look-alike.",
        margin=chosen.uniform(2, 9) if passed else chosen.uniform(-4, -0.8),
        position=int(place * length),
        agrees=True if number % 5 == 0 else None,
    )
