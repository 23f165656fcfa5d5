"""The whole table of ingestion, each row against the bare library or a rival doing the same work in the same run.

    uv run python -m tests.benchmarks.ingest [--quick]

Each part is a command of its own, `tests.benchmarks.ingest_pdf` and so on. Rivals are measured where they are installed
(`uv run --group rivals ...` for those of Python).

Seen on two shared cores: packed log 1.3, and 1.2 to read it all again. A plain log is hashed and its lines counted at
600 MB/s, which is 14 times the time of only touching its bytes.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from ingest.open_path import open_paths  # noqa: E402

PARTS = ("pdf", "tree", "outline", "rivals", "office", "packed", "logs", "templates")
LOG_MEGABYTES = 40
WORDS = "harbour vessel berth finance office pilot register witness cargo departure signature weather tug".split()


def best(rounds: int, work: Callable[[], object]) -> float:
    """The shortest of several runs, in seconds."""
    times: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def show(what: str, ours: float, bare: float) -> None:
    """One line of the result."""
    print(f"{what:<58} {ours:7.3f} s   bare {bare:7.3f} s   ratio {ours / bare:.2f}", flush=True)


def compare_logs(folder: Path) -> None:
    """A log, plain and packed: indexed, then every stretch read again."""
    chosen = random.Random(3)
    lines = "".join(
        f"2026-03-14T07:{n // 60 % 60:02d}:{n % 60:02d}Z {' '.join(chosen.choices(WORDS, k=9))} {chosen.random()}\n"
        for n in range(40_000)
    )
    content = lines.encode() * (LOG_MEGABYTES * 1_000_000 // len(lines))
    plain, packed = folder / "a.log", folder / "a.log.gz"
    plain.write_bytes(content)
    packed.write_bytes(gzip.compress(content, 6))

    def bare(path: Path) -> None:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as log:
            while piece := log.read(65_536):
                piece.decode()

    for path in (plain, packed):
        raw = best(3, lambda path=path: bare(path))  # type: ignore[misc]
        show(f"log, {LOG_MEGABYTES} MB, {path.suffix[1:]}: indexed", best(3, lambda: open_paths([path])), raw)  # noqa: B023
        (document,) = open_paths([path]).documents
        again = best(3, lambda: [section.text for section in document.sections])  # noqa: B023
        show(f"log, {LOG_MEGABYTES} MB, {path.suffix[1:]}: all read again", again, raw)


def compare_tokens(folder: Path, *, quick: bool) -> None:
    """Counting with the bundled vocabulary, against tiktoken's own loop over the same pieces."""
    from app.core.models import find_model
    from engine.gguf_file import read_gguf
    from engine.tokenizer import build

    model = find_model(None)
    tokenizer = build(read_gguf(model)) if model is not None else None
    if tokenizer is None:
        print("tokens: no vocabulary to count with")
        return
    chosen = random.Random(4)
    texts = ["\n".join(" ".join(chosen.choices(WORDS, k=9)) for _ in range(200)) for _ in range(100 if quick else 1000)]
    raw = tokenizer._encoding
    ours = best(3, lambda: tokenizer.count_many(texts))
    one_thread = best(3, lambda: [len(raw.encode_ordinary(text)) for text in texts])
    show(f"tokens, {sum(map(len, texts)) / 1e6:.1f} MB: counted on all cores", ours, one_thread)


def main() -> None:
    """The whole table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    for part in PARTS:
        print(f"== {part}", flush=True)
        module = importlib.import_module(f"tests.benchmarks.ingest_{part}")
        with tempfile.TemporaryDirectory() as name:
            module.compare(Path(name), quick=quick)
    print("== logs as they stand, tokens", flush=True)
    with tempfile.TemporaryDirectory() as name:
        compare_logs(Path(name))
        compare_tokens(Path(name), quick=quick)


if __name__ == "__main__":
    main()
