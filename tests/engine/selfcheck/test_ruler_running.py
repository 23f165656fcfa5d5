"""RULER's suite from plan to score: haystacks of its own, the published rule, the same ways to end."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import pytest

from engine.errors import CheckError
from engine.protocol import Answer, Prompt
from engine.selfcheck.plan import Plan, expected_seconds, plan_for
from engine.selfcheck.report import Report, Trial
from engine.selfcheck.ruler import RULER_TASKS
from engine.selfcheck.ruler_running import ruler_averages, ruler_length, ruler_scores
from engine.selfcheck.verdicts import failed_preconditions, verdict, verified
from tests.engine.selfcheck.simulated import Simulated
from tests.engine.selfcheck.test_readers import run

NEEDLES = ("niah_single_1", "niah_multikey_1", "niah_multivalue")


@dataclass
class Finds(Simulated):
    """Writes every number that stands behind the key that is asked for; beyond `most` tokens it writes nothing."""

    most: int = 1 << 30
    asked_at: list[int] = field(default_factory=list)

    def _answer(self, prompt: Prompt) -> str:
        total = len(prompt.tokens)
        self.asked_at.append(total + prompt.max_answer)
        if total > self.most:
            return ""
        text = self.words.decode(prompt.tokens)
        key = re.search(r"for ([\w-]+) in the text above", text)
        assert key is not None
        return ", ".join(re.findall(rf"for {re.escape(key[1])} is: (\S+)\.", text))


def plan(*tasks: str, longest: int = 8192, each: int = 2) -> Plan:
    return replace(plan_for("ruler", longest, tasks=tasks or NEEDLES), each=each)


def asked(subject: Simulated, wanted: Plan, **options: object) -> Report:
    return run(subject, wanted, **options)


def test_a_reader_that_finds_all_has_full_marks() -> None:
    subject = Finds(n_ctx=8192)
    report = asked(subject, plan())
    assert ruler_scores(report) == {n: dict.fromkeys(NEEDLES, 100.0) for n in (4096, 8192)}
    assert ruler_length(report) == 8192
    assert verdict(report) == "RULER's mean score is at least 85.6 up to 8K tokens."
    assert verified(report).retrieval is None
    assert failed_preconditions(report) == []
    assert {trial.how for trial in report.trials} == {"generated"}
    # Samples fill their lengths and never exceed them, the answer's room included.
    assert all(any(0.9 * n < total <= n for n in (4096, 8192)) for total in subject.asked_at)


def test_what_fails_beyond_a_length_ends_there() -> None:
    report = asked(Finds(n_ctx=8192, most=5000), plan())
    assert ruler_averages(report) == {4096: 100.0, 8192: 0.0}
    assert ruler_length(report) == 4096
    assert "below 85.6 even at 4K" in verdict(asked(Finds(n_ctx=8192, most=100), plan()))


def test_a_part_of_the_references_is_a_part_of_the_marks() -> None:
    class Half(Finds):
        def _answer(self, prompt: Prompt) -> str:
            return ", ".join(super()._answer(prompt).split(", ")[:2])

    report = asked(Half(n_ctx=4096), plan("niah_multivalue", longest=4096))
    assert ruler_scores(report) == {4096: {"niah_multivalue": 50.0}}
    assert {(trial.passed, trial.share) for trial in report.trials} == {(False, 0.5)}


def test_it_goes_on_and_stops_as_the_other_levels_do() -> None:
    whole = asked(Finds(n_ctx=8192), plan())
    told: list[Trial] = []
    first = asked(Finds(n_ctx=8192), plan(), on_trial=told.append, stop=lambda: len(told) >= 4)
    assert (first.ended, first.trials) == ("cancelled", whole.trials[:4])
    subject = Finds(n_ctx=8192)
    rest = asked(subject, plan(), known=first.trials)
    assert rest.trials == whole.trials
    assert len(subject.asked_at) == len(whole.trials) - 4
    assert ruler_length(first) == 4096
    clocked = Finds(n_ctx=8192, speed=1000.0)
    timed = asked(clocked, replace(plan(), seconds=15.0), clock=clocked.clock)
    assert timed.ended == "time"
    assert 0 < len(timed.trials) < len(whole.trials)


def test_a_length_at_which_a_task_was_not_asked_does_not_count() -> None:
    told: list[Trial] = []
    report = asked(Finds(n_ctx=8192), plan(), on_trial=told.append, stop=lambda: len(told) >= 2)
    assert ruler_length(report) is None
    assert "says nothing yet" in verdict(report)


def test_lengths_beyond_the_context_fail_a_precondition() -> None:
    report = asked(Finds(n_ctx=4096), plan())
    assert {trial.length for trial in report.trials} == {4096}
    assert failed_preconditions(report) == ["context"]


def test_the_plan_knows_its_tasks_and_what_they_cost() -> None:
    wanted = plan_for("ruler", 16_384)
    assert wanted.tasks == tuple(RULER_TASKS)
    assert wanted.lengths == (4096, 8192, 16_384)
    reads = wanted.each * len(wanted.tasks) * sum(wanted.lengths)
    assert expected_seconds(wanted, wanted.lengths, 0.001, 0.0) == pytest.approx(reads / 1000)
    with pytest.raises(CheckError, match="no task “multikey”"):
        plan_for("ruler", 8192, tasks=["multikey"])


def test_answers_are_written_greedily_and_kept_nowhere() -> None:
    prompts: list[Prompt] = []

    class Listens(Finds):
        def ask(self, prompt: Prompt, **options: object) -> Answer:
            prompts.append(prompt)
            return super().ask(prompt, **options)  # type: ignore[arg-type]

    asked(Listens(n_ctx=4096), plan(longest=4096, each=1))
    assert {(p.sampling.temperature, p.keep, p.max_answer) for p in prompts} == {(0.0, False, 128)}
