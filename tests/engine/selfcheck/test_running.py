"""A check from its plan to its report: stopped and gone on with, short of time, and with what cannot be had."""

from __future__ import annotations

import random
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest

from engine.errors import CheckError
from engine.selfcheck.asking import parting_margin
from engine.selfcheck.plan import BASELINE, Plan, plan_for
from engine.selfcheck.progress import CheckProgress
from engine.selfcheck.report import Report, Trial
from engine.selfcheck.task import Item, Judged, Kind
from engine.selfcheck.verdicts import failed_preconditions, verdict, verified
from tests.engine.selfcheck.simulated import REFUSAL, Plain, Remembered, Simulated, View, bernoulli, honest, silent
from tests.engine.selfcheck.test_readers import run, text


def standard(*tasks: str, longest: int = 8192) -> Plan:
    return plan_for("standard", longest, tasks=tasks or ["multikey", "absent"])


def keys(trials: Sequence[Trial]) -> list[tuple[str, int, int, int]]:
    return [(t.task, t.length, t.seed, t.number) for t in trials]


def test_it_goes_on_where_it_was_cut_off() -> None:
    reader = bernoulli(lambda length: 0.9, 4)
    whole = run(Simulated(reader, n_ctx=8192), standard())
    told: list[Trial] = []
    cut = Simulated(reader, n_ctx=8192, breaks_after=60)
    first = run(cut, standard(), on_trial=told.append)
    assert first.ended == "cancelled"
    assert 0 < len(first.trials) < len(whole.trials)
    assert tuple(told) == first.trials == whole.trials[: len(told)]
    later = Simulated(reader, n_ctx=8192)
    told.clear()
    rest = run(later, standard(), on_trial=told.append, known=first.trials)
    assert rest.ended == "done"
    assert rest.trials == whole.trials
    assert not set(keys(told)) & set(keys(first.trials))
    assert later.asked < len(whole.trials)


def test_nothing_is_read_when_all_is_known() -> None:
    plan = replace(standard(), recheck=0)
    whole = run(Simulated(n_ctx=8192), plan)
    again = Simulated(n_ctx=8192)
    report = run(again, plan, known=whole.trials)
    assert (report.trials, again.prompts, report.read, report.asked) == (whole.trials, [], 0, 0)


def test_trials_of_other_questions_are_not_taken_for_known() -> None:
    plan = replace(standard(), recheck=0)
    whole = run(Simulated(n_ctx=8192), plan)
    strange = [replace(trial, question="What else?") for trial in whole.trials]
    assert run(Simulated(n_ctx=8192), plan, known=strange).trials == whole.trials


def test_a_stop_leaves_what_is_known() -> None:
    told: list[Trial] = []
    report = run(Simulated(n_ctx=8192), standard(), on_trial=told.append, stop=lambda: len(told) >= 25)
    assert (report.ended, len(report.trials)) == ("cancelled", 25)
    assert report.preconditions
    assert verified(report).retrieval is None


def test_a_stop_while_reading_ends_the_reading() -> None:
    phases: list[str] = []
    report = run(
        Simulated(n_ctx=8192),
        standard(),
        on_progress=lambda progress: phases.append(progress.phase),
        stop=lambda: "reading" in phases,
    )
    assert (report.ended, report.trials) == ("cancelled", ())


def test_it_ends_when_its_time_is_over() -> None:
    subject = Simulated(n_ctx=65_536, speed=1000.0)
    report = run(subject, replace(standard(longest=65_536), seconds=40.0), clock=subject.clock)
    assert report.ended == "time"
    assert report.trials
    assert report.seconds == pytest.approx(40.0, abs=20.0)
    assert all(t.length < 65_536 for t in report.trials)


@pytest.mark.parametrize(("speed", "most"), [(200.0, 4096), (400.0, 16_384), (1e6, 65_536)])
def test_quick_asks_what_its_time_allows(speed: float, most: int) -> None:
    subject = Simulated(n_ctx=65_536, speed=speed)
    plan = plan_for("quick", 65_536, tasks=["multikey", "absent"])
    seen: list[CheckProgress] = []
    report = run(subject, plan, clock=subject.clock, on_progress=seen.append, text=text(6000))
    tested = {trial.length for trial in report.trials}
    assert BASELINE in tested
    assert max(tested) <= most
    assert report.seconds <= 130.0
    assert report.lengths == plan.lengths
    assert seen[0].phase == "measuring"
    if speed == 1e6:
        assert (verified(report).retrieval, tested) == (65_536, set(plan.lengths))
    else:
        assert any("no time" in note for note in report.notes)


def test_quick_takes_the_configured_context_in_when_it_fits() -> None:
    subject = Simulated(n_ctx=40_000, speed=1600.0)
    plan = plan_for("quick", 40_000, tasks=["multikey"])
    report = run(subject, plan, clock=subject.clock)
    assert {4096, 40_000} <= {trial.length for trial in report.trials}
    assert verified(report).retrieval == 40_000


def test_the_time_that_is_left_is_about_right() -> None:
    subject = Simulated(n_ctx=8192, speed=1000.0)
    seen: list[CheckProgress] = []
    report = run(subject, standard(), clock=subject.clock, on_progress=seen.append)
    assert all(progress.done <= progress.total for progress in seen)
    assert [p.done for p in seen] == sorted(p.done for p in seen)
    half = next(p for p in seen if p.phase == "asking" and p.seconds > report.seconds / 2)
    assert half.seconds_left == pytest.approx(report.seconds - half.seconds, rel=0.6)
    assert (seen[-1].phase, seen[-1].done, seen[-1].seconds_left) == ("done", len(report.trials), 0.0)


def test_without_log_probabilities_answers_are_written() -> None:
    report = run(Simulated(n_ctx=4096, scores=False), standard(longest=4096))
    assert {trial.how for trial in report.trials} == {"generated"}
    assert {trial.margin for trial in report.trials} == {None}
    assert verified(report).retrieval == 4096
    assert sum("what the model writes" in note for note in report.notes) == 1


def test_what_cannot_go_back_reads_again_and_that_is_said() -> None:
    report = run(Simulated(n_ctx=4096, checkpoints=False), replace(standard(longest=4096), most=20))
    assert verified(report).retrieval == 4096
    assert report.read > 100_000
    assert any("cannot go back" in note for note in report.notes)


def test_a_reader_with_words_of_its_own_is_judged_by_what_it_writes() -> None:
    def wordy(view: View) -> str:
        return f" it seems that it is{honest(view)}."

    report = run(Simulated(wordy, n_ctx=4096), standard("multikey", longest=4096))
    assert verified(report).retrieval == 4096
    assert {trial.how for trial in report.trials} == {"generated"}
    assert any("words of its own" in note for note in report.notes)


def test_margins_tell_what_pass_and_fail_hide() -> None:
    report = run(Simulated(n_ctx=4096), standard("multikey", longest=4096))
    assert all(trial.margin is not None and trial.margin > 0 for trial in report.trials)
    missed = run(Simulated(lambda view: view.wrong, n_ctx=4096), standard("multikey", longest=4096))
    assert all(trial.margin is not None and trial.margin < 0 for trial in missed.trials)
    assert any(trial.got and trial.got != trial.expected for trial in missed.trials)


@pytest.mark.parametrize(
    ("right", "values", "rival", "others", "margin"),
    [
        ([1, 2, 3], (-0.1, -0.2, -0.3), [1, 5, 3], (-0.1, -2.2, -9.0), 2.0),
        # A right answer of many doubtful words is not behind a short one for its length.
        ([1, 2, 3, 4, 5], (-1.0,) * 5, [1, 9], (-1.0, -1.5), 0.5),
        ([1, 2], (-3.0, -0.1), [7, 2], (-0.1, -0.1), -2.9),
        ([1, 2], (-0.1, -0.1), [1, 2, 3], (-0.1, -0.1, -0.1), None),
        ([1, 2], (-0.1, -0.1), [1, 2], (-0.1, -0.1), None),
    ],
)
def test_answers_are_compared_where_they_part(
    right: list[int], values: tuple[float, ...], rival: list[int], others: tuple[float, ...], margin: float | None
) -> None:
    found = parting_margin(array("i", right), values, array("i", rival), others)
    assert found == (None if margin is None else pytest.approx(margin))


def test_every_so_manieth_is_written_out_and_agrees() -> None:
    report = run(Simulated(n_ctx=8192), replace(standard(), write_every=5))
    compared = [trial.agrees for trial in report.trials if trial.agrees is not None]
    assert set(compared) == {True}
    assert len(report.trials) / 8 < len(compared) < len(report.trials) / 3


def test_what_is_written_otherwise_than_measured_fails_a_precondition() -> None:
    class Forked(Simulated):
        """Measured it is right, written it is silent: as where sampling is broken."""

        def ask(self, prompt, **options):  # type: ignore[no-untyped-def]
            self.answers = silent
            try:
                return super().ask(prompt, **options)
            finally:
                self.answers = honest

    report = run(Forked(n_ctx=8192), replace(standard(), write_every=3))
    assert failed_preconditions(report) == ["writing agrees"]
    assert verified(report).retrieval is None


def test_another_verdict_from_a_cold_context_fails_a_precondition() -> None:
    class Fades(Simulated):
        """Right only over what it did not read in one go."""

        def _answer(self, prompt):  # type: ignore[no-untyped-def]
            self.answers = honest if self.warm else silent
            return super()._answer(prompt)

        def _read(self, prompt):  # type: ignore[no-untyped-def]
            reused = super()._read(prompt)
            self.warm = reused > 0
            return reused

    report = run(Fades(n_ctx=4096), standard(longest=4096))
    assert failed_preconditions(report) == ["cold context"]
    assert verdict(report) == "Nothing is verified: cold context did not hold."


def test_tokens_that_are_lost_fail_a_precondition() -> None:
    class Cuts(Simulated):
        """Leaves out what is in the middle of a long prompt, in silence."""

        def score(self, prompt, continuations):  # type: ignore[no-untyped-def]
            scored = super().score(prompt, continuations)
            return replace(scored, decoded=scored.decoded - 7) if len(prompt.tokens) > 2048 else scored

    report = run(Cuts(n_ctx=4096), standard(longest=4096))
    assert failed_preconditions(report) == ["every token decoded"]


def test_a_context_that_is_not_as_large_as_asked_for_is_named() -> None:
    report = run(Simulated(n_ctx=6000), standard())
    assert failed_preconditions(report) == ["context"]
    assert verified(report).retrieval is None
    assert all(trial.length < 8192 for trial in report.trials)


def test_facts_that_differ_are_named() -> None:
    facts: dict[str, tuple[object, object]] = {"KV cache": ("f16", "q4_0"), "RoPE base": (500_000, 500_000)}
    report = run(Simulated(n_ctx=4096), standard(longest=4096), facts=facts, bos=0)
    shown = {condition.name: condition for condition in report.preconditions}
    assert failed_preconditions(report) == ["KV cache"]
    assert (shown["RoPE base"].expected, shown["RoPE base"].holds) == ("500,000", True)
    assert (shown["one BOS"].holds, shown["one BOS"].found) == (True, "1 of it")


def test_a_second_bos_is_named() -> None:
    class Twice(Simulated):
        def frame(self, roles, date):  # type: ignore[no-untyped-def]
            first, *rest = super().frame(roles, date)
            return [first[:1] + first, *rest]

    assert failed_preconditions(run(Twice(n_ctx=4096), standard(longest=4096), bos=0)) == ["one BOS"]
    assert failed_preconditions(run(Twice(n_ctx=4096), standard(longest=4096))) == ["one BOS"]


def test_lengths_beyond_the_training_are_noted() -> None:
    report = run(Simulated(n_ctx=8192, n_ctx_train=4096), standard())
    assert any("trained on 4,096" in note for note in report.notes)
    assert verified(report).retrieval == 8192


def test_few_numbers_for_lines_make_longer_lines() -> None:
    report = run(Simulated(n_ctx=16_384), standard("multikey", longest=16_384), layout=Plain(300))
    assert verified(report).retrieval == 16_384


def test_too_few_numbers_for_lines_leave_lengths_untested() -> None:
    report = run(Simulated(n_ctx=8192), standard("uuid"), layout=Plain(60))
    assert max(trial.length for trial in report.trials) < 8192
    assert any("4,096, 8,192 tokens: not enough lines that can be numbered" in note for note in report.notes)
    assert verified(report).retrieval in (1024, 2048)


def test_a_text_too_short_for_a_length_leaves_it_untested() -> None:
    report = run(Simulated(n_ctx=16_384), standard("multikey", longest=16_384), text=text()[:100])
    assert {trial.length for trial in report.trials} == {1024, 2048, 4096}
    assert verified(report).retrieval == 4096
    assert any("not enough text" in note for note in report.notes)


@pytest.mark.parametrize(("lines", "message"), [([], "no text"), (["Too short."] * 5, "too short for a self-check")])
def test_a_text_too_short_is_one_sentence(lines: list[str], message: str) -> None:
    with pytest.raises(CheckError, match=message):
        run(Simulated(n_ctx=8192), standard(), text=lines)


def test_an_item_whose_key_stands_in_the_text_is_drawn_again() -> None:
    plan = replace(standard("multikey"), recheck=0)
    first = run(Simulated(n_ctx=8192), plan)
    asked = {trial.question for trial in first.trials}
    key = first.trials[0].question.split(" for the ")[1].rstrip("?")
    other = (*text(), f"Somebody had painted the {key} on the wall.")
    second = run(Simulated(n_ctx=8192), plan, text=other)
    assert all(key not in trial.question for trial in second.trials)
    assert verified(second).retrieval == 8192
    assert any(key in question for question in asked)


def test_bad_plans_are_one_sentence() -> None:
    with pytest.raises(CheckError, match="needs 4,096 tokens") as small:
        plan_for("quick", 2048)
    assert "--ctx" in small.value.hint
    with pytest.raises(CheckError, match="no task “haiku”") as unknown:
        plan_for("quick", 8192, tasks=["multikey", "haiku"])
    assert "multikey" in unknown.value.hint
    with pytest.raises(CheckError, match="no task “haiku”"):
        run(Simulated(), replace(standard(), tasks=("haiku",)))


def test_the_classic_grid_asks_each_cell_as_often_and_verifies_nothing() -> None:
    report = run(Simulated(silent, n_ctx=8192), plan_for("classic", 8192))
    counted = Counter((trial.length, trial.depth) for trial in report.trials)
    assert set(counted) == {(length, depth) for length in report.lengths for depth in report.depths}
    assert set(counted.values()) == {3}
    assert verified(report).retrieval is None


@dataclass(frozen=True)
class Chain:
    """Two facts that only together answer."""

    name: str = "chain"
    kind: Kind = "reasoning"
    spread: bool = True

    def items(self, chosen: random.Random, count: int) -> list[Item]:
        names = [f"x{chosen.randrange(10**6)}n{i}" for i in range(count)]
        values = [str(chosen.randrange(10**6, 10**7)) for _ in names]
        return [
            Item(self.name, (f"{a} is {v}.", f"{a}b is {a}."), f"What is {a}b?", (v,), opening=f"{a}b is")
            for a, v in zip(names, values, strict=True)
        ]

    def filler(self, chosen: random.Random, items: Sequence[Item]) -> Iterator[str] | None:
        return None

    def judge(self, item: Item, answer: str, *, refusal: str = "") -> Judged:
        return Judged(item.expected[0] in answer and REFUSAL not in answer, answer)


def both_classes(subject: Simulated) -> Report:
    from engine.selfcheck.tasks import TASKS

    tasks = {
        "multikey": Remembered(TASKS["multikey"], subject.items_of),
        "chain": Remembered(Chain(), subject.items_of),
    }
    plan = plan_for("standard", 8192, known_tasks=list(tasks))
    return run(subject, plan, tasks=tasks)


def test_reasoning_has_a_figure_of_its_own() -> None:
    perfect = both_classes(Simulated(n_ctx=8192))
    assert (verified(perfect).retrieval, verified(perfect).reasoning) == (8192, 8192)
    assert {trial.depth for trial in perfect.trials if trial.task == "chain"} == {None}
    near = both_classes(Simulated(sight=lambda tokens: (max(0, tokens - 1500), tokens), n_ctx=8192))
    assert (verified(near).retrieval, verified(near).reasoning) == (1024, 1024)
