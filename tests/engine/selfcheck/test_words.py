"""The word lists, and what is drawn from them."""

from __future__ import annotations

import random
import re
import uuid
from itertools import combinations

import pytest

from engine.selfcheck.words import Keys, Numbers, fresh_uuid, own_generator, share, words

KEYED = ("single", "multikey", "absent", "multivalue", "multiquery", "order")


def test_no_word_stands_in_two_lists_or_twice_in_one() -> None:
    lists = words()
    for name in lists.__slots__:
        entries = getattr(lists, name)
        assert len(entries) == len({entry.casefold() for entry in entries}), name
    for one, other in combinations(lists.__slots__, 2):
        assert not {*map(str.casefold, getattr(lists, one))} & {*map(str.casefold, getattr(lists, other))}


def test_words_are_single_and_plain() -> None:
    lists = words()
    for name in lists.__slots__:
        assert all(re.fullmatch(r"[A-Za-z]{2,}", entry) for entry in getattr(lists, name))


def test_tasks_share_no_noun_and_each_has_thousands_of_keys() -> None:
    for one, other in combinations(KEYED, 2):
        assert not set(share(one)) & set(share(other))
    assert all(len(share(task)) * len(words().adjectives) >= 3000 for task in KEYED)


def test_numbers_of_different_tasks_never_meet() -> None:
    drawn = {}
    for task in ("single", "multikey", "absent"):
        numbers = Numbers(random.Random(1), task)
        drawn[task] = {numbers.fresh() for _ in range(5000)}
        assert len(drawn[task]) == 5000
        assert all(re.fullmatch(r"[1-9]\d{6}", number) for number in drawn[task])
    for one, other in combinations(drawn.values(), 2):
        assert not one & other


def test_near_keys_differ_in_exactly_one_word() -> None:
    keys = Keys(random.Random(2), "multikey")
    key = keys.fresh()
    near = keys.near(key, 6)
    assert len({key, *near}) == 7
    for other in near:
        assert sum(a != b for a, b in zip(key.split(), other.split(), strict=True)) == 1
    assert {other.split()[0] == key.split()[0] for other in near} == {True, False}


def test_where_all_near_keys_of_one_kind_are_taken_the_other_kind_serves() -> None:
    nouns = {f"amber {noun}" for noun in share("single")}
    near = Keys(random.Random(2), "single", used=nouns).near(f"amber {share('single')[0]}", 4)
    assert len(set(near)) == 4
    assert all(key.endswith(f" {share('single')[0]}") for key in near)
    adjectives = {f"{adjective} {share('single')[0]}" for adjective in words().adjectives}
    with pytest.raises(ValueError, match="more different keys"):
        Keys(random.Random(2), "single", used=nouns | adjectives).near(f"amber {share('single')[0]}", 1)


def test_the_last_key_that_is_left_is_found() -> None:
    every = {f"{a} {n}" for a in words().adjectives for n in share("single")}
    last = f"{words().adjectives[3]} {share('single')[3]}"
    assert Keys(random.Random(2), "single", used=every - {last}).fresh() == last


def test_more_keys_than_there_are_is_an_error_and_no_endless_loop() -> None:
    keys = Keys(random.Random(2), "single", used={f"{a} {n}" for a in words().adjectives for n in share("single")})
    with pytest.raises(ValueError, match="more different keys"):
        keys.fresh()


def test_identifiers_are_of_version_four() -> None:
    assert uuid.UUID(fresh_uuid(random.Random(3))).version == 4


def test_two_tasks_draw_differently_from_the_same_state() -> None:
    assert own_generator(random.Random(4), "single").random() != own_generator(random.Random(4), "absent").random()
    assert own_generator(random.Random(4), "single").random() == own_generator(random.Random(4), "single").random()
