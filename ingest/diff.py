"""A patch becomes a section for each file it changes, named after that file; the patch's own lines stay as they are.

Written by Git (its mail format too), diff, Mercurial or Subversion. What is no well-formed patch is left to be read as
text. Knows no files and no Git.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.document import Section, Span

if TYPE_CHECKING:
    from unidiff import PatchedFile

LARGEST_DIFF = 32_000_000
"""Characters; a longer one is not cut into its files."""

_LONGEST_PART = 200
_RANGE = r"-\d+(?:,\d+)? \+\d+(?:,\d+)?"
_HUNK = re.compile(rf"^--- [^\n]*\n\+\+\+ [^\n]*\n@@ {_RANGE} @@", re.MULTILINE)
_GIT = re.compile(
    r"^diff --(?:git|cc|combined) [^\n]+\n"
    r"(?:index |old mode|new file|deleted file|similarity|dissimilarity|--- |rename|copy|Binary)",
    re.MULTILINE,
)
_FIRST_LINE = re.compile(
    r"\s*(?:diff -|Index: |--- |From [0-9a-f]{40} |commit [0-9a-f]{7,64}\b|# HG changeset|Only in )"
)
_MESSAGE = re.compile(r"(?:From [0-9a-f]{40} |commit [0-9a-f]{7,64}\b|# HG changeset)")
_SUBJECT = re.compile(r"^Subject: *(?:\[[^\]]*\] *)?(.+)$", re.MULTILINE)
_HEADERS = ("diff ", "Index: ", "=====", "index ", "old mode", "new mode", "new file", "deleted file", "RCS file:")
_OCTAL = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_NOTHING = "/dev/null"


@dataclass(frozen=True, slots=True)
class DiffReading:
    """sections: of the patch. problem: why it is not a well-formed one; the sections are then to be made as of text."""

    sections: tuple[Section, ...]
    problem: str | None = None


def looks_like_diff(sample: str, *, named: bool) -> bool:
    """Whether text that begins with `sample` is a patch. named: its name says so, and it may open with words."""
    if not named and not _FIRST_LINE.match(sample):
        return False
    return bool(_HUNK.search(sample) or _GIT.search(sample))


def read_diff(text: str) -> DiffReading:
    """The sections of a patch, in its order; together they hold all its lines."""
    if len(text) > LARGEST_DIFF:
        return DiffReading((), "It is too long to be taken apart by files; it was read as text.")
    from unidiff import PatchSet

    lines = _Lines(text)
    try:
        files = PatchSet(lines.checked(), metadata_only=True)
    # Whatever the library stumbles over, the text itself can be read.
    except Exception as error:
        reason = str(error).split(":")[0].strip() or type(error).__name__
        reason = reason[0].lower() + reason[1:]
        return DiffReading((), f"It is no well-formed patch (line {lines.number:,}: {reason}); it was read as text.")
    if not files:
        return DiffReading((), "It is no well-formed patch: it names no file. It was read as text.")
    return DiffReading(tuple(_sections(lines.all, list(files))))


class _Lines:
    """The patch's lines, counted as they are asked for. number: 1-based, of the last one given."""

    def __init__(self, text: str) -> None:
        self.all = list(io.StringIO(text, newline="\n"))
        self.number = 0

    def checked(self) -> Iterator[str]:
        for line in self.all:
            self.number += 1
            # The library takes time by the square of such a line's length, and nothing in it is used here.
            yield "Binary files a/x and b/x differ\n" if line.startswith("Binary file") else line


def _sections(lines: list[str], files: list[PatchedFile]) -> Iterator[Section]:
    starts: dict[int, PatchedFile | None] = {}
    floor = 0
    for file in files:
        start = _first_line(lines, (file.diff_line_no or 1) - 1, floor)
        starts[start] = file
        floor = start + 1
    for number, line in enumerate(lines):
        if _MESSAGE.match(line):
            starts.setdefault(number, None)
    starts.setdefault(0, None)
    ordered = sorted(starts)
    for start, end in zip(ordered, [*ordered[1:], len(lines)], strict=True):
        body = "".join(lines[start:end])
        if not body.strip():
            continue
        changed = starts[start]
        if changed is None:
            yield Section(_subject(body), Span(lines=(start + 1, end)), body)
        else:
            name, label = _names(lines[start:end], changed)
            yield Section(label, Span(lines=(start + 1, end), part=name), body)


def _first_line(lines: list[str], at: int, floor: int) -> int:
    """Where the headers of the file begin that the library found at index `at`; they do not reach above `floor`."""
    if at > floor and lines[at].startswith("+++ ") and lines[at - 1].startswith("--- "):
        at -= 1
    while at > floor and not lines[at].startswith("diff ") and lines[at - 1].startswith(_HEADERS):
        at -= 1
    return at


def _subject(body: str) -> str:
    """What a commit's message is about."""
    found = _SUBJECT.search(body)
    if found:
        return " ".join(found.group(1).split())[:_LONGEST_PART]
    indented = (line.strip() for line in body.split("\n") if line.startswith("    ") and line.strip())
    return next(indented, "message")[:_LONGEST_PART]


def _names(lines: list[str], file: PatchedFile) -> tuple[str, str]:
    """The changed file's name, and the label: its name, what became of it and how many lines."""
    headers: dict[str, str] = {}
    for line in lines:
        if line.startswith("@@"):
            break
        for key in ("rename from ", "rename to ", "copy from ", "copy to ", "new file", "deleted file", "GIT binary"):
            if line.startswith(key):
                headers.setdefault(key, _unquoted(line[len(key) :].strip("\n")))
    was, now = plain_name(file.source_file), plain_name(file.target_file)
    name = headers.get("rename to ") or headers.get("copy to ") or (was if now == _NOTHING else now)
    said: list[str] = []
    if "rename from " in headers:
        said.append(f"renamed from {headers['rename from ']}")
    elif "copy from " in headers:
        said.append(f"copied from {headers['copy from ']}")
    elif was == _NOTHING or "new file" in headers:
        said.append("new")
    elif now == _NOTHING or "deleted file" in headers:
        said.append("deleted")
    if file.is_binary_file:
        said.append("binary")
    elif file.source_mode != file.target_mode and file.source_mode and file.target_mode:
        said.append(f"mode {file.target_mode}")
    if file.added or file.removed:
        said.append(f"+{file.added:,} \u2212{file.removed:,}")
    name = " ".join(name.split())[:_LONGEST_PART] or "unnamed"
    return name, f"{name} ({', '.join(said)})" if said else name


def plain_name(name: str | None) -> str:
    """A name as the headers have it, without quotes and without Git's a/ or b/."""
    name = _unquoted((name or "").strip())
    return name[2:] if re.match(r"[abciow12]/", name) else name


def _unquoted(name: str) -> str:
    """Git quotes names that hold quotes, control characters or bytes over 127."""
    if len(name) < 2 or not (name.startswith('"') and name.endswith('"')):
        return name

    def plain(found: re.Match[bytes]) -> bytes:
        code = found.group(1)
        return bytes((int(code, 8) & 0xFF,)) if code[:1].isdigit() else _ESCAPES.get(code, code)

    return _OCTAL.sub(plain, name[1:-1].encode("utf-8", "replace")).decode("utf-8", "replace")
