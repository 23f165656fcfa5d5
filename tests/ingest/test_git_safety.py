"""Whatever a repository holds, Git runs nothing for it, ends soon, and the folder is read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import ingest.git_files
from ingest.git_files import git_files, git_ignored
from tests.ingest.reading import read

IDENTITY = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *IDENTITY, *arguments], cwd=folder, check=True, capture_output=True)


def names(root: Path) -> list[str]:
    return [os.path.relpath(document.path, root) for document in read(root).documents]


def reasons(root: Path) -> set[str]:
    return {skipped.reason for skipped in read(root).skipped}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "sub").mkdir(parents=True)
    (root / "a.txt").write_text("a")
    (root / "sub" / "b.txt").write_text("b")
    (root / "lost.tmp").write_text("lost")
    (root / ".gitignore").write_text("*.tmp\n")
    git(root, "init")
    git(root, "add", ".")
    git(root, "commit", "-m", "one")
    return root


KEPT = [".gitignore", "a.txt", "sub/b.txt"]

RUNS_PROGRAMS = """
core.fsmonitor core.pager core.editor core.sshCommand core.askPass core.gitProxy core.alternateRefsCommand
diff.external filter.x.clean filter.x.smudge filter.x.process pager.ls-files alias.ls-files credential.helper
gpg.program interactive.diffFilter sequence.editor uploadpack.packObjectsHook diff.x.textconv merge.x.driver
trace2.normalTarget trace2.eventTarget
""".split()


def test_no_setting_of_a_repository_makes_git_run_a_program(repository: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    (repository / ".gitattributes").write_text("* filter=x diff=x merge=x\n")
    for name in RUNS_PROGRAMS:
        git(repository, "config", name, str(trap))
    hooks = tmp_path / "hooks"
    for folder in (hooks, repository / ".git" / "hooks"):
        folder.mkdir(exist_ok=True)
        for hook in (
            "post-index-change",
            "fsmonitor-watchman",
            "post-checkout",
            "pre-auto-gc",
            "reference-transaction",
        ):
            (folder / hook).write_bytes(trap.read_bytes())
            (folder / hook).chmod(0o755)
    git(repository, "config", "core.hooksPath", str(hooks))
    # Files whose times the index does not know any more: Git looks into these.
    os.utime(repository / "a.txt", (1, 1))
    (tmp_path / "sprung").unlink(missing_ok=True)
    assert names(repository) == [".gitattributes", *KEPT]
    assert git_ignored(str(repository)) == ("lost.tmp",)
    assert not (tmp_path / "sprung").exists()


def test_settings_from_another_file_are_as_harmless(repository: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    (tmp_path / "more").write_text(f"[core]\n\tfsmonitor = {trap}\n")
    git(repository, "config", "include.path", str(tmp_path / "more"))
    assert names(repository) == KEPT
    assert not (tmp_path / "sprung").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_a_repository_of_another_owner_is_walked_without_git(repository: Path) -> None:
    for path in (repository, *repository.rglob("*")):
        os.lchown(path, 65534, 65534)
    assert git_files(str(repository)) is None
    assert names(repository) == KEPT


GITS = {
    "hangs": "sleep 600.{0}",
    "hangs with a child": "sleep 600.{0} & sleep 600.{0}",
    "says nothing and fails": "exit 3",
    "is killed": "kill -9 $$",
    "talks for ever": "while :; do echo words; done",
}


@pytest.mark.skipif(os.name == "nt", reason="a script in the place of Git")
@pytest.mark.parametrize("what", GITS)
def test_a_git_that_does_not_answer_is_done_without(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "git").write_text(f"#!/bin/sh\n{GITS[what].format(os.getpid())}\n")
    (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(ingest.git_files, "SECONDS", 0.3)
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    assert names(repository) == KEPT
    for process in psutil.Process().children(recursive=True):
        assert process.pid in before, process.cmdline()
    left = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    assert not [line for line in left if str(programs) in line or f"sleep 600.{os.getpid()}" in line]


def test_without_git_its_own_exclude_file_still_holds(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / ".git" / "info" / "exclude").write_bytes(b"\xef\xbb\xbfa.txt\nsub/*\n!sub/b.txt\n")
    (repository / ".gitignore").write_bytes(b"\xef\xbb\xbf*.tmp\n")
    (repository / "sub" / "c.txt").write_text("c")
    monkeypatch.setenv("PATH", "/nowhere")
    assert names(repository) == [".gitignore", "sub/b.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes")
def test_an_ignore_file_that_is_a_pipe_holds_nothing_up(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / ".gitignore").unlink()
    os.mkfifo(repository / ".gitignore")
    monkeypatch.setattr(ingest.git_files, "SECONDS", 0.5)
    assert names(repository) == ["a.txt", "lost.tmp", "sub/b.txt"]


def test_a_bare_repository_is_a_folder_of_files(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--bare", str(repository), "bare")
    assert git_files(str(tmp_path / "bare")) is None
    assert {"HEAD", "config"} <= set(names(tmp_path / "bare"))


def test_what_looks_like_a_bare_repository_inside_is_not_asked(repository: Path, tmp_path: Path) -> None:
    inside = repository / "sub"
    (inside / "objects").mkdir()
    (inside / "refs").mkdir()
    (inside / "HEAD").write_text("ref: refs/heads/main\n")
    (inside / "config").write_text(f"[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = {tmp_path}\n")
    (tmp_path / "outside.txt").write_text("outside")
    assert names(inside) == ["HEAD", "b.txt", "config"]


def test_a_work_tree_that_is_somewhere_else_gives_nothing_of_it(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("outside")
    git(repository, "config", "core.worktree", str(tmp_path))
    assert not any("outside" in name for name in names(repository))
    assert "a.txt" in names(repository)


def test_another_work_tree_of_the_repository(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", str(tmp_path / "other"), "-b", "other")
    (tmp_path / "other" / "new.tmp").write_text("ignored")
    assert git_files(str(tmp_path / "other")) is not None
    assert names(tmp_path / "other") == KEPT


def test_what_is_not_checked_out_is_not_missed(repository: Path) -> None:
    git(repository, "sparse-checkout", "set", "--no-cone", "/a.txt", "/.gitignore")
    assert not (repository / "sub" / "b.txt").exists()
    assert names(repository) == [".gitignore", "a.txt"]
    assert reasons(repository) == set()


@pytest.mark.parametrize("damage", ["cut", "garbage", "gone"])
def test_a_broken_repository_is_read_all_the_same(repository: Path, damage: str) -> None:
    index = repository / ".git" / "index"
    content = index.read_bytes()
    if damage == "gone":
        (repository / ".git" / "HEAD").unlink()
    else:
        index.write_bytes(content[: len(content) // 2] if damage == "cut" else b"DIRC" + bytes(100))
    assert names(repository) == KEPT


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names that these systems do not allow")
@pytest.mark.parametrize("with_git", [False, True])
def test_names_of_every_kind(tmp_path: Path, with_git: bool) -> None:
    odd = ["new\nline.txt", "tab\t.txt", 'quo"te.txt', "back\\slash.txt", " space ", "-dash.txt", "#.txt", "é.txt",
           os.fsdecode(b"caf\xe9.txt"), os.fsdecode(b"\xff\xfe"), "S a.txt", "x" * 250]  # fmt: skip
    for name in odd:
        (tmp_path / name).write_text("x")
    (tmp_path / "in\nside").mkdir()
    (tmp_path / "in\nside" / "a.txt").write_text("x")
    if with_git:
        git(tmp_path, "init")
        git(tmp_path, "add", *[f"./{name}" for name in odd[:6]])
    assert sorted(names(tmp_path)) == sorted([*odd, "in\nside/a.txt"])
    for document in read(tmp_path).documents:
        document.sections[0].label.encode()


def test_an_index_of_very_many_names_is_listed(tmp_path: Path) -> None:
    git(tmp_path, "init")
    blob = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"], cwd=tmp_path, input=b"x", capture_output=True, check=True
    )
    lines = b"".join(b"100644 %s 0\tfolder/%06d.txt\n" % (blob.stdout.strip(), n) for n in range(100_000))
    subprocess.run(["git", "update-index", "--index-info"], cwd=tmp_path, input=lines, check=True)
    listed = git_files(str(tmp_path))
    assert listed is not None
    assert len(listed.files) == 100_000


def test_an_index_that_was_damaged_anywhere_is_survived(repository: Path) -> None:
    index = repository / ".git" / "index"
    content = index.read_bytes()
    for at in range(0, len(content), 3):
        for damaged in (content[:at], content[:at] + bytes([content[at] ^ 0x3F]) + content[at + 1 :]):
            index.write_bytes(damaged)
            listed = git_files(str(repository))
            if listed is None or at % 30 == 0:
                assert set(names(repository)) <= {*KEPT}


def test_a_repository_that_is_listed_behind_a_link_is_not_entered(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "outside" / "inner").mkdir(parents=True)
    (tmp_path / "outside" / "inner" / "secret.txt").write_text("outside")
    (repository / "link").symlink_to(tmp_path / "outside")
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},link/inner")
    assert names(repository) == KEPT
    assert "it lies behind a link to a folder" in reasons(repository)


def test_folders_behind_a_link_that_was_a_folder_are_not_entered(repository: Path, tmp_path: Path) -> None:
    (repository / "sub" / "deep" / "deeper").mkdir(parents=True)
    (repository / "sub" / "deep" / "deeper" / "c.txt").write_text("mine")
    git(repository, "add", ".")
    (repository / "sub").rename(tmp_path / "moved")
    (repository / "sub").symlink_to(tmp_path / "moved")
    assert names(repository) == [".gitignore", "a.txt"]
    assert "it lies behind a link to a folder" in reasons(repository)
