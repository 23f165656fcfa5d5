from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.document import Ingested
from ingest.git_files import git_files
from tests.ingest.reading import read, why_skipped

NOBODY = 65534

Tree = Callable[..., Path]


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def names(ingested: Ingested, root: Path) -> list[str]:
    return [str(Path(document.path).relative_to(root)) for document in ingested.documents]


def reasons(ingested: Ingested, root: Path) -> dict[str, str]:
    return {str(Path(skipped.path).relative_to(root)): skipped.reason for skipped in ingested.skipped}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    def build(files: dict[str, str | bytes], folder: str = "tree") -> Path:
        root = tmp_path / folder
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return root

    return build


FILES: dict[str, str | bytes] = {
    ".gitignore": "\ufeff*.tmp\n!keep.tmp\nbuild/\n[z-a\n/only-here.txt\n",
    "a.py": "x = 1\n",
    "keep.tmp": "kept\n",
    "lost.tmp": "lost\n",
    "build/out.txt": "lost\n",
    "only-here.txt": "lost\n",
    "sub/only-here.txt": "kept\n",
    "sub/.gitignore": "!lost.tmp\nlocal.txt\n",
    "sub/lost.tmp": "kept again\n",
    "sub/local.txt": "lost\n",
    "sub/deep/local.txt": "lost\n",
    "z/b.c": "int x;\n",
}
KEPT = [".gitignore", "a.py", "keep.tmp", "sub/.gitignore", "sub/lost.tmp", "sub/only-here.txt", "z/b.c"]


@pytest.mark.parametrize("with_git", [False, True])
def test_ignore_files_hold_with_git_and_without(tree: Tree, with_git: bool) -> None:
    root = tree(FILES)
    if with_git:
        git(root, "init")
    ingested = read(root)
    assert names(ingested, root) == KEPT
    assert ingested.skipped == ()


def test_git_knows_what_ignore_files_do_not(tree: Tree) -> None:
    root = tree({"tracked.log": "in\n", "new.txt": "in\n", "private.txt": "out\n", ".gitignore": "*.log\n"})
    git(root, "init")
    git(root, "add", "-f", "tracked.log")
    (root / ".git" / "info" / "exclude").write_text("private.txt\n")
    assert names(read(root), root) == [".gitignore", "new.txt", "tracked.log"]
    assert names(read(root / ".gitignore", root), root) == [".gitignore", "new.txt", "tracked.log"]


def test_a_subfolder_of_a_work_tree(tree: Tree) -> None:
    root = tree({".gitignore": "*.o\n", "src/a.c": "int a;", "src/a.o": "lost", "doc/b.md": "# b"})
    git(root, "init")
    assert names(read(root / "src"), root) == ["src/a.c"]


def test_a_folder_that_is_ignored_is_read_when_it_is_named(tree: Tree) -> None:
    root = tree({".gitignore": "out/\n", "out/report.txt": "wanted"})
    git(root, "init")
    assert names(read(root / "out"), root) == ["out/report.txt"]


def test_repositories_inside_a_repository(tree: Tree) -> None:
    root = tree({"a.txt": "a", "inner/.gitignore": "*.tmp\n", "inner/b.txt": "b", "inner/c.tmp": "lost"})
    git(root, "init")
    git(root / "inner", "init")
    assert names(read(root), root) == ["a.txt", "inner/.gitignore", "inner/b.txt"]


def test_a_tracked_file_that_was_deleted_is_named(tree: Tree) -> None:
    root = tree({"a.txt": "a", "b.txt": "b"})
    git(root, "init")
    git(root, "add", ".")
    (root / "a.txt").unlink()
    ingested = read(root)
    assert names(ingested, root) == ["b.txt"]
    assert reasons(ingested, root) == {"a.txt": "it is no longer there"}


def test_a_file_in_conflict_comes_once(tree: Tree) -> None:
    root = tree({"a.txt": "one\n"})
    git(root, "init")
    git(root, "add", ".")
    git(root, "commit", "-m", "one")
    git(root, "checkout", "-b", "other")
    (root / "a.txt").write_text("two\n")
    git(root, "commit", "-am", "two")
    git(root, "checkout", "main")
    (root / "a.txt").write_text("three\n")
    git(root, "commit", "-am", "three")
    with pytest.raises(subprocess.CalledProcessError):
        git(root, "merge", "other")
    assert names(read(root), root) == ["a.txt"]


def test_a_repository_cannot_make_git_run_programs(tree: Tree, tmp_path: Path) -> None:
    root = tree({"a.txt": "a"})
    git(root, "init")
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    git(root, "config", "core.fsmonitor", str(trap))
    assert names(read(root), root) == ["a.txt"]
    assert not (tmp_path / "sprung").exists()


def test_another_repository_in_the_environment_is_not_asked(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    root, other = tree({"a.txt": "a"}), tree({"b.txt": "b"}, "other")
    git(root, "init")
    git(other, "init")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    assert names(read(root), root) == ["a.txt"]


def test_the_same_file_comes_once(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tree({"a/x.txt": "x", "b.txt": "b"})
    (root / "0-link.txt").symlink_to("b.txt")
    ingested = read(root / "b.txt", root, root / "a", root / "a" / ".." / "b.txt")
    assert names(ingested, root) == ["b.txt", "a/x.txt"]
    assert names(read(root), root) == ["a/x.txt", "b.txt"]
    monkeypatch.chdir(root)
    assert names(read(Path("b.txt"), Path()), root) == ["b.txt", "a/x.txt"]


@pytest.mark.parametrize("with_git", [False, True])
def test_links_are_not_followed_out_of_the_folder_nor_round_in_it(tree: Tree, tmp_path: Path, with_git: bool) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("outside")
    root = tree({"a/x.txt": "x"})
    (root / "out.txt").symlink_to(secret)
    (root / "up").symlink_to("..")
    (root / "a" / "loop").symlink_to("../a")
    (root / "self").symlink_to("self")
    (root / "nowhere").symlink_to("missing")
    if with_git:
        git(root, "init")
    ingested = read(root)
    assert names(ingested, root) == ["a/x.txt"]
    assert reasons(ingested, root) == {
        "out.txt": "it is a link that leads out of the folder",
        "up": "it is a link that leads out of the folder",
        "a/loop": "it is a link to a folder, which is read where it lies",
        "self": "it is a link that leads back to itself",
        "nowhere": "it is a link that leads nowhere",
    }


def test_a_tracked_folder_that_became_a_link_is_not_followed(tree: Tree, tmp_path: Path) -> None:
    root = tree({"sub/a.txt": "mine", "b.txt": "b"})
    git(root, "init")
    git(root, "add", ".")
    outside = tree({"a.txt": "not mine"}, "outside")
    shutil.rmtree(root / "sub")
    (root / "sub").symlink_to(outside)
    ingested = read(root)
    assert names(ingested, root) == ["b.txt"]
    assert reasons(ingested, root)["sub/a.txt"] == "it lies behind a link to a folder"


def test_a_link_that_is_named_is_followed(tree: Tree, tmp_path: Path) -> None:
    root = tree({"a.txt": "a"})
    (tmp_path / "door").symlink_to(root)
    (tmp_path / "file").symlink_to(root / "a.txt")
    assert names(read(tmp_path / "door"), tmp_path) == ["door/a.txt"]
    assert read(tmp_path / "file").documents[0].sections[0].text == "a"


@pytest.mark.parametrize("with_git", [False, True])
def test_pipes_sockets_and_devices_are_not_opened(tree: Tree, with_git: bool) -> None:
    root = tree({"a.txt": "a"})
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(root)
        try:
            listener.bind("socket")
        finally:
            os.chdir(here)
        if with_git:
            git(root, "init")
        ingested = read(root)
    assert names(ingested, root) == ["a.txt"]
    # Git itself passes over what is no file and no link.
    expected = {} if with_git else {"pipe": "a named pipe, not a file", "socket": "a socket, not a file"}
    assert reasons(ingested, root) == expected
    assert why_skipped(root / "pipe") == "a named pipe, not a file"
    assert why_skipped(Path("/dev/null")) == "a device, not a file"


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    ingested = read(tmp_path / "missing", tmp_path / "a.txt" / "below", tmp_path / ("n" * 300), tmp_path / "a.txt")
    assert [skipped.reason for skipped in ingested.skipped] == [
        "there is no such file or folder",
        "there is no such file or folder",
        "there is no such file or folder",
    ]
    assert len(ingested.documents) == 1


def test_names_that_are_no_unicode(tree: Tree) -> None:
    root = tree({"caf\udce9.txt": "odd", "b.txt": "b"})
    for _ in ("without", "with"):
        ingested = read(root)
        assert sorted(names(ingested, root)) == ["b.txt", "caf\udce9.txt"]
        assert ingested.documents[1].sections[0].label == "caf\\xe9.txt"
        git(root, "init")


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that an ordinary user may enter, which pytest's own is not when root runs the tests."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def ordinary_user() -> Iterator[None]:
    """Root may read everything, so tests of what may not be read run as nobody."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("with_git", [False, True])
def test_what_may_not_be_read_is_named_and_the_rest_goes_on(
    open_to_all: Path, with_git: bool, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Git gives up when it may not read the configuration at home, and then it would not be Git that is tested.
    monkeypatch.setenv("HOME", str(open_to_all))
    root = open_to_all / "tree"
    for folder in ("closed", "open"):
        (root / folder).mkdir(parents=True)
        (root / folder / "a.txt").write_text(folder)
    (root / "secret.txt").write_text("secret")
    if with_git:
        git(open_to_all, "init")
    if os.geteuid() == 0:
        for path in (open_to_all, *open_to_all.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    (root / "closed").chmod(0)
    (root / "secret.txt").chmod(0)
    request.getfixturevalue("ordinary_user")
    ingested = read(root)
    assert names(ingested, root) == ["open/a.txt"]
    found = reasons(ingested, root)
    assert found.keys() == {"closed", "secret.txt"}
    assert found["secret.txt"] == "reading it is not permitted"
    assert found["closed"] == "the folder cannot be opened: reading it is not permitted"
    assert (git_files(str(root)) is not None) == with_git
    (root / "closed").chmod(0o755)


def test_a_folder_too_deep_for_the_system_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    deep = os.open(tmp_path, os.O_RDONLY)
    for _ in range(25):
        os.mkdir("d" * 200, dir_fd=deep)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = below
    os.close(deep)
    ingested = read(tmp_path)
    assert names(ingested, tmp_path) == ["a.txt"]
    (skipped,) = ingested.skipped
    assert skipped.reason == "the folder cannot be opened: its path is too long for the system"


def test_order_is_the_same_every_time_and_follows_the_paths(tree: Tree) -> None:
    root = tree({f"{folder}/{name}.txt": "x" for folder in ("b", "a", "a-1") for name in ("2", "10", "1")})
    expected = [f"{folder}/{name}.txt" for folder in ("a", "a-1", "b") for name in ("1", "10", "2")]
    assert names(read(root), root) == expected
    assert names(read(root / "b", root / "a"), root) == expected[6:] + expected[:3]
    git(root, "init")
    assert names(read(root), root) == expected
