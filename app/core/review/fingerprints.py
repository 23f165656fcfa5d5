"""What stays the same about a finding when the lines around it move: so that it is known again in the next review.

Of the path, the category, the quoted code and the heads of the blocks around it (the function, the class), with white
space evened out; of equal code in one block the how-manieth it is. No line number, no title: neither lasts. Knows no
files and no formats.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence

from app.core.review.code_lines import lines_with, quoted_lines, without_gutter
from app.core.review.finding import Finding

MOST_HEADS = 2
"""Heads of blocks that count, from the innermost."""

_WORD = re.compile(r"\w")


def fingerprint(finding: Finding, lines: Sequence[str] | None) -> str:
    """32 hexadecimal digits. lines: of the file, where the quoted code stands at the finding's; None otherwise."""
    quote = normal(finding.quote)
    parts = [finding.path, finding.category, "\n".join(quote) if quote else finding.title]
    if lines is not None and quote:
        at = _start(quote, lines, finding.first - 1, finding.last)
        heads = _heads(lines, at)
        same = [n for n in _starts(quote, lines, 0, at) if _heads(lines, n) == heads]
        parts += [*heads, str(len(same))]
    raw = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(raw).hexdigest()[:32]


def normal(quote: str) -> list[str]:
    """The lines of a quotation with white space evened out and without the prompt's line numbers."""
    lines = quoted_lines(quote)
    return _evened(without_gutter(lines) or lines)


def _evened(lines: Sequence[str]) -> list[str]:
    return [" ".join(line.split()) for line in lines]


def _start(quote: Sequence[str], lines: Sequence[str], first: int, last: int) -> int:
    """Where between `first` and `last` (from 0, half open) the quotation begins."""
    return next(_starts(quote, lines, first, last), first)


def _starts(quote: Sequence[str], lines: Sequence[str], first: int, last: int) -> Iterator[int]:
    """Every such place."""
    for n in lines_with(quote[0].partition(" ")[0], lines[first:last]):
        if _evened(lines[first + n : first + n + len(quote)]) == list(quote):
            yield first + n


def _heads(lines: Sequence[str], at: int) -> list[str]:
    """The lines above `at` that open the blocks it stands in, the innermost first. Braces alone are no heads."""
    heads: list[str] = []
    indent = _indent(lines[at]) if at < len(lines) else 0
    # The brace that opens a block may stand below its head, as far left.
    brace = False
    for line in reversed(lines[:at]):
        depth = _indent(line)
        if not line.strip() or depth > indent or (depth == indent and not brace):
            continue
        indent, brace = depth, not _WORD.search(line)
        if not brace:
            heads.append(" ".join(line.split()))
            if len(heads) == MOST_HEADS or indent == 0:
                break
    return heads


def _indent(line: str) -> int:
    return len(line.expandtabs(8)) - len(line.expandtabs(8).lstrip())
