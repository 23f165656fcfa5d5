"""Self-checks are kept trial by trial, found by fingerprint, and a file that cannot be used is left as it was."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from app.core.errors import StoreDamaged, StoreForeign, StoreNewer
from app.core.selfcheck.kept import MOST_OF_ONE_KIND, CheckUnknown, KeptChecks, report_of
from engine.selfcheck.report import Precondition, Report, Trial

FACTS = {"model": "m", "kv": "f16", "context": 4096, "rope": {"llama4.rope.freq_base": 500000.0}}
TRIAL = Trial(
    "multikey",
    4096,
    50,
    7,
    3,
    "What is the code?",
    ("The code is 1234567.",),
    "1234567",
    "7654321",
    False,
    "a look-alike's value",
    margin=-1.5,
    position=2000,
    agrees=True,
    share=0.25,
)
"""With a value in every field: each has to come back."""


def report(**chosen: object) -> Report:
    plain = Report(
        "1",
        "quick",
        (1024, 4096),
        (5, 50),
        {"multikey": "retrieval"},
        preconditions=(Precondition("one BOS", True, "1", "1"),),
        model="m",
        context=4096,
        fingerprint="f1",
        facts=FACTS,
        notes=("A note.",),
    )
    return replace(plain, **chosen)  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "selfcheck.db"


def test_the_trial_of_these_tests_has_every_field() -> None:
    assert not [field.name for field in fields(Trial) if getattr(TRIAL, field.name) in (None, "", ())]


def test_a_report_comes_back_as_it_was(path: Path) -> None:
    trials = (TRIAL, replace(TRIAL, number=4, depth=None, passed=True, agrees=None, margin=None, got="\ud800"))
    done = report(trials=trials, read=9000, asked=70, seconds=3.5, ended="time", kv="q8_0")
    with KeptChecks.open(path) as kept:
        number = kept.begin(report(), plan="p", seed=7)
        kept.add(number, trials[:1])
        kept.save(number, done, finished=True)
        found = kept.newest("f1")
    assert found is not None
    assert found.id == number and found.seed == 7 and found.finished > found.started
    expected = replace(done, started=found.started, trials=(trials[0], replace(trials[1], got="\\ud800")))
    assert found.report == expected
    assert report_of(expected.as_json()) == expected


def test_trials_are_there_when_the_program_dies(path: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from app.core.selfcheck.kept import KeptChecks;"
        "from tests.core.selfcheck.test_kept import TRIAL, report;"
        "kept = KeptChecks.open(Path(sys.argv[1])); n = kept.begin(report(), plan='p', seed=7);"
        "kept.add(n, [TRIAL]); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(path)], check=False).returncode == 9
    with KeptChecks.open(path) as kept:
        assert kept.newest("f1") is None
        left = kept.latest("f1", "p")
        assert left is not None and left.report.trials == (TRIAL,)
        assert left.finished == "" and left.report.ended == "cancelled"
        assert kept.latest("f1", "p", seed=8) is None
        assert kept.latest("f1", "another plan") is None
        assert kept.latest("f2", "p") is None
        kept.save(left.id, replace(left.report, ended="done"), finished=True)
        same = kept.latest("f1", "p", seed=7)
        assert same is not None and same.id == left.id and same.finished and same.report.trials == (TRIAL,)
        assert same.report.ended == "done"
        newer = kept.begin(report(), plan="p", seed=9)
        latest = kept.latest("f1", "p")
        assert latest is not None and latest.id == newer
        newest = kept.newest("f1")
        assert newest is not None and newest.id == left.id


def test_two_programs_at_once(path: Path) -> None:
    with KeptChecks.open(path) as one, KeptChecks.open(path) as other:
        number = one.begin(report(), plan="p", seed=1)
        one.add(number, [TRIAL])
        other.add(number, [replace(TRIAL, got="later"), replace(TRIAL, number=9)])
        both = one.load(number).report.trials
        assert [(trial.number, trial.got) for trial in both] == [(3, TRIAL.got), (9, TRIAL.got)]
        other.forget(number)
        with pytest.raises(CheckUnknown):
            one.add(number, [TRIAL])
        with pytest.raises(CheckUnknown):
            one.load(number)
    with sqlite3.connect(path) as plain:
        assert plain.execute("SELECT count(*) FROM trials").fetchone() == (0,), "trials went with their check"
    plain.close()


def test_the_newest_of_a_model_and_what_is_let_go(path: Path) -> None:
    with KeptChecks.open(path) as kept:
        first = kept.begin(report(), plan="p", seed=1)
        kept.save(first, report(), finished=True)
        numbers = []
        for seed in range(MOST_OF_ONE_KIND + 2):
            numbers.append(kept.begin(report(fingerprint="f2", level="thorough"), plan="p", seed=seed))
            kept.save(numbers[-1], report(fingerprint="f2"), finished=True)
        kept.begin(report(fingerprint="f3"), plan="p", seed=1)
        newest = kept.newest_of_model("m")
        assert newest is not None and newest.id == numbers[-1]
        assert kept.newest_of_model("other") is None and kept.newest_of_model("") is None
        assert kept.finished(fingerprint="f2") == numbers[: -MOST_OF_ONE_KIND - 1 : -1]
        assert kept.finished(model="m", levels=("quick",)) == [first]


def test_a_file_that_cannot_be_used_is_left_as_it_was(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreDamaged, match="file of self-checks"):
        KeptChecks.open(path)
    assert path.read_bytes() == b"no database at all" * 100
    foreign = sqlite3.connect(tmp_path / "foreign.db")
    foreign.execute("CREATE TABLE theirs (x)")
    foreign.close()
    with pytest.raises(StoreForeign, match="another program"):
        KeptChecks.open(tmp_path / "foreign.db")
    KeptChecks.open(tmp_path / "newer.db").close()
    newer = sqlite3.connect(tmp_path / "newer.db")
    newer.execute("PRAGMA user_version = 9")
    newer.close()
    with pytest.raises(StoreNewer, match="newer version"):
        KeptChecks.open(tmp_path / "newer.db")
