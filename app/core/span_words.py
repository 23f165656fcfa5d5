"""A span in words, as answers, exports and the command line name places. Knows no documents."""

from __future__ import annotations

from ingest.document import Span

LEVELS_APART = " > "
"""Between the headings that the name of a part is made of, the highest first."""


def span_words(span: Span) -> str:
    """Such as "page 3", "line 41", "lines 41 to 43", "Costs, line 2", "Chapter 2"; "" for the whole of a source."""
    words = [span.part] if span.part else []
    if span.page is not None:
        words.append(f"page {span.page}")
    elif span.lines is not None:
        first, last = span.lines
        words.append(f"line {first}" if first == last else f"lines {first} to {last}")
    return ", ".join(words)


def short_part(part: str, most: int) -> str:
    """`part` in at most `most` characters: of headings under each other the last ones, as many as fit."""
    if len(part) <= most:
        return part
    levels = part.split(LEVELS_APART)
    while len(levels) > 1 and len(LEVELS_APART.join(levels)) > most:
        levels.pop(0)
    kept = LEVELS_APART.join(levels)
    return kept if len(kept) <= most else f"{kept[: most - 1]}…"
