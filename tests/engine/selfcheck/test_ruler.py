"""The RULER suite: samples as long as they may be, with the published parameters."""

from __future__ import annotations

import random
import re

import pytest

from engine.selfcheck.ruler import RULER_TASKS
from engine.selfcheck.ruler.sample import RulerTask, Sample, TooShort
from engine.selfcheck.words import words

every = pytest.mark.parametrize("task", RULER_TASKS.values(), ids=RULER_TASKS)


def count(text: str) -> int:
    """A word, a number of up to three digits or a mark each."""
    return len(re.findall(r"[^\W\d]+|\d{1,3}|[^\w\s]", text))


def tokens(sample: Sample) -> int:
    return count(sample.context) + count(sample.question) + count(sample.opening)


@every
@pytest.mark.parametrize("budget", [3_000, 8_000, 20_000])
def test_a_sample_fills_what_it_may_and_no_more(task: RulerTask, budget: int) -> None:
    for seed in range(3):
        used = tokens(task.sample(random.Random(seed), budget, count))
        assert 0.9 * budget <= used <= budget


@every
def test_the_answers_stand_in_the_text_and_the_question_does_not_give_them(task: RulerTask) -> None:
    sample = task.sample(random.Random(1), 3_000, count)
    assert sample.task == task.name
    assert sample.max_answer == task.max_answer
    assert sample.answers
    assert len(set(sample.answers)) == len(sample.answers)
    for answer in sample.answers:
        assert answer in sample.context
        assert answer not in sample.question + sample.opening


@every
def test_samples_follow_from_the_seed_and_differ(task: RulerTask) -> None:
    one, again = (task.sample(random.Random(2), 2_500, count) for _ in range(2))
    assert one == again
    chosen = random.Random(2)
    assert task.sample(chosen, 2_500, count) == one
    assert task.sample(chosen, 2_500, count).answers != one.answers


@every
def test_too_few_tokens_are_an_error_that_says_how_many(task: RulerTask) -> None:
    with pytest.raises(TooShort, match=rf"{task.name} needs \d+ tokens at least, and 20 are left"):
        task.sample(random.Random(1), 20, count)


@pytest.mark.parametrize(
    ("name", "keys", "values", "asked"),
    [
        ("niah_single_1", 1, 1, 1),
        ("niah_single_2", 1, 1, 1),
        ("niah_single_3", 1, 1, 1),
        ("niah_multikey_1", 4, 1, 1),
        ("niah_multivalue", 1, 4, 1),
        ("niah_multiquery", 4, 1, 4),
    ],
)
def test_needles_have_the_published_numbers(name: str, keys: int, values: int, asked: int) -> None:
    sample = RULER_TASKS[name].sample(random.Random(5), 3_000, count)
    found = re.findall(r"One of the secret \w+ for (\S+) is: (\S+)\.", sample.context)
    assert len({key for key, _ in found}) == keys
    assert len(found) == keys * values
    assert len(sample.answers) == asked * values
    assert {key for key, value in found if value in sample.answers} == {
        key for key in {key for key, _ in found} if key in sample.question
    }


@pytest.mark.parametrize(("name", "shape"), [("niah_multikey_2", r"\d{7}"), ("niah_multikey_3", r"[0-9a-f-]{36}")])
def test_in_the_hardest_every_line_is_a_needle(name: str, shape: str) -> None:
    sample = RULER_TASKS[name].sample(random.Random(5), 3_000, count)
    lines = sample.context.split("\n")[1:]
    found = [re.fullmatch(rf"One of the secret \w+ for (\S+) is: ({shape})\.", line) for line in lines]
    assert all(found)
    keys = [match[1] for match in found if match]
    assert len(set(keys)) == len(keys) >= 30
    assert sum(key in sample.question for key in keys) == 1


def test_needles_stand_at_all_depths() -> None:
    depths = []
    for seed in range(60):
        sample = RULER_TASKS["niah_single_2"].sample(random.Random(seed), 1_500, count)
        depths.append(sample.context.index(sample.answers[0]) / len(sample.context))
    assert min(depths) < 0.1
    assert max(depths) > 0.9
    assert 0.4 < sum(depths) / len(depths) < 0.6


@pytest.mark.long
def test_there_are_more_keys_than_pairs_of_words() -> None:
    pairs = len(words().adjectives) * len(words().nouns)
    sample = RULER_TASKS["niah_multikey_2"].sample(random.Random(1), pairs + 500, lambda text: text.count("\n"))
    keys = re.findall(r" for (\S+) is: ", sample.context)
    assert len(set(keys)) == len(keys) > pairs


def test_a_million_tokens_have_keys_enough() -> None:
    sample = RULER_TASKS["niah_multikey_2"].sample(random.Random(1), 600_000, lambda text: len(text) // 4)
    keys = re.findall(r" for (\S+) is: ", sample.context)
    assert len(set(keys)) == len(keys) > 30_000
