"""Writes one answer: tokens become text, quotations stay verbatim, stop strings end it, log-probabilities are kept.

Knows no processes and no documents beyond the passages that may be quoted.
"""

from __future__ import annotations

import codecs
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from engine.context import Reading
from engine.errors import Cancelled, EngineError
from engine.llama import Context, Model, schema_grammar
from engine.protocol import Ending, Sampling
from engine.quote_guard import Guard
from engine.sampler import Sampler, log_probability
from engine.stop_strings import StopStrings


@dataclass(slots=True)
class Written:
    """An answer. tokens: written, of which the text may lack those of a stop string. first: when the first one came.

    logprobs: see engine.protocol.Answer.
    """

    text: str = ""
    ending: Ending = "length"
    tokens: int = 0
    first: float | None = None
    logprobs: list[tuple[int, float]] = field(default_factory=list)


def make_sampler(model: Model, sampling: Sampling) -> Sampler:
    """The sampler that `sampling` describes. Raises GrammarError."""
    return Sampler(
        model,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        seed=sampling.seed,
        min_p=sampling.min_p,
        repeat_penalty=sampling.repeat_penalty,
        frequency_penalty=sampling.frequency_penalty,
        presence_penalty=sampling.presence_penalty,
        grammar=sampling.grammar or (schema_grammar(sampling.schema) if sampling.schema else ""),
    )


def check_opening(model: Model, tokens: Sequence[int]) -> None:
    """Raises EngineError where a prompt begins with two tokens that begin a text: models answer worse from there."""
    if model.bos >= 0 and len(tokens) > 1 and tokens[0] == tokens[1] == model.bos:
        raise EngineError(
            "The prompt begins with two BOS tokens, and a model is trained on one.",
            hint="This is a fault of Plumbline or of the model's template; choose another GGUF of this model.",
        )


class Writer:
    """One answer being written over what `reading` holds. on_text is told each piece of text that is certain."""

    def __init__(
        self,
        model: Model,
        reading: Reading,
        sampler: Sampler,
        *,
        guard: Guard | None,
        stops: Sequence[str],
        with_logprobs: bool,
        on_text: Callable[[str], None],
    ) -> None:
        self._model = model
        self._reading = reading
        self._sampler = sampler
        self._guard = guard
        self._stops = StopStrings(stops)
        self._with_logprobs = with_logprobs
        self._on_text = on_text
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._parts: list[str] = []
        self._decoded = 0
        self._written = Written()

    def write(self, max_answer: int) -> Written:
        """Until the model ends it, a stop string, `max_answer` tokens, or a cancel."""
        written = self._written
        try:
            for tokens in self._reading.generate(self._next, max_answer):
                if written.first is None:
                    written.first = time.perf_counter()
                written.tokens += len(tokens)
                self._show(b"".join([self._model.piece(token) for token in tokens]))
                if self._stops.found:
                    break
            written.ending = "length" if written.tokens == max_answer and not self._stops.found else "stop"
        except Cancelled:
            written.ending = "cancelled"
        self._show(b"", final=True)
        written.text = "".join(self._parts)
        written.logprobs = [(start, value) for start, value in written.logprobs if start < len(written.text)]
        return written

    def _next(self, context: Context) -> Sequence[int]:
        """The tokens to write next: one, but where white space is written as the passage has it."""
        logits = context.logits_view(self._model.n_vocab)
        token = self._sampler.choose(logits)
        tokens = self._admitted(token)
        if tokens is None:
            assert self._guard is not None
            mask = self._guard.mask()
            if not mask.any():
                return ()
            token = self._sampler.choose(logits, mask)
            tokens = self._admitted(token)
            assert tokens is not None
        if self._model.ends_answer(token):
            return ()
        if self._with_logprobs:
            self._written.logprobs.append((self._decoded, log_probability(logits, token)))
        for each in tokens:
            self._sampler.accept(each)
        return tokens

    def _admitted(self, token: int) -> Sequence[int] | None:
        if self._guard is None:
            return (token,)
        if self._model.ends_answer(token):
            return (token,) if self._guard.may_end() else None
        return self._guard.accept(token, self._model.piece(token))

    def _show(self, raw: bytes, *, final: bool = False) -> None:
        text = self._decoder.decode(raw, final)
        self._decoded += len(text)
        text = self._stops.feed(text)
        if final:
            text += self._stops.rest()
        if text:
            self._parts.append(text)
            self._on_text(text)
