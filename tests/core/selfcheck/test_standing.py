"""Up to where the present model was verified: newest result, stale by what differs, kept with answers and exported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from app.core.answering import Counters, Reply
from app.core.export_html import to_html
from app.core.export_json import to_json
from app.core.export_pdf import to_pdf
from app.core.import_json import from_json
from app.core.recording import Recorder
from app.core.records import STANDING
from app.core.selfcheck.facts import check_fingerprint
from app.core.selfcheck.kept import KeptChecks
from app.core.selfcheck.standing import CheckStanding, standing_for, standing_of, standing_words
from app.core.session_export import to_markdown
from app.core.sessions import Store
from engine.protocol import ModelInfo
from engine.selfcheck.plan import Plan
from engine.selfcheck.report import Level, Report, Verified
from tests.engine.selfcheck.sample_reports import sampled
from tests.engine.simulated import INFO
from tests.ingest.pdfs import library

FACTS: Mapping[str, Any] = {"model": "weights", "kv": "f16", "context": 4096, "build": {"version": "1"}}
MODEL = replace(INFO, name="Harbour 7B", facts=FACTS)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLUMBLINE_DATA", str(tmp_path))
    return tmp_path


def keep(
    model: ModelInfo, *, good_to: int, level: Level = "standard", task: str = "multikey", ended: str = "done"
) -> int:
    mark = check_fingerprint(model)
    plan = Plan(level, (1024, 4096), (task,), bands=2)
    report = sampled(lambda _, length, __: 1.0 if length <= good_to else 0.0, plan)
    report = replace(report, fingerprint=mark.digest, facts=mark.facts, ended=ended)  # type: ignore[arg-type]
    with KeptChecks.open() as kept:
        number = kept.begin(report, plan="p", seed=1)
        kept.save(number, report, finished=ended != "cancelled")
    return number


def test_nothing_measured_makes_no_file(data: Path) -> None:
    assert standing_for(MODEL) == CheckStanding() and standing_for(MODEL).length is None
    assert not (data / "selfcheck.db").exists()
    assert standing_words(standing_for(MODEL)).endswith("was not verified.")


def test_the_newest_result_that_verifies_anything() -> None:
    keep(MODEL, good_to=4096)
    newest = keep(MODEL, good_to=1024)
    keep(MODEL, good_to=4096, ended="cancelled")
    keep(MODEL, good_to=4096, level="classic", task="single")
    keep(MODEL, good_to=4096, task="single")
    standing = standing_for(MODEL)
    assert standing.verified == Verified(1024, None) and standing.length == 1024
    assert standing.report_id == newest and not standing.stale_because and standing.when
    keep(MODEL, good_to=0)
    assert standing_for(MODEL).length == 0, "not even the shortest"
    keep(MODEL, good_to=4096, task="latent")
    assert standing_for(MODEL).length == 4096, "reasoning alone was measured"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"kv": "q8_0"}, "another type of KV cache"),
        ({"context": 8192}, "another context size"),
        ({"build": {"version": "2"}}, "another build of llama.cpp"),
        ({"template": "x"}, "another chat template"),
    ],
)
def test_any_change_makes_it_stale_and_says_so(changed: dict[str, Any], words: str) -> None:
    keep(MODEL, good_to=4096)
    standing = standing_for(replace(MODEL, facts={**FACTS, **changed}))
    assert standing.stale_because == (words,) and standing.length is None
    assert standing.verified == Verified(4096, None), "what it was is still told"
    said = standing_words(standing)
    assert said.startswith("Not verified as it ran") and words in said and "retrieval to 4,096 tokens" in said
    assert standing_for(replace(MODEL, facts={**FACTS, "model": "others"})) == CheckStanding()


def test_a_damaged_file_says_nothing(data: Path) -> None:
    (data / "selfcheck.db").write_bytes(b"no database" * 500)
    assert standing_for(MODEL) == CheckStanding()


def test_it_goes_through_json_and_nothing_else_is_taken_for_it() -> None:
    standing = CheckStanding(Verified(4096, 0), ("another context size",), "2026-11-22T01:00:00", 3)
    assert standing_of(standing.as_json()) == standing
    for wrong in (None, 3, {}, {"verified": 3}, {"verified": {}, "stale_because": "no", "when": ""}):
        assert standing_of(wrong) is None
    strange = {"verified": {"retrieval": -4, "reasoning": True}, "stale_because": [], "when": "", "report": "x"}
    assert standing_of(strange) == CheckStanding()


def test_beyond_the_verified_length_is_said() -> None:
    standing = CheckStanding(Verified(4096, None), (), "2026-11-22T01:00:00", 3)
    assert "more than was verified" not in standing_words(standing, 4096)
    assert standing_words(standing, 4097).endswith("This answer took 4,097 tokens, more than was verified.")


def _answered(store: Store, info: ModelInfo) -> int:
    session = store.create("Harbour")
    with Recorder(store, session, on_trouble=lambda sentence: pytest.fail(sentence)) as recorder:
        recorder.question("How deep is it?", "model")
        counters = Counters(context=8192, prefix=5000, question=40, reused=0, decoded=5040, answer=12)
        reply = Reply("How deep is it?", "Nine metres.", "model", counters=counters)
        recorder.finish(reply, entries=(), documents=(), model=info)
    return session


def test_it_is_kept_with_answers_and_printed_under_them(tmp_path: Path) -> None:
    keep(MODEL, good_to=4096)
    with Store.open(tmp_path / "sessions.db") as store:
        session = _answered(store, MODEL)
        # What is measured later changes nothing in what was known when it answered.
        keep(MODEL, good_to=1024)
        record = store.load(session)
        kept = record.messages[1].model
        assert kept[STANDING]["verified"] == {"retrieval": 4096, "reasoning": None}
        assert kept["name"] == "Harbour 7B" and not {"facts", "loaded_facts"} & set(kept)
        markdown, html = to_markdown(record), to_html(record, lambda *_: None)
        for text in (markdown, html):
            assert "Verified on this computer on 2" in text and "retrieval to 4,096 tokens." in text
            assert "This answer took 5,052 tokens, more than was verified." in text
        assert "retrieval to 4,096 tokens" in _pdf_text(to_pdf(record, lambda *_: None))
        again = store.import_session(from_json(to_json(record), "harbour.json"))
        assert store.load(again).messages[1].model[STANDING] == kept[STANDING]
        assert to_markdown(store.load(again)).count("Verified on this computer") == 1


def _pdf_text(content: bytes) -> str:
    with library().open(stream=content) as pdf:
        return " ".join(" ".join(page.get_text().split()) for page in pdf)


def test_a_model_that_was_not_measured_says_so_and_old_answers_say_nothing(tmp_path: Path) -> None:
    with Store.open(tmp_path / "sessions.db") as store:
        session = _answered(store, MODEL)
        assert "*How much of its context this model really uses was not verified.*" in to_markdown(store.load(session))
        store.start_message(session, "user", text="Again?")
        answer = store.start_message(session, "assistant")
        store.finish_message(answer, text="Yes.", model=asdict(INFO) | {"facts": {}})
        assert to_markdown(store.load(session)).count("verified") == 1


def test_a_changed_trial_moves_the_standing() -> None:
    number = keep(MODEL, good_to=4096)
    with KeptChecks.open() as kept:
        before = kept.load(number).report
        assert isinstance(before, Report) and standing_for(MODEL).length == 4096
        with kept._writing() as connection:
            connection.execute("UPDATE trials SET passed = 0 WHERE check_id = ? AND length = 4096", (number,))
    assert standing_for(MODEL).length == 1024
