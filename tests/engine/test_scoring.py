"""Given continuations behind a prompt: their log-probabilities are those of writing them, whatever the cache holds."""

from __future__ import annotations

import threading
from array import array
from pathlib import Path

import numpy as np
import pytest

from engine.backends.local import LocalBackend
from engine.compute_memory import SCORED_AT_ONCE
from engine.errors import Cancelled, CannotScore, EngineError, PromptTooLong
from engine.protocol import Prompt
from engine.sampler import Sampler, log_probability
from engine.scoring import LEAST, Scorer, Scores
from tests.engine.asking import DATE, ROOT, loaded, prompt_of, tokens_of
from tests.engine.in_process import Bench, Desk, opened, silent
from tests.make_gguf import Architecture, Sizes, write_random, write_recurrent

WINDOW, BATCH, CHUNK = 128, 64, 8192
SMALL = Sizes(layers=4, width=32, heads=1, kv_heads=1, feed_forward=32, context=40_960, window=WINDOW)
POCKET = ROOT / "resources" / "pocket" / "plumbline-pocket-3.gguf"
TOLERANCE = 1e-3
ROUNDING = 0.08
"""Between batches cut differently: experts are chosen anew on rounding. A wrong cache is off by more than 0.5."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One model of each kind of attention."""
    folder = tmp_path_factory.mktemp("models")
    kinds: tuple[Architecture, ...] = ("llama4", "llama", "gemma2")
    return {kind: write_random(folder / f"{kind}.gguf", architecture=kind, sizes=SMALL) for kind in kinds}


def scored(desk: Desk, tokens: array[int], prefix: int, given: list[array[int]]) -> Scores:
    """The scores of `given` behind `tokens`, with the counters held against what was done."""
    scorer = Scorer(desk.model, desk.reading, desk.context, on_sign=lambda: None)
    scores = scorer.score(Prompt(tokens, prefix, 0), given, read=desk.reading.read, on_progress=silent)
    assert scores.read.reused + scores.read.decoded == len(tokens)
    assert [len(values) for values in scores.logprobs] == [len(each) for each in given]
    assert desk.reading.held == desk.context.held()
    return scores


def one_by_one(bench: Bench, tokens: array[int], prefix: int, given: array[int]) -> list[float]:
    """What the tokens of `given` get in a context of their own that reads one after the other."""
    values: list[float] = []
    with bench.reading() as desk:
        desk.read(tokens, prefix)
        for token in given:
            values.append(log_probability(np.array(desk.logits(), np.float32), token))
            desk.reading._decode(array("i", [token]), desk.reading.held, want_logits=True)
    return values


def continuations(desk: Desk) -> list[array[int]]:
    """Of several lengths, one of them in more batches than one."""
    lengths = (5, 1, SCORED_AT_ONCE + 9, 0, SCORED_AT_ONCE + 1, 12)
    return [desk.words(count, 70 + count) if count else array("i") for count in lengths]


@pytest.mark.parametrize("kv", ["f16", "q8_0", "q4_0"])
@pytest.mark.parametrize("architecture", ["llama", "llama4", "gemma2"])
def test_scores_are_those_of_reading_one_token_after_the_other(
    models: dict[str, Path], architecture: str, kv: str
) -> None:
    with opened(models[architecture]) as model:
        bench = Bench(model, architecture, 2048, BATCH, kv)
        with bench.reading() as desk:
            tokens, given = desk.words(600, 1), continuations(desk)
            forwards = scored(desk, tokens, 520, given)
            for each, values in zip(given, forwards.logprobs, strict=True):
                assert values == pytest.approx(one_by_one(bench, tokens, 520, each), abs=ROUNDING)
            backwards = scored(desk, tokens, 520, given[::-1])
            for there, back in zip(forwards.logprobs, backwards.logprobs[::-1], strict=True):
                assert there == pytest.approx(back, abs=TOLERANCE)
            assert backwards.read.reused >= 520
            assert forwards.chosen == backwards.chosen[::-1]


@pytest.mark.parametrize("architecture", ["llama", "llama4", "gemma2"])
def test_what_was_scored_leaves_nothing_behind(models: dict[str, Path], architecture: str) -> None:
    with opened(models[architecture]) as model:
        bench = Bench(model, architecture, 2048, BATCH)
        with bench.reading() as desk:
            tokens = desk.words(600, 1)
            scored(desk, tokens, 520, continuations(desk))
            desk.read(tokens, 520)
            warm = desk.logits()
        assert np.abs(warm - bench.cold(tokens, 520)).max() < ROUNDING


def test_what_the_model_would_write_is_chosen_to_its_end(models: dict[str, Path]) -> None:
    with opened(models["llama"]) as model, Bench(model, "llama", 1024, BATCH).reading() as desk:
        tokens = desk.words(100, 1)
        desk.read(tokens, 90)
        sampler = Sampler(model)
        own: array[int] = array("i")
        for _ in range(40):
            own.append(sampler.sample(desk.context))
            desk.reading._decode(own[-1:], desk.reading.held, want_logits=True)
        sampler.close()
        other = array("i", own)
        other[33] = (own[33] + 1) % model.n_vocab
        scores = scored(desk, tokens, 90, [own, other, other[33:]])
        assert scores.chosen[:2] == [40, 33]
        assert scores.chosen[2] == 0 or other[33] == own[0]
        assert scores.logprobs[1][33] < scores.logprobs[0][33]
        assert scores.logprobs[0][:33] == pytest.approx(scores.logprobs[1][:33], abs=TOLERANCE)


BORDERS = (
    (CHUNK - 7, CHUNK - 60),
    pytest.param(CHUNK - 1, CHUNK - 5, marks=pytest.mark.long),
    pytest.param(CHUNK, CHUNK - 1, marks=pytest.mark.long),
    pytest.param(CHUNK + 3, CHUNK + 3, marks=pytest.mark.long),
)


@pytest.mark.parametrize(("total", "prefix"), BORDERS)
def test_continuations_over_a_chunks_border(models: dict[str, Path], total: int, prefix: int) -> None:
    with opened(models["llama4"]) as model:
        bench = Bench(model, "llama4", CHUNK + 512)
        with bench.reading() as desk:
            tokens = desk.words(total, 3)
            given = [desk.words(count, count) for count in (30, 4, 45)]
            scores = scored(desk, tokens, prefix, given)
            # The cells to spare hold them, so the chunk before the border is not lost.
            assert scores.scored == sum(len(each) - 1 for each in given)
            again = scored(desk, tokens, prefix, given[::-1])
            for there, back in zip(scores.logprobs, again.logprobs[::-1], strict=True):
                assert there == pytest.approx(back, abs=TOLERANCE)
        assert scores.logprobs[2] == pytest.approx(one_by_one(bench, tokens, prefix, given[2]), abs=ROUNDING)


def test_without_room_for_a_copy_the_prompts_end_is_read_again_and_counted(models: dict[str, Path]) -> None:
    with opened(models["gemma2"]) as model:
        bench = Bench(model, "gemma2", 2048, BATCH)
        with bench.reading(allowance=0) as desk:
            tokens = desk.words(900, 4)
            given = [desk.words(400, 5), desk.words(6, 6)]
            scores = scored(desk, tokens, 850, given)
            assert scores.scored == 399 + 5 + (900 - 850)
        assert scores.logprobs[1] == pytest.approx(one_by_one(bench, tokens, 850, given[1]), abs=ROUNDING)


@pytest.mark.long
@pytest.mark.parametrize("kv", ["f16", "q8_0", "q4_0"])
def test_continuations_behind_a_long_prefix(models: dict[str, Path], kv: str) -> None:
    with opened(models["llama4"]) as model:
        bench = Bench(model, "llama4", 20_480, kv=kv)
        with bench.reading() as desk:
            tokens = desk.words(20_000, 3)
            given = continuations(desk)
            scores = scored(desk, tokens, 19_950, given)
            assert scores.scored == sum(max(0, len(each) - 1) for each in given)
        assert scores.logprobs[2] == pytest.approx(one_by_one(bench, tokens, 19_950, given[2]), abs=ROUNDING)


def test_logits_that_are_no_numbers_are_never_a_choice(models: dict[str, Path]) -> None:
    with opened(models["llama"]) as model, Bench(model, "llama", 1024, BATCH).reading() as desk:
        scorer = Scorer(model, desk.reading, desk.context, on_sign=lambda: None)
        for bad in (np.nan, np.inf, -np.inf):
            logits = np.full(model.n_vocab, bad, np.float32)
            assert scorer._judged(logits, *scorer._likeliest(logits), 0) == (LEAST, False)
        logits = np.zeros(model.n_vocab, np.float32)
        logits[5] = -np.inf
        assert scorer._judged(logits, *scorer._likeliest(logits), 5) == (LEAST, False)
        value, own = scorer._judged(logits, *scorer._likeliest(logits), 0)
        assert own and value == pytest.approx(-np.log(model.n_vocab - 1))


def asked(backend: LocalBackend) -> Prompt:
    """A question that the bundled reader answers."""
    words = {"mill": "lantern", "harbour": "swordfish", "tower": "barley", "garden": "copper"}
    lines = "".join(f"‹{i}› The word of the {place} is {word}.\n\n" for i, (place, word) in enumerate(words.items(), 1))
    system = (ROOT / "resources" / "prompts" / "system-numbered.txt").read_text("utf-8").strip()
    first, second, last = backend.frame(["system", "user"], DATE)
    said, text, question = backend.encode([system, lines, "\nQuestion: What is the word of the harbour?"])
    prefix = first + said + second + text
    return Prompt(prefix + question + last, len(prefix), 40)


@pytest.mark.parametrize("kv", ["f16", "q8_0"])
def test_an_answers_log_probabilities_are_those_of_scoring_its_text(kv: str) -> None:
    with loaded(POCKET, kv=kv) as backend:
        prompt = asked(backend)
        answer = backend.ask(prompt)
        assert "swordfish" in answer.text
        wrong, written, none, word = backend.encode([answer.text.replace("swordfish", "barley"), answer.text, "", "no"])
        assert len(written) == answer.tokens
        scores = backend.score(prompt, [wrong, written, none, word])
        assert scores.logprobs[1] == pytest.approx([value for _, value in answer.logprobs], abs=TOLERANCE)
        assert scores.chosen[1] == len(written) > scores.chosen[0]
        assert (scores.logprobs[2], scores.chosen[2]) == ((), 0)
        apart = scores.chosen[0]
        assert scores.logprobs[0][apart] < scores.logprobs[1][apart] - 1
        assert (scores.reused + scores.decoded, scores.reused > prompt.prefix - 1) == (len(prompt.tokens), True)
        assert scores.scored == len(wrong) - 1 + len(written) - 1 + len(word) - 1
        other = backend.score(prompt, [word, none, written, wrong])
        for there, back in zip(scores.logprobs, other.logprobs[::-1], strict=True):
            assert there == pytest.approx(back, abs=TOLERANCE)
        again = backend.ask(prompt)
        assert (again.text, again.reused >= prompt.prefix) == (answer.text, True)
        assert scores.standing is not None and scores.standing.held > len(prompt.tokens)


def test_no_continuations_only_read(tiny_llama4: Path) -> None:
    with loaded(tiny_llama4) as backend:
        prompt = prompt_of(backend, "words " * 50, "what?")
        scores = backend.score(prompt, [])
        assert (scores.logprobs, scores.chosen, scores.decoded, scores.scored) == ((), (), len(prompt.tokens), 0)
        assert backend.ask(prompt).decoded == 1


def test_what_does_not_fit_is_refused_before_anything_is_read(tiny_llama4: Path) -> None:
    with loaded(tiny_llama4, n_ctx=1024) as backend:
        tokens = tokens_of(1000, 1, backend.info.n_vocab)
        fits, over = tokens_of(24, 2, backend.info.n_vocab), tokens_of(25, 2, backend.info.n_vocab)
        with pytest.raises(PromptTooLong, match="1 more than the context of 1,024"):
            backend.score(Prompt(tokens, 900, 0), [fits, over])
        scores = backend.score(Prompt(tokens, 900, 0), [fits])
        assert (scores.reused, len(scores.logprobs[0])) == (0, 24)


def test_tokens_that_the_model_does_not_have_are_refused(tiny_llama4: Path) -> None:
    with loaded(tiny_llama4, n_ctx=1024) as backend:
        tokens = tokens_of(10, 1, backend.info.n_vocab)
        for token in (-1, backend.info.n_vocab):
            with pytest.raises(EngineError, match="does not have"):
                backend.score(Prompt(tokens, 9, 0), [array("i", [token])])


def test_an_architecture_that_cannot_go_back_cannot_score(tmp_path: Path) -> None:
    with loaded(write_recurrent(tmp_path / "mamba.gguf"), n_ctx=1024) as backend:
        tokens = tokens_of(10, 1, backend.info.n_vocab)
        with pytest.raises(CannotScore, match="cannot go back"):
            backend.score(Prompt(tokens, 9, 0), [tokens[:2]])


def test_scoring_stops_between_two_continuations_and_leaves_the_cache_right(models: dict[str, Path]) -> None:
    with opened(models["llama4"]) as model:
        bench = Bench(model, "llama4", 2048, BATCH)
        with bench.reading() as desk:
            tokens, given = desk.words(600, 1), [desk.words(20, n) for n in range(5)]
            signs = 0

            def stop() -> None:
                nonlocal signs
                signs += 1
                if signs == 3:
                    desk.abort.set()

            scorer = Scorer(model, desk.reading, desk.context, on_sign=stop)
            with pytest.raises(Cancelled):
                scorer.score(Prompt(tokens, 520, 0), given, read=desk.reading.read, on_progress=silent)
            assert signs < len(given)
            desk.abort.clear()
            assert scored(desk, tokens, 520, given).read.reused >= 520
            desk.read(tokens, 520)
            warm = desk.logits()
        assert np.abs(warm - bench.cold(tokens, 520)).max() < ROUNDING


def test_a_cancel_from_another_thread_stops_scoring(models: dict[str, Path]) -> None:
    with loaded(models["llama4"], n_ctx=32_768) as backend:
        tokens = tokens_of(30_000, 1, backend.info.n_vocab)
        prompt = Prompt(tokens, 29_000, 0)
        threading.Timer(0.2, backend.cancel).start()
        with pytest.raises(Cancelled):
            backend.score(prompt, [tokens[:40]] * 2000)
        assert backend.ask(Prompt(tokens[:900], 800, 1)).tokens <= 1
