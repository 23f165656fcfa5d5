"""Suggested changes, tried on the code in memory: nothing is ever written to a person's files.

One that applies is given back as Git expects it, whatever its counts were; where the changed Python no longer parses,
that is said. Several are joined to one patch as far as they do not change the same lines. Knows no file system.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from app.core.review.edits import Edit, applied, clash, edits_of, unified
from app.core.review.finding import Checked, Finding, Patch
from app.core.review.schema import path_of
from app.core.review.suggested_diff import Change, NoPatch, read_suggestion

_PYTHON = (".py", ".pyi", ".pyw")

Edits = dict[str, tuple[Edit, ...]]
"""Path to what changes there, ascending."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Suggestions as one patch. text: a diff, "" for none. taken: fingerprints. left_out: fingerprint and why."""

    text: str
    taken: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...] = ()


def check_suggestion(finding: Finding, texts: Mapping[str, str]) -> tuple[Patch, str, str]:
    """The verdict on a finding's suggestion, the suggestion (in full form where it applies), and why it does not."""
    if not finding.suggestion.strip():
        return "none", "", ""
    try:
        edits = suggested_edits(finding, texts)
    except NoPatch as error:
        return "fails", finding.suggestion, str(error)
    whole = "".join(unified(path, texts.get(path), changes) for path, changes in edits.items())
    for path, changes in edits.items():
        problem = _broken(path, texts.get(path), applied(texts.get(path, ""), changes))
        if problem:
            return "breaks", whole, f"With the suggested change {problem}"
    return "applies", whole, ""


def suggested_edits(finding: Finding, texts: Mapping[str, str]) -> Edits:
    """What a finding's suggestion changes. Raises NoPatch."""
    edits: Edits = {}
    for change in read_suggestion(finding.suggestion, finding.path):
        path = _file(change, texts)
        around = (finding.first, finding.last) if path == finding.path else (0, 0)
        if path in edits:
            raise NoPatch(f"The suggested change has two parts for {path}; they have to be one.")
        edits[path] = edits_of(change.hunks, texts.get(path, ""), around=around)
    return edits


def as_patch(findings: Sequence[Checked], texts: Mapping[str, str]) -> Joined:
    """The suggestions of `findings` as one patch, the earlier first where two do not go together.

    Left out are those of findings that are not confirmed by the code or were dismissed, and those that do not apply.
    """
    together: Edits = {}
    taken: list[str] = []
    left_out: list[tuple[str, str]] = []
    for checked in findings:
        if checked.patch == "none":
            continue
        why = _unfit(checked)
        if not why:
            try:
                joined = _with(together, suggested_edits(checked.finding, texts), texts)
            except NoPatch as error:
                why = str(error)
        if why:
            left_out.append((checked.fingerprint, why))
        else:
            together = joined
            taken.append(checked.fingerprint)
    text = "".join(unified(path, texts.get(path), together[path]) for path in sorted(together))
    return Joined(text, tuple(taken), tuple(left_out))


def _unfit(checked: Checked) -> str:
    if checked.patch != "applies":
        return checked.reason or "The suggested change does not apply."
    if checked.quoted == "unconfirmed":
        return "The finding is not confirmed by the code."
    return "The finding was dismissed." if checked.dismissed is not None else ""


def _with(together: Edits, more: Edits, texts: Mapping[str, str]) -> Edits:
    """Both. Raises NoPatch."""
    joined = dict(together)
    for path, changes in more.items():
        before = joined.get(path, ())
        fresh = [edit for edit in changes if edit not in before]
        if any(clash(edit, other) for edit in fresh for other in before):
            raise NoPatch(f"It changes lines of {path} that another suggestion of this patch changes too.")
        joined[path] = tuple(sorted((*before, *fresh)))
        problem = _broken(path, texts.get(path), applied(texts.get(path, ""), joined[path]))
        if problem:
            raise NoPatch(f"Together with the other suggestions of this patch {problem}")
    return joined


def _file(change: Change, texts: Mapping[str, str]) -> str:
    names = [*change.names, *(path_of(name) for name in change.names)]
    known = next((name for name in names if name in texts), None)
    if change.new:
        path = PurePosixPath(names[0])
        if known is not None:
            raise NoPatch(f"The suggested change makes a file {known!r} that is there already.")
        if path.is_absolute() or ".." in path.parts or not path.parts or "\\" in names[0] or ":" in path.parts[0]:
            raise NoPatch(f"The suggested change makes a file outside of the reviewed folder: {names[0][:80]!r}.")
        return names[0]
    if known is None:
        raise NoPatch(f"The suggested change is of {names[0][:80]!r}, which was not reviewed.")
    return known


def _broken(path: str, before: str | None, after: str) -> str:
    """Why `after` is no Python although `before` was; "" where it is, or another language."""
    if not path.lower().endswith(_PYTHON) or (before is not None and _syntax_error(before)):
        return ""
    problem = _syntax_error(after)
    return f"{path} is no longer valid Python: {problem}." if problem else ""


def _syntax_error(text: str) -> str:
    import ast

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        return f"{error.msg}, line {error.lineno or 1:,}"
    except (ValueError, RecursionError, MemoryError) as error:
        return str(error) or "it is nested too deeply"
    return ""
