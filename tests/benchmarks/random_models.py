"""Random models of some size for the benchmarks, written once and kept in the system's folder for such things."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.make_gguf import Sizes, write_random

LARGE = Sizes(layers=10, width=768, heads=12, kv_heads=4, feed_forward=2048, context=65_536)
"""About 150 MB in f16: large enough that computing, not calling, takes the time."""

MEDIUM = Sizes(layers=8, width=256, heads=4, kv_heads=2, feed_forward=512, context=65_536)
CHEAP = Sizes(layers=4, width=64, heads=2, kv_heads=1, feed_forward=128, context=65_536)


def kept(name: str, sizes: Sizes) -> Path:
    """A random `llama4` of these sizes."""
    folder = Path(tempfile.gettempdir()) / "plumbline-benchmarks"
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{sizes.layers}x{sizes.width}.gguf"
    if not path.exists():
        made = write_random(path.with_suffix(".part"), sizes=sizes)
        made.rename(path)
    return path
