"""What a patch changes, as a scope: with the files it is for, or its hunks alone.

A patch fits files as they were before it or as they are after it; the new side is reviewed either way, and nothing is
written. Knows no model and no checklist.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.core.errors import ScopeRefused
from app.core.review.code_lines import code_lines
from app.core.review.finding import Omitted
from app.core.review.reviewable import LARGEST, NotReviewed, check_written
from app.core.review.scope import Lines, Removed, Scope, everything, require_texts
from ingest.decode import Encoding, decode, detect_encoding
from ingest.diff import plain_name, read_diff
from ingest.files import RegularFile, shown, why
from ingest.sizes import size_words

if TYPE_CHECKING:
    from unidiff import Hunk, PatchedFile

LARGEST_PATCH = 32_000_000
LAST_LINE = 1_000_000
"""Beyond it the lines of a hunk without its file are not shown: those before it would have to be made up."""


@dataclass(frozen=True, slots=True)
class _Side:
    """A hunk's lines on one side, from line `first` on (0: none, before the first line)."""

    first: int
    lines: tuple[str, ...]


def read_patch(path: str | os.PathLike[str]) -> str:
    """The text of a patch file, CRLF as LF. Raises ScopeRefused."""
    name = shown(os.fspath(path))
    try:
        with RegularFile(os.fspath(path)) as file:
            content = file.read(LARGEST_PATCH + 1)
    except OSError as error:
        raise ScopeRefused(f"The patch {name} cannot be read: {why(error)}.", hint="Name another file.") from error
    return patch_text(content, name)


def patch_text(content: bytes, name: str) -> str:
    """The same of what came in another way. Raises ScopeRefused."""
    if len(content) > LARGEST_PATCH:
        raise ScopeRefused(
            f"The patch {name} is larger than {size_words(LARGEST_PATCH)}.", hint="Compare revisions that lie closer."
        )
    encoding = detect_encoding(content[:65_536], whole=len(content) <= 65_536) if content.strip() else Encoding()
    if encoding is None:
        raise ScopeRefused(f"{name} is no patch: it holds no text.", hint="Name the output of git diff or diff -u.")
    return decode(content[encoding.mark :], encoding).text


def patched(
    text: str,
    name: str,
    *,
    tree: str | os.PathLike[str] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Scope:
    """What the patch `text` changes. name: of the patch, for people.

    tree: the folder of the files that it is for, before or after it; None: only its hunks are shown, with the numbers
    of their lines on the new side. Raises ScopeRefused, Stopped.
    """
    files = _parsed(text, name)
    base = None if tree is None else everything([tree], stop=stop)
    reading = _Patched(base.texts if base is not None else None)
    for file in files:
        reading.take(file)
    omitted = tuple(reading.omitted)
    if base is not None and not reading.texts and reading.misfits:
        more = f" (and {len(reading.misfits) - 1:,} more files)" if len(reading.misfits) > 1 else ""
        raise ScopeRefused(
            f"The patch {name} does not apply to {shown(base.root)}. {reading.misfits[0]}{more}",
            hint="Name the folder it was made from, or no folder to review its hunks alone.",
        )
    require_texts(reading.texts, omitted, f"the patch {name}")
    others = {p: t for p, t in base.texts.items() if p not in reading.texts and p not in reading.old} if base else {}
    return Scope(
        base.root if base is not None else str(Path(name).absolute()),
        f"patch {Path(name).name}",
        reading.texts,
        reading.changed,
        reading.removed,
        reading.known,
        others,
        omitted,
        tuple(reading.notes),
    )


def _parsed(text: str, name: str) -> list[PatchedFile]:
    from unidiff import PatchSet

    # Says in words what is wrong, and where.
    told = read_diff(text)
    if not told.sections:
        reason = re.sub(r"[;.:] [Ii]t was read as text\.\Z", ".", told.problem or "It is empty.")
        raise ScopeRefused(f"{name} is no patch. {reason}", hint="Name the output of git diff or diff -u.")
    try:
        return list(PatchSet(io.StringIO(text, newline="\n")))
    # Whatever the library stumbles over, the patch brought it.
    except Exception as error:
        reason = str(error).split("\n")[0].strip().rstrip(".") or type(error).__name__
        raise ScopeRefused(
            f"{name} is no well-formed patch: {reason}.", hint="Name the output of git diff or diff -u."
        ) from error


class _Patched:
    """Files with their new side, as far as the patch fits. tree: their texts, None where only hunks are at hand."""

    def __init__(self, tree: Mapping[str, str] | None) -> None:
        self._tree = tree
        self.texts: dict[str, str] = {}
        self.changed: dict[str, Lines] = {}
        self.removed: dict[str, Removed] = {}
        self.known: dict[str, Lines] = {}
        self.omitted: list[Omitted] = []
        self.misfits: list[str] = []
        self.notes: list[str] = []
        self.old: set[str] = set()

    def take(self, file: PatchedFile) -> None:
        was, path = _names(file)
        try:
            reason = _not_to_be_read(file, was, path)
            if reason:
                raise NotReviewed(reason)
            if self._tree is None:
                text, self.known[path] = _hunks_alone(file)
            else:
                text = self._new_side(file, was, path)
            if len(text.encode("utf-8", "replace")) > LARGEST + LAST_LINE:
                raise NotReviewed("It is too large to be reviewed.")
            check_written(path, text)
        except NotReviewed as refused:
            self.known.pop(path, None)
            self.omitted.append(Omitted(path, str(refused)))
            return
        self.texts[path] = text
        self.changed[path] = _changed(file, len(code_lines(text)))
        self.removed[path] = tuple(_removed(file))
        if was not in (path, "/dev/null"):
            self.old.add(was)
            self.notes.append(f"{shown(path)} was renamed from {shown(was)}.")

    def _new_side(self, file: PatchedFile, was: str, path: str) -> str:
        assert self._tree is not None
        new, old = [_target(hunk) for hunk in file], [_source(hunk) for hunk in file]
        there = self._tree.get(path)
        if there is not None and _misfit(there, new) is None:
            return there
        base = "" if was == "/dev/null" else self._tree.get(was, there)
        if base is None:
            reason = f"There is no file {shown(was)} for the patch."
        elif was == "/dev/null" and there is not None:
            reason = f"The patch makes {shown(path)} anew, and there is another file of that name."
        else:
            line = _misfit(base, old)
            if line is None:
                return _applied(base, old, new)
            reason = f"The patch does not apply to {shown(path)}: line {line:,} there is another one."
        self.misfits.append(reason)
        raise NotReviewed(reason)


def _names(file: PatchedFile) -> tuple[str, str]:
    """Old and new name; "/dev/null" for a file that was not there, and the old name for one that is gone."""
    was, path = plain_name(file.source_file), plain_name(file.target_file)
    return was, was if path == "/dev/null" else path


def _not_to_be_read(file: PatchedFile, was: str, path: str) -> str:
    """Why there is nothing to review, in a sentence; "" where there is."""
    if plain_name(file.target_file) == "/dev/null":
        return "It was deleted; nothing of it is left to review."
    if file.is_binary_file:
        return "It is binary."
    if not list(file):
        moved = was not in (path, "/dev/null")
        return f"It was renamed from {shown(was)} without any other change." if moved else "No line of it changes."
    if any(str(line.value).startswith("Subproject commit ") for hunk in file for line in hunk):
        return "It is a submodule at another commit; review that in its own folder."
    return ""


def _target(hunk: Hunk) -> _Side:
    return _Side(hunk.target_start, tuple(_value(line.value) for line in hunk.target_lines()))


def _source(hunk: Hunk) -> _Side:
    return _Side(hunk.source_start, tuple(_value(line.value) for line in hunk.source_lines()))


def _value(line: str) -> str:
    return line.removesuffix("\n").removesuffix("\r")


def _start(side: _Side) -> int:
    """Index of the first line; a side without lines names the line before."""
    return side.first - 1 if side.lines else side.first


def _misfit(text: str, sides: list[_Side]) -> int | None:
    """The first line (1-based) at which `text` is not what the hunks say; None when it is."""
    lines = code_lines(text)
    at = 0
    for side in sides:
        start = _start(side)
        if start < at or start > len(lines):
            return side.first
        for number, line in enumerate(side.lines, start):
            if number >= len(lines) or lines[number] != line:
                return number + 1
        at = start + len(side.lines)
    return None


def _applied(text: str, old: list[_Side], new: list[_Side]) -> str:
    """The text with the hunks in it, in the file's own line ends."""
    end = "\r\n" if "\r\n" in text else "\n"
    lines = code_lines(text)
    made: list[str] = []
    at = 0
    for before, after in zip(old, new, strict=True):
        start = _start(before)
        made += [*lines[at:start], *after.lines]
        at = start + len(before.lines)
    made += lines[at:]
    return "".join(f"{line}{end}" for line in made)


def _hunks_alone(file: PatchedFile) -> tuple[str, Lines]:
    """The new side with blank lines where the patch says nothing, and the lines that are known."""
    lines: list[str] = []
    known: list[tuple[int, int]] = []
    for hunk in file:
        side = _target(hunk)
        start = _start(side)
        if start < len(lines) or start > LAST_LINE:
            raise NotReviewed(f"The patch is out of order, or beyond line {LAST_LINE:,}.")
        lines += [""] * (start - len(lines)) + list(side.lines)
        if side.lines:
            known.append((start + 1, len(lines)))
    if not any(line.strip() for line in lines):
        raise NotReviewed("Lines are only gone; nothing of it is left to review.")
    return "".join(f"{line}\n" for line in lines), tuple(known)


def _changed(file: PatchedFile, lines: int) -> Lines:
    """Added lines; where lines are only gone, those on both sides."""
    numbers: set[int] = set()
    for after, added, removed in _runs(file):
        numbers.update(range(after + 1, after + added + 1))
        if removed and not added:
            numbers.update((max(1, after), min(after + 1, lines)))
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return tuple(found)


def _removed(file: PatchedFile) -> Iterator[tuple[int, tuple[str, ...]]]:
    for after, _, removed in _runs(file):
        if removed:
            yield after, removed


def _runs(file: PatchedFile) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Each stretch of changed lines: the line before it on the new side, how many were added, and what was removed."""
    for hunk in file:
        after = _start(_target(hunk))
        added, removed = 0, []
        for line in hunk:
            if line.is_removed:
                removed.append(_value(line.value))
            elif line.is_added:
                added += 1
            elif line.is_context:
                if added or removed:
                    yield after, added, tuple(removed)
                after, added, removed = after + added + 1, 0, []
        if added or removed:
            yield after, added, tuple(removed)
