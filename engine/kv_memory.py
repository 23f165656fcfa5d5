"""How many bytes the KV cache and the copies of its windows take. Knows nothing of weights and compute buffers."""

from __future__ import annotations

from engine.model_shape import ModelShape
from engine.protocol import KvType

BYTES_PER_VALUE: dict[KvType, float] = {"f16": 2.0, "q8_0": 34 / 32, "q4_0": 18 / 32}
"""Bytes per cached value: ggml's block sizes over the 32 values of a block."""

BLOCK = 32
"""Values that a quantised cache packs together."""

CELL_PADDING = 256
"""llama.cpp rounds the tokens that a cache holds up to multiples of this."""

BOOKKEEPING = 52
"""Bytes per cell beside keys and values: position, shift, place in two dimensions, the set of sequences."""

USED_CELL = 96
"""Bytes more for a cell that holds a token: two nodes of search trees."""

_CELL_HEADER, _LAYER_HEADER, _STATE_HEADER = 12, 12, 64


def cells(shape: ModelShape, n_ctx: int, n_ubatch: int) -> tuple[int, int]:
    """Tokens that a layer over everything and a windowed layer hold. The second is 0 without windows."""
    everything = padded(n_ctx)
    if not shape.window:
        return everything, 0
    return everything, padded(min(everything, shape.window + min(n_ubatch, n_ctx)))


def kv_bytes(shape: ModelShape, n_ctx: int, n_ubatch: int, kv: KvType, kv_v: KvType) -> list[int]:
    """Bytes of keys and values, layer by layer."""
    return [
        int(held * (layer.key * BYTES_PER_VALUE[kv] + layer.value * BYTES_PER_VALUE[kv_v]))
        for layer, held in zip(shape.layers, _held(shape, n_ctx, n_ubatch), strict=True)
    ]


def bookkeeping_bytes(shape: ModelShape, n_ctx: int, n_ubatch: int) -> int:
    """Bytes in RAM for knowing which cell holds which token, all cells in use."""
    return sum(cells(shape, n_ctx, n_ubatch)) * (BOOKKEEPING + USED_CELL)


def window_copy_bytes(shape: ModelShape, n_ctx: int, kv: KvType, kv_v: KvType) -> int:
    """Bytes of one copy of the windowed layers with a full window; 0 where nothing has to be copied to return."""
    windowed = [layer for layer in shape.layers if layer.window and layer.key]
    if not windowed or (shape.chunked and n_ctx <= shape.window):
        return 0
    held = min(shape.window, n_ctx)
    row = sum(layer.key * BYTES_PER_VALUE[kv] + layer.value * BYTES_PER_VALUE[kv_v] for layer in windowed)
    return int(held * (row + _CELL_HEADER)) + 2 * _LAYER_HEADER * len(windowed) + _STATE_HEADER


def padded(n_ctx: int) -> int:
    """`n_ctx` as llama.cpp rounds it."""
    return -(-n_ctx // CELL_PADDING) * CELL_PADDING


def _held(shape: ModelShape, n_ctx: int, n_ubatch: int) -> list[int]:
    everything, windowed = cells(shape, n_ctx, n_ubatch)
    return [windowed if layer.window else everything for layer in shape.layers]
