"""Finds the threads and batches with which a model is fastest on this machine, by measuring for about a minute.

Through the same worker that answers. One question after the other (does a GPU pay, threads for answering, threads for
reading, size of batches), each a `Race`; one that there is no time for keeps its default. Knows no settings file.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from engine.errors import Cancelled
from engine.measuring import LONGEST_READ, LONGEST_WRITE, Measured, Trial
from engine.protocol import LoadOptions, ModelInfo
from engine.race import FEWEST_ROUNDS, Race

SECONDS = 60.0
DEFAULT_BATCH = 512

Question = Literal["gpu", "answer_threads", "read_threads", "batch"]

_TYPICAL_READ, _TYPICAL_WRITE = 4096, 256
"""Tokens of a job by which a GPU is compared with none."""

_PARTS = 80
"""About how many measurements share the time."""

_MICRO_BATCHES = (512, 256, 1024, 128, 2048)
"""The first is kept where another is not clearly faster; larger ones take more memory, and are cancelled later."""

_SHORTEST_READ = 32
"""Tokens; fewer do not keep many threads busy."""

_FEWEST_TO_TRUST = 2
"""Rounds; a single one may have been disturbed."""

_SHARES: dict[Question, float] = {"gpu": 0.2, "answer_threads": 0.4, "read_threads": 0.45, "batch": 1.0}
"""Of the time that is left when the question is come to."""


class Tunable(Protocol):
    """What is tuned: `LocalBackend` is."""

    def load(self, options: LoadOptions, *, on_progress: Callable[[float], None] | None = None) -> ModelInfo:
        """See Backend."""
        ...

    def measure(self, trial: Trial) -> Measured:
        """Run one trial on the model that is loaded."""
        ...


@dataclass(frozen=True, slots=True)
class Tuned:
    """What to load a model with. gpu: whether layers go to a GPU; None where that was not asked."""

    threads: int
    threads_batch: int
    n_batch: int = DEFAULT_BATCH
    n_ubatch: int = DEFAULT_BATCH
    gpu: bool | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One candidate. value: threads, tokens of a micro-batch, or layers on a GPU. per_second: tokens, the median.

    rounds: how often it was measured. default: what is used without measuring; kept: what is used from now on.
    """

    question: Question
    value: int
    per_second: float
    rounds: int
    default: bool
    kept: bool


@dataclass(frozen=True, slots=True)
class Tuning:
    """What was measured and what is kept of it. seconds: spent measuring. open: questions there was no time for."""

    tuned: Tuned
    rows: tuple[Row, ...]
    seconds: float
    open: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class TuneProgress:
    """share: 0.0 to 1.0 of the time. question: what is measured; None while the model is loaded, `share` of that."""

    share: float
    question: Question | None
    value: int = 0


def thread_candidates(cores: int, logical: int) -> list[int]:
    """Numbers of threads worth trying, the fewest first."""
    found = {cores, max(1, cores * 3 // 4), logical}
    count = cores
    while count:
        found.add(count)
        count //= 2
    return sorted(n for n in found if n <= max(cores, logical))


class Tuner:
    """One tuning. cores: threads used by default; logical: the most that could run at once.

    options.gpu_layers: what fits; 0 leaves the question of a GPU out. clock: seconds.
    """

    def __init__(
        self,
        backend: Tunable,
        options: LoadOptions,
        *,
        cores: int,
        logical: int = 0,
        seconds: float = SECONDS,
        on_progress: Callable[[TuneProgress], None] | None = None,
        stop: Callable[[], bool] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._backend = backend
        self._options = replace(options, n_ctx=min(options.n_ctx, DEFAULT_BATCH), n_batch=DEFAULT_BATCH, n_ubatch=0)
        self._threads = thread_candidates(cores, max(logical, cores))
        self._cores = cores
        self._seconds = seconds
        self._spent = 0.0
        self._report = on_progress or (lambda _progress: None)
        self._stop = stop or (lambda: False)
        self._clock = clock
        self._tuned = Tuned(cores, cores)
        self._rows: list[Row] = []
        self._open: list[Question] = []

    def run(self) -> Tuning:
        """Measure everything. Raises Cancelled and what loading raises."""
        self._load(self._options)
        read, write = self._estimate()
        if self._options.gpu_layers:
            read, write = self._ask_gpu(read, write)
        self._ask_answer_threads(write)
        self._ask_batch(self._ask_read_threads(read))
        return Tuning(self._tuned, tuple(self._rows), self._spent, tuple(self._open))

    def _load(self, options: LoadOptions) -> None:
        self._check()
        self._backend.load(options, on_progress=lambda done: self._report(TuneProgress(done, None)))

    def _estimate(self) -> tuple[float, float]:
        """Tokens a second, reading and writing, roughly."""
        trial = self._trial(read=8, write=1)
        # The first run brings the weights from disk; how slow the model is, it says all the same.
        if self._measure(trial).read < self._seconds / _PARTS:
            trial = self._trial(read=32, write=2)
        measured = self._measure(trial)
        return trial.read / measured.read, trial.write / measured.write

    def _ask_gpu(self, read: float, write: float) -> tuple[float, float]:
        """Compare with no layers on the GPU, and go on with what is faster; the speeds of that."""
        layers = self._options.gpu_layers
        until = self._share("gpu") / 2
        trial = self._trial(read=self._fitting(read, 512), write=self._fitting(write, LONGEST_WRITE))
        speeds = {layers: self._typical(trial, until)}
        self._load(replace(self._options, gpu_layers=0))
        cpu_read, cpu_write = self._estimate()
        trial = self._trial(read=self._fitting(cpu_read, 512), write=self._fitting(cpu_write, LONGEST_WRITE))
        speeds[0] = self._typical(trial, until)
        race = Race([layers, 0], layers)
        for rounds in zip(*speeds.values(), strict=False):
            race.add(dict(zip(speeds, rounds, strict=True)))
        kept = race.choice()
        self._keep("gpu", race, [layers, 0], layers)
        self._tuned = replace(self._tuned, gpu=kept != 0)
        if kept == 0:
            return cpu_read, cpu_write
        self._load(self._options)
        return read, write

    def _typical(self, trial: Trial, seconds: float) -> list[float]:
        """Tokens a second over a typical job, a few times."""
        until = self._spent + seconds
        speeds: list[float] = []
        while len(speeds) < FEWEST_ROUNDS and (not speeds or self._spent < until):
            self._progress("gpu", self._options.gpu_layers)
            took = self._measure(trial)
            job = _TYPICAL_READ * took.read / trial.read + _TYPICAL_WRITE * took.write / trial.write
            speeds.append((_TYPICAL_READ + _TYPICAL_WRITE) / job)
        return speeds

    def _ask_answer_threads(self, write: float) -> None:
        trial = self._trial(read=8, write=self._fitting(write, LONGEST_WRITE))
        candidates = [n for n in self._threads if n <= self._cores]
        race = self._race(
            "answer_threads",
            candidates,
            self._cores,
            lambda n: trial.write / self._measure(replace(trial, threads=n)).write,
            cost=trial.write / write,
        )
        if race is not None:
            self._tuned = replace(self._tuned, threads=race.choice())

    def _ask_read_threads(self, read: float) -> float:
        """The speed of reading with the threads that are kept."""
        trial = self._trial(read=max(_SHORTEST_READ, self._fitting(read, DEFAULT_BATCH)), write=0)
        race = self._race(
            "read_threads",
            self._threads,
            self._cores,
            lambda n: trial.read / self._measure(replace(trial, threads_batch=n)).read,
            cost=trial.read / read,
        )
        if race is None:
            return read
        self._tuned = replace(self._tuned, threads_batch=race.choice())
        return race.speed(race.choice()) or read

    def _ask_batch(self, read: float) -> None:
        # All candidates read the same tokens, so that attention costs them the same.
        left = self._share("batch")
        for longest in (LONGEST_READ, 1024, DEFAULT_BATCH):
            candidates = [n for n in _MICRO_BATCHES if n <= longest]
            if len(candidates) * FEWEST_ROUNDS * longest / read <= left:
                break
        trial = self._trial(read=longest, write=0)

        def speed(n: int) -> float:
            return trial.read / self._measure(replace(trial, n_batch=max(n, DEFAULT_BATCH), n_ubatch=n)).read

        # Each makes a context of its own, and reads a micro-batch before it is measured.
        race = self._race("batch", candidates, DEFAULT_BATCH, speed, cost=1.5 * trial.read / read)
        if race is not None:
            kept = race.choice()
            self._tuned = replace(self._tuned, n_batch=max(kept, DEFAULT_BATCH), n_ubatch=kept)

    def _race(
        self,
        question: Question,
        candidates: Sequence[int],
        default: int,
        speed: Callable[[int], float],
        *,
        cost: float,
    ) -> Race[int] | None:
        """Measure until it is decided or the question's time is up; None when that was too short to say anything.

        cost: seconds that one measurement is likely to take.
        """
        race = Race(candidates, default)
        until = self._spent + self._share(question)
        while not race.decided:
            lineup = race.lineup()
            if self._spent + cost * len(lineup) > until:
                break
            round_: dict[int, float] = {}
            for candidate in lineup:
                self._progress(question, candidate)
                round_[candidate] = speed(candidate)
            race.add(round_)
        if len(candidates) > 1 and race.rounds < _FEWEST_TO_TRUST:
            self._open.append(question)
            return None
        if race.rounds:
            self._keep(question, race, sorted(candidates), default)
        return race

    def _keep(self, question: Question, race: Race[int], candidates: Sequence[int], default: int) -> None:
        kept = race.choice()
        self._rows += [Row(question, n, race.speed(n), race.measured(n), n == default, n == kept) for n in candidates]

    def _trial(self, *, read: int, write: int) -> Trial:
        tuned = self._tuned
        return Trial(tuned.threads, tuned.threads_batch, tuned.n_batch, tuned.n_ubatch, read, write, self._options.kv)

    def _fitting(self, per_second: float, most: int) -> int:
        """Tokens for one measurement of the usual length; a power of two, so that batches are whole."""
        wanted = int(per_second * self._seconds / _PARTS)
        return max(2, min(1 << max(wanted, 1).bit_length() - 1, most))

    def _measure(self, trial: Trial) -> Measured:
        self._check()
        started = self._clock()
        try:
            return self._backend.measure(trial)
        finally:
            self._spent += self._clock() - started

    def _check(self) -> None:
        if self._stop():
            raise Cancelled("Measuring was stopped; nothing was kept.")

    def _left(self) -> float:
        return max(0.0, self._seconds - self._spent)

    def _share(self, question: Question) -> float:
        return self._left() * _SHARES[question]

    def _progress(self, question: Question, value: int) -> None:
        self._report(TuneProgress(min(1.0, self._spent / self._seconds), question, value))
