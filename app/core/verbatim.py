"""What an answer may quote: the passages that its prompt's marks name, and how answers in each style of marks quote.

The engine holds the model to it while it writes (`engine.quoting`); checking citations afterwards is not spared.
Single quotation marks and block quotes are left free: an apostrophe looks like the one, a list like the other.
Knows no tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.core.marks import MARK_BRACKETS, Mark, MarkStyle
from app.core.prompt import PromptDocument
from app.core.quotes import CLOSERS
from engine.quotable import MOST_BYTES, Quotable, QuoteRules, quotable
from ingest.errors import SourceChanged, SourceGone

_LEFT_FREE = "'\u2018`"

QUOTED = QuoteRules(
    pairs=tuple((opens, closes) for opens, closes in CLOSERS.items() if opens not in _LEFT_FREE), literal="`"
)
"""The "header" style: words between quotation marks, whatever stands behind them. Code is not quoted."""

NUMBERED = QuoteRules(named=MARK_BRACKETS)
"""The "numbered" style: the line behind a mark is the passage with that number."""

TOO_MUCH = (
    f"The documents hold more than {MOST_BYTES >> 20} MB of text: quotations are checked as always, "
    "but the model is not held to the documents' words while it writes them."
)


def quotable_text(marks: Sequence[Mark], documents: Sequence[PromptDocument], style: MarkStyle) -> Quotable | None:
    """None where there is nothing to quote. Raises engine.quotable.TooMuchText; `TOO_MUCH` says so to a person."""
    rules = NUMBERED if style == "numbered" else QUOTED
    return quotable(list(_passages(marks, documents)), rules)


def _passages(marks: Sequence[Mark], documents: Sequence[PromptDocument]) -> Iterator[tuple[str, str]]:
    """Name and text of each mark; texts of lazy sections are read once, as marks stand in order."""
    read: tuple[int, int] | None = None
    text = ""
    for mark in marks:
        if read != (mark.document, mark.section):
            read = mark.document, mark.section
            try:
                text = documents[mark.document].sections[mark.section].text
            except (SourceChanged, SourceGone):
                text = ""
        yield mark.name, text[mark.start : mark.end].rstrip("\n")
