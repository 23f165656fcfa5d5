"""Chooses tokens: llama.cpp's chain of samplers, or plainly the likeliest token, over a model's logits.

What is allowed comes from outside, as a mask; a grammar is llama.cpp's own. Knows no text and no quotations.
"""

from __future__ import annotations

import ctypes
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError, GrammarError
from engine.llama import Context, Model

Logits = NDArray[np.float32]
Mask = NDArray[np.bool_]

PENALTY_LAST = 256
"""Tokens of the answer on which penalties look back. Those of the prompt are never held against a document's words."""

_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


class Sampler:
    """One answer's sampler. temperature 0 is greedy: then top_p, min_p and seed have no effect.

    grammar: GBNF with a rule `root`. Close it when done. Raises GrammarError.
    """

    def __init__(
        self,
        model: Model,
        *,
        temperature: float = 0.0,
        top_p: float = 1.0,
        seed: int = 0,
        min_p: float = 0.0,
        repeat_penalty: float = 1.0,
        frequency_penalty: float = 0.0,
        presence_penalty: float = 0.0,
        grammar: str = "",
    ) -> None:
        self._api = api = model._api
        self._n_vocab = model.n_vocab
        penalties = repeat_penalty != 1 or frequency_penalty != 0 or presence_penalty != 0
        self._is_plain = temperature <= 0 and not penalties
        self._chain = api.llama_sampler_chain_init(api.llama_sampler_chain_default_params())
        self._grammar = self._parsed(model, grammar) if grammar else None
        parts = []
        if penalties:
            penalty = (PENALTY_LAST, repeat_penalty, frequency_penalty, presence_penalty)
            parts.append(api.llama_sampler_init_penalties(model.n_vocab, *penalty))
        if temperature <= 0:
            parts.append(api.llama_sampler_init_greedy())
        else:
            parts.append(api.llama_sampler_init_top_p(top_p, 1))
            parts.append(api.llama_sampler_init_min_p(min_p, 1))
            parts.append(api.llama_sampler_init_temp(temperature))
            parts.append(api.llama_sampler_init_dist(seed))
        for part in parts:
            api.llama_sampler_chain_add(self._chain, part)
        self._ids = np.arange(model.n_vocab, dtype=np.int32)
        self._candidates = np.zeros(0 if self._is_plain and not grammar else model.n_vocab, dtype=_CANDIDATE)

    def choose(self, logits: Logits, mask: Mask | None = None) -> int:
        """The next token, among those that `mask` allows. Nothing is decided by it until `accept`.

        Raises EngineError when the grammar and the mask leave none.
        """
        token = self._pick(logits, mask, with_grammar=False)
        # The grammar looks at all tokens only where the likeliest breaks it: that takes far longer.
        if self._grammar is not None and not self._follows_grammar(token):
            token = self._pick(logits, mask, with_grammar=True)
        if token < 0:
            raise EngineError("Nothing may follow at this place of the answer.", hint="Use another grammar.")
        return token

    def accept(self, token: int) -> None:
        """`token` is written."""
        if not self._is_plain:
            self._api.llama_sampler_accept(self._chain, token)
        if self._grammar is not None:
            self._api.llama_sampler_accept(self._grammar, token)

    def sample(self, context: Context) -> int:
        """The token that follows the last decoded one, accepted."""
        token = self.choose(context.logits_view(self._n_vocab))
        self.accept(token)
        return token

    def close(self) -> None:
        """Free the chain."""
        for part in (self._chain, self._grammar):
            if part:
                self._api.llama_sampler_free(part)
        self._chain = self._grammar = None

    def _parsed(self, model: Model, grammar: str) -> Any:
        raw = grammar.encode("utf-8", "replace")
        parsed = None if b"\0" in raw else self._api.llama_sampler_init_grammar(model._vocab, raw, b"root")
        if not parsed:
            reason = (model._log.last_error or "it has no rule called root")[:200].rstrip(" .:")
            self._api.llama_sampler_free(self._chain)
            raise GrammarError(f"The grammar cannot be read: {reason}.", hint="See llama.cpp's GBNF guide.")
        return parsed

    def _pick(self, logits: Logits, mask: Mask | None, *, with_grammar: bool) -> int:
        if self._is_plain and not with_grammar:
            allowed = logits if mask is None else np.where(mask, logits, np.float32(-np.inf))
            token = int(allowed.argmax())
            return token if allowed[token] > -math.inf else -1
        candidates = self._candidates
        candidates["id"] = self._ids
        candidates["logit"] = logits if mask is None else np.where(mask, logits, np.float32(-np.inf))
        if with_grammar:
            self._apply(self._grammar, candidates)
            if not (candidates["logit"] > -math.inf).any():
                return -1
        elif mask is not None and not mask.any():
            return -1
        return int(candidates["id"][self._apply(self._chain, candidates)])

    def _follows_grammar(self, token: int) -> bool:
        if token < 0:
            return True
        one = np.zeros(1, dtype=_CANDIDATE)
        one["id"] = token
        self._apply(self._grammar, one)
        return bool(one["logit"][0] > -math.inf)

    def _apply(self, sampler: Any, candidates: NDArray[Any]) -> int:
        api = self._api
        data = ctypes.cast(candidates.ctypes.data, ctypes.POINTER(api.llama_token_data))
        array = api.llama_token_data_array(data, len(candidates), -1, False)
        api.llama_sampler_apply(sampler, ctypes.byref(array))
        return int(array.selected)


def log_probability(logits: Logits, token: int) -> float:
    """The natural logarithm of the probability that the model gave to `token`, before anything was ruled out."""
    top = logits.max()
    total = float(np.exp(logits - top).sum())
    return float(logits[token] - top) - math.log(total)
