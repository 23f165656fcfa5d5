"""What was read yesterday is there today: through the program as people run it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running import Program
from tests.small_disk import small_disk


@pytest.fixture
def keen(program: Program) -> Program:
    """The program with a model of random weights, which reads so fast that what it reads has to be asked to stay."""
    program("states", "--seconds", 0)
    return program


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    """A text of about 3,000 tokens."""
    path = tmp_path / "paper.txt"
    path.write_text("".join(f"Line {i} speaks of the crane, the quay and {i * 7919 % 1000}.\n" for i in range(110)))
    return path


def ask(program: Program, *arguments: object, code: int = 0) -> tuple[dict[str, int], str]:
    """tokens of the one answer, and what was said."""
    ran = program("ask", *arguments, "--max-answer", 4, "--threads", 1, "--ctx", 6000, "--json", code=code)
    return ran.json[0]["tokens"], ran.err


def states(program: Program, *arguments: object) -> Any:
    return program("states", *arguments, "--json").json


def test_a_session_goes_on_from_the_disk_and_takes_it_along_when_it_goes(keen: Program, paper: Path) -> None:
    before, _ = ask(keen, paper, "-q", "Who was it?", "--session", "quay")
    assert before["restored"] == before["reused"] == 0
    after, said = ask(keen, "-q", "When was it?", "--session", "quay")
    assert after["prefix"] <= after["restored"] == after["reused"] < after["prefix"] + after["question"]
    assert f"Restored {after['restored']:,} tokens from disk." in said
    listed = states(keen)
    (row,) = listed["states"]
    assert row["documents"] == before["prefix"]
    assert (row["kv"], row["context"], row["model"]) == ("f16", 6000, "Random llama4")
    assert listed["used"] == row["size"] and listed["keep"]
    folder = Path(str(listed["folder"]))
    assert folder == keen.data / "read"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())
    assert "tokens of documents" in keen("states").out
    keen("sessions", "delete", "quay")
    assert states(keen)["states"] == []


def test_nothing_is_kept_where_nothing_may_be_saved(keen: Program, paper: Path) -> None:
    ask(keen, paper, "-q", "Who was it?", "--no-save")
    assert not (keen.data / "read").exists()
    assert states(keen, "--keep", "no")["keep"] is False
    ask(keen, paper, "-q", "Who was it?")
    assert states(keen)["states"] == []
    assert states(keen, "--keep", "yes")["keep"] is True
    assert states(keen)["seconds"] == 0.0


def test_the_quota_and_the_freeing_of_the_disk(program: Program) -> None:
    folder = program.data / "read"
    folder.mkdir(parents=True)
    (folder / "a.state").write_bytes(b"x" * 50_000)
    (folder / "b.state").write_bytes(b"x" * 60_000)
    os.utime(folder / "a.state", (time.time() - 60,) * 2)
    fields = states(program)
    assert [row["file"] for row in fields["states"]] == ["b.state", "a.state"]
    assert "damaged" in program("states").out
    fields = states(program, "--quota", 100_000)
    assert (fields["quota"], fields["used"], fields["freed"]) == (100_000, 60_000, 50_000)
    assert states(program)["quota"] == 100_000
    assert states(program, "free")["freed"] == 60_000, "what is damaged cannot be used any more"
    assert states(program, "--quota", 0)["quota"] != 0
    assert states(program, "free", "--all")["freed"] == 0
    assert program("states", "--all", "--json", code=2).error["kind"] == "usage"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for a session, not for what was read."""
    with small_disk(tmp_path / "disk", "2m") as folder:
        yield folder


def test_a_full_disk_costs_the_keeping_and_not_the_answer(disk: Path, tiny_llama: Path, paper: Path) -> None:
    program = Program(disk, str(tiny_llama))
    assert states(program, "--quota", 1 << 30, "--seconds", 0)["quota"] == 1 << 30
    tokens, said = ask(program, paper, "-q", "Who was it?")
    assert tokens["answer"] > 0
    assert said.count("could not be kept on disk: the disk is full.") == 1, said
    assert [path.name for path in (disk / "read").iterdir()] == ["machine-key"]
