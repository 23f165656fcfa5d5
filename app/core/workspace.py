"""The documents of one session: their short keys, shown names, order, and which parts are in.

Keys (S1, S2, ...) are given once and never reused, so that a mark means the same source as long as the session lives.
Knows no tokens, no prompt texts and no database.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path

from app.core.prompt import PromptDocument
from ingest.document import Document
from ingest.git_diff import split_diff_path


@dataclass(frozen=True, slots=True)
class Entry:
    """A document in the workspace. pages: 1-based inclusive range, None for all."""

    key: str
    name: str
    document: Document
    included: bool = True
    pages: tuple[int, int] | None = None

    def sections_in(self) -> tuple[int, ...]:
        """Which of the document's sections take part, by index."""
        sections = enumerate(self.document.sections)
        if self.pages is None:
            return tuple(i for i, _ in sections)
        first, last = self.pages
        return tuple(i for i, s in sections if s.span.page is None or first <= s.span.page <= last)

    def for_prompt(self) -> PromptDocument:
        """The part of the document that goes into the prompt; its section i is `sections_in()[i]` of the document."""
        sections = tuple(self.document.sections[i] for i in self.sections_in())
        return PromptDocument(self.key, self.name, self.document.kind, sections)

    def held(self) -> tuple[Entry, dict[int, str]]:
        """With the texts that still lie in files read and held, and those texts by section index.

        Raises ingest.errors.SourceChanged or SourceGone.
        """
        sections = list(self.document.sections)
        read: dict[int, str] = {}
        for i in self.sections_in():
            if not isinstance(sections[i].body, str):
                read[i] = sections[i].text
                sections[i] = replace(sections[i], body=read[i])
        if not read:
            return self, read
        return replace(self, document=replace(self.document, sections=tuple(sections))), read


@dataclass(frozen=True, slots=True)
class Workspace:
    """An ordered set of entries; changing it gives a new one."""

    entries: tuple[Entry, ...] = ()
    last_key: int = field(default=0)

    def add(self, documents: Iterable[Document], roots: Sequence[Path] = ()) -> Workspace:
        """With `documents` behind those already there; a path that is there already takes the new text in place.

        Text that is here is not given up for a document that could not be read for want of its password, nor what was
        recognised on its pages while the file is the same.
        roots: the paths the user gave, from which shown names are derived: within the one folder, else with its name
        in front.
        """
        entries = list(self.entries)
        known = {entry.document.path: i for i, entry in enumerate(entries)}
        last = self.last_key
        names = {entry.name for entry in entries}
        folders = _folders(roots)
        for document in documents:
            if document.path in known:
                at = known[document.path]
                if not _says_less(document, entries[at].document):
                    entries[at] = replace(entries[at], document=document)
                continue
            last += 1
            name = _free_name(document.path, folders, names)
            names.add(name)
            known[document.path] = len(entries)
            entries.append(Entry(f"S{last}", name, document))
        return Workspace(tuple(entries), last)

    def leave_out(self, patterns: Sequence[str]) -> Workspace:
        """Without the entries whose key, name or path matches one of the shell `patterns`."""

        def out(entry: Entry) -> bool:
            return any(
                fnmatch(subject, pattern)
                for pattern in patterns
                for subject in (entry.key, entry.name, entry.document.path, Path(entry.name).name)
            )

        return replace(self, entries=tuple(replace(e, included=e.included and not out(e)) for e in self.entries))

    def limit_pages(self, pages: tuple[int, int] | None) -> Workspace:
        """With only these pages of every paged document."""
        return replace(self, entries=tuple(replace(e, pages=pages) for e in self.entries))

    def set_included(self, keys: Iterable[str], included: bool) -> Workspace:
        """With the entries of these keys taking part, or left out."""
        chosen = set(keys)
        changed = (replace(e, included=included) if e.key in chosen else e for e in self.entries)
        return replace(self, entries=tuple(changed))

    def set_pages(self, key: str, pages: tuple[int, int] | None) -> Workspace:
        """With only these pages of one document; None: all."""
        changed = (replace(e, pages=pages) if e.key == key else e for e in self.entries)
        return replace(self, entries=tuple(changed))

    def reorder(self, keys: Sequence[str]) -> Workspace:
        """In the order of `keys`; entries that it does not name stay behind those it does, in their old order."""
        place = {key: i for i, key in enumerate(dict.fromkeys(keys))}
        return replace(self, entries=tuple(sorted(self.entries, key=lambda e: place.get(e.key, len(place)))))

    def without(self, keys: Iterable[str]) -> Workspace:
        """Without the entries of these keys; the keys are not given again."""
        gone = set(keys)
        return replace(self, entries=tuple(e for e in self.entries if e.key not in gone))

    def included(self) -> tuple[Entry, ...]:
        """The entries that take part, those without any text left out."""
        # Nothing limits most documents, and a list of all their sections would only be thrown away.
        return tuple(
            e for e in self.entries if e.included and (e.sections_in() if e.pages is not None else e.document.sections)
        )

    def prompt_documents(self) -> tuple[PromptDocument, ...]:
        """What goes into the prompt, in order; index i belongs to `included()[i]`."""
        return tuple(e.for_prompt() for e in self.included())


def _says_less(now: Document, before: Document) -> bool:
    """Whether `now` is the same source as `before`, read without what it took to read it: a password, recognition."""
    if now.status == "password_needed":
        return bool(before.sections)
    return now.sha256 is not None and now.sha256 == before.sha256 and before.has_recognised and not now.has_recognised


def key_number(key: str) -> int:
    """7 for "S7"; 0 for what is no key."""
    return int(key[1:]) if key[1:].isdecimal() else 0


def shown_path(path: str) -> str:
    """`path` as valid Unicode: bytes that are no text appear as escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def shown_name(path: str) -> str:
    """`path` as one line that reads as it is written: what cannot be seen, or turns the order of letters, is escaped.

    So a name cannot hide its ending.
    """
    text = shown_path(path)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or unicodedata.category(c) == "Zs" else ascii(c)[1:-1] for c in text)


def _folders(roots: Sequence[Path]) -> list[tuple[str, str]]:
    """What each root's files begin with, and what their shown names begin with: nothing where it is the only root.

    Of several roots that are called the same, each has as much of its path in front as tells them apart.
    """
    paths = list(dict.fromkeys(root.absolute() for root in roots))
    if len(paths) == 1:
        return [(_inside(paths[0]), "")]
    found: list[tuple[str, str]] = []
    for path in paths:
        parts = path.parts[1:] if path.anchor else path.parts
        others = [other.parts for other in paths if other != path]
        most = max(1, len(parts))
        count = next((n for n in range(1, most) if all(o[-n:] != parts[-n:] for o in others)), most)
        found.append((_inside(path), "".join(f"{part}{os.sep}" for part in parts[-count:])))
    return found


def _inside(folder: Path) -> str:
    return str(folder).rstrip(os.sep) + os.sep


def _free_name(path: str, folders: Sequence[tuple[str, str]], taken: set[str]) -> str:
    name = _name(path, folders)
    if name not in taken:
        return name
    parts = Path(path).parts
    for count in range(2, len(parts) + 1):
        longer = shown_name(str(Path(*parts[-count:])))
        if longer not in taken:
            return longer
    return shown_name(path)


def _name(path: str, folders: Sequence[tuple[str, str]]) -> str:
    """folders: as `_folders` gives them. Compared as texts: there may be ten thousand paths."""
    for folder, front in folders:
        if path.startswith(folder) and len(path) > len(folder):
            return shown_name(front + path[len(folder) :])
    named = split_diff_path(path)
    return shown_name(path[len(named[0]) + 1 :] if named else Path(path).name or path)
