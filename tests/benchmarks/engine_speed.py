"""Reading and answering through the worker, as the window drives it, against llama.cpp in a bare loop.

    uv run python -m tests.benchmarks.engine_speed [--quick] [--threads N] [--rounds N] [MODEL.gguf]

Without a model: random weights of Llama 4's architecture, about 150 MB. Both have the same settings and the same
tokens; they take turns, and the best of each counts, because others may work on this machine. `llama-bench` runs too
where it is on the PATH.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import time
from array import array
from pathlib import Path

from app.core.models import open_engine
from engine.backends.base import Backend
from engine.protocol import LoadOptions, Prompt
from tests.benchmarks.bare_loop import BareLoop, in_own_session
from tests.benchmarks.random_models import LARGE, kept
from tests.engine.asking import tokens_of

N_BATCH = 512
ANSWER = 96
TARGET = 0.97


def through_worker(backend: Backend, tokens: array[int]) -> tuple[float, float, int]:
    """(seconds until the first token, seconds for each further one, answer tokens)."""
    seen: list[str] = []
    reading: list[int] = []
    began = time.perf_counter()
    prompt = Prompt(tokens, len(tokens), ANSWER, boundaries=(len(tokens) // 2, len(tokens)))
    answer = backend.ask(prompt, on_progress=lambda state: reading.append(state.done), on_text=seen.append)
    total = time.perf_counter() - began
    assert answer.decoded == len(tokens), "nothing may be left from the round before"
    first = answer.seconds["first_token"]
    return first, (total - first) / max(1, answer.tokens), answer.tokens


def measure(model: Path, count: int, *, threads: int, rounds: int) -> bool:
    """Print both, and their ratio; whether the target is met."""
    n_ctx = count + 1024
    backend = open_engine()
    mine: list[tuple[float, float]] = []
    bare: list[tuple[float, float]] = []
    with BareLoop(model, n_ctx=n_ctx, n_batch=N_BATCH, threads=threads) as loop:
        try:
            backend.load(LoadOptions(str(model), n_ctx, threads=threads, n_batch=N_BATCH))
            vocabulary = backend.info.n_vocab
            seed = 0
            while len(mine) < rounds:
                seed += 1
                tokens = tokens_of(count, 1000 + seed, vocabulary)
                loop.forget_from(0)
                read = loop.read(tokens)
                written = loop.write(count, ANSWER) / ANSWER
                first, each, answered = through_worker(backend, tokens)
                if answered < ANSWER:
                    # Random weights may end an answer at once; then there is nothing to compare.
                    if seed > 5 * rounds:
                        raise SystemExit("the random model ends all its answers early")
                    continue
                mine.append((first, each))
                bare.append((read, written))
        finally:
            backend.close()
    good = True
    for index, name, unit in ((0, "read", count), (1, "answer", 1)):
        ours, raw = min(m[index] for m in mine), min(b[index] for b in bare)
        ratio = raw / ours
        good &= ratio >= TARGET
        print(
            f"{count:>7,} tokens, {name:6}: {unit / ours:9.1f}/s through the worker, {unit / raw:9.1f}/s bare, "
            f"ratio {ratio:.3f} (target {TARGET})",
            flush=True,
        )
    return good


def beside_llama_bench(model: Path, count: int, threads: int) -> None:
    """What llama.cpp's own benchmark says, where it is installed."""
    program = shutil.which("llama-bench")
    if program is None:
        print("llama-bench is not on the PATH")
        return
    command = [program, "-m", str(model), "-p", str(count), "-n", str(ANSWER), "-t", str(threads), "-b", str(N_BATCH)]
    subprocess.run([*command, "-ub", str(N_BATCH), "-ngl", "0"], check=False)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", type=Path)
    parser.add_argument("--quick", action="store_true", help="1,024 tokens only")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    model = options.model or kept("speed", LARGE)
    print(f"{model.stat().st_size / 1e6:.0f} MB, {options.threads} thread(s), load {os.getloadavg()[0]:.1f}")
    counts = (1024,) if options.quick else (4096, 16_384)
    met = [measure(model, count, threads=options.threads, rounds=options.rounds) for count in counts]
    beside_llama_bench(model, counts[-1], options.threads)
    print(f"load {os.getloadavg()[0]:.1f}; {'met' if all(met) else 'MISSED'}")


if __name__ == "__main__":
    in_own_session("tests.benchmarks.engine_speed")
    main()
