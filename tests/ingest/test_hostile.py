"""Inputs made to crash, hang or fill the memory, each with what is to come of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ingest.reading import read
from tests.running import ROOT

GROWTH_MB = 150


def sparse(name: str, head: bytes, size: int) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        with (folder / name).open("wb") as file:
            file.write(head)
            file.truncate(size)
        return folder / name

    return build


def written(name: str, piece: bytes, times: int) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        with (folder / name).open("wb") as file:
            whole, rest = divmod(times, 1000)
            for _ in range(whole):
                file.write(piece * 1000)
            file.write(piece * rest)
        return folder / name

    return build


def stars(folder: Path) -> Path:
    (folder / ".gitignore").write_text(
        "\n".join("a*" * n + "b" for n in range(1, 30)) + "\n[\n\\\n!\n**/" * 9 + "x*.tmp\n"
    )
    (folder / ("a" * 250)).write_text("kept")
    (folder / "x1.tmp").write_text("lost")
    return folder


def nested(folder: Path) -> Path:
    (folder / "a.json").write_text("[" * 500_000 + "]" * 500_000)
    return folder / "a.json"


def brackets(folder: Path) -> Path:
    (folder / "a.md").write_text("[" * 100_000 + "\n" + "> " * 50_000 + "\n" + "*" * 100_000)
    return folder / "a.md"


GB = 1 << 30
TOO_LARGE = r"skipped: larger than 256 MB \(3.2 GB\)"
BLANK = "empty: The file holds nothing but white space."
ONE_LINE = "ok: None, 1 section, line 1"
INPUTS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "sparse 3 GB": (sparse("a.bin", b"", 3 * GB), "skipped: binary: it holds no text"),
    "sparse 3 GB that begins as text": (
        sparse("a.txt", b"words\n" * 20_000, 3 * GB),
        TOO_LARGE,
    ),
    "sparse 3 GB named a PDF": (sparse("a.pdf", b"%PDF-1.7\n", 3 * GB), TOO_LARGE),
    "sparse 30 MB log": (sparse("a.log", b"2026-01-02 10:00:00 INFO x\n" * 3000, 30_000_000), "ok: .* shown as"),
    "one line of 10 MB": (written("a.txt", b"x", 10_000_000), ONE_LINE),
    "one line of 10 MB of code": (written("a.js", b"f(x);", 2_000_000), "ok: Left to one line: minified, 1 line."),
    "one line of 10 MB in a log": (written("a.log", b"x", 10_000_000), "ok: None, 153 sections, line 1"),
    "two million spaces": (written("a.txt", b" ", 2_000_000), BLANK),
    "two million spaces before a word": (
        written("a.txt", b" " * 2_000_000 + b"word", 1),
        ONE_LINE,
    ),
    "two million empty lines": (written("a.py", b"\n", 2_000_000), BLANK),
    "a million lines": (written("a.py", b"x = 1\n", 1_000_000), "ok: None, 1 section, line 1000000"),
    "brackets in brackets": (nested, ONE_LINE),
    "markup of nothing but marks": (brackets, "ok: None, 1 section, line 3"),
    "ignore files of nothing but stars": (stars, ONE_LINE),
    "a replacement character for each byte": (written("a.txt", b"\xed\xa0\x80", 300_000), "ok: .* shown as"),
    "NUL in a text": (written("a.txt", b"words\0", 300_000), "ok: 300,000 characters are no valid text"),
}
LONG: dict[str, tuple[Callable[[Path], Path], str]] = {
    "sparse 3 GB log": (sparse("a.log", b"2026-01-02 10:00:00 INFO x\n" * 3000, 3 * GB), "ok: .* shown as"),
    "one line of 100 MB": (written("a.txt", b"x", 100_000_000), ONE_LINE),
    "one line of 100 MB in a log": (written("a.log", b"x", 100_000_000), "ok: None, 1526 sections, line 1"),
}


def outcome(path: Path) -> str:
    ingested = read(path)
    for skipped in ingested.skipped:
        return f"skipped: {skipped.reason}"
    document = ingested.documents[-1]
    said = f"{document.status}: {document.problem}"
    last = document.sections[-1].span.lines if document.sections else None
    noun = "section" if len(document.sections) == 1 else "sections"
    return f"{said}, {len(document.sections)} {noun}, line {last[1]}" if last else said


@pytest.mark.parametrize("name", INPUTS)
def test_it_comes_out_as_expected(tmp_path: Path, name: str) -> None:
    build, expected = INPUTS[name]
    assert re.match(expected, outcome(build(tmp_path)))


@pytest.mark.long
@pytest.mark.parametrize("name", LONG)
def test_the_largest_come_out_as_expected(tmp_path: Path, name: str) -> None:
    build, expected = LONG[name]
    assert re.match(expected, outcome(build(tmp_path)))


def test_what_ignore_files_say_beside_nonsense_holds(tmp_path: Path) -> None:
    assert [Path(d.path).name for d in read(stars(tmp_path)).documents] == [".gitignore", "a" * 250]


@pytest.mark.skipif(sys.platform == "win32", reason="memory is told in another way")
@pytest.mark.parametrize("name", ["sparse 3 GB", "sparse 3 GB that begins as text", "sparse 30 MB log"])
def test_memory_does_not_grow_with_it(tmp_path: Path, name: str) -> None:
    path = INPUTS[name][0](tmp_path)
    code = (
        "import resource, sys\n"
        "from ingest.open_path import open_paths\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"open_paths([{os.fspath(path)!r}])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(done.stdout) * unit < GROWTH_MB * 1_000_000
