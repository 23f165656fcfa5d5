"""Short twins of the equality benchmark: branches at random places, each token held against a cold run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.equality import TIE, Size, run
from tests.engine.in_process import opened
from tests.make_gguf import Architecture, Sizes, write_random

SMALL = Sizes(layers=4, width=32, heads=1, kv_heads=1, feed_forward=32, context=40_960, window=128)
SHORT = Size(
    prefixes=2, branches=4, shortest=500, longest=900, answer=12, between=330, paper=150, chunk=256, nearest=50
)
OVER_A_BORDER = Size(prefixes=1, branches=2, shortest=8_000, longest=8_100, answer=12, between=400)


@pytest.mark.parametrize("architecture", ["llama", "gemma2"])
@pytest.mark.parametrize("kv", ["f16", "q8_0"])
def test_branches_at_random_places_answer_as_if_read_alone(tmp_path: Path, architecture: Architecture, kv: str) -> None:
    path = write_random(tmp_path / "m.gguf", architecture=architecture, sizes=SMALL)
    with opened(path) as model:
        outcome = run(model, architecture, SHORT, kv=kv, seed=3, n_batch=64)
    assert outcome.compared == 2 * 4 * 12
    assert outcome.wrong == 0
    assert outcome.apart < TIE
    assert sum(outcome.reused) / len(outcome.reused) > 0.3


def test_branches_on_both_sides_of_a_border_answer_as_if_read_alone(tmp_path: Path) -> None:
    path = write_random(tmp_path / "m.gguf", sizes=SMALL)
    with opened(path) as model:
        outcome = run(model, "llama4", OVER_A_BORDER, kv="f16", seed=2)
    assert (outcome.compared, outcome.wrong) == (24, 0)
    assert outcome.apart < TIE
    assert sum(outcome.reused) / len(outcome.reused) > 0.3


@pytest.mark.long
@pytest.mark.parametrize("kv", ["f16", "q8_0", "q4_0"])
def test_branches_of_long_prefixes_answer_as_if_read_alone(tmp_path: Path, kv: str) -> None:
    path = write_random(tmp_path / "m.gguf", sizes=SMALL)
    with opened(path) as model:
        outcome = run(model, "llama4", Size(prefixes=2, branches=3, longest=18_000), kv=kv, seed=5)
    assert outcome.compared == 6 * 48
    assert outcome.wrong == 0
