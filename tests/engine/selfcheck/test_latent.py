"""The associations of "latent": no word that says anything is shared, and none answers another's question."""

from __future__ import annotations

import random
import re
from itertools import combinations, islice

import pytest

from engine.selfcheck.prose import prose
from engine.selfcheck.spoiling import spoils
from engine.selfcheck.tasks.latent import TASK, Association, associations, other_lines
from engine.selfcheck.words import words

_WORD = re.compile(r"[^\W\d_]+")
_SAYS_NOTHING = frozenset(
    """
    a an the of to in on at by for from with and or but as is are was were be been has have had does do did not no who
    whose which what that this it its their them him her his one two
    """.split()
)
_ENDINGS = ("ations", "ation", "ings", "ing", "ists", "ist", "ers", "ies", "er", "ed", "es", "ly", "s", "e", "y")
_SAME_START = 4


def stems(text: str) -> set[str]:
    """The words that say something, without their endings."""
    return {stem(word) for word in _WORD.findall(text.casefold()) if word not in _SAYS_NOTHING and word != "name"}


def stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return stem(word.removesuffix(ending))
    return word


def shared(one: str, other: str) -> set[tuple[str, str]]:
    """Pairs of words that are the same but for their endings, or begin alike for long."""
    return {
        (a, b)
        for a in stems(one)
        for b in stems(other)
        if a == b or (min(len(a), len(b)) >= _SAME_START and a[:_SAME_START] == b[:_SAME_START])
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("translates", "translation"),
        ("bakers bake", "the baker"),
        ("dental", "dentist"),
        ("skiing", "skis"),
        ("a vegetarian", "vegetables"),
    ],
)
def test_words_with_other_endings_are_seen(one: str, other: str) -> None:
    assert shared(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [("the Eiffel Tower", "Who lives in Paris?"), ("is", "Who is it?"), ("cat", "car")]
)
def test_words_that_say_nothing_or_differ_are_not(one: str, other: str) -> None:
    assert not shared(one, other)


def test_there_are_enough_and_no_two_are_alike() -> None:
    assert len(associations()) >= 100
    assert len({one.question for one in associations()}) == len(associations())
    assert len({one.needle for one in associations()}) == len(associations())


@pytest.mark.parametrize("association", associations(), ids=lambda association: association.question)
def test_text_and_question_share_no_content_word(association: Association) -> None:
    assert not shared(association.needle, association.question)
    assert not shared(association.needle, "The name is")


@pytest.mark.parametrize("association", associations(), ids=lambda association: association.question)
def test_an_association_is_well_formed(association: Association) -> None:
    assert association.needle.count("{name}") == 1
    assert re.fullmatch(r"Who(?:se)? [^{}]+\?", association.question)
    assert len(association.telling) >= 2
    said = f"{association.needle} {association.question}".casefold()
    assert all(phrase == phrase.casefold() and phrase in said for phrase in association.telling)
    assert any(phrase in association.needle.casefold() for phrase in association.telling)
    assert any(phrase in association.question.casefold() for phrase in association.telling)


def test_no_association_is_told_by_another_by_a_word_list_or_by_the_prose() -> None:
    items = TASK.items(random.Random(1), len(associations()))
    assert len(items) == len(associations())
    lists = words()
    listed = " ".join(
        word for name in ("adjectives", "nouns", "turns", "goods", "towns") for word in getattr(lists, name)
    )
    others = " ".join(line.format(name="Nobody") for line in other_lines())
    text = "\n".join(islice(prose(random.Random(1)), 8_000))
    for item in items:
        assert not spoils(item, text), item.telling
        assert not spoils(item, listed), item.telling
        assert not spoils(item, others), item.telling
    for one, other in combinations(items, 2):
        for item, line in ((one, other.needles[0]), (other, one.needles[0])):
            assert not spoils(item, line), (item.telling, line)


def test_its_needle_is_told_by_a_users_text_that_says_the_same() -> None:
    for item in TASK.items(random.Random(2), 40):
        assert spoils(item, item.needles[0])
        assert spoils(item, f"Note: {item.question}")


def test_other_lines_name_somebody_and_ask_nothing() -> None:
    for line in other_lines():
        assert line.count("{name}") == 1
        for association in associations():
            assert not shared(line, association.question), (line, association.question)


def test_more_than_there_are_gives_all_there_are() -> None:
    assert len(TASK.items(random.Random(3), 10_000)) == len(associations())


def test_decoys_are_other_associations_while_there_are_any() -> None:
    needles = [re.escape(one.needle).replace(r"\{name\}", r"\w+") for one in associations()]
    item = TASK.items(random.Random(4), 1)[0]
    assert any(re.fullmatch(needle, line) for needle in needles for line in item.decoys)
    last = TASK.items(random.Random(4), len(associations()))[-1]
    assert not any(re.fullmatch(needle, line) for needle in needles for line in last.decoys)
