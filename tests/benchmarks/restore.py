"""Documents that were read yesterday, brought back from disk: against checking that file, and against reading again.

    uv run python -m tests.benchmarks.restore [MODEL.gguf] [--tokens 32768] [--kv f16] [--quick]

Without a model: random weights of Llama 4's architecture. The raw cost in the same run: reading the same file and
working out the same checksum over it on as many threads, without giving anything to llama.cpp. The file lies in the
page cache for both, as it does after it was written; from a slower disk both take as much longer.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from array import array
from dataclasses import replace
from pathlib import Path

from app.core.models import open_engine
from engine.protocol import LoadOptions, Prompt
from engine.state_file import SUFFIX, open_state
from tests.engine.asking import tokens_of
from tests.make_gguf import Sizes, write_random

TOKENS, QUICK_TOKENS = 32_768, 4096
REPEATS = 7
SIZES = Sizes(layers=8, width=256, heads=4, kv_heads=4, feed_forward=256, context=65_536)


def checked(path: Path, key: bytes) -> float:
    """Seconds in which every byte of the file is read and proven."""
    started = time.perf_counter()
    with open_state(path, key):
        return time.perf_counter() - started


def copied(path: Path) -> float:
    """Seconds in which the file is read and nothing done with it."""
    buffer = bytearray(4 << 20)
    started = time.perf_counter()
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass
    return time.perf_counter() - started


def measure(model: Path, tokens: int, kv: str, folder: Path) -> None:
    """Print seconds and ratios."""
    options = LoadOptions(str(model), tokens + 1024, kv=kv, threads=1, state_folder=str(folder), state_seconds=0.0)  # type: ignore[arg-type]
    backend = open_engine()
    try:
        vocabulary = backend.load(options).n_vocab
        document = tokens_of(tokens, 1, vocabulary)
        asked = [Prompt(document + tokens_of(20, seed, vocabulary), tokens, 4) for seed in (2, 3)]
        first = backend.ask(asked[0])
        right = backend.ask(asked[1]).text
        started = time.perf_counter()
        said = backend.keep()
        written = time.perf_counter() - started
        assert not said, said
        (path,) = folder.glob(f"*{SUFFIX}")
        key = (folder / "machine-key").read_bytes()
        # A new process each time would say the same; what is held is only replaced by something else.
        away = Prompt(array("i", document[100:110]), 5, 0, keep=False)
        backend.load(options)
        restored, proven = [], []
        for _ in range(REPEATS):
            backend.ask(replace(away, keep=False))
            proven.append(checked(path, key))
            answer = backend.ask(asked[1])
            assert answer.restored >= tokens and answer.text == right, "a restored state must answer as before"
            restored.append(answer.seconds["restore"])
        once = answer.seconds["first_token"]
    finally:
        backend.close()
    size = path.stat().st_size
    restore, check = statistics.median(restored), statistics.median(proven)
    again = first.seconds["prefill"]
    print(f"{tokens:,} tokens in {kv}, file of {size / 1e6:,.1f} MB, {os.cpu_count()} cores")
    print(f"written, sealed and on disk in {written:.3f} s, while nobody waits")
    print(
        f"read alone {copied(path):.4f} s; read and checked {check:.4f} s; restored {restore:.4f} s "
        f"(medians of {REPEATS})"
    )
    print(f"ratio restored / read and checked {restore / check:.3f}")
    print(f"read again {again:.2f} s: {again / restore:,.0f} times as long as restoring")
    print(f"first token after a restore {once:.3f} s against {first.seconds['first_token']:.2f} s")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Restoring a read state against checking its file.")
    parser.add_argument("model", type=Path, nargs="?")
    parser.add_argument("--tokens", type=int, default=TOKENS)
    parser.add_argument("--kv", choices=["f16", "q8_0", "q4_0"], default="f16")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_TOKENS:,} tokens")
    chosen = parser.parse_args()
    tokens = QUICK_TOKENS if chosen.quick else chosen.tokens
    with tempfile.TemporaryDirectory() as folder:
        model = chosen.model or write_random(Path(folder) / "random.gguf", sizes=SIZES)
        states = Path(folder) / "states"
        measure(model, tokens, chosen.kv, states)


if __name__ == "__main__":
    main()
