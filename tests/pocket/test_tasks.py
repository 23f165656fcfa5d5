"""The generators: the same again for a seed, answers that hold what was asked, nothing shared with the held-out."""

from __future__ import annotations

import re
from random import Random

import pytest

from app.core.marks import split_units
from resources.pocket.corpus import read_corpus
from resources.pocket.tasks import facts, held_out, lines, prose, words
from resources.pocket.tasks.mixture import GENERATORS, scene
from resources.pocket.tasks.scene import Generator, Passage, merge

EVERY: list[Generator] = [generator for generator, _ in GENERATORS]
HELD_OUT: list[Generator] = [held_out.facts, held_out.keywords, held_out.needles, held_out.logs, held_out.code]


@pytest.mark.parametrize("generator", EVERY + HELD_OUT, ids=lambda g: f"{g.__module__}.{g.__name__}")
def test_a_seed_gives_the_same_passage_again(generator: Generator) -> None:
    assert generator(Random(5), 30) == generator(Random(5), 30)
    assert generator(Random(5), 30) != generator(Random(6), 30)


@pytest.mark.parametrize("generator", EVERY + HELD_OUT, ids=lambda g: f"{g.__module__}.{g.__name__}")
def test_every_answer_is_a_line_and_can_be_told_by_its_words(generator: Generator) -> None:
    passage = generator(Random(3), 40)
    answered = [ask for ask in passage.asks if ask.lines]
    assert answered
    for ask in answered:
        assert passage.lines[ask.lines[0]].strip()
    assert sum(_shares_a_word(passage, ask.question, ask.lines[0]) for ask in answered) >= 0.9 * len(answered)


def _shares_a_word(passage: Passage, question: str, line: int) -> bool:
    return not set(re.findall(r"\w+", question.lower())).isdisjoint(re.findall(r"\w+", passage.lines[line].lower()))


def test_facts_have_one_answer_each_and_absent_pairs_have_none() -> None:
    for seed in range(20):
        passage = held_out.facts(Random(seed), 33)
        for ask in passage.asks:
            subject = [e for e in _held_out_entities() if e.lower() in ask.question.lower()]
            attribute = max((a for a in held_out.ATTRIBUTES if a in ask.question), key=len)
            about = [
                i
                for i, line in enumerate(passage.lines)
                if attribute in line and any(s.lower() in line.lower() for s in subject)
            ]
            assert about == list(ask.lines)


def test_keyword_questions_point_at_the_only_line_with_these_words() -> None:
    passage = prose.prose(Random(2), 60)
    for ask in (ask for ask in passage.asks if ask.lines):
        asked = set(prose.content_words(ask.question))
        bags = [set(prose.content_words(line)) & asked for line in passage.lines]
        assert len(bags[ask.lines[0]]) == max(len(bag) for bag in bags)


def test_merging_keeps_each_question_with_its_line() -> None:
    parts = [facts.facts(Random(1), 10), prose.prose(Random(2), 10)]
    wanted = {(a.question, tuple(p.lines[i] for i in a.lines)) for p in parts for a in p.asks}
    merged = merge(parts, Random(3))
    assert {(a.question, tuple(merged.lines[i] for i in a.lines)) for a in merged.asks} == wanted


def test_nothing_held_out_is_seen_in_training() -> None:
    training = {
        *words.FIRST_NAMES,
        *words.THINGS,
        *words.ATTRIBUTES,
        *words.ADJECTIVES,
        *words.SERVICES,
        *words.ANIMALS,
    }
    training |= {word for attribute in words.ATTRIBUTES for word in attribute.split()}
    ours = {*held_out.PLACES, *held_out.THINGS, *held_out.ATTRIBUTES}
    ours |= {name for person in held_out.PEOPLE for name in person.split()}
    assert training.isdisjoint(ours)
    assert not set(read_corpus(held_out=True).sentences) & set(read_corpus(held_out=False).sentences)
    assert not {name for name, _ in read_corpus(held_out=True).sources} & {"os.py"}


def test_training_scenes_stay_near_the_length_asked_for() -> None:
    for seed in range(30):
        documents = scene(Random(seed), 50)
        assert 25 <= sum(len(passage.lines) for _, passage in documents) <= 75


def test_the_sentences_of_the_corpus_are_single_units() -> None:
    sentences = read_corpus(held_out=True).sentences
    assert len(sentences) > 1000
    assert all(len(split_units(sentence, "text")) == 1 for sentence in sentences)


def test_a_definition_is_asked_for_only_when_it_is_the_only_one() -> None:
    source = "def alpha_one():\n    return 1\n\n\ndef alpha_two():\n    return alpha_one()\n"
    passage = lines.code_passage(Random(0), source, 7)
    found = {ask.lines[0] for ask in passage.asks if ask.lines and "defin" in ask.question}
    assert found == {0, 4}


def _held_out_entities() -> list[str]:
    return [f"the {place} {thing}" for place in held_out.PLACES for thing in held_out.THINGS] + held_out.PEOPLE
