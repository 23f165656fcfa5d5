"""What would come in, by folder and by ending, and what would not and why; and choosing among it."""

from __future__ import annotations

import gzip
import os
import subprocess
from pathlib import Path

import pytest

from ingest.errors import IngestError, Stopped
from ingest.leaving_out import BadPattern
from ingest.open_path import open_paths
from ingest.preview import Preview, look
from tests.ingest.pdfs import write_pdf


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    for name, content in {
        "README.md": "# Words\n" * 50,
        "run": "#!/bin/sh\necho\n",
        "src/a.py": "x = 1\n" * 400,
        "src/B.PY": "y = 2\n" * 100,
        "src/deep/c.py": "z = 3\n" * 10,
        "src/package-lock.json": '{"a": 1}\n' * 500,
        "docs/[odd] name#1/d.txt": "words and words\n" * 20,
        "node_modules/x/index.js": "x()\n",
        "build/out.txt": "ignored\n",
        ".gitignore": "build/\n",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (root / "docs" / "pic.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    (root / "docs" / "old.log.gz").write_bytes(gzip.compress(b"2026-01-02 10:00:00 INFO x\n" * 999))
    os.mkfifo(root / "docs" / "pipe")
    return root


def names(root: Path, **options: object) -> set[str]:
    return {str(Path(d.path).relative_to(root)) for d in open_paths([root], **options).documents}  # type: ignore[arg-type]


@pytest.mark.parametrize("with_git", [False, True])
def test_everything_is_in_some_group_with_its_reason(tree: Path, with_git: bool) -> None:
    if with_git:
        subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
    seen = look([tree])
    ingested = open_paths([tree])
    assert seen.files == len(ingested.documents) == 10
    assert seen.size == sum(document.size for document in ingested.documents)
    assert {(g.name, g.files) for g in seen.folders} == {
        ("tree", 3), ("tree/src", 4), ("tree/docs", 2), ("tree/node_modules", 1)
    }  # fmt: skip
    assert {(g.name, g.files) for g in seen.extensions} == {
        (".py", 3), (".md", 1), ("", 2), (".json", 1), (".txt", 1), (".js", 1), (".gz", 1)
    }  # fmt: skip
    for groups in (seen.folders, seen.extensions):
        assert sum(g.files for g in groups) == seen.files
        assert sum(g.size for g in groups) == seen.size
        assert [g.size for g in groups] == sorted((g.size for g in groups), reverse=True)
    expected = {"binary: a PNG image": 1, "ignored (.gitignore)": 1} | (
        {} if with_git else {"a named pipe, not a file": 1}
    )
    assert {part.reason: part.files for part in seen.left_out} == expected
    assert seen.skipped == sum(expected.values())
    assert {part.reason: part.files for part in seen.shortened} == {"lock file": 1, "node_modules, others' work": 1}
    assert seen.shortened[0].examples
    assert not seen.huge


def test_tokens_come_from_samples_of_the_files(tree: Path) -> None:
    seen = look([tree / "src" / "a.py"], count=lambda text: len(text) // 2)
    assert (seen.tokens, seen.sampled) == (1200, True)
    assert look([tree / "src" / "a.py"]).sampled is False
    # A lock file is one line, however long it is.
    assert look([tree / "src" / "package-lock.json"], count=len).tokens < 100


def test_what_is_not_chosen_does_not_come_in(tree: Path) -> None:
    seen = look([tree])
    paths = {group.name: group.path for group in seen.folders}
    everything = names(tree)
    assert names(tree, leave_out=seen.choose(folders=paths.values())) == everything
    only_src = seen.choose(folders=[paths["tree/src"]])
    assert names(tree, leave_out=only_src) == {name for name in everything if name.startswith("src/")}
    without_own = seen.choose(folders=[path for name, path in paths.items() if name != "tree"])
    assert names(tree, leave_out=without_own) == {name for name in everything if "/" in name}
    without_docs = seen.choose(folders=[path for name, path in paths.items() if name != "tree/docs"])
    assert names(tree, leave_out=without_docs) == {name for name in everything if not name.startswith("docs/")}
    python = seen.choose(extensions=[".py"])
    assert names(tree, leave_out=python) == {"src/a.py", "src/B.PY", "src/deep/c.py"}
    assert names(tree, leave_out=seen.choose(extensions=[g.name for g in seen.extensions if g.name != ".py"])) == {
        name for name in everything if not name.lower().endswith(".py")
    }
    assert names(tree, leave_out=seen.choose(folders=(), extensions=())) == set()


def test_the_same_names_below_two_folders_are_told_apart(tmp_path: Path) -> None:
    for root in ("one", "two"):
        (tmp_path / root / "src").mkdir(parents=True)
        (tmp_path / root / "src" / "a.py").write_text("x")
    roots = [tmp_path / "one", tmp_path / "two"]
    seen = look(roots)
    assert [group.name for group in seen.folders] == ["one/src", "two/src"]
    left = open_paths(roots, leave_out=seen.choose(folders=[seen.folders[1].path]))
    assert [document.path for document in left.documents] == [str(roots[1] / "src" / "a.py")]


def test_folders_of_any_name_can_be_chosen(tmp_path: Path) -> None:
    odd = ["[ab]", "#one", "!two", "st*r", " blank ", "que?tion", "back\\slash", "a", "é"]
    for name in odd:
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.txt").write_text("x")
    for name in odd:
        others = [group.path for group in look([tmp_path]).folders if not group.path.endswith(f"{os.sep}{name}")]
        assert len(others) == len(odd) - 1
        left = names(tmp_path, leave_out=look([tmp_path]).choose(folders=others))
        assert left == {f"{other}/x.txt" for other in odd if other != name}


@pytest.mark.parametrize("with_git", [False, True])
@pytest.mark.parametrize(
    ("patterns", "gone"),
    [
        (["*.py"], {"src/a.py", "src/deep/c.py"}),
        (["src/"], {"src/a.py", "src/B.PY", "src/deep/c.py", "src/package-lock.json"}),
        (["/deep"], set()),
        (["deep", "!deep/c.py"], {"src/deep/c.py"}),
        (["docs/[[]odd*"], {"docs/[odd] name#1/d.txt"}),
        (["# a remark", ""], set()),
    ],
)
def test_patterns_are_those_of_ignore_files(tree: Path, patterns: list[str], gone: set[str], with_git: bool) -> None:
    if with_git:
        subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
    everything = names(tree)
    assert everything - names(tree, leave_out=patterns) == gone
    if gone:
        (part,) = (p for p in look([tree], leave_out=patterns).left_out if "pattern" in p.reason)
        assert part.files >= 1


def test_a_file_that_is_named_can_be_left_out_too(tree: Path) -> None:
    assert open_paths([tree / "README.md", tree / "run"], leave_out=["*.md"]).documents[0].path == str(tree / "run")


def test_a_pattern_that_is_none_is_said(tree: Path) -> None:
    with pytest.raises(BadPattern, match=r"is no pattern") as raised:
        look([tree], leave_out=["!"])
    assert isinstance(raised.value, IngestError)


def test_what_has_to_be_unpacked_is_estimated_roughly(tmp_path: Path) -> None:
    pdf = write_pdf(tmp_path / "a.pdf", ["A page"])
    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04" + bytes(996))
    seen = look([tmp_path], count=len)
    assert {g.name: g.tokens for g in seen.extensions} == {".pdf": round(pdf.stat().st_size / 60), ".zip": 40}


def test_limits_can_be_set_and_looking_can_be_stopped(tree: Path) -> None:
    assert look([tree], many_files=9).huge
    assert look([tree], many_bytes=1000).huge
    assert "larger than 1 kB" in {part.reason for part in look([tree], largest_file=1000).left_out}

    def stop() -> None:
        raise Stopped("enough")

    with pytest.raises(Stopped):
        look([tree], stop)


def test_nothing_there(tmp_path: Path) -> None:
    seen = look([tmp_path / "gone"])
    assert (seen.files, seen.tokens) == (0, 0)
    assert seen.left_out[0].reason == "there is no such file or folder"
    assert Preview(()).choose(folders=(), extensions=()) == ()
