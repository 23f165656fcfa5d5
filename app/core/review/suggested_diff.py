"""Reads the unified diff that a model suggests, which is seldom as well-formed as one that a program wrote.

Put right: wrong counts and missing numbers in "@@" lines, missing file headers (the finding's file is meant), fences,
CRLF, empty lines that stand for empty context. Not put up with: lines that are neither added, removed nor context, and
what is more than a change of lines (renames, modes, binary content, deletions). Knows no files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.diff import plain_name

NOTHING = "/dev/null"

_AT = re.compile(r"@@(?: -(?P<old>\d+)(?:,\d+)?)?(?: \+(?P<new>\d+)(?:,\d+)?)?.*")
_MORE = {
    "rename ": "renames a file",
    "copy ": "copies a file",
    "old mode": "changes a file's mode",
    "GIT binary": "holds binary content",
    "Binary files": "holds binary content",
    "deleted file": "deletes a file",
}
_HEADERS = ("diff ", "index ", "new file", "new mode", "similarity", "dissimilarity", "Index: ", "=====", "```", "~~~")
_BODY = (" ", "+", "-", "\\")


class NoPatch(Exception):
    """The suggestion cannot be applied; the text is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a hunk. sign: " ", "+" or "-". bare: said to be the file's last and to have no line end."""

    sign: str
    text: str
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Hunk:
    """start: its first line in the old file, from 1; 0 where that is not said."""

    start: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What is suggested for one file. names: what it may be called, the likeliest first. new: it is to be created."""

    names: tuple[str, ...]
    hunks: tuple[Hunk, ...]
    new: bool = False


def read_suggestion(text: str, path: str) -> list[Change]:
    """The changes in `text`; those without a file header are of `path`. Raises NoPatch."""
    from unidiff import PatchSet
    from unidiff.errors import UnidiffParseError

    mended = "".join(f"{line}\n" for line in _mended(_without_fences(text)))
    if not mended:
        raise NoPatch("The suggested change is no diff: it has no line that is added or removed.")
    try:
        files = list(PatchSet(mended))
    except UnidiffParseError as error:
        raise NoPatch(f"The suggested change is no well-formed diff ({str(error).splitlines()[0][:120]}).") from None
    return [_change(file.source_file, file.target_file, list(file), path) for file in files if len(file)]


def _without_fences(text: str) -> list[str]:
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return [line for line in lines if not line.startswith(("```", "~~~"))]


def _mended(lines: list[str]) -> Iterator[str]:
    """The lines of a well-formed diff: every hunk below a file header, with counts that are true."""
    headed = False
    at = 0
    while at < len(lines):
        line = lines[at]
        more = next((what for sign, what in _MORE.items() if line.startswith(sign)), "")
        if more:
            raise NoPatch(f"The suggested change {more}; only changes of lines are applied.")
        if _is_header(lines, at):
            yield from (line, lines[at + 1])
            headed = True
            at += 2
        elif line.startswith("@@") or (not headed and line.startswith(("-", "+"))):
            if not headed:
                yield from ("--- a/", "+++ b/")
                headed = True
            start = _AT.match(line)
            at += 1 if start else 0
            end = _end(lines, at)
            yield from _hunk(int(start["old"] or 0) if start else 0, lines[at:end])
            at = end
        elif not line.strip() or line.startswith(_HEADERS) or not headed:
            at += 1
        else:
            raise NoPatch(f"Line {at + 1:,} of the suggested change belongs to no diff: {line.strip()[:60]!r}.")


def _is_header(lines: list[str], at: int) -> bool:
    return lines[at].startswith("--- ") and at + 1 < len(lines) and lines[at + 1].startswith("+++ ")


def _end(lines: list[str], at: int) -> int:
    """Where the hunk ends whose body begins at `at`."""
    end = at
    while end < len(lines) and not _is_header(lines, end) and (not lines[end] or lines[end].startswith(_BODY)):
        end += 1
    while end > at and not lines[end - 1].strip():
        end -= 1
    return end


def _hunk(start: int, body: list[str]) -> Iterator[str]:
    body = [line or " " for line in body]
    old = sum(line[0] in " -" for line in body)
    new = sum(line[0] in " +" for line in body)
    if old == new == 0:
        raise NoPatch("The suggested change has a hunk without lines.")
    yield f"@@ -{start},{old} +{start},{new} @@"
    yield from body


def _change(source: str, target: str, hunks: list[object], path: str) -> Change:
    new = plain_name(source) == NOTHING
    if plain_name(target) == NOTHING:
        raise NoPatch("The suggested change deletes a file; only changes of lines are applied.")
    if source == "a/" and target == "b/":
        names: tuple[str, ...] = (path,)
    else:
        names = tuple(dict.fromkeys((plain_name(target), target, *(() if new else (plain_name(source), source)))))
        if not new and plain_name(source) != plain_name(target):
            raise NoPatch("The suggested change renames a file; only changes of lines are applied.")
    return Change(names, tuple(_read(hunk) for hunk in hunks), new)


def _read(hunk: object) -> Hunk:
    lines: list[Line] = []
    for line in hunk:  # type: ignore[attr-defined]
        if line.line_type == "\\":
            if lines:
                lines[-1] = Line(lines[-1].sign, lines[-1].text, bare=True)
        else:
            lines.append(Line(line.line_type or " ", line.value.removesuffix("\n")))
    return Hunk(hunk.source_start, tuple(lines))  # type: ignore[attr-defined]
