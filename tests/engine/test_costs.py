"""What the worker says of costs, of its cache and of what cannot be had; each asked of the real process."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.backends.local import LocalBackend
from engine.errors import ContextError
from engine.places import cost, deepest
from engine.protocol import Cost, LoadOptions, Prompt
from tests.engine.asking import COMMAND, loaded, tokens_of
from tests.make_gguf import Sizes, write_random, write_recurrent

SIZES = Sizes(layers=4, width=64, heads=2, kv_heads=1, feed_forward=64, window=128)


def test_the_cost_is_known_before_and_comes_out_so(tmp_path: Path) -> None:
    path = write_random(tmp_path / "sliding.gguf", architecture="gemma2", sizes=SIZES)
    with loaded(path, n_ctx=8192, n_batch=256) as backend:
        vocabulary = backend.info.n_vocab
        papers = tokens_of(4000, 1, vocabulary)
        ends = (900, 1800, 2700, 4000)
        first = Prompt(papers + tokens_of(20, 2, vocabulary), 4000, 400, boundaries=ends)
        assert backend.cost(first) == Cost(4020, None)
        answer = backend.ask(first)
        standing = answer.standing
        assert standing is not None
        assert standing.held == 4020 + answer.tokens
        assert 4000 in standing.places and standing.per_second > 0
        assert {p for p in standing.places if p < 3500} == {768, 1792, 2560}, "at the batch before each document's end"
        second = Prompt(papers + tokens_of(30, 3, vocabulary), 4000, 4, boundaries=ends)
        known = backend.cost(second)
        assert known.to_read == 30
        assert known.seconds is not None and 0 < known.seconds < backend.cost(first).to_read * 10
        assert known == cost(standing, 4000, 4030), "a window works out the same by itself"
        done = backend.ask(second)
        assert (done.reused, done.decoded) == (4000, 30)
        changed = Prompt(papers[:1900] + papers[2000:] + second.tokens[-30:], 3900, 4, boundaries=(900, 1800, 3900))
        announced = backend.cost(changed)
        done = backend.ask(changed)
        assert (done.reused, done.decoded) == (1792, announced.to_read)
        assert done.standing is not None
        assert deepest(done.standing, 2600) == 1792, "the places behind the change are gone"
    assert backend.cost(second) == Cost(4030, None), "nothing runs, so all is to read"


def test_a_recurrent_model_says_that_it_reads_again_and_does(tmp_path: Path) -> None:
    with loaded(write_recurrent(tmp_path / "recurrent.gguf")) as backend:
        assert backend.notice is not None and "read again from the start" in backend.notice
        vocabulary = backend.info.n_vocab
        papers, question = tokens_of(700, 1, vocabulary), tokens_of(9, 2, vocabulary)
        first = backend.ask(Prompt(papers + question, 700, 8))
        assert first.standing is not None
        assert (first.standing.places, first.standing.stretches) == ((), ())
        other = backend.ask(Prompt(papers + question[::-1], 700, 8))
        assert (other.reused, other.decoded) == (0, 709)
        again = backend.ask(Prompt(papers + question, 700, 8))
        assert (again.reused, again.text) == (0, first.text)
    with loaded(write_recurrent(tmp_path / "recurrent.gguf")) as backend:
        backend.ask(Prompt(papers, 700, 0))
        longer = backend.ask(Prompt(papers + question, 700, 8))
        assert (longer.reused, longer.text) == (700, first.text), "what only grows is not read again"


def test_packed_values_without_flash_attention_are_refused_before_loading(tmp_path: Path) -> None:
    path = write_random(tmp_path / "m.gguf", sizes=SIZES)
    backend = LocalBackend(COMMAND)
    try:
        for options in (
            LoadOptions(str(path), 1024, kv="q8_0", flash="off"),
            LoadOptions(str(path), 1024, kv="f16", kv_values="q4_0", flash="off"),
        ):
            with pytest.raises(ContextError, match="cannot be read without flash attention") as caught:
                backend.load(options)
            assert "f16" in caught.value.hint
            assert backend.pid is None
        for options in (
            LoadOptions(str(path), 1024, kv="q8_0", kv_values="f16", flash="off"),
            LoadOptions(str(path), 1024, kv="f16", flash="off"),
            LoadOptions(str(path), 1024, kv="f16", kv_values="q4_0"),
        ):
            backend.load(options)
            prompt = Prompt(tokens_of(100, 1, backend.info.n_vocab), 90, 4)
            assert backend.ask(prompt).decoded == 100
    finally:
        backend.close()


def test_values_that_cannot_be_packed_are_refused(tiny_llama4: Path) -> None:
    backend = LocalBackend(COMMAND)
    with pytest.raises(ContextError, match="packs them by 32"):
        backend.load(LoadOptions(str(tiny_llama4), 1024, kv_values="q8_0"))
    backend.close()
