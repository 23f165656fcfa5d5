"""RULER's scoring: the published rule, by hand-made edge cases whose results were worked out by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.selfcheck.ruler.scoring import (
    THRESHOLD,
    average,
    cleaned,
    effective_length,
    score,
    task_score,
    weighted,
)

# answer, references, share found (all), any found (part)
CASES = [
    # case
    ("Paris", ["paris"], 1, 1),
    ("paris", ["PARIS"], 1, 1),
    ("PaRiS", ["pArIs"], 1, 1),
    ("ABCDE FGHIJ", ["abcde", "fghij"], 1, 1),
    ("STRASSE", ["straße"], 0, 0),
    ("Ärger", ["ÄRGER"], 1, 1),
    # punctuation
    ("The answer is 1234567.", ["1234567"], 1, 1),
    ("1,234,567", ["1234567"], 0, 0),
    ("1234567", ["1,234,567"], 0, 0),
    ("(1234567)", ["1234567"], 1, 1),
    ("**1234567**", ["1234567"], 1, 1),
    ("well-known", ["well known"], 0, 0),
    ("It's O'Neill.", ["o'neill"], 1, 1),
    ("U.S.A.", ["usa"], 0, 0),
    ("“word”", ['"word"'], 0, 0),
    # within a longer token: counts here, unlike in the self-check's own judgement
    ("912345678", ["1234567"], 1, 1),
    ("catfish", ["cat"], 1, 1),
    ("abc1234567xyz", ["1234567"], 1, 1),
    ("123456", ["1234567"], 0, 0),
    # lists, whole and in part
    ("1, 2, 3, 4", ["1", "2", "3", "4"], 1, 1),
    ("1111111 2222222", ["1111111", "2222222", "3333333", "4444444"], 0.5, 1),
    ("3333333", ["1111111", "2222222", "3333333", "4444444"], 0.25, 1),
    ("4444444, 3333333, 2222222, 1111111", ["1111111", "2222222", "3333333", "4444444"], 1, 1),
    ("1111111", ["1111111", "2222222", "3333333"], 1 / 3, 1),
    ("1. alpha 2. beta 3. gamma", ["alpha", "gamma", "delta"], 2 / 3, 1),
    ("nothing of it", ["1111111", "2222222"], 0, 0),
    # a dump of everything is not punished
    (" ".join(str(n) for n in range(1_000_000, 1_000_050)), ["1000007", "1000049"], 1, 1),
    # repetition
    ("1111111 1111111", ["1111111", "2222222"], 0.5, 1),
    ("alpha", ["alpha", "alpha"], 1, 1),
    ("alpha", ["alpha", "alpha", "beta", "beta"], 0.5, 1),
    # one reference within another
    ("New York City", ["New York", "New York City"], 1, 1),
    ("New York", ["New York", "New York City"], 0.5, 1),
    # blank lines and white space
    ("", ["1111111"], 0, 0),
    ("   ", ["1111111"], 0, 0),
    ("\n\n\n", ["1111111", "2222222"], 0, 0),
    ("\n\n1111111\n\n", ["1111111"], 1, 1),
    ("1111111\n\n\n2222222", ["1111111", "2222222"], 1, 1),
    ("New  York", ["New York"], 0, 0),
    ("New\nYork", ["New York"], 0, 0),
    ("New\tYork", ["New\tYork"], 0, 0),
    ("New\tYork", ["New\nYork"], 1, 1),
    ("\x001111111\x00", ["1111111"], 1, 1),
    ("11\x0011111", ["1111111"], 0, 0),
    ("a\x1fb", ["a\nb"], 1, 1),
    ("a\x7fb", ["ab"], 0, 0),
    # space belongs to a reference
    ("word", ["word "], 0, 0),
    ("word by word", ["word "], 1, 1),
    ("alpha", [" "], 0, 0),
    ("alpha beta", [" "], 1, 1),
    # an empty reference stands in everything
    ("", [""], 1, 1),
    ("alpha", ["", "beta"], 0.5, 1),
    # other scripts and composed characters are compared as they are
    ("Ответ: Москва", ["москва"], 1, 1),
    ("cafe\u0301", ["caf\u00e9"], 0, 0),
    ("１２３", ["123"], 0, 0),
    ("東京です", ["東京"], 1, 1),
    # several references of one question
    ("It was in 1969.", ["1969", "July 1969", "20 July 1969"], 1 / 3, 1),
    ("yes", ["no", "none"], 0, 0),
    ("Denver Broncos", ["Denver Broncos", "the Broncos", "Broncos"], 2 / 3, 1),
]


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 40
    assert len({(answer, *references) for answer, references, *_ in CASES}) == len(CASES)


@pytest.mark.parametrize(("answer", "references", "share", "part"), CASES)
def test_an_answer_scores_as_published(answer: str, references: list[str], share: float, part: float) -> None:
    assert math.isclose(score(answer, references), share)
    assert score(answer, references, "part") == part


def test_a_task_is_the_mean_over_samples_in_per_cent() -> None:
    answers = ["1", "x", "", "1 2"]
    references = [["1"], ["1"], ["1"], ["1", "2", "3"]]
    assert task_score(answers, references) == 41.67
    assert task_score(answers, references, "part") == 50.0
    assert task_score(["a"], [["a"]]) == 100.0


def test_an_empty_answer_counts_and_is_not_left_out() -> None:
    assert task_score(["1", ""], [["1"], ["1"]]) == 50.0


def test_samples_weigh_the_same_however_many_references_they_have() -> None:
    assert task_score(["a b c", ""], [["a", "b", "c"], ["d"]]) == 50.0


@pytest.mark.parametrize(
    ("answers", "references", "why"),
    [(["a"], [], "1 answers cannot be scored with 0"), ([], [], "no answers"), (["a"], [[]], "without references")],
)
def test_what_cannot_be_scored_is_an_error(answers: list[str], references: list[list[str]], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        task_score(answers, references)


def test_cleaning_keeps_what_is_not_control() -> None:
    assert cleaned(" \x00 a\tb\r\n ") == "a\nb"
    assert cleaned("a\x7f\x9bb") == "a\x7f\x9bb"


def test_the_average_gives_each_task_the_same_weight() -> None:
    assert average({"vt": 100.0, "cwe": 50.0}) == 75.0
    with pytest.raises(ValueError, match="no tasks"):
        average({})


def test_the_effective_length_is_the_longest_at_the_threshold() -> None:
    scores = {4096: {"vt": 95.0, "cwe": 91.0}, 8192: {"vt": THRESHOLD, "cwe": THRESHOLD}, 16384: {"vt": 85.5}}
    assert effective_length(scores) == 8192
    assert effective_length({**scores, 32768: {"vt": 90.0}}) == 32768
    assert effective_length({4096: {"vt": 85.59}}) == 0
    assert effective_length({4096: {}}) == 0
    assert effective_length({}) == 0


def test_weighted_averages_lean_to_one_end() -> None:
    scores = {4096: {"vt": 90.0}, 8192: {"vt": 60.0}, 16384: {"vt": 30.0}}
    assert weighted(scores, rising=True) == pytest.approx((90 + 120 + 90) / 6)
    assert weighted(scores, rising=False) == pytest.approx((270 + 120 + 30) / 6)
    with pytest.raises(ValueError, match="no lengths"):
        weighted({}, rising=True)


@given(st.text(max_size=40), st.lists(st.text(max_size=4), min_size=1, max_size=5))
def test_part_is_whether_all_is_not_nothing(answer: str, references: list[str]) -> None:
    assert score(answer, references, "part") == (score(answer, references) > 0)


@given(
    st.lists(st.text("abcXYZ019-", min_size=1, max_size=6), min_size=1, max_size=6), st.sampled_from([" ", "\n", ", "])
)
def test_naming_all_is_full_marks_in_any_case(references: list[str], between: str) -> None:
    assert score(between.join(references).swapcase(), references) == 1
