"""Asks Git which files of a folder belong to its work tree: tracked ones and new ones that are not ignored.

Git runs without anything that a hostile repository could make it execute. Knows no ignore rules of its own.
"""

# Paths stay strings here: an object for each file of a large tree would cost as much as reading it.

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass

SECONDS = 30.0

SAFE_OPTIONS = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never")
"""What keeps a repository's own settings from running programs."""

_COMMAND = (*SAFE_OPTIONS, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
_CLOSED_FOLDER = re.compile(rb"^warning: could not open directory '(.*)': .*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class GitFiles:
    """Paths relative to the folder asked about, with "/" between parts.

    files: in Git's order; one that is a folder is a repository inside this one. closed: folders that could not be
    opened.
    """

    files: tuple[str, ...]
    closed: tuple[str, ...] = ()


def work_tree(folder: str) -> str | None:
    """The folder that holds a `.git`: `folder` (absolute, without links) or the closest one above it."""
    while not os.path.lexists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


def safe_environment() -> dict[str, str]:
    """In which Git asks nobody, fetches nothing and looks at no other repository."""
    # Where a hook or another tool set these, they would point Git at another repository.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return environment | {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "",
        "LC_ALL": "C",
    }


def git_files(folder: str) -> GitFiles | None:
    """What Git lists below `folder` (absolute, without links).

    None outside a work tree and when Git is not installed, refuses, takes too long or lists nothing.
    """
    top = work_tree(folder)
    git = shutil.which("git") if top else None
    if top is None or git is None:
        return None
    try:
        done = subprocess.run(
            [git, *_COMMAND],
            cwd=folder,
            env=safe_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode:
        return None
    # A file in conflict is listed once for each side.
    files = tuple(dict.fromkeys(os.fsdecode(name) for name in done.stdout.split(b"\0") if name))
    closed = tuple(_CLOSED_FOLDER.findall(done.stderr))
    if not files and not closed:
        return None
    # Unlike the files, these are named from the top of the work tree.
    return GitFiles(files, tuple(os.path.relpath(os.path.join(top, os.fsdecode(name)), folder) for name in closed))
