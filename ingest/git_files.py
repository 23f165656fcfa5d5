"""Asks Git which files of a folder belong to its work tree: tracked ones and new ones that are not ignored.

Git runs without anything that a hostile repository could make it execute. Knows no ignore rules of its own.
"""

# Paths stay strings here: an object for each file of a large tree would cost as much as reading it.

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass

SECONDS = 30.0

SAFE_OPTIONS = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never")
"""What keeps a repository's own settings from running programs."""

# With a letter in front of each name that says what it is: S is not checked out, in a sparse checkout.
_FILES = ("ls-files", "-z", "-t", "--cached", "--others", "--exclude-standard")
_IGNORED = ("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")
_NOT_CHECKED_OUT = b"S "
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
    done = _ask_git(folder, _FILES)
    if done is None:
        return None
    top, out, err = done
    # A file in conflict is listed once for each side.
    listed = (line[2:] for line in out.split(b"\0") if line and not line.startswith(_NOT_CHECKED_OUT))
    files = tuple(dict.fromkeys(map(os.fsdecode, listed)))
    closed = tuple(_CLOSED_FOLDER.findall(err))
    if not files and not closed:
        return None
    # Unlike the files, these are named from the top of the work tree.
    return GitFiles(files, tuple(os.path.relpath(os.path.join(top, os.fsdecode(name)), folder) for name in closed))


def git_ignored(folder: str) -> tuple[str, ...]:
    """What Git ignores below `folder`, relative to it; of a folder that is ignored, only itself. None found: none."""
    done = _ask_git(folder, _IGNORED)
    return tuple(os.fsdecode(name).rstrip("/") for name in done[1].split(b"\0") if name) if done else ()


def _ask_git(folder: str, question: tuple[str, ...]) -> tuple[str, bytes, bytes] | None:
    """The top of the work tree, and what Git wrote on both outputs; None when it could not answer."""
    top = work_tree(folder)
    git = shutil.which("git") if top else None
    if top is None or git is None:
        return None
    try:
        asked = subprocess.Popen(
            [git, *SAFE_OPTIONS, "-c", "safe.bareRepository=explicit", *question],
            cwd=folder,
            env=safe_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError:
        return None
    with asked:
        try:
            out, err = asked.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            out = err = b""
        finally:
            _end(asked)
    return (top, out, err) if asked.returncode == 0 else None


def _end(asked: subprocess.Popen[bytes]) -> None:
    """End Git, and whatever it may have started: that would hold the pipes open."""
    if asked.poll() is not None:
        return
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(asked.pid, signal.SIGKILL)
    asked.kill()
