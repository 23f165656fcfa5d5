"""How often a reader just below the threshold is verified, and one that is good is not: seeded simulations.

The decisions are those of a real run, without tokens; `test_readers` and the twin below go through the whole of it.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.selfcheck.plan import Plan, plan_for
from engine.selfcheck.statistics import P_BAD, P_GOOD, wilson
from engine.selfcheck.verdicts import verified
from tests.engine.selfcheck.sample_reports import KINDS, sampled
from tests.engine.selfcheck.simulated import Simulated, bernoulli
from tests.engine.selfcheck.test_readers import run

RUNS = 2000
MOST_OFTEN = 0.065


def plan_of(level: str, *tasks: str) -> Plan:
    plan = plan_for(level, 8192, known_tasks=KINDS, tasks=tasks)  # type: ignore[arg-type]
    return replace(plan, lengths=(4096, 8192), fit=False, seconds=None)


def verified_falsely(plan: Plan, share: float, runs: int) -> int:
    """Runs in which a reader that passes this share from 8K on is verified there."""
    return sum(
        verified(sampled(lambda task, length, depth: 1.0 if length < 8192 else share, plan, seed=seed)).retrieval
        == 8192
        for seed in range(runs)
    )


@pytest.mark.parametrize(
    ("level", "task"), [("quick", "multikey"), ("standard", "multikey"), ("standard", "multiquery")]
)
def test_a_reader_below_the_threshold_is_verified_rarely(level: str, task: str) -> None:
    falsely = verified_falsely(plan_of(level, task), P_BAD, RUNS)
    assert wilson(falsely, RUNS)[1] <= MOST_OFTEN
    # One that is never verified would pass this test without being a test.
    assert verified_falsely(plan_of(level, task), 0.99, 100) > 80


def test_a_damaged_band_is_seen_among_good_ones() -> None:
    plan = plan_of("standard", "multikey")

    def share(task: str, length: int, depth: int | None) -> float:
        return 0.0 if length == 8192 and depth == 45 else 1.0

    assert all(verified(sampled(share, plan, seed=seed)).retrieval == 4096 for seed in range(100))


def test_several_seeds_and_every_band_verify_a_bad_reader_never() -> None:
    plan = plan_of("thorough", "multikey")
    assert verified_falsely(replace(plan, bands=5), P_BAD, 40) == 0
    assert verified_falsely(replace(plan, bands=5), 0.995, 5) == 5


def test_the_whole_runner_decides_as_often() -> None:
    """The short twin through haystacks, prompts and scores."""
    runs, plan = 40, replace(plan_of("quick", "multikey"), write_every=0, recheck=0)

    def found(share: float, seed: int) -> int | None:
        reader = bernoulli(lambda length: 1.0 if length < 4097 else share, seed)
        return verified(run(Simulated(reader, n_ctx=8192), plan)).retrieval

    falsely = sum(found(P_BAD, seed) == 8192 for seed in range(runs))
    assert wilson(falsely, runs)[0] <= MOST_OFTEN
    assert sum(found(P_GOOD + 0.04, seed) == 8192 for seed in range(10)) >= 8
