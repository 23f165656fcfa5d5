"""A check of a model that reads rightly, run by an engine with one thing made wrong: it is red there and only there.

Or a precondition fails, and its name says what is wrong. All of it through llama.cpp.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.core.selfcheck.layouts import HeaderLayout
from engine.backends.local import LocalBackend
from engine.protocol import LoadOptions
from engine.selfcheck.plan import Plan
from engine.selfcheck.report import Cell, Report
from engine.selfcheck.running import check
from engine.selfcheck.verdicts import cells, failed_preconditions, verified
from tests.engine.asking import COMMAND
from tests.engine.selfcheck.test_readers import text
from tests.make_gguf import sample_vocabulary, write_random
from tests.needle_reader import write_needle_reader

ENGINE = Path(__file__).with_name("sabotaged_engine.py")
SHORT = Plan("standard", (1024, 2048), ("multikey",), bands=5, least=4, most=40, recheck=1, write_every=5)
TINY = Plan("standard", (1024,), ("multikey",), bands=5, least=1, most=5, recheck=1, write_every=5)
LONG = Plan("standard", (2048, 8192, 16_384), ("single", "multikey"), bands=5, least=4, most=60, recheck=1)

LONGEST_LINE = 40
"""Tokens of a needle's line at most."""


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model that reads rightly."""
    return write_needle_reader(tmp_path_factory.mktemp("models") / "needle.gguf")


@contextmanager
def sabotaged(path: Path, n_ctx: int, *sabotage: object) -> Iterator[LocalBackend]:
    """A backend whose engine does one thing wrongly; all rightly when nothing is named."""
    command = [COMMAND[0], str(ENGINE), *map(str, sabotage)] if sabotage else COMMAND
    backend = LocalBackend(command)
    try:
        backend.load(LoadOptions(str(path), n_ctx))
        yield backend
    finally:
        backend.close()


def checked(backend: LocalBackend, plan: Plan) -> Report:
    """The report of a whole check."""
    report = check(
        backend,
        HeaderLayout(),
        plan,
        text(),
        on_progress=lambda _: None,
        on_trial=lambda _: None,
        stop=lambda: False,
    )
    assert report.ended == "done"
    return report


def damaged(report: Report) -> list[Cell]:
    """Cells in which anything was missed. Every cell was tested."""
    found = cells(report)
    assert {(cell.task, cell.length, cell.depth) for cell in found if cell.n} == {
        (task, length, depth) for task in report.classes for length in report.lengths for depth in report.depths
    }
    return [cell for cell in found if cell.passed < cell.n]


def struck(report: Report, first: int, last: int) -> tuple[list[bool], list[bool]]:
    """Whether trials passed whose needle lies between these positions, and those whose needle touches none of them."""
    placed = [(trial.position, trial.passed) for trial in report.trials if trial.position is not None]
    inside = [passed for at, passed in placed if first <= at <= last - LONGEST_LINE]
    return inside, [passed for at, passed in placed if not first - LONGEST_LINE < at < last]


def unmet(backend: LocalBackend) -> set[str]:
    """What llama.cpp says that it loaded otherwise than asked for."""
    return {name for name, fact in backend.info.loaded_facts.items() if fact.holds is False}


@pytest.fixture(scope="module")
def green(reader: Path) -> Report:
    """Of an engine that does all rightly."""
    with sabotaged(reader, 4096) as backend:
        assert unmet(backend) == set()
        return checked(backend, SHORT)


def test_an_engine_that_does_all_rightly_is_green(green: Report) -> None:
    assert damaged(green) == []
    assert (verified(green).retrieval, failed_preconditions(green)) == (2048, [])
    assert all(trial.agrees for trial in green.trials if trial.agrees is not None)
    assert sum(trial.agrees is not None for trial in green.trials) >= 4


@pytest.mark.parametrize("how", ["zero", pytest.param("noise", marks=pytest.mark.long)])
def test_a_damaged_band_is_red_and_the_others_are_green(reader: Path, green: Report, how: str) -> None:
    # The same questions stand at the same places.
    places = [t.position for t in green.trials if (t.length, t.depth) == (2048, 70) and t.position is not None]
    first, last = min(places), max(places) + LONGEST_LINE
    with sabotaged(reader, 4096, "band", first, last, how) as backend:
        report = checked(backend, SHORT)
        assert [(cell.length, cell.depth, cell.passed) for cell in damaged(report)] == [(2048, 70, 0)]
        inside, outside = struck(report, first, last)
        assert len(inside) >= 4 and not any(inside) and all(outside)
        assert (verified(report).retrieval, failed_preconditions(report), unmet(backend)) == (1024, [], set())


@pytest.mark.long
def test_a_damaged_band_beyond_a_chunk_is_red_at_each_length_that_holds_it(reader: Path) -> None:
    first, last = 7_000, 7_900
    with sabotaged(reader, 16_640, "band", first, last, "zero") as backend:
        report = checked(backend, LONG)
        inside, outside = struck(report, first, last)
        assert len(inside) >= 8 and not any(inside) and all(outside)
        assert {(cell.length, cell.depth) for cell in damaged(report)} <= {(8192, 90), (16_384, 50)}
        assert {cell.length for cell in damaged(report)} == {8192, 16_384}
        assert (verified(report).retrieval, failed_preconditions(report)) == (2048, [])


@pytest.mark.long
def test_an_engine_that_does_all_rightly_is_green_beyond_a_chunk(reader: Path) -> None:
    with sabotaged(reader, 16_640) as backend:
        report = checked(backend, LONG)
        assert (damaged(report), failed_preconditions(report)) == ([], [])
        assert verified(report).retrieval == 16_384


def test_another_rope_base_in_the_file_is_red_everywhere(tmp_path: Path) -> None:
    with sabotaged(write_needle_reader(tmp_path / "turned.gguf", rope_base=500_000.0), 2048) as backend:
        report = checked(backend, TINY)
        assert {cell.passed for cell in cells(report)} == {0}
        assert verified(report).retrieval == 0


def test_another_rope_base_than_the_files_is_named_and_red(reader: Path) -> None:
    with sabotaged(reader, 2048, "rope", 500_000.0) as backend:
        assert "rope base in windows" in unmet(backend)
        assert backend.info.loaded_facts["rope base in windows"].found == 500_000.0
        assert {cell.passed for cell in cells(checked(backend, TINY))} == {0}


def test_a_second_token_that_begins_a_text_is_named(reader: Path) -> None:
    with sabotaged(reader, 2048, "bos") as backend:
        report = checked(backend, TINY)
        assert failed_preconditions(report) == ["one BOS"]
        assert verified(report).retrieval is None


def test_a_smaller_context_than_asked_for_is_named(reader: Path) -> None:
    with sabotaged(reader, 4096, "context", 2048) as backend:
        assert unmet(backend) == {"context"}
        report = checked(backend, TINY)
        assert failed_preconditions(report) == ["context"]
        assert verified(report).retrieval is None


def test_a_prefix_that_was_cut_is_named(reader: Path) -> None:
    with sabotaged(reader, 2048, "cut", 300, 500) as backend:
        report = checked(backend, TINY)
        assert failed_preconditions(report)[0] == "every token decoded"
        assert verified(report).retrieval is None


def test_random_weights_are_red_everywhere(tmp_path: Path) -> None:
    path = write_random(tmp_path / "random.gguf", vocabulary=sample_vocabulary(2048))
    with sabotaged(path, 2048) as backend:
        report = checked(backend, TINY)
        assert {cell.passed for cell in cells(report)} == {0}
        assert (verified(report).retrieval, failed_preconditions(report)) == (0, [])
