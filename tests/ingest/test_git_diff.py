"""The difference of two revisions, out of repositories that are as they should be, and of others."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from app.core.source_state import state_of
from app.core.workspace import Workspace
from ingest import git_diff
from ingest.git_diff import diff_path, read_git_diff
from tests.ingest.reading import read
from tests.ingest.test_diff import LABELS, assert_whole, git, repository

__all__ = ["repository"]


def problem(repository: Path, revisions: str) -> str:
    document = read_git_diff(repository, revisions)
    assert not document.sections
    assert document.problem
    return document.problem


@pytest.mark.parametrize("revisions", ["HEAD~1...HEAD", "HEAD~1..HEAD", "HEAD~1...", "main~1..main"])
def test_what_changed_is_a_patch(repository: Path, revisions: str) -> None:
    document = read_git_diff(repository, revisions)
    assert (document.kind, document.status, document.problem) == ("diff", "ok", None)
    assert {section.span.part: section.label for section in document.sections} == LABELS
    assert_whole(document, git(repository, "diff", "-M", "HEAD~1", "HEAD").decode())


def test_three_dots_leave_out_what_the_other_side_did(repository: Path) -> None:
    git(repository, "switch", "-qc", "feature/x", "HEAD~1")
    (repository / "only.txt").write_text("here\n")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "only")
    assert [s.span.part for s in read_git_diff(repository, "main...feature/x").sections] == ["only.txt"]
    assert len(read_git_diff(repository, "main..feature/x").sections) > 3


def test_a_path_is_all_it_takes(repository: Path) -> None:
    path = diff_path(repository, "HEAD~1...HEAD")
    ingested = read(Path(path))
    (document,) = ingested.documents
    assert document.path == path
    assert len(document.sections) == len(LABELS)
    workspace = Workspace().add(ingested.documents, [Path(path)])
    assert workspace.entries[0].name == "git diff HEAD~1...HEAD"
    assert state_of(workspace.entries[0]) == "unknown"
    real = repository / "git diff notes"
    real.write_text("words\n")
    assert read(real).documents[0].kind == "text"
    assert not read(repository / "none" / "git diff a...b").documents


def test_a_name_with_a_slash(repository: Path) -> None:
    git(repository, "branch", "topic/one", "HEAD~1")
    path = Path(diff_path(repository, "topic/one...main"))
    (document,) = read(path).documents
    assert document.status == "ok"
    assert Workspace().add([document], [path]).entries[0].name == "git diff topic/one...main"


def test_what_cannot_be_compared_is_one_sentence(repository: Path, tmp_path: Path) -> None:
    usage = (
        "names no two revisions. Two revisions are compared as A...B (since they parted) or A..B, such as main...HEAD."
    )
    assert problem(repository, "HEAD") == f"'HEAD' {usage}"
    assert problem(repository, "--output=x...HEAD") == f"'--output=x...HEAD' {usage}"
    assert problem(repository, "a b..c") == f"'a b..c' {usage}"
    assert problem(repository, "HEAD...none") == (
        "The repository has no revision none. See git log or git branch --all for those that there are."
    )
    assert problem(repository, "HEAD...HEAD") == "There is no difference between these revisions."
    assert problem(repository / "none", "a...b").startswith("Git could not be run in ")
    outside = tmp_path / "outside"
    outside.mkdir()
    assert problem(outside, "a...b") == f"{outside} lies in no Git repository. Name the folder of one."


def test_no_common_ancestor(repository: Path) -> None:
    git(repository, "switch", "-q", "--orphan", "other")
    git(repository, "commit", "-qm", "alone", "--allow-empty")
    assert problem(repository, "main...other") == (
        "main and other have no common ancestor. Write main..other to compare them as they are."
    )
    assert read_git_diff(repository, "main..other").status == "ok"


def test_a_shallow_clone_says_so(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{repository}", "shallow")
    assert problem(tmp_path / "shallow", "HEAD~1...HEAD") == (
        "The repository has no revision HEAD~1. The repository is a shallow clone; run git fetch --unshallow in it."
    )


def test_a_bare_repository_and_a_folder_within(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(repository), "bare.git")
    assert len(read_git_diff(tmp_path / "bare.git", "HEAD~1..HEAD").sections) == len(LABELS)
    (repository / "sub").mkdir()
    assert len(read_git_diff(repository / "sub", "HEAD~1..HEAD").sections) == len(LABELS)


def test_a_hostile_repository_runs_nothing(repository: Path, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    program = tmp_path / "evil"
    program.write_text(f"#!/bin/sh\ntouch {proof}\ncat\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    for name in (
        "diff.external", "diff.x.command", "diff.x.textconv", "core.pager", "pager.diff", "core.fsmonitor",
        "filter.x.clean", "filter.x.smudge", "filter.x.process", "core.sshCommand", "core.editor", "core.askPass",
        "credential.helper", "gpg.program", "interactive.diffFilter", "uploadpack.packObjectsHook", "alias.diff",
        "alias.rev-parse", "diff.guitool", "difftool.x.cmd", "core.alternateRefsCommand",
    ):  # fmt: skip
        git(repository, "config", name, f"!{program}" if name.startswith("alias") else str(program))
    git(repository, "config", "filter.x.required", "true")
    for name, value in (
        ("color.ui", "always"),
        ("diff.noprefix", "true"),
        ("diff.submodule", "log"),
        ("diff.relative", "true"),
    ):
        git(repository, "config", name, value)
    (repository / ".git" / "info" / "attributes").write_text("* diff=x filter=x\n")
    hooks = repository / ".git" / "hooks"
    for hook in ("post-checkout", "post-index-change", "fsmonitor-watchman", "reference-transaction"):
        (hooks / hook).write_bytes(program.read_bytes())
        (hooks / hook).chmod(0o755)
    document = read_git_diff(repository, "HEAD~1...HEAD")
    assert document.status == "ok"
    assert {section.span.part for section in document.sections} == set(LABELS)
    assert not proof.exists()


def test_variables_that_point_elsewhere_are_not_followed(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "/bin/false")
    assert read_git_diff(repository, "HEAD~1...HEAD").status == "ok"


def test_a_missing_object_fetches_nothing(repository: Path) -> None:
    blob = git(repository, "rev-parse", "HEAD:a.py").decode().strip()
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    git(repository, "config", "remote.origin.promisor", "true")
    git(repository, "config", "remote.origin.url", "ext::sh -c touch% /tmp/never")
    assert problem(repository, "HEAD~1...HEAD").startswith("Git could not compare them: ")


def test_git_that_hangs_or_goes_on_is_ended(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "bin"
    fake.mkdir()
    (fake / "git").write_text("#!/bin/sh\nexec sleep 1000\n")
    (fake / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(fake), prepend=os.pathsep)
    monkeypatch.setattr(git_diff, "SECONDS", 0.2)
    assert problem(repository, "HEAD~1...HEAD").startswith("Git took longer than 0.2 s.")
    (fake / "git").write_text("#!/bin/sh\nexec cat /dev/zero\n")
    monkeypatch.setattr(git_diff, "SECONDS", 60)
    monkeypatch.setattr(git_diff, "MOST_BYTES", 5_000_000)
    assert problem(repository, "HEAD~1...HEAD").startswith("The difference is larger than 5 MB.")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert problem(repository, "HEAD~1...HEAD").startswith("Git is not installed.")
