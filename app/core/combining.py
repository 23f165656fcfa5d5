"""What a combination of answers reads: the verified quotes, verbatim, under the keys of the documents they stand in.

Nothing that was not verified is carried on. Each quote is widened to the sentences or lines it stands in; citations of
the combined answer are checked against these excerpts and then led back to the documents themselves.
Knows no engine and no database.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.core.answering import Reply
from app.core.citations import Citation, Place
from app.core.marks import Mark, split_units
from app.core.records import StoredCitation
from app.core.workspace import Entry, Workspace
from ingest.document import Section
from ingest.errors import SourceChanged, SourceGone


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an excerpt comes from: section `section` of the document, from character `start` on."""

    section: int
    start: int


@dataclass(frozen=True, slots=True)
class Excerpts:
    """workspace: an entry for each document that was quoted. origins[key][i]: of section i of that entry's document."""

    workspace: Workspace
    origins: Mapping[str, tuple[Origin, ...]]
    problems: tuple[str, ...] = ()


def excerpts_of(entries: Sequence[Entry], citations: Sequence[StoredCitation]) -> Excerpts:
    """The excerpts that exact and near `citations` stand for, in the order of `entries`; perhaps none.

    A document whose text can no longer be read is left out, with a sentence in `problems`.
    """
    found: list[Entry] = []
    origins: dict[str, tuple[Origin, ...]] = {}
    problems: list[str] = []
    for entry in entries:
        try:
            pairs = [pair for number, wanted in _quoted(entry, citations) for pair in _cut(entry, number, wanted)]
        except (SourceChanged, SourceGone) as error:
            problems.append(str(error))
            continue
        if pairs:
            origins[entry.key] = tuple(origin for origin, _ in pairs)
            document = replace(entry.document, sections=tuple(section for _, section in pairs), sha256=None)
            found.append(Entry(entry.key, entry.name, document))
    return Excerpts(Workspace(tuple(found)), origins, tuple(problems))


def led_back(reply: Reply, excerpts: Excerpts, entries: Sequence[Entry]) -> Reply:
    """`reply` over the excerpts with its citations naming documents and sections of `entries`, by index."""
    read = excerpts.workspace.included()
    at = {entry.key: i for i, entry in enumerate(entries)}

    def original(document: int, section: int) -> tuple[int, int, int]:
        """Index of the document, of its section among those that take part, and the excerpt's first character."""
        key = read[document].key
        origin = excerpts.origins[key][section]
        return at[key], entries[at[key]].sections_in().index(origin.section), origin.start

    def place(found: Place | None) -> Place | None:
        if found is None:
            return None
        document, section, first = original(found.document, found.section)
        return Place(document, section, first + found.start, first + found.end, found.span)

    def mark(named: Mark | None) -> Mark | None:
        if named is None:
            return None
        document, section, first = original(named.document, named.section)
        return Mark(named.name, document, section, first + named.start, first + named.end)

    def citation(one: Citation) -> Citation:
        return replace(one, named=mark(one.named), found=place(one.found), elsewhere=place(one.elsewhere))

    return replace(reply, citations=tuple(map(citation, reply.citations)))


def _quoted(entry: Entry, citations: Sequence[StoredCitation]) -> list[tuple[int, list[tuple[int, int]]]]:
    """By section index, which characters of it are quoted; only of sections that still take part."""
    wanted: dict[int, list[tuple[int, int]]] = {}
    inside = frozenset(entry.sections_in())
    for c in citations:
        if c.key != entry.key or c.state not in ("exact", "near") or c.section not in inside:
            continue
        if c.section is not None and c.start is not None and c.end is not None:
            wanted.setdefault(c.section, []).append((c.start, c.end))
    return sorted(wanted.items())


def _cut(entry: Entry, number: int, wanted: Sequence[tuple[int, int]]) -> list[tuple[Origin, Section]]:
    section = entry.document.sections[number]
    text = section.text
    units = split_units(text, entry.document.kind)
    starts = [start for start, _ in units]
    taken: list[tuple[int, int]] = []
    for start, end in sorted(wanted):
        first, last = max(0, bisect_right(starts, start) - 1), max(0, bisect_right(starts, end - 1) - 1)
        start, end = (min(start, units[first][0]), max(end, units[last][1])) if units else (start, end)
        if taken and start <= taken[-1][1]:
            taken[-1] = (taken[-1][0], max(end, taken[-1][1]))
        else:
            taken.append((start, end))
    return [(Origin(number, start), _part(section, text, start, end)) for start, end in taken]


def _part(section: Section, text: str, start: int, end: int) -> Section:
    """Characters [start, end) of a section as a section that leads to the same places of the source."""
    boxes = tuple(
        replace(box, start=max(box.start, start) - start, end=min(box.end, end) - start)
        for box in section.places
        if box.start < end and start < box.end
    )
    lines = section.line_map[text.count("\n", 0, start) :]
    return Section(section.label, section.locate(start, end, text=text), text[start:end], boxes, lines)
