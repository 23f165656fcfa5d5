"""The prose of the haystack: endless, never twice the same, and silent about all that the tasks ask for."""

from __future__ import annotations

import random
import re
from functools import cache
from itertools import islice

import pytest

from engine.selfcheck.prose import prose
from engine.selfcheck.tasks import TASKS
from engine.selfcheck.words import words

_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_PLAIN = """
the a an to of for is in on as by that it was and who has what with which does do at from not they be are there up every
new told before said
""".split()


@cache
def _sentences(count: int, seed: int = 7) -> tuple[str, ...]:
    return tuple(islice(prose(random.Random(seed)), count))


@cache
def _words_used() -> frozenset[str]:
    return frozenset(_WORD.findall("\n".join(_sentences(30_000)).casefold()))


def test_the_same_seed_gives_the_same_text_and_another_another() -> None:
    assert tuple(islice(prose(random.Random(7)), 300)) == _sentences(30_000)[:300]
    assert not set(_sentences(30_000)[:300]) & set(_sentences(300, seed=8))


def test_no_two_sentences_are_equal() -> None:
    assert len(set(_sentences(30_000))) == 30_000


@pytest.mark.long
def test_no_two_of_many_sentences_are_equal() -> None:
    for seed in (1, 2):
        assert len(set(_sentences(400_000, seed))) == 400_000


def test_each_is_one_plain_sentence_of_a_moderate_length() -> None:
    for sentence in _sentences(30_000)[:8_000]:
        assert re.fullmatch(r"[A-Z][A-Za-z ,'-]*\.", sentence), sentence
        assert "  " not in sentence and " ," not in sentence
        assert 4 <= len(sentence.split()) <= 70


def test_it_varies() -> None:
    sentences = _sentences(30_000)[:5_000]
    openings = {" ".join(sentence.split()[:3]) for sentence in sentences}
    assert len(openings) > 1_000
    assert len({word for sentence in sentences for word in _WORD.findall(sentence.casefold())}) > 600


def test_it_holds_no_word_of_a_key_or_a_value() -> None:
    lists = words()
    asked = {word.casefold() for name in lists.__slots__ for word in getattr(lists, name)}
    used = _words_used()
    assert not {word for word in used if {word, f"{word}s", f"{word}es"} & asked}
    assert not {word for word in asked if f"{word}s" in used}


def test_it_spoils_no_item_and_shares_no_telling_word_with_a_question() -> None:
    used = _words_used()
    for task in TASKS.values():
        if task.kind == "reasoning":
            continue
        for item in task.items(random.Random(5), 20):
            key = {word for phrase in item.telling for word in phrase.split()}
            content = set(_WORD.findall(item.question.casefold())) - set(_PLAIN) - key
            assert content, item.question
            assert not content <= used, item.question
