"""What tuning gains over the defaults, and what it misses of the best of a whole grid.

    uv run python -m tests.benchmarks.tuning [MODEL.gguf] [--seconds N] [--rounds N] [--quick]

Without a model: about 50 MB of random weights of Llama 4's architecture. The grid is every number of threads with
every micro-batch, measured in turns after the tuning, with the settings that tuning chose and the defaults among them.
"""

from __future__ import annotations

import argparse
import tempfile
from itertools import product
from pathlib import Path
from statistics import median

from app.core.models import default_threads, open_engine
from engine.backends.local import LocalBackend
from engine.cores import usable_threads
from engine.measuring import Trial
from engine.protocol import LoadOptions
from engine.tuning import DEFAULT_BATCH, SECONDS, Tuner, thread_candidates
from tests.make_gguf import Sizes, sample_vocabulary, write_random

MICRO_BATCHES = (128, 256, 512, 1024, 2048)
READ, WRITE = 2048, 32
JOB_READ, JOB_WRITE = 4096, 256
"""Tokens of a typical question: what is read, what is answered."""


def write_model(path: Path) -> Path:
    """About 50 MB."""
    sizes = Sizes(layers=8, width=640, heads=10, kv_heads=2, feed_forward=1280, experts=4)
    return write_random(path, sizes=sizes, vocabulary=sample_vocabulary(), file_type="q8_0")


def grid(
    backend: LocalBackend, threads: list[int], rounds: int, read: int
) -> tuple[dict[tuple[int, int], float], dict[int, float]]:
    """Seconds a token: of reading by (threads, micro-batch), of writing by threads; medians over rounds in turns."""
    cells = list(product(threads, MICRO_BATCHES))
    reading: dict[tuple[int, int], list[float]] = {cell: [] for cell in cells}
    writing: dict[int, list[float]] = {n: [] for n in threads}
    for number in range(rounds):
        for n, batch in cells if number % 2 else cells[::-1]:
            trial = Trial(n, n, max(batch, DEFAULT_BATCH), batch, read, 0)
            reading[n, batch].append(backend.measure(trial).read / read)
        for n in threads if number % 2 else threads[::-1]:
            trial = Trial(n, n, DEFAULT_BATCH, DEFAULT_BATCH, 8, WRITE)
            writing[n].append(backend.measure(trial).write / WRITE)
    return {cell: median(s) for cell, s in reading.items()}, {n: median(s) for n, s in writing.items()}


def main() -> None:
    """Print the grid and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", type=Path)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="15 s of tuning, 3 rounds, shorter reads")
    options = parser.parse_args()
    seconds, rounds, read = (15.0, 3, 1024) if options.quick else (options.seconds, options.rounds, READ)
    backend = open_engine()
    with tempfile.TemporaryDirectory() as folder:
        model = options.model or write_model(Path(folder) / "random.gguf")
        print(f"{model.stat().st_size / 1e6:.0f} MB of weights")
        cores, logical = default_threads(), usable_threads()
        load = LoadOptions(str(model), 4096)
        try:
            tuning = Tuner(backend, load, cores=cores, logical=logical, seconds=seconds).run()
            backend.load(load)
            threads = thread_candidates(cores, logical)
            reading, writing = grid(backend, threads, rounds, read)
        finally:
            backend.close()
    tuned = tuning.tuned
    print(f"tuned in {tuning.seconds:.0f} s: {tuned.threads} / {tuned.threads_batch} threads, {tuned.n_ubatch} tokens")
    for n in threads:
        cells = "".join(f"{batch}: {1 / reading[n, batch]:>9,.0f}   " for batch in MICRO_BATCHES)
        print(f"{n:>3} threads: reading {cells} writing {1 / writing[n]:>7,.0f} tokens/s")

    def job(of_reading: float, of_writing: float) -> float:
        return JOB_READ * of_reading + JOB_WRITE * of_writing

    best = job(min(reading.values()), min(writing.values()))
    default = job(reading[cores, DEFAULT_BATCH], writing[cores])
    chosen = job(reading[tuned.threads_batch, tuned.n_ubatch], writing[tuned.threads])
    print(f"a job of {JOB_READ:,} tokens read and {JOB_WRITE} written, in seconds:")
    print(f"default {default:.2f}, tuned {chosen:.2f}, best of the grid {best:.2f}")
    print(f"ratio tuned / default {chosen / default:.3f}; tuned / best of the grid {chosen / best:.3f}")


if __name__ == "__main__":
    main()
