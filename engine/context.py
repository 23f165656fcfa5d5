"""Reads a prompt once, remembers the end of the documents, and answers question after question from there.

What is in the cache is known here as token ids, so a prompt reuses exactly what it shares with the last one.
Knows no text, no templates and no processes. Where a cache can be rewound exactly was measured per kind of
attention; anything else is read again rather than trusted.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from engine.errors import Cancelled, ContextError, EngineError, PromptTooLong
from engine.llama import ABORTED, AbortFlag, Context, Model
from engine.protocol import Prompt, ReadProgress

PREFERRED_BATCH = 512


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The cache at `position`: the window layers' state, with the full layers left in place below it."""

    position: int
    window: bytes


@dataclass(frozen=True, slots=True)
class ReadResult:
    """reused + decoded is the length of the prompt."""

    reused: int
    decoded: int
    seconds: float


class Reading:
    """One context and what it has read.

    chunked: whether attention starts afresh at every multiple of the window (Llama 4), so that those positions
    can be returned to without any copy.
    """

    def __init__(self, model: Model, context: Context, abort: AbortFlag, *, chunked: bool) -> None:
        self._model = model
        self._context = context
        self._abort = abort
        self._window = model.n_swa
        self._chunk = model.n_swa if chunked else 0
        self._held: array[int] = array("i")
        self._checkpoint: Checkpoint | None = None

    @property
    def held(self) -> int:
        """Tokens in the cache."""
        return len(self._held)

    def read(self, prompt: Prompt, on_progress: Callable[[ReadProgress], None]) -> ReadResult:
        """Bring the whole prompt into the cache, logits of its last token ready.

        Raises PromptTooLong before anything is read, Cancelled (what was read stays), EngineError.
        """
        total = len(prompt.tokens)
        if not 0 < prompt.prefix <= total:
            raise EngineError("A prompt needs at least one token, and its prefix lies inside it.")
        over = total + prompt.max_answer - self._context.n_ctx
        if over > 0:
            raise PromptTooLong(
                f"The prompt's {total:,} tokens and {prompt.max_answer:,} for the answer are "
                f"{over:,} more than the context of {self._context.n_ctx:,}.",
                hint="Leave sources out, read fewer pages, or load the model with a larger --ctx.",
            )
        started = time.perf_counter()
        reused = self._rewind(prompt.tokens)
        self._report(on_progress, reused, total, reused, started)
        position = reused
        for end in self._cuts(position, prompt.prefix, total):
            self._decode(prompt.tokens[position:end], position, want_logits=end == total)
            position = end
            if position == prompt.prefix:
                self._remember(position)
            self._report(on_progress, position, total, reused, started)
        return ReadResult(reused, total - reused, time.perf_counter() - started)

    def generate(self, choose: Callable[[Context], Sequence[int]], max_answer: int) -> Iterator[Sequence[int]]:
        """The answer's tokens as `choose` picks them, mostly one by one, at most `max_answer` in all.

        Ends without the token when that is one that ends an answer, or when there is none. Raises Cancelled.
        """
        left = max_answer
        while left > 0:
            tokens = choose(self._context)[:left]
            if not tokens or self._model.ends_answer(tokens[0]):
                return
            yield tokens
            self._decode(array("i", tokens), len(self._held), want_logits=True)
            left -= len(tokens)

    def _decode(self, tokens: array[int], position: int, *, want_logits: bool) -> None:
        if self._abort.is_set():
            raise Cancelled("Stopped.")
        code = self._context.decode(tokens, position, want_logits=want_logits)
        if code == 0:
            self._held.extend(tokens)
            return
        # Finished micro-batches stay in llama.cpp's cache after an abort; its own account says how many.
        kept = self._context.held()
        self._held.extend(tokens[: max(0, kept - position)])
        del self._held[kept:]
        if code == ABORTED:
            raise Cancelled("Stopped.")
        if code == 1:
            self._forget()
            raise ContextError(
                "The context has no room left for this prompt.",
                hint="Load the model with a larger --ctx, or leave sources out.",
            )
        self._forget()
        raise EngineError(f"llama.cpp failed while reading (code {code}).", hint="Ask again.")

    def _rewind(self, tokens: array[int]) -> int:
        """Take the cache back to the furthest exact place that `tokens` shares with it; that position."""
        # The last prompt token is always decoded again: its logits start the answer.
        shared = min(_common(self._held, tokens), len(tokens) - 1)
        newest = len(self._held)
        if shared == newest:
            return newest
        saved = self._checkpoint
        candidates = [0]
        if not self._window and not self._model.recurrent:
            candidates.append(shared)
        if self._chunk:
            border = shared // self._chunk * self._chunk
            same_chunk = newest and (newest - 1) // self._chunk == shared // self._chunk
            candidates.append(shared if same_chunk else border)
        if saved is not None and saved.position <= shared:
            candidates.append(saved.position)
        target = max(candidates)
        if target and self._return_to(target):
            del self._held[target:]
            if saved is not None and saved.position > target:
                self._checkpoint = None
            return target
        self._forget()
        return 0

    def _return_to(self, target: int) -> bool:
        if not self._context.remove_from(target):
            return False
        saved = self._checkpoint
        if saved is None or saved.position != target or not saved.window:
            return True
        return self._context.restore_window(saved.window)

    def _remember(self, position: int) -> None:
        if self._model.recurrent:
            return
        if self._checkpoint is not None and self._checkpoint.position == position:
            return
        self._checkpoint = Checkpoint(position, self._context.window_state() if self._window else b"")

    def _forget(self) -> None:
        self._context.clear()
        self._held = array("i")
        self._checkpoint = None

    def _cuts(self, start: int, prefix: int, total: int) -> Iterator[int]:
        """Ends of batches: at multiples of the batch size and at the prefix's end, wherever reading starts.

        Batches that do not depend on where reading started make a resumed reading equal to a cold one, which
        matters for mixtures of experts: their routing flips on rounding. Multiples of the batch size are also
        chunk borders, so an aborted batch never reaches over one.
        """
        size = self._context.n_batch
        position = start
        while position < total:
            end = min((position // size + 1) * size, total)
            if position < prefix < end:
                end = prefix
            yield end
            position = end

    def _report(
        self, report: Callable[[ReadProgress], None], done: int, total: int, reused: int, started: float
    ) -> None:
        spent = time.perf_counter() - started
        speed = (done - reused) / spent if done > reused and spent > 0 else 0.0
        left = (total - done) / speed if speed else 0.0
        report(ReadProgress(done, total, reused, speed, left))


def _common(a: array[int], b: array[int]) -> int:
    """Length of the common prefix, by halving so that equal stretches are compared as bytes."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
