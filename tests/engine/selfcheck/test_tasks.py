"""What holds for every task: fresh items, one needle where there is a depth, and no two that spoil each other."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.selfcheck.prose import prose
from engine.selfcheck.spoiling import spoils
from engine.selfcheck.task import Item, Task
from engine.selfcheck.tasks import TASKS

every = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
COUNT = 25


def items(task: Task, seed: int = 3, count: int = COUNT) -> list[Item]:
    return task.items(random.Random(seed), count)


def lines(item: Item) -> tuple[str, ...]:
    return (*item.needles, *item.decoys)


def test_kinds_are_as_promised() -> None:
    assert {name: task.kind for name, task in TASKS.items()} == {
        "single": "smoke",
        "multikey": "retrieval",
        "uuid": "retrieval",
        "multivalue": "retrieval",
        "multiquery": "retrieval",
        "absent": "retrieval",
        "variable": "reasoning",
        "count": "reasoning",
        "latent": "reasoning",
        "order": "reasoning",
    }
    assert all(name == task.name for name, task in TASKS.items())


@every
def test_the_same_state_gives_the_same_items_and_another_others(task: Task) -> None:
    assert items(task) == items(task)
    assert not {item.question for item in items(task)} & {item.needles for item in items(task, seed=4)}
    assert items(task) != items(task, seed=4)


@every
def test_a_generator_goes_on_from_call_to_call(task: Task) -> None:
    chosen = random.Random(3)
    assert task.items(chosen, 5) != task.items(chosen, 5)


@every
def test_so_many_items_with_different_questions(task: Task) -> None:
    made = items(task)
    assert len(made) == COUNT
    assert len({item.question for item in made}) == COUNT
    assert len({item.needles for item in made}) == COUNT
    assert items(task, count=0) == []


@every
def test_there_are_items_enough_for_a_long_haystack_and_never_too_many(task: Task) -> None:
    made = items(task, count=1_000)
    assert len(made) >= {"latent": 100, "count": 600}.get(task.name, 1_000)
    assert len({item.telling[0] for item in made}) == len(made)


@every
def test_a_task_with_a_depth_has_one_needle_an_item(task: Task) -> None:
    for item in items(task):
        assert task.spread or len(item.needles) == 1


@every
def test_lines_are_single_sentences_and_no_two_are_equal(task: Task) -> None:
    every_line = [line for item in items(task) for line in lines(item)]
    assert len(every_line) == len(set(every_line))
    for line in every_line:
        assert "\n" not in line
        assert line[0].isupper()
        assert line.endswith(".")
        assert line == line.strip()


@every
def test_several_frames_are_in_use(task: Task) -> None:
    made = items(task)
    found = [line for item in made for line in item.needles] or list(
        islice(task.filler(random.Random(1), made) or (), 80)
    )
    starts = {" ".join(line.split()[:2]) for line in found}
    assert len(starts) >= 3


@every
def test_the_needle_holds_the_value_and_a_decoy_its_own(task: Task) -> None:
    for item in items(task):
        text = "\n".join(item.needles)
        assert all(value in text for value in item.expected)
        assert not set(item.expected) & set(item.wrong)
        assert len(item.wrong) == len(set(item.wrong))
        assert len(item.wrong) >= 2 or not item.decoys
        for value, line in zip(item.wrong, item.decoys, strict=False):
            assert value in line
        for value in item.expected:
            assert not any(value in line for line in item.decoys)
        assert not spoils(replace(item, wrong=()), "\n".join(item.decoys))


@every
def test_the_gold_answer_passes_alone_and_behind_its_opening(task: Task) -> None:
    for item in items(task):
        if item.absent:
            assert task.judge(item, "The text does not mention it.").passed
            assert not task.judge(item, "").passed
            continue
        assert task.judge(item, item.gold).passed
        assert task.judge(item, f"{item.opening} {item.gold}.").passed
        assert not task.judge(item, item.opening).passed


@every
def test_rivals_decoys_dumps_and_refusals_miss(task: Task) -> None:
    everything = "\n".join(line for other in items(task) for line in lines(other))
    for item in items(task):
        for rival in item.rivals:
            assert not task.judge(item, rival).passed, rival
            assert not task.judge(item, f"{item.opening} {rival}.").passed
        for value in item.wrong:
            assert not task.judge(item, f"{item.gold} {value}").passed
        assert not task.judge(item, "\n".join(lines(item))).passed or len(lines(item)) == 1
        assert not task.judge(item, everything).passed
        assert task.judge(item, "Not in the sources.").passed is item.absent
        assert task.judge(item, "Puuttuu.", refusal="Puuttuu.").passed is item.absent


@every
@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    before=st.sampled_from(["", "It is ", "**"]),
    behind=st.sampled_from(["", ".", "**", "\n"]),
)
def test_whatever_is_drawn_the_right_answer_passes_and_a_changed_one_does_not(
    task: Task, seed: int, before: str, behind: str
) -> None:
    for item in items(task, seed, 2):
        if item.absent:
            assert not task.judge(item, f"It is not there, but {item.wrong[0]} is.").passed
            continue
        assert task.judge(item, f"{before}{item.gold}{behind}").passed
        assert not task.judge(item, f"{before}{item.gold[:-1]}{behind}").passed
        assert not task.judge(item, f"{before}{item.gold}1{behind}").passed
        assert not task.judge(item, f"{before}{item.gold} or {item.wrong[-1]}{behind}").passed if item.wrong else True


@every
def test_an_answer_to_another_question_misses(task: Task) -> None:
    made = items(task)
    for item, other in pairwise(made):
        if not item.absent:
            assert not task.judge(item, other.gold).passed


def spoilt(seed: int, count: int) -> list[tuple[Item, str]]:
    chosen = random.Random(seed)
    made = [item for task in TASKS.values() for item in task.items(chosen, count)]
    texts = ["\n".join(lines(item)) for item in made]
    return [
        (item, text)
        for index, item in enumerate(made)
        for text in ("\n".join(texts[:index] + texts[index + 1 :]),)
        if spoils(item, text)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_items_of_all_tasks_can_stand_in_one_haystack(seed: int) -> None:
    assert not spoilt(seed, 12)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_many_items_of_all_tasks_can_stand_in_one_haystack(seed: int) -> None:
    assert not spoilt(seed, 60)


@pytest.mark.parametrize("seed", range(3))
def test_the_same_state_for_every_task_does_not_make_them_alike(seed: int) -> None:
    made = [item for task in TASKS.values() for item in task.items(random.Random(seed), 15)]
    values = [value for item in made for value in (*item.expected, *item.wrong) if value.isdecimal()]
    # Were they alike, three of four would differ in their last digit only.
    assert len({value[:-1] for value in values}) > 0.98 * len(values)


@every
def test_filler_is_endless_fresh_and_spoils_nothing(task: Task) -> None:
    made = items(task, count=8)
    filler = task.filler(random.Random(9), made)
    if filler is None:
        text = "\n".join(islice(prose(random.Random(9)), 2_000))
    else:
        found = list(islice(filler, 1_500))
        assert len(set(found)) > 0.95 * len(found)
        # The lines of a ledger that is asked about hold the answer, and have to name it.
        text = "\n".join(line for line in found if not any(phrase in line for item in made for phrase in item.telling))
        assert text
        assert all("\n" not in line and line.endswith(".") for line in found)
    assert not [item for item in made if spoils(item, text)]


@every
def test_a_key_that_stands_in_a_users_text_is_told(task: Task) -> None:
    for item in items(task, count=5):
        assert item.telling
        for phrase in item.telling:
            assert spoils(item, f"Some text about {phrase.upper()}, by chance.")
        assert not spoils(item, "Some text about nothing in particular.")
