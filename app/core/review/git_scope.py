"""What changed in a Git repository, as a scope: between two revisions, since one, or staged for the next commit.

Texts are those of the new side, out of the repository itself: what lies in the work tree makes no difference. Knows no
model and no checklist.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from app.core.errors import ScopeRefused
from app.core.review.code_lines import code_lines
from app.core.review.finding import Omitted
from app.core.review.reviewable import LARGEST, NotReviewed, in_conflict, reviewable_text, too_large
from app.core.review.scope import Lines, Removed, Scope, conflict_note, files_in_words, require_texts
from ingest.errors import Stopped
from ingest.files import shown
from ingest.git_changes import LINK, SUBMODULE, Change, Comparison, GitRefused, Hunk, Repository

MOST_OTHERS, MOST_OTHER_BYTES = 5_000, 200_000
"""Files beside the changed ones that the outline is made of, and the largest of them."""


def changes(
    repository: str | os.PathLike[str],
    revisions: str,
    *,
    below: Sequence[str | os.PathLike[str]] = (),
    stop: Callable[[], bool] | None = None,
) -> Scope:
    """What `git diff A...B` (or `A..B`) shows; a single revision A stands for A...HEAD.

    repository: its folder, or one inside of it. below: only files at or below these paths. Raises ScopeRefused and
    Stopped.
    """
    found = _opened(repository, stop, lambda git: git.compare(revisions))
    scope = _Changes(*found, below)
    notes: list[str] = []
    if found[1].conflicts:
        count = len(found[1].conflicts)
        notes.append(f"A merge is not finished: {files_in_words(count)} in conflict. What is committed is reviewed.")
    if found[1].uncommitted:
        said = f"{files_in_words(len(found[1].uncommitted))} staged and not committed"
        notes.append(f"{said}, which is no part of this review; --staged reviews that.")
    return scope.made(f"changes {found[1].what}", notes)


def staged(
    repository: str | os.PathLike[str],
    *,
    below: Sequence[str | os.PathLike[str]] = (),
    stop: Callable[[], bool] | None = None,
) -> Scope:
    """What the next commit would change, as it stands in the index. Raises ScopeRefused, Stopped.

    In a hook that is the index of the commit under way, which `git commit -a` makes for itself.
    """
    index = os.environ.get("GIT_INDEX_FILE", "")
    found = _opened(repository, stop, lambda git: git.staged(index and str(Path(index).absolute())))
    return _Changes(*found, below).made("staged changes", [])


def _opened(
    repository: str | os.PathLike[str],
    stop: Callable[[], bool] | None,
    compare: Callable[[Repository], Comparison],
) -> tuple[Repository, Comparison]:
    def check() -> None:
        if stop is not None and stop():
            raise Stopped("The review was stopped; nothing was read.")

    folder = Path(repository).absolute()
    if folder.is_file():
        folder = folder.parent
    if not folder.is_dir():
        raise ScopeRefused(f"There is no folder {shown(str(folder))}.", hint="Name the folder of a repository.")
    git = Repository(folder, check)
    try:
        return git, compare(git)
    except GitRefused as refused:
        raise ScopeRefused(str(refused)) from refused


class _Changes:
    """The scope that a comparison makes."""

    def __init__(self, git: Repository, comparison: Comparison, below: Sequence[str | os.PathLike[str]]) -> None:
        self._git = git
        self._compared = comparison
        self._below = _prefixes(comparison.top, below)
        self._omitted: list[Omitted] = []
        self._notes: list[str] = []

    def made(self, what: str, notes: Sequence[str]) -> Scope:
        chosen = [change for change in self._compared.changes if self._is_below(change.path)]
        texts: dict[str, str] = {}
        changed: dict[str, Lines] = {}
        removed: dict[str, Removed] = {}
        conflicts: list[str] = []
        for change, text in self._texts([change for change in chosen if self._can_be_read(change)]):
            lines = len(code_lines(text))
            texts[change.path] = text
            changed[change.path] = _changed(change.hunks, lines)
            removed[change.path] = tuple(_removed(change.hunks))
            if change.status in ("renamed", "copied"):
                self._notes.append(f"{shown(change.path)} was {change.status} from {shown(change.was)}.")
            if in_conflict(text):
                conflicts.append(change.path)
        if conflicts:
            self._notes.append(conflict_note(conflicts))
        order = {change.path: number for number, change in enumerate(chosen)}
        omitted = tuple(sorted(self._omitted, key=lambda one: order[one.path]))
        if not chosen:
            raise ScopeRefused(
                f"There is nothing to review: no file differs ({self._compared.what}).",
                hint="Name other revisions, or leave them out to review all files.",
            )
        require_texts(texts, omitted, f"{self._compared.what}")
        others = self._others(texts)
        notes = (*notes, *self._notes)
        return Scope(self._compared.top, what, texts, changed, removed, others=others, omitted=omitted, notes=notes)

    def _is_below(self, path: str) -> bool:
        return (
            not self._below
            or any(path == one or path.startswith(f"{one}/") for one in self._below if one)
            or ("" in self._below)
        )

    def _can_be_read(self, change: Change) -> bool:
        reason = _not_to_be_read(change)
        if reason:
            self._omitted.append(Omitted(change.path, reason))
        return not reason

    def _texts(self, wanted: Sequence[Change]) -> list[tuple[Change, str]]:
        read = self._read([change.blob for change in wanted], LARGEST)
        found: list[tuple[Change, str]] = []
        for change in wanted:
            content = read.get(change.blob)
            try:
                if content is None:
                    raise NotReviewed("Its content is not in this repository; run git fetch in it.")
                if isinstance(content, int):
                    raise too_large(content)
                found.append((change, reviewable_text(change.path, content)))
            except NotReviewed as reason:
                self._omitted.append(Omitted(change.path, str(reason)))
        return found

    def _others(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Files beside them, of those that are source code."""
        from ingest.kinds import kind_by_name

        named = [(path, blob) for path, blob in self._compared.blobs if path not in texts]
        named = [(path, blob) for path, blob in named if kind_by_name(path.rpartition("/")[2]) == "code"]
        if len(named) > MOST_OTHERS:
            left = len(named) - MOST_OTHERS
            self._notes.append(
                f"The outline is made of {MOST_OTHERS:,} files beside the changed ones, without {left:,}."
            )
            named = named[:MOST_OTHERS]
        read = self._read([blob for _, blob in named], MOST_OTHER_BYTES)
        others: dict[str, str] = {}
        for path, blob in named:
            content = read.get(blob)
            if isinstance(content, bytes):
                try:
                    others[path] = reviewable_text(path, content)
                except NotReviewed:
                    # It is not under review, so nothing is lost that was asked for.
                    continue
        return others

    def _read(self, blobs: Sequence[str], largest: int) -> dict[str, bytes | int | None]:
        try:
            return self._git.read(blobs, largest)
        except GitRefused as refused:
            raise ScopeRefused(str(refused)) from refused


def _prefixes(top: str, below: Sequence[str | os.PathLike[str]]) -> list[str]:
    """Paths within the repository, "" for all of it."""
    real_top = os.path.realpath(top)
    prefixes: list[str] = []
    for path in below:
        name = os.path.relpath(os.path.realpath(path), real_top).replace(os.sep, "/")
        if name.startswith("../") or name == "..":
            raise ScopeRefused(
                f"{shown(os.fspath(path))} does not lie in the repository {shown(top)}.",
                hint="Review one repository at a time.",
            )
        prefixes.append("" if name == "." else name)
    return prefixes


def _not_to_be_read(change: Change) -> str:
    """Why there is nothing to read, in a sentence; "" where there is."""
    if change.status == "in conflict":
        return "It is in conflict; finish the merge first."
    if change.status == "deleted":
        return "It was deleted; nothing of it is left to review."
    if change.mode == SUBMODULE:
        return "It is a submodule at another commit; review that in its own folder."
    if change.mode == LINK:
        return "It is a link, not a file."
    if change.is_binary:
        return "It is binary."
    if not change.hunks:
        if change.status in ("renamed", "copied"):
            return f"It was {change.status} from {shown(change.was)} without any other change."
        if change.status == "added":
            return "It is empty."
        return "Its mode changed, and no line of it."
    return ""


def _changed(hunks: Sequence[Hunk], lines: int) -> Lines:
    """Where lines are only gone, those on both sides of them count as changed."""
    found: list[tuple[int, int]] = []
    for hunk in hunks:
        first, last = hunk.first, hunk.first + hunk.count - 1
        if not hunk.count:
            first, last = max(1, hunk.first), hunk.first + 1
        first, last = min(first, lines), min(last, lines)
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return tuple(found)


def _removed(hunks: Sequence[Hunk]) -> list[tuple[int, tuple[str, ...]]]:
    return [
        (
            hunk.first - 1 if hunk.count else hunk.first,
            tuple(line.removesuffix(b"\r").decode("utf-8", "replace") for line in hunk.removed),
        )
        for hunk in hunks
        if hunk.removed
    ]
