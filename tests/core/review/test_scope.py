"""Folders, files and archives as what is reviewed, and what of them is left out and why."""

from __future__ import annotations

import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from app.core.errors import ScopeRefused
from app.core.review.scope import Scope, everything
from ingest.errors import Stopped
from tests.core.review.repositories import git, module, new_repository, write


def reasons(scope: Scope) -> dict[str, str]:
    return {omitted.path: omitted.reason for omitted in scope.omitted}


def test_a_folder_is_read_in_a_stable_order(tmp_path: Path) -> None:
    write(tmp_path, {"b/z.py": "z = 1\n", "a.go": "package a\n", "b/A.md": "# A\n\nwords\n", "page.html": "<p>a</p>\n"})
    scope = everything([tmp_path])
    assert list(scope.texts) == ["a.go", "b/A.md", "b/z.py", "page.html"]
    assert (scope.root, scope.what, scope.omitted) == (str(tmp_path), "4 files", ())
    assert scope.texts["page.html"] == "<p>a</p>\n"
    assert not scope.changed


def test_chosen_files_are_named_from_what_they_share(tmp_path: Path) -> None:
    write(tmp_path, {"src/a/x.py": "x = 1\n", "src/b/y.py": "y = 1\n", "src/c.py": "c = 1\n"})
    scope = everything([tmp_path / "src/b/y.py", tmp_path / "src/a/x.py"])
    assert scope.root == str(tmp_path / "src")
    assert list(scope.texts) == ["a/x.py", "b/y.py"]
    assert everything([tmp_path / "src/c.py"]).texts == {"c.py": "c = 1\n"}
    some = everything([tmp_path / "src"]).only(["c.py"])
    assert (list(some.texts), set(some.others)) == (["c.py"], {"a/x.py", "b/y.py"})
    assert some.what == "1 file of 3 files"


def test_what_is_no_source_code_is_named_and_never_passed_over(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "ok.py": "ok = 1\n",
            "picture.png": b"\x89PNG\r\n\x1a\n\0\0",
            "program": bytes(range(256)) * 4,
            "empty.py": b"",
            "table.csv": "a,b\n1,2\n",
            "a.log": "2026-03-14T10:00:00 INFO a\n",
            "paper.pdf": b"%PDF-1.7\n",
            "fix.patch": "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n",
            "yarn.lock": "# yarn lockfile v1\n\n" + 'a@1:\n  version "1"\n' * 100,
            "app.min.js": "function a(b){return b+1};" * 200,
            "node_modules/x/index.js": "module.exports = 1\n",
            "big.py": "x = 1\n" * 400_000,
            "notes.ipynb": '{"cells": [{"cell_type": "code", "source": []}], "nbformat": 4}\n',
            "inner.zip": b"PK\x03\x04" + bytes(40),
        },
    )
    (tmp_path / "away.py").symlink_to(tmp_path.parent / "nothing.py")
    scope = everything([tmp_path])
    assert list(scope.texts) == ["ok.py"]
    told = reasons(scope)
    named = {path.name for path in tmp_path.iterdir()} - {"ok.py", "node_modules", "inner.zip"}
    assert told.keys() >= named
    assert "inner.zip" in "".join(told)
    for path, word in {
        "picture.png": "PNG",
        "program": "binary",
        "empty.py": "empty",
        "table.csv": "table",
        "a.log": "log",
        "paper.pdf": "PDF",
        "fix.patch": "patch",
        "yarn.lock": "lock file",
        "app.min.js": "minified",
        "node_modules/x/index.js": "node_modules",
        "big.py": "2.4 MB",
        "notes.ipynb": "notebook",
    }.items():
        assert word in told[path], (path, told[path])
        assert told[path].endswith(".") and told[path][0].isupper()


def test_what_git_ignores_is_no_part_of_it(tmp_path: Path) -> None:
    new_repository(tmp_path / "t", {"a.py": "a = 1\n", ".gitignore": "build/\n"})
    write(tmp_path / "t", {"build/out.py": "o = 1\n", "new.py": "n = 1\n"})
    assert list(everything([tmp_path / "t"]).texts) == [".gitignore", "a.py", "new.py"]
    assert list(everything([tmp_path / "t"], leave_out=["*.py"]).texts) == [".gitignore"]


def test_a_repository_inside_and_marks_of_a_merge_are_told(tmp_path: Path) -> None:
    inner = new_repository(tmp_path / "inner", {"i.py": "i = 1\n"})
    root = new_repository(tmp_path / "t", {"a.py": "a = 1\n<<<<<<< HEAD\nb = 1\n=======\nb = 2\n>>>>>>> side\n"})
    git(root, "submodule", "add", "-q", str(inner), "lib")
    scope = everything([root])
    assert "lib/i.py" in scope.texts
    assert any("lib is a repository of its own" in note for note in scope.notes)
    assert any("A merge left its marks in a.py" in note for note in scope.notes)


@pytest.mark.parametrize("form", ["zip", "tar.gz"])
def test_an_archive_is_read_member_by_member(tmp_path: Path, form: str) -> None:
    write(
        tmp_path / "t",
        {"src/a.py": module(1), "README.md": "\n\n# Title\n\nwords\n\n## More\n\nx\n", "p.bin": bytes(99)},
    )
    archive = tmp_path / f"code.{form}"
    names = ["src/a.py", "README.md", "p.bin"]
    if form == "zip":
        with zipfile.ZipFile(archive, "w") as packed:
            for name in names:
                packed.write(tmp_path / "t" / name, name)
    else:
        with tarfile.open(archive, "w:gz") as tar:
            for name in names:
                tar.add(tmp_path / "t" / name, name)
    scope = everything([archive])
    assert scope.root == str(archive)
    assert scope.texts == {name: (tmp_path / "t" / name).read_text() for name in ("README.md", "src/a.py")}
    assert "p.bin" in reasons(scope)


def test_names_and_line_ends_are_kept(tmp_path: Path) -> None:
    odd = ["a b.py", 'quo"te.py', "new\nline.py", os.fsdecode(b"caf\xe9.py")]
    write(tmp_path, dict.fromkeys(odd, b"a = 1\r\nb = '\xc3\xa9'\r\n"))
    scope = everything([tmp_path])
    assert set(scope.texts) == set(odd)
    assert set(scope.texts.values()) == {"a = 1\r\nb = 'é'\r\n"}


def test_other_encodings_are_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "wide.py": "a = 'ä'\n".encode("utf-16"),
            "mark.py": b"\xef\xbb\xbfa = 1\n",
            "west.py": b"name = 'K\xe4se und Brot'\n" * 9,
        },
    )
    texts = everything([tmp_path]).texts
    assert texts == {"mark.py": "a = 1\n", "west.py": "name = 'Käse und Brot'\n" * 9, "wide.py": "a = 'ä'\n"}


def test_nothing_to_review_is_said(tmp_path: Path) -> None:
    with pytest.raises(ScopeRefused, match="nothing to review in"):
        everything([tmp_path])
    with pytest.raises(ScopeRefused, match="Nothing was named"):
        everything([])
    write(tmp_path, {"a.png": b"\x89PNG\r\n\x1a\n\0"})
    with pytest.raises(ScopeRefused, match=r"a\.png: It is binary"):
        everything([tmp_path])
    with pytest.raises(ScopeRefused, match="missing"):
        everything([tmp_path / "missing"])


def test_a_stop_is_heard(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "a = 1\n"})
    with pytest.raises(Stopped):
        everything([tmp_path], stop=lambda: True)
