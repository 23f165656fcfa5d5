"""Reads a prompt once, remembers the places it can go back to, and answers question after question from there.

What is in the cache is known here as token ids, so a prompt reuses exactly what it shares with the last one, from the
deepest place on that still holds (`engine.places`); which copies make places, and which of them are kept, is
`engine.checkpoints`' business. Every return is checked against llama.cpp's own account of its cache; anything that
does not agree is read again rather than trusted. Knows no text, no templates and no processes.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from engine.checkpoints import NEAR, Attention, Checkpoint, Shelf, Wanted
from engine.compute_memory import SCORED_AT_ONCE
from engine.errors import Cancelled, ContextError, EngineError, PromptTooLong
from engine.llama import ABORTED, AbortFlag, Context, Model, WindowState
from engine.places import common, deepest, seconds_to_read
from engine.protocol import Cost, Prompt, ReadProgress, Standing
from engine.speed import Speed

PREFERRED_BATCH = 512

_NO_SLOT = 1
_PADDING = 256
"""Cells that llama.cpp may add to a window cache."""


@dataclass(frozen=True, slots=True)
class ReadResult:
    """reused + decoded is the length of the prompt. restored: how many of `reused` came from disk for it."""

    reused: int
    decoded: int
    seconds: float
    restored: int = 0
    restore_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Holding:
    """What a context holds. prefix: tokens of it that are the documents'. copies: what it takes to go back there.

    places, stretches: where it can be taken back to with these copies, as in `Standing`.
    """

    tokens: array[int]
    prefix: int
    places: tuple[int, ...]
    stretches: tuple[tuple[int, int], ...]
    copies: tuple[Checkpoint[WindowState], ...]


class Reading:
    """One context and what it has read.

    chunked: whether attention starts afresh at every multiple of the window (Llama 4). allowance: bytes that copies
    of window layers may take.
    """

    def __init__(
        self, model: Model, context: Context, abort: AbortFlag, *, chunked: bool, allowance: int = 1 << 30
    ) -> None:
        self._model = model
        self._context = context
        self._abort = abort
        self._attention = Attention(model.n_swa, chunked and model.n_swa > 0, model.recurrent)
        self._held: array[int] = array("i")
        self._shelf: Shelf[WindowState] = Shelf(self._attention, allowance)
        self._wanted = Wanted()
        self._speed = Speed()

    @property
    def held(self) -> int:
        """Tokens in the cache."""
        return len(self._held)

    def standing(self) -> Standing:
        """What is held, where it can be taken back to, and the speed measured so far."""
        held = len(self._held)
        base, slope = self._speed.line
        stretches = self._stretches()
        places: tuple[int, ...] = ()
        if not self._attention.recurrent:
            wanted = {self._wanted.prefix, *self._wanted.boundaries, *self._wanted.turns}
            wanted = {p for p in wanted if any(first <= p <= last for first, last in stretches)}
            chunk = self._attention.window if self._attention.chunked else held + 1
            copies = (last for _, last in stretches)
            places = tuple(sorted({*wanted, *copies, *range(chunk, held + 1, chunk)}))
        speed = self._speed.per_second(held)
        return Standing(held, places, speed, tuple(stretches), base, slope, self._shelf.size)

    def cost(self, tokens: array[int]) -> Cost:
        """What reading a prompt of these tokens would take now."""
        standing = self.standing()
        start = deepest(standing, self._same(tokens)) if tokens else 0
        return Cost(len(tokens) - start, seconds_to_read(standing, start, len(tokens)))

    def holding(self) -> Holding | None:
        """All that is held, to be kept elsewhere; None where nothing is or where there is no going back to it."""
        held = len(self._held)
        if not held or self._attention.recurrent:
            return None
        prefix = min(self._wanted.prefix, held)
        # llama.cpp hands out less of window layers than it may hold: what going on from here needs.
        live = self._attention.covered_by_copy(held) if self._attention.window else (0, held)
        saved = None
        if prefix < live[0] and self._attention.free_place(prefix) != prefix:
            saved = self._shelf.reaching(prefix)
        copies = () if saved is None else (saved,)
        chunk = self._attention.window if self._attention.chunked else held + 1
        stretches = (*((copy.first, copy.last) for copy in copies), live)
        return Holding(self._held, prefix, tuple(range(chunk, held + 1, chunk)), stretches, copies)

    def adopt(self, tokens: array[int], *, prefix: int, copies: Sequence[Checkpoint[WindowState]] = ()) -> None:
        """Llama.cpp's cache was filled with exactly `tokens` from elsewhere.

        prefix: the documents' end in them. copies: of window layers, from the same reading.
        """
        self._held = array("i", tokens)
        self._shelf.clear()
        for copy in copies:
            self._shelf.adopt(copy)
        self._wanted = Wanted(prefix)

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
        self._wanted = Wanted(prompt.prefix, prompt.boundaries, self._wanted.turns)
        self._report(on_progress, reused, total, reused, started)
        position = reused
        for end in self._cuts(position, prompt.prefix, total):
            self._decode(prompt.tokens[position:end], position, want_logits=end == total)
            position = end
            self._report(on_progress, position, total, reused, started)
        self._turn_ends()
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
            start = position = len(self._held)
            for end in self._cuts(start, 0, start + len(tokens)):
                piece = array("i", tokens[position - start : end - start])
                self._decode(piece, position, want_logits=end == start + len(tokens))
                position = end
            left -= len(tokens)

    def follow(self, tokens: array[int]) -> Iterator[tuple[int, int]]:
        """Decode `tokens` behind what is held; (start, end) of each batch of them whose logits the context now has."""
        begin = position = len(self._held)
        for cut in self._cuts(begin, 0, begin + len(tokens)):
            while position < cut:
                end = min(cut, position + SCORED_AT_ONCE)
                self._decode(tokens[position - begin : end - begin], position, scored=True)
                yield position - begin, end - begin
                position = end

    def go_back(self, tokens: array[int]) -> int:
        """Hold exactly `tokens` again after something followed them; how many had to be read once more for it.

        Their logits are not computed again. Raises Cancelled, EngineError.
        """
        start = position = self._rewind(tokens, len(tokens))
        for end in self._cuts(position, self._wanted.prefix, len(tokens)):
            self._decode(tokens[position:end], position)
            position = end
        self._turn_ends()
        return len(tokens) - start

    def _decode(self, tokens: array[int], position: int, *, want_logits: bool = False, scored: bool = False) -> None:
        if self._abort.is_set():
            raise Cancelled("Stopped.")
        self._leave(position)
        started = time.perf_counter()
        if scored:
            code = self._context.decode_scored(tokens, position)
        else:
            code = self._context.decode(tokens, position, want_logits=want_logits)
        if code == 0:
            self._held.extend(tokens)
            self._speed.note(position, len(tokens), time.perf_counter() - started)
            return
        # Micro-batches that were finished stay in llama.cpp's cache, the one that failed was taken out again. A
        # window that is empty at a border counts nothing, although the other layers hold all below it.
        kept = max(position, self._context.held())
        self._held.extend(tokens[: kept - position])
        if not self._agrees(kept):
            self.forget()
        if code == ABORTED:
            raise Cancelled("Stopped.")
        if code == _NO_SLOT:
            raise ContextError(
                "The context has no room left for this prompt.",
                hint="Load the model with a larger --ctx, or leave sources out.",
            )
        raise EngineError(f"llama.cpp failed while reading (code {code}).", hint="Ask again.")

    def _same(self, tokens: array[int]) -> int:
        # The last prompt token is always decoded again: its logits start the answer.
        return min(common(self._held, tokens), len(tokens) - 1)

    def _rewind(self, tokens: array[int], most: int | None = None) -> int:
        """Take the cache back to the furthest exact place that `tokens` shares with it, up to `most`; that position."""
        same = self._same(tokens) if most is None else min(common(self._held, tokens), most)
        target = deepest(self.standing(), same)
        if target == len(self._held):
            self._turn_ends()
            return target
        if self._return_to(target):
            del self._held[target:]
            self._shelf.forget_from(target)
            turns = tuple(turn for turn in self._wanted.turns if turn <= target)
            self._wanted = replace(self._wanted, turns=turns)
            return target
        self.forget()
        return 0

    def _return_to(self, target: int) -> bool:
        if not target:
            return not self._attention.recurrent and self._context.remove_from(0)
        if self._attention.free_place(target) != target and target < self._live_from():
            saved = self._shelf.reaching(target)
            if saved is None or not self._context.restore_window(saved.state):
                return False
        return self._context.remove_from(target) and self._agrees(target)

    def _agrees(self, position: int) -> bool:
        """Whether llama.cpp's own account allows to go on at `position`."""
        needed = self._attention.oldest_needed(position)
        if needed == position:
            return True
        return self._context.held() == position and 0 <= self._context.window_from() <= needed

    def _live_from(self) -> int:
        """From where on every position can be returned to without any copy."""
        oldest = self._context.window_from()
        return self._attention.first_reachable(oldest) if oldest >= 0 else len(self._held)

    def _stretches(self) -> list[tuple[int, int]]:
        held = len(self._held)
        if not held or self._attention.recurrent:
            return []
        return [*self._shelf.stretches, (min(self._live_from(), held), held)]

    def _leave(self, position: int) -> None:
        """Copy the window layers when a place is wanted that going on from `position` would lose."""
        attention = self._attention
        if not attention.window or attention.recurrent or not position:
            return
        wanted = self._wanted
        at_turn = position == wanted.prefix or position in wanted.turns
        if attention.chunked:
            worth_a_look = position % attention.window == 0
        else:
            worth_a_look = at_turn or (position < wanted.prefix and position in self._floors())
        if not worth_a_look:
            return
        if self._context.window_from() == 0 and position > attention.window + self._context.n_batch + _PADDING:
            # This cache never lets go of anything, and a copy would be one of everything.
            return
        size = self._context.window_size()
        least, ahead = NEAR, 0
        if position == wanted.prefix and not attention.chunked:
            # Behind a border there is a place anyhow; here none may be near.
            least = 1
        elif not at_turn and not attention.chunked:
            least, ahead = max(NEAR, self._shelf.spacing(wanted.prefix, size)), self._context.n_batch - 1
        if self._shelf.make_room(position, size, wanted, least=least, ahead=ahead):
            try:
                self._shelf.put(position, size, self._context.window_state())
            except MemoryError:
                # Without the copy this place is read again some day; that is all.
                return

    def _floors(self) -> set[int]:
        """The batch ends before the documents' ends: copies there need no batches of their own."""
        size, last = self._context.n_batch, self._wanted.prefix - self._context.n_batch
        return {boundary // size * size for boundary in self._wanted.boundaries if boundary < last}

    def _turn_ends(self) -> None:
        """Note that a question or an answer ends here."""
        here, turns = len(self._held), self._wanted.turns
        if here > self._wanted.prefix and here not in turns:
            self._wanted = replace(self._wanted, turns=(*turns, here))

    def forget(self) -> None:
        """Hold nothing."""
        self._context.clear()
        self._held = array("i")
        self._shelf.clear()
        self._wanted = Wanted()

    def _cuts(self, start: int, prefix: int, total: int) -> Iterator[int]:
        """Ends of batches: at multiples of the batch size, at chunk borders and at the prefix's end.

        Batches that do not depend on where reading started make a resumed reading equal to a cold one, which
        matters for mixtures of experts: their routing flips on rounding. No batch reaches over a chunk border, so
        an aborted one loses nothing of the chunk before, and a copy can be made there.
        """
        size = self._context.n_batch
        chunk = self._attention.window if self._attention.chunked else total
        position = start
        while position < total:
            end = min((position // size + 1) * size, (position // chunk + 1) * chunk, total)
            if position < prefix < end:
                end = prefix
            yield end
            position = end

    def _report(
        self, report: Callable[[ReadProgress], None], done: int, total: int, reused: int, started: float
    ) -> None:
        spent = time.perf_counter() - started
        speed = (done - reused) / spent if done > reused and spent > 0 else 0.0
        left = self._speed.seconds(done, total) or ((total - done) / speed if speed else 0.0)
        report(ReadProgress(done, total, reused, speed, left))
