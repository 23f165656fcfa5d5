"""What a mark in an answer names: characters of one or several sections. Knows how people and models vary a mark.

`[S3 p.12]`, `[s3, page 12]`, `[S3 pp. 12-13]`, `[S7 L57]` inside the stretch that opens with `[S7 L41]`, `[S3]` for all
of it, `[S4 Costs L57]`, `[S4 Costs, rows 57-60]`, `[S4 Costs]` where a source has parts, `‹12›`. Compares no words.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from app.core.marks import Mark, part_name
from app.core.prompt import PromptDocument
from app.core.span_words import LEVELS_APART

_NUMBERS = r"[a-z]*\s*\.?\s*(\d+)(?:\s*[-\u2013\u2014]\s*[lp]?\.?\s*(\d+))?"
_PARTS = re.compile(rf"(?i)\s*(S\d+)(?:,?\s*(p|l|slide|row){_NUMBERS})?\s*")
_OF_PART = re.compile(rf"(?i)\s*(S\d+)[\s,:]+(.+?)(?:[\s,]+(?:l|row){_NUMBERS})?\s*")
_MOST_PAGES = 1000


@dataclass(frozen=True, slots=True)
class Range:
    """Characters [start, end) of a section, by index."""

    document: int
    section: int
    start: int
    end: int


class MarkLookup:
    """The marks of one prompt by name."""

    def __init__(self, marks: Sequence[Mark], documents: Sequence[PromptDocument]) -> None:
        self._by_name: dict[str, list[Mark]] = {}
        for mark in marks:
            self._by_name.setdefault(mark.name.casefold(), []).append(mark)
        self._documents = {document.key.casefold(): i for i, document in enumerate(documents)}
        self._marks = marks
        self._all = documents
        self._by_part: dict[int, dict[str, list[Mark]]] = {}
        self._stretches: dict[int, list[tuple[int, Mark]]] = {}

    def first(self, name: str) -> Mark | None:
        """The first mark that `name` speaks of, None when the prompt holds no such mark."""
        found = self._find(name)
        return found[0] if found else None

    def ranges(self, name: str) -> list[Range]:
        """What `name` speaks of; neighbouring stretches of one section as one."""
        joined: list[Range] = []
        for mark in self._find(name):
            last = joined[-1] if joined else None
            if last and (last.document, last.section) == (mark.document, mark.section) and last.end == mark.start:
                joined[-1] = Range(mark.document, mark.section, last.start, mark.end)
            else:
                joined.append(Range(mark.document, mark.section, mark.start, mark.end))
        return joined

    def _find(self, name: str) -> list[Mark]:
        exact = self._by_name.get(" ".join(name.split()).casefold())
        if exact:
            return exact
        parts = _PARTS.fullmatch(name)
        if parts is None:
            return self._in_part(name)
        document = self._documents.get(parts.group(1).casefold())
        if document is None:
            return []
        key, kind, first, last = parts.groups()
        if kind is None:
            return [m for m in self._marks if m.document == document]
        low, high = int(first), int(last or first)
        if kind.casefold() in ("p", "slide"):
            pages = range(low, min(high, low + _MOST_PAGES) + 1)
            return [m for page in pages for m in self._by_name.get(f"{key} p.{page}".casefold(), ())]
        if self._parts(document):
            return self._overlapping([m for m in self._marks if m.document == document], low, high)
        return self._lines(document, low, high)

    def _in_part(self, name: str) -> list[Mark]:
        """The marks of a part, or of some of its lines."""
        found = _OF_PART.fullmatch(name)
        document = self._documents.get(found.group(1).casefold()) if found else None
        if found is None or document is None:
            return []
        _, part, first, last = found.groups()
        own = self._parts(document).get(part_name(part).casefold(), [])
        return self._overlapping(own, int(first), int(last or first)) if first else own

    def _parts(self, document: int) -> dict[str, list[Mark]]:
        """The marks of each part of a document by the part's name."""
        if document not in self._by_part:
            by_part = self._by_part[document] = {}
            sections = self._all[document].sections
            for mark in self._marks:
                if mark.document == document and (part := sections[mark.section].span.part):
                    # A heading under others is also named by itself.
                    for name in {part_name(part), part_name(part.rpartition(LEVELS_APART)[2])}:
                        by_part.setdefault(name.casefold(), []).append(mark)
        return self._by_part[document]

    def _overlapping(self, marks: Sequence[Mark], low: int, high: int) -> list[Mark]:
        """Those of `marks` that speak of any of the lines low to high."""
        found: list[Mark] = []
        for mark in marks:
            section = self._all[mark.document].sections[mark.section]
            lines = section.locate(mark.start, mark.end).lines if isinstance(section.body, str) else section.span.lines
            if lines is not None and lines[0] <= high and low <= lines[1]:
                found.append(mark)
        return found

    def _lines(self, document: int, low: int, high: int) -> list[Mark]:
        """The stretches that hold lines low to high."""
        if document not in self._stretches:
            own = [m for m in self._marks if m.document == document]
            parsed = ((_PARTS.fullmatch(m.name), m) for m in own)
            self._stretches[document] = [(int(p.group(3)), m) for p, m in parsed if p and p.group(2) in ("l", "L")]
        stretches = self._stretches[document]
        firsts = [line for line, _ in stretches]
        begin = max(0, bisect_right(firsts, low) - 1)
        return [mark for line, mark in stretches[begin:] if line <= high]
