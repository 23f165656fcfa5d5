"""`map`, and `--map` of the commands that read for a model: never more tokens than were given."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.running import Program


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "harbour.py").write_text(
        "".join(
            f"class Berth{n}:\n    def moor_{n}(self):\n        a = 1\n        b = 2\n        return a + b\n\n\n"
            for n in range(12)
        )
    )
    (folder / "use.py").write_text("\n".join(f"Berth{n}().moor_{n}()" for n in range(12)))
    (folder / "notes.md").write_text("# Notes\n\nThe heron stands at berth four.\n")
    return folder


def test_a_map_takes_no_more_tokens_than_it_may(program: Program, tree: Path) -> None:
    taken: list[int] = []
    for budget in (300, 1500):
        found = program("map", tree, "--tokens", budget, "--json").json
        assert 0 < found["tokens"] <= found["budget"] == budget
        taken.append(found["tokens"])
    assert taken[0] < taken[1]
    counted = program("tokens", tree, "--map", 1500, "--json").json["documents"]
    assert {Path(d["path"]).name for d in counted} == {"<map>", "notes.md"}
    assert next(d for d in counted if d["path"] == "<map>")["tokens"] == found["tokens"]
    text = program("map", "--help").out
    for name in [*found, *found["files"][0]]:
        assert re.search(rf"\b{name}\b", text), name
    shown = program("map", tree, "--tokens", 1500)
    assert "harbour.py" in shown.out and "class Berth" in shown.out and "more file" not in found["files"][0]["text"]
    assert f"{taken[1]:,} of 1,500 tokens" in shown.err


def test_a_map_is_a_document_to_ask(program: Program, tree: Path) -> None:
    asking = ("--mode", "evidence", "--json", "--session", "Map")
    (answer,) = program("ask", tree, "--map", 900, "-q", "moor_3", *asking).json
    passage = answer["passages"][0]
    assert (passage["path"], passage["part"]) == ("<map>", "harbour.py")
    assert "a = 1" not in passage["text"]
    (answer,) = program("ask", "-q", "heron berth", *asking).json
    assert any("heron" in p["text"] for p in answer["passages"])


def test_what_cannot_be_mapped_is_said(program: Program, tree: Path) -> None:
    error = program("map", tree / "notes.md", "--json", code=1).error
    assert (error["kind"], error["message"]) == ("nothing_mapped", "There is no source file to map.")
    error = program("map", tree, "--tokens", 3, "--json", code=1).error
    assert "so few tokens" in error["message"]
    error = program("tokens", tree, "--map", 100, "--detail", "name", "--json", code=2).error
    assert "--detail name" in error["message"]
    # The source files stay where there is no map.
    ran = program("tokens", tree / "notes.md", "--map", 100, "--json")
    assert len(ran.json["documents"]) == 1 and "no source file" in ran.err
