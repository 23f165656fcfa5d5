"""Patches: a section for each changed file, the patch's own lines, and malformed ones as text."""

from __future__ import annotations

import difflib
import os
import random
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.diff import read_diff
from ingest.document import Document
from tests.ingest.packing import PACKERS, zip_bytes
from tests.ingest.reading import read, read_one

GIT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_AUTHOR_DATE": "2026-03-14T07:00:00Z"}


def git(folder: Path, *arguments: str) -> bytes:
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@b", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, env={**os.environ, **GIT}).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits that change files in every way."""
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    (root / "a.py").write_text("".join(f"line {n}\n" for n in range(30)))
    (root / "old name.txt").write_text("".join(f"word {n}\n" for n in range(30)))
    (root / "gone.txt").write_text("gone\n")
    (root / "größe.txt").write_text("a\n")
    (root / "tool").write_text("#!/bin/sh\n")
    (root / "picture").write_bytes(bytes(range(256)))
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    (root / "a.py").write_text("".join(f"line {n}\n" for n in range(30) if n != 4) + "-- last\n")
    (root / "old name.txt").rename(root / "new name.txt")
    (root / "gone.txt").unlink()
    (root / "größe.txt").write_text("b\n")
    (root / "tool").chmod(0o755)
    (root / "picture").write_bytes(bytes(range(255)))
    (root / "fresh.md").write_text("# Fresh\n")
    git(root, "add", ".")
    git(root, "commit", "-qm", "Change everything\n\nIn every way.")
    return root


LABELS = {
    "a.py": "a.py (+1 \u22121)",
    "fresh.md": "fresh.md (new, +1 \u22120)",
    "gone.txt": "gone.txt (deleted, +0 \u22121)",
    "größe.txt": "größe.txt (+1 \u22121)",
    "new name.txt": "new name.txt (renamed from old name.txt)",
    "picture": "picture (binary)",
    "tool": "tool (mode 100755)",
}


def assert_whole(document: Document, text: str) -> None:
    """Every line of the patch is in one section, at the lines its span says."""
    lines = text.split("\n")
    assert "".join(section.text for section in document.sections) == text
    for section in document.sections:
        assert section.span.lines
        first, last = section.span.lines
        assert section.text.removesuffix("\n").split("\n") == lines[first - 1 : last]


@pytest.mark.parametrize("name", ["a.diff", "a.patch", "a.txt", "nameless"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_each_changed_file_is_a_section(repository: Path, tmp_path: Path, name: str, end: str) -> None:
    patch = git(repository, "diff", "-M", "HEAD~1", "HEAD").decode()
    path = tmp_path / name
    path.write_bytes(patch.replace("\n", end).encode())
    document = read_one(path)
    assert (document.kind, document.status, document.problem) == ("diff", "ok", None)
    assert {section.span.part: section.label for section in document.sections} == LABELS
    assert_whole(document, patch)
    section = document.sections[0]
    place = section.locate(section.text.index("-line 4"), section.text.index("-line 4") + 7)
    assert place.part == "a.py"
    assert place.lines
    assert patch.split("\n")[place.lines[0] - 1] == "-line 4"


@pytest.mark.parametrize("how", [("format-patch", "--stdout", "--root", "HEAD"), ("log", "-p"), ("show",)])
def test_patches_with_messages(repository: Path, tmp_path: Path, how: tuple[str, ...]) -> None:
    patch = git(repository, *how).decode()
    path = tmp_path / "series"
    path.write_text(patch)
    document = read_one(path)
    assert document.kind == "diff"
    assert_whole(document, patch)
    parts = [section.span.part for section in document.sections]
    labels = [section.label for section in document.sections]
    assert parts.count("") == patch.count("Change everything") + patch.count("first\n")
    assert "Change everything" in labels
    assert parts.count("a.py") == patch.count("diff --git a/a.py")


@pytest.mark.parametrize("name", ["a.diff", "a"])
def test_patches_of_other_programs(tmp_path: Path, name: str) -> None:
    old, new = [f"{n}\n" for n in range(40)], [f"{n}\n" for n in range(40) if n % 9]
    plain = "".join(difflib.unified_diff(old, new, "src/old.c", "src/new.c", "2026-03-14", "2026-03-15"))
    subversion = (
        "Index: a.txt\n" + "=" * 67 + "\n--- a.txt\t(revision 1)\n+++ a.txt\t(working copy)\n@@ -1 +1 @@\n-a\n+b\n"
    )
    mercurial = "diff -r 1a2b3c4d5e6f x.h\n--- a/x.h\tSat Mar 14\n+++ b/x.h\tSat Mar 14\n@@ -1,2 +1 @@\n a\n--- b\n"
    text = plain + subversion + mercurial + plain
    path = tmp_path / name
    path.write_text(text)
    document = read_one(path)
    assert [section.span.part for section in document.sections] == ["src/new.c", "a.txt", "x.h", "src/new.c"]
    assert_whole(document, text)
    assert document.sections[1].text == subversion
    assert document.sections[2].text == mercurial


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda patch: patch.replace(" line 5\n", "", 1), "hunk"),
        (lambda patch: patch[: patch.index("+-- last")], "hunk is shorter than expected"),
        (lambda patch: patch.replace("@@ -", f"@@ -{'9' * 5000}", 1), "exceeds the limit"),
    ],
)
def test_a_malformed_patch_is_read_as_text(repository: Path, tmp_path: Path, change: object, said: str) -> None:
    patch = git(repository, "diff", "HEAD~1", "HEAD", "--", "a.py").decode()
    path = tmp_path / "a.patch"
    path.write_text(change(patch))  # type: ignore[operator]
    document = read_one(path)
    assert (document.kind, document.status) == ("text", "ok")
    assert document.problem
    assert document.problem.startswith("It is no well-formed patch (line ")
    assert said in document.problem
    assert document.problem.endswith("; it was read as text.")
    assert document.sections[0].text == path.read_text()


def test_words_about_patches_are_no_patches(tmp_path: Path) -> None:
    hunk = "--- a\n+++ b\n@@ -1 +1 @@\n-a\n+b\n"
    for name, text, kind in (
        ("a.md", f"# How to patch\n\n```\n{hunk}```\n", "markdown"),
        ("a.txt", f"This is how:\n{hunk}", "text"),
        ("a.patch", f"This is how:\n{hunk}", "diff"),
        ("a.py", f'"""\n{hunk}"""\n', "code"),
        ("a.diff", "no diff at all\n", "text"),
        ("rule", "--- \ntitle: x\n---\n\nwords\n", "text"),
    ):
        (tmp_path / name).write_text(text)
        assert read_one(tmp_path / name).kind == kind, name


def test_patches_from_everywhere(repository: Path) -> None:
    patch = git(repository, "diff", "HEAD~1", "HEAD")
    for content in (patch, PACKERS["gz"](patch), PACKERS["xz"](patch), zip_bytes({"x.patch": patch})):
        (document,) = read(stdin=content).documents
        assert document.kind == "diff"
        assert len(document.sections) == len(LABELS)


def test_a_line_that_the_library_would_brood_over_takes_no_time(tmp_path: Path) -> None:
    path = tmp_path / "a.diff"
    line = "Binary files " + " and " * 400_000
    path.write_text(f"diff --git a/x b/x\nindex 1..2\n{line}\n")
    assert read_one(path).kind == "diff"


@settings(deadline=None, max_examples=150)
@given(st.text(st.sampled_from('+-@ \\\n,1aBdif/"IndexFrom:=0'), max_size=300))
def test_whatever_follows_the_headers_is_read(text: str) -> None:
    whole = f"diff --git a/x b/x\nindex 1..2\n--- a/x\n+++ b/x\n{text}"
    reading = read_diff(whole)
    assert bool(reading.sections) != bool(reading.problem)
    if reading.sections:
        assert "".join(section.text for section in reading.sections) == whole


def test_mutated_patches_lose_nothing(repository: Path) -> None:
    patch = git(repository, "format-patch", "--stdout", "--root", "HEAD").decode().split("\n")
    chosen = random.Random(5)
    for _ in range(200):
        lines = list(patch)
        for _ in range(chosen.randrange(1, 6)):
            at = chosen.randrange(len(lines))
            lines[at : at + chosen.randrange(3)] = chosen.choices(patch, k=chosen.randrange(3))
        text = "\n".join(lines)
        reading = read_diff(text)
        assert bool(reading.sections) != bool(reading.problem)
        if reading.sections:
            assert "".join(section.text for section in reading.sections).split() == text.split()
