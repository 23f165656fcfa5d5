"""Whether going on from a place in the middle gives, token by token, what a cold run gives.

    uv run python -m tests.benchmarks.equality [--quick] [--disk] [--kv TYPE] [--seed N] [MODEL.gguf]

Prefixes of 9,000 to 30,000 tokens are read and answered at length, over borders of chunks; then the prompt is changed
at random positions, and each time the greedy answer is held against one of a context that has read nothing else. The
cold run decodes the same tokens in the same batches, and is then led along the same answer, so every token is compared,
those behind a difference too. Where both would choose differently, the distance of the two choices in the cold run is
printed in spreads of its logits: below TIE both were as good as equal, and rounding (other cells, routing that flips)
chose. With --disk all is forgotten before each change and restored from a file.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np

from engine.context import Reading, ReadResult
from engine.fingerprint import Fingerprint
from engine.gguf_file import read_gguf
from engine.keeping import Keeper
from engine.llama import AbortFlag, Context, Model
from engine.protocol import Prompt
from engine.state_shelf import StateShelf
from engine.worker import CHUNKED_ARCHITECTURES
from tests.benchmarks.random_models import CHEAP, kept
from tests.engine.asking import tokens_of
from tests.engine.in_process import opened, silent

TIE = 0.05
"""Spreads of the logits. A cache that is wrong is off by more than a whole spread."""

Batches: TypeAlias = "list[tuple[int, array[int]]]"


@dataclass(frozen=True)
class Size:
    """How much is compared. All but prefixes and branches in tokens.

    between: long answers. paper: a document, on average. nearest: how close before a border some prefixes end.
    """

    prefixes: int = 5
    branches: int = 4
    shortest: int = 9_000
    longest: int = 30_000
    answer: int = 48
    between: int = 900
    paper: int = 1_500
    chunk: int = 8_192
    nearest: int = 50


QUICK = Size(prefixes=1, branches=2, shortest=9_000, longest=9_500, between=300, answer=24)


@dataclass
class Outcome:
    """compared: tokens. apart: the largest difference of logits, in spreads. reused: share of each prompt."""

    compared: int = 0
    apart: float = 0.0
    differences: list[float] = field(default_factory=list)
    reused: list[float] = field(default_factory=list)

    @property
    def wrong(self) -> int:
        """Tokens that differ by more than a tie."""
        return sum(margin >= TIE for margin in self.differences)


class Recording(Context):
    """A context that knows in which batches its tokens were decoded."""

    def __init__(self, model: Model, *, n_ctx: int, n_batch: int, kv: str, abort: AbortFlag) -> None:
        super().__init__(model, n_ctx=n_ctx, n_batch=n_batch, kv=kv, threads=1, abort=abort)
        self.batches: Batches = []

    def decode(self, tokens: array[int], position: int, *, want_logits: bool) -> int:
        """As Context does, and noted."""
        self.batches.append((position, tokens[:]))
        return super().decode(tokens, position, want_logits=want_logits)

    def remove_from(self, position: int) -> bool:
        """As Context does, and what lies behind is struck out."""
        self.batches = [(at, tokens[: position - at]) for at, tokens in self.batches if at < position]
        return super().remove_from(position)


@contextmanager
def recording(model: Model, *, n_ctx: int, n_batch: int, kv: str) -> Iterator[tuple[Recording, AbortFlag]]:
    """A context that has read nothing."""
    abort = AbortFlag()
    context = Recording(model, n_ctx=n_ctx, n_batch=n_batch, kv=kv, abort=abort)
    try:
        yield context, abort
    finally:
        context.close()


def logits(model: Model, context: Context) -> np.ndarray:
    """Of the last token."""
    return np.array(context.logits(model.n_vocab))


def go_on(model: Model, context: Context, reading: Reading, count: int) -> tuple[list[np.ndarray], array[int]]:
    """A greedy answer of exactly `count` tokens and the logits that each was chosen from."""
    seen: list[np.ndarray] = []
    chosen: array[int] = array("i")
    for _ in range(count):
        seen.append(logits(model, context))
        chosen.append(int(seen[-1].argmax()))
        reading._decode(chosen[-1:], reading.held, want_logits=True)
    return seen, chosen


def cold(model: Model, batches: Batches, chosen: array[int], *, n_ctx: int, n_batch: int, kv: str) -> list[np.ndarray]:
    """Logits of a context of its own that is led along the same batches and the same answer."""
    seen: list[np.ndarray] = []
    with recording(model, n_ctx=n_ctx, n_batch=n_batch, kv=kv) as (context, _):
        for number, (position, tokens) in enumerate(batches, 1):
            assert context.decode(tokens, position, want_logits=number == len(batches)) == 0
        end = sum(len(tokens) for _, tokens in batches)
        for at, token in enumerate(chosen):
            seen.append(logits(model, context))
            assert context.decode(array("i", [token]), end + at, want_logits=True) == 0
    return seen


def compare(outcome: Outcome, warm: list[np.ndarray], alone: list[np.ndarray]) -> None:
    """Add what one answer shows."""
    for one, other in zip(warm, alone, strict=True):
        spread = float(other.std())
        outcome.compared += 1
        outcome.apart = max(outcome.apart, float(np.abs(one - other).max()) / spread)
        mine, theirs = int(one.argmax()), int(other.argmax())
        if mine != theirs:
            outcome.differences.append(float(other[theirs] - other[mine]) / spread)


class Disk:
    """What one reading holds, written to a file once and brought back from there as often as wanted."""

    def __init__(self, folder: Path, reading: Reading, context: Recording) -> None:
        shelf, mark = StateShelf(folder), Fingerprint.of({})
        self._reading, self._context = reading, context
        self._keeper = Keeper(shelf, mark, reading, context, model="", seconds=0.0, stop=lambda: False)
        self._keeper.keep()
        self._keeper.finish()
        assert shelf.stored() and not self._keeper.notices()
        self._batches = list(context.batches)

    def read(self, prompt: Prompt) -> ReadResult:
        """Forget everything, then read `prompt` with what the file has of it."""
        self._reading.forget()
        context, before = self._context, len(self._batches)
        context.batches = list(self._batches)
        result = self._keeper.read(prompt, silent)
        assert result.restored == result.reused and not self._keeper.notices()
        if not result.restored:
            context.batches = context.batches[before:]
        return result


def run(
    model: Model, architecture: str, size: Size, *, kv: str, seed: int, n_batch: int = 512, folder: Path | None = None
) -> Outcome:
    """Branches at random places of several prefixes, each held against a cold run."""
    chance = random.Random(seed)
    outcome = Outcome()
    n_ctx = size.longest + 4 * size.between + 1024
    chunked = architecture in CHUNKED_ARCHITECTURES
    for number in range(size.prefixes):
        length = chance.randint(size.shortest, size.longest)
        if number % 2:
            # Close enough to a border for the answer to reach over it.
            length = length // size.chunk * size.chunk + size.chunk - chance.randint(size.nearest, size.between - 50)
            length = min(length, size.longest)
        papers = tokens_of(length, seed + number, model.n_vocab)
        ends = tuple(sorted({*(chance.randrange(1, length) for _ in range(length // size.paper)), length}))
        full = papers + tokens_of(chance.randint(8, 40), seed + 100 + number, model.n_vocab)
        with recording(model, n_ctx=n_ctx, n_batch=n_batch, kv=kv) as (context, abort):
            reading = Reading(model, context, abort, chunked=chunked)
            reading.read(Prompt(full, length, 0, boundaries=ends), silent)
            full += go_on(model, context, reading, size.between)[1]
            disk = Disk(folder / str(number), reading, context) if folder is not None else None
            for branch in range(size.branches):
                place = chance.randrange(200, len(full))
                asked = full[:place] + tokens_of(chance.randint(8, 60), seed + 7 * place, model.n_vocab)
                inside = min(length, place)
                known = (*(end for end in ends if end < inside), inside)
                prompt = Prompt(asked, inside, 0, boundaries=known)
                result = disk.read(prompt) if disk is not None else reading.read(prompt, silent)
                outcome.reused.append(result.reused / place)
                batches = list(context.batches)
                warm, chosen = go_on(model, context, reading, size.answer)
                compare(outcome, warm, cold(model, batches, chosen, n_ctx=n_ctx, n_batch=n_batch, kv=kv))
                print(
                    f"prefix {length:6,}, branch {branch + 1} at {place:6,}: {result.reused:6,} reused, "
                    f"{result.decoded:6,} read; apart at most {outcome.apart:.4f} spreads, "
                    f"{len(outcome.differences)} choices differ of {outcome.compared:,}",
                    flush=True,
                )
                go_on(model, context, reading, size.between // 2)
    return outcome


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", type=Path)
    parser.add_argument("--quick", action="store_true", help="two branches of one prefix of 9,000 tokens")
    parser.add_argument("--disk", action="store_true", help="restore from a file before each branch")
    parser.add_argument("--kv", choices=("f16", "q8_0", "q4_0"), default="f16")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    began = time.perf_counter()
    path = options.model or kept("equality", CHEAP)
    size = QUICK if options.quick else Size()
    with opened(path) as model, tempfile.TemporaryDirectory() as folder:
        disk = Path(folder) if options.disk else None
        architecture = read_gguf(path).architecture
        outcome = run(model, architecture, size, kv=options.kv, seed=options.seed, folder=disk)
    ties = ", ".join(f"{margin:.4f}" for margin in outcome.differences if margin < TIE) or "none"
    share = np.mean(outcome.reused)
    branches, wrong = len(outcome.reused), outcome.wrong
    print(f"{branches} branches, {outcome.compared:,} tokens compared, kv {options.kv}: {wrong} differ")
    print(f"ties under {TIE} spreads of the logits: {ties}")
    print(f"logits apart at most {outcome.apart:.4f} spreads; {share:.0%} of what was the same was reused")
    print(f"{time.perf_counter() - began:.0f} s, load {os.getloadavg()[0]:.1f}; {'MISSED' if outcome.wrong else 'met'}")


if __name__ == "__main__":
    main()
