"""The memory plan against the real peak of the process, over models, contexts, cache types and batches.

    uv run python -m tests.benchmarks.memory_plan [--quick] [--keep FOLDER]

Each case loads random weights in the engine's own worker, reads a prompt that fills the context, so that every page
that can be touched is, and compares what the kernel saw at most (VmHWM, pages of mapped files included) with the plan's
`resident`, made beforehand from the file's header. llama.cpp's own account of cache and buffers stands beside it.
Linux only. Exit code 1 when a case is off by more than 5 % and 32 MB.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from array import array
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from app.core.models import ENGINE_COMMAND
from engine.backends.dry_run import ask_llama
from engine.backends.local import LocalBackend
from engine.gguf_file import read_gguf
from engine.memory_plan import MemoryPlan, plan, request_of
from engine.model_shape import ModelShape, shape_of
from engine.protocol import KvType, LoadOptions, Prompt
from engine.quotable import QuoteRules, quotable
from resources.pocket.gguf_writer import FileType, Vocabulary
from tests.engine.asking import tokens_of
from tests.make_gguf import LANGUAGES, Architecture, Sizes, sample_vocabulary, write_random

SHARE, ABSOLUTE = 0.05, 32 << 20
"""A case passes within the larger of the two."""

MIB = 1 << 20
_ANSWER, _QUESTION = 4, 100
_TEXT_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Kind:
    """A model to write. vocabulary: tokens."""

    name: str
    architecture: Architecture
    file_type: FileType
    sizes: Sizes
    vocabulary: int = 1024


@dataclass(frozen=True, slots=True)
class Case:
    """One load of it."""

    kind: Kind
    n_ctx: int
    kv: KvType
    n_batch: int
    threads: int = 1


_SCOUT = Kind(
    "llama4 experts",
    "llama4",
    "q8_0",
    Sizes(layers=4, width=512, heads=8, kv_heads=8, feed_forward=2048, experts=24, context=65_536),
)
_WORDS = Kind(
    "llama4 202,048",
    "llama4",
    "f16",
    Sizes(layers=4, width=256, heads=4, kv_heads=2, feed_forward=512, context=65_536),
    vocabulary=202_048,
)
_PLAIN = Kind(
    "llama f16",
    "llama",
    "f16",
    Sizes(layers=8, width=768, heads=12, kv_heads=12, feed_forward=2560, context=65_536),
)
_PACKED = Kind(
    "llama q4_0",
    "llama",
    "q4_0",
    Sizes(layers=8, width=1024, heads=16, kv_heads=8, feed_forward=4096, context=65_536),
)
_WINDOWS = Kind(
    "gemma2 f16",
    "gemma2",
    "f16",
    Sizes(layers=6, width=512, heads=8, kv_heads=8, feed_forward=2048, context=65_536, window=1024),
)

CASES = (
    Case(_SCOUT, 4096, "f16", 512),
    Case(_SCOUT, 8960, "f16", 512),
    Case(_SCOUT, 3072, "q8_0", 512),
    Case(_SCOUT, 4096, "q4_0", 2048),
    Case(_WORDS, 9216, "f16", 512),
    Case(_WORDS, 4096, "q8_0", 128),
    Case(_PLAIN, 2048, "f16", 512),
    Case(_PLAIN, 3072, "q8_0", 512),
    Case(_PLAIN, 4096, "f16", 2048, threads=2),
    Case(_PACKED, 3072, "f16", 512),
    Case(_PACKED, 2048, "q4_0", 256),
    Case(_WINDOWS, 3072, "f16", 512),
    Case(_WINDOWS, 8192, "f16", 512),
    Case(_WINDOWS, 3072, "q8_0", 1024),
)
QUICK = (CASES[0], CASES[6], CASES[11])


@dataclass(frozen=True, slots=True)
class Outcome:
    """planned: before loading. real: VmHWM, bytes. own: llama.cpp's cache plus buffers, bytes. seconds: of the case."""

    case: Case
    planned: MemoryPlan
    real: int
    own: int
    seconds: float

    @property
    def off(self) -> int:
        """Bytes planned too many (or too few, below 0)."""
        return self.planned.resident - self.real

    @property
    def passes(self) -> bool:
        """Within what is allowed."""
        return abs(self.off) <= max(SHARE * self.real, ABSOLUTE)


def vocabulary_of(size: int) -> Vocabulary:
    """The sample vocabulary, made up to `size` tokens by merging tokens it has."""
    plain = sample_vocabulary()
    tokens, kinds, merges = list(plain.tokens), list(plain.kinds), list(plain.merges)
    ordinary = [token for token, kind in zip(tokens, kinds, strict=True) if int(kind) == int(kinds[0])]
    known = set(tokens)
    for left, right in _pairs(len(ordinary), size):
        if len(tokens) >= size:
            break
        joint = ordinary[left] + ordinary[right]
        if joint not in known:
            known.add(joint)
            tokens.append(joint)
            kinds.append(kinds[0])
            merges.append((ordinary[left], ordinary[right]))
    return replace(plain, tokens=tokens, kinds=kinds, merges=merges)


def _pairs(count: int, wanted: int) -> Iterator[tuple[int, int]]:
    if wanted <= count:
        return
    for i in range(count * count):
        yield i % count, (i // count + i) % count


def write(kind: Kind, folder: Path) -> Path:
    """The model as a file in `folder`, written unless it is there."""
    path = folder / f"{kind.name.replace(' ', '-').replace(',', '')}.gguf"
    if not path.exists():
        write_random(
            path,
            architecture=kind.architecture,
            sizes=kind.sizes,
            vocabulary=vocabulary_of(kind.vocabulary),
            file_type=kind.file_type,
        )
    return path


def run(case: Case, folder: Path) -> Outcome:
    """Plan, load, fill the context, look at the peak."""
    started = time.perf_counter()
    path = write(case.kind, folder)
    options = LoadOptions(
        str(path), case.n_ctx, kv=case.kv, threads=case.threads, n_batch=case.n_batch, checkpoint_bytes=0
    )
    request = request_of(options)
    shape = shape_of(read_gguf(path))
    planned = plan(shape, request)
    account = ask_llama(ENGINE_COMMAND, path, request)
    backend = LocalBackend(ENGINE_COMMAND)
    try:
        backend.load(options)
        tokens: array[int] = tokens_of(case.n_ctx - _ANSWER, 7, 1000)
        text = LANGUAGES.read_text(encoding="utf-8")
        long = text * (1 + len(tokens) * _TEXT_PER_TOKEN // len(text))
        quotes = quotable([("S1", long[: len(tokens) * _TEXT_PER_TOKEN])], QuoteRules(pairs=(('"', '"'),)))
        backend.ask(Prompt(tokens, _documents(shape, len(tokens)), _ANSWER, quotable=quotes))
        assert backend.pid is not None
        real = peak(backend.pid)
    finally:
        backend.close()
    return Outcome(case, planned, real, account.kv + account.compute, time.perf_counter() - started)


def _documents(shape: ModelShape, total: int) -> int:
    """Where the documents end, so that the copy which has to fit is made: where chunks are, shortly before one."""
    border = (total - 1) // shape.window * shape.window if shape.chunked else 0
    return border - _QUESTION if border else total - _QUESTION


def peak(pid: int) -> int:
    """The most that was resident of a process so far, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"process {pid} has no peak")


def main() -> int:
    """Print a row per case, the worst last; the exit code."""
    parser = argparse.ArgumentParser(description="The memory plan against the real peak of the process.")
    parser.add_argument("--quick", action="store_true", help=f"{len(QUICK)} cases instead of {len(CASES)}")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the models there for the next run")
    options = parser.parse_args()
    print(
        f"{'model':<16}{'context':>8}{'cache':>6}{'batch':>6}{'weights':>9}{'kv':>8}{'compute':>9}{'copies':>8}"
        f"{'process':>9}{'planned':>9}{'real':>9}{'off':>8}{'':>7}{'s':>6}   MiB"
    )
    outcomes: list[Outcome] = []
    with ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        for case in QUICK if options.quick else CASES:
            outcome = run(case, folder)
            outcomes.append(outcome)
            _print(outcome)
    worst = max(outcomes, key=lambda outcome: abs(outcome.off) / max(SHARE * outcome.real, ABSOLUTE))
    ours = [outcome.planned.kv + outcome.planned.compute for outcome in outcomes]
    least = min(own / mine for own, mine in zip((o.own for o in outcomes), ours, strict=True))
    print(
        f"worst: {worst.case.kind.name}, {worst.case.n_ctx:,} tokens: {worst.off / MIB:+.1f} MiB, "
        f"{worst.off / worst.real:+.1%}; ratio planned / real {worst.planned.resident / worst.real:.3f}"
    )
    print(
        f"cache and buffers: llama.cpp's own figure is at least {least:.3f} of the plan's (scratch memory is not its)"
    )
    failed = [outcome for outcome in outcomes if not outcome.passes]
    print(f"{len(outcomes) - len(failed)} of {len(outcomes)} within {SHARE:.0%} or {ABSOLUTE // MIB} MiB")
    return 1 if failed else 0


def _print(outcome: Outcome) -> None:
    case, planned = outcome.case, outcome.planned
    parts = (planned.weights + planned.repacked, planned.kv, planned.compute, planned.checkpoints, planned.process)
    figures = "".join(f"{part / MIB:>{width}.1f}" for part, width in zip(parts, (9, 8, 9, 8, 9), strict=True))
    print(
        f"{case.kind.name:<16}{case.n_ctx:>8,}{case.kv:>6}{case.n_batch:>6}{figures}"
        f"{planned.resident / MIB:>9.1f}{outcome.real / MIB:>9.1f}{outcome.off / MIB:>+8.1f}"
        f"{outcome.off / outcome.real:>+7.1%}{outcome.seconds:>6.0f}   {'' if outcome.passes else 'OFF'}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
