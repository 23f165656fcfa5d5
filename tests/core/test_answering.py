"""Answers over a workspace: refused when too long, spared what changed meanwhile, saved as they come."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from app.core.answering import EvidenceReader, ModelReader, Reply, Settings
from app.core.choices import OverBudget
from app.core.citations import verify
from app.core.prompt import mark_documents
from app.core.recording import Recorder, open_session
from app.core.sessions import Store
from app.core.workspace import Workspace
from engine.backends.local import LocalBackend
from ingest.document import Document, Section, Span
from ingest.errors import SourceChanged
from ingest.open_path import open_paths
from tests.engine.asking import COMMAND

DATE = datetime.date(2026, 3, 14)


def workspace_of(folder: Path, **files: str) -> Workspace:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return Workspace().add(open_paths([folder]).documents, [folder])


def settings(model: Path, **values: object) -> Settings:
    return Settings(model=model, date=DATE, threads=1, **{"n_ctx": 4096, "max_answer": 8, **values})  # type: ignore[arg-type]


def lines(count: int) -> str:
    return "".join(f"2026-03-14T10:00:00 INFO worker {i} is done\n" for i in range(count))


def test_a_log_that_changes_before_it_is_read_is_left_out(tmp_path: Path, tiny_llama4: Path) -> None:
    workspace = workspace_of(tmp_path / "w", app_log=lines(50), note_md="The crane stopped.")
    (tmp_path / "w" / "app.log").write_text(lines(60).replace("done", "late"))
    backend = LocalBackend(COMMAND)
    try:
        reader = ModelReader(backend, workspace, settings(tiny_llama4))
        reader.open(["Who?"])
        assert [e.name for e in reader.entries] == ["note.md"]
        (problem,) = reader.problems
        assert "has changed" in problem
        assert reader.ask("Who?").counters is not None
        alone = ModelReader(backend, workspace.leave_out(["note.md"]), settings(tiny_llama4))
        with pytest.raises(SourceChanged):
            alone.open(["Who?"])
    finally:
        backend.close()


def test_a_log_that_changes_after_it_is_read_changes_no_answer(tmp_path: Path, tiny_llama4: Path) -> None:
    workspace = workspace_of(tmp_path / "w", app_log=lines(50))
    backend = LocalBackend(COMMAND)
    try:
        reader = ModelReader(backend, workspace, settings(tiny_llama4))
        reader.open(["Who?"])
        (tmp_path / "w" / "app.log").unlink()
        first = reader.ask("Who?")
        assert reader.read_texts["S1"][0].startswith("2026")
        assert first.counters == reader.ask("Who?").counters or first.counters is not None
        marks = [m for part in mark_documents(reader.documents, "header") for m in part.marks]
        verdict = verify('"worker 7 is done" [S1 L1]', style="header", marks=marks, documents=reader.documents)
        assert [c.state for c in verdict.citations] == ["exact"]
    finally:
        backend.close()


def test_what_a_question_costs_is_known_and_documents_ends_are_places(tmp_path: Path, tiny_llama4: Path) -> None:
    workspace = workspace_of(tmp_path / "w", a_txt="The crane stopped. " * 30, b_txt="It was mended. " * 40)
    backend = LocalBackend(COMMAND)
    try:
        reader = ModelReader(backend, workspace, settings(tiny_llama4))
        reader.open(["Who?"])
        first = reader.ask("Who?")
        assert first.counters is not None and first.standing is not None
        ends = reader._assemble(reader._ready(), "Who?", ()).boundaries
        assert len(ends) == 2 and {*ends} <= {*first.standing.places}
        announced = reader.cost("When was it mended?")
        second = reader.ask("When was it mended?").counters
        assert second is not None and announced.to_read == second.decoded < first.counters.decoded
    finally:
        backend.close()


def test_a_model_is_loaded_anyway_where_that_was_said(tmp_path: Path, tiny_llama4: Path) -> None:
    workspace = workspace_of(tmp_path / "w", note_md="The crane stopped.")
    backend = LocalBackend(COMMAND)
    try:
        for anyway in (False, True):
            ModelReader(backend, workspace, settings(tiny_llama4, anyway=anyway)).open(["Who?"])
            assert backend.loaded is not None and backend.loaded.anyway is anyway
    finally:
        backend.close()


def test_too_much_is_refused_before_the_weights_are_loaded(tmp_path: Path, tiny_llama4: Path) -> None:
    workspace = workspace_of(tmp_path / "w", a_txt="some words stand here. " * 300, b_txt="more words. " * 40)
    backend = LocalBackend(COMMAND)
    loaded: list[float] = []
    try:
        reader = ModelReader(backend, workspace, settings(tiny_llama4, n_ctx=1500))
        with pytest.raises(OverBudget) as caught:
            reader.open(["Who?"], on_load=loaded.append)
    finally:
        backend.close()
    assert not loaded
    assert {c.kind for c in caught.value.choices} == {"context", "leave_out", "evidence"}
    assert caught.value.budget.over == -caught.value.budget.free > 0


def test_fewer_pages_are_offered_where_there_are_pages(tmp_path: Path, tiny_llama4: Path) -> None:
    from tests.ingest.pdfs import write_pdf

    (tmp_path / "w").mkdir()
    write_pdf(tmp_path / "w" / "long.pdf", [f"page {i} " + "speaks of cranes and ropes " * 12 for i in range(20)])
    workspace = Workspace().add(open_paths([tmp_path / "w"]).documents)
    backend = LocalBackend(COMMAND)
    try:
        with pytest.raises(OverBudget) as caught:
            ModelReader(backend, workspace, settings(tiny_llama4, n_ctx=1500)).open(["Who?"])
        (pages,) = [c.value for c in caught.value.choices if c.kind == "pages"]
        assert 0 < pages < 20
        ModelReader(backend, workspace.limit_pages((1, pages)), settings(tiny_llama4, n_ctx=1500)).open(["Who?"])
        with pytest.raises(OverBudget):
            ModelReader(backend, workspace.limit_pages((1, pages + 1)), settings(tiny_llama4, n_ctx=1500)).open(
                ["Who?"]
            )
    finally:
        backend.close()


def test_what_a_recorder_saved_is_what_comes_back(tmp_path: Path) -> None:
    workspace = workspace_of(tmp_path / "w", note_md="# Stop\n\nThe crane stopped at nine.\n")
    trouble: list[str] = []
    with Store.open(tmp_path / "s.db") as store, EvidenceReader(workspace) as reader:
        number, record = open_session(store, "A", settings={"date": "2026-03-14"})
        assert record is None
        with Recorder(store, number, on_trouble=trouble.append) as recorder:
            recorder.documents(Workspace(), workspace)
            recorder.question("When did the crane stop?", "evidence")
            reply = reader.ask("When did the crane stop?")
            recorder.finish(reply, entries=reader.entries, documents=reader.documents)
            recorder.question("And then?", "model")
            recorder.add("half an ans")
        saved = store.load(number)
    assert not trouble
    assert [m.text for m in saved.messages] == ["When did the crane stop?", "", "And then?", "half an ans"]
    assert [m.finished for m in saved.messages] == [True, True, True, False]
    (passage,) = saved.messages[1].passages
    entry = saved.workspace.entries[0]
    assert entry.document.sections[passage.section].text[passage.start : passage.end] == passage.text


def test_citations_are_saved_with_the_section_of_the_whole_document(tmp_path: Path) -> None:
    sections = tuple(Section(f"p. {i}", Span(page=i), f"Page {i} holds value{i}.") for i in range(1, 10))
    workspace = Workspace().add([Document("/x/long.pdf", "pdf", "ok", sections=sections)]).limit_pages((5, 9))
    documents, entries = workspace.prompt_documents(), workspace.included()
    marks = [m for part in mark_documents(documents, "header") for m in part.marks]
    text = '"holds value7" [S1 p.7] and "holds value8" [S1 p.7]. Nothing else.'
    verdict = verify(text, style="header", marks=marks, documents=documents)
    with Store.open(tmp_path / "s.db") as store:
        number, _ = open_session(store, None, settings={})
        recorder = Recorder(store, number, on_trouble=pytest.fail)
        recorder.documents(Workspace(), workspace)
        recorder.question("?", "model")
        recorder.finish(Reply("?", text, "model", citations=verdict.citations), entries=entries, documents=documents)
        found, missing, unquoted = store.load(number).messages[1].citations
    assert (found.state, found.section, found.span.page) == ("exact", 6, 7)
    assert sections[6].text[found.start : found.end] == "holds value7"
    assert (missing.state, missing.found_elsewhere) == ("missing", "long.pdf, page 8")
    assert unquoted.state == "not_quoted"
    in_answer = [text[c.answer_start : c.answer_end] for c in (found, missing, unquoted)]
    assert in_answer == [found.quote, missing.quote, "Nothing else."]


def test_trouble_with_saving_is_said_once_and_answering_goes_on(tmp_path: Path) -> None:
    workspace = workspace_of(tmp_path / "w", note_md="The crane stopped at nine.\n")
    trouble: list[str] = []
    with Store.open(tmp_path / "s.db") as store:
        number, _ = open_session(store, "A", settings={})
        recorder = Recorder(store, number, on_trouble=trouble.append)
        recorder.question("When?", "model")
        store._connection.execute("PRAGMA query_only = ON")
        recorder.add("words")
        recorder.flush()
        recorder.documents(Workspace(), workspace)
        recorder.finish(Reply("When?", "words", "model"), entries=(), documents=())
        assert len(trouble) == 1
        assert not recorder.saving
