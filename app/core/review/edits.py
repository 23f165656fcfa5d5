"""Changes of whole lines in one text: made of a suggestion's hunks, applied, and written as the diff that Git expects.

A hunk's lines have to stand in the text exactly, white space at line ends aside. Its place is where it says; else the
only place where its lines stand; else the only one at the lines of the finding. Of several others none is guessed,
though Git would take the nearest. Knows no findings and no file system.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.core.review.code_lines import without_gutter
from app.core.review.suggested_diff import Hunk, Line, NoPatch

CONTEXT = 3

_ODD = re.compile(r'["\\\x00-\x1f\x7f\ud800-\udfff]')
_NAMED = {"\t": "t", "\n": "n", "\r": "r", '"': '"', "\\": "\\", "\a": "a", "\b": "b", "\f": "f", "\v": "v"}
_NO_END = "\n\\ No newline at end of file\n"


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Lines [start, end), from 0, are replaced by `new`, which come with their ends."""

    start: int
    end: int
    new: tuple[str, ...]


def split_lines(text: str) -> list[str]:
    """The lines of `text` with their ends; the last may have none."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def edits_of(hunks: Sequence[Hunk], text: str, *, around: tuple[int, int]) -> tuple[Edit, ...]:
    """What `hunks` do to `text`, ascending. around: lines, from 1, where they are expected. Raises NoPatch."""
    lines = split_lines(text)
    edits: list[Edit] = []
    floor = 0
    for number, hunk in enumerate(hunks, 1):
        bare = _without_gutter(hunk)
        at = _place(hunk, lines, floor, around)
        if at is None and bare is not None:
            hunk, at = bare, _place(bare, lines, floor, around)
        if at is None:
            which = f" (hunk {number} of {len(hunks)})" if len(hunks) > 1 else ""
            raise NoPatch(f"The suggested change does not apply: the lines that it changes stand nowhere{which}.")
        edits += _edits(hunk, lines, at)
        floor = at + sum(line.sign != "+" for line in hunk.lines)
    if not edits:
        raise NoPatch("The suggested change changes nothing.")
    return tuple(edits)


def applied(text: str, edits: Sequence[Edit]) -> str:
    """`text` with `edits`, which are ascending and do not overlap."""
    lines = split_lines(text)
    for edit in reversed(edits):
        lines[edit.start : edit.end] = edit.new
    return "".join(lines)


def clash(one: Edit, other: Edit) -> bool:
    """Whether two edits cannot both be made: they change the same line, or add at the same place."""
    return (one.start < other.end and other.start < one.end) or one.start == other.start


def unified(path: str, text: str | None, edits: Sequence[Edit]) -> str:
    """`edits` of the file `path` as `git apply` takes them. text: None for a file that is made by them."""
    lines = split_lines(text or "")
    old = _quoted(f"a/{path}") if text is not None else "/dev/null"
    parts = [f"--- {old}\n+++ {_quoted(f'b/{path}')}\n"]
    shift = 0
    for group in _groups(edits):
        start, end = max(0, group[0].start - CONTEXT), min(len(lines), group[-1].end + CONTEXT)
        body: list[str] = []
        at = start
        for edit in group:
            body += [f" {line}" for line in lines[at : edit.start]]
            body += [f"-{line}" for line in lines[edit.start : edit.end]]
            body += [f"+{line}" for line in edit.new]
            at = edit.end
        body += [f" {line}" for line in lines[at:end]]
        gained = sum(len(edit.new) - (edit.end - edit.start) for edit in group)
        parts.append(f"@@ -{_range(start, end - start)} +{_range(start + shift, end - start + gained)} @@\n")
        parts += [line if line.endswith("\n") else line + _NO_END for line in body]
        shift += gained
    return "".join(parts)


def _range(start: int, count: int) -> str:
    first = start + 1 if count else start
    return str(first) if count == 1 else f"{first},{count}"


def _groups(edits: Sequence[Edit]) -> Iterator[list[Edit]]:
    group: list[Edit] = []
    for edit in edits:
        if group and edit.start - group[-1].end > 2 * CONTEXT:
            yield group
            group = []
        group.append(edit)
    if group:
        yield group


def _quoted(name: str) -> str:
    """A name as Git writes it: quoted where it must be, with a tab behind it where it holds a space."""
    if not _ODD.search(name):
        return f"{name}\t" if " " in name else name

    def escaped(found: re.Match[str]) -> str:
        sign = found[0]
        if sign in _NAMED:
            return f"\\{_NAMED[sign]}"
        return "".join(f"\\{byte:03o}" for byte in sign.encode("utf-8", "surrogateescape"))

    return f'"{_ODD.sub(escaped, name)}"'


def _place(hunk: Hunk, lines: Sequence[str], floor: int, around: tuple[int, int]) -> int | None:
    """The index of the line where the hunk belongs; None where its lines do not stand. Raises NoPatch."""
    old = [line.text.rstrip() for line in hunk.lines if line.sign != "+"]
    if not old:
        if lines:
            raise NoPatch("The suggested change adds lines and does not show between which.")
        return 0
    places = [at for at in range(floor, len(lines) - len(old) + 1) if _stand(old, lines, at)]
    if hunk.start - 1 in places:
        return hunk.start - 1
    if len(places) > 1:
        first, last = around[0] - 1, around[1]
        places = [at for at in places if at < last and first < at + len(old)]
        if len(places) != 1:
            raise NoPatch("The suggested change does not apply: its lines stand at several places, none as it says.")
    return places[0] if places else None


def _stand(old: Sequence[str], lines: Sequence[str], at: int) -> bool:
    return all(lines[at + n].rstrip() == line for n, line in enumerate(old))


def _without_gutter(hunk: Hunk) -> Hunk | None:
    """The hunk without the prompt's line numbers in front of its code; None where it has none."""
    old = without_gutter([line.text for line in hunk.lines if line.sign != "+"])
    if old is None:
        return None
    rest = iter(old)
    added = without_gutter([line.text for line in hunk.lines if line.sign == "+"])
    fresh = iter(added if added is not None else [line.text for line in hunk.lines if line.sign == "+"])
    return Hunk(
        hunk.start,
        tuple(Line(line.sign, next(fresh if line.sign == "+" else rest), line.bare) for line in hunk.lines),
    )


def _edits(hunk: Hunk, lines: Sequence[str], at: int) -> Iterator[Edit]:
    """The stretches of removed and added lines of a hunk that stands at index `at`, without what stays the same."""
    start, added = at, list[Line]()
    marked = any(line.bare for line in hunk.lines)
    for line in (*hunk.lines, Line(" ", "")):
        if line.sign == "+":
            added.append(line)
        elif line.sign == "-":
            at += 1
        else:
            if added or at > start:
                edit = _edit(lines, start, at, added, marked)
                if lines[edit.start : edit.end] != list(edit.new):
                    yield edit
            at += 1
            start, added = at, []


def _edit(lines: Sequence[str], start: int, end: int, added: Sequence[Line], marked: bool) -> Edit:
    """marked: the hunk says which lines have no end; where it says nothing, the file's end stays as it is."""
    nearest = (*lines[start : start + 1], *reversed(lines[max(0, start - 2) : start]))
    newline = "\r\n" if next((each for each in nearest if each.endswith("\n")), "").endswith("\r\n") else "\n"
    new = [line.text.removesuffix("\r") + newline for line in added]
    unended = bool(lines) and not lines[-1].endswith("\n")
    if end == len(lines) and new:
        if start == end and unended:
            # Behind a line without an end, which gets one.
            start -= 1
            new.insert(0, lines[-1] + newline)
        if added[-1].bare or (unended and not marked):
            new[-1] = new[-1].removesuffix(newline)
    return Edit(start, end, tuple(new))
