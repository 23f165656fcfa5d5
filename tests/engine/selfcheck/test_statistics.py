"""Intervals and tests against published figures and against themselves."""

from __future__ import annotations

import random

import pytest

from engine.selfcheck.statistics import Sequential, State, clustered_interval, verified_length, wilson


@pytest.mark.parametrize(
    ("passed", "n", "low", "high"),
    [
        (1, 1, 0.2065, 1.0),
        (22, 22, 0.851, 1.0),
        (35, 35, 0.901, 1.0),
        (73, 73, 0.95, 1.0),
        (0, 10, 0.0, 0.2775),
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_wilson_against_published_figures(passed: int, n: int, low: float, high: float) -> None:
    assert wilson(passed, n) == pytest.approx((low, high), abs=6e-4)


def test_wilson_of_nothing_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_decisions_come_when_the_sums_say_so() -> None:
    test = Sequential()
    assert test.fewest == 18
    assert test.state([]) == "untested"
    assert test.state([True] * 17) == "undecided"
    assert test.state([True] * 18) == "pass"
    assert test.state([False] * 2) == "undecided"
    assert test.state([False] * 3) == "fail"
    assert test.state([True] * 18 + [False] * 50) == "pass"
    assert test.state([False] + [True] * 25) == "undecided"
    assert test.state([False] + [True] * 26) == "pass"


@pytest.mark.parametrize(("share", "wrong"), [(0.80, "pass"), (0.95, "fail")])
def test_errors_stay_below_what_is_promised(share: float, wrong: State) -> None:
    test, chosen = Sequential(), random.Random(7)
    runs = 4000
    errors = sum(test.state([chosen.random() < share for _ in range(400)]) == wrong for _ in range(runs))
    assert wilson(errors, runs)[1] < 0.055


def test_a_length_is_verified_only_with_all_shorter_ones() -> None:
    def at(*states: State) -> dict[str, list[State]]:
        return {"multikey": list(states), "uuid": ["pass", "pass"]}

    lengths = [4096, 8192, 16384, 32768]
    good = at("pass", "pass")
    assert verified_length({4096: good, 8192: good, 16384: at("pass", "fail"), 32768: good}, lengths) == 8192
    assert verified_length({4096: good, 8192: good, 16384: at("pass", "undecided")}, lengths) == 8192
    assert verified_length({8192: good}, lengths) == 0
    assert verified_length({4096: {"multikey": []}}, lengths) == 0
    assert verified_length(dict.fromkeys(lengths, good), lengths) == 32768


def test_haystacks_that_differ_widen_the_interval() -> None:
    alike = [[True] * 9 + [False]] * 10
    apart = [[True] * 10] * 9 + [[False] * 10]
    low, high = clustered_interval(alike, seed=1)
    wide_low, wide_high = clustered_interval(apart, seed=1)
    assert wide_low < low < 0.9 < high
    assert wide_high >= high
    assert clustered_interval(apart, seed=1) == clustered_interval(apart, seed=1)
    assert clustered_interval([[True] * 5], seed=1) == wilson(5, 5)
