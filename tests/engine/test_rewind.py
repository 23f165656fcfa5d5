"""A question over documents that were read before gives what it gives when everything is read for it alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import PromptTooLong
from engine.protocol import Prompt
from tests.engine.asking import loaded, tokens_of
from tests.engine.in_process import TOLERANCE, Bench, apart, opened
from tests.make_gguf import Architecture, Sizes, write_random

CONTEXT = 12_288
CHUNK, BATCH = 8192, 512
PREFIXES = (8999, 11_003)
"""Tokens: all longer than a chunk, none ending on a border of chunks or batches."""

WRONG = 0.6
WINDOW = 256
SIZES = Sizes(layers=4, width=32, heads=1, kv_heads=1, feed_forward=32, context=16_384, window=WINDOW)
ARCHITECTURES: tuple[Architecture, ...] = ("llama4", "llama", "gemma2")


@pytest.fixture(scope="module", params=ARCHITECTURES)
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One model of each kind of attention: chunked, whole, sliding."""
    path = tmp_path_factory.mktemp("rewind") / f"{request.param}.gguf"
    write_random(path, architecture=request.param, sizes=SIZES)
    with opened(path) as model:
        yield Bench(model, request.param, CONTEXT, BATCH)


@pytest.mark.parametrize("length", PREFIXES)
def test_the_second_question_reads_only_itself_and_sees_what_it_would_see_alone(bench: Bench, length: int) -> None:
    assert length > CHUNK and length % CHUNK and length % BATCH
    vocabulary = bench.model.n_vocab
    prefix = tokens_of(length, length, vocabulary)
    first, second = tokens_of(17, 1, vocabulary), tokens_of(23, 2, vocabulary)
    with bench.reading() as desk:
        desk.read(prefix + first, length)
        other = desk.logits()
        # Long enough to push the documents' end out of the sliding window.
        desk.answer(WINDOW + 50)
        assert desk.read(prefix + second, length).reused == length
        warm = desk.logits()
        desk.answer(5)
        assert desk.read(prefix + first, length).reused == length
        again = desk.logits()
    assert apart(other, again) < TOLERANCE
    assert apart(bench.cold(prefix + second, length), warm) < TOLERANCE
    assert apart(other, warm) > WRONG, "questions must matter for this to prove anything"


def test_documents_that_changed_in_the_middle_are_read_from_there(bench: Bench) -> None:
    place = CHUNK + 408
    vocabulary = bench.model.n_vocab
    prefix, question = tokens_of(PREFIXES[0], 5, vocabulary), tokens_of(9, 6, vocabulary)
    changed = prefix[:place] + tokens_of(len(prefix) - place, place, vocabulary)
    with bench.reading() as desk:
        desk.read(prefix + question, len(prefix))
        assert desk.read(changed + question, len(prefix)).reused <= place
        warm = desk.logits()
    assert apart(bench.cold(changed + question, len(prefix)), warm) < TOLERANCE


def test_documents_that_grew_reuse_what_was_there(bench: Bench) -> None:
    vocabulary = bench.model.n_vocab
    prefix, question = tokens_of(700, 8, vocabulary), tokens_of(9, 9, vocabulary)
    longer = prefix + tokens_of(800, 10, vocabulary)
    with bench.reading() as desk:
        desk.read(prefix + question, len(prefix))
        desk.answer(5)
        assert desk.read(longer + question, len(longer)).reused == len(prefix)
        warm = desk.logits()
    assert apart(bench.cold(longer + question, len(longer)), warm) < TOLERANCE


def test_a_prompt_may_fill_the_context_and_not_more(tmp_path: Path) -> None:
    path = write_random(tmp_path / "small.gguf", sizes=SIZES)
    with loaded(path, n_ctx=1024) as backend:
        vocabulary = backend.info.n_vocab
        prefix, question = tokens_of(1014, 3, vocabulary), tokens_of(5, 4, vocabulary)
        with pytest.raises(PromptTooLong, match="3 more than the context"):
            backend.ask(Prompt(prefix + question, len(prefix), 8))
        full = backend.ask(Prompt(prefix + question, len(prefix), 5))
        assert (full.reused, full.decoded) == (0, 1019), "the refused prompt was not read"
