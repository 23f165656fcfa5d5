"""What is made to break a count."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.running import Program


@pytest.mark.parametrize("filling", [" ", "a"])
def test_two_million_of_the_same_are_counted(program: Program, tmp_path: Path, filling: str) -> None:
    (tmp_path / "a.txt").write_text(f"before{filling * 2_000_000}behind\n", encoding="utf-8")
    (document,) = program("ingest", tmp_path / "a.txt", "--no-text", "--json").json["documents"]
    assert 1_000 < document["tokens"] <= 5_000_000


@pytest.mark.skipif(os.name == "nt", reason="names that this system does not allow")
def test_names_that_are_no_text_are_shown(program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    for name in (b"new\nline.txt", b"\xff\xfe.txt"):
        (folder / os.fsdecode(name)).write_text("words")
    result = program("ingest", folder, "--json").json
    assert len(result["documents"]) == 2
    assert program("ingest", folder, "--preview", "--json").json["files"] == 2
