"""Keeps one answer's quotations verbatim: which token may come next, and which tokens stand for it.

The index over the passages is built in a thread while the prompt is read (llama.cpp holds no Python lock then), and
waited for when the first quotation opens. Knows no logits and no documents.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import Cancelled
from engine.quotable import Quotable, from_header
from engine.quoting import Kind, Quoting, State, last_bytes, opening_pattern, outside
from engine.suffix_array import SEPARATOR, Passages
from engine.token_trie import TokenTrie

Mask = NDArray[np.bool_]

_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Tokens:
    """A vocabulary: its trie, and the tokens that end an answer."""

    trie: TokenTrie
    ends: tuple[int, ...]


class QuoteIndex:
    """One set of passages, ready to be quoted from as soon as its thread is done.

    vocabulary: gives the model's tokens; called in that thread.
    """

    def __init__(self, quotable: Quotable, vocabulary: Callable[[], Tokens]) -> None:
        self.key = quotable.key
        self.opening = opening_pattern(quotable.rules)
        self.last_bytes = last_bytes(quotable.rules)
        self.masks: dict[Kind, Mask] = {}
        self._quotable = quotable
        self._vocabulary = vocabulary
        self._built: tuple[Quoting, Tokens] | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._build, name="quote-index", daemon=True)
        self._thread.start()

    def ready(self, stopped: Callable[[], bool]) -> tuple[Quoting, Tokens]:
        """Waits until it is built. Raises Cancelled once `stopped` says so, and what building raised."""
        while self._thread.is_alive():
            if stopped():
                raise Cancelled("Stopped.")
            self._thread.join(_LOOK_SECONDS)
        if self._built is None:
            assert self._error is not None
            raise self._error
        return self._built

    def _build(self) -> None:
        quotable = self._quotable
        try:
            quoting = Quoting(quotable.rules, Passages(quotable.text), quotable.names)
            self._built = quoting, self._vocabulary()
        except Exception as error:
            # It is for the thread that waits to fail, with this error.
            self._error = error


class Guard:
    """Follows one answer over an index, over n_vocab tokens. stopped: whether the answer is no longer wanted."""

    def __init__(self, index: QuoteIndex, *, n_vocab: int, stopped: Callable[[], bool]) -> None:
        self._index = index
        self._n_vocab = n_vocab
        self._stopped = stopped
        self._state = State()

    def may_end(self) -> bool:
        """Whether the answer may end here."""
        return self._state.kind is None or self._quoting.may_end(self._state)

    def accept(self, token: int, piece: bytes) -> list[int] | None:
        """Go on with `token`, which ends nothing; the tokens to write for it, mostly itself.

        None: it is not allowed, and nothing changed.
        """
        state = self._state
        if state.kind is None and not self._opens(state, piece):
            self._state = outside(state, piece)
            return [token]
        if not piece or SEPARATOR in piece:
            return None if state.kind is not None else [token]
        step = self._quoting.step(state, piece)
        if step is None:
            return None
        tokens: list[int] | None = [token]
        if step.written != piece:
            tokens = self._trie.spell(step.written)
            if tokens is None:
                return None
        self._state = step.state
        return tokens

    def mask(self) -> Mask:
        """Which of all tokens `accept` would take now."""
        state = self._state
        if state.kind is None:
            return self._mask_outside(state)
        if state.size or state.pending or state.doubtful or state.kind.in_line:
            return self._mask_inside(state)
        # The beginning of a quotation is the same each time.
        masks = self._index.masks
        if state.kind not in masks:
            masks[state.kind] = self._mask_inside(state)
        return masks[state.kind].copy()

    def _mask_inside(self, state: State) -> Mask:
        quoting, trie = self._quoting, self._trie
        mask = np.zeros(self._n_vocab, dtype=np.bool_)
        mask[quoting.certain(state, trie)] = True
        doubtful: set[int] = set()
        for tokens in quoting.doubtful(state, trie):
            doubtful.update(tokens)
        for token in doubtful:
            mask[token] = self._is_allowed(state, trie.pieces[token])
        mask[list(self._ends)] = quoting.may_end(state)
        return mask

    def _mask_outside(self, state: State) -> Mask:
        mask = np.ones(self._n_vocab, dtype=np.bool_)
        trie = self._trie
        for byte in self._index.last_bytes:
            for token in trie.containing(byte):
                mask[token] = self._is_allowed(state, trie.pieces[token])
        return mask

    def _is_allowed(self, state: State, piece: bytes) -> bool:
        if SEPARATOR in piece:
            return False
        step = self._quoting.step(state, piece)
        return step is not None and (step.written == piece or self._trie.spell(step.written) is not None)

    def _opens(self, state: State, piece: bytes) -> bool:
        before = len(state.behind)
        return any(match.end() > before for match in self._index.opening.finditer(state.behind + piece))

    @cached_property
    def _quoting(self) -> Quoting:
        return self._index.ready(self._stopped)[0]

    @cached_property
    def _trie(self) -> TokenTrie:
        return self._index.ready(self._stopped)[1].trie

    @cached_property
    def _ends(self) -> tuple[int, ...]:
        return self._index.ready(self._stopped)[1].ends


class QuoteDesk:
    """What a loaded model may quote at present. pieces: each token's bytes by id; ends_answer: of a token id."""

    def __init__(
        self,
        n_vocab: int,
        piece: Callable[[int], bytes],
        ends_answer: Callable[[int], bool],
        stopped: Callable[[], bool],
    ) -> None:
        self._n_vocab = n_vocab
        self._piece = piece
        self._ends_answer = ends_answer
        self._stopped = stopped
        self._tokens: Tokens | None = None
        self._index: QuoteIndex | None = None
        self._closed = False
        self._asking = threading.Lock()

    def open(self, header: Mapping[str, Any] | None, text: bytes) -> Guard | None:
        """A guard over the passages of `header`, as `Quotable.header` gives it, and `text`; None for None."""
        if header is None:
            return None
        if self._index is None or self._index.key != header["key"]:
            self._index = QuoteIndex(from_header(header, text), self._vocabulary)
        return Guard(self._index, n_vocab=self._n_vocab, stopped=self._stopped)

    def close(self) -> None:
        """The model is about to be freed: it is asked for no token any more once this returns."""
        self._closed = True
        with self._asking:
            self._index = None

    def _vocabulary(self) -> Tokens:
        with self._asking:
            if self._tokens is None:
                pieces: list[bytes] = []
                ends: list[int] = []
                for token in range(self._n_vocab):
                    if self._closed:
                        raise Cancelled("Stopped.")
                    pieces.append(self._piece(token))
                    if self._ends_answer(token):
                        ends.append(token)
                self._tokens = Tokens(TokenTrie(pieces), tuple(ends))
            return self._tokens
