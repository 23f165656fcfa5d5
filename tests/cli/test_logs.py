from __future__ import annotations

from pathlib import Path

import pytest

from tests.running import Program


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "harbour.log"
    path.write_text(
        "".join(
            f"2026-03-14T07:{n:02d}:00Z host {('dock', 'crane')[n % 2]}[7]: {'error: ' if n == 31 else ''}tick {n}\n"
            for n in range(60)
        )
    )
    return path


def test_what_logs_hold_as_json_and_for_people(program: Program, log: Path) -> None:
    ran = program("logs", log, log.with_name("none.log"), "--json")
    (found,) = ran.json["logs"]
    assert found["path"] == str(log)
    assert (found["format"], found["records"], found["bytes"]) == ("syslog-iso", 60, log.stat().st_size)
    assert found["levels"] == {"error": 1, "none": 59}
    assert found["sources"] == [{"source": "dock", "records": 30}, {"source": "crane", "records": 30}]
    assert found["zone_known"] is True
    assert found["last"] - found["first"] == 59 * 60 * 10**9
    assert sum(bucket["records"] for bucket in found["buckets"]) == 60
    assert found["buckets"][0]["start"] == found["first"]
    assert ran.json["failed"][0]["path"].endswith("none.log")
    said = program("logs", log, "--buckets", "4").out
    assert "Syslog with ISO times · 60 records" in said
    assert "2026-03-14 07:00:00 UTC to 2026-03-14 07:59:00 UTC" in said
    assert "1 error or fatal" in said


def test_nothing_to_look_through(program: Program, tmp_path: Path) -> None:
    assert "cannot be read" in program("logs", tmp_path / "none.log", "--json", code=1).error["message"]
    assert program("logs", "--json", code=2).error["message"] == "Name at least one log."


def test_only_some_records_are_read(program: Program, log: Path) -> None:
    wanted = (
        "--since",
        "2026-03-14T07:30",
        "--until",
        "2026-03-14T07:40",
        "--source",
        "crane",
        "--grep",
        "tick 3[1-5]",
    )
    (document,) = program("ingest", log, *wanted, "--json").json["documents"]
    assert document["problem"].startswith(
        "3 of 60 records: since 2026-03-14T07:30, until 2026-03-14T07:40, source crane"
    )
    assert document["view"]["log"]["sources"] == ["crane"]
    (section,) = document["sections"]
    assert section["line_map"] == [32, 34, 36]
    (document,) = program("ingest", log, "--around", "tick 31", "--minutes", "2", "--json").json["documents"]
    assert document["sections"][0]["span"]["lines"] == [30, 34]
    (document,) = program("tokens", log, "--level", "warning+", "--json").json["documents"]
    assert document["view"]["log"]["levels"] == ["warning", "error", "fatal"]
    assert document["problem"] == "1 of 60 records: level warning, error or fatal."


def test_a_filtered_log_is_cited_by_the_lines_of_its_file(program: Program, log: Path) -> None:
    (answer,) = program("ask", log, "--level", "error", "-q", "tick", "--mode", "evidence", "--json").json
    (passage,) = answer["passages"]
    assert passage["lines"] == [32, 32]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--grep", "("), "/(/ is no regular expression"),
        (("--level", "loud"), '"loud" is no level.'),
        (("--since", "soon"), '"soon" is no moment.'),
        (("--minutes", "3"), "--minutes belongs to --around."),
    ],
)
def test_what_cannot_be_is_bad_usage(program: Program, log: Path, arguments: tuple[str, ...], message: str) -> None:
    assert message in program("ingest", log, *arguments, "--json", code=2).error["message"]
