"""RULER's tracking, counting and question tasks, worked out again from the text of each sample."""

from __future__ import annotations

import json
import random
import re
from collections import Counter

import pytest

from engine.errors import CheckError
from engine.selfcheck.ruler import RULER_TASKS
from engine.selfcheck.ruler.frequencies import zeta_counts
from engine.selfcheck.ruler.questions import Question, QuestionAnswering, read_questions
from engine.selfcheck.ruler.sample import Sample


def count(text: str) -> int:
    return len(re.findall(r"[^\W\d]+|\d{1,3}|[^\w\s]", text))


def sample(name: str, budget: int = 5_000, seed: int = 3) -> Sample:
    return RULER_TASKS[name].sample(random.Random(seed), budget, count)


def test_the_eleven_tasks_without_data_sets_are_there_with_their_answer_rooms() -> None:
    assert {name: task.max_answer for name, task in RULER_TASKS.items()} == {
        **dict.fromkeys(
            (
                *(f"niah_single_{i}" for i in (1, 2, 3)),
                *(f"niah_multikey_{i}" for i in (1, 2, 3)),
                "niah_multivalue",
                "niah_multiquery",
            ),
            128,
        ),
        "vt": 30,
        "cwe": 120,
        "fwe": 50,
    }
    assert {task.match for task in RULER_TASKS.values()} == {"all"}


@pytest.mark.parametrize("seed", range(10))
def test_tracking_has_one_chain_of_four_hops_in_order_and_a_solved_example(seed: int) -> None:
    made = sample("vt", seed=seed)
    example, text = made.context.split("\n\n")
    lines = re.findall(r"VAR ([A-Z]{5}) = (?:VAR ([A-Z]{5})|(\d{5}))\.", text)
    assert len(lines) == len(made.answers) == 5
    held: dict[str, str] = {}
    for name, by, value in lines:
        held[name] = value or held[by]
    assert set(held) == set(made.answers)
    assert len(set(held.values())) == 1
    assert next(iter(held.values())) in made.question
    assert len(re.findall(r"VAR [A-Z]{3} = ", example)) == 5
    assert all(name in example.rsplit("namely", 1)[1] for name in re.findall(r"VAR ([A-Z]{3}) =", example))


@pytest.mark.parametrize(("budget", "often", "seldom"), [(2_000, 6, 1), (5_000, 30, 3), (20_000, 30, 3)])
def test_common_words_stand_ten_times_as_often_as_others(budget: int, often: int, seldom: int) -> None:
    made = sample("cwe", budget)
    example, text = made.context.split("\n\n")
    listed = re.findall(r"\d+\. (\S+)", text)
    counted = Counter(listed)
    assert {word for word, times in counted.items() if times == often} == set(made.answers)
    assert set(counted.values()) == {often, seldom}
    assert len(made.answers) == 10
    assert [int(number) for number in re.findall(r"(\d+)\. \S+", text)] == list(range(1, len(listed) + 1))
    solved = example.rsplit("are ", 1)[1]
    assert len(re.findall(r"\d+\. \S+", solved)) == 10
    assert not set(made.answers) & set(re.findall(r"\d+\. (\S+)", example))


def test_a_long_list_has_words_enough() -> None:
    made = RULER_TASKS["cwe"].sample(random.Random(1), 120_000, lambda text: len(text) // 4)
    counted = Counter(re.findall(r"\d+\. (\S+)", made.context.split("\n\n")[1]))
    assert len(counted) > 5_000
    assert set(counted.values()) == {3, 30}


@pytest.mark.parametrize("budget", [1_000, 5_000, 30_000])
@pytest.mark.parametrize("seed", range(4))
def test_frequent_words_are_ranks_two_to_four(budget: int, seed: int) -> None:
    made = sample("fwe", budget, seed)
    listed = made.context.split("\n")[1].split(" ")
    (dots, most), *others = Counter(listed).most_common(5)
    assert dots == "..."
    assert tuple(word for word, _ in others[:3]) == made.answers
    assert all(re.fullmatch(r"[a-z]{6}", word) for word in set(listed) - {"..."})
    assert 0.2 < others[0][1] / most < 0.3


def test_counts_follow_the_zeta_distribution() -> None:
    # The sum of 1/k^2 over all k is pi^2 / 6.
    assert zeta_counts(1_000_000, 4, 2.0) == [607_927, 151_981, 67_547, 37_995]
    assert zeta_counts(10, 3, 2.0) == [6, 1, 0]


DOCUMENTS = [
    Question(
        f"What is the capital of land {i}?",
        (f"City{i}", f"the city {i}"),
        f"Land {i}. " + f"Word{i} " * 40 + f"City{i}.",
    )
    for i in range(40)
]


@pytest.mark.parametrize("seed", range(8))
def test_a_users_questions_stand_among_the_documents_of_the_others(seed: int) -> None:
    made = QuestionAnswering(tuple(DOCUMENTS)).sample(random.Random(seed), 2_000, count)
    asked = next(one for one in DOCUMENTS if one.answers == made.answers)
    assert asked.question in made.question
    assert made.context.count(asked.context) == 1
    documents = re.findall(r"Document (\d+):\n(Land \d+)\.", made.context)
    assert [int(number) for number, _ in documents] == list(range(1, len(documents) + 1))
    assert len({name for _, name in documents}) == len(documents) > 5
    assert 1_700 <= count(made.context) + count(made.question) + count(made.opening) <= 2_000


def test_with_few_documents_a_sample_is_shorter_than_it_may_be() -> None:
    made = QuestionAnswering(tuple(DOCUMENTS[:3])).sample(random.Random(1), 50_000, count)
    assert made.context.count("Document ") == 3


def test_questions_are_read_from_json_lines() -> None:
    row = {"question": "Where?", "answers": ["here", "there"], "context": "It is here.", "id": 7}
    assert read_questions([json.dumps(row) + "\n", "\n", "  "]) == [
        Question("Where?", ("here", "there"), "It is here.")
    ]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "no questions"),
        (["", " \n"], "no questions"),
        (["{"], "Line 1 of the questions is not JSON"),
        (["\n", "[1]"], "Line 2 of the questions is not an object"),
        (['"text"'], "Line 1 of the questions is not an object"),
        (['{"question": "q", "answers": ["a"]}'], 'Line 1 of the questions has no "context"'),
        (['{"question": " ", "answers": ["a"], "context": "c"}'], 'Line 1 of the questions has no "question"'),
        (['{"question": "q", "answers": "a", "context": "c"}'], 'Line 1 of the questions has no "answers"'),
        (['{"question": "q", "answers": [], "context": "c"}'], 'Line 1 of the questions has no "answers"'),
        (['{"question": "q", "answers": ["a", 1], "context": "c"}'], 'Line 1 of the questions has no "answers"'),
        (['{"question": "q", "answers": [""], "context": "c"}'], 'Line 1 of the questions has no "answers"'),
        (["[" * 100_000], "Line 1 of the questions is not JSON"),
    ],
)
def test_bad_questions_are_one_sentence_that_names_the_line(lines: list[str], why: str) -> None:
    with pytest.raises(CheckError, match=why) as caught:
        read_questions(lines)
    assert '"question", "answers" (a list of texts) and "context"' in caught.value.hint
