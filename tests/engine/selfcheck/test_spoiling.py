"""What in a text that is not the item's own spoils it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.selfcheck.spoiling import spoils
from engine.selfcheck.task import Item

ITEM = Item("t", ("n",), "q", ("4819027",), wrong=("1234567", "copper"), telling=("amber falcon", "b8b6d8fe-442e"))


@pytest.mark.parametrize(
    "text",
    [
        "An amber falcon flew by.",
        "The Amber Falcon's nest",
        "amber falcons",
        "amber\nfalcon",
        "AMBER-FALCON",
        "it costs 4819027 crowns",
        "4,819,027",
        "4 819 027.",
        "line\n1234567\nline",
        "see B8B6D8FE-442E.",
    ],
)
def test_a_key_or_a_number_anywhere_spoils(text: str) -> None:
    assert spoils(ITEM, text)
    assert spoils(ITEM, f"before {text} behind")


@pytest.mark.parametrize(
    "text",
    ["", "amber", "falcon amber", "amber falconer", "chamber falcon", "14819027", "48190271", "copper", "14,819,027,0"],
)
def test_what_is_only_like_it_does_not(text: str) -> None:
    assert not spoils(ITEM, text)


@given(
    st.integers(1_000_000, 9_999_999),
    st.sampled_from([",", ".", " ", "", "'", "\u202f"]),
    st.text(st.characters(categories=("L", "Z")), max_size=30),
    st.text(st.characters(categories=("L", "Z")), max_size=30),
)
def test_a_value_is_told_in_any_grouping_and_any_text(value: int, separator: str, before: str, behind: str) -> None:
    item = Item("t", ("n",), "q", (str(value),))
    assert spoils(item, f"{before} {value:,} {behind}".replace(",", separator))
    assert not spoils(item, f"{before} {value}{value % 10} {behind}")


def test_an_item_that_tells_nothing_is_never_spoilt() -> None:
    assert not spoils(Item("t", ("n",), "q", ("copper",)), "copper 4819027")
