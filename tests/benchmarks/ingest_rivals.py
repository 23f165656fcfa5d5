"""Seconds to read a whole repository and count its tokens: this program beside repomix (npm) and gitingest (PyPI), each
as the command that people run, over the same tree in the same run.

    uv run tests/benchmarks/ingest_rivals.py [TREE] [--quick] [--repomix FILE] [--gitingest FILE]

Without TREE: a Git repository made of source files of installed packages. Each program starts anew for every round, and
ours with an empty data directory, so nothing counted before is remembered. The rivals are taken from the search path
unless they are named; one that is not installed is left out, and that is said. Each counts with a vocabulary of its own
(ours: the bundled model's; theirs: o200k_base), and looks for secrets, except gitingest, which also counts no tokens
where it cannot fetch its vocabulary; that is said.

Seen on two quiet cores over 1,000 files of 14.1 MB: as fast as repomix (2.2 s), 0.9 times as fast with outlines
(`--compress`), 0.6 times as fast as gitingest, which counted no tokens. The five times that are aimed at are not
reached: counting that many tokens exactly takes a second on two cores by itself, starting the engine half of one.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.benchmarks.ingest import show  # noqa: E402
from tests.benchmarks.ingest_outline import sources  # noqa: E402

FILES = 1_000
SECONDS = 600


def compare(folder: Path, *, quick: bool) -> None:
    """All that are installed, over a tree made for it."""
    run(make_tree(folder / "repository", FILES // 10 if quick else FILES), folder, rounds=1 if quick else 3)


def make_tree(root: Path, count: int) -> Path:
    """A Git repository of `count` source files."""
    for number, path in enumerate(sources(count)):
        copy = root / f"part{number % 20}" / f"{path.stem}_{number}.py"
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "add", "."], cwd=root, check=True)
    return root


def run(tree: Path, folder: Path, *, rounds: int, repomix: str | None = None, gitingest: str | None = None) -> None:
    """Ours and each rival, round by round."""
    repomix, gitingest = repomix or shutil.which("repomix"), gitingest or shutil.which("gitingest")
    out = str(folder / "packed.txt")
    ours = [sys.executable, str(ROOT / "main.py"), "ingest", str(tree), "--no-text", "--json"]
    outlined = [*ours, "--detail", "outline"]
    pack = [repomix, str(tree), "-o", out, "--quiet"] if repomix else None
    digest = [gitingest, str(tree), "-o", out] if gitingest else None
    rivals: list[tuple[str, Sequence[str], list[str] | None]] = [
        ("repomix, all with tokens", ours, pack),
        ("repomix --compress, outlines with tokens", outlined, [*pack, "--compress"] if pack else None),
        ("gitingest, all", ours, digest),
    ]
    files = [path for path in tree.rglob("*") if path.is_file() and ".git" not in path.parts]
    print(f"{len(files):,} files, {sum(path.stat().st_size for path in files) / 1e6:.1f} MB")
    for what, own, rival in rivals:
        if rival is None:
            print(f"{what}: not installed, left out")
            continue
        mine: list[float] = []
        theirs: list[float] = []
        failed = ""
        for _ in range(rounds):
            with tempfile.TemporaryDirectory(dir=folder) as data:
                ran = _timed(own, Path(data))
            other = _timed(rival, folder)
            mine.append(ran.seconds)
            theirs.append(other.seconds)
            failed = failed or ran.failed or other.failed
        if failed:
            print(f"{what}: failed: {failed}")
            continue
        without = " (without tokens here)" if rival is digest and "tokens" not in other.said else ""
        show(f"ours against {what}{without}", min(mine), min(theirs))
        print(f"{'':<58} {min(theirs) / min(mine):.1f} times as fast")


@dataclass(frozen=True)
class _Ran:
    """failed: the last thing said where it failed. said: everything."""

    seconds: float
    failed: str
    said: str


def _timed(command: Sequence[str], data: Path) -> _Ran:
    # Compiled modules are kept, as they are for people.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["PLUMBLINE_DATA"] = str(data)
    began = time.perf_counter()
    try:
        done = subprocess.run(
            command, env=environment, cwd=data, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return _Ran(0.0, str(error), "")
    seconds, said = time.perf_counter() - began, (done.stderr + done.stdout).strip()
    return _Ran(seconds, "" if done.returncode == 0 else (said.splitlines() or ["nothing was said"])[-1], said)


def main() -> None:
    """All comparisons."""
    parser = argparse.ArgumentParser()
    parser.add_argument("tree", nargs="?", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--repomix")
    parser.add_argument("--gitingest")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        count = FILES // 10 if given.quick else FILES
        tree = given.tree.absolute() if given.tree else make_tree(folder / "repository", count)
        run(tree, folder, rounds=1 if given.quick else 3, repomix=given.repomix, gitingest=given.gitingest)


if __name__ == "__main__":
    main()
