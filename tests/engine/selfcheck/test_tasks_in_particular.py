"""What is particular to single tasks: that the answer follows from their lines, and from nothing less."""

from __future__ import annotations

import random
import re
from collections import Counter
from itertools import islice

import pytest

from engine.selfcheck.task import Item
from engine.selfcheck.tasks import TASKS
from engine.selfcheck.words import words

COUNT = 60


def items(name: str, seed: int = 11) -> list[Item]:
    return TASKS[name].items(random.Random(seed), COUNT)


def test_multivalue_has_three_or_four_values_in_the_order_of_its_lines() -> None:
    made = items("multivalue")
    assert {len(item.expected) for item in made} == {3, 4}
    for item in made:
        assert [re.findall(r"\d{7}", line)[0] for line in item.needles] == list(item.expected)
        assert not re.search(r"\b(?:three|four|3|4)\b", item.question + item.opening)


def test_multiquery_is_answered_in_the_order_of_the_question_not_of_the_text() -> None:
    made = items("multiquery")
    moved = 0
    for item in made:
        asked = re.findall(r"the ([a-z]+ [a-z]+)(?=[,?]| and)", item.question)
        assert asked == list(item.telling)
        by_key = {
            key: value for key in asked for line in item.needles for value in re.findall(rf"{key} is (\d+)", line)
        }
        assert [by_key[key] for key in asked] == list(item.expected)
        moved += [re.findall(r"\d{7}", line)[0] for line in item.needles] != list(item.expected)
    assert moved > COUNT // 2


def followed(lines: tuple[str, ...], register: str) -> str | None:
    """What the register holds when all lines are obeyed in their order."""
    held: dict[str, str] = {}
    for line in lines:
        match = re.search(r"register ([A-Z]+) is set to (?:(\d+)|what register ([A-Z]+) holds)\.$", line, re.IGNORECASE)
        assert match, line
        held[match[1]] = match[2] or held[match[3]]
    return held.get(register)


def test_variable_follows_from_its_needles_in_order_over_two_to_four_hops() -> None:
    made = items("variable")
    assert {len(item.needles) - 1 for item in made} == {2, 3, 4}
    for item in made:
        asked = re.findall(r"[A-Z]{6}", item.question)
        assert len(asked) == 1
        assert followed(item.needles, asked[0]) == item.expected[0]
        assert not any(followed(item.needles[:i], asked[0]) for i in range(len(item.needles)))
        assert asked[0] in item.opening
        assert not re.search(r"\d|\b(?:two|three|four)\b", item.question + item.opening)


def test_the_other_chains_of_variable_lead_to_other_numbers() -> None:
    for item in items("variable"):
        starts = [line for line in item.decoys if re.search(r"\d", line)]
        assert starts == list(item.decoys[: len(item.wrong)])
        links = [line for line in item.decoys if not re.search(r"\d", line)]
        assert links
        assert not {name for line in item.decoys for name in re.findall(r"[A-Z]{6}", line)} & set(item.telling)
        with pytest.raises(KeyError):
            followed(tuple(links), "NOONE")


def test_registers_are_never_used_twice() -> None:
    named = [
        {name for line in (*item.needles, *item.decoys) for name in re.findall(r"[A-Z]{6}", line)}
        for item in items("variable")
    ]
    assert sum(map(len, named)) == len(set().union(*named))


def sold(lines: list[str], town: str) -> Counter[str]:
    counted = Counter[str]()
    for line in lines:
        if re.search(rf"\b{town}\b", line):
            counted.update(word for word in re.findall(r"[a-z]+", line) if word in words().goods)
    return counted


@pytest.mark.parametrize("seed", range(5))
def test_the_goods_asked_for_are_the_most_frequent_whatever_part_of_the_filler_is_there(seed: int) -> None:
    made = TASKS["count"].items(random.Random(seed), 12)
    filler = TASKS["count"].filler(random.Random(seed), made)
    assert filler is not None
    lines = list(islice(filler, 900))
    for item in made:
        for length in (0, 1, 2, 7, 14, 15, 16, 30, 31, 60, 100, 250, 900):
            counted = sold([*item.needles, *lines[:length]], item.telling[0])
            (_, _), (_, least), (_, most_of_others) = counted.most_common(3)
            assert sorted(goods for goods, _ in counted.most_common(2)) == list(item.expected)
            assert least > most_of_others
        assert {goods for goods, _ in counted.most_common(4)} == {*item.expected, *item.wrong}


def test_all_ledgers_of_the_filler_grow_alike_and_some_are_nobodys() -> None:
    made = TASKS["count"].items(random.Random(1), 4)
    filler = TASKS["count"].filler(random.Random(1), made)
    assert filler is not None
    towns = Counter(re.findall(r" ?[Ii]n ([A-Z][a-z]+) they", line)[0] for line in islice(filler, 700))
    assert set(towns.values()) == {100}
    assert len(set(towns) - {item.telling[0] for item in made}) == 3


def test_count_without_items_has_filler_all_the_same() -> None:
    filler = TASKS["count"].filler(random.Random(1), [])
    assert filler is not None
    assert len(list(islice(filler, 10))) == 10


def test_order_asks_for_each_turn_and_counts_by_the_lines() -> None:
    made = items("order")
    turns = ("first", "second", "third", "fourth", "fifth")
    asked = Counter[str]()
    for item in made:
        values = [line.rstrip(".").split()[-1] for line in item.needles]
        turn = next(turn for turn in turns if f"the {turn} to" in item.question)
        asked[turn] += 1
        assert item.expected == (values[turns.index(turn)],)
        assert sorted(item.wrong) == sorted(set(values) - set(item.expected))
        assert turn in item.opening
        assert not any(other in line for line in item.needles for other in turns)
    assert {len(item.needles) for item in made} == {3, 4, 5}
    assert set(asked) == set(turns)


def test_absent_keys_stand_nowhere_and_near_ones_differ_in_one_word() -> None:
    for item in items("absent"):
        (key,) = item.telling
        lines = (*item.needles, *item.decoys)
        assert not any(key in line for line in lines)
        assert all(sum(word in line for word in key.split()) == 1 for line in lines)
        assert set(item.wrong) == {value for line in lines for value in re.findall(r"\d{7}", line)}
