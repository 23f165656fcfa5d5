"""Archives, patches and differences through the commands."""

from __future__ import annotations

from pathlib import Path

from tests.ingest.packing import zip_bytes
from tests.ingest.test_diff import LABELS, git, repository
from tests.running import Program

__all__ = ["repository"]

SHIP = b"The Aurora lies at berth 7.\n"


def test_an_archive_by_every_command(program: Program, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zip_bytes({"notes/ship.txt": SHIP, "x.png": b"\x89PNG\r\n\x1a\n" + bytes(99)}))
    result = program("ingest", path, "--json").json
    (document,) = result["documents"]
    assert (document["path"], document["archive"]) == (f"{path}/notes/ship.txt", str(path))
    assert document["sections"][0]["text"] == SHIP.decode()
    assert result["skipped"] == [{"path": f"{path}/x.png", "reason": "binary: a PNG image"}]
    assert program("tokens", path, "--json").json["documents"][0]["tokens"] == document["tokens"]
    (answer,) = program("ask", path / "notes", "-q", "berth", "--mode", "evidence", "--json").json
    assert answer["passages"][0]["path"] == document["path"]
    piped = program("ingest", "-", "--json", stdin=path.read_bytes()).json["documents"]
    assert [(d["path"], d["archive"]) for d in piped] == [("<stdin>/notes/ship.txt", None)]


def test_a_difference_by_every_command(program: Program, repository: Path) -> None:
    (document,) = program("ingest", repository, "--diff", "HEAD~1...HEAD", "--json").json["documents"]
    assert document["path"] == f"{repository}/git diff HEAD~1...HEAD"
    assert document["kind"] == "diff"
    assert {section["span"]["part"]: section["label"] for section in document["sections"]} == LABELS
    again = program("tokens", repository, "--diff", "HEAD~1...HEAD", "--json").json["documents"]
    assert again[0]["tokens"] == document["tokens"]
    asked = ("ask", repository, "--diff", "HEAD~1..HEAD", "-q", "Fresh", "--mode", "evidence", "--json")
    assert "# Fresh" in program(*asked).json[0]["passages"][0]["text"]
    patch = git(repository, "diff", "HEAD~1", "HEAD")
    (piped,) = program("ingest", "-", "--json", stdin=patch).json["documents"]
    assert [s["label"] for s in piped["sections"]] == [s["label"] for s in document["sections"]]


def test_a_difference_that_cannot_be_had(program: Program, repository: Path, tmp_path: Path) -> None:
    ran = program("ingest", repository, "--diff", "HEAD...none", "--json", code=1)
    assert "The repository has no revision none." in ran.error["message"]
    ran = program("ingest", tmp_path / "none", "--diff", "a...b", "--json", code=1)
    assert "there is no such file or folder" in ran.error["message"]
    ran = program("ingest", "-", "--diff", "a...b", "--json", code=2)
    assert ran.error["message"] == "Standard input is no repository."
    assert program("ingest", repository, "--diff", "", "--json", code=2).error["hint"].endswith("main...HEAD.")
