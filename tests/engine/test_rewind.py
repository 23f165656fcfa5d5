"""A question over documents that were read before gives what it gives when everything is read for it alone."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from engine.context import Reading
from engine.errors import PromptTooLong
from engine.llama import AbortFlag, Context, Model
from engine.protocol import Prompt
from engine.sampler import Sampler
from engine.worker import CHUNKED_ARCHITECTURES
from tests.engine.asking import loaded, tokens_of
from tests.make_gguf import Architecture, Sizes, write_random

CONTEXT = 12_288
CHUNK, BATCH = 8192, 512
PREFIXES = (8999, 9501, 11_003)
"""Tokens: all longer than a chunk, none ending on a border of chunks or batches."""

TOLERANCE = 0.06
"""In spreads of the logits. Other cells and other batches round differently; a wrong cache is off by more than 1."""

WRONG = 0.6
WINDOW = 256
SIZES = Sizes(layers=4, width=32, heads=2, kv_heads=1, feed_forward=32, context=16_384, window=WINDOW)
ARCHITECTURES: tuple[Architecture, ...] = ("llama4", "llama", "gemma2")


@dataclass
class Bench:
    """llama.cpp in this process, so that logits can be compared."""

    model: Model
    chunked: bool

    def reading(self) -> tuple[Reading, Context]:
        """A context that has read nothing."""
        abort = AbortFlag()
        context = Context(self.model, n_ctx=CONTEXT, n_batch=BATCH, kv="f16", threads=1, abort=abort)
        return Reading(self.model, context, abort, chunked=self.chunked), context

    def cold(self, prefix: array[int], question: array[int]) -> np.ndarray:
        """Logits behind a question when everything is read for it alone."""
        reading, context = self.reading()
        try:
            assert self.read(reading, prefix, question) == 0
            return np.array(context.logits(self.model.n_vocab))
        finally:
            context.close()

    def read(self, reading: Reading, prefix: array[int], question: array[int]) -> int:
        """Read a prompt; how much of it was reused."""
        result = reading.read(Prompt(prefix + question, len(prefix), 0), lambda _: None)
        assert result.reused + result.decoded == len(prefix) + len(question)
        return result.reused

    def answer(self, reading: Reading, count: int) -> None:
        """Write `count` tokens behind the prompt."""
        sampler = Sampler(self.model)
        assert len(list(reading.generate(lambda context: [sampler.sample(context)], count))) == count
        sampler.close()


@pytest.fixture(scope="module", params=ARCHITECTURES)
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One model of each kind of attention: chunked, whole, sliding."""
    path = tmp_path_factory.mktemp("rewind") / f"{request.param}.gguf"
    write_random(path, architecture=request.param, sizes=SIZES)
    model = Model(path, abort=AbortFlag(), log=lambda _: None, on_progress=lambda _: None)
    yield Bench(model, request.param in CHUNKED_ARCHITECTURES)
    model.close()


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """The largest difference, in spreads of the logits."""
    return float(np.abs(one - other).max() / one.std())


@pytest.mark.parametrize("length", PREFIXES)
def test_the_second_question_reads_only_itself_and_sees_what_it_would_see_alone(bench: Bench, length: int) -> None:
    assert length > CHUNK and length % CHUNK and length % BATCH
    vocabulary = bench.model.n_vocab
    prefix = tokens_of(length, length, vocabulary)
    first, second = tokens_of(17, 1, vocabulary), tokens_of(23, 2, vocabulary)
    reading, context = bench.reading()
    try:
        bench.read(reading, prefix, first)
        other = np.array(context.logits(vocabulary))
        # Long enough to push the documents' end out of the sliding window.
        bench.answer(reading, WINDOW + 50)
        assert bench.read(reading, prefix, second) == length
        warm = np.array(context.logits(vocabulary))
        bench.answer(reading, 5)
        assert bench.read(reading, prefix, first) == length
        again = np.array(context.logits(vocabulary))
    finally:
        context.close()
    assert apart(other, again) < TOLERANCE
    assert apart(bench.cold(prefix, second), warm) < TOLERANCE
    assert apart(other, warm) > WRONG, "questions must matter for this to prove anything"


def test_documents_that_changed_in_the_middle_are_read_from_there(bench: Bench) -> None:
    place = CHUNK + 408
    vocabulary = bench.model.n_vocab
    prefix, question = tokens_of(PREFIXES[0], 5, vocabulary), tokens_of(9, 6, vocabulary)
    changed = prefix[:place] + tokens_of(len(prefix) - place, place, vocabulary)
    reading, context = bench.reading()
    try:
        bench.read(reading, prefix, question)
        assert bench.read(reading, changed, question) <= place
        warm = np.array(context.logits(vocabulary))
    finally:
        context.close()
    assert apart(bench.cold(changed, question), warm) < TOLERANCE


def test_documents_that_grew_reuse_what_was_there(bench: Bench) -> None:
    vocabulary = bench.model.n_vocab
    prefix, question = tokens_of(700, 8, vocabulary), tokens_of(9, 9, vocabulary)
    longer = prefix + tokens_of(800, 10, vocabulary)
    reading, context = bench.reading()
    try:
        bench.read(reading, prefix, question)
        bench.answer(reading, 5)
        assert bench.read(reading, longer, question) == len(prefix)
        warm = np.array(context.logits(vocabulary))
    finally:
        context.close()
    assert apart(bench.cold(longer, question), warm) < TOLERANCE


def test_a_prompt_may_fill_the_context_and_not_more(tmp_path: Path) -> None:
    path = write_random(tmp_path / "small.gguf", sizes=SIZES)
    with loaded(path, n_ctx=1024) as backend:
        vocabulary = backend.info.n_vocab
        prefix, question = tokens_of(1014, 3, vocabulary), tokens_of(5, 4, vocabulary)
        with pytest.raises(PromptTooLong, match="3 more than the context"):
            backend.ask(Prompt(prefix + question, len(prefix), 8))
        full = backend.ask(Prompt(prefix + question, len(prefix), 5))
        assert (full.reused, full.decoded) == (0, 1019), "the refused prompt was not read"
