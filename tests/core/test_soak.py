"""The short twin of the soak benchmark: questions in a row, stopped and killed at random moments."""

from __future__ import annotations

import os

import pytest

from tests.benchmarks.soak import soak


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_questions_in_a_row_with_stops_and_kills_give_what_cold_runs_give() -> None:
    done = soak(questions=15, kills=2, seed=3, sets=2, each=2)
    assert not done.wrong
    assert not done.leftover
    assert (done.asked, done.kills, done.restarts) == (15, 2, 2)
    assert done.compared + done.cancelled == 15
    assert done.compared >= 8
    assert done.reused > 0, "a worker that reads everything again proves nothing"


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_five_hundred_questions_in_a_row() -> None:
    done = soak(questions=500, kills=20)
    assert done.good, (done.wrong[:3], done.leftover, done.worker, done.parent)
    assert done.kills == 20
