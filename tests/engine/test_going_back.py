"""Every kind of change of mind goes on from the deepest place that holds, and sees what it would see alone.

Logits are compared with a reading from nothing, within a share of their spread: a token that was read in another batch
rounds differently, a cache that is wrong is far off.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import Cancelled, ContextError
from engine.places import deepest
from engine.protocol import Prompt, ReadProgress
from tests.engine.asking import tokens_of
from tests.engine.in_process import TOLERANCE, Bench, Desk, apart, opened, silent
from tests.make_gguf import Architecture, Sizes, write_random

WINDOW, BATCH = 128, 64
LONG = 280
"""Tokens: nothing of the window is left after so many, the cells to spare included."""
CHUNK = 8192
SMALL = Sizes(layers=4, width=32, heads=1, kv_heads=1, feed_forward=32, context=40_960, window=WINDOW)
CACHES: tuple[tuple[str, str | None, str], ...] = (
    ("f16", None, "auto"),
    ("f16", None, "off"),
    ("q8_0", None, "auto"),
    ("q4_0", None, "on"),
    ("q8_0", "f16", "off"),
)
"""Type of the keys, of the values, flash attention."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One model of each kind of attention."""
    folder = tmp_path_factory.mktemp("models")
    kinds: tuple[Architecture, ...] = ("llama4", "llama", "gemma2")
    return {kind: write_random(folder / f"{kind}.gguf", architecture=kind, sizes=SMALL) for kind in kinds}


@pytest.fixture(params=CACHES, ids=lambda c: f"{c[0]}-{c[1]}-{c[2]}")
def cache(request: pytest.FixtureRequest) -> tuple[str, str | None, str]:
    """A kind of cache."""
    kind: tuple[str, str | None, str] = request.param
    return kind


@pytest.fixture(params=("llama", "gemma2"))
def short(
    request: pytest.FixtureRequest, models: dict[str, Path], cache: tuple[str, str | None, str]
) -> Iterator[Bench]:
    """A model in which a few hundred tokens leave the window."""
    kv, values, flash = cache
    with opened(models[request.param]) as model:
        yield Bench(model, request.param, 2048, BATCH, kv, values, flash)


@pytest.fixture
def chunked(models: dict[str, Path]) -> Iterator[Bench]:
    """Llama 4, whose window is 8,192 tokens."""
    with opened(models["llama4"]) as model:
        yield Bench(model, "llama4", 9216)


class Story:
    """A conversation over documents, whose every prompt is held against a reading from nothing."""

    def __init__(self, bench: Bench, desk: Desk) -> None:
        self.bench, self.desk = bench, desk
        self.reused: list[int] = []

    def words(self, count: int, seed: int) -> array[int]:
        """Some tokens."""
        return tokens_of(count, seed, self.bench.model.n_vocab)

    def ask(self, documents: list[array[int]], rest: array[int]) -> int:
        """Read all; how much was reused."""
        tokens: array[int] = array("i")
        ends: list[int] = []
        for document in documents:
            tokens += document
            ends.append(len(tokens))
        self.reused.append(self.desk.read(tokens + rest, len(tokens), ends).reused)
        warm = self.desk.logits()
        assert apart(self.bench.cold(tokens + rest, len(tokens)), warm) < TOLERANCE
        return self.reused[-1]


def test_each_change_of_mind_goes_on_from_the_deepest_place(short: Bench) -> None:
    sliding = short.architecture == "gemma2"
    with short.reading() as desk:
        story = Story(short, desk)
        papers = [story.words(n, n) for n in (300, 250, 210, 187)]
        prefix = sum(map(len, papers))
        first, second = story.words(11, 1), story.words(13, 2)

        assert story.ask(papers, first) == 0
        reply = desk.answer(LONG)
        # A follow-up goes on behind the answer, and another wording of it goes back there.
        turn = first + reply
        follow = prefix + len(turn)
        assert story.ask(papers, turn + story.words(9, 3)) == follow
        assert desk.reading.held == follow + 9
        desk.answer(LONG)
        assert story.ask(papers, turn + story.words(9, 4)) == follow
        # The same question once more, for another answer: a copy for nine tokens would not be worth it.
        desk.answer(LONG)
        assert story.ask(papers, turn + story.words(9, 4)) == (follow if sliding else follow + 8)
        # Another first question, and back to the one before it: that branch is gone and is read again.
        desk.answer(LONG)
        assert story.ask(papers, second) == prefix
        desk.answer(LONG)
        assert story.ask(papers, turn + story.words(9, 4)) == prefix
        # A document is taken out, comes back, and moves.
        assert story.ask([papers[0], papers[1], papers[3]], first) == (BATCH * 8 if sliding else 550)
        assert story.ask(papers, first) == (BATCH * 8 if sliding else 550)
        assert story.ask([papers[0], papers[2], papers[1], papers[3]], first) == (BATCH * 4 if sliding else 300)


def test_a_copy_of_another_branch_is_never_gone_back_to(models: dict[str, Path]) -> None:
    with opened(models["gemma2"]) as model:
        bench = Bench(model, "gemma2", 2048, BATCH)
        with bench.reading() as desk:
            papers, one, other = desk.words(500, 1), desk.words(90, 2), desk.words(80, 3)
            desk.read(papers + one, 500)
            reply = desk.answer(LONG)
            desk.read(papers + one + reply + desk.words(5, 4), 500)
            assert {590, 870} <= {*desk.reading.standing().places}, "the ends of a question and its answer"
            # The same place, another answer: a copy holds for the token before it too.
            desk.answer(LONG)
            assert desk.read(papers + one, 500).reused == 589
            desk.read(papers + other, 500)
            reply = desk.answer(3 * LONG)
            changed = papers + other + reply[:320] + desk.words(9, 5)
            assert len(changed) > 870
            assert desk.read(changed, 500).reused == 580
            warm = desk.logits()
        assert apart(bench.cold(changed, 500), warm) < TOLERANCE


def test_a_changed_chunk_is_returned_to_in_its_middle(chunked: Bench) -> None:
    with chunked.reading() as desk:
        story = Story(chunked, desk)
        papers = [story.words(n, n) for n in (5000, 2950)]
        prefix, question = 7950, story.words(12, 1)
        desk.read(papers[0] + papers[1] + question, prefix, (5000, prefix))
        # The answer leaves the first chunk for good: no cell of it is left when 512 more were written.
        reply = desk.answer(300)
        follow = question + reply + story.words(700, 2)
        desk.read(papers[0] + papers[1] + follow, prefix, (5000, prefix))
        assert desk.context.window_from() > 0
        assert desk.reading.standing().stretches == ((0, CHUNK), (CHUNK, prefix + len(follow)))
        assert story.ask(papers, story.words(13, 3)) == prefix
        desk.answer(260)
        changed = [papers[0], story.words(900, 4)]
        assert story.ask(changed, question) == 5000


def test_an_answer_written_many_tokens_at_a_time_stops_at_a_border(chunked: Bench) -> None:
    with chunked.reading() as desk:
        papers, pieces = desk.words(8100, 1), [desk.words(41, seed) for seed in range(2, 18)]
        desk.read(papers + papers[:20], 8100)
        written = iter(pieces)
        answer = [list(part) for part in desk.reading.generate(lambda _: next(written), 41 * 16)]
        assert desk.reading.held == 8120 + sum(map(len, answer)) == 8120 + 41 * 16
        assert desk.reading.standing().stretches[0] == (0, CHUNK)
        assert desk.read(papers + papers[50:70], 8100).reused == 8100
        warm = desk.logits()
    assert apart(chunked.cold(papers + papers[50:70], 8100), warm) < TOLERANCE


def test_a_border_needs_no_copy(chunked: Bench) -> None:
    with chunked.reading(allowance=0) as desk:
        tokens = desk.words(9000, 7)
        desk.read(tokens, 9000)
        assert desk.reading.standing().places == (CHUNK, 9000)
        changed = tokens[: CHUNK + 40] + tokens[:50]
        assert desk.read(changed, len(changed)).reused == CHUNK + 40
        assert desk.read(tokens[:CHUNK] + tokens[5:50], CHUNK + 45).reused == CHUNK
        warm = desk.logits()
        assert desk.reading.standing().copied == 0
    assert apart(chunked.cold(tokens[:CHUNK] + tokens[5:50], CHUNK + 45), warm) < TOLERANCE


def test_a_read_that_stops_behind_a_border_goes_on_there(chunked: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The window is empty there, and llama.cpp then counts no token at all."""
    tokens = tokens_of(9000, 7, chunked.model.n_vocab)
    with chunked.reading() as desk:
        desk.read(tokens, 9000)
        changed = tokens[:CHUNK] + tokens[5:50]
        # What 8,704 more tokens would do: of the chunk before, no cell is left.
        assert desk.context.restore_window(desk.context.window_state())
        desk.reading._rewind(changed)
        assert desk.context.held() == 0
        real = desk.context.decode

        def stopped(tokens: array[int], position: int, *, want_logits: bool) -> int:
            desk.abort.set()
            return real(tokens, position, want_logits=want_logits)

        with monkeypatch.context() as patch, pytest.raises(Cancelled):
            patch.setattr(desk.context, "decode", stopped)
            desk.reading.read(Prompt(changed, len(changed), 0), silent)
        assert desk.reading.held == CHUNK
        desk.abort.clear()
        assert desk.read(changed, len(changed)).reused == CHUNK
        warm = desk.logits()
    assert apart(chunked.cold(changed, len(changed)), warm) < TOLERANCE


@pytest.mark.parametrize("architecture", ["llama", "gemma2"])
def test_a_stopped_read_and_a_full_cache_leave_what_was_read(models: dict[str, Path], architecture: str) -> None:
    with opened(models[architecture]) as model:
        bench = Bench(model, architecture, 1024, BATCH)
        prompt = tokens_of(900, 1, model.n_vocab)
        with bench.reading() as desk:

            def stop(state: ReadProgress) -> None:
                if state.done >= 5 * BATCH:
                    desk.abort.set()

            with pytest.raises(Cancelled):
                desk.reading.read(Prompt(prompt, 900, 0), stop)
            assert desk.reading.held == 5 * BATCH
            desk.abort.clear()
            assert desk.read(prompt, 900).reused == 5 * BATCH
            warm = desk.logits()
            # More than there are cells: only a wrong count of them lets such a prompt through.
            desk.context.n_ctx += 500
            longer = prompt + tokens_of(400, 2, model.n_vocab)
            with pytest.raises(ContextError, match="no room left"):
                desk.reading.read(Prompt(longer, 1300, 0), silent)
            assert desk.reading.held == 1024
            assert desk.context.held() == 1024
            assert desk.read(prompt[:-1] + longer[900:930], 929).reused == (
                deepest(desk.reading.standing(), 899) if architecture == "llama" else 899
            )
            desk.read(prompt, 900)
            again = desk.logits()
        assert apart(warm, again) < TOLERANCE
        assert apart(bench.cold(prompt, 900), warm) < TOLERANCE


def test_copies_stay_within_the_allowance_and_the_documents_end_stays(models: dict[str, Path]) -> None:
    with opened(models["gemma2"]) as model:
        bench = Bench(model, "gemma2", 4096, BATCH)
        tokens = tokens_of(3000, 1, model.n_vocab)
        ends = tuple(range(100, 3001, 100))
        with bench.reading() as desk:
            desk.read(tokens + tokens[:9], 3000, ends)
            desk.answer(WINDOW)
            one = desk.context.window_size()
            assert desk.reading.standing().copied > 12 * one
        with bench.reading(allowance=4 * one + one // 2) as desk:
            desk.read(tokens + tokens[:9], 3000, ends)
            desk.answer(WINDOW)
            assert one < desk.reading.standing().copied <= 4 * one + one // 2
            assert desk.read(tokens + tokens[:7] + tokens[:9], 3000, ends).reused == 3000
            desk.answer(WINDOW)
            places = [p for p in desk.reading.standing().places if p < 2900]
            gaps = [b - a for a, b in zip([0, *places], [*places, 3000], strict=True)]
            assert len(places) == 3 and max(gaps) <= 1200, "spread over the documents"
        with bench.reading(allowance=0) as desk:
            desk.read(tokens + tokens[:9], 3000, ends)
            desk.answer(WINDOW)
            assert desk.reading.standing().copied == one, "that of the documents' end"
            assert desk.read(tokens + tokens[:7] + tokens[:9], 3000, ends).reused == 3000
