"""SARIF files as sources: a line for each result that leads back to the file; anything else is read as text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.document import Document
from ingest.open_path import open_paths
from ingest.sarif import BadSarif, looks_like_sarif, path_of_uri, read_sarif, sarif_runs
from tests.ingest.sarif_files import codeql, ruff, semgrep


def opened(path: Path, text: str | bytes) -> Document:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    (document,) = open_paths([path]).documents
    return document


@pytest.mark.parametrize("name", ["out.sarif", "out.sarif.json", "results.json", "results"])
def test_results_are_read_as_lines(tmp_path: Path, name: str) -> None:
    document = opened(tmp_path / name, ruff())
    assert (document.kind, document.status, document.problem) == ("text", "ok", None)
    (section,) = document.sections
    assert section.label == "ruff 0.17.3 (2 results)"
    assert section.text == (
        "ruff 0.17.3 (2 results)\n"
        "/work/tree/my pkg/a.py:1: error F401: `os` imported but unused\n"
        "/work/tree/my pkg/b.py:7: error E501: Line too long (120 > 100)\n"
    )


def test_each_line_leads_back_to_its_result(tmp_path: Path) -> None:
    text = ruff()
    (section,) = opened(tmp_path / "a.sarif", text).sections
    for message in ("F401", "E501"):
        at = section.text.index(message)
        span = section.locate(at, at + 4)
        assert span.lines is not None
        first, last = span.lines
        assert first == last
        lines = text.split("\n")
        assert lines[first - 1].strip() == "{"
        assert f'"ruleId": "{message}"' in lines[first]
    in_one_line = opened(tmp_path / "b.sarif", ruff(indent=None)).sections[0]
    assert in_one_line.span.lines == (1, 1)
    assert in_one_line.locate(40, 45).lines == (1, 1)


def test_levels_bases_snippets_and_placeholders_are_followed() -> None:
    (run,) = sarif_runs(semgrep())
    shell, muted = run.results
    assert (run.tool, run.version) == ("Semgrep OSS", "1.99.0")
    assert (shell.level, shell.path, shell.first, shell.last) == ("error", "src/run.py", 12, 14)
    assert shell.snippet.startswith("    subprocess.run(\n")
    assert (muted.level, muted.suppressed, shell.suppressed) == ("note", True, False)
    lines = read_sarif(semgrep()).sections[0].text.split("\n")
    assert lines[1] == "src/run.py:12-14: error python.subprocess-shell-true: Found 'subprocess' with shell=True."
    assert lines[2] == "src/hash.go:3: note go.weak-hash (suppressed): MD5 is weak."
    (result,) = sarif_runs(codeql())[0].results
    assert (result.rule, result.level) == ("js/sql-injection", "error")
    assert result.path == "web/routes/bär.js"
    assert result.message == "this query depends on user input; see {7}."
    assert (result.first, result.last) == (40, 40)


def test_each_run_is_a_section() -> None:
    runs = [json.loads(text)["runs"][0] for text in (ruff(), semgrep(), codeql())]
    text = json.dumps({"version": "2.1.0", "runs": [*runs, {}]}, indent=2)
    sections = read_sarif(text).sections
    assert [section.label for section in sections] == [
        "ruff 0.17.3 (2 results)",
        "Semgrep OSS 1.99.0 (2 results)",
        "CodeQL (1 result)",
        "a tool without a name (0 results)",
    ]
    spans = [section.span.lines for section in sections]
    assert spans == sorted(spans, key=lambda lines: lines or (0, 0))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"version": "2.1.0", "runs": [{"tool": ', "breaks off at line 1"),
        (ruff()[:-40], "breaks off at line"),
        ('{"version": "2.1.0",\n "runs": [{]}', "line 2 is no well-formed JSON"),
        ('{"version": "2.1.0", "runs": {}}', "line 1 is no well-formed JSON"),
        ('{"version": "2.1.0", "results": []}', "has no list of runs"),
        ('{"version": "1.0.0", "runs": []}', "SARIF of version '1.0.0'"),
        ('{"version": "2.1.0", "runs": []}', "no run of any tool"),
        ('{"version": "2.1.0", "runs": ' + "[" * 50_000, "well-formed"),
    ],
)
def test_what_is_no_sarif_is_read_as_text_and_says_why(tmp_path: Path, text: str, said: str) -> None:
    document = opened(tmp_path / "a.sarif", text)
    assert document.status == "ok"
    assert document.problem is not None
    assert said in document.problem
    assert document.problem.endswith("It was read as text.")
    assert document.sections[0].text == text


def test_other_json_is_left_alone(tmp_path: Path) -> None:
    for text in ('{"runs": [1, 2]}', '{"version": "2.1.0", "data": []}', '["sarif"]', "sarif\n"):
        assert not looks_like_sarif("a.json", text)
        assert opened(tmp_path / "a.json", text).problem is None


def test_a_gigantic_one_is_read_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.sarif.LARGEST_SARIF", 1_000)
    reading = read_sarif(ruff())
    assert reading.sections == ()
    assert "longer than" in (reading.problem or "")


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("src/a%20b.py", "src/a b.py"),
        ("file:///C:/x/a.py", "C:/x/a.py"),
        ("file:/x/a.py", "/x/a.py"),
        ("file://localhost/x/a.py", "/x/a.py"),
        ("FILE:///x/%ff", "/x/\udcff"),
        ("../a.py", "../a.py"),
        ("https://example.org/a%20b", "https://example.org/a b"),
    ],
)
def test_addresses_become_paths(uri: str, path: str) -> None:
    assert path_of_uri(uri) == path


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(path for key, part in inside for path in paths(part, (*at, key)))]


@pytest.mark.parametrize("sample", [ruff(), semgrep(), codeql()])
@pytest.mark.parametrize("wrong", [None, [], {}, "\ud800\0\n", -1, 10**30, True, [None], {"text": 3}])
def test_whatever_stands_in_a_field_is_survived(sample: str, wrong: object) -> None:
    for path in paths(json.loads(sample))[1:]:
        plain = json.loads(sample)
        part = plain
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = wrong
        reading = read_sarif(json.dumps(plain))
        assert bool(reading.sections) != bool(reading.problem)
        for section in reading.sections:
            section.text.encode()
            assert "\0" not in section.text
            assert section.text.count("\n") == len(section.line_map)


@given(st.text(alphabet='{}[]",:ab1 \n\\', max_size=60))
def test_any_text_is_runs_or_a_sentence(text: str) -> None:
    try:
        sarif_runs('{"version": "2.1.0", "runs": ' + text)
    except BadSarif as error:
        assert "\n" not in str(error)
