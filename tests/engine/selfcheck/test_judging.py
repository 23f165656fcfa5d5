"""The strict judge, by hand-made cases and by properties."""

from __future__ import annotations

import random
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.selfcheck.judging import judge_refusal, judge_values, refuses, values_in
from engine.selfcheck.task import Item

ONE = Item("t", ("n",), "What is the code for the amber falcon?", ("4819027",), wrong=("1234567", "7654321"))
TWO = Item("t", ("n", "m"), "What are the codes?", ("4819027", "5512345"), wrong=("1234567",))
NONE = Item("t", ("n",), "What is the code for the amber falcon?", (), wrong=("1234567",), absent=True)
UUID = "1e2feb89-414c-443c-9027-c4d1c386bbc4"
OTHER = "9f0c3a52-8f1b-4c7a-b3d6-2a90c1e7d844"
KEY = "b8b6d8fe-442e-4d43-b204-e52db2221a58"
IDENTIFIER = Item("t", ("n",), f"Where does {KEY} lead?", (UUID,), wrong=(OTHER,))
WORDS = ("copper", "tin", "Tellwick", "Orrenby")
WORD = Item("t", ("n",), "What was the second?", ("copper",), wrong=("tin",))


@pytest.mark.parametrize(
    "answer",
    [
        "4819027",
        " 4819027.",
        "4,819,027",
        "4.819.027",
        "4 819 027",
        "4\u202f819\u202f027",
        "4'819'027",
        "The locker code for the amber falcon is 4819027.",
        "**4819027**",
        "`4819027`",
        "_4819027_",
        '"4819027"',
        "(4819027)",
        "code:4819027;",
        "#4819027",
        "№4819027",
        "４８１９０２７",
        "٤٨١٩٠٢٧",
        "1. 4819027",
        "4819027\n4819027",
        "It is 4819027, said in line 12 of 2024.",
        "It is 4819027 - the code.",
        "It is 4819027—nothing else.",
    ],
)
def test_the_right_number_is_a_hit_however_it_is_written(answer: str) -> None:
    assert judge_values(ONE, answer, "number").passed, answer


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("I cannot tell.", "no value"),
        ("48190270", "wrong value"),
        ("14819027", "wrong value"),
        ("04819027", "wrong value"),
        ("4819027.5", "wrong value"),
        ("4819027-33", "wrong value"),
        ("A4819027", "wrong value"),
        ("4819027x", "wrong value"),
        ("14,819,027", "wrong value"),
        ("4,819,027,111", "wrong value"),
        ("4,819,027,11", "no value"),
        ("4,819,0271", "no value"),
        ("481902", "wrong value"),
        ("4819 027", "no value"),
        ("9999999", "wrong value"),
        ("1234567", "something else"),
        ("4819027, not 1234567", "something else"),
        ("1,234,567 or 4,819,027", "something else"),
        ("4819027 5555555", "2 values where 1"),
        ("4819027 5555555 6666666 8888888", "4 values where 1"),
        ("48190272222222", "wrong value"),
        ("it is 48190", "wrong value"),
    ],
)
def test_what_is_a_miss_and_why(answer: str, why: str) -> None:
    judged = judge_values(ONE, answer, "number")
    assert not judged.passed
    assert why in judged.why


@pytest.mark.parametrize(
    "answer",
    ["4819027, 5512345", "5512345 4819027", "4819027,5512345", "- 4,819,027\n- 5,512,345", "1. 4819027\n2. 5512345"],
)
def test_all_of_several_are_a_hit_in_any_order(answer: str) -> None:
    assert judge_values(TWO, answer, "number").passed


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("4819027", "leaves out: 5512345"),
        ("4819027, 5512345, 6666666", "3 values where 2"),
        ("4819027, 6666666", "wrong value: 6666666"),
        ("4819027, 5512345, 1234567", "something else: 1234567"),
        ("48190275512345", "wrong value"),
    ],
)
def test_some_of_several_or_more_are_a_miss(answer: str, why: str) -> None:
    assert why in judge_values(TWO, answer, "number").why


@pytest.mark.parametrize(
    "answer",
    [
        UUID,
        UUID.upper(),
        f"{{{UUID}}}.",
        f"urn:uuid:{UUID}",
        f"The entry {KEY} leads to {UUID}.",
        f"`{UUID}`",
        UUID.replace("-", "\u2011"),
    ],
)
def test_a_uuid_is_known_whatever_its_case_and_the_asked_one_may_be_repeated(answer: str) -> None:
    assert judge_values(IDENTIFIER, answer, "uuid").passed


@pytest.mark.parametrize(
    "answer",
    [
        f"{UUID}0",
        f"a{UUID}",
        UUID[:-1],
        f"{UUID}-1",
        f"x{UUID}",
        f"{UUID}x",
        f"{UUID} {OTHER}",
        OTHER,
        KEY,
        UUID.replace("-", ""),
        UUID[:8],
    ],
)
def test_what_is_nearly_a_uuid_is_a_miss(answer: str) -> None:
    assert not judge_values(IDENTIFIER, answer, "uuid").passed


@pytest.mark.parametrize(
    ("answer", "hit"),
    [
        ("copper", True),
        ("It was “Copper”.", True),
        ("COPPER", True),
        ("copper's", True),
        ("coppers", False),
        ("copper-nickel", False),
        ("coppersmith", False),
        ("tin", False),
        ("first tin, then copper", False),
        ("Tellwick and copper", False),
        ("", False),
    ],
)
def test_a_word_counts_as_a_whole(answer: str, hit: bool) -> None:
    assert judge_values(WORD, answer, WORDS).passed is hit


@pytest.mark.parametrize(
    "answer",
    [
        "Not in the sources.",
        "The text does not say.",
        "I couldn’t find a code for the amber falcon.",
        "There is no such code.",
        "Das steht nicht im Text.",
        "Darüber gibt es keine Angabe.",
        "Ce code n’est pas mentionné.",
        "No se menciona.",
        "Non lo so.",
        "NOT MENTIONED",
    ],
)
def test_a_refusal_in_plain_words_is_a_hit_where_there_is_nothing(answer: str) -> None:
    assert judge_refusal(NONE, answer, "number").passed


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("", "empty"),
        ("1234567", "a value where there is none"),
        ("Not in the sources. The amber heron has 1234567.", "a value where there is none"),
        ("It is 4,819,027.", "a value where there is none"),
        ("There is no such code, perhaps 481902.", "a value where there is none"),
        ("Amber falcon.", "does not say"),
        ("The code is 481.", "does not say"),
        ("No.", "does not say"),
    ],
)
def test_anything_else_is_a_miss_there(answer: str, why: str) -> None:
    judged = judge_refusal(NONE, answer, "number")
    assert not judged.passed
    assert why in judged.why


def test_a_model_may_have_a_refusal_of_its_own() -> None:
    assert not refuses("Ei löydy lähteistä.")
    assert refuses("Ei löydy lähteistä.", refusal="Ei löydy lähteistä.")
    assert refuses("Ei löydy   lähteistä", refusal="Ei löydy lähteistä.")
    assert not refuses("Whatever.", refusal=" . ")


def test_a_long_answer_is_shown_in_one_line_and_cut() -> None:
    got = judge_values(ONE, "4819027\n" + "very " * 100, "number").got
    assert "\n" not in got
    assert len(got) == 200


numbers = st.integers(1_000_000, 9_999_999)


@given(numbers, st.sampled_from(["{}", "{}.", "It is {}.", "**{}**", "a {} b", "“{}”", "{}\n", "= {};"]))
def test_any_number_alone_is_found_plain_and_grouped(value: int, frame: str) -> None:
    for separator in ("", ",", ".", " ", "'", "\u202f", "\u00a0"):
        text = frame.format(f"{value:,}".replace(",", separator))
        assert values_in(text, "number") == [str(value)]


@given(numbers, st.integers(0, 9), st.booleans())
def test_a_digit_more_on_either_side_is_another_number(value: int, digit: int, before: bool) -> None:
    text = f"{digit}{value}" if before else f"{value}{digit}"
    assert values_in(text, "number") == [text]
    assert not judge_values(Item("t", (), "?", (str(value),)), text, "number").passed


@given(
    st.lists(numbers, min_size=2, max_size=12, unique=True), st.sampled_from([" ", ", ", "\n", ",", "; ", " and ", "/"])
)
def test_every_dump_is_a_miss_for_one_and_a_hit_for_all(values: list[int], between: str) -> None:
    texts = tuple(map(str, values))
    answer = between.join(texts)
    assert values_in(answer, "number") == list(texts)
    assert not judge_values(Item("t", (), "?", texts[:1]), answer, "number").passed
    assert not judge_values(Item("t", (), "?", texts[:-1]), answer, "number").passed
    assert judge_values(Item("t", (), "?", tuple(reversed(texts))), answer, "number").passed


@given(numbers, numbers, st.text(alphabet=st.characters(categories=("L", "Z", "P")), max_size=40))
def test_a_decoy_beside_the_right_one_is_a_miss(right: int, decoy: int, between: str) -> None:
    item = Item("t", (), "?", (str(right),), wrong=(str(decoy),))
    answer = f"{right} {between} {decoy}"
    assert not judge_values(item, answer, "number").passed


@given(st.text(max_size=80))
def test_no_text_without_the_value_is_a_hit(text: str) -> None:
    item = Item("t", (), "?", ("4819027",))
    if judge_values(item, text, "number").passed:
        assert sum(character.isdecimal() for character in text) >= 7
    assert values_in(text, "uuid") is not None
    assert not (judge_refusal(NONE, text, "number").passed and values_in(text, "number"))


@given(st.uuids(version=4), st.sampled_from(["{}", "It is {}.", "({})", "{}\n", "“{}”", "to: {}"]))
def test_any_uuid_is_found_whole(value: uuid.UUID, frame: str) -> None:
    assert values_in(frame.format(value), "uuid") == [str(value)]
    assert values_in(frame.format(str(value).upper()), "uuid") == [str(value)]
    cut = random.Random(value.int).randrange(1, 36)
    assert str(value) not in values_in(frame.format(str(value)[:cut]), "uuid")
