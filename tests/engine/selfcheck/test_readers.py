"""The check itself is checked: readers whose abilities are known each give the map that they must."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import Any

import pytest

from engine.selfcheck.plan import Plan, plan_for
from engine.selfcheck.prose import prose
from engine.selfcheck.report import Report
from engine.selfcheck.running import check
from engine.selfcheck.tasks import TASKS
from engine.selfcheck.verdicts import by_length, cells, verified
from tests.engine.selfcheck.simulated import (
    Plain,
    Reader,
    Remembered,
    Simulated,
    bernoulli,
    dumps,
    everything,
    first_needle,
    guesses,
    honest,
    part,
    refuses,
    silent,
    window,
)


@cache
def text(lines: int = 2500) -> Sequence[str]:
    return tuple(islice(prose(random.Random(3)), lines))


def run(subject: Simulated, plan: Plan, **options: Any) -> Report:
    """A check of a simulated reader; `options` replace what `check` is given."""
    given: dict[str, Any] = {
        "layout": Plain(),
        "text": text(),
        "on_progress": lambda progress: None,
        "on_trial": lambda trial: None,
        "stop": lambda: False,
        "tasks": {name: Remembered(task, subject.items_of) for name, task in TASKS.items()},
    }
    return check(subject, plan=plan, **given | options)


def thorough(*tasks: str, longest: int = 8192) -> Plan:
    """Every band decided, one seed."""
    plan = plan_for("thorough", longest, tasks=tasks)
    return replace(plan, lengths=(4096, longest), bands=5, seeds=(7,), recheck=1)


def test_a_perfect_reader_is_verified_to_the_whole_context() -> None:
    report = run(Simulated(honest, everything, n_ctx=8192), plan_for("standard", 8192, tasks=["multikey", "absent"]))
    assert verified(report).retrieval == 8192
    assert all(trial.passed for trial in report.trials)
    assert all(condition.holds is not False for condition in report.preconditions)


@pytest.mark.parametrize(
    ("low", "high", "green"),
    [(0.0, 0.41, {10, 30}), (0.4, 0.61, {50}), (0.59, 1.0, {70, 90})],
)
def test_what_sees_a_part_is_red_elsewhere(low: float, high: float, green: set[int]) -> None:
    report = run(Simulated(honest, part(low, high), n_ctx=8192), thorough("multikey"))
    assert verified(report).retrieval == 0
    found = {cell.depth: cell.state for cell in cells(report) if cell.length == 8192}
    assert {depth for depth, state in found.items() if state == "pass"} <= green
    assert {depth for depth, state in found.items() if state == "fail"} >= set(report.depths) - green


def test_a_window_is_found_at_the_first_length_beyond_it() -> None:
    plan = plan_for("standard", 32_768, tasks=["multikey"])
    report = run(Simulated(honest, window(8192), n_ctx=32_768), plan)
    assert verified(report).retrieval == 8192


@pytest.mark.parametrize("reader", [guesses, silent, dumps, first_needle])
def test_what_cannot_read_passes_nothing(reader: Reader) -> None:
    report = run(
        Simulated(reader, n_ctx=4096),
        plan_for("standard", 4096, tasks=["single", "multikey", "absent"]),
    )
    assert verified(report).retrieval == 0
    assert not [cell for cell in cells(report) if cell.state == "pass"]


def test_what_always_refuses_passes_only_where_nothing_is_there() -> None:
    report = run(Simulated(refuses, n_ctx=4096), plan_for("standard", 4096, tasks=["multikey", "absent"]))
    assert {trial.task for trial in report.trials if trial.passed} == {"absent"}
    assert all(trial.passed for trial in report.trials if trial.task == "absent")
    assert verified(report).retrieval == 0


def test_a_reader_that_is_seldom_wrong_is_not_taken_for_one_that_is() -> None:
    def share(length: int) -> float:
        return 0.99 if length < 4100 else 0.5

    report = run(Simulated(bernoulli(share), n_ctx=8192), plan_for("standard", 8192, tasks=["multikey"]))
    assert verified(report).retrieval == 4096


def one_length(*tasks: str) -> Plan:
    plan = plan_for("standard", 4096, tasks=tasks or None)
    return replace(plan, lengths=(4096,), recheck=0, write_every=4)


def test_a_perfect_reader_passes_every_task_there_is() -> None:
    report = run(Simulated(n_ctx=4096), one_length())
    assert {trial.task for trial in report.trials} == set(TASKS)
    assert {cell.state for cell in by_length(report)} == {"pass"}
    assert (verified(report).retrieval, verified(report).reasoning) == (4096, 4096)
    assert {trial.agrees for trial in report.trials} == {None, True}


@pytest.mark.parametrize("reader", [guesses, silent, first_needle, dumps, refuses])
def test_what_does_not_read_passes_no_task_of_several_values_or_steps(reader: Reader) -> None:
    tasks = ("uuid", "multivalue", "multiquery", "variable", "order")
    report = run(Simulated(reader, n_ctx=4096), one_length(*tasks))
    # The first value of all may be the one that is asked for, once.
    assert sum(trial.passed for trial in report.trials) <= (reader is first_needle)
    assert {cell.state for cell in by_length(report)} == {"fail"}
    assert (verified(report).retrieval, verified(report).reasoning) == (0, 0)


def test_tasks_whose_needles_stand_all_over_fail_where_a_part_is_not_seen() -> None:
    report = run(Simulated(honest, part(0.4, 1.0), n_ctx=4096), one_length("multivalue", "variable"))
    assert {cell.state for cell in by_length(report)} == {"fail"}
    assert {trial.depth for trial in report.trials} == {None}
