"""An answer with its citations set into it: where each chip stands, and which words of the model it replaces.

Marks such as [12] or [S3 p.4] are what the model writes to name a place; a reader sees a chip in their stead.
Works from what a session stores, so that an answer looks the same when it is opened again. Knows no Qt and no Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.core.records import StoredCitation
from app.core.span_words import short_part
from ingest.document import Span

_MARKS_BEHIND = re.compile(r"""["'”’»)\]*_`.,;:]{0,4}[ \t\n]{0,2}(?P<marks>(?:[ \t]?[\[‹][^\[\]‹›\n]{1,60}[\]›])+)""")
_MARKS_BEFORE = re.compile(r"(?P<marks>(?:[\[‹][^\[\]‹›\n]{1,60}[\]›][ \t]?)+)[\"'“‘«*_`]{0,3}\Z")
_NAME = re.compile(r"[^\[\]‹›,;]+")
_FIRST = 0xF0000
_LONGEST_PART = 24
MOST_CHIPS = 0xFFFD


@dataclass(frozen=True, slots=True)
class Chip:
    """One citation as a reader sees it. state: exact, near, missing or not_quoted. index: into the citations."""

    index: int
    state: str
    label: str


@dataclass(frozen=True, slots=True)
class AnswerText:
    """`text` holds, for chips[i], the one character `anchor(i)` where the chip stands."""

    text: str
    chips: tuple[Chip, ...] = ()


def anchor(index: int) -> str:
    """The private-use character that stands for chip `index`."""
    return chr(_FIRST + index)


def chip_at(character: str) -> int | None:
    """The number of the chip that `character` stands for."""
    index = ord(character) - _FIRST
    return index if 0 <= index < MOST_CHIPS else None


def without_anchors(text: str) -> str:
    """`text` of a model, in which none of these characters may pose as a chip."""
    return text if text.isascii() else "".join(c if chip_at(c) is None else "\ufffd" for c in text)


def with_chips(text: str, citations: Sequence[StoredCitation]) -> AnswerText:
    """Set a chip behind the words of each citation that names a place, in place of its mark.

    A statement without a mark and without quoted words gets none: the tally under the answer counts it.
    """
    text = without_anchors(text)
    cuts: dict[tuple[int, int], list[int]] = {}
    chips: list[Chip] = []
    at = 0
    for index, citation in enumerate(citations[:MOST_CHIPS]):
        if citation.state == "not_quoted" and citation.mark is None:
            continue
        start, end = _words(text, citation, at)
        at = start if start < len(text) else at
        spot, gone = _place(text, start, end, citation.mark)
        cuts.setdefault(spot, []).append(len(chips))
        if gone is not None:
            cuts.setdefault(gone, [])
        chips.append(Chip(index, citation.state, label(citation)))
    parts: list[str] = []
    done = 0
    for (first, past), numbers in sorted(cuts.items()):
        if first < done:
            first = past = done
        parts.append(text[done:first])
        if numbers and parts[-1] and not parts[-1][-1].isspace():
            parts.append(" ")
        parts += [anchor(number) for number in numbers]
        done = past
    parts.append(text[done:])
    return AnswerText("".join(parts), tuple(chips))


def label(citation: StoredCitation) -> str:
    """What stands on the chip: the source's key and the page or line where the words were found."""
    if citation.key is None or citation.state == "missing":
        mark = citation.mark or ""
        return f"{mark} not found" if mark.startswith("S") else "not found"
    return f"{citation.key} {place(citation.span)}".rstrip()


def place(span: Span) -> str:
    """Such as "p.12", "L1,041" or "Costs L2"; "" for a source without pages, lines or parts."""
    if span.page is not None:
        return f"p.{span.page:,}"
    line = f"L{span.lines[0]:,}" if span.lines is not None else ""
    return f"{short_part(span.part, _LONGEST_PART)} {line}".strip()


def tally(citations: Sequence[StoredCitation]) -> dict[str, int]:
    """How many citations are in each state."""
    counts = dict.fromkeys(("exact", "near", "missing", "not_quoted"), 0)
    for citation in citations:
        counts[citation.state] = counts.get(citation.state, 0) + 1
    return counts


def _words(text: str, citation: StoredCitation, at: int) -> tuple[int, int]:
    """The characters that hold the citation's words; the end of `text` when they are not there any more.

    at: where to look first, for a citation saved without its place.
    """
    start, end = citation.answer_start, citation.answer_end
    if start is not None and end is not None and 0 <= start <= end <= len(text):
        return start, end
    found = text.find(citation.quote, at)
    found = text.find(citation.quote) if found < 0 else found
    return (len(text), len(text)) if found < 0 else (found, found + len(citation.quote))


def _place(text: str, start: int, end: int, mark: str | None) -> tuple[tuple[int, int], tuple[int, int] | None]:
    """Where the chip goes, and the mark that goes for it.

    A mark behind the words gives its place to the chip. One in front of them goes, and the chip stands behind the
    words as everywhere else.
    """
    if mark is not None:
        behind = _MARKS_BEHIND.match(text, end)
        if behind and _names(mark, behind["marks"]):
            return behind.span("marks"), None
        offset = max(0, start - 200)
        before = _MARKS_BEFORE.search(text[offset:start])
        if before and _names(mark, before["marks"]):
            return (end, end), (offset + before.start("marks"), offset + before.end("marks"))
    return (end, end), None


def _names(mark: str, brackets: str) -> bool:
    """Whether `mark` is one of the names in `brackets`: 1 is none of those in [12]."""
    return mark.strip() in {name.strip() for name in _NAME.findall(brackets)}
