"""What trials come to: every figure moves with them."""

from __future__ import annotations

from dataclasses import replace

from engine.selfcheck.report import Precondition, Report, Trial, Verified
from engine.selfcheck.verdicts import by_length, cells, relative_to, verdict, verified
from tests.engine.selfcheck import sample_reports


def made(passed: dict[tuple[str, int], list[bool]], **fields: object) -> Report:
    """Trials of tasks without depth: multiquery (retrieval), variable (reasoning)."""
    report = Report(
        suite="s",
        level="standard",
        lengths=(4096, 8192, 16384),
        depths=(50,),
        classes={"multiquery": "retrieval", "multivalue": "retrieval", "variable": "reasoning", "single": "smoke"},
        spread=("multiquery", "multivalue", "variable", "single"),
        context=16384,
        trials=tuple(
            Trial(task, length, None, 1, i, "?", (), "1", "1", hit)
            for (task, length), hits in passed.items()
            for i, hit in enumerate(hits)
        ),
    )
    return replace(report, **fields)  # type: ignore[arg-type]


HITS, MISSES = [True] * 18, [False] * 3


def both(length: int) -> dict[tuple[str, int], list[bool]]:
    return {("multiquery", length): HITS, ("multivalue", length): HITS}


def test_every_task_of_a_class_has_to_pass_at_every_shorter_length() -> None:
    good = both(4096) | both(8192) | both(16384)
    assert verified(made(good)) == Verified(16384, None)
    assert verified(made(good | {("multivalue", 8192): MISSES})) == Verified(4096, None)
    assert verified(made(good | {("multivalue", 4096): MISSES})) == Verified(0, None)
    assert verified(made(good | {("multivalue", 16384): []})) == Verified(8192, None)
    assert verified(made(both(4096) | both(16384))) == Verified(16384, None)
    assert verified(made(good | {("variable", 4096): HITS, ("variable", 8192): HITS[:-1]})) == Verified(16384, 4096)
    assert verified(made({("single", 4096): HITS})) == Verified(None, None)


def test_what_was_cut_off_before_it_was_decided_has_not_failed() -> None:
    begun = {("multiquery", 4096): HITS[:-1], ("multivalue", 4096): HITS}
    assert verified(made(begun)) == Verified(0, None)
    assert verified(made(begun, ended="time")) == Verified(None, None)
    assert "too few questions" in verdict(made(begun, ended="cancelled"))
    assert verified(made(begun | {("multivalue", 4096): MISSES}, ended="time")) == Verified(0, None)
    assert verified(made(both(4096) | {("multiquery", 8192): HITS[:-1]}, ended="time")) == Verified(4096, None)


def test_one_trial_moves_every_figure() -> None:
    report = sample_reports.lost_in_the_middle()
    assert verified(report).retrieval == 98_304
    at = next(i for i, t in enumerate(report.trials) if t.length == 65_536 and t.task == "uuid")
    cell = (report.trials[at].task, report.trials[at].length, report.trials[at].depth)
    turned = [replace(t, passed=False) if (t.task, t.length, t.depth) == cell else t for t in report.trials]
    other = replace(report, trials=tuple(turned))
    assert verified(other).retrieval == 32_768
    assert verdict(other) != verdict(report)
    before = next(c for c in cells(report) if (c.task, c.length, c.depth) == cell)
    after = next(c for c in cells(other) if (c.task, c.length, c.depth) == cell)
    assert (before.state, after.state) == ("pass", "fail")
    one = replace(
        report, trials=(*report.trials[:at], replace(report.trials[at], passed=False), *report.trials[at + 1 :])
    )
    moved = next(c for c in cells(one) if (c.task, c.length, c.depth) == cell)
    assert (moved.passed, moved.low < before.low) == (before.passed - 1, True)


def test_a_band_that_fails_or_is_mostly_missed_stops_a_length() -> None:
    report = made({}, depths=(25, 75), spread=(), classes={"multikey": "retrieval"})

    def at(near: list[bool], far: list[bool]) -> Report:
        trials = [Trial("multikey", 4096, 25, 1, i, "?", (), "1", "1", hit) for i, hit in enumerate(near)]
        trials += [Trial("multikey", 4096, 75, 1, 99 + i, "?", (), "1", "1", hit) for i, hit in enumerate(far)]
        return replace(report, trials=tuple(trials))

    assert verified(at(HITS, HITS)).retrieval == 4096
    assert verified(at(HITS * 3, [False] * 3)).retrieval == 0
    assert verified(at(HITS * 3, [False])).retrieval == 0
    assert verified(at(HITS * 3, [])).retrieval == 0
    assert verified(at(HITS * 3, [True, False, True])).retrieval == 4096


def test_seeds_that_disagree_verify_nothing_at_level_thorough() -> None:
    hits = [*[True] * 30, *[True] * 30, *([True, False] * 15)]
    trials = tuple(
        Trial("multiquery", 4096, None, 1 + i // 30, i, "?", (), "1", "1", hit) for i, hit in enumerate(hits)
    )
    report = made({}, classes={"multiquery": "retrieval"}, trials=trials)
    assert verified(report).retrieval == 4096
    assert verified(replace(report, level="thorough")).retrieval == 0


def test_a_failed_precondition_is_named_and_leaves_nothing() -> None:
    report = replace(made(both(4096)), preconditions=(Precondition("one BOS", False, "1", "2"),))
    assert verified(report) == Verified(None, None)
    assert verdict(report) == "Nothing is verified: one BOS did not hold."


def test_levels_that_prove_nothing_verify_nothing() -> None:
    report = replace(made(both(4096)), level="classic")
    assert verified(report) == Verified(None, None)
    assert "verifies no length" in verdict(report)


def test_one_sentence() -> None:
    assert verdict(made(both(4096) | both(8192))) == "Finding is verified to 8K tokens."
    skipping = verdict(made(both(4096) | both(16384)))
    assert skipping == "Finding is verified to 16K tokens, the whole context (not tested at 8K)."
    reasoned = both(4096) | both(8192) | both(16384) | {("variable", 4096): MISSES}
    said = "Finding is verified to 16K tokens, the whole context, reasoning is not verified even at 4K tokens."
    assert verdict(made(reasoned)) == said
    assert verdict(made({})) == "Nothing is verified yet: too few questions were asked."


def test_shares_are_told_in_relation_to_the_baseline() -> None:
    report = made(both(4096) | {("multiquery", 8192): [True, False] * 5})
    assert relative_to(report, 4096)["multiquery"] == {4096: 1.0, 8192: 0.5}


def test_untested_is_never_green() -> None:
    report = sample_reports.stopped()
    assert {cell.state for cell in by_length(report)} == {"pass", "undecided", "untested"}
    assert all(cell.state == "untested" for cell in cells(report) if cell.n == 0)
