"""`--secrets`: said, masked or left out, and never repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest.planted import planted
from tests.running import Program

PLANTED = planted()
TOKEN = PLANTED["github"][1]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / ".env").write_text("# the crane\nDB_PASSWORD=hunter2horse\n")
    (folder / "a.py").write_text("crane = 'stopped at 09:14'\n")
    (folder / "b.log").write_text(
        "2026-03-14T07:00:00Z INFO crane\n" * 3000 + f"2026-03-14T07:00:01Z INFO with {TOKEN}\n"
    )
    return folder


def said(err: str) -> list[str]:
    return [line for line in err.splitlines() if "looks like" in line]


@pytest.mark.parametrize("command", ["ingest", "tokens"])
def test_they_are_kept_and_said_without_being_asked(program: Program, tree: Path, command: str) -> None:
    ran = program(command, tree, "--json")
    secrets = {Path(d["path"]).name: d["secrets"] for d in ran.json["documents"]}
    assert secrets == {
        ".env": [{"kind": "password", "lines": [2, 2]}],
        "a.py": [],
        "b.log": [{"kind": "GitHub token", "lines": [3001, 3001]}],
    }
    (sentence,) = said(ran.err)
    assert "2 secrets in " in sentence and ".env" in sentence and "b.log" in sentence and "--secrets mask" in sentence
    assert "hunter2horse" not in ran.err and TOKEN not in ran.err


def test_masked_they_are_nowhere(program: Program, tree: Path) -> None:
    for command in ("ingest", "tokens"):
        ran = program(command, tree, "--secrets", "mask", "--json")
        assert "hunter2horse" not in ran.out + ran.err and TOKEN not in ran.out + ran.err
        (sentence,) = said(ran.err)
        assert sentence.startswith("Masked what looks like 2 secrets in ")
        assert [d["view"] for d in ran.json["documents"]] == [{"mask": True}] * 3
    asking = ("-q", "Which password or token?", "--mode", "evidence", "--session", "hidden", "--json")
    (answer,) = program("ask", tree, *asking, "--secrets", "mask").json
    assert "«secret: password»" in str(answer["passages"])
    # Asked again, the session's own documents are read, and they were masked.
    (again,) = program("ask", *asking).json
    assert "«secret: password»" in str(again["passages"])
    for path in program.data.rglob("*"):
        if path.is_file():
            assert b"hunter2horse" not in path.read_bytes() and TOKEN.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("command", ["ingest", "tokens"])
def test_files_with_secrets_can_be_left_out(program: Program, tree: Path, command: str) -> None:
    ran = program(command, tree, "--secrets", "leave-out", "--json")
    assert [Path(d["path"]).name for d in ran.json["documents"]] == ["a.py"]
    assert {Path(s["path"]).name: s["reason"] for s in ran.json["skipped"]} == {
        ".env": "it holds what looks like a secret (password)",
        "b.log": "it holds what looks like a secret (GitHub token)",
    }
    assert "--secrets" not in ran.err


def test_without_secrets_nothing_is_said(program: Program, notes: Path) -> None:
    assert said(program("ingest", notes, "--json").err) == []


def test_masking_later_does_not_give_back_what_a_session_held_in_clear(program: Program, tree: Path) -> None:
    asking = ("-q", "crane", "--mode", "evidence", "--session", "s", "--json")
    program("ask", tree, *asking)
    program("ask", tree, *asking, "--secrets", "mask")
    (tree / "b.log").unlink()
    (answer,) = program("ask", "-q", TOKEN, "--mode", "evidence", "--session", "s", "--json").json
    assert TOKEN not in str(answer["passages"])
