"""Seconds to read the header of a model with Llama 4's 202,048 tokens and 440,000 merges, against the `gguf` package.

    uv run python -m tests.benchmarks.gguf_header

Seen on two shared cores: 0.29 s against 15.3 s, a ratio of 0.02. The package makes several numpy views of each
entry, which is why the program reads headers itself.
"""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path

import gguf

from engine.byte_alphabet import byte_characters
from engine.gguf_file import read_gguf
from resources.pocket.gguf_writer import Vocabulary
from tests.bpe_trainer import SPECIAL_TOKENS
from tests.make_gguf import Sizes, write_random

TOKENS, MERGES = 202_048, 440_000


def large_vocabulary() -> Vocabulary:
    """Random byte strings: a reader does not mind that they are no words."""
    chosen = random.Random(1)
    normal = list(byte_characters())
    known = set(normal)
    merges: list[tuple[str, str]] = []
    while len(normal) < TOKENS - len(SPECIAL_TOKENS):
        left, right = chosen.choice(normal), chosen.choice(normal)
        if len(left + right) <= 16 and left + right not in known:
            known.add(left + right)
            normal.append(left + right)
            merges.append((left, right))
    merges += chosen.choices(merges, k=MERGES - len(merges))
    tokens = normal + list(SPECIAL_TOKENS)
    kinds = [int(gguf.TokenType.NORMAL)] * len(normal) + [int(gguf.TokenType.CONTROL)] * len(SPECIAL_TOKENS)
    bos = len(normal)
    return Vocabulary(tokens, kinds, merges, "llama4", bos=bos, eos=bos + 1, eot=bos + 5, pad=bos + 6)


def main() -> None:
    """Write the file, read it both ways, print the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.gguf"
        write_random(path, vocabulary=large_vocabulary(), sizes=Sizes(width=32, heads=2, kv_heads=1))
        started = time.perf_counter()
        read_gguf(path)
        mine = time.perf_counter() - started
        started = time.perf_counter()
        gguf.GGUFReader(path)
        theirs = time.perf_counter() - started
    print(f"own reader {mine:.2f} s, gguf package {theirs:.2f} s, ratio {mine / theirs:.3f}")


if __name__ == "__main__":
    main()
