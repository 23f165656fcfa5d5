"""Which types of cached keys and values go together, known before anything is loaded. Knows no llama.cpp."""

from __future__ import annotations

from engine.errors import ContextError
from engine.gguf_file import GgufFile
from engine.kv_memory import BLOCK
from engine.protocol import LoadOptions


def check_cache_types(gguf: GgufFile, options: LoadOptions) -> None:
    """Raise ContextError where llama.cpp would refuse the cache, or give it up when it reads."""
    values = options.kv_values or options.kv
    if options.flash == "off" and values != "f16":
        raise ContextError(
            f"Cached values of type {values} cannot be read without flash attention.",
            hint="Leave flash attention on, or keep the values in f16 (the keys may stay packed).",
        )
    size = gguf.metadata.get(f"{gguf.architecture}.attention.value_length")
    if options.kv_values not in (None, "f16") and isinstance(size, int) and size % BLOCK:
        raise ContextError(
            f"This model's values hold {size} numbers, and {options.kv_values} packs them by {BLOCK}.",
            hint="Keep the values in f16.",
        )
