"""`--fold` and `--unfold` as people use them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.running import Program

TEMPLATE_FIELDS = {"number", "count", "whole", "first", "last", "line", "levels", "sources", "text"}


@pytest.fixture
def quay(tmp_path: Path) -> Path:
    """A log of 300 moorings, of which one went wrong."""
    lines = [
        f"2026-03-14T07:{n // 60:02d}:{n % 60:02d} INFO quay: ship no. {n} moored at berth {n % 7}\n"
        for n in range(300)
    ]
    lines.insert(100, "2026-03-14T07:01:39 ERROR crane: rope torn\n  at pulley 3\n")
    path = tmp_path / "quay.log"
    path.write_text("".join(lines))
    return path


def test_a_folded_log_is_counted_and_its_templates_are_said(program: Program, quay: Path) -> None:
    (whole,) = program("ingest", quay, "--json").json["documents"]
    (document,) = program("ingest", quay, "--json", "--fold").json["documents"]
    assert "templates" not in whole
    assert document["view"] == {"log": {"fold": True}}
    assert document["problem"] == "300 records folded into 1 line, 1 whole."
    assert document["tokens"] * 20 < whole["tokens"]
    first, second = document["templates"]
    assert set(first) == TEMPLATE_FIELDS
    assert (first["number"], first["count"], first["whole"], first["line"]) == (1, 300, 0, 1)
    assert (first["first"], first["last"]) == ("2026-03-14T07:00:00", "2026-03-14T07:04:59")
    assert first["text"].startswith("ship no. <0|")
    assert (second["count"], second["whole"], second["levels"], second["line"]) == (1, 1, ["error"], 101)
    (section,) = document["sections"]
    assert section["line_map"] == [1, 1, 1, 101, 102]
    assert section["text"].splitlines()[3:] == ["2026-03-14T07:01:39 ERROR crane: rope torn", "  at pulley 3"]
    counted = program("tokens", quay, "--json", "--fold").json["documents"][0]
    assert counted["tokens"] == document["tokens"]


def test_unfolding_shows_the_records_too(program: Program, quay: Path) -> None:
    (document,) = program("ingest", quay, "--json", "--unfold", "1").json["documents"]
    assert document["view"] == {"log": {"fold": True, "unfold": [1]}}
    folded, *sections = document["sections"]
    lines = [line for section in sections for line in section["text"].splitlines()]
    assert sections[0]["label"] == "template #1, lines 1–302"
    assert lines == [line for line in quay.read_text().splitlines() if "INFO" in line]
    assert [number for section in sections for number in section["line_map"]][98:102] == [99, 100, 103, 104]
    assert folded["text"].count("\n") == 5


def test_a_citation_of_a_folded_log_leads_to_the_record(program: Program, quay: Path) -> None:
    asked = ("-q", "Which rope is torn?", "--mode", "evidence", "--json", "--no-save")
    passage = program("ask", quay, "--fold", *asked).json[0]["passages"][0]
    assert "2026-03-14T07:01:39 ERROR crane: rope torn" in passage["text"]
    first, last = passage["lines"]
    assert first <= 101 <= last <= 102


def test_a_number_that_is_none_is_bad_usage(program: Program, quay: Path) -> None:
    program("ingest", quay, "--unfold", "0", code=2)
