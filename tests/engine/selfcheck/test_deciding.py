"""Which questions are still worth asking, and which lengths fit a time."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from engine.selfcheck.deciding import Decider, Tally
from engine.selfcheck.plan import BASELINE, Plan, expected_seconds, fitting, lengths_up_to, plan_for
from engine.selfcheck.report import Trial
from engine.selfcheck.statistics import Sequential

STANDARD = Plan("standard", (4096,), ("t",), bands=5, least=2, most=60)


def decider(plan: Plan, *trials: tuple[int | None, bool], spread: bool = False) -> Decider:
    made = Decider(plan, ["t"] if spread else [])
    for number, (depth, passed) in enumerate(trials):
        made.add(Trial("t", 4096, depth, 1, number, "?", (), "1", "1", passed))
    return made


def everywhere(passed: bool, times: int) -> list[tuple[int | None, bool]]:
    return [(depth, passed) for _ in range(times) for depth in STANDARD.depths]


def test_a_tally_is_the_sequential_test() -> None:
    test, chosen = Sequential(), random.Random(5)
    for _ in range(300):
        share, tally = chosen.random(), Tally(Sequential())
        hits = [chosen.random() < share for _ in range(chosen.randrange(70))]
        for hit in hits:
            tally.add(hit)
        assert tally.state == test.state(hits)
        if not tally.decided:
            assert test.state([*hits, *[True] * tally.hits_needed]) == "pass"
            assert test.state([*hits, *[True] * (tally.hits_needed - 1)]) != "pass"


def test_what_is_decided_is_not_asked_again() -> None:
    assert decider(STANDARD, *everywhere(True, 3)).wants("t", 4096)
    assert not decider(STANDARD, *everywhere(True, 4)).wants("t", 4096)
    # All bands are looked at, even where a few misses decided it.
    assert decider(STANDARD, *everywhere(False, 1)).wants("t", 4096)
    assert not decider(STANDARD, *everywhere(False, 2)).wants("t", 4096)
    assert not decider(STANDARD, *[(None, False)] * 3, spread=True).wants("t", 4096)


def test_a_band_that_was_mostly_missed_is_asked_on() -> None:
    done = [*everywhere(True, 6), (10, False)]
    assert not decider(STANDARD, *done).wants("t", 4096)
    doubted = [trial for trial in done if trial[0] != 30] + [(30, False), (30, False), (30, True)]
    made = decider(STANDARD, *doubted)
    assert made.whole("t", 4096).state == "pass"
    assert {depth for depth in STANDARD.depths if made.wanted("t", 4096, depth)} == {30}
    made = decider(STANDARD, *doubted, (30, True))
    assert not made.wants("t", 4096)


def test_there_is_an_end_to_what_stays_undecided() -> None:
    # About nine of ten: the evidence goes neither way.
    trials = [(STANDARD.depths[i % 5], i % 9 != 4) for i in range(60)]
    assert decider(STANDARD, *trials[:50]).wants("t", 4096)
    assert not decider(STANDARD, *trials).wants("t", 4096)


def test_every_seed_but_the_last_gives_its_share() -> None:
    plan = replace(STANDARD, seeds=(1, 2, 3), every_cell=True, most=200)
    made = decider(plan, *everywhere(True, 6))
    made.seed = 0
    assert not made.wants("t", 4096)
    made.seed = 1
    assert made.wanted("t", 4096, 10) == 6
    made.seed = 2
    assert made.wanted("t", 4096, 10) > 12


def test_lengths_double_up_to_the_context_itself() -> None:
    assert lengths_up_to(4096) == (1024, 2048, 4096)
    assert lengths_up_to(10_000) == (1024, 2048, 4096, 8192, 10_000)


def test_a_short_time_goes_to_the_baseline_and_the_whole_context_first() -> None:
    plan = plan_for("quick", 40_000)

    def tested(per_second: float) -> tuple[int, ...]:
        return fitting(plan, lambda lengths: expected_seconds(plan, lengths, 1 / per_second, 0.0)).lengths

    assert tested(10.0) == (BASELINE,)
    assert tested(520.0) == (BASELINE, 40_000)
    assert 40_000 not in tested(300.0)
    assert len(tested(300.0)) > 1
    assert tested(1e5) == plan.lengths


@pytest.mark.parametrize("level", ["quick", "standard", "thorough", "classic"])
def test_levels_take_longer_the_more_they_prove(level: str) -> None:
    plan = plan_for(level, 16_384)  # type: ignore[arg-type]
    assert plan.lengths[-1] == 16_384
    assert (plan.seconds is not None) == (level == "quick")
    assert plan_for(level, 16_384, seconds=7.0).seconds == 7.0  # type: ignore[arg-type]
    costs = [
        expected_seconds(plan_for(name, 16_384), plan.lengths, 0.001, 0.0) for name in ("quick", "standard", "thorough")
    ]
    assert costs == sorted(costs)
