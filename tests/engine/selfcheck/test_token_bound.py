"""What a map costs, counted by the engine: one read of the longest length and the questions, and a tenth at most."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from engine.backends.local import LocalBackend
from engine.protocol import Answer, Prompt, Scored
from engine.selfcheck.plan import Plan, plan_for
from engine.selfcheck.report import Report
from engine.selfcheck.running import check
from engine.selfcheck.verdicts import failed_preconditions
from tests.engine.asking import loaded
from tests.engine.selfcheck.simulated import Plain
from tests.engine.selfcheck.test_readers import text
from tests.make_gguf import sample_vocabulary, write_random

BOUND = 1.10


@dataclass
class Counting:
    """A backend, and what its counters said. questions: tokens behind the haystacks, and of answers."""

    backend: LocalBackend
    decoded: int = 0
    questions: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.backend, name)

    def ask(self, prompt: Prompt, **options: Any) -> Answer:
        answer = self.backend.ask(prompt, **options)
        self._count(prompt, answer, answer.tokens)
        return answer

    def score(self, prompt: Prompt, continuations: Sequence[array[int]]) -> Scored:
        scored = self.backend.score(prompt, continuations)
        self._count(prompt, scored, scored.scored)
        return scored

    def _count(self, prompt: Prompt, found: Answer | Scored, answered: int) -> None:
        self.decoded += found.decoded + answered
        self.questions += len(prompt.tokens) - prompt.prefix + answered


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights, and a vocabulary with whole words, so that lines are as long as they are for real models."""
    return write_random(tmp_path_factory.mktemp("models") / "wordy.gguf", vocabulary=sample_vocabulary(3072))


def mapped(model: Path, plan: Plan) -> tuple[Report, Counting]:
    with loaded(model, n_ctx=plan.lengths[-1]) as backend:
        subject = Counting(backend)
        report = check(
            subject,
            Plain(),
            plan,
            text(),
            on_progress=lambda progress: None,
            on_trial=lambda trial: None,
            stop=lambda: False,
        )
    return report, subject


def within_the_bound(model: Path, plan: Plan) -> Report:
    report, counted = mapped(model, plan)
    cells = Counter((trial.length, trial.depth) for trial in report.trials)
    assert cells == {(length, depth): plan.each for length in plan.lengths for depth in plan.depths}
    assert report.read + report.asked == counted.decoded
    assert plan.lengths[-1] * 0.95 < report.read
    assert counted.decoded <= BOUND * (plan.lengths[-1] + counted.questions)
    assert failed_preconditions(report) == []
    return report


def grid(*lengths: int, tasks: Sequence[str] = ("single",)) -> Plan:
    plan = plan_for("classic", lengths[-1], tasks=tasks)
    return replace(plan, lengths=lengths, each=1, recheck=0)


def test_a_map_costs_one_read_and_its_questions(model: Path) -> None:
    report = within_the_bound(model, grid(1024, 2048, 3072, 4096))
    assert {trial.how for trial in report.trials} == {"scored"}
    # Random weights find nothing.
    assert not any(trial.passed for trial in report.trials)


@pytest.mark.long
def test_ten_depths_at_eight_lengths_cost_one_read_and_their_questions(model: Path) -> None:
    within_the_bound(model, grid(1024, 2048, 4096, 8192, 12_288, 16_384, 24_576, 32_768))


@pytest.mark.long
def test_many_confusable_keys_cost_no_more(model: Path) -> None:
    report, counted = mapped(model, replace(plan_for("standard", 16_384, tasks=["multikey"]), recheck=0))
    assert report.read + report.asked == counted.decoded
    assert failed_preconditions(report) == []


def test_a_model_of_random_weights_is_red_everywhere(model: Path) -> None:
    plan = replace(plan_for("standard", 4096, tasks=["multikey", "absent"]), lengths=(2048, 4096), bands=5)
    report, _ = mapped(model, plan)
    assert {trial.passed for trial in report.trials} == {False}
    assert failed_preconditions(report) == []
