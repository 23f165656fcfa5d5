"""What a mark in an answer names: characters of one or several sections. Knows how people and models vary a mark.

`[S3 p.12]`, `[s3, page 12]`, `[S3 pp. 12-13]`, `[S7 L57]` inside the stretch that opens with `[S7 L41]`, `[S3]` for all
of it, `‹12›`. Compares no words.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from app.core.marks import Mark
from app.core.prompt import PromptDocument

_PARTS = re.compile(r"(?i)\s*(S\d+)(?:,?\s*([pl])[a-z]*\s*\.?\s*(\d+)(?:\s*[-\u2013\u2014]\s*[lp]?\.?\s*(\d+))?)?\s*")
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
        document = self._documents.get(parts.group(1).casefold()) if parts else None
        if parts is None or document is None:
            return []
        key, kind, first, last = parts.groups()
        if kind is None:
            return [m for m in self._marks if m.document == document]
        low, high = int(first), int(last or first)
        if kind in "pP":
            pages = range(low, min(high, low + _MOST_PAGES) + 1)
            return [m for page in pages for m in self._by_name.get(f"{key} p.{page}".casefold(), ())]
        return self._lines(document, low, high)

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
