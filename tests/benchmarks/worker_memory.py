"""Peak memory of the worker over what is planned: weights, cache and compute buffers; copies of window layers beside.

    uv run python -m tests.benchmarks.worker_memory [--quick] [--kv TYPE] [MODEL.gguf]

Without a model: random weights of Llama 4's architecture, about 150 MB, which reads 16,000 tokens and answers over a
border of chunks, so that copies are made. What llama.cpp allocates is read from its own log, what the process took at
most from the system (Linux).
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from pathlib import Path

from engine.backends.local import LocalBackend
from engine.protocol import KvType, LoadOptions, Prompt
from tests.benchmarks.random_models import LARGE, kept
from tests.engine.asking import COMMAND, tokens_of

TARGET_MB = 150
_BUFFER = re.compile(r"(KV|compute|output)\s+buffer size =\s+([\d.]+) MiB")


def allocated(log: str) -> dict[str, float]:
    """MiB of each kind of buffer that llama.cpp says it has."""
    sizes: dict[str, float] = {}
    for kind, mib in _BUFFER.findall(log):
        sizes[kind] = sizes.get(kind, 0.0) + float(mib)
    return sizes


def peak(pid: int) -> float:
    """MiB that the process held at most."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    if found is None:
        raise SystemExit("this system does not say what a process took at most")
    return int(found[1]) / 1024


def measure(model: Path, *, tokens: int, kv: KvType, checkpoint_bytes: int) -> float:
    """Print the parts of one run; MiB over what is planned and copied."""
    with tempfile.TemporaryFile("w+b") as log:
        backend = LocalBackend(COMMAND, log=log)
        try:
            options = LoadOptions(
                str(model),
                tokens + 2048,
                kv=kv,
                threads=1,
                checkpoint_bytes=checkpoint_bytes,
            )
            info = backend.load(options)
            papers = tokens_of(tokens, 1, info.n_vocab)
            ends = tuple(range(1000, tokens, 1000))
            for number in range(4):
                question = tokens_of(700, 10 + number, info.n_vocab)
                answer = backend.ask(Prompt(papers + question, tokens, 40, boundaries=(*ends, tokens)))
            assert backend.pid is not None
            most = peak(backend.pid)
            log.seek(0)
            text = log.read().decode("utf-8", "replace")
        finally:
            backend.close()
    sizes = allocated(text)
    weights = info.size / 1024**2
    planned = weights + sum(sizes.values())
    assert answer.standing is not None
    copies = answer.standing.copied / 1024**2
    over = most - planned - copies
    parts = ", ".join(f"{kind} {mib:.0f}" for kind, mib in sizes.items())
    print(
        f"kv {kv}, {tokens:,} tokens: peak {most:.0f} MiB; weights {weights:.0f}, {parts}, copies {copies:.0f}; "
        f"{over:.0f} MiB over these, {over + copies:.0f} with the copies counted (target {TARGET_MB})",
        flush=True,
    )
    return over


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", type=Path)
    parser.add_argument("--quick", action="store_true", help="8,000 tokens")
    parser.add_argument("--kv", choices=("f16", "q8_0", "q4_0"), default="f16")
    options = parser.parse_args()
    model = options.model or kept("speed", LARGE)
    tokens = 8_000 if options.quick else 16_000
    over = [measure(model, tokens=tokens, kv=options.kv, checkpoint_bytes=given) for given in (-1, 0)]
    print(f"load {os.getloadavg()[0]:.1f}; {'met' if max(over) < TARGET_MB else 'MISSED'}")


if __name__ == "__main__":
    main()
