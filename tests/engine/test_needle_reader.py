"""The model whose weights are set by hand answers what the self-check asks, measured and written, at every depth."""

from __future__ import annotations

import random
from array import array
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import pytest

from engine.backends.local import LocalBackend
from engine.protocol import Prompt
from engine.selfcheck.prose import prose
from engine.selfcheck.task import Item, Task
from engine.selfcheck.tasks import TASKS
from tests.engine.asking import DATE, loaded
from tests.needle_reader import write_needle_reader


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model."""
    return write_needle_reader(tmp_path_factory.mktemp("models") / "needle.gguf")


def haystack(backend: LocalBackend, task: Task, items: Sequence[Item], tokens: int) -> array[int]:
    """A prefix of about so many tokens, with the items' needles and decoys all over."""
    chosen = random.Random(7)
    lines = [*chain(*(item.needles for item in items)), *chain(*(item.decoys for item in items))]
    texts = (text for text in task.filler(chosen, items) or prose(chosen))
    prefix, _ = backend.frame(["user"], DATE)
    left = tokens - len(prefix) - sum(backend.count([f"{line}\n" for line in lines]))
    for text in texts:
        (count,) = backend.count([f"{text}\n"])
        if count > left:
            break
        left -= count
        lines.append(text)
    chosen.shuffle(lines)
    for encoded in backend.encode([f"{line}\n" for line in lines]):
        prefix = prefix + encoded
    return prefix


def answered(backend: LocalBackend, name: str, tokens: int, count: int, *, written: int) -> tuple[int, int]:
    """Of `count` questions, how many the model would answer rightly; of the first `written`, how many it did."""
    task = TASKS[name]
    items = task.items(random.Random(3), count)
    prefix = haystack(backend, task, items, tokens)
    _, last = backend.frame(["user"], DATE)
    measured = right = 0
    for number, item in enumerate(items):
        asked, opening = backend.encode([f"\nQuestion: {item.question}", item.opening])
        prompt = Prompt(prefix + asked + last + opening, len(prefix), item.max_answer, keep=False)
        given = backend.encode([f" {value}." for value in (*item.expected, *item.wrong)])
        scores = backend.score(prompt, given)
        sums = [sum(values) for values in scores.logprobs]
        measured += scores.chosen[0] == len(given[0]) and sums[0] > max(sums[1:], default=-100) + 5
        if number < written:
            answer = backend.ask(prompt)
            assert answer.ending == "stop"
            right += task.judge(item, answer.text).passed
    return measured, right


@pytest.mark.parametrize(("task", "count"), [("single", 12), ("multikey", 12), ("uuid", 5)])
def test_it_answers_at_any_depth(reader: Path, task: str, count: int) -> None:
    with loaded(reader) as backend:
        assert answered(backend, task, 2000, count, written=2) == (count, 2)


def test_it_knows_nothing_that_is_not_in_the_text(reader: Path) -> None:
    task = TASKS["multikey"]
    with loaded(reader) as backend:
        items = task.items(random.Random(3), 4)
        prefix = haystack(backend, task, items[:2], 1500)
        _, last = backend.frame(["user"], DATE)
        for item in items[2:]:
            asked, opening = backend.encode([f"\nQuestion: {item.question}", item.opening])
            prompt = Prompt(prefix + asked + last + opening, len(prefix), 16)
            given = backend.encode([f" {item.expected[0]}."])
            assert backend.score(prompt, given).chosen[0] < len(given[0])


@pytest.mark.long
@pytest.mark.parametrize("kv", ["f16", "q8_0", "q4_0"])
@pytest.mark.parametrize("tokens", [8_000, 16_000, 31_000])
def test_it_answers_far_beyond_one_chunk(reader: Path, tokens: int, kv: str) -> None:
    if tokens > 16_000 and kv != "f16":
        pytest.skip("reads with a quantised cache are slow on a CPU, and 16,000 tokens hold two chunks")
    with loaded(reader, n_ctx=tokens + 1000, kv=kv) as backend:
        for task in ("single", "multikey"):
            measured, right = answered(backend, task, tokens, 40, written=10)
            assert measured >= 39 and right >= 9
