"""What changed in real repositories: which lines, out of whatever is in them, and what is left out and why."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from app.core.errors import ScopeRefused
from app.core.review.code_lines import code_lines
from app.core.review.git_scope import changes, staged
from app.core.review.scope import Scope
from ingest.errors import Stopped
from tests.core.review.repositories import commit, git, module, new_repository, write

ROOT = Path(__file__).resolve().parents[3]


def reasons(scope: Scope) -> dict[str, str]:
    return {omitted.path: omitted.reason for omitted in scope.omitted}


def refused(folder: Path, revisions: str) -> str:
    with pytest.raises(ScopeRefused) as error:
        changes(folder, revisions)
    assert "\n" not in str(error.value)
    return f"{error.value} {error.value.hint}"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """One commit on main, and one behind it that changes files in every way."""
    root = new_repository(
        tmp_path / "tree",
        {
            "a.py": "".join(f"line_{n} = {n}\n" for n in range(1, 31)),
            "kept.py": module(1),
            "old name.py": module(2),
            "moved.py": module(3),
            "gone.py": "gone = 1\n",
            "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
            "blob.bin": bytes(range(256)),
            "tool": "#!/bin/sh\necho\n",
        },
    )
    lines = [f"line_{n} = {n}\n" for n in range(1, 31)]
    lines[4] = "line_5 = 'five'\n"
    del lines[19]
    (root / "old name.py").rename(root / "new name.py")
    (root / "moved.py").rename(root / "renamed.py")
    (root / "gone.py").unlink()
    (root / "tool").chmod(0o755)
    commit(
        root,
        {
            "a.py": "".join(lines) + "last = 1\n",
            "renamed.py": module(3) + "added = 1\n",
            "fresh.py": "fresh = 1\n",
            "blob.bin": bytes(range(255)),
            "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(range(255)),
            "empty.py": "",
        },
    )
    return root


@pytest.mark.parametrize("revisions", ["HEAD~1...HEAD", "HEAD~1..HEAD", "HEAD~1", "main~1...main"])
def test_changed_lines_are_those_of_the_new_side(repository: Path, revisions: str) -> None:
    scope = changes(repository, revisions)
    assert list(scope.texts) == ["a.py", "fresh.py", "renamed.py"]
    assert scope.changed["a.py"] == ((5, 5), (19, 20), (30, 30))
    assert code_lines(scope.texts["a.py"])[4] == "line_5 = 'five'"
    assert scope.removed["a.py"] == ((4, ("line_5 = 5",)), (19, ("line_20 = 20",)))
    assert scope.changed["fresh.py"] == ((1, 1),)
    assert set(scope.others) == {"kept.py", "new name.py"}
    assert "HEAD" in scope.what or "main" in scope.what


def test_what_cannot_be_reviewed_is_named(repository: Path) -> None:
    told = reasons(changes(repository, "HEAD~1...HEAD"))
    assert "deleted" in told["gone.py"]
    assert told["blob.bin"] == told["picture.png"] == "It is binary."
    assert told["new name.py"] == "It was renamed from old name.py without any other change."
    assert "mode" in told["tool"]
    assert "empty" in told["empty.py"]
    assert any("renamed.py was renamed from moved.py" in note for note in changes(repository, "HEAD~1").notes)


def test_the_commits_count_and_not_what_lies_in_the_folder(repository: Path) -> None:
    before = changes(repository, "HEAD~1")
    write(repository, {"a.py": "something = 'else'\n"})
    git(repository, "add", "a.py")
    write(repository, {"a.py": "a third thing\n"})
    after = changes(repository, "HEAD~1")
    assert after.texts == before.texts
    assert any("1 file staged and not committed" in note for note in after.notes)
    waiting = staged(repository)
    assert waiting.texts == {"a.py": "something = 'else'\n"}
    assert waiting.what == "staged changes"


def test_staged_before_the_first_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    write(tmp_path, {"a.py": "a = 1\n"})
    git(tmp_path, "add", ".")
    assert staged(tmp_path).changed == {"a.py": ((1, 1),)}
    assert "no revision HEAD" in refused(tmp_path, "HEAD...main")


def test_a_hook_sees_the_commit_under_way(repository: Path, tmp_path: Path) -> None:
    hook = repository / ".git" / "hooks" / "pre-commit"
    told = tmp_path / "told"
    hook.parent.mkdir(exist_ok=True)
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from app.core.review.git_scope import staged\n"
        f"open({str(told)!r}, 'w').write(repr(dict(staged('.').texts)))\n"
    )
    hook.write_text(f"#!/bin/sh\nexec {sys.executable} - <<'END'\n{code}END\n")
    hook.chmod(0o755)
    write(repository, {"a.py": "all = 1\n"})
    git(repository, "commit", "-qam", "all of it")
    assert told.read_text() == repr({"a.py": "all = 1\n"})


def test_nothing_differs(repository: Path) -> None:
    assert "no file differs" in refused(repository, "HEAD...HEAD")
    with pytest.raises(ScopeRefused, match="no file differs"):
        staged(repository)


def test_no_repository_and_no_such_revision(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    assert "lies in no Git repository" in refused(tmp_path / "plain", "HEAD~1...HEAD")
    assert "There is no folder" in refused(tmp_path / "missing", "HEAD")
    assert "has no revision nowhere" in refused(repository, "nowhere...HEAD")
    assert "has no revision nowhere" in refused(repository, "nowhere")
    assert "names no revisions" in refused(repository, "--output=x...HEAD")
    with pytest.raises(ScopeRefused, match="lies in no Git repository"):
        staged(tmp_path / "plain")


def test_a_shallow_clone_says_what_to_do(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{repository}", "shallow")
    assert "git fetch --unshallow" in refused(tmp_path / "shallow", "HEAD~1...HEAD")


def test_a_merge_in_conflict(repository: Path) -> None:
    git(repository, "switch", "-qc", "side", "HEAD~1")
    commit(repository, {"a.py": "side = 1\n", "side.py": "s = 1\n"})
    git(repository, "merge", "main", fails=True)
    assert "<<<<<<<" in (repository / "a.py").read_text()
    scope = changes(repository, "main...side")
    assert scope.texts["a.py"] == "side = 1\n"
    assert any("A merge is not finished: 1 file in conflict" in note for note in scope.notes)
    waiting = staged(repository)
    assert "finish the merge" in reasons(waiting)["a.py"]
    assert "a.py" not in waiting.texts and "fresh.py" in waiting.texts
    git(repository, "add", "a.py")
    marked = staged(repository)
    assert any("A merge left its marks in a.py" in note for note in marked.notes)


def test_names_of_every_kind(tmp_path: Path) -> None:
    odd = [
        "with space.py",
        'quo"te.py',
        "new\nline.py",
        "tab\there.py",
        "größe.py",
        os.fsdecode(b"caf\xe9.py"),
        "--x.py",
    ]
    root = new_repository(tmp_path / "t", {"start.py": "s = 1\n", **dict.fromkeys(odd, "a = 1\nb = 2\n")})
    commit(root, dict.fromkeys(odd, "a = 1\nb = 3\n"))
    scope = changes(root, "HEAD~1")
    assert set(scope.texts) == set(odd)
    assert all(scope.changed[name] == ((2, 2),) for name in odd)
    assert all(scope.removed[name] == ((1, ("b = 2",)),) for name in odd)


def test_line_ends_stay_what_they_are(tmp_path: Path) -> None:
    root = new_repository(tmp_path / "t", {"a.py": b"a = 1\r\nb = 2\r\n"})
    commit(root, {"a.py": b"a = 1\r\nb = 3\r\nc = 4"})
    scope = changes(root, "HEAD~1")
    assert scope.texts["a.py"] == "a = 1\r\nb = 3\r\nc = 4"
    assert scope.changed["a.py"] == ((2, 3),)
    assert scope.removed["a.py"] == ((1, ("b = 2",)),)


def test_submodules_links_and_git_lfs(tmp_path: Path) -> None:
    inner = new_repository(tmp_path / "inner", {"i.py": "i = 1\n"})
    root = new_repository(tmp_path / "outer", {"a.py": "a = 1\n", "b.py": "b = 1\n", "c.py": "c = 1\n" * 9})
    git(root, "submodule", "add", "-q", str(inner), "lib")
    (root / "b.py").unlink()
    (root / "b.py").symlink_to("a.py")
    (root / "c.py").write_text("c = 1\n" * 6 + "c = 2\n" + "c = 1\n" * 2)
    commit(root, {"a.py": "a = 2\n", "big.py": "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"})
    scope = changes(root, "HEAD~1")
    told = reasons(scope)
    assert "submodule" in told["lib"]
    assert "a link" in told["b.py"]
    assert "Git LFS" in told["big.py"]
    # A type that changed is two patches, and what comes behind it keeps its own.
    assert (scope.changed["a.py"], scope.changed["c.py"]) == (((1, 1),), ((7, 7),))


def test_only_what_lies_below(repository: Path) -> None:
    commit(repository, {"sub/x.py": "x = 1\n", "subtle.py": "y = 1\n"})
    assert list(changes(repository, "HEAD~1", below=[repository / "sub"]).texts) == ["sub/x.py"]
    assert set(changes(repository, "HEAD~1", below=[repository]).texts) == {"sub/x.py", "subtle.py"}
    assert set(changes(repository / "sub", "HEAD~1").texts) == {"sub/x.py", "subtle.py"}
    with pytest.raises(ScopeRefused, match="does not lie in the repository"):
        changes(repository, "HEAD~1", below=[repository.parent])


def test_a_bare_repository_has_changes_too(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(repository), "bare.git")
    assert list(changes(tmp_path / "bare.git", "HEAD~1").texts) == ["a.py", "fresh.py", "renamed.py"]


def test_too_large_and_unwritten(repository: Path) -> None:
    lock = "{\n" + '"a": "b",\n' * 400 + "}\n"
    commit(repository, {"huge.py": "x = 1\n" * 400_000, "package-lock.json": lock, "ok.py": "o = 1\n"})
    told = reasons(changes(repository, "HEAD~1"))
    assert "2.4 MB" in told["huge.py"] and "not reviewed" in told["huge.py"]
    assert told["package-lock.json"] == "Nobody reads it: it is a lock file."


def test_a_stop_is_heard(repository: Path) -> None:
    with pytest.raises(Stopped):
        changes(repository, "HEAD~1", stop=lambda: True)
