"""What is reviewed: the files with their text, which of their lines changed, and what was left out and why.

From folders, files and archives here; from revisions of a repository in `git_scope`, from a patch in `patch_scope`.
Knows no model and no checklist.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from app.core.errors import ScopeRefused
from app.core.review.finding import Omitted
from app.core.review.reviewable import LARGEST, NotReviewed, check_written, in_conflict, reviewable_text, too_large
from ingest.archive_form import may_be_archive
from ingest.document import Document, Ingested
from ingest.errors import IngestError, Stopped
from ingest.files import RegularFile, shown, why

Lines = tuple[tuple[int, int], ...]
"""Stretches of lines (first, last), 1-based, inclusive, ascending."""

Removed = tuple[tuple[int, tuple[str, ...]], ...]
"""Lines that are gone, each stretch with the line behind which it stood (0: before the first)."""

_NOTHING: Mapping[str, Lines] = MappingProxyType({})
_NONE_REMOVED: Mapping[str, Removed] = MappingProxyType({})
_NO_TEXTS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Scope:
    """root: the folder, archive or patch, absolute. what: in words ("148 files", "changes main...HEAD").

    texts: what is reviewed, by path within root ("/" between parts, undecodable bytes as surrogate escapes), in a
    stable order. changed: where only changes are reviewed, the lines of each file that changed, in the text as it is
    now; empty: everything is. removed: what stood there before. known: of files of which only a patch's hunks are at
    hand, the lines that are; the others are blank in `texts`. others: files that are not reviewed, for the outline.
    notes: sentences about the whole.
    """

    root: str
    what: str
    texts: Mapping[str, str]
    changed: Mapping[str, Lines] = field(default_factory=lambda: _NOTHING)
    removed: Mapping[str, Removed] = field(default_factory=lambda: _NONE_REMOVED)
    known: Mapping[str, Lines] = field(default_factory=lambda: _NOTHING)
    others: Mapping[str, str] = field(default_factory=lambda: _NO_TEXTS)
    omitted: tuple[Omitted, ...] = ()
    notes: tuple[str, ...] = ()

    def only(self, paths: Sequence[str]) -> Scope:
        """The same with these files alone under review; the others serve for the outline."""
        chosen = set(paths)
        texts = {path: text for path, text in self.texts.items() if path in chosen}
        rest = {path: text for path, text in self.texts.items() if path not in chosen}
        return replace(
            self,
            what=f"{files_in_words(len(texts))} of {self.what}",
            texts=texts,
            changed={path: lines for path, lines in self.changed.items() if path in chosen},
            removed={path: lines for path, lines in self.removed.items() if path in chosen},
            known={path: lines for path, lines in self.known.items() if path in chosen},
            others={**self.others, **rest},
            omitted=tuple(o for o in self.omitted if o.path in chosen),
        )


def everything(
    paths: Sequence[str | os.PathLike[str]],
    *,
    leave_out: Sequence[str] = (),
    on_progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Scope:
    """All files at or below `paths`: folders, files, archives.

    Inside a Git work tree those that Git ignores do not count. leave_out: patterns, see `ingest.leaving_out`.
    on_progress: files read, of files in all. Raises ScopeRefused when nothing can be reviewed, Stopped, BadPattern.
    """
    from ingest.tree import walk

    roots = [str(Path(path).absolute()) for path in paths]
    if not roots:
        raise ScopeRefused("Nothing was named to be reviewed.", hint="Name a folder, files or an archive.")

    def check() -> None:
        if stop is not None and stop():
            raise Stopped("The review was stopped; nothing was read.")

    walked = walk(roots, check=check, leave_out=leave_out)
    reading = _Reading(_root_of(roots))
    for number, found in enumerate(walked.files):
        check()
        if on_progress is not None:
            on_progress(number, len(walked.files))
        if found.inside or (found.path in roots and _is_archive(found.path)):
            reading.archive(found.path, found.inside, stop)
        elif found.difference:
            reading.omit(found.path, "It is a difference of revisions; review it with --diff.")
        elif found.size > LARGEST:
            reading.omit(found.path, str(too_large(found.size)))
        else:
            reading.file(found.path)
    for skipped in walked.skipped:
        reading.omit(skipped.path, sentence(skipped.reason))
    own = (shown(reading.name(path)) for path in walked.repositories)
    notes = [f"{name} is a repository of its own, which is reviewed as well." for name in own]
    if reading.conflicts:
        notes.append(conflict_note(reading.conflicts))
    texts = dict(sorted(reading.texts.items()))
    omitted = tuple(sorted(reading.omitted, key=lambda one: one.path))
    require_texts(texts, omitted, shown(reading.root))
    return Scope(reading.root, files_in_words(len(texts)), texts, omitted=omitted, notes=tuple(notes))


def require_texts(texts: Mapping[str, str], omitted: Sequence[Omitted], where: str) -> None:
    """Raises ScopeRefused, with the first reason, when there is nothing to review."""
    if texts:
        return
    if not omitted:
        raise ScopeRefused(f"There is nothing to review in {where}.", hint="Name a folder with source code.")
    more = f" (and {len(omitted) - 1:,} more)" if len(omitted) > 1 else ""
    first = omitted[0]
    raise ScopeRefused(
        f"There is nothing to review in {where}. {shown(first.path)}: {first.reason.rstrip('.')}{more}.",
        hint="Name source files that hold text.",
    )


def files_in_words(count: int) -> str:
    """Such as "148 files"."""
    return f"{count:,} file{'' if count == 1 else 's'}"


def sentence(words: str) -> str:
    """A few words as a sentence of their own."""
    words = words.strip().rstrip(".")
    return f"{words[:1].upper()}{words[1:]}."


def conflict_note(paths: Sequence[str]) -> str:
    """What is said about files in which a merge left its marks."""
    named = ", ".join(map(shown, paths[:5])) + (f" and {len(paths) - 5:,} more" if len(paths) > 5 else "")
    return f"A merge left its marks in {named}; both sides are reviewed as they stand there."


class _Reading:
    """Texts and what was left out, named from the folder that all of it shares."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.texts: dict[str, str] = {}
        self.omitted: list[Omitted] = []
        self.conflicts: list[str] = []

    def name(self, path: str) -> str:
        name = os.path.relpath(path, self.root).replace(os.sep, "/")
        return Path(path).name if name == "." else name

    def omit(self, path: str, reason: str) -> None:
        self.omitted.append(Omitted(self.name(path), reason))

    def file(self, path: str) -> None:
        try:
            with RegularFile(path) as file:
                content = file.read(LARGEST + 1)
            self._take(self.name(path), reviewable_text(self.name(path), content))
        except NotReviewed as reason:
            self.omit(path, str(reason))
        except OSError as error:
            self.omit(path, sentence(why(error)))

    def archive(self, path: str, inside: Sequence[str], stop: Callable[[], bool] | None) -> None:
        """Its members, through the readers that unpack nothing on disk."""
        from ingest.open_path import open_paths
        from ingest.view import View

        ingested: Ingested = open_paths(inside or [path], stop=stop, view=View(detail="whole"))
        for document in ingested.documents:
            try:
                self._take(self.name(document.path), _whole(self.name(document.path), document))
            except NotReviewed as reason:
                self.omit(document.path, str(reason))
            except IngestError as error:
                self.omit(document.path, str(error))
        for skipped in ingested.skipped:
            self.omit(skipped.path, sentence(skipped.reason))

    def _take(self, name: str, text: str) -> None:
        self.texts[name] = text
        if in_conflict(text):
            self.conflicts.append(name)


def _whole(name: str, document: Document) -> str:
    """The text of a member of an archive, line for line."""
    if document.kind not in ("code", "text", "markdown") or not document.sections:
        raise NotReviewed(document.problem or f"It is read as {document.kind}, not as source code.")
    if document.size > LARGEST:
        raise too_large(document.size)
    text = ""
    for section in document.sections:
        if section.span.lines is None or section.line_map:
            raise NotReviewed("Its lines are not those of a file.")
        # A blank beginning is no section of its own, and counts all the same.
        text += "\n" * (section.span.lines[0] - 1 - text.count("\n")) + section.text
    check_written(name, text)
    return text


def _root_of(paths: Sequence[str]) -> str:
    """The folder that all share; of a single archive, itself."""
    folders = [path if Path(path).is_dir() or _is_archive(path) else str(Path(path).parent) for path in paths]
    try:
        return os.path.commonpath(folders)
    except ValueError:
        # Drives of their own have nothing in common.
        return str(Path(paths[0]).parent)


def _is_archive(path: str) -> bool:
    try:
        with RegularFile(path) as file:
            return may_be_archive(file.read(1024))
    except OSError:
        return False
