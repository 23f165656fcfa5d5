"""A check from settings to report, with the bundled reader: kept as it happens, gone on with, stopped, not repeated."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.answering import Settings
from app.core.models import BUNDLED, ENGINE_COMMAND
from app.core.selfcheck.checking import Checked, CheckWanted, Told, run_check
from app.core.selfcheck.facts import check_fingerprint, loaded_conditions
from app.core.selfcheck.haystacks import TooLittleText, bundled_text, own_text
from app.core.selfcheck.kept import KeptChecks
from app.core.workspace import Workspace
from engine.backends.local import LocalBackend
from engine.errors import CheckError
from engine.fingerprint import differences
from engine.protocol import Fact
from engine.selfcheck.report import Report, Trial
from engine.selfcheck.verdicts import verified
from ingest.document import Document, Section, Span
from tests.engine.simulated import INFO

WANTED = CheckWanted("standard", tasks=("multikey",), max_tokens=4096, seed=3)


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalBackend]:
    backend = LocalBackend(ENGINE_COMMAND)
    yield backend
    backend.close()


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLUMBLINE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def settings(**chosen: object) -> Settings:
    (model,) = BUNDLED.glob("*.gguf")
    plain = Settings(model, datetime.date(2026, 1, 1), n_ctx=4096, threads=1)
    return replace(plain, **chosen)  # type: ignore[arg-type]


def until(engine: LocalBackend, count: int, wanted: CheckWanted = WANTED) -> Checked:
    """Stopped after so many questions."""
    asked: list[Trial] = []
    return run_check(engine, settings(), wanted, told=Told(trial=asked.append), stop=lambda: len(asked) >= count)


def test_stopped_gone_on_with_and_not_asked_twice(engine: LocalBackend, data: Path) -> None:
    first = until(engine, 3)
    assert first.report.ended == "cancelled" and len(first.report.trials) == 3 and first.id is not None
    with KeptChecks.open() as kept:
        assert kept.newest(first.report.fingerprint) is None, "what was stopped is no result"
        assert kept.load(first.id).report.trials == first.report.trials

    asked: list[Trial] = []
    begun: list[Report] = []
    wanted = replace(WANTED, seconds=None, seed=None)
    shorter = lambda: len(asked) >= 2  # noqa: E731
    again = run_check(engine, settings(), wanted, told=Told(begun=begun.append, trial=asked.append), stop=shorter)
    assert again.id == first.id and again.known == 3 and begun[0].trials == first.report.trials
    assert again.report.trials[:3] == first.report.trials and again.report.trials[3:] == tuple(asked)
    assert again.report.read > first.report.read and again.report.seconds > first.report.seconds

    # The same questions in one go: only the engine's counters and the times may differ.
    whole = until(engine, 5, replace(WANTED, fresh=True))
    assert whole.id != first.id and whole.known == 0
    # Cells of a cache that was gone back in lie elsewhere, and sums round differently.
    same = [replace(trial, margin=None) for trial in again.report.trials]
    assert [replace(trial, margin=None) for trial in whole.report.trials] == same
    margins = [trial.margin for trial in again.report.trials]
    assert [trial.margin for trial in whole.report.trials] == pytest.approx(margins, abs=0.02)
    assert whole.report.facts == again.report.facts and whole.report.fingerprint == again.report.fingerprint


def test_the_end_of_the_time_is_a_result_and_one_that_is_done_is_not_asked_again(engine: LocalBackend) -> None:
    short = run_check(engine, settings(), replace(WANTED, seconds=0.001))
    assert short.report.ended == "time" and short.report.kv == "f16" and short.report.text == "bundled prose"
    with KeptChecks.open() as kept:
        assert short.id is not None
        done = replace(kept.load(short.id).report, ended="done", trials=(_trial(1024), _trial(4096)))
        kept.save(short.id, done, finished=True)
    asked: list[Trial] = []
    again = run_check(engine, settings(), WANTED, told=Told(trial=asked.append))
    assert again.id == short.id and again.as_it_was and not asked
    assert again.report.trials == done.trials
    other = run_check(engine, settings(), replace(WANTED, seed=4, seconds=0.001))
    assert other.id != short.id, "another seed asks other questions"


def _trial(length: int) -> Trial:
    return Trial("multikey", length, 5, 3, 1, "?", (), "1", "1", True)


def test_a_file_that_cannot_be_used_stops_no_check(engine: LocalBackend, data: Path) -> None:
    data.mkdir()
    (data / "selfcheck.db").write_bytes(b"this is no database" * 1000)
    troubles: list[str] = []
    asked: list[Trial] = []
    told = Told(trial=asked.append, trouble=troubles.append)
    checked = run_check(engine, settings(), WANTED, told=told, stop=lambda: len(asked) >= 2)
    assert len(checked.report.trials) == 2 and checked.id is None
    (sentence,) = troubles
    assert sentence.startswith("Not kept from here on: The file of self-checks ")


def test_own_documents_make_the_haystack(engine: LocalBackend) -> None:
    text = " ".join(f"Harbour master number {n} wrote a letter about crane {n * 3}." for n in range(400))
    workspace = workspace_of(text)
    lines = own_text(workspace, 4096).lines
    assert lines[:2] == (
        "Harbour master number 0 wrote a letter about crane 0.",
        "Harbour master number 1 wrote a letter about crane 3.",
    )
    asked: list[Trial] = []
    checked = run_check(
        engine,
        settings(),
        replace(WANTED, documents=workspace),
        told=Told(trial=asked.append),
        stop=lambda: len(asked) >= 2,
    )
    assert checked.report.text == "own documents (1 source)" and len(asked) == 2
    assert own_text(workspace_of(text + " One more."), 9_999).digest != own_text(workspace, 9_999).digest


@pytest.mark.parametrize("text", ["", "Too short.", "\n\n \n", "word " * 300])
def test_too_little_text_is_said(engine: LocalBackend, text: str) -> None:
    with pytest.raises(TooLittleText, match="hold too little text for a self-check"):
        run_check(engine, settings(), replace(WANTED, documents=workspace_of(text)))


def workspace_of(text: str) -> Workspace:
    sections = (Section("", Span(), text),) if text else ()
    return Workspace().add([Document("/files/letters.txt", "text", "ok", sections=sections)])


def test_bad_wishes_are_one_sentence(engine: LocalBackend) -> None:
    with pytest.raises(CheckError, match="no task “needles”"):
        run_check(engine, settings(), replace(WANTED, tasks=("needles",)))
    with pytest.raises(CheckError, match=r"needs 4,096 tokens of context, and here are 2,048"):
        run_check(engine, settings(), replace(WANTED, max_tokens=2048))


def test_bundled_text_is_long_enough_and_the_same_for_a_seed() -> None:
    text = bundled_text(8192, 5)
    assert text == bundled_text(8192, 5) and text.lines != bundled_text(8192, 6).lines
    assert sum(len(line.split()) for line in text.lines) > 8192, "more words than tokens are wanted"
    longer = bundled_text(16384, 5)
    assert longer.lines[: len(text.lines)] == text.lines


def test_a_fingerprint_counts_what_changes_results() -> None:
    facts = {"model": "m", "kv": "f16", "context": 4096, "machine": "keyed", "n_batch": 512, "experts_on_cpu": 0}
    info = replace(INFO, facts=facts)

    def of(**changed: object) -> dict[str, object]:
        return dict(check_fingerprint(replace(info, facts={**facts, **changed})).facts)

    assert of() == of(n_batch=2048, machine="another key"), "neither changes what is found"
    assert of(experts_on_cpu=3) == of(experts_on_cpu=7)
    for name, value, words in (
        ("kv", "q8_0", "another type of KV cache"),
        ("context", 8192, "another context size"),
        ("model", "n", "another model file"),
        ("experts_on_cpu", 3, "other devices"),
    ):
        assert differences(of(), of(**{name: value})) == [words]
    assert differences({**of(), "suite": "older"}, of()) == ["another version of the self-check"]
    assert check_fingerprint(INFO).digest != check_fingerprint(replace(INFO, n_ctx=9)).digest
    assert check_fingerprint(replace(INFO, mark_style="numbered")).digest != check_fingerprint(INFO).digest


def test_what_the_library_loaded_is_a_precondition() -> None:
    loaded = {
        "context": Fact(4096, 4096, True),
        "keys": Fact("q8_0", "f16", False),
        "rope base": Fact(500000.0, 500000.0, True),
        "flash attention": Fact(None, "enabled", None),
    }
    conditions = {c.name: c for c in loaded_conditions(replace(INFO, loaded_facts=loaded))}
    assert set(conditions) == {"loaded: context", "loaded: keys", "loaded: rope base"}
    wrong = conditions["loaded: keys"]
    assert (wrong.holds, wrong.expected, wrong.found) == (False, "q8_0", "f16")
    assert conditions["loaded: rope base"].found == "500,000"
    report = Report("s", "quick", (1024,), (5,), {"multikey": "retrieval"}, preconditions=tuple(conditions.values()))
    good = Report("s", "quick", (1024,), (5,), {"multikey": "retrieval"})
    hits = tuple(replace(_trial(1024), number=n) for n in range(18))
    assert verified(replace(good, trials=hits)).retrieval == 1024
    assert verified(replace(report, trials=hits)).retrieval is None
