"""Which files two revisions of a Git repository differ in, at which lines, and what stands in them.

Names come as Git keeps them, whatever bytes they hold. Like `ingest.git_diff`, commits (or the index) are compared and
never the work tree, and nothing that a hostile repository chose is run. Knows no prompts and no reviews.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeVar

from ingest.errors import IngestError
from ingest.files import shown
from ingest.git_diff import (
    DIFF,
    USAGE,
    Git,
    Refused,
    commit_of,
    first_line,
    no_common_ancestor,
    revision_parts,
)
from ingest.git_files import SAFE_OPTIONS

_T = TypeVar("_T")

Status = Literal["added", "changed", "deleted", "renamed", "copied", "retyped", "in conflict"]

LINK, SUBMODULE = 0o120000, 0o160000
"""Modes of entries that are no files."""

_STATUSES: dict[bytes, Status] = {
    b"A": "added",
    b"M": "changed",
    b"D": "deleted",
    b"R": "renamed",
    b"C": "copied",
    b"T": "retyped",
    b"U": "in conflict",
}
_HUNK = re.compile(rb"@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")
_BATCH_BYTES = 32_000_000
_PATCHES_OF: dict[Status, int] = {"retyped": 2, "in conflict": 0}
"""How many patches Git writes for an entry, where it is not one."""


class GitRefused(IngestError):
    """Git could not compare; the text is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """`count` new lines from `first` on (1-based) stand for `removed`; with no new line, those stood behind `first`."""

    first: int
    count: int
    removed: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One file. path, was: new and old name, undecodable bytes as surrogate escapes. mode, blob: of the new side."""

    path: str
    was: str
    status: Status
    mode: int
    blob: str
    is_binary: bool = False
    hunks: tuple[Hunk, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """top: folder of the work tree (or of the bare repository). what: the comparison in Git's words.

    blobs: path and blob of every file on the new side. uncommitted, conflicts: files that the index holds otherwise
    than HEAD, and those that a merge left in conflict.
    """

    top: str
    what: str
    changes: tuple[Change, ...]
    blobs: tuple[tuple[str, str], ...]
    uncommitted: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()


class Repository:
    """The repository at or above `folder`. check: called now and then; may raise. Raises GitRefused."""

    def __init__(self, folder: str | os.PathLike[str], check: Callable[[], None] | None = None) -> None:
        program = shutil.which("git")
        if program is None:
            raise GitRefused("Git is not installed. Install it, or save the difference to a file.")
        self._git = Git(program, os.fspath(folder), check or (lambda: None))

    def compare(self, revisions: str) -> Comparison:
        """What `git diff A...B` or `A..B` shows; a single revision stands for A...HEAD."""
        parts = revision_parts(revisions) or revision_parts(f"{revisions}...")
        if parts is None:
            raise GitRefused(f"{revisions!r} names no revisions. {USAGE}")
        old, dots, new = parts
        return self._telling(lambda: self._compared(old, dots, new))

    def staged(self, index: str = "") -> Comparison:
        """What the next commit would change: the index against HEAD, or against nothing before the first commit.

        index: the one that a hook is told of, where `git commit` makes one of its own; not used unless it lies in this
        repository.
        """

        def compared() -> Comparison:
            self._check()
            folder = Path(os.fsdecode(self._run("rev-parse", "--absolute-git-dir").removesuffix(b"\n"))).resolve()
            if index and Path(index).resolve().parent == folder:
                self._git = replace(self._git, index=str(Path(index).resolve()))
            return self._of_index()

        return self._telling(compared)

    def read(self, blobs: Sequence[str], largest: int) -> dict[str, bytes | int | None]:
        """Content of each blob; its size where that is over `largest` bytes, None where it is not there."""
        return self._telling(lambda: self._read(list(dict.fromkeys(blobs)), largest))

    def _telling(self, work: Callable[[], _T]) -> _T:
        try:
            return work()
        except Refused as refused:
            raise GitRefused(str(refused)) from refused
        except OSError as error:
            raise GitRefused(f"Git could not be run in {shown(self._git.folder)}: {error.strerror}.") from error

    def _compared(self, old: str, dots: str, new: str) -> Comparison:
        git = self._git
        commits = commit_of(git, old), commit_of(git, new)
        between = f"{commits[0]}{dots}{commits[1]}"
        try:
            changes = self._changes(between)
        except Refused as refused:
            if "no merge base" in str(refused):
                raise no_common_ancestor(git, old, new) from refused
            raise
        listed = self._run("ls-tree", "-r", "-z", "--full-tree", commits[1])
        blobs = tuple(
            (os.fsdecode(name), entry.split()[2].decode())
            for entry, _, name in (line.partition(b"\t") for line in listed.split(b"\0") if line)
            if entry.split()[1] == b"blob" and not entry.startswith(b"120000")
        )
        conflicts = self._conflicts()
        uncommitted = tuple(c.path for c in self._changes("--cached") if c.path not in conflicts)
        return Comparison(self._top(), f"{old}{dots}{new}", changes, blobs, uncommitted, conflicts)

    def _of_index(self) -> Comparison:
        blobs = []
        for line in self._run("ls-files", "-z", "--stage", "--full-name", ":/").split(b"\0"):
            entry, _, name = line.partition(b"\t")
            mode, blob, stage = entry.split() if entry else (b"", b"", b"")
            if mode.startswith(b"100") and stage == b"0":
                blobs.append((os.fsdecode(name), blob.decode()))
        return Comparison(self._top(), "staged changes", self._changes("--cached"), tuple(blobs), (), self._conflicts())

    def _check(self) -> None:
        """Says in words what is wrong with the folder, which a failing diff does not."""
        try:
            commit_of(self._git, "HEAD")
        except Refused as refused:
            # Before the first commit there is none, and files can be staged all the same.
            if "no revision" not in str(refused):
                raise

    def _top(self) -> str:
        """The work tree; of a bare repository its own folder."""
        code, out, _ = self._git.run(*SAFE_OPTIONS, "rev-parse", "--show-toplevel")
        if code != 0:
            out = self._run("rev-parse", "--absolute-git-dir")
        return os.fsdecode(out.removesuffix(b"\n"))

    def _conflicts(self) -> tuple[str, ...]:
        code, out, _ = self._git.run(*SAFE_OPTIONS, "ls-files", "-z", "--unmerged", "--full-name", ":/")
        names = (line.partition(b"\t")[2] for line in out.split(b"\0") if line) if code == 0 else ()
        return tuple(dict.fromkeys(map(os.fsdecode, names)))

    def _changes(self, *between: str) -> tuple[Change, ...]:
        options = [b for b in between if b.startswith("--")]
        revisions = [b for b in between if not b.startswith("--")]
        behind = ("--end-of-options", *revisions, "--") if revisions else ("--",)
        code, raw, errors = self._git.run(*DIFF, *options, "--raw", "-z", "--no-abbrev", *behind)
        if code != 0 and options and not revisions:
            # A bare repository has no index.
            return ()
        if code != 0:
            raise Refused(f"Git could not compare them: {first_line(errors)}.")
        entries = list(_entries(raw))
        if not entries:
            return ()
        code, out, errors = self._git.run(*DIFF, *options, "--patch", "--unified=0", *behind)
        if code != 0:
            raise Refused(f"Git could not compare them: {first_line(errors)}.")
        patches = iter(_patches(out))
        changes: list[Change] = []
        for entry in entries:
            # Of a file that became a link, or the other way round, the second patch makes the new one.
            own = [next(patches, b"") for _ in range(_PATCHES_OF.get(entry.status, 1))]
            last = own[-1] if own else b""
            is_binary = any(line.startswith((b"Binary files ", b"GIT binary")) for line in _head(last))
            changes.append(
                Change(entry.path, entry.was, entry.status, entry.mode, entry.blob, is_binary, tuple(_hunks(last)))
            )
        return tuple(changes)

    def _read(self, blobs: list[str], largest: int) -> dict[str, bytes | int | None]:
        found: dict[str, bytes | int | None] = {}
        wanted: list[tuple[str, int]] = []
        told = self._run("cat-file", "--batch-check", given="".join(f"{b}\n" for b in blobs).encode())
        for blob, line in zip(blobs, told.decode("ascii", "replace").splitlines(), strict=True):
            _, kind, *rest = line.split(" ")
            size = int(rest[0]) if kind == "blob" and rest else -1
            if 0 <= size <= largest:
                wanted.append((blob, size))
            else:
                found[blob] = size if size >= 0 else None
        while wanted:
            batch: list[str] = []
            size = 0
            while wanted and (not batch or size + wanted[-1][1] <= _BATCH_BYTES):
                blob, one = wanted.pop()
                batch.append(blob)
                size += one
            out = self._run("cat-file", "--batch", given="".join(f"{b}\n" for b in batch).encode())
            at = 0
            for blob in batch:
                end = out.index(b"\n", at)
                length = int(out[at:end].split(b" ")[2])
                found[blob] = out[end + 1 : end + 1 + length]
                at = end + length + 2
        return found

    def _run(self, *arguments: str, given: bytes = b"") -> bytes:
        code, out, errors = self._git.run(*SAFE_OPTIONS, *arguments, given=given)
        if code != 0:
            raise Refused(f"Git could not read the repository: {first_line(errors)}.")
        return out


def _entries(raw: bytes) -> Iterator[Change]:
    fields = iter(raw.split(b"\0"))
    for field in fields:
        if not field.startswith(b":"):
            continue
        _, mode, _, blob, letter = field[1:].split(b" ")
        status = _STATUSES.get(letter[:1], "changed")
        was = name = next(fields, b"")
        if status in ("renamed", "copied"):
            name = next(fields, b"")
        yield Change(os.fsdecode(name), os.fsdecode(was), status, int(mode, 8), blob.decode())


def _patches(out: bytes) -> Iterator[bytes]:
    """The patch of each file: no line inside of a hunk can begin like its header."""
    starts = [found.start() for found in re.finditer(rb"^diff --git ", out, re.MULTILINE)]
    for start, end in zip(starts, [*starts[1:], len(out)], strict=True):
        yield out[start:end]


def _head(patch: bytes) -> list[bytes]:
    return patch.partition(b"\n@@ ")[0].split(b"\n")


def _hunks(patch: bytes) -> Iterator[Hunk]:
    first, count = 0, -1
    removed: list[bytes] = []
    for line in patch.split(b"\n"):
        if found := _HUNK.match(line):
            if count >= 0:
                yield Hunk(first, count, tuple(removed))
            first, count = int(found[1]), int(found[2] or b"1")
            removed = []
        elif count >= 0 and line.startswith(b"-"):
            removed.append(line[1:])
    if count >= 0:
        yield Hunk(first, count, tuple(removed))
