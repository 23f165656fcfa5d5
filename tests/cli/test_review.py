"""`review` as people and scripts run it: what it reviews, prints and writes, and when it fails."""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.cli import reviewing
from app.cli.main import run
from engine.backends.local import LocalBackend
from engine.errors import EngineError
from engine.protocol import Answer, Prompt
from tests.core.review.repositories import commit, git, new_repository, write
from tests.engine.asking import COMMAND
from tests.running import Program

CODE = (
    "def mean(values):\n    return sum(values) / len(values)\n\n\ndef last(values):\n    return values[len(values)]\n"
)
SMALL = ("--ctx", 4096, "--threads", 1, "--max-answer", 64)
FOUND = {
    "path": "stats.py",
    "first": 6,
    "last": 6,
    "quote": ["    return values[len(values)]"],
    "severity": "error",
    "category": "off-by-one",
    "cwe": "",
    "title": "Reads one element too far",
    "explanation": "The index is one beyond the last element.",
    "suggestion": [
        "--- a/stats.py",
        "+++ b/stats.py",
        "@@ -5,2 +5,2 @@",
        " def last(values):",
        "-    return values[len(values)]",
        "+    return values[-1]",
    ],
}
UNCONFIRMED = {**FOUND, "quote": ["    return nothing.at(all)"], "title": "Made up", "suggestion": []}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "code", {"stats.py": CODE, "logo.png": b"\x89PNG\r\n\x1a\n\0"})
    return tmp_path / "code"


class Recorded(LocalBackend):
    """The real engine, which reads every prompt; its answers are replaced by recorded ones."""

    findings: tuple[dict[str, Any], ...] = ()
    fails = False

    def close(self) -> None:
        """It serves the next call too, as an engine in a window would."""

    def end(self) -> None:
        super().close()

    def ask(self, prompt: Prompt, **told: Any) -> Answer:
        if Recorded.fails:
            raise EngineError("It failed.", hint="Ask again.")
        answer = super().ask(Prompt(prompt.tokens, prompt.prefix, 1), **told)
        text = json.dumps({"findings": Recorded.findings})
        return Answer(text, "stop", answer.reused, answer.decoded, 99, answer.seconds, ((0, -0.1),))


@pytest.fixture(scope="module")
def engine() -> Iterator[Recorded]:
    one = Recorded(COMMAND)
    yield one
    one.end()


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny_llama4: Path, engine: Recorded) -> type[Recorded]:
    """The command in this process, with recorded answers."""
    monkeypatch.setenv("PLUMBLINE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PLUMBLINE_MODEL", str(tiny_llama4))
    monkeypatch.setattr(reviewing, "open_engine", lambda: engine)
    monkeypatch.setattr(Recorded, "findings", (FOUND, UNCONFIRMED))
    monkeypatch.setattr(Recorded, "fails", False)
    return Recorded


def called(capfdbinary: pytest.CaptureFixture[bytes], *arguments: object) -> tuple[int, str, str]:
    """Exit code, output and errors of one call in this process."""
    capfdbinary.readouterr()
    code = run(["review", *map(str, (*arguments, *SMALL))])
    out, err = capfdbinary.readouterr()
    return code, out.decode(), err.decode()


def test_fields_are_what_the_help_says(program: Program, folder: Path) -> None:
    ran = program("review", folder, *SMALL, "--checklist", "bugs", "--fail-on", "note", "--json")
    made = ran.json
    text = program("review", "--help").out
    for name in [*made, *made["passes"][0], *made["omitted"][0], *made["seconds"]]:
        assert re.search(rf"\b{name}\b", text), name
    assert made["plumbline_review"] == 1
    assert (made["root"], made["what"], made["checklists"]) == (str(folder), "1 file", ["bugs"])
    (question,) = made["passes"]
    assert question["files"] == question["shown"] == ["stats.py"]
    assert question["reused"] + question["decoded"] == question["prompt"]
    assert made["omitted"] == [{"path": "logo.png", "reason": "It is binary: a PNG image."}]
    assert (made["fail_on"], made["baseline"], made["cancelled"]) == ("note", None, False)
    assert "Not reviewed: logo.png. It is binary" in ran.err


def test_findings_for_people_and_for_other_programs(
    recorded: type[Recorded], folder: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    names = {form: tmp_path / f"out.{form}" for form in ("sarif", "markdown", "patch")}
    files = ("--sarif", names["sarif"], "--markdown", names["markdown"], "--patch-out", names["patch"])
    code, out, err = called(capfdbinary, folder, "--checklist", "bugs", *files)
    assert code == 0
    assert out.startswith("stats.py:6: error: Reads one element too far [off-by-one, CWE-193]\n")
    assert "  +    return values[-1]\n" in out
    assert out.index("Not confirmed by the code (1)") < out.index("Made up")
    assert "1 file in 1 pass · bugs · 1 finding, 1 not confirmed by the code" in err
    (result, _) = json.loads(names["sarif"].read_text())["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 6
    assert "Reads one element too far" in names["markdown"].read_text()
    new_repository(tmp_path / "applied", {"stats.py": CODE})
    git(tmp_path / "applied", "apply", str(names["patch"]))
    assert "values[-1]" in (tmp_path / "applied" / "stats.py").read_text()
    assert (folder / "stats.py").read_text() == CODE
    code, _, err = called(capfdbinary, folder, *files)
    assert code == 2 and "is there already" in err
    assert called(capfdbinary, folder, *files, "--force")[0] == 0


def test_a_finding_fails_the_build_unless_it_is_known(
    recorded: type[Recorded],
    folder: Path,
    tmp_path: Path,
    capfdbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = (folder, "--checklist", "bugs", "--json")
    code, out, _ = called(capfdbinary, *one, "--fail-on", "error")
    made = json.loads(out)
    assert code == 3
    assert made["failing"] == [made["findings"][0]["fingerprint"]]
    assert {finding["quoted"] for finding in made["findings"]} == {"confirmed", "unconfirmed"}
    known = tmp_path / "known.json"
    known.write_text(out)
    sarif = tmp_path / "known.sarif"
    assert called(capfdbinary, *one, "--sarif", sarif)[0] == 0
    # The same finding some lines further down.
    write(folder, {"stats.py": "import math\n\n\n" + CODE})
    moved = {**FOUND, "first": 9, "last": 9, "suggestion": []}
    monkeypatch.setattr(Recorded, "findings", (moved,))
    for baseline in (known, sarif):
        code, out, _ = called(capfdbinary, *one, "--fail-on", "error", "--baseline", baseline)
        assert (code, json.loads(out)["failing"]) == (0, [])
        assert len(json.loads(out)["baseline"]["still"]) == 1
    assert called(capfdbinary, *one, "--fail-on", "error")[0] == 3
    monkeypatch.setattr(Recorded, "findings", ({**moved, "severity": "note"},))
    assert called(capfdbinary, *one, "--fail-on", "warning")[0] == 0
    assert called(capfdbinary, *one, "--fail-on", "note")[0] == 3
    monkeypatch.setattr(Recorded, "findings", (UNCONFIRMED,))
    assert called(capfdbinary, *one, "--fail-on", "note")[0] == 0
    code, _, err = called(capfdbinary, *one, "--baseline", tmp_path / "none.json")
    assert code == 1 and "none.json" in err


def test_a_question_that_fails_is_told(
    recorded: type[Recorded], folder: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Recorded, "fails", True)
    code, out, err = called(capfdbinary, folder, "--json")
    made = json.loads(out)
    assert code == 1
    assert [question["problem"] for question in made["passes"]] == ["It failed. Ask again."] * 2
    assert "Pass 1, bugs: It failed. Ask again." in err


def test_changes_staged_ones_patches_and_archives(
    recorded: type[Recorded],
    tmp_path: Path,
    capfdbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = new_repository(tmp_path / "tree", {"stats.py": "values = []\n", "sub/other.py": "o = 1\n"})
    commit(root, {"stats.py": CODE, "sub/other.py": "o = 2\n"})
    write(root, {"sub/other.py": "o = 3\n"})
    git(root, "add", ".")
    (tmp_path / "fix.patch").write_text(git(root, "diff", "HEAD~1", "HEAD"))

    def reviewed(*arguments: object) -> tuple[str, list[str]]:
        code, out, err = called(capfdbinary, *arguments, "--checklist", "bugs", "--json")
        assert code == 0, err
        made = json.loads(out)
        return made["what"], made["passes"][0]["files"]

    both = ["stats.py", "sub/other.py"]
    assert reviewed(root, "--diff", "HEAD~1...HEAD") == ("changes HEAD~1...HEAD", both)
    assert reviewed(root, "--diff", "HEAD~1") == ("changes HEAD~1...HEAD", both)
    assert reviewed(root / "sub", "--diff", "HEAD~1") == ("changes HEAD~1...HEAD", ["sub/other.py"])
    assert reviewed(root, "--staged") == ("staged changes", ["sub/other.py"])
    assert reviewed("--patch", tmp_path / "fix.patch") == ("patch fix.patch", both)
    git(root, "reset", "-q", "--hard")
    assert reviewed(root, "--patch", tmp_path / "fix.patch") == ("patch fix.patch", both)
    monkeypatch.chdir(root)
    assert reviewed("--diff", "HEAD~1...") == ("changes HEAD~1...HEAD", both)
    patch = io.TextIOWrapper(io.BytesIO((tmp_path / "fix.patch").read_bytes()))
    monkeypatch.setattr(sys, "stdin", patch)
    assert reviewed("--patch", "-") == ("patch <stdin>", both)
    with zipfile.ZipFile(tmp_path / "code.zip", "w") as packed:
        packed.writestr("stats.py", CODE)
    assert reviewed(tmp_path / "code.zip") == ("1 file", ["stats.py"])


@pytest.mark.parametrize(
    ("arguments", "code", "kind", "said"),
    [
        ((), 2, "usage", "at least one file"),
        (("",), 2, "usage", "path is empty"),
        ((".", "--diff", "a...b", "--patch", "x"), 2, "usage", "--diff and --patch exclude"),
        ((".", "--diff", "a...b", "--leave-out", "x"), 2, "usage", "--leave-out"),
        ((".", "a", "--patch", "fix.patch"), 2, "usage", "one folder"),
        ((".", "--fail-on", "all"), 2, "usage", "fail-on"),
        ((".", "--checklist", "bug"), 1, "checklist", "no checklist bug"),
        (("missing",), 1, "review_scope", "missing"),
        ((".", "--diff", "HEAD~1...HEAD"), 1, "review_scope", "no Git repository"),
        ((".", "--patch", "missing.patch"), 1, "review_scope", "cannot be read"),
        ((".", "--patch", "words.txt"), 1, "review_scope", "is no patch"),
        ((".", "--model", "missing.gguf"), 1, "model_file", "missing.gguf"),
        ((".", "--ctx", "1100"), 1, "review_scope", "room for"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    program: Program,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    kind: str,
    said: str,
) -> None:
    write(tmp_path / "here", {"a.py": "a = 1\n", "words.txt": "words\n"})
    (tmp_path / "here" / "fix.patch").write_text("--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-a = 0\n+a = 1\n")
    monkeypatch.chdir(tmp_path / "here")
    ran = program("review", *arguments, "--json", code=code)
    assert (ran.error["kind"], said in ran.error["message"]) == (kind, True), ran.error


def test_checklists_are_listed_and_own_ones_can_be_named(program: Program, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "ours.md").write_text("# Ours\n\n- No division by nothing.\n")
    assert "security" in program("review", "--checklists").out
    made = program("review", folder, *SMALL, "--checklist", tmp_path / "ours.md", "--checklist", "tests", "--json").json
    assert made["checklists"] == ["ours", "tests"]
    assert [question["checklist"] for question in made["passes"]] == ["ours", "tests"]
