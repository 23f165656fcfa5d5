"""How likely a model finds texts that it did not write itself: given tokens behind a prompt, without any sampling.

Each continuation is read behind the same prompt, whose end the cache goes back to in between; what the prompt's last
token and each of the continuation's tokens predict is compared with what comes. Knows no processes and no text.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.context import Reading, ReadResult
from engine.errors import CannotScore, EngineError
from engine.llama import Context, Model
from engine.protocol import Prompt, ReadProgress

LEAST = -1e4
"""The log-probability of a token where the model computes no number for it: a damaged cache gives such logits."""

Read = Callable[[Prompt, Callable[[ReadProgress], None]], ReadResult]


@dataclass(frozen=True, slots=True)
class Scores:
    """See engine.protocol.Scored. read: what reading the prompt was."""

    read: ReadResult
    logprobs: list[list[float]]
    chosen: list[int]
    scored: int


class Scorer:
    """Scores continuations over what `reading` holds. on_sign is called often enough to be a sign of life."""

    def __init__(self, model: Model, reading: Reading, context: Context, *, on_sign: Callable[[], None]) -> None:
        self._n_vocab = model.n_vocab
        self._recurrent = model.recurrent
        self._reading = reading
        self._context = context
        self._on_sign = on_sign
        self._room: NDArray[np.float32] = np.empty(model.n_vocab, np.float32)

    def score(
        self,
        prompt: Prompt,
        continuations: Sequence[array[int]],
        *,
        read: Read,
        on_progress: Callable[[ReadProgress], None],
    ) -> Scores:
        """read: how the prompt comes into the cache.

        Raises CannotScore, PromptTooLong before anything is read, Cancelled (what was read stays), EngineError.
        """
        if self._recurrent:
            raise CannotScore(
                "This model's architecture cannot go back to an earlier place, so texts cannot be compared on it.",
                hint="Let it answer freely instead.",
            )
        if any(not 0 <= token < self._n_vocab for tokens in continuations for token in tokens):
            raise EngineError("A continuation holds tokens that this model does not have.")
        longest = max(map(len, continuations), default=0)
        result = read(replace(prompt, max_answer=longest), on_progress)
        # The next batch overwrites them, and every continuation begins with what they predict.
        opening = self._context.logits_view(self._n_vocab)
        top, total = self._likeliest(opening)
        firsts = [self._judged(opening, top, total, tokens[0]) if tokens else None for tokens in continuations]
        logprobs: list[list[float]] = []
        chosen: list[int] = []
        scored = 0
        for tokens, first in zip(continuations, firsts, strict=True):
            judged = [first] if first is not None else []
            if len(tokens) > 1:
                scored += self._reading.go_back(prompt.tokens) + len(tokens) - 1
                judged += self._judge(tokens)
            logprobs.append([value for value, _ in judged])
            chosen.append(next((i for i, (_, own) in enumerate(judged) if not own), len(judged)))
            self._on_sign()
        return Scores(result, logprobs, chosen, scored)

    def _judge(self, tokens: array[int]) -> list[tuple[float, bool]]:
        """All but the first: what each token before it predicts. The last predicts nothing that is asked for."""
        judged: list[tuple[float, bool]] = []
        for start, end in self._reading.follow(tokens[:-1]):
            rows = self._context.logits_rows(self._n_vocab, end - start)
            for row, token in zip(rows, tokens[start + 1 : end + 1], strict=True):
                judged.append(self._judged(row, *self._likeliest(row), token))
            self._on_sign()
        return judged

    def _likeliest(self, logits: NDArray[np.float32]) -> tuple[int, float]:
        """The token that would be chosen, and the logarithm of the sum of all exponentials; -1, 0 without numbers."""
        token = int(logits.argmax())
        top = logits[token]
        if not math.isfinite(top):
            return -1, 0.0
        np.exp(np.subtract(logits, top, out=self._room), out=self._room)
        return token, float(top) + math.log(float(self._room.sum(dtype=np.float64)))

    @staticmethod
    def _judged(logits: NDArray[np.float32], top: int, total: float, token: int) -> tuple[float, bool]:
        """A token's log-probability, and whether it is the one that would be chosen."""
        value = float(logits[token]) - total
        return (max(value, LEAST) if top >= 0 and not math.isnan(value) else LEAST), token == top
