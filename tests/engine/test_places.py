"""What a change costs, and what reading costs at which depth: arithmetic, held against counting one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.places import cost, deepest, seconds_to_read, to_read
from engine.protocol import Cost, Standing
from engine.speed import Speed

SLIDING = Standing(1000, (100, 400, 900, 1000), 50.0, ((899, 900), (990, 1000)), 0.01, 0.00001)
WHOLE = Standing(1000, (700, 1000), 50.0, ((0, 1000),))
RECURRENT = Standing(1000, (), 50.0)


@pytest.mark.parametrize(
    ("standing", "same", "position"),
    [
        (SLIDING, 1000, 1000),
        (SLIDING, 5000, 1000),
        (SLIDING, 999, 999),
        (SLIDING, 989, 900),
        (SLIDING, 899, 899),
        (SLIDING, 898, 400),
        (SLIDING, 99, 0),
        (WHOLE, 123, 123),
        (RECURRENT, 999, 0),
        (RECURRENT, 1000, 1000),
        (Standing(0, (), 0.0), 500, 0),
    ],
)
def test_the_deepest_place_that_holds(standing: Standing, same: int, position: int) -> None:
    assert deepest(standing, same) == position


def test_the_last_token_is_read_in_any_case() -> None:
    assert to_read(WHOLE, 1000, 1000) == 1
    assert to_read(SLIDING, 1000, 1000) == 1
    assert to_read(SLIDING, 900, 900) == 1
    assert to_read(SLIDING, 400, 400) == 300
    assert to_read(RECURRENT, 1000, 1001) == 1
    assert to_read(RECURRENT, 1000, 1000) == 1000
    assert to_read(WHOLE, 0, 0) == 0


def test_seconds_add_up_over_the_depth() -> None:
    one_by_one = sum(0.01 + 0.00001 * (position + 0.5) for position in range(900, 1500))
    announced = cost(SLIDING, 950, 1500)
    assert announced.to_read == 600
    assert announced.seconds == pytest.approx(one_by_one)
    assert cost(Standing(0, (), 0.0), 0, 700) == Cost(700, None)
    assert seconds_to_read(SLIDING, 700, 700) == 0.0


@given(
    base=st.floats(1e-5, 1.0),
    slope=st.floats(0.0, 1e-4),
    batches=st.lists(st.tuples(st.integers(0, 100_000), st.integers(32, 2048)), min_size=3, max_size=30),
)
def test_a_line_is_found_again(base: float, slope: float, batches: list[tuple[int, int]]) -> None:
    speed = Speed()
    for start, count in batches:
        speed.note(start, count, count * (base + slope * (start + count / 2)))
    for start, count in batches[1:]:
        assert speed.seconds(start, start + count) == pytest.approx(
            count * (base + slope * (start + count / 2)), rel=0.05
        )


def test_the_first_batch_and_small_ones_do_not_spoil_the_speed() -> None:
    speed = Speed()
    assert (speed.per_second(0), speed.seconds(0, 100)) == (0.0, 0.0)
    speed.note(0, 512, 500.0)
    assert speed.per_second(0) == pytest.approx(512 / 500)
    speed.note(512, 512, 5.12)
    speed.note(1024, 3, 30.0)
    assert speed.per_second(0) == pytest.approx(100)


def test_a_speed_that_rises_is_taken_for_noise() -> None:
    speed = Speed()
    for start, each in ((0, 9.0), (512, 0.03), (1024, 0.02), (1536, 0.01)):
        speed.note(start, 512, 512 * each)
    base, slope = speed.line
    assert base == pytest.approx(0.02, rel=0.1)
    assert slope == 0
