"""Reading and answering through the worker, as the window drives it, against llama.cpp in a bare loop.

    uv run python -m tests.benchmarks.engine_speed [--quick] [--tokens N...] [--threads N] [--rounds N] [MODEL.gguf]

Without a model: random weights of Llama 4's architecture, about 150 MB. Both have the same settings and the same
tokens; they take turns, and the best of each counts, because others may work on this machine. Where they do, the ratio
of processor time says more than that of the clock. `llama-bench` runs too where it is on the PATH.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import time
from array import array
from dataclasses import dataclass
from pathlib import Path

from app.core.models import open_engine
from engine.backends.local import LocalBackend
from engine.protocol import Answer, LoadOptions, Prompt
from tests.benchmarks.bare_loop import BareLoop, in_own_session
from tests.benchmarks.random_models import LARGE, kept
from tests.engine.asking import tokens_of

N_BATCH = 512
ANSWER = 96
TARGET = 0.97


@dataclass(frozen=True)
class Took:
    """Seconds of reading, and of one token of an answer: by the clock, and of the processor."""

    read: float
    write: float
    read_cpu: float
    write_cpu: float


def through_worker(backend: LocalBackend, tokens: array[int]) -> Took | None:
    """Read, then answer, as the window has it done; None when the answer ended early."""
    import psutil

    assert backend.pid is not None
    process = psutil.Process(backend.pid)
    seen: list[object] = []

    def ask(max_answer: int) -> tuple[float, float, Answer]:
        prompt = Prompt(tokens, len(tokens), max_answer, boundaries=(len(tokens) // 2, len(tokens)))
        before, began = sum(process.cpu_times()[:2]), time.perf_counter()
        answer = backend.ask(prompt, on_progress=seen.append, on_text=seen.append)
        return time.perf_counter() - began, sum(process.cpu_times()[:2]) - before, answer

    read, read_cpu, answer = ask(0)
    assert answer.decoded == len(tokens), "nothing may be left from the round before"
    written, written_cpu, answer = ask(ANSWER)
    # The question's last token is decoded once more before the answer.
    steps = ANSWER + 1
    return Took(read, written / steps, read_cpu, written_cpu / steps) if answer.tokens == ANSWER else None


def bare_loop(loop: BareLoop, tokens: array[int]) -> Took:
    """The same calls without anything around them."""
    loop.forget_from(0)
    before = time.process_time()
    read = loop.read(tokens)
    between = time.process_time()
    written = loop.write(len(tokens), ANSWER)
    return Took(read, written / ANSWER, between - before, (time.process_time() - between) / ANSWER)


def measure(model: Path, count: int, *, threads: int, rounds: int) -> bool:
    """Print both, and their ratio; whether the target is met."""
    n_ctx = count + 1024
    backend = open_engine()
    mine: list[Took] = []
    bare: list[Took] = []
    with BareLoop(model, n_ctx=n_ctx, n_batch=N_BATCH, threads=threads) as loop:
        try:
            backend.load(LoadOptions(str(model), n_ctx, threads=threads, n_batch=N_BATCH))
            seed = 0
            while len(mine) < rounds:
                seed += 1
                tokens = tokens_of(count, 1000 + seed, backend.info.n_vocab)
                took = through_worker(backend, tokens)
                if took is not None:
                    mine.append(took)
                    bare.append(bare_loop(loop, tokens))
                elif seed > 5 * rounds:
                    # Random weights may end an answer at once; then there is nothing to compare.
                    raise SystemExit("the random model ends all its answers early")
        finally:
            backend.close()
    good = True
    for name, unit in (("read", count), ("write", 1)):
        ours, raw = (min(getattr(took, name) for took in both) for both in (mine, bare))
        ours_cpu, raw_cpu = (min(getattr(took, name + "_cpu") for took in both) for both in (mine, bare))
        good &= raw >= TARGET * ours
        print(
            f"{count:>7,} tokens, {name:5}: {unit / ours:8.1f}/s through the worker, {unit / raw:8.1f}/s bare, "
            f"ratio {raw / ours:.3f} (target {TARGET}), by processor time {raw_cpu / ours_cpu:.3f}",
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
    parser.add_argument("--tokens", type=int, nargs="+", default=[4096, 16_384], metavar="N")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    model = options.model or kept("speed", LARGE)
    print(f"{model.stat().st_size / 1e6:.0f} MB, {options.threads} thread(s), load {os.getloadavg()[0]:.1f}")
    counts = [1024] if options.quick else options.tokens
    met = [measure(model, count, threads=options.threads, rounds=options.rounds) for count in counts]
    beside_llama_bench(model, counts[-1], options.threads)
    print(f"load {os.getloadavg()[0]:.1f}; {'met' if all(met) else 'MISSED'}")


if __name__ == "__main__":
    in_own_session("tests.benchmarks.engine_speed")
    main()
