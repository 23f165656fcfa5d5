"""A real self-check of a small model, made once and kept in files that tests take copies of. Knows no window."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.answering import Settings
from app.core.models import open_engine
from app.core.paths import checks_path
from app.core.selfcheck.checking import CheckWanted, run_check
from app.core.selfcheck.kept import KeptChecks
from engine.selfcheck.report import Report

TASK = "multikey"
"""A random model misses it, and what is missed is decided soon."""


def settings_of(model: Path, *, n_ctx: int = 4096) -> Settings:
    """As the window answers with `model`."""
    return Settings(model=model, date=datetime.date(2026, 11, 21), n_ctx=n_ctx)


def measure(model: Path, folder: Path, *, n_ctx: int = 4096) -> bytes:
    """The file of self-checks after one of `model`, to 4,096 tokens with one task, in the data folder `folder`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLUMBLINE_DATA", str(folder))
        with (folder / "engine.log").open("wb") as log:
            backend = open_engine(log)
            try:
                run_check(backend, settings_of(model, n_ctx=n_ctx), CheckWanted(tasks=(TASK,), max_tokens=4096))
            finally:
                backend.close()
        return checks_path().read_bytes()


def put(kept: bytes) -> None:
    """Let this be the file of self-checks."""
    checks_path().parent.mkdir(parents=True, exist_ok=True)
    checks_path().write_bytes(kept)


def all_found() -> Report:
    """Change the stored check into one in which every question was answered rightly; what it is then."""
    with KeptChecks.open() as kept:
        number = kept.finished(levels=("quick",), model=_model(kept))[0]
        report = kept.load(number).report
        kept.forget(number)
        conditions = tuple(replace(one, holds=True) for one in report.preconditions)
        trials = tuple(replace(trial, passed=True) for trial in report.trials)
        whole = _more(replace(report, trials=trials, preconditions=conditions))
        again = kept.begin(replace(whole, trials=()), plan="kept for a test", seed=1)
        kept.save(again, whole, finished=True)
        return kept.load(again).report


def _more(report: Report) -> Report:
    """With as many trials of each length and depth as decide them all."""
    trials = [
        replace(report.trials[0], length=length, depth=depth, number=number)
        for length in report.lengths
        for depth in report.depths
        for number in range(20)
    ]
    return replace(report, trials=tuple(trials))


def _model(kept: KeptChecks) -> str:
    with kept._reading() as connection:
        return str(connection.execute("SELECT model FROM checks").fetchone()[0])
