"""`sessions branch`, `export` and `import` as people run them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.core.sessions import Store
from tests.core.exported_session import build
from tests.ingest.pdfs import library
from tests.running import Program


@pytest.fixture
def name(program: Program) -> str:
    """A saved session."""
    with Store.open(program.data / "plumbline.db") as store:
        session = build(store)
        store.rename(session, "Harbour fees")
    return "Harbour fees"


def shown(program: Program, session: str | int) -> dict[str, Any]:
    record: dict[str, Any] = program("sessions", "show", str(session), "--json").json
    return record


def test_a_branch_goes_on_from_an_answer(program: Program, name: str) -> None:
    old = shown(program, name)
    answer = old["messages"][1]["id"]
    result = program("sessions", "branch", name, answer, "--json").json
    assert result["origin"]["id"] == old["session"]["id"]
    assert result["session"]["name"] == "Harbour fees, branch"
    new = shown(program, result["session"]["id"])
    assert [m["text"] for m in new["messages"]] == [m["text"] for m in old["messages"][:2]]
    assert new["documents"] == old["documents"]
    assert [r["key"] for r in new["removed"]] == ["S2"]
    assert "goes on from" in program("sessions", "branch", name, answer).out
    error = program("sessions", "branch", name, 999, "--json", code=1).error
    assert (error["kind"], "999" in error["message"]) == ("message_unknown", True)
    assert program("sessions", "branch", name, "first", "--json", code=2).error["kind"] == "usage"


def test_a_session_goes_out_as_json_and_comes_back(program: Program, name: str, tmp_path: Path) -> None:
    out = tmp_path / "fees.json"
    result = program("sessions", "export", name, "--format", "json", "--out", out, "--json").json
    assert (result["format"], result["path"], "content" in result) == ("json", str(out), False)
    printed = program("sessions", "export", name, "--format", "json", "--json").json
    assert printed["path"] is None
    assert printed["content"] == json.loads(out.read_bytes())
    assert json.loads(program("sessions", "export", name, "--format", "json").out) == printed["content"]
    new = program("sessions", "import", out, "--json").json["session"]
    assert new["name"] == "Harbour fees 1"
    old, back = shown(program, name), shown(program, new["id"])
    for message in (*old["messages"], *back["messages"]):
        del message["id"]
    assert {k: v for k, v in back.items() if k != "session"} == {k: v for k, v in old.items() if k != "session"}
    out.write_bytes(out.read_bytes()[:-20])
    error = program("sessions", "import", out, "--json", code=1).error
    assert error["kind"] == "session_import"
    for no_file in (tmp_path / "gone.json", tmp_path):
        assert program("sessions", "import", no_file, "--json", code=1).error["kind"] == "system"


def test_pages_and_pdfs_are_written(program: Program, name: str, tmp_path: Path) -> None:
    page = program("sessions", "export", name, "--format", "html").out
    assert page.startswith("<!DOCTYPE html>")
    assert program("sessions", "export", name, "--format", "html", "--json").json["html"] == page
    out = tmp_path / "fees.pdf"
    program("sessions", "export", name, "--format", "pdf", "-o", out)
    with library().open(str(out)) as document:
        assert "Question 1" in document[0].get_text()
    before = out.read_bytes()
    assert (
        program("sessions", "export", name, "--format", "pdf", "--out", out, "--json", code=2).error["kind"] == "usage"
    )
    assert out.read_bytes() == before
    assert program("sessions", "export", name, "--format", "pdf", "--json", code=2).error["kind"] == "usage"
    assert program("sessions", "export", name, "--format", "docx", "--json", code=2).error["kind"] == "usage"
    forced = program("sessions", "export", name, "--format", "html", "--out", out, "--force", "--json").json
    assert (forced["path"], "html" in forced) == (str(out), False)
    assert out.read_bytes().startswith(b"<!DOCTYPE html>")
    assert (
        program("sessions", "export", "Nobody", "--format", "html", "--json", code=1).error["kind"] == "session_unknown"
    )
    nowhere = tmp_path / "no" / "folder.html"
    assert program("sessions", "export", name, "--out", nowhere, "--json", code=1).error["kind"] == "system"
