"""Repositories inside of what is read: nested ones are read and named, submodules that are not there are said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingest.document import Ingested
from tests.ingest.reading import read
from tests.ingest.test_tree import git, names, reasons


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository `project` with the submodule `parts/engine`."""
    engine, project = tmp_path / "engine", tmp_path / "project"
    for folder in (engine, project):
        folder.mkdir()
        git(folder, "init")
        (folder / f"{folder.name}.py").write_text("x = 1\n")
        (folder / ".gitignore").write_text("build\n.gitignore\n.gitmodules\n")
        git(folder, "add", f"{folder.name}.py")
        git(folder, "commit", "-m", "one")
    git(project, "-c", "protocol.file.allow=always", "submodule", "add", "-f", str(engine), "parts/engine")
    (project / ".gitmodules").rename(tmp_path / "kept")
    git(project, "rm", "-f", "--cached", ".gitmodules")
    git(project, "commit", "-m", "two")
    return project


def named(ingested: Ingested, root: Path) -> list[str]:
    return [Path(path).relative_to(root).as_posix() for path in ingested.repositories]


def test_a_submodule_is_read_and_named(project: Path) -> None:
    ingested = read(project)
    assert names(ingested, project) == ["parts/engine/engine.py", "project.py"]
    assert named(ingested, project) == ["parts/engine"]
    assert not ingested.skipped


def test_a_submodule_that_is_not_checked_out_is_said(project: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", str(project), "copy")
    ingested = read(tmp_path / "copy")
    assert names(ingested, tmp_path / "copy") == ["project.py"]
    assert reasons(ingested, tmp_path / "copy") == {
        "parts/engine": "a submodule that is not checked out (`git submodule update --init` fetches it)"
    }
    assert not ingested.repositories


def test_nested_repositories_follow_their_own_rules_wherever_they_lie(tmp_path: Path) -> None:
    for folder in ("one", "one/inner", "deep/down/two"):
        (tmp_path / folder).mkdir(parents=True)
        git(tmp_path / folder, "init")
        (tmp_path / folder / "kept.py").write_text("x = 1\n")
        (tmp_path / folder / "left.log").write_text("x = 1\n")
        (tmp_path / folder / ".git" / "info" / "exclude").write_text("*.log\n")
    (tmp_path / "loose.log").write_text("words\n")
    ingested = read(tmp_path)
    assert names(ingested, tmp_path) == ["deep/down/two/kept.py", "loose.log", "one/inner/kept.py", "one/kept.py"]
    assert sorted(named(ingested, tmp_path)) == ["deep/down/two", "one", "one/inner"]


def test_the_repository_that_was_named_itself_is_not_nested(project: Path) -> None:
    assert not read(project / "parts" / "engine").repositories


def test_what_only_looks_like_a_repository_is_read_by_hand(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / ".git").write_text("gitdir: nowhere\n")
    (tmp_path / "folder" / "a.py").write_text("x = 1\n")
    (tmp_path / "folder" / ".gitignore").write_text("*.log\n.gitignore\n")
    (tmp_path / "folder" / "a.log").write_text("words\n")
    found = names(read(tmp_path), tmp_path)
    assert "folder/a.py" in found
    assert "folder/a.log" not in found


@pytest.mark.skipif(os.name == "nt", reason="permissions of another kind")
def test_a_nested_repository_that_is_closed_is_said(project: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything here")
    (project / "parts" / "engine").chmod(0)
    try:
        ingested = read(project)
    finally:
        (project / "parts" / "engine").chmod(0o755)
    assert "not permitted" in reasons(ingested, project)["parts/engine"]
