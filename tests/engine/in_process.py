"""llama.cpp in the test's own process: logits of a reading against those of one that starts from nothing."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.context import Reading, ReadResult
from engine.llama import AbortFlag, Context, Model
from engine.protocol import Prompt
from engine.sampler import Sampler
from engine.worker import CHUNKED_ARCHITECTURES
from tests.engine.asking import tokens_of

TOLERANCE = 0.06
"""In spreads of the logits. Other cells and other batches round differently; a wrong cache is off by more than 1."""


def silent(_: object) -> None:
    """Hear progress and log lines, and do nothing."""


@contextmanager
def opened(path: Path) -> Iterator[Model]:
    """The weights at `path`."""
    model = Model(path, abort=AbortFlag(), log=silent, on_progress=silent)
    try:
        yield model
    finally:
        model.close()


@dataclass
class Bench:
    """One model and how its contexts are made."""

    model: Model
    architecture: str
    n_ctx: int
    n_batch: int = 512
    kv: str = "f16"
    kv_values: str | None = None
    flash: str = "auto"

    @contextmanager
    def reading(self, *, allowance: int = 1 << 30) -> Iterator[Desk]:
        """A context that has read nothing."""
        abort = AbortFlag()
        context = Context(
            self.model,
            n_ctx=self.n_ctx,
            n_batch=self.n_batch,
            kv=self.kv,
            kv_values=self.kv_values,
            flash=self.flash,
            threads=1,
            abort=abort,
        )
        chunked = self.architecture in CHUNKED_ARCHITECTURES
        reading = Reading(self.model, context, abort, chunked=chunked, allowance=allowance)
        try:
            yield Desk(self.model, reading, context, abort)
        finally:
            context.close()

    def cold(self, tokens: array[int], prefix: int) -> np.ndarray:
        """Logits behind a prompt when everything is read for it alone."""
        with self.reading() as desk:
            assert desk.read(tokens, prefix).reused == 0
            return desk.logits()


@dataclass
class Desk:
    """One reading and what it stands on."""

    model: Model
    reading: Reading
    context: Context
    abort: AbortFlag

    def read(self, tokens: array[int], prefix: int, boundaries: Sequence[int] = ()) -> ReadResult:
        """Read a prompt and hold what was announced against what was done."""
        announced = self.reading.cost(tokens)
        result = self.reading.read(Prompt(tokens, prefix, 0, boundaries=tuple(boundaries)), silent)
        assert result.decoded == announced.to_read
        assert result.reused + result.decoded == len(tokens) == self.reading.held
        return result

    def answer(self, count: int) -> array[int]:
        """`count` tokens behind the prompt; others go on where a model of random weights finds that it is done."""
        sampler = Sampler(self.model)
        tokens = array("i")
        try:
            for written in self.reading.generate(lambda context: [sampler.sample(context)], count):
                tokens.extend(written)
        finally:
            sampler.close()
        for token in tokens_of(count - len(tokens), count, self.model.n_vocab):
            self.reading._decode(array("i", [token]), self.reading.held, want_logits=True)
            tokens.append(token)
        return tokens

    def words(self, count: int, seed: int) -> array[int]:
        """Some tokens."""
        return tokens_of(count, seed, self.model.n_vocab)

    def logits(self) -> np.ndarray:
        """Of the last token."""
        return np.array(self.context.logits(self.model.n_vocab))


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """The largest difference, in spreads of the logits."""
    return float(np.abs(one - other).max() / one.std())
