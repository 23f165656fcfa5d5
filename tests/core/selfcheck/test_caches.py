"""Caches are compared over the questions that both were asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.core.selfcheck.caches import compare_caches, comparison_lines
from engine.selfcheck.plan import Plan
from tests.engine.selfcheck.sample_reports import sampled

PLAN = Plan("standard", (1024, 4096), ("multikey", "latent"), bands=2, each=5)
FIRST = sampled(lambda *_: 1.0, PLAN)


def test_only_questions_asked_of_both_count() -> None:
    trials = tuple(
        replace(t, passed=t.length == 1024, margin=None if t.margin is None else t.margin - 2.0) for t in FIRST.trials
    )
    other = [t for t in trials if t.task == "multikey"]
    other[0] = replace(other[0], question="Another question?")
    changes = compare_caches([FIRST, replace(FIRST, kv="q4_0", trials=tuple(other))])
    assert [(c.kv, c.task, c.length, c.n, c.passed, c.passed_before) for c in changes] == [
        ("q4_0", "multikey", 1024, 9, 9, 9),
        ("q4_0", "multikey", 4096, 10, 0, 10),
    ]
    for change in changes:
        assert change.margin is not None and change.margin_before is not None
        assert change.margin == pytest.approx(change.margin_before - 2.0)
    (_, line) = comparison_lines(changes)
    assert line.startswith("q4_0, multikey at 4K: 0 of 10 right instead of 10; margin +")


def test_without_margins_and_without_others() -> None:
    plain = replace(FIRST, trials=tuple(replace(t, margin=None, how="generated") for t in FIRST.trials))
    assert all(c.margin is None and c.margin_before is None for c in compare_caches([plain, FIRST]))
    assert "margin" not in " ".join(comparison_lines(compare_caches([plain, FIRST])))
    assert compare_caches([FIRST]) == [] == compare_caches([])
