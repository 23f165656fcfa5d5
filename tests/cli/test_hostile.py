"""What is made to break a count."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.running import Program


@pytest.mark.parametrize("filling", [" ", "\n", "a", "\u3000", "é "])
def test_two_million_of_the_same_are_counted(program: Program, tmp_path: Path, filling: str) -> None:
    (tmp_path / "a.txt").write_text(f"before{filling * 2_000_000}behind\n", encoding="utf-8")
    (document,) = program("ingest", tmp_path / "a.txt", "--no-text", "--json").json["documents"]
    assert 1_000 < document["tokens"] <= 5_000_000


@pytest.mark.skipif(os.name == "nt", reason="names that this system does not allow")
def test_names_that_are_no_text_are_shown(program: Program, tmp_path: Path) -> None:
    for name in (b"new\nline.txt", b"\xff\xfe.txt"):
        (tmp_path / os.fsdecode(name)).write_text("words")
    result = program("ingest", tmp_path, "--json").json
    assert len(result["documents"]) == 2
    assert program("ingest", tmp_path, "--preview", "--json").json["files"] == 2
