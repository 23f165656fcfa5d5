"""Whether a model with the context asked for fits this machine's memory, known before anything is loaded.

Counts weights and KV cache from the GGUF's metadata; sliding-window and chunked layers as what they hold, not as the
whole context. Compute buffers are an estimate ("about"). Knows no llama.cpp.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import ContextError
from engine.gguf_file import GgufFile
from engine.protocol import KvType, LoadOptions

BYTES_PER_VALUE: dict[KvType, float] = {"f16": 2.0, "q8_0": 34 / 32, "q4_0": 18 / 32}
"""Bytes per cached value: ggml's block sizes over the 32 values of a block."""

BLOCK = 32
"""Values that a quantised cache packs together."""

FULL_LAYER_EVERY = {"llama4": 4, "gemma2": 2, "gemma3": 6}
"""In these architectures each n-th layer sees the whole context, the others a window."""

LLAMA4_CHUNK = 8192
CELL_PADDING = 256
SHARE_OF_FREE = 0.95


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """Bytes needed, part by part. compute is an estimate."""

    weights: int
    kv: int
    compute: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.kv + self.compute


def plan(gguf: GgufFile, *, n_ctx: int, kv: KvType, n_batch: int) -> MemoryPlan:
    """Bytes for loading `gguf` with a context of `n_ctx` tokens."""
    value_bytes = BYTES_PER_VALUE[kv]
    layers = _number(gguf, "block_count", 1)
    heads = _heads(gguf)
    width = _number(gguf, "embedding_length", 1)
    key = _number(gguf, "attention.key_length", width // max(heads, 1))
    value = _number(gguf, "attention.value_length", width // max(heads, 1))
    window = LLAMA4_CHUNK if gguf.architecture == "llama4" else _number(gguf, "attention.sliding_window", 0)
    every = FULL_LAYER_EVERY.get(gguf.architecture, 1)
    cells = _padded(n_ctx)
    window_cells = min(cells, _padded(window + n_batch)) if window and every > 1 else cells
    total = 0.0
    for layer, kv_heads in enumerate(_kv_heads(gguf, layers, heads)):
        held = cells if (layer + 1) % every == 0 else window_cells
        total += held * kv_heads * (key + value) * value_bytes
    feed_forward = _number(gguf, "feed_forward_length", 4 * width)
    vocabulary = gguf.metadata.get("tokenizer.ggml.tokens")
    n_vocab = len(vocabulary) if isinstance(vocabulary, (list, tuple)) else 0
    compute = 4 * (n_vocab + n_batch * (8 * width + 3 * feed_forward)) + 4 * n_batch * (cells + window_cells)
    return MemoryPlan(gguf.weight_bytes, int(total), compute)


def largest_context(gguf: GgufFile, *, kv: KvType, n_batch: int, free: int) -> int:
    """The largest context, in steps of 1,024 tokens, that fits `free` bytes; 0 when none does."""
    low, high = 0, max(gguf.context_length, 1024) // 1024
    while low < high:
        middle = (low + high + 1) // 2
        fits = plan(gguf, n_ctx=middle * 1024, kv=kv, n_batch=n_batch).total <= free * SHARE_OF_FREE
        low, high = (middle, high) if fits else (low, middle - 1)
    return low * 1024


def free_memory() -> int:
    """Bytes a new process can take without pushing others out."""
    import psutil

    return int(psutil.virtual_memory().available)


def check_fits(gguf: GgufFile, options: LoadOptions, *, free: int | None = None) -> None:
    """Raise ContextError, with the largest context that would do, when `options` cannot be had here.

    free: bytes that may be taken, where that is not what is free now (a model that is about to go still holds some).
    """
    if options.n_ctx < 1:
        raise ContextError(
            f"A context of {options.n_ctx:,} tokens holds nothing.", hint="Choose a --ctx of 1,024 or more."
        )
    if options.n_ctx > gguf.context_length:
        raise ContextError(
            f"A context of {options.n_ctx:,} tokens is more than the {gguf.context_length:,} this model was made for.",
            hint=f"Choose a --ctx of at most {gguf.context_length}.",
        )
    size = _number(gguf, "attention.key_length", _number(gguf, "embedding_length", 0) // max(1, _heads(gguf)))
    if options.kv != "f16" and size % BLOCK:
        raise ContextError(
            f"This model's keys hold {size} values, and {options.kv} packs them by {BLOCK}.", hint="Choose --kv f16."
        )
    if options.gpu_layers:
        # What lies on a GPU is llama.cpp's to judge when it allocates there.
        return
    free = free_memory() if free is None else free
    needed = plan(gguf, n_ctx=options.n_ctx, kv=options.kv, n_batch=options.n_batch).total
    if needed <= free * SHARE_OF_FREE:
        return
    fitting = largest_context(gguf, kv=options.kv, n_batch=options.n_batch, free=free)
    smaller = f"Choose a --ctx of at most {fitting}" if fitting else "Choose a smaller model"
    also = " or --kv q8_0" if options.kv == "f16" else ""
    raise ContextError(
        f"A context of {options.n_ctx:,} tokens needs about {needed / 1e9:,.1f} GB with this model; "
        f"{free / 1e9:,.1f} GB are free.",
        hint=f"{smaller}{also}.",
    )


def _padded(cells: int) -> int:
    return -(-cells // CELL_PADDING) * CELL_PADDING


def _heads(gguf: GgufFile) -> int:
    return _number(gguf, "attention.head_count", 1)


def _number(gguf: GgufFile, name: str, default: int) -> int:
    value = gguf.metadata.get(f"{gguf.architecture}.{name}")
    if isinstance(value, (list, tuple)):
        value = max((v for v in value if isinstance(v, int)), default=default)
    return value if isinstance(value, int) else default


def _kv_heads(gguf: GgufFile, layers: int, heads: int) -> list[int]:
    """Of each layer; the metadata says one number for all, or a list of them."""
    value = gguf.metadata.get(f"{gguf.architecture}.attention.head_count_kv", heads)
    given = value[:layers] if isinstance(value, tuple) else (value,) * layers
    numbers = [number if isinstance(number, int) else heads for number in given]
    return numbers + [heads] * (layers - len(numbers))
