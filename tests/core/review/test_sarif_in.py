"""SARIF of other tools and of earlier reviews as findings; what points elsewhere is a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.core.errors import ReviewRefused
from app.core.review.baseline import read_baseline
from app.core.review.review_json import review_to_json
from app.core.review.sarif_in import MOST_QUOTED, findings_of_sarif
from app.core.review.sarif_out import review_to_sarif
from tests.core.review.test_review_json import REVIEW
from tests.ingest.sarif_files import codeql, ruff, semgrep

ROOT = "/work/tree"
RUN = "import subprocess\n" * 11 + "    subprocess.run(\n        command, shell=True\n    )\n"
TEXTS = {
    "my pkg/a.py": "import os\nimport sys\n",
    "my pkg/b.py": "x = 1\n" * 10,
    "src/run.py": RUN,
    "src/hash.go": "a\nb\nmd5.New()\n",
    "web/routes/bär.js": "//\n" * 39 + "db.query(q)\n",
}


def test_results_of_three_tools_become_findings() -> None:
    first = findings_of_sarif(ruff(), root=ROOT, texts=TEXTS)
    assert first.problems == ()
    unused = first.findings[0]
    assert (unused.finding.path, unused.finding.first, unused.finding.severity) == ("my pkg/a.py", 1, "error")
    assert (unused.finding.category, unused.finding.checklist) == ("ruff", "ruff")
    assert unused.finding.title == "F401: `os` imported but unused"
    assert (unused.quoted, unused.finding.quote) == ("confirmed", "import os")
    shell, muted = findings_of_sarif(semgrep(), texts=TEXTS).findings
    assert (shell.quoted, shell.finding.cwe, shell.finding.severity) == ("confirmed", "CWE-78", "error")
    assert shell.finding.quote.startswith("    subprocess.run(")
    assert muted.finding.severity == "note"
    (sql,) = findings_of_sarif(codeql(), texts=TEXTS).findings
    assert (sql.finding.cwe, sql.finding.path, sql.quoted) == ("CWE-89", "web/routes/bär.js", "confirmed")


def test_they_are_held_against_the_code_as_any_finding() -> None:
    moved = findings_of_sarif(semgrep(), texts={**TEXTS, "src/run.py": "import os\n\n" + RUN}).findings[0]
    assert (moved.quoted, moved.finding.first, moved.finding.last) == ("moved", 14, 16)
    gone = findings_of_sarif(semgrep(), texts={**TEXTS, "src/run.py": RUN.replace("shell=True", "")}).findings[0]
    assert gone.quoted == "unconfirmed"
    missing = findings_of_sarif(semgrep(), texts={}).findings[0]
    assert missing.reason == "No file 'src/run.py' was reviewed."
    short = findings_of_sarif(ruff(), root=ROOT, texts={**TEXTS, "my pkg/b.py": "x\n"}).findings[1]
    assert short.quoted == "unconfirmed"
    part = json.loads(semgrep())
    place = part["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]
    place["snippet"]["text"] = "subprocess.run(\n        command, shell"
    confirmed = findings_of_sarif(json.dumps(part), texts=TEXTS).findings[0]
    assert (confirmed.quoted, confirmed.finding.quote.split("\n")[-1]) == ("confirmed", "    )")
    place["snippet"]["text"], place["startLine"], place["endLine"] = "", 1, 14
    long = findings_of_sarif(json.dumps(part), texts=TEXTS).findings[0]
    assert (long.quoted, long.finding.quote.count("\n")) == ("confirmed", MOST_QUOTED - 1)


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("file:///etc/passwd", "lies outside of the reviewed folder, at /etc/passwd; it was left out."),
        ("file:///work/tree/../x.py", "lies outside"),
        ("file:///work/treehouse/x.py", "lies outside"),
        ("../../x.py", "lies outside"),
        ("a/../../x.py", "lies outside"),
        ("https://example.org/x.py", "lies outside"),
        ("C:\\x.py", "lies outside"),
        ("", "names no file; it was left out."),
        (".", "lies outside"),
    ],
)
def test_what_points_outside_is_left_out_and_named(uri: str, said: str) -> None:
    plain = json.loads(ruff())
    results = plain["runs"][0]["results"]
    results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = uri
    found = findings_of_sarif(json.dumps(plain), root=ROOT, texts=TEXTS)
    assert len(found.findings) == 1
    (problem,) = found.problems
    assert problem.startswith("Result 1 of ruff (F401) ")
    assert said in problem


def test_paths_within_are_made_plain() -> None:
    for uri in ("./src/../my%20pkg/a.py", "my%20pkg//a.py", "file:///work/tree/my%20pkg/./a.py"):
        plain = json.loads(ruff())
        plain["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = uri
        assert findings_of_sarif(json.dumps(plain), root=ROOT + "/", texts=TEXTS).findings[0].quoted == "confirmed"


@pytest.mark.parametrize("text", ["", "x", "{", '{"version": "2.1.0"}', ruff()[:-50]])
def test_what_is_no_sarif_is_a_sentence(text: str) -> None:
    with pytest.raises(ReviewRefused) as caught:
        findings_of_sarif(text)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_tool_that_is_called_the_same_is_another_tool() -> None:
    plain = json.loads(ruff())
    plain["runs"][0]["tool"]["driver"]["name"] = "Plumbline"
    found = findings_of_sarif(json.dumps(plain), root=ROOT, texts=TEXTS)
    assert [checked.finding.category for checked in found.findings] == ["plumbline"] * 2


def test_a_baseline_is_json_or_sarif(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(review_to_json(REVIEW), encoding="utf-8")
    (tmp_path / "b.sarif").write_text(review_to_sarif(REVIEW), encoding="utf-8-sig")
    (tmp_path / "c.sarif").write_text(ruff(), encoding="utf-8")
    assert read_baseline(tmp_path / "a.json") == REVIEW.findings
    assert read_baseline(tmp_path / "b.sarif") == REVIEW.findings
    assert [checked.finding.path for checked in read_baseline(tmp_path / "c.sarif", root=ROOT)] == [
        "my pkg/a.py",
        "my pkg/b.py",
    ]


def test_a_baseline_that_cannot_be_used_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.json").write_text("{}", encoding="utf-8")
    (tmp_path / "y.json").write_bytes(b"\xff\xfe\x00")
    for name, said in (("x.json", "has no list of runs"), ("y.json", ""), ("none", "cannot be read"), (".", "cannot")):
        with pytest.raises(ReviewRefused) as caught:
            read_baseline(tmp_path / name)
        assert said in str(caught.value)
        assert caught.value.hint
        assert "\n" not in str(caught.value)
    monkeypatch.setattr("app.core.review.baseline.LARGEST", 1)
    with pytest.raises(ReviewRefused, match="is the most"):
        read_baseline(tmp_path / "x.json")
