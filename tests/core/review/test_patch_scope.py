"""Patches as what is reviewed: with the files before or after them, and alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.core.errors import ScopeRefused
from app.core.review.code_lines import code_lines
from app.core.review.git_scope import changes
from app.core.review.patch_scope import patch_text, patched, read_patch
from app.core.review.scope import Scope
from tests.core.review.repositories import commit, git, module, new_repository, write

OLD = "".join(f"line_{n} = {n}\n" for n in range(1, 41))
NEW = OLD.replace("line_5 = 5", "line_5 = 'five'").replace("line_30 = 30\n", "") + "last = 1\n"


def reasons(scope: Scope) -> dict[str, str]:
    return {omitted.path: omitted.reason for omitted in scope.omitted}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = new_repository(tmp_path / "t", {"a.py": OLD, "b.py": module(1), "old.py": module(2), "gone.py": "g = 1\n"})
    (root / "old.py").rename(root / "new.py")
    (root / "gone.py").unlink()
    commit(root, {"a.py": NEW, "new.py": module(2) + "more = 1\n", "fresh.py": "f = 1\n", "x.bin": bytes(range(256))})
    return root


@pytest.fixture
def patch(repository: Path) -> str:
    return git(repository, "diff", "-M", "HEAD~1...HEAD")


@pytest.mark.parametrize("side", ["before", "after"])
def test_with_its_files_it_is_what_git_says(repository: Path, patch: str, side: str) -> None:
    expected = changes(repository, "HEAD~1...HEAD")
    if side == "before":
        git(repository, "checkout", "-q", "HEAD~1")
    scope = patched(patch, "fix.patch", tree=repository)
    assert scope.texts == expected.texts
    assert scope.changed == expected.changed
    assert scope.removed == expected.removed
    assert scope.others.keys() - {"gone.py"} == expected.others.keys()
    assert {path: reason for path, reason in reasons(scope).items() if path != "x.bin"} == {
        "gone.py": reasons(expected)["gone.py"]
    }
    assert reasons(scope)["x.bin"] == "It is binary."
    assert (scope.root, scope.what) == (str(repository), "patch fix.patch")
    assert any("new.py was renamed from old.py" in note for note in scope.notes)


def test_alone_its_hunks_keep_their_numbers(repository: Path, patch: str) -> None:
    full = changes(repository, "HEAD~1...HEAD")
    scope = patched(patch, "fix.patch")
    assert list(scope.texts) == list(full.texts)
    assert scope.changed == full.changed and scope.removed == full.removed
    assert scope.known["a.py"] == ((2, 8), (27, 32), (37, 40)) or scope.known["a.py"][0] == (2, 8)
    there, real = code_lines(scope.texts["a.py"]), code_lines(full.texts["a.py"])
    for first, last in scope.known["a.py"]:
        assert there[first - 1 : last] == real[first - 1 : last]
    blank = [n for n in range(1, len(there) + 1) if not any(a <= n <= b for a, b in scope.known["a.py"])]
    assert blank and not any(there[n - 1] for n in blank)
    assert not scope.others


def test_line_ends_of_the_file_stay(tmp_path: Path) -> None:
    root = new_repository(tmp_path / "t", {"a.py": OLD.replace("\n", "\r\n")})
    commit(root, {"a.py": NEW.replace("\n", "\r\n")})
    raw = git(root, "diff", "HEAD~1").encode()
    git(root, "checkout", "-q", "HEAD~1")
    scope = patched(patch_text(raw, "p"), "p", tree=root)
    assert scope.texts["a.py"] == NEW.replace("\n", "\r\n")


def test_a_patch_that_does_not_apply(repository: Path, patch: str) -> None:
    git(repository, "checkout", "-q", "HEAD~1")
    write(repository, {"a.py": OLD.replace("line_6 = 6", "line_6 = 0")})
    scope = patched(patch, "fix.patch", tree=repository)
    assert "a.py" not in scope.texts and "fresh.py" in scope.texts
    assert reasons(scope)["a.py"] == "The patch does not apply to a.py: line 6 there is another one."
    only = git(repository, "diff", "HEAD", "main", "--", "a.py")
    with pytest.raises(ScopeRefused, match=r"does not apply to .*line 6 there") as refused:
        patched(only, "fix.patch", tree=repository)
    assert "hunks alone" in refused.value.hint
    (repository / "a.py").unlink()
    with pytest.raises(ScopeRefused, match=r"There is no file a\.py"):
        patched(only, "fix.patch", tree=repository)


def test_names_of_every_kind(tmp_path: Path) -> None:
    odd = ["a b.py", "größe.py", 'quo"te.py']
    root = new_repository(tmp_path / "t", dict.fromkeys(odd, "a = 1\nb = 2\n"))
    commit(root, dict.fromkeys(odd, "a = 1\nb = 3\n"))
    text = git(root, "diff", "HEAD~1")
    for tree in (root, None):
        scope = patched(text, "p", tree=tree)
        assert set(scope.texts) == set(odd)
        assert all(lines == ((2, 2),) for lines in scope.changed.values())


def test_written_by_diff_and_by_hand(tmp_path: Path) -> None:
    text = "--- old/a.py\t2026-01-01\n+++ new/a.py\t2026-01-02\n@@ -1,2 +1,2 @@\n a = 1\n-b = 2\n+b = 3\n"
    assert "b = 3" in next(iter(patched(text, "p").texts.values()))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("just words\n", "is no patch"),
        ("", "is no patch"),
        ("--- a/x\n+++ b/x\n@@ -1,5 +1,5 @@\n a\n-b\n+c\n", "is no"),
        ("--- a/x\n+++ b/x\n@@ -999999999 +999999999 @@\n-b\n+c\n", "nothing to review"),
        ("diff --git a/x b/x\ndeleted file mode 100644\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n", "It was deleted"),
        ("diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n", "renamed from x"),
        ("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n", "No line of it changes"),
        (
            "diff --git a/l b/l\nindex 1..2 160000\n--- a/l\n+++ b/l\n@@ -1 +1 @@\n"
            "-Subproject commit 1\n+Subproject commit 2\n",
            "submodule",
        ),
    ],
)
def test_bad_patches_are_one_sentence(content: str, said: str) -> None:
    with pytest.raises(ScopeRefused) as refused:
        patched(content, "bad.patch")
    assert said in str(refused.value), str(refused.value)
    assert "\n" not in str(refused.value)


def test_files_that_hold_no_patch(tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(bytes(range(256)) * 9)
    for path in (tmp_path / "p", tmp_path / "missing", tmp_path):
        with pytest.raises(ScopeRefused) as refused:
            read_patch(path)
        assert os.fspath(path) in str(refused.value)
