"""Searches the sections of a source for words, piece by piece so that it can be stopped. Knows no Qt."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.document import Section
from ingest.errors import IngestError

MOST_HITS = 10_000

_PIECE = 1 << 17
_OVERLAP = 256


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """Characters [start, end) of section `section`. row: the line of that section's text it begins on, from 0."""

    section: int
    start: int
    end: int
    row: int


def find(sections: Sequence[Section], words: str) -> Iterator[list[Hit]]:
    """What was found, in order, in portions; an empty one means that the search is getting on.

    Case does not matter and any white space stands for any other. Sections that cannot be read are passed over. Ends
    after MOST_HITS.
    """
    pattern = _pattern(words)
    if pattern is None:
        return
    left = MOST_HITS
    for number, section in enumerate(sections):
        try:
            text = section.text
        except IngestError:
            continue
        for hits in _in_section(pattern, number, text):
            yield hits[:left]
            left -= len(hits)
            if left <= 0:
                return


def _in_section(pattern: re.Pattern[str], number: int, text: str) -> Iterator[list[Hit]]:
    row = counted = done = 0
    for piece in range(0, max(1, len(text)), _PIECE):
        hits: list[Hit] = []
        border = piece + _PIECE
        # A piece at a time: matching holds the interpreter, and the window must go on.
        for match in pattern.finditer(text, max(piece, done), border + _OVERLAP):
            if match.start() >= border:
                break
            row += text.count("\n", counted, match.start())
            counted = match.start()
            hits.append(Hit(number, match.start(), match.end(), row))
            done = match.end()
        # Counted piece by piece, for the same reason.
        row += text.count("\n", counted, border)
        counted = max(counted, min(border, len(text)))
        yield hits


def _pattern(words: str) -> re.Pattern[str] | None:
    parts = words.split()
    return re.compile(r"\s+".join(map(re.escape, parts)), re.IGNORECASE) if parts else None
