"""Seconds and memory to count 20 MB of mixed text, against raw tiktoken on the same vocabulary and one thread.

    uv run python -m tests.benchmarks.tokens [MODEL.gguf]

Without a model: a vocabulary learnt from tests/data/languages.txt. The ratio, not the seconds, means something.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from engine.gguf_file import read_gguf
from engine.tokenizer import BpeTokenizer, build, default_threads
from tests.bpe_trainer import train
from tests.make_gguf import LANGUAGES
from tests.revealing import write_vocabulary

BYTES = 20_000_000
ROUNDS = 3


def mixed_texts() -> list[str]:
    """Pages of a few kilobytes and one long log, about BYTES in all: twelve languages, code, logs."""
    lines = LANGUAGES.read_text(encoding="utf-8").splitlines()
    chosen = random.Random(1)
    texts: list[str] = []
    size = 0
    while size < BYTES * 3 // 4:
        texts.append("\n".join(chosen.choices(lines, k=chosen.randint(5, 60))))
        size += len(texts[-1].encode())
    texts.append("\n".join(chosen.choices(lines[-6:], k=(BYTES - size) // 90)))
    return texts


def vocabulary(folder: str) -> BpeTokenizer:
    """The model named on the command line, or the trained vocabulary."""
    if len(sys.argv) > 1:
        path = Path(sys.argv[1])
    else:
        learnt = train(LANGUAGES.read_text(encoding="utf-8"), size=4000)
        path = write_vocabulary(Path(folder) / "vocabulary.gguf", learnt)
    started = time.perf_counter()
    tokenizer = build(read_gguf(path))
    print(f"vocabulary: {time.perf_counter() - started:.2f} s")
    if tokenizer is None:
        raise SystemExit("llama.cpp must count for this vocabulary")
    return tokenizer


def main() -> None:
    """Count both ways in turn, print the best of each, their ratio and the peak memory."""
    texts = mixed_texts()
    size = sum(len(text.encode()) for text in texts)
    with tempfile.TemporaryDirectory() as folder:
        tokenizer = vocabulary(folder)
    encoding = tokenizer._encoding
    mine: list[float] = []
    raw: list[float] = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        count = sum(tokenizer.count_many(texts, threads=1, stop=lambda: False))
        mine.append(time.perf_counter() - started)
        started = time.perf_counter()
        expected = sum(len(encoding.encode_ordinary(text)) for text in texts)
        raw.append(time.perf_counter() - started)
        assert count == expected
    started = time.perf_counter()
    tokenizer.count_many(texts)
    threaded = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{size / 1e6:.1f} MB, {count:,} tokens; count_many {min(mine):.2f} s, raw tiktoken {min(raw):.2f} s")
    print(f"ratio {min(mine) / min(raw):.3f}; peak memory {peak:.0f} MB")
    print(f"with {default_threads()} thread(s), its default here: ratio {threaded / min(raw):.3f}")


if __name__ == "__main__":
    main()
