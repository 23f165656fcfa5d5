"""`--detail` as people use it: what is counted and quoted is what is shown, and citations lead to the file's lines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ingest.view import DETAILS
from tests.running import Program

SOURCE = '''"""Says how deep the water is."""

import os


def sounding(place: str, *, tide: float = 0.5) -> float:
    """Metres of water at `place`."""
    chart = os.environ.get(place, "3")
    return float(chart) + tide


class Buoy:
    colour: str = "red"

    def ring(self) -> None:
        print("ding")
        print("dong")
        print("ding again")
'''


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "water.py").write_text(SOURCE)
    return folder


def test_each_detail_is_what_the_model_gets_and_is_counted(program: Program, source: Path) -> None:
    texts: dict[str, str] = {}
    for detail in DETAILS:
        (document,) = program("ingest", source, "--json", "--detail", detail).json["documents"]
        (section,) = document["sections"]
        texts[detail] = section["text"]
        assert document["view"] == ({} if detail == "auto" else {"detail": detail})
        if detail == "outline":
            counted = program("tokens", source, "--json", "--detail", detail).json["documents"][0]
            assert (counted["tokens"], counted["view"]) == (document["tokens"], document["view"])
        assert ("line_map" in section) == (detail in ("outline", "name"))
    assert texts["auto"] == texts["whole"] == SOURCE
    assert texts["name"] == "water.py · Python · 18 lines · 351 bytes\n"
    assert "def sounding(place: str, *, tide: float = 0.5) -> float:\n" in texts["outline"]
    assert "environ" not in texts["outline"] and "dong" not in texts["outline"]


def test_line_maps_lead_back_to_the_file(program: Program, source: Path) -> None:
    (document,) = program("ingest", source, "--json", "--detail", "outline").json["documents"]
    (section,) = document["sections"]
    lines = section["text"].splitlines()
    assert len(section["line_map"]) == len(lines)
    for line, number in zip(lines, section["line_map"], strict=True):
        assert "…" in line or line == SOURCE.splitlines()[number - 1]
    assert (
        "line_map"
        not in program("ingest", source, "--json", "--no-text", "--detail", "outline").json["documents"][0]["sections"][
            0
        ]
    )


def test_passages_of_an_outline_name_the_lines_of_the_file(program: Program, source: Path) -> None:
    asking = ("-q", "ring buoy", "--mode", "evidence", "--json")
    (answer,) = program("ask", source, "--detail", "outline", *asking).json
    passage = next(p for p in answer["passages"] if "def ring" in p["text"])
    first, last = passage["lines"]
    assert first <= SOURCE.splitlines().index("    def ring(self) -> None:") + 1 <= last
    assert "dong" not in passage["text"]


def test_a_session_keeps_how_a_source_was_read(program: Program, source: Path) -> None:
    asking = ("-q", "ring buoy", "--mode", "evidence", "--json", "--session", "Water")
    program("ask", source, "--detail", "outline", *asking)
    (answer,) = program("ask", *asking).json
    assert not any("dong" in p["text"] for p in answer["passages"])
    # Reading it again in another way takes the old one's place.
    (answer,) = program("ask", source, "--detail", "whole", *asking).json
    assert any("dong" in p["text"] for p in answer["passages"])


def test_a_detail_that_there_is_not_is_bad_usage(program: Program, source: Path) -> None:
    error = program("ingest", source, "--json", "--detail", "some", code=2).error
    assert "--detail" in error["message"]
    for command in ("ingest", "tokens", "ask"):
        text = program(command, "--help").out
        assert all(re.search(rf"\b{detail}\b", text) for detail in DETAILS)
        assert re.search(r"\bline_map\b", text) and re.search(r"\bview\b", text)
