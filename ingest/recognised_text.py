"""Lines that were recognised on the picture of a page become its text and the places in it. Pure; knows no PDF library.

Lines that stand close under each other are one paragraph; a word that is broken at a line's end moves up whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.document import Rect
from ingest.hyphens import joins_up
from ingest.pdf_text import PageText, clean_block

_PARAGRAPH_GAP = 0.8
"""Heights of a line between two lines from which on they belong to two paragraphs."""


@dataclass(frozen=True, slots=True)
class Line:
    """One recognised line; rect in points, where it is seen."""

    rect: Rect
    text: str


def recognised_text(lines: Sequence[Line]) -> PageText:
    """The text of `lines`, a blank line between paragraphs, and for each line the characters that stand in it."""
    text = ""
    places: list[tuple[int, int, float, float, float, float]] = []
    before: Line | None = None
    for line in lines:
        words = " ".join(clean_block(line.text).split())
        if not words:
            continue
        if before is not None and _same_paragraph(before.rect, line.rect):
            first, _, rest = words.partition(" ")
            if joins_up(text, first):
                # The word's second half is in this line, and its text in the one above: both places name it.
                start = len(text) - 1
                text = f"{text[:-1]}{first}"
                start, joined = start, len(text)
                places[-1] = (places[-1][0], joined, *places[-1][2:])
                text = f"{text}\n{rest}" if rest else text
            else:
                start = len(text) + 1
                text = f"{text}\n{words}"
        else:
            start = len(text) + 2 if text else 0
            text = f"{text}\n\n{words}" if text else words
        left, top, right, bottom = (round(edge, 2) for edge in line.rect)
        places.append((start, len(text), left, top, right, bottom))
        before = line
    return text, places


def _same_paragraph(above: Rect, below: Rect) -> bool:
    height = min(above[3] - above[1], below[3] - below[1])
    beside = above[2] < below[0] or below[2] < above[0]
    return not beside and (below[1] - above[1]) >= 0 and below[1] - above[3] <= _PARAGRAPH_GAP * height
