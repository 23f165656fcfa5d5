"""Real repositories for the tests of what a review looks at."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Mapping
from pathlib import Path

GIT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_AUTHOR_DATE": "2026-03-14T07:00:00Z"}


def git(folder: Path, *arguments: str, fails: bool = False) -> str:
    """What Git says; it must work unless `fails`."""
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@b", "-c", "protocol.file.allow=always", *arguments]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, env={**os.environ, **GIT})
    assert fails or done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode("utf-8", "surrogateescape")


def new_repository(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """A repository on branch main with one commit that holds `files`."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "-q", "-b", "main")
    commit(root, files)
    return root


def commit(root: Path, files: Mapping[str, str | bytes], message: str = "more") -> None:
    """Write `files` and commit everything."""
    write(root, files)
    git(root, "add", "-A")
    git(root, "commit", "-qm", message)


def write(root: Path, files: Mapping[str, str | bytes]) -> None:
    """Write `files` below `root`; bytes as they are."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


_VERBS = "read write count merge send drop sort find keep open close mark".split()
_THINGS = "parcel crane harbour invoice route ticket sensor ledger window letter cargo pilot".split()


def module(number: int, functions: int = 4) -> str:
    """A small Python module of this number, of its own words."""
    chosen = random.Random(number)
    used = f"begin_{number // 2}"
    lines = [
        f'"""Module {number} about {chosen.choice(_THINGS)}s."""\n\nfrom module_{number // 2:05} import {used}\n\n\n'
    ]
    lines.append(f"def begin_{number}(order):\n    return {used}(order) + {number}\n\n\n")
    for n in range(functions):
        verb, thing = chosen.choice(_VERBS), chosen.choice(_THINGS)
        lines.append(
            f"def {verb}_{thing}_{number}_{n}({thing}s, limit={chosen.randrange(2, 99)}):\n"
            f"    total = 0\n"
            f"    for {thing} in {thing}s[:limit]:\n"
            f"        if {thing}.weight > {chosen.randrange(9)}:\n"
            f"            total += {thing}.weight\n"
            f"    return total\n\n\n"
        )
    return "".join(lines)


def generated_tree(root: Path, files: int, *, functions: int = 4) -> Path:
    """A folder of `files` modules in packages of fifty."""
    for number in range(files):
        write(root, {f"package_{number // 50:03}/module_{number:05}.py": module(number, functions)})
    return root
