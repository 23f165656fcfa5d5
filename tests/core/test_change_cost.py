from __future__ import annotations

from app.core.change_cost import ChangeCost, change_cost
from app.core.ledger import to_read

HELD = [("system", 20), ("S1", 100), ("S2", 300), ("S3", 50)]


def test_everything_behind_the_first_change_is_read_again() -> None:
    without_the_first = to_read(HELD, [HELD[0], *HELD[2:]])
    assert change_cost(to_read(HELD, HELD), without_the_first, per_second=70.0) == ChangeCost(350, 5.0)
    last_two_swapped = to_read(HELD, [*HELD[:2], HELD[3], HELD[2]])
    assert change_cost(0, last_two_swapped, per_second=None) == ChangeCost(350, None)


def test_the_last_source_is_left_out_for_nothing() -> None:
    assert change_cost(0, to_read(HELD, HELD[:-1]), per_second=100.0) == ChangeCost(0, None)


def test_only_what_is_read_because_of_the_change_counts() -> None:
    assert change_cost(50, 350, per_second=100.0, exact=False) == ChangeCost(300, 3.0, exact=False)
    assert change_cost(450, 350, per_second=100.0) == ChangeCost(-100, None)


def test_no_speed_is_made_up() -> None:
    assert change_cost(0, 10, per_second=0.0).seconds is None
    assert change_cost(0, 10, per_second=None).seconds is None
