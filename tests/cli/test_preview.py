"""`ingest --preview` and `ingest --leave-out`."""

from __future__ import annotations

import re
from pathlib import Path

from tests.running import Program


def test_a_preview_reads_nothing_and_says_what_would_come_in(program: Program, notes: Path) -> None:
    (notes / "pic.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    (notes / "yarn.lock").write_text("# yarn lockfile v1\n" * 200)
    seen = program("ingest", notes, "--preview", "--json").json
    text = program("ingest", "--help").out
    for name in [*seen, *seen["folders"][0], *seen["left_out"][0]]:
        assert re.search(rf"\b{name}\b", text), name
    assert seen["files"] == 3
    assert [part["reason"] for part in seen["left_out"]] == ["binary: a PNG image"]
    assert [part["reason"] for part in seen["shortened"]] == ["lock file"]
    counted = sum(d["tokens"] for d in program("ingest", notes, "--json").json["documents"])
    assert seen["sampled"] and 0.3 * counted < seen["tokens"] < 3 * counted
    shown = program("ingest", notes, "--preview").out
    assert shown.startswith("3 files, ")
    assert "binary: a PNG image, such as" in shown


def test_what_fits_a_pattern_is_left_out(program: Program, notes: Path) -> None:
    ran = program("ingest", notes, "--leave-out", "*.py", "--json")
    assert [Path(d["path"]).name for d in ran.json["documents"]] == ["note.md"]
    assert program("ingest", notes, "--leave-out", "*.py", "--preview", "--json").json["files"] == 1
    error = program("ingest", notes, "--leave-out", "!", "--json", code=1).error
    assert "is no pattern" in error["message"]


def test_a_preview_needs_files(program: Program) -> None:
    assert program("ingest", "-", "--preview", "--json", code=2).error["kind"] == "usage"
    assert program("ingest", "--preview", "--json", code=2).error["kind"] == "usage"


def test_what_is_left_to_one_line_is_said_once(program: Program, notes: Path) -> None:
    for name in ("yarn.lock", "Cargo.lock", "go.sum"):
        (notes / name).write_text("# locked\n" * 300)
    ran = program("ingest", notes, "--json")
    (sentence,) = (line for line in ran.err.splitlines() if "one line" in line)
    assert "yarn.lock" in sentence and "--detail whole" in sentence
    locked = next(d for d in ran.json["documents"] if d["path"].endswith("yarn.lock"))
    assert locked["sections"][0]["text"] == "yarn.lock · lock file, 300 lines, left out\n"
    whole = program("ingest", notes, "--detail", "whole", "--json")
    assert "one line" not in whole.err
