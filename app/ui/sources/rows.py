"""The rows of the source list, worked out from the workspace: folders that open, files, problems. Knows no widget."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.core.ledger import colour_index
from app.core.workspace import Entry
from app.ui.sources.read_as import is_summary, read_as_words

Remedy = Literal["", "unlock", "recognise", "whole"]

_FEWEST_FOR_A_FOLDER = 2
_RECORDS = re.compile(r"^([\d,]+ of [\d,]+ records?):.*?(?:\.(?= )|\.$|$)")
_SCANS = ("no_text_layer", "text_unreliable")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One line of the list. keys: the source, or all sources of a folder. tokens: None while not counted.

    share: of the context, 0 to 1, None when it does not take part. part: some of a folder take part. remedy: what the
    row offers against its problem: to enter the password, to recognise the text, to read all of what was left to one
    line; "" for nothing. read_as: how it was read, in a word or two, "" as it stands. quiet: its problem is no more
    than a remark on that. secrets: how many its text seems to hold.
    """

    name: str
    keys: tuple[str, ...]
    included: bool
    extent: str
    tokens: int | None
    share: float | None
    problem: str = ""
    is_folder: bool = False
    expanded: bool = False
    depth: int = 0
    part: bool = False
    blocked: bool = False
    remedy: Remedy = ""
    read_as: str = ""
    quiet: bool = False
    secrets: int = 0

    @property
    def high(self) -> bool:
        """Whether it takes more than the two lines that every row has."""
        return bool(self.problem or self.secrets)

    @property
    def key(self) -> str:
        """The source's key, "" for a folder."""
        return "" if self.is_folder else self.keys[0]

    @property
    def colour(self) -> int:
        """Which source colour."""
        return colour_index(self.keys[0])


class RowBuilder:
    """Builds the rows again and again; a row of which nothing changed is the very same object as before."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[Entry, int | None, int, str, int, SourceRow]] = {}
        self._helped: frozenset[str] = frozenset()
        self._folders: dict[str, str] = {}
        self._entries: Sequence[Entry] = ()
        self._groups: list[tuple[str, list[Entry]]] = []
        self._subjects: dict[str, tuple[str, str]] = {}

    def build(
        self,
        entries: Sequence[Entry],
        *,
        tokens: Callable[[Entry], int | None],
        context: int,
        notes: Mapping[str, str],
        expanded: frozenset[str],
        filter_by: str = "",
        helped: frozenset[str] = frozenset(),
    ) -> list[SourceRow]:
        """The rows to show. notes: sentences by key or path. filter_by: words that must all stand in name or key.

        helped: paths of sources whose remedy is under way, which is not offered again.
        """
        if helped != self._helped:
            self._helped = helped
            self._rows.clear()
        wanted = filter_by.casefold().split()
        if wanted:
            found = (e for e in entries if all(map(self._subject(e).__contains__, wanted)))
            return [self._row(e, tokens(e), context, notes, 0) for e in found]
        rows: list[SourceRow] = []
        for folder, inside in self._grouped(entries):
            if not folder:
                rows += [self._row(e, tokens(e), context, notes, 0) for e in inside]
                continue
            opened = folder in expanded
            rows.append(_folder_row(folder, inside, [tokens(e) for e in inside], context, opened))
            if opened:
                rows += [self._row(e, tokens(e), context, notes, 1) for e in inside]
        return rows

    def _grouped(self, entries: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
        """Folders with what is in them, where the first of it stands; "" for a stretch of what is in none."""
        if entries is self._entries:
            return self._groups
        folders = [self._folder(entry.name) for entry in entries]
        sizes = Counter(folders)
        groups: list[tuple[str, list[Entry]]] = []
        opened: dict[str, list[Entry]] = {}
        for entry, name in zip(entries, folders, strict=True):
            folder = name if sizes[name] >= _FEWEST_FOR_A_FOLDER else ""
            if folder in opened and (folder or groups[-1][0] == ""):
                opened[folder].append(entry)
            else:
                opened[folder] = [entry]
                groups.append((folder, opened[folder]))
        self._entries, self._groups = entries, groups
        return groups

    def _row(self, entry: Entry, tokens: int | None, context: int, notes: Mapping[str, str], depth: int) -> SourceRow:
        document = entry.document
        problem = document.problem or ""
        if notes:
            problem = notes.get(entry.key) or notes.get(document.path) or problem
        held = self._rows.get(entry.key)
        if held is not None and held[0] is entry and held[1:5] == (tokens, context, problem, depth):
            return held[5]
        remedy = "" if document.path in self._helped else remedy_of(entry)
        row = _row(entry, tokens, context, problem, depth, remedy)
        self._rows[entry.key] = (entry, tokens, context, problem, depth, row)
        return row

    def _folder(self, name: str) -> str:
        folder = self._folders.get(name)
        if folder is None:
            folder = self._folders[name] = _parts(name)[0]
        return folder

    def _subject(self, entry: Entry) -> str:
        held = self._subjects.get(entry.key)
        if held is None or held[0] is not entry.name:
            held = self._subjects[entry.key] = (entry.name, f"{entry.key} {entry.name}".casefold())
        return held[1]


def remedy_of(entry: Entry) -> Remedy:
    """What would help: a password, or recognising the text. What came through a pipe cannot be read again."""
    document = entry.document
    if not Path(document.path).is_absolute():
        return ""
    if document.status == "password_needed":
        return "unlock"
    if is_summary(document):
        return "whole"
    return "recognise" if document.status in _SCANS else ""


def can_recognise(entry: Entry) -> bool:
    """Whether pages of it may be pictures: it has a problem of that kind, or was recognised in some language before."""
    document = entry.document
    there = document.kind == "pdf" and Path(document.path).is_absolute() and document.problem is not None
    return there and document.status in (*_SCANS, "ok", "recognised")


def extent(entry: Entry) -> str:
    """Such as "84 pages", "pages 3 to 9 of 84" or "1,204 lines"."""
    sections = entry.document.sections
    if not sections:
        return ""
    last = sections[-1].span
    if last.page is not None:
        pages = last.page
        if entry.pages is not None:
            first, past = entry.pages
            return f"pages {first:,} to {min(past, pages):,} of {pages:,}"
        return "1 page" if pages == 1 else f"{pages:,} pages"
    if last.lines is not None:
        return "1 line" if last.lines[1] == 1 else f"{last.lines[1]:,} lines"
    return ""


def _parts(name: str) -> tuple[str, str]:
    """The topmost folder of a shown name, "" for none, and what stands behind it."""
    folder, separator, rest = name.replace(os.altsep, os.sep).partition(os.sep) if os.altsep else name.partition(os.sep)
    return (folder, rest) if separator else ("", name)


def _row(entry: Entry, tokens: int | None, context: int, problem: str, depth: int, remedy: Remedy) -> SourceRow:
    document = entry.document
    takes_part = entry.included and bool(document.sections)
    read_as = read_as_words(document)
    quiet = bool(read_as) and document.status == "ok" and problem == document.problem
    if quiet and document.kind == "log":
        # What was asked for stands in the dialog that asked; here it would fill five lines.
        problem = _RECORDS.sub(r"\1.", problem)
    return SourceRow(
        name=_parts(entry.name)[1] if depth else entry.name,
        keys=(entry.key,),
        included=entry.included,
        extent=extent(entry),
        tokens=tokens,
        share=tokens / context if takes_part and tokens is not None and context else None,
        problem=problem,
        depth=depth,
        blocked=not document.sections,
        remedy=remedy,
        read_as=read_as,
        quiet=quiet,
        secrets=0 if document.view.mask else len(document.secrets),
    )


def _folder_row(
    name: str, inside: Sequence[Entry], tokens: Sequence[int | None], context: int, expanded: bool
) -> SourceRow:
    included = [t for e, t in zip(inside, tokens, strict=True) if e.included]
    known = None if any(t is None for t in included) else sum(t or 0 for t in included)
    return SourceRow(
        name=name,
        keys=tuple(e.key for e in inside),
        included=bool(included),
        extent=f"{len(inside):,} files",
        tokens=known,
        share=known / context if included and known is not None and context else None,
        is_folder=True,
        expanded=expanded,
        part=0 < len(included) < len(inside),
    )
