"""A span in words, as answers, exports and the command line name places. Knows no documents."""

from __future__ import annotations

from ingest.document import Span


def span_words(span: Span) -> str:
    """Such as "page 3", "line 41", "lines 41 to 43", "Costs, line 2", "Chapter 2"; "" for the whole of a source."""
    words = [span.part] if span.part else []
    if span.page is not None:
        words.append(f"page {span.page}")
    elif span.lines is not None:
        first, last = span.lines
        words.append(f"line {first}" if first == last else f"lines {first} to {last}")
    return ", ".join(words)
