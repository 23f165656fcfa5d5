"""Hundreds of questions in a row, stopped and killed at random moments: is every answer what a cold run gives?

    uv run python -m tests.benchmarks.soak [--questions 500] [--kills 20] [--seed 1] [--quick]

The bundled reader answers over small document sets of at most 2,000 tokens that change from question to question, as
the window and the command line ask: the worker kept, started again by the same policy. A quarter of the answers is
stopped at a random moment (its words must be the beginning of the cold answer); the worker is killed `--kills` times,
all in the first three fifths, so that the last ones show whether one worker grows. Every distinct question is asked
once of a worker that has read nothing. Exit code 1: a wrong answer, memory that grew, or a process that stayed.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from app.core.answering import Settings
from app.core.assemble import Turn
from app.core.conversing import Conversing, Told
from app.core.models import BUNDLED
from app.core.workspace import Workspace
from engine.backends.local import LocalBackend
from engine.errors import Cancelled
from ingest.open_path import open_paths
from tests.engine.asking import COMMAND

MOST_TOKENS = 2000
CANCEL_SHARE = 0.25
LAST_KILL = 0.6
WARM = 30
"""Questions after which memory is taken for settled."""

GROWTH_ALLOWED = 12 << 20
"""Bytes, over hundreds of questions: what allocators keep back and forth."""

_PLACES = ("Ostend", "Calais", "Riga", "Gdansk", "Malmo", "Bergen", "Cadiz", "Trieste", "Izmir", "Varna")
_THINGS = ("crane", "quay", "tug", "depot", "lock", "bridge", "dock", "siding", "hangar", "pier")
_NAMES = ("Ana Reyes", "Halloran Steel", "Baltic Freight", "Jon Vega", "Mora and Sons", "Kai Lund", "Orla Penn")


@dataclass(frozen=True)
class Case:
    """One distinct question."""

    workspace: Workspace
    question: str
    turns: tuple[Turn, ...] = ()


@dataclass
class Outcome:
    """What came of a run. Memory in bytes: when settled, and at the end. slowest: seconds of an answer with a kill."""

    asked: int = 0
    compared: int = 0
    cancelled: int = 0
    kills: int = 0
    restarts: int = 0
    reused: int = 0
    read: int = 0
    longest: int = 0
    wrong: list[str] = field(default_factory=list)
    leftover: list[str] = field(default_factory=list)
    worker: tuple[int, int] = (0, 0)
    parent: tuple[int, int] = (0, 0)
    slowest: float = 0.0
    seconds: float = 0.0

    @property
    def grew(self) -> bool:
        """Whether the worker or the program holds more at the end than is normal."""
        return any(end - settled > GROWTH_ALLOWED for settled, end in (self.worker, self.parent))

    @property
    def good(self) -> bool:
        """Nothing wrong, nothing left, nothing grown."""
        return not self.wrong and not self.leftover and not self.grew


def cases(folder: Path, dice: random.Random, *, sets: int, questions: int) -> list[Case]:
    """`questions` for each of `sets` document sets; some sets share their beginning, some have an earlier turn."""
    documents = []
    for number in range(sets):
        lines = dice.choice((4, 12, 30, 50))
        facts = [_fact(dice) for _ in range(lines)]
        path = folder / f"{number}.txt"
        path.write_text("\n\n".join(" ".join(facts[i : i + 3]) for i in range(0, lines, 3)) + "\n")
        documents.append(path)
    whole = Workspace().add(open_paths(documents).documents, [folder])
    found: list[Case] = []
    for number in range(sets):
        keys = [f"S{number + 1}"]
        if number % 3 == 1:
            # The same beginning as the set before, and one document more.
            keys.insert(0, f"S{number}")
        workspace = Workspace(tuple(e for e in whole.entries if e.key in keys))
        for i in range(questions):
            question = f"Who runs the {dice.choice(_THINGS)} of {dice.choice(_PLACES)}?"
            turns = (Turn("What is this about?", "Ports."),) if i % 4 == 3 else ()
            found.append(Case(workspace, question, turns))
    return found


def soak(
    *,
    questions: int,
    kills: int,
    seed: int = 1,
    sets: int = 7,
    each: int = 8,
    model: Path | None = None,
    patience: float = 600.0,
) -> Outcome:
    """Run it."""
    dice = random.Random(seed)
    chosen = model or sorted(BUNDLED.glob("*.gguf"))[-1]
    settings = Settings(chosen, datetime.date(2026, 3, 14), n_ctx=3072, threads=1, max_answer=40)
    outcome = Outcome()
    with tempfile.TemporaryDirectory() as folder:
        asked = cases(Path(folder), dice, sets=sets, questions=each)
        cold = _cold(asked, settings, outcome)
        backend = LocalBackend(COMMAND, patience_s=patience)
        pids: set[int] = set()
        started = time.perf_counter()
        try:
            run = _Run(Conversing(backend), backend, settings, dice, outcome, pids)
            at = set(dice.sample(range(1, max(kills + 2, int(questions * LAST_KILL))), kills))
            settle = max((*at, 0)) + WARM
            for number in range(questions):
                i = dice.randrange(len(asked))
                run.ask(asked[i], cold[i], kill=number in at)
                if number == min(settle, questions - 1):
                    outcome.worker = (_memory(backend.pid), 0)
                    outcome.parent = (_memory(os.getpid()), 0)
                print(f"\r{number + 1:,} of {questions:,}", end="", file=sys.stderr, flush=True)
            print(file=sys.stderr)
            outcome.worker = (outcome.worker[0], _memory(backend.pid))
            outcome.parent = (outcome.parent[0], _memory(os.getpid()))
        finally:
            backend.close()
        outcome.seconds = time.perf_counter() - started
        outcome.leftover += [f"process {pid}" for pid in pids if psutil.pid_exists(pid)]
        outcome.leftover += [f"child {child.pid}" for child in psutil.Process().children(recursive=True)]
        outcome.leftover += [t.name for t in threading.enumerate() if t.name.startswith("engine-")]
    return outcome


class _Run:
    """The questions in a row."""

    def __init__(
        self,
        conversing: Conversing,
        backend: LocalBackend,
        settings: Settings,
        dice: random.Random,
        outcome: Outcome,
        pids: set[int],
    ) -> None:
        self._conversing = conversing
        self._backend = backend
        self._settings = settings
        self._dice = dice
        self._outcome = outcome
        self._pids = pids
        self._usual = 0.3

    def ask(self, case: Case, cold: str, *, kill: bool) -> None:
        outcome = self._outcome
        written: list[str] = []
        told = Told(_nothing, _nothing, _nothing, written.append, lambda _: self._again(written))
        stop = threading.Timer(self._dice.uniform(0.0, self._usual), self._conversing.cancel)
        blow = threading.Timer(self._dice.uniform(0.0, self._usual), self._kill)
        if self._dice.random() < CANCEL_SHARE:
            stop.start()
        if kill:
            blow.start()
        outcome.asked += 1
        started = time.perf_counter()
        try:
            reply, _ = self._conversing.ask(case.workspace, self._settings, case.question, case.turns, told)
        except Cancelled:
            outcome.cancelled += 1
            if not cold.startswith("".join(written).strip()):
                outcome.wrong.append(f"{case.question} stopped with: {''.join(written)!r}, cold: {cold!r}")
            return
        finally:
            stop.cancel()
            if kill:
                # One that comes too late finds the worker idle, and the next question notices.
                blow.join()
            if self._backend.pid is not None:
                self._pids.add(self._backend.pid)
        spent = time.perf_counter() - started
        if kill:
            outcome.slowest = max(outcome.slowest, spent)
        elif reply.ending != "cancelled":
            self._usual = 0.9 * self._usual + 0.1 * spent
        if reply.counters is not None:
            outcome.reused += reply.counters.reused
            outcome.read += reply.counters.decoded
        if reply.ending == "cancelled":
            outcome.cancelled += 1
            right = cold.startswith(reply.text)
        else:
            outcome.compared += 1
            right = reply.text == cold
        if not right:
            outcome.wrong.append(f"{case.question} {reply.ending}: {reply.text!r}, cold: {cold!r}")

    def _again(self, written: list[str]) -> None:
        written.clear()
        self._outcome.restarts += 1

    def _kill(self) -> None:
        pid = self._backend.pid
        if pid is not None:
            self._pids.add(pid)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self._outcome.kills += 1


def _cold(asked: Sequence[Case], settings: Settings, outcome: Outcome) -> list[str]:
    """The answer to each case from a worker that has read nothing else."""
    told = Told(_nothing, _nothing, _nothing, _nothing)
    answers: list[str] = []
    for number, case in enumerate(asked, 1):
        backend = LocalBackend(COMMAND)
        try:
            reply, _ = Conversing(backend).ask(case.workspace, settings, case.question, case.turns, told)
        finally:
            backend.close()
        assert reply.counters is not None and reply.counters.reused == 0
        outcome.longest = max(outcome.longest, reply.counters.prefix)
        assert outcome.longest <= MOST_TOKENS, outcome.longest
        answers.append(reply.text)
        print(f"\r{number:,} of {len(asked):,} cold answers", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return answers


def _fact(dice: random.Random) -> str:
    thing, place, name = dice.choice(_THINGS), dice.choice(_PLACES), dice.choice(_NAMES)
    return f"The {thing} of {place} is run by {name} since {dice.randrange(1950, 2026)}."


def _memory(pid: int | None) -> int:
    return int(psutil.Process(pid).memory_info().rss) if pid is not None else 0


def _nothing(*_: object) -> None:
    pass


def main() -> int:
    """Print figures; 1 when anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="40 questions, 4 kills, few document sets")
    chosen = parser.parse_args()
    if chosen.quick:
        done = soak(questions=40, kills=4, seed=chosen.seed, sets=3, each=4)
    else:
        done = soak(questions=chosen.questions, kills=chosen.kills, seed=chosen.seed)
    print(f"{done.asked:,} questions in {done.seconds:,.0f} s over prefixes of up to {done.longest:,} tokens")
    print(f"{done.kills} SIGKILLs, {done.restarts} answers begun again, {done.cancelled} stopped at a random moment")
    print(f"slowest answer with a kill in it {done.slowest:.1f} s")
    print(f"{done.compared:,} whole answers compared with cold runs, {len(done.wrong)} wrong")
    print(f"prompt tokens reused {done.reused:,}, read {done.read:,}")
    for name, (settled, end) in (("worker", done.worker), ("program", done.parent)):
        change = (end - settled) / (1 << 20)
        print(f"memory of the {name}: settled {settled / (1 << 20):,.1f} MB, at the end {change:+.1f} MB")
    print(f"left over: {', '.join(done.leftover) or 'nothing'}")
    for line in done.wrong[:10]:
        print(f"WRONG {line}")
    return 0 if done.good else 1


if __name__ == "__main__":
    sys.exit(main())
