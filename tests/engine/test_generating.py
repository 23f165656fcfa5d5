"""Answers of the real engine: what is chosen, when it ends, what it may hold, how sure each token was."""

from __future__ import annotations

import ctypes
import json
import math
from array import array
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.core.verbatim import QUOTED
from engine.backends.local import LocalBackend
from engine.context import Reading
from engine.errors import EngineError, GrammarError
from engine.generating import Writer
from engine.llama import AbortFlag, Context, Model
from engine.protocol import Answer, Prompt, Sampling
from engine.quotable import quotable
from engine.quote_guard import QuoteDesk
from engine.sampler import Logits, Mask, Sampler, log_probability
from tests.engine.asking import loaded, prompt_of
from tests.engine.test_quoting import quotes_in, state_of
from tests.make_gguf import LANGUAGES

TEXT = LANGUAGES.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def backend(tiny_llama4: Path) -> Iterator[LocalBackend]:
    with loaded(tiny_llama4) as running:
        yield running


def ask(backend: LocalBackend, *, answer: int = 24, question: str = "Why?", **sampling: Any) -> Answer:
    shown: list[str] = []
    prompt = replace(prompt_of(backend, TEXT[:400], question, answer=answer), sampling=Sampling(**sampling))
    result = backend.ask(prompt, on_text=shown.append)
    assert "".join(shown) == result.text
    return result


@pytest.fixture(scope="module")
def plain(backend: LocalBackend) -> Answer:
    return ask(backend)


def test_the_same_seed_gives_the_same_answer_and_another_another(backend: LocalBackend) -> None:
    first, again, other = (ask(backend, temperature=1.0, top_p=1.0, seed=seed) for seed in (1, 1, 2))
    assert first.text == again.text != other.text


@pytest.mark.parametrize("narrow", [{"top_p": 1e-6}, {"min_p": 1.0, "top_p": 1.0}])
def test_what_leaves_only_the_likeliest_is_greedy(backend: LocalBackend, plain: Answer, narrow: dict[str, Any]) -> None:
    assert ask(backend, temperature=1.0, seed=5, **narrow).text == plain.text


def test_penalties_keep_tokens_from_coming_back(backend: LocalBackend) -> None:
    def repeated(answer: Answer) -> int:
        starts = [start for start, _ in answer.logprobs] + [len(answer.text)]
        pieces = [answer.text[a:b] for a, b in pairwise(starts)]
        return len(pieces) - len(set(pieces))

    free = ask(backend, answer=150)
    assert repeated(free) > 3
    penalties: list[dict[str, Any]] = [{name: 100.0} for name in ("presence_penalty", "frequency_penalty")]
    for penalty in (*penalties, {"repeat_penalty": 1e6}):
        # Different tokens can show as the same broken character, so not always none.
        assert repeated(ask(backend, answer=150, **penalty)) < repeated(free)


def test_an_answer_ends_in_front_of_a_stop_string(backend: LocalBackend, plain: Answer) -> None:
    middle = len(plain.text) // 2
    stop = plain.text[middle : middle + 3]
    cut = ask(backend, stop=("not in there", stop))
    assert cut.text == plain.text[: plain.text.index(stop)]
    assert cut.ending == "stop"
    assert cut.tokens < plain.tokens
    assert all(start < len(cut.text) for start, _ in cut.logprobs)
    unstopped = ask(backend, stop=(plain.text + "more", "not in there"))
    assert unstopped.text == plain.text
    assert unstopped.ending == plain.ending


def test_log_probabilities_belong_to_the_tokens(backend: LocalBackend, plain: Answer) -> None:
    assert len(plain.logprobs) == plain.tokens
    starts = [start for start, _ in plain.logprobs]
    assert starts == sorted(starts)
    assert starts[0] == 0
    assert all(-20 < value < 0 for _, value in plain.logprobs)
    sampled = ask(backend, temperature=2.0, top_p=1.0, seed=3)
    # The greedy choice is the likeliest of all, whatever is drawn instead is less so.
    assert sampled.logprobs[0][1] <= plain.logprobs[0][1]
    assert ask(backend, logprobs=False).logprobs == ()


def test_log_probability_is_that_of_a_softmax() -> None:
    logits = (np.random.default_rng(0).standard_normal(5000) * 9).astype(np.float32)
    exact = logits.astype(np.float64)
    expected = exact - exact.max() - math.log(np.exp(exact - exact.max()).sum())
    for token in (0, 77, int(logits.argmax())):
        assert log_probability(logits, token) == pytest.approx(expected[token], abs=1e-4)


def test_a_grammar_decides_the_form(backend: LocalBackend) -> None:
    answer = ask(backend, grammar='root ::= "yes, " [0-9]{3} " times"')
    assert answer.text[:5] + answer.text[-6:] == "yes,  times"
    assert answer.text[5:-6].isdigit()
    assert answer.ending == "stop"
    drawn = ask(backend, grammar='root ::= ("a" | "b"){8}', temperature=1.5, top_p=1.0, seed=4)
    assert len(drawn.text) == 8
    assert set(drawn.text) == {"a", "b"}


def test_a_schema_decides_the_form(backend: LocalBackend) -> None:
    schema = {
        "type": "object",
        "properties": {"open": {"type": "boolean"}, "who": {"enum": ["pilot", "master"]}},
        "required": ["open", "who"],
    }
    value = json.loads(ask(backend, answer=80, schema=json.dumps(schema)).text)
    assert set(value) == {"open", "who"}
    assert isinstance(value["open"], bool)
    assert value["who"] in ("pilot", "master")


@pytest.mark.parametrize(
    "grammar",
    [
        "root ::= [",
        "no grammar",
        'other ::= "a"',
        "root ::= missing",
        "root ::= root root",
        'root ::= "a" \0',
        'root ::= ("a"{99999999})',
    ],
)
def test_a_bad_grammar_is_a_sentence(backend: LocalBackend, grammar: str) -> None:
    with pytest.raises(GrammarError) as caught:
        ask(backend, grammar=grammar)
    assert "\n" not in str(caught.value)
    assert ask(backend, answer=2).tokens == 2


@pytest.mark.parametrize("schema", ["{", '{"type": "nonsense"}', '{"$ref": "https://example.org/x.json"}', "[1]"])
def test_a_bad_schema_is_a_sentence(backend: LocalBackend, schema: str) -> None:
    with pytest.raises(GrammarError) as caught:
        ask(backend, schema=schema)
    assert "\n" not in str(caught.value)


def test_a_prompt_with_two_beginnings_is_refused(backend: LocalBackend) -> None:
    prompt = prompt_of(backend, TEXT[:400], "Why?")
    assert backend.ask(prompt).tokens
    twice: array[int] = prompt.tokens[:1] + prompt.tokens
    with pytest.raises(EngineError, match="two BOS"):
        backend.ask(Prompt(twice, prompt.prefix + 1, 4))


def test_random_weights_quote_nothing_but_the_documents(backend: LocalBackend) -> None:
    texts = TEXT.split("\n\n")
    data = quotable([(f"S{i}", text) for i, text in enumerate(texts)], QUOTED)
    prompt = prompt_of(backend, TEXT[:400], 'Quote "', answer=350)
    kept = loose = 0
    for seed in range(4):
        sampling = Sampling(temperature=1.6, top_p=1.0, seed=seed)
        # Nothing quoted by chance stands in the documents without the guard.
        free = quotes_in(backend.ask(replace(prompt, sampling=sampling)).text)
        loose += sum(state_of(quote, texts) == "missing" for quote in free)
        held = backend.ask(replace(prompt, sampling=sampling, quotable=data))
        quotes = quotes_in(held.text)
        assert {state_of(quote, texts) for quote in quotes} <= {"exact", "not_quoted"}, quotes
        kept += sum(state_of(quote, texts) == "exact" for quote in quotes)
    assert kept > 0
    assert loose > 0


class InAHurry(Sampler):
    """Would end the answer at once, wherever it may."""

    def choose(self, logits: Logits, mask: Mask | None = None) -> int:
        return self.end if mask is None or mask[self.end] else super().choose(logits, mask)

    end = -1


def test_an_answer_is_not_ended_inside_a_quotation(tiny_llama4: Path) -> None:
    texts = TEXT.split("\n\n")[:2]
    data = quotable([(f"S{i}", text) for i, text in enumerate(texts)], QUOTED)
    assert data is not None
    abort = AbortFlag()
    model = Model(tiny_llama4, abort=abort, log=lambda _: None, on_progress=lambda _: None)
    context = Context(model, n_ctx=1024, n_batch=64, kv="f16", threads=1, abort=abort)
    reading = Reading(model, context, abort, chunked=True)
    tokens = array("i", model.tokenize("The harbour", special=False))
    reading.read(Prompt(tokens, len(tokens), 200), lambda _: None)
    desk = QuoteDesk(model.n_vocab, model.piece, model.ends_answer, abort.is_set)
    guard = desk.open(data.header(), data.text)
    assert guard is not None
    (mark,) = model.tokenize('"', special=False)
    assert guard.accept(mark, b'"') == [mark]
    shown: list[str] = []
    with closing(InAHurry(model)) as sampler:
        sampler.end = model.eos
        writer = Writer(model, reading, sampler, guard=guard, stops=(), with_logprobs=True, on_text=shown.append)
        written = writer.write(800)
    assert written.ending == "stop"
    assert "".join(shown) == written.text
    assert written.tokens > 1
    quotes = quotes_in('"' + written.text)
    assert quotes
    assert {state_of(quote, texts) for quote in quotes} <= {"exact", "not_quoted"}
    desk.close()
    context.close()
    model.close()


@pytest.fixture(scope="module")
def in_process(tiny_llama4: Path) -> Iterator[tuple[Model, Context]]:
    """A model and a context with logits ready, in this process."""
    abort = AbortFlag()
    model = Model(tiny_llama4, abort=abort, log=lambda _: None, on_progress=lambda _: None)
    context = Context(model, n_ctx=512, n_batch=64, kv="f16", threads=1, abort=abort)
    assert context.decode(array("i", model.tokenize("The harbour", special=False)), 0, want_logits=True) == 0
    yield model, context
    context.close()
    model.close()


def test_the_likeliest_token_is_llama_cpps(in_process: tuple[Model, Context]) -> None:
    model, context = in_process
    sampler = Sampler(model)
    theirs = model._api.llama_sampler_init_greedy()
    assert sampler.sample(context) == model._api.llama_sampler_sample(theirs, context.handle, -1)
    model._api.llama_sampler_free(theirs)
    sampler.close()


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_only_what_the_mask_allows_is_chosen(in_process: tuple[Model, Context], temperature: float) -> None:
    model, context = in_process
    logits = context.logits_view(model.n_vocab)
    before = logits.copy()
    mask = np.zeros(model.n_vocab, dtype=np.bool_)
    sampler = Sampler(model, temperature=temperature, seed=1)
    with pytest.raises(EngineError, match="may follow"):
        sampler.choose(logits, mask)
    mask[[70, 80, 90]] = True
    chosen = {sampler.choose(logits, mask) for _ in range(20)}
    assert chosen <= {70, 80, 90}
    if not temperature:
        assert chosen == {max((70, 80, 90), key=lambda token: logits[token])}
    assert (logits == before).all()
    sampler.close()


def test_drawing_under_a_mask_follows_the_models_probabilities(in_process: tuple[Model, Context]) -> None:
    model, context = in_process
    logits = context.logits_view(model.n_vocab)
    mask = np.zeros(model.n_vocab, dtype=np.bool_)
    allowed = np.argsort(logits)[-3:]
    mask[allowed] = True
    weights = np.exp(logits[allowed] - logits[allowed].max())
    sampler = Sampler(model, temperature=1.0, seed=7)
    drawn = [sampler.choose(logits, mask) for _ in range(1500)]
    for token, weight in zip(allowed, weights / weights.sum(), strict=True):
        assert drawn.count(int(token)) / len(drawn) == pytest.approx(weight, abs=0.05)
    sampler.close()


def test_candidates_are_laid_out_as_llama_cpp_has_them(in_process: tuple[Model, Context]) -> None:
    model, _ = in_process
    sampler = Sampler(model, temperature=1.0)
    assert sampler._candidates.dtype.itemsize == ctypes.sizeof(model._api.llama_token_data)
    sampler.close()
