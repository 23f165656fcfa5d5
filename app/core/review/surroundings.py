"""Which lines of a file are shown with what changed in it, and where a file may be cut that is too long.

Both follow what the file defines. Knows no tokens and no prompt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from app.core.review.code_lines import code_lines
from app.core.review.scope import Lines
from ingest.outline import Symbol, symbols

WHOLE_LINES = 150
"""A changed file of no more lines is shown as a whole."""

AROUND = 10
LARGEST_SYMBOL = 120
"""Lines of a definition that is shown as a whole because some of it changed."""


def surroundings(path: str, text: str, changed: Lines, known: Lines = ()) -> Lines:
    """Stretches of lines that hold what changed, the definitions around it, and some lines on both sides.

    known: the only lines that there are, where a patch came without its file.
    """
    count = len(code_lines(text))
    if known:
        return known
    if count <= WHOLE_LINES:
        return ((1, count),)
    wanted: list[tuple[int, int]] = []
    defined = symbols(path.rpartition("/")[2], text)
    for first, last in changed:
        wanted.append((max(1, first - AROUND), min(count, last + AROUND)))
        for symbol in defined:
            if symbol.kind != "heading" and symbol.first_line <= last and first <= symbol.last_line:
                wanted.append(_of(symbol))
    return joined(wanted)


def _of(symbol: Symbol) -> tuple[int, int]:
    """All of a definition, or only its head where it is long."""
    if symbol.last_line - symbol.first_line < LARGEST_SYMBOL:
        return symbol.first_line, symbol.last_line
    return symbol.first_line, symbol.signature_line + symbol.signature.count("\n")


def joined(stretches: Iterable[tuple[int, int]]) -> Lines:
    """In order, those that touch or leave fewer than 4 lines between them as one."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(stretches):
        if found and first <= found[-1][1] + 4:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return tuple(found)


def changed_symbols(path: str, text: str, changed: Lines) -> list[tuple[int, str]]:
    """Line and first line of the signature of each definition that a changed line lies in."""
    found = symbols(path.rpartition("/")[2], text)
    return [
        (symbol.signature_line, symbol.signature.split("\n")[0])
        for symbol in found
        if symbol.kind != "heading"
        and any(symbol.first_line <= last and first <= symbol.last_line for first, last in changed)
    ]


def borders(path: str, text: str) -> list[set[int]]:
    """Lines (1-based) before which a file may be cut, the best kinds of place first.

    Before its outermost definitions, before those inside of them, behind blank lines.
    """
    found = symbols(path.rpartition("/")[2], text)
    lines = code_lines(text)
    outermost = {symbol.first_line for symbol in found if symbol.level == 0}
    inner = {symbol.first_line for symbol in found if symbol.level > 0}
    blank = {number for number, (line, _) in enumerate(pairwise(lines), 2) if not line.strip()}
    return [outermost, inner, blank]


def best_cut(places: Sequence[set[int]], first: int, limit: int) -> int:
    """Where to cut the lines from `first` on so that at most those before `limit` are taken: the line that comes next.

    A place in the second half, of the best kind that has one there; else `limit` itself.
    """
    middle = first + (limit - first) // 2
    for kind in places:
        fitting = [line for line in kind if middle < line <= limit]
        if fitting:
            return max(fitting)
    return limit
