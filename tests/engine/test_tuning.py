"""Choosing the fastest despite noise, on machines of known speed; and a short tuning of a real model."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from engine.backends.local import LocalBackend
from engine.errors import Cancelled, ContextError
from engine.measuring import Trial
from engine.protocol import LoadOptions
from engine.race import FEWEST_ROUNDS, MOST_ROUNDS, TIE, Race
from engine.tuning import Row, TuneProgress, Tuner, Tuning, thread_candidates
from tests.engine.asking import COMMAND, prompt_of
from tests.engine.simulated import SimulatedMachine
from tests.rpc_server import rpc_server

OPTIONS = LoadOptions("m.gguf", 4096)
BATCHES = {128: 0.8, 256: 0.9, 512: 1.0, 1024: 1.2, 2048: 1.15}
READ = {1: 300.0, 2: 580.0, 4: 1000.0, 6: 1200.0, 8: 1300.0, 16: 1100.0}
WRITE = {1: 5.0, 2: 9.0, 4: 10.0, 6: 9.9, 8: 8.0}


def machine(**changes: object) -> SimulatedMachine:
    """Eight cores; reading likes all of them, writing four; batches of 1,024 are the best."""
    return SimulatedMachine(
        read=lambda trial: READ[trial.threads_batch] * BATCHES[trial.n_ubatch],
        write=lambda trial: WRITE[trial.threads],
        **changes,  # type: ignore[arg-type]
    )


def tune(on: SimulatedMachine, *, seconds: float = 60.0, options: LoadOptions = OPTIONS, logical: int = 16) -> Tuning:
    return Tuner(on, options, cores=8, logical=logical, seconds=seconds, clock=on.clock).run()


def raced(rounds: Sequence[Mapping[int, float]], candidates: list[int], default: int) -> Race[int]:
    race = Race(candidates, default)
    for speeds in rounds:
        race.add(speeds)
    return race


def test_what_is_faster_in_each_round_wins_although_the_machine_slows_down() -> None:
    # As measured while another program began and ended: the middle rounds are slower than any difference.
    rounds = [
        {1: 10.0, 2: 19.1, 4: 18.0},
        {1: 4.1, 2: 8.2, 4: 7.6},
        {1: 3.9, 2: 7.7, 4: 7.2},
        {1: 10.2, 2: 19.4, 4: 18.1},
    ]
    race = raced(rounds, [1, 2, 4], 4)
    assert race.decided and race.choice() == 2
    # The medians alone, of those that were not measured at the same moments, would say something else.
    assert race.speed(2) == pytest.approx((8.2 + 19.1) / 2)


def test_one_disturbed_measurement_changes_nothing() -> None:
    rounds = [{1: 10.0, 2: 18.0}, {1: 10.0, 2: 2.0}, {1: 10.1, 2: 18.1}, {1: 9.9, 2: 18.0}]
    assert raced(rounds, [1, 2], 2).choice() == 2
    assert not raced(rounds[:2], [1, 2], 2).decided


def test_a_tie_goes_to_what_takes_less() -> None:
    rounds = [{1: 9.8, 2: 10.0}] * FEWEST_ROUNDS
    assert raced(rounds, [1, 2], 2).decided
    assert raced(rounds, [1, 2], 2).choice() == 1
    assert raced(rounds, [2, 1], 2).choice() == 2
    assert raced([{1: 10 * (1 - 2 * TIE), 2: 10.0}] * FEWEST_ROUNDS, [1, 2], 2).choice() == 2


def test_rounds_run_forwards_and_backwards_and_leave_the_hopeless_out() -> None:
    race = Race([1, 2, 4], 4)
    assert race.lineup() == [1, 2, 4]
    race.add({1: 1.0, 2: 9.0, 4: 10.0})
    assert race.lineup() == [4, 2, 1]
    race.add({1: 1.0, 2: 9.5, 4: 10.0})
    assert race.lineup() == [2, 4]
    assert race.measured(1) == 2


def test_a_race_ends_and_nothing_measured_keeps_the_default() -> None:
    wild = [{1: 10.0, 2: 12.0}, {1: 12.0, 2: 10.0}] * MOST_ROUNDS
    assert not raced(wild[: FEWEST_ROUNDS + 1], [1, 2], 1).decided
    assert raced(wild[:MOST_ROUNDS], [1, 2], 1).decided
    assert Race([1, 2], 2).choice() == 2
    assert Race([7], 7).decided
    with pytest.raises(ValueError):
        Race([1], 2)


@pytest.mark.parametrize(("cores", "logical", "expected"), [
    (1, 1, [1]), (2, 2, [1, 2]), (2, 4, [1, 2, 4]), (6, 6, [1, 3, 4, 6]), (8, 16, [1, 2, 4, 6, 8, 16]),
])  # fmt: skip
def test_threads_worth_trying(cores: int, logical: int, expected: list[int]) -> None:
    assert thread_candidates(cores, logical) == expected


def test_a_quiet_machine_is_tuned_to_its_best_and_stops_early() -> None:
    on = machine()
    tuning = tune(on)
    assert (tuning.tuned.threads, tuning.tuned.threads_batch) == (4, 8)
    assert (tuning.tuned.n_batch, tuning.tuned.n_ubatch) == (1024, 1024)
    assert tuning.tuned.gpu is None and not tuning.open
    assert tuning.seconds == pytest.approx(on.seconds) and on.seconds < 60
    kept = {row.question: row.value for row in tuning.rows if row.kept}
    assert kept == {"answer_threads": 4, "read_threads": 8, "batch": 1024}
    default = {row.question: row.value for row in tuning.rows if row.default}
    assert default == {"answer_threads": 8, "read_threads": 8, "batch": 512}


@pytest.mark.parametrize(("noise", "loss"), [(0.02, 0.015), (0.1, 0.05)])
def test_a_busy_machine_is_tuned_to_nearly_its_best(noise: float, loss: float) -> None:
    lost: list[float] = []
    chosen: Counter[int] = Counter()
    for seed in range(40):
        slower = 12.0 if seed % 2 else float("inf")
        tuned = tune(machine(noise=noise, hiccups=0.1, slower_after=slower, seed=seed)).tuned
        lost.append(1 - WRITE[tuned.threads] / max(WRITE.values()))
        lost.append(1 - READ[tuned.threads_batch] * BATCHES[tuned.n_ubatch] / (1300 * 1.2))
        chosen[tuned.threads] += 1
    assert sum(lost) / len(lost) < loss, sum(lost) / len(lost)
    assert set(chosen) <= {2, 4, 6}


def test_after_two_rounds_only_what_is_clearly_faster_replaces_the_default() -> None:
    assert raced([{1: 10.0, 2: 10.4}, {1: 10.0, 2: 11.0}], [1, 2], 1).choice() == 1
    assert raced([{1: 10.0, 2: 11.4}, {1: 10.0, 2: 11.0}], [1, 2], 1).choice() == 2


def test_it_takes_no_longer_than_it_was_given() -> None:
    for seconds in (5.0, 60.0):
        on = machine(noise=0.5, hiccups=0.3)
        tune(on, seconds=seconds)
        # A measurement that was begun is ended, however slow it turns out.
        assert on.seconds < 1.3 * seconds


def test_what_there_is_no_time_for_keeps_its_default() -> None:
    # As slow as the largest models are on a small machine: an answer comes at two tokens a second.
    slow = machine()
    slow.read = lambda trial: READ[trial.threads_batch] / 100
    slow.write = lambda trial: WRITE[trial.threads] / 5
    tuning = tune(slow)
    assert "batch" in tuning.open
    assert (tuning.tuned.n_batch, tuning.tuned.n_ubatch) == (512, 512)
    assert tuning.tuned.threads == 4
    assert not [row for row in tuning.rows if row.question == "batch"]
    nothing = tune(machine(), seconds=0.01)
    assert set(nothing.open) == {"answer_threads", "read_threads", "batch"}
    assert (nothing.tuned.threads, nothing.tuned.threads_batch) == (8, 8)


@pytest.mark.parametrize(("gpu", "kept"), [(5.0, True), (0.5, False)])
def test_a_gpu_is_kept_where_it_pays(gpu: float, kept: bool) -> None:
    on = machine(gpu=gpu, noise=0.02)
    tuning = tune(on, options=replace(OPTIONS, gpu_layers=-1))
    assert tuning.tuned.gpu is kept
    assert [row.value for row in tuning.rows if row.question == "gpu"] == [-1, 0]
    assert on.loads == ([-1, 0, -1] if kept else [-1, 0])


def test_stopping_between_two_measurements() -> None:
    on = machine()
    tuner = Tuner(on, OPTIONS, cores=8, clock=on.clock, stop=lambda: len(on.trials) >= 7)
    with pytest.raises(Cancelled):
        tuner.run()
    assert len(on.trials) == 7


def test_progress_only_grows_while_it_measures() -> None:
    on, said = machine(), list[TuneProgress]()
    Tuner(on, OPTIONS, cores=8, clock=on.clock, on_progress=said.append).run()
    assert said[0] == TuneProgress(1.0, None)
    shares = [progress.share for progress in said[1:]]
    assert shares == sorted(shares) and 0 < shares[-1] <= 1
    assert {progress.question for progress in said[1:]} == {"answer_threads", "read_threads", "batch"}


def test_a_real_model_is_measured_through_the_worker(tiny_llama4: Path) -> None:
    backend = LocalBackend(COMMAND)
    try:
        tuning = Tuner(backend, LoadOptions(str(tiny_llama4), 4096), cores=2, seconds=2.0).run()
        assert tuning.tuned.threads in (1, 2) and tuning.tuned.threads_batch in (1, 2)
        measured = {(row.question, row.value): row for row in tuning.rows}
        assert all(row.per_second > 0 and row.rounds >= 2 for row in measured.values())
        assert {("answer_threads", 1), ("answer_threads", 2)} <= set(measured)
        _one_kept_each(tuning.rows)
        # The worker answers as before, with what was found out.
        tuned = tuning.tuned
        options = LoadOptions(
            str(tiny_llama4),
            4096,
            threads=tuned.threads,
            threads_batch=tuned.threads_batch,
            n_batch=tuned.n_batch,
            n_ubatch=tuned.n_ubatch,
        )
        backend.load(options)
        assert backend.ask(prompt_of(backend, "Some text.", "Who?")).tokens > 0
    finally:
        backend.close()


def _one_kept_each(rows: tuple[Row, ...]) -> None:
    for question in {row.question for row in rows}:
        assert sum(row.kept for row in rows if row.question == question) == 1


def test_a_cancel_stops_a_measurement_and_the_worker_lives_on(tiny_llama4: Path) -> None:
    backend = LocalBackend(COMMAND)
    try:
        backend.load(LoadOptions(str(tiny_llama4), 1024, threads=1))
        trial = Trial(1, 1, 512, 512, read=2048, write=128)
        stop = threading.Timer(0.05, backend.cancel)
        stop.start()
        with pytest.raises(Cancelled):
            for _ in range(500):
                backend.measure(trial)
        stop.join()
        assert backend.measure(trial).read > 0
    finally:
        backend.close()


@pytest.mark.parametrize("wrong", [{"read": 0}, {"read": 4096}, {"write": 1000}, {"n_ubatch": 384}, {"n_ubatch": 1024}])
def test_a_trial_that_makes_no_sense_is_refused(wrong: dict[str, int], backend: LocalBackend) -> None:
    with pytest.raises(ContextError):
        backend.measure(Trial(**{**asdict(Trial(1, 1, 512, 512, read=16, write=1)), **wrong}))


@pytest.fixture(scope="module")
def backend(tiny_llama4: Path) -> Iterator[LocalBackend]:
    made = LocalBackend(COMMAND)
    made.load(LoadOptions(str(tiny_llama4), 1024, threads=1))
    yield made
    made.close()


@pytest.mark.long
def test_a_device_that_is_slower_than_none_is_not_kept(tiny_llama4: Path) -> None:
    with rpc_server() as (server, _):
        backend = LocalBackend(COMMAND)
        try:
            options = LoadOptions(str(tiny_llama4), 1024, rpc=(server,), gpu_layers=-1)
            tuning = Tuner(backend, options, cores=1, seconds=4.0).run()
        finally:
            backend.close()
    assert tuning.tuned.gpu is False
    assert backend.loaded is not None and backend.loaded.gpu_layers == 0
