"""The rows of the source list, worked out from the workspace: folders that open, files, problems. Knows no Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from app.core.ledger import colour_index
from app.core.workspace import Entry

_FEWEST_FOR_A_FOLDER = 2


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One line of the list. keys: the source, or all sources of a folder. tokens: None while not counted.

    share: of the context, 0 to 1, None when it does not take part. part: some of a folder take part.
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

    @property
    def key(self) -> str:
        """The source's key, "" for a folder."""
        return "" if self.is_folder else self.keys[0]

    @property
    def colour(self) -> int:
        """Which source colour."""
        return colour_index(self.keys[0])


def build_rows(
    entries: Sequence[Entry],
    *,
    tokens: Callable[[Entry], int | None],
    context: int,
    notes: Mapping[str, str],
    expanded: frozenset[str],
    filter_by: str = "",
) -> list[SourceRow]:
    """The rows to show. notes: sentences by key or path. filter_by: words that must all stand in the name or key."""
    wanted = filter_by.casefold().split()
    folders: dict[str, list[Entry]] = {}
    for entry in entries:
        folders.setdefault(_folder(entry), []).append(entry)
    rows: list[SourceRow] = []
    placed: set[str] = set()
    for entry in entries:
        folder = _folder(entry)
        inside = folders[folder]
        if wanted:
            subject = f"{entry.key} {entry.name}".casefold()
            if all(word in subject for word in wanted):
                rows.append(_row(entry, tokens(entry), context, notes, 0, entry.name))
        elif not folder or len(inside) < _FEWEST_FOR_A_FOLDER:
            rows.append(_row(entry, tokens(entry), context, notes, 0, entry.name))
        elif folder not in placed:
            placed.add(folder)
            rows.append(_folder_row(folder, inside, [tokens(e) for e in inside], context, folder in expanded))
            if folder in expanded:
                rows += [
                    _row(e, tokens(e), context, notes, 1, str(PurePath(*PurePath(e.name).parts[1:]))) for e in inside
                ]
    return rows


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


def _folder(entry: Entry) -> str:
    parts = PurePath(entry.name).parts
    return parts[0] if len(parts) > 1 else ""


def _row(entry: Entry, tokens: int | None, context: int, notes: Mapping[str, str], depth: int, name: str) -> SourceRow:
    document = entry.document
    problem = notes.get(entry.key) or notes.get(document.path) or document.problem or ""
    takes_part = entry.included and bool(document.sections)
    return SourceRow(
        name=name,
        keys=(entry.key,),
        included=entry.included,
        extent=extent(entry),
        tokens=tokens,
        share=tokens / context if takes_part and tokens is not None and context else None,
        problem=problem,
        depth=depth,
        blocked=not document.sections,
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
