"""How fast a loaded model reads and writes with given threads and batches, in short runs of its own.

Runs in the worker process only (its messages aside). Knows nothing of what is done with the figures, and no prompts:
arbitrary tokens cost what others do.
"""

from __future__ import annotations

import time
from array import array
from dataclasses import dataclass

from engine.errors import Cancelled, ContextError
from engine.llama import ABORTED, AbortFlag, Context, Model

LONGEST_READ, LONGEST_WRITE = 2048, 128
"""Tokens."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What to try. read: tokens read in batches, from none on; write: tokens then decoded one at a time."""

    threads: int
    threads_batch: int
    n_batch: int
    n_ubatch: int
    read: int
    write: int
    kv: str = "f16"


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds that the trial's reading and writing took."""

    read: float
    write: float


class Bench:
    """A model and one small context, which stays while trials differ in threads and lengths only."""

    def __init__(self, model: Model, abort: AbortFlag) -> None:
        self._model = model
        self._abort = abort
        self._context: Context | None = None
        self._made_for: tuple[int, int, str] | None = None
        self._threads: tuple[int, int] | None = None

    def measure(self, trial: Trial) -> Measured:
        """Raises Cancelled, ContextError."""
        if not (0 < trial.read <= LONGEST_READ and 0 <= trial.write <= LONGEST_WRITE):
            raise ContextError(f"A trial reads 1 to {LONGEST_READ:,} tokens and writes up to {LONGEST_WRITE:,}.")
        context = self._context_for(trial)
        context.clear()
        if self._threads != (trial.threads, trial.threads_batch):
            context.use_threads(trial.threads, trial.threads_batch)
            self._threads = trial.threads, trial.threads_batch
            # The first work of many threads starts them.
            self._decode(context, 0, 1)
            self._decode(context, 1, 2)
            context.clear()
        started = time.perf_counter()
        for position in range(0, trial.read, trial.n_batch):
            self._decode(context, position, min(trial.n_batch, trial.read - position))
        read = time.perf_counter()
        for position in range(trial.read, trial.read + trial.write):
            self._decode(context, position, 1)
        return Measured(read - started, time.perf_counter() - read)

    def close(self) -> None:
        """Free the context."""
        if self._context is not None:
            self._context.close()
            self._context = self._made_for = self._threads = None

    def _context_for(self, trial: Trial) -> Context:
        wanted = (trial.n_batch, trial.n_ubatch, trial.kv)
        if self._context is None or wanted != self._made_for:
            self.close()
            self._context = Context(
                self._model,
                n_ctx=LONGEST_READ + LONGEST_WRITE,
                n_batch=trial.n_batch,
                n_ubatch=trial.n_ubatch,
                kv=trial.kv,
                threads=trial.threads,
                threads_batch=trial.threads_batch,
                abort=self._abort,
            )
            self._made_for = wanted
            # The first batch touches the memory that later ones find.
            self._decode(self._context, 0, min(trial.n_ubatch, trial.read))
        return self._context

    def _decode(self, context: Context, position: int, count: int) -> None:
        if self._abort.is_set():
            raise Cancelled("Stopped.")
        tokens = array("i", ((position + i) * 7919 % self._model.n_vocab for i in range(count)))
        code = context.decode(tokens, position, want_logits=True)
        if code == ABORTED:
            raise Cancelled("Stopped.")
        if code != 0:
            raise ContextError(
                f"llama.cpp failed while it was measured (code {code}).", hint="The engine's log says more."
            )
