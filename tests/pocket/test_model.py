"""The committed model: llama.cpp loads it, its metadata says what it is, and it answers held-out questions rightly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from engine.gguf_file import read_gguf
from resources.pocket.evaluate import document_of
from resources.pocket.reader import Reader
from resources.pocket.tasks import held_out

(MODEL,) = (Path(__file__).resolve().parents[2] / "resources" / "pocket").glob("plumbline-pocket-*.gguf")

LEAST_RIGHT = 0.8
"""It answers more than nine of ten such questions rightly; the rest is for other rounding."""

LEAST_FAR = 5
"""Of eight, where the second version found two or three."""


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(MODEL, context=5120) as reader:
        yield reader


def test_the_file_is_small_and_names_its_marks() -> None:
    assert MODEL.stat().st_size <= 24_000_000
    metadata = read_gguf(MODEL).metadata
    assert metadata["general.architecture"] == "llama4"
    assert metadata["plumbline.marks"] == "numbered"
    assert metadata["plumbline.refusal"] == "Not in the sources."


def test_held_out_questions_on_300_tokens(reader: Reader) -> None:
    right = asked = 0
    for seed in range(24):
        passage = (held_out.facts, held_out.keywords)[seed % 2](Random(f"short/{seed}"), 9)
        document, _ = document_of(passage)
        _, marks = reader.read([document])
        text = document.sections[0].text
        for ask in [ask for ask in passage.asks if ask.lines][:2]:
            line = passage.lines[ask.lines[0]]
            answer = reader.ask(ask.question)
            named = {int(mark.name): text[mark.start : mark.end] for mark in marks}
            asked += 1
            right += any(named.get(mark) == line for _, mark in answer.quotes)
    assert asked == 48
    assert right >= LEAST_RIGHT * asked


def test_a_line_among_a_hundred_and_fifty_is_still_found(reader: Reader) -> None:
    passage = held_out.needles(Random("far/1"), 150)
    document, _ = document_of(passage)
    read, _ = reader.read([document])
    answers = [(reader.ask(ask.question).text, passage.lines[ask.lines[0]]) for ask in passage.asks]
    assert read > 3000
    assert sum(text.endswith(f"› {line}") for text, line in answers) >= LEAST_FAR


def test_a_begun_mark_is_always_ended(reader: Reader) -> None:
    for seed in range(6):
        passage = held_out.facts(Random(f"begun/{seed}"), 20)
        document, _ = document_of(passage)
        reader.read([document])
        for ask in passage.asks:
            text = reader.ask(ask.question, most=3).text
            assert re.match(r"‹\d+›", text) or not text.startswith("‹"), text


def test_an_answer_leaves_what_was_read_as_it_was(reader: Reader) -> None:
    document, _ = document_of(held_out.keywords(Random(7), 9))
    reader.read([document])
    question = "Which passage deals with loops?"
    first = reader.ask(question)
    reader.ask("Something else?")
    assert reader.ask(question) == first


def test_the_vocabulary_keeps_numbers_and_marks_whole(reader: Reader) -> None:
    for number in (0, 7, 10, 42, 99, 100, 365, 999):
        assert len(reader.tokenize(f"‹{number}›")) == 3
    assert reader.tokenize(".\n\n")[1:] == reader.tokenize(")\n\n")[1:] == reader.tokenize("\n\n")
    german = "Die Straße wurde neu gebaut, und niemand hat es bemerkt."
    assert len(reader.tokenize(german)) < len(german.encode())
