"""KV types beside each other: the same questions, paired."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.selfcheck.comparing import compare, compared_in_words, sign_test
from engine.selfcheck.plan import plan_for
from engine.selfcheck.report import Report
from tests.engine.selfcheck.simulated import Simulated, View, honest
from tests.engine.selfcheck.test_readers import run


def checked(kv: str, reader: object = honest) -> Report:
    plan = replace(plan_for("standard", 8192, tasks=["multikey"]), recheck=0)
    return replace(run(Simulated(reader, n_ctx=8192), plan), kv=kv)  # type: ignore[arg-type]


def forgetful(view: View) -> str:
    """Loses every third question beyond 4K, as a coarse cache might."""
    lost = view.length > 4096 and sum(map(ord, view.item.question)) % 3 == 0
    return view.wrong if lost else view.right


def test_the_same_is_no_different() -> None:
    base = checked("f16")
    (same,) = compare([base, checked("q8_0")])
    assert (same.pairs, same.lost, same.gained, same.chance, same.worse) == (len(base.trials), 0, 0, 1.0, False)
    assert same.margin == pytest.approx(0.0)
    said = compared_in_words(base, same)
    assert said.startswith(f"q8_0 is not surely different from f16: 0 lost and 0 gained of {same.pairs:,} questions")


def test_what_a_coarse_cache_loses_is_told() -> None:
    base = checked("f16")
    (worse,) = compare([base, checked("q4_0", forgetful)])
    assert worse.lost > 0
    assert worse.gained == 0
    assert worse.verified.retrieval == 4096
    assert worse.margin is not None
    assert worse.margin > 0
    said = compared_in_words(base, worse)
    assert "finding to 4K instead of 8K tokens" in said
    assert "margins fall by" in said


def test_other_questions_are_not_compared() -> None:
    base = checked("f16")
    strange = replace(base, trials=tuple(replace(trial, question="What else?") for trial in base.trials), kv="q8_0")
    (other,) = compare([base, strange])
    assert (other.pairs, other.margin) == (0, None)
    assert "not asked the same questions" in compared_in_words(base, other)


@pytest.mark.parametrize(("lost", "gained", "chance"), [(0, 0, 1.0), (5, 0, 0.0625), (6, 0, 0.03125), (8, 2, 0.109375)])
def test_the_sign_test_is_exact(lost: int, gained: int, chance: float) -> None:
    assert sign_test(lost, gained) == sign_test(gained, lost) == pytest.approx(chance)


def test_nothing_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="nothing to compare"):
        compare([])
