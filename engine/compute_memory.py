"""How many bytes llama.cpp's compute buffer takes, by rehearsing in which order one batch's results come and go.

Follows the order in which llama.cpp computes a layer, and places results as its allocator does: in the smallest gap
that is large enough, else at the end; element-wise steps work in place. What is shown for one device; where layers
lie on several, each takes about as much. Knows no weights, no caches, no llama.cpp.
"""

from __future__ import annotations

from functools import lru_cache

from engine.kv_memory import cells
from engine.model_shape import LayerShape, ModelShape
from engine.protocol import KvType

FLOAT, HALF, INDEX, PLACE = 4, 2, 4, 8
"""Bytes of a result's value, a mask's value, a token number, a place in the cache."""

SCORED_AT_ONCE = 32
"""Tokens of one batch whose logits can be had. For a vocabulary of 202,048 they take 26 MB once they are asked for."""

_ALIGNMENT = 64
_ROTATED_HEADS = 64
"""Quantised caches hold keys and values rotated where a head's size is a multiple of this."""
_TILE = 64
_THREAD_TILES = 512 << 10
"""Bytes of scratch memory per thread for products with K-quants."""
_EXPERT_SLOT = 8


def compute_bytes(shape: ModelShape, *, n_ctx: int, n_ubatch: int, kv: KvType, kv_v: KvType, flash: bool = True) -> int:
    """Bytes of the compute buffer for batches of up to `n_ubatch` tokens, logits of SCORED_AT_ONCE."""
    tokens = min(n_ubatch, n_ctx)
    if flash:
        # Masks lie in front of everything else, so only they grow with the context. Logits that outweigh all else take
        # their place in the end. That is not rehearsed (up to a quarter too much is counted), or more context would at
        # times be said to need less.
        masks = sum(cells(shape, n_ctx, n_ubatch)) * tokens * HALF
        return masks + _steps(shape, tokens, kv != "f16", kv_v != "f16", None)
    return _steps(shape, tokens, kv != "f16", kv_v != "f16", cells(shape, n_ctx, n_ubatch))


def input_bytes(shape: ModelShape, *, n_ctx: int, n_ubatch: int, flash: bool = True) -> int:
    """Bytes of the buffer of a CPU that only hands a batch on to GPUs: masks, and tokens looked up in the table."""
    tokens = min(n_ubatch, n_ctx)
    return sum(cells(shape, n_ctx, n_ubatch)) * tokens * (HALF if flash else FLOAT) + 2 * tokens * shape.width * FLOAT


def work_bytes(shape: ModelShape, *, n_ubatch: int, threads: int) -> int:
    """Bytes of the CPU code's scratch memory beside that buffer."""
    product = shape.work * n_ubatch
    experts = max((layer.experts * layer.experts_used for layer in shape.layers), default=0)
    head = max((layer.head for layer in shape.layers), default=0)
    attention = FLOAT * (4 * _TILE * head + 2 * _TILE * _TILE) * threads
    return int(max(product + experts * n_ubatch * _EXPERT_SLOT + _THREAD_TILES * threads, attention))


def _turned(shape: ModelShape) -> int:
    """The side of the matrix that rotates keys: the largest doubling of 64 that a head's size is a multiple of."""
    head = max((layer.head for layer in shape.layers if layer.head % _ROTATED_HEADS == 0), default=0)
    side = _ROTATED_HEADS if head else 0
    while side and head % (2 * side) == 0:
        side *= 2
    return side


class _Arena:
    """A stretch of memory with gaps, filled up to `end`; `high` is how far it was ever filled."""

    def __init__(self) -> None:
        self._gaps: list[tuple[int, int]] = []
        self.end = 0
        self.high = 0

    def take(self, size: float) -> tuple[int, int]:
        """A place of `size` bytes: (start, size)."""
        wanted = -(-int(size) // _ALIGNMENT) * _ALIGNMENT
        fitting = [(gap[1], gap[0]) for gap in self._gaps if gap[1] >= wanted]
        if fitting:
            room, start = min(fitting)
            self._gaps.remove((start, room))
            if room > wanted:
                self._gaps.append((start + wanted, room - wanted))
            return start, wanted
        start, self.end = self.end, self.end + wanted
        self.high = max(self.high, self.end)
        return start, wanted

    def give(self, *places: tuple[int, int]) -> None:
        """Free them, joined with the gaps beside them."""
        for start, size in places:
            end = start + size
            for gap in [g for g in self._gaps if g[0] == end or g[0] + g[1] == start]:
                self._gaps.remove(gap)
                start, end = min(start, gap[0]), max(end, gap[0] + gap[1])
            if end == self.end:
                self.end = start
            elif end > start:
                self._gaps.append((start, end - start))


@lru_cache(maxsize=64)
def _steps(shape: ModelShape, tokens: int, packed_k: bool, packed_v: bool, seen: tuple[int, int] | None) -> int:
    """The highest fill over one batch. seen: tokens in the cache where attention's scores are kept in memory."""
    arena = _Arena()
    row = shape.width * FLOAT
    kinds = 2 if shape.window else 1
    if seen is not None:
        places = max(layer.value for layer in shape.layers) * kinds
        arena.take(sum(seen) * tokens * FLOAT + places * tokens * PLACE)
    arena.take(tokens * (2 * INDEX + row + kinds * 2 * PLACE))
    side = _turned(shape)
    arena.take(kinds * (packed_k * side**2 + packed_v * min(side, _ROTATED_HEADS) ** 2) * FLOAT)
    inputs = arena.end
    here = arena.take(tokens * row)
    last = len(shape.layers) - 1
    for number, layer in enumerate(shape.layers):
        out = _attention(arena, shape, layer, tokens, packed_k, packed_v, seen)
        rows = tokens
        if number == last:
            # Only the rows whose logits are asked for go on.
            rows = min(SCORED_AT_ONCE, tokens)
            kept = arena.take(rows * row)
            arena.give(out)
            skipped = arena.take(rows * row)
            arena.give(here)
            out, here = kept, skipped
        arena.give(here)
        here = _feed_forward(arena, shape, layer, rows, out)
    # Behind what is there still and a gap of a batch's size, even where a gap would do: a larger batch has larger gaps.
    rows = min(SCORED_AT_ONCE, tokens)
    return max(arena.high, inputs + tokens * row + rows * (row + shape.vocabulary * FLOAT))


def _attention(
    arena: _Arena,
    shape: ModelShape,
    layer: LayerShape,
    tokens: int,
    packed_k: bool,
    packed_v: bool,
    seen: tuple[int, int] | None,
) -> tuple[int, int]:
    """From the normed input to the layer's attention output, whose place is returned."""
    turns = layer.head % _ROTATED_HEADS == 0
    normed = arena.take(tokens * shape.width * FLOAT)
    if layer.fused:
        value = arena.take(tokens * (layer.query + layer.key + layer.value) * FLOAT)
        arena.give(normed)
        query = arena.take(tokens * layer.query * FLOAT)
        if packed_k and turns:
            query = _moved(arena, query)
        key = arena.take(tokens * layer.key * FLOAT)
    else:
        # Positions (or scales) are put on copies of queries and keys.
        query = _moved(arena, arena.take(tokens * layer.query * FLOAT))
        if packed_k and turns:
            query = _moved(arena, query)
        value = arena.take(tokens * layer.value * FLOAT)
        if packed_v and turns:
            value = _moved(arena, value)
        key = arena.take(tokens * layer.key * FLOAT)
        arena.give(normed)
        key = _moved(arena, key)
    if packed_k and turns:
        key = _moved(arena, key)
    arena.give(key, value)
    heard = layer.heads * layer.head
    if seen is None:
        attended = arena.take(tokens * heard * FLOAT)
        arena.give(query)
    else:
        scores = arena.take(seen[1 if layer.window else 0] * tokens * layer.heads * FLOAT)
        arena.give(query)
        mixed = arena.take(tokens * heard * FLOAT)
        arena.give(scores)
        attended = arena.take(tokens * heard * FLOAT)
        arena.give(mixed)
    if packed_v and turns:
        attended = _moved(arena, attended)
    out = arena.take(tokens * shape.width * FLOAT)
    arena.give(attended)
    return out


def _moved(arena: _Arena, place: tuple[int, int]) -> tuple[int, int]:
    new = arena.take(place[1])
    arena.give(place)
    return new


def _feed_forward(
    arena: _Arena, shape: ModelShape, layer: LayerShape, rows: int, residual: tuple[int, int]
) -> tuple[int, int]:
    """From the sum after attention to the layer's output, whose place is returned; `residual` is freed."""
    if not (layer.feed_forward or layer.experts):
        return residual
    normed = arena.take(rows * shape.width * FLOAT)
    if layer.experts:
        out = _experts(arena, shape, layer, rows, normed)
        if layer.shared:
            arena.give(_dense(arena, shape, layer.shared, rows, normed, gated=True, joined=False))
    else:
        out = _dense(arena, shape, layer.feed_forward, rows, normed, gated=layer.gated, joined=layer.joined)
    arena.give(residual)
    return out


def _dense(
    arena: _Arena, shape: ModelShape, inner: int, rows: int, normed: tuple[int, int], *, gated: bool, joined: bool
) -> tuple[int, int]:
    up = arena.take(rows * inner * (2 if joined else 1) * FLOAT)
    if gated and not joined:
        gate = arena.take(rows * inner * FLOAT)
        arena.give(normed)
        both = arena.take(rows * inner * FLOAT)
        arena.give(up, gate)
    elif joined:
        arena.give(normed)
        both = arena.take(rows * inner * FLOAT)
        arena.give(up)
    else:
        arena.give(normed)
        both = up
    out = arena.take(rows * shape.width * FLOAT)
    arena.give(both)
    return out


def _experts(
    arena: _Arena, shape: ModelShape, layer: LayerShape, rows: int, normed: tuple[int, int]
) -> tuple[int, int]:
    """The chosen experts' sum; `normed` is freed unless the shared expert needs it."""
    used, inner = layer.experts_used, rows * layer.experts_used * layer.expert * FLOAT
    scores = arena.take(rows * layer.experts * FLOAT)
    chances = [arena.take(rows * layer.experts * FLOAT)] if layer.early else []
    order = arena.take(rows * layer.experts * INDEX)
    shares = arena.take(rows * used * FLOAT)
    arena.give(scores, *chances)
    done_with = [] if layer.shared else [normed]
    if layer.early:
        weighted = arena.take(rows * used * shape.width * FLOAT)
        arena.give(shares, *done_with)
        done_with = [weighted]
    up, gate = arena.take(inner), arena.take(inner)
    arena.give(*done_with)
    both = arena.take(inner)
    arena.give(up, gate)
    each = arena.take(rows * used * shape.width * FLOAT)
    arena.give(both, order)
    if not layer.early:
        arena.give(shares)
    out = arena.take(rows * shape.width * FLOAT)
    arena.give(each)
    return out
