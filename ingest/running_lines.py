"""Finds the running headers and footers of a document: the same words at the same height of many pages. Pure.

Numbers count as equal, so that page numbers are found too, also where left and right pages take turns. What could be
body text stays: a heading (its letters are larger), the first row of a table on each page (the next row is as near as
that one's next), a line that only some pages begin with. Knows no PDF library and no sections.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

FEWEST_PAGES = 3

_ZONE = 0.16
"""Of the page's height, from its upper and from its lower edge: where such lines can stand at all."""
_LONGEST = 240
_MOST_LINES = 4
_LOOKED_AT = 10
_PLACES_OFF = 6.0
_IN_TURN = 0.4
"""Of the pages from the first to the last with such a line; where left and right pages differ it is on half of them."""
_FEW_PAGES = 6
_LARGER = 1.35
_SAME_ROW = 3.0
_DIGITS = re.compile(r"\d+")
_NUMBER = re.compile(r"\W*(?:(?P<digits>\d{1,6})|(?P<roman>[ivxlcdm]{1,12}))\W*\Z")
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}


class Block(NamedTuple):
    """A block of a page: where it stands, in points from the page's upper edge, and its text."""

    top: float
    bottom: float
    text: str

    @property
    def line_height(self) -> float:
        """Of its lines on average."""
        return (self.bottom - self.top) / (self.text.count("\n") + 1)


@dataclass(frozen=True, slots=True)
class PageBlocks:
    """A page's blocks in reading order, and its height in points."""

    height: float
    blocks: Sequence[Block]


@dataclass(slots=True)
class _Edge:
    """The blocks at one edge of one page, from the outside inwards: number, distance from the edge to its far side."""

    page: int
    near: list[tuple[int, float, float, str]] = field(default_factory=list)
    """number, nearest and farthest distance from the page's edge, key; the key is "" for what cannot be such a line."""


def running_lines(pages: Sequence[PageBlocks]) -> list[frozenset[int]]:
    """For each page, the numbers of the blocks that are running headers and footers; never all that it has."""
    if len(pages) < FEWEST_PAGES:
        return [frozenset()] * len(pages)
    largest = _LARGER * _body_line(pages)
    found: list[set[int]] = [set() for _ in pages]
    for at_top in (True, False):
        edges = [_edge(number, page, at_top, largest) for number, page in enumerate(pages)]
        repeated = _repeated(edges, pages)
        runs = [_run(edge, repeated) for edge in edges]
        kept = _isolated(edges, runs)
        for edge, run in zip(edges, runs, strict=True):
            for number, _, _, key in edge.near[:run]:
                if key not in kept:
                    break
                found[edge.page].add(number)
    return [
        frozenset(numbers) if len(numbers) < len(page.blocks) else frozenset()
        for numbers, page in zip(found, pages, strict=True)
    ]


def _body_line(pages: Sequence[PageBlocks]) -> float:
    heights = [block.line_height for page in pages[:: max(1, len(pages) // 40)] for block in page.blocks]
    return median(heights) if heights else 0.0


def _edge(number: int, page: PageBlocks, at_top: bool, largest: float) -> _Edge:
    edge = _Edge(number)
    zone = _ZONE * page.height
    blocks = page.blocks
    # Enough of the body to see how far its blocks are apart.
    if at_top:
        near = sorted([(block.top, block.bottom, n) for n, block in enumerate(blocks)])[:_LOOKED_AT]
    else:
        height = page.height
        near = sorted([(height - block.bottom, height - block.top, n) for n, block in enumerate(blocks)])[:_LOOKED_AT]
    if near and near[0][1] <= zone:
        for nearest, farthest, position in near:
            block = blocks[position]
            fits = farthest <= zone and len(block.text) <= _LONGEST and block.line_height <= largest
            edge.near.append((position, nearest, farthest, _key(block.text) if fits else ""))
    return edge


def _key(text: str) -> str:
    words = " ".join(text.split()).casefold()
    number = _NUMBER.match(words)
    if number:
        return "#" if number["digits"] else "#roman"
    return _DIGITS.sub("#", words)


def _repeated(edges: Sequence[_Edge], pages: Sequence[PageBlocks]) -> set[str]:
    """The keys that come on enough pages at one height."""
    where: defaultdict[str, dict[int, tuple[float, int]]] = defaultdict(dict)
    for edge in edges:
        for position, nearest, _, key in edge.near:
            if key and edge.page not in where[key]:
                where[key][edge.page] = (nearest, position)
    repeated: set[str] = set()
    for key, seen in where.items():
        if len(seen) < FEWEST_PAGES:
            continue
        usual = median(nearest for nearest, _ in seen.values())
        there = {page: position for page, (nearest, position) in seen.items() if abs(nearest - usual) <= _PLACES_OFF}
        if not _often_enough(sorted(there), len(pages)):
            continue
        if key.startswith("#") and key in ("#", "#roman"):
            texts = [(page, pages[page].blocks[position].text) for page, position in there.items()]
            if not _counts_pages(texts):
                continue
        repeated.add(key)
    return repeated


def _often_enough(pages: list[int], in_all: int) -> bool:
    if len(pages) < FEWEST_PAGES:
        return False
    if in_all < _FEW_PAGES:
        return len(pages) >= in_all - 1
    return len(pages) >= _IN_TURN * (pages[-1] - pages[0] + 1)


def _counts_pages(texts: Sequence[tuple[int, str]]) -> bool:
    """Whether bare numbers go up with the pages, as page numbers do and the figures of a table do not."""
    offsets: defaultdict[int, int] = defaultdict(int)
    for page, text in texts:
        number = _NUMBER.match(text.strip().casefold())
        if number:
            offsets[(int(number["digits"]) if number["digits"] else _roman(number["roman"])) - page] += 1
    return max(offsets.values(), default=0) >= 0.5 * len(texts)


def _roman(letters: str) -> int:
    values = [_ROMAN[letter] for letter in letters]
    return sum(
        -value if value < following else value for value, following in zip(values, [*values[1:], 0], strict=True)
    )


def _run(edge: _Edge, repeated: set[str]) -> int:
    """How many of the outermost blocks come again and again and stand apart from what follows them."""
    run = 0
    while run < min(len(edge.near), _MOST_LINES) and edge.near[run][3] in repeated:
        run += 1
    while run and not _stands_apart(edge, run):
        run -= 1
    return run


def _stands_apart(edge: _Edge, run: int) -> bool:
    inner = max(farthest for _, _, farthest, _ in edge.near[:run])
    rest = edge.near[run:]
    if not rest:
        return True
    gap = rest[0][1] - inner
    outer = edge.near[run - 1]
    if gap < 0.8 * (outer[2] - outer[1]):
        return False
    # How far apart the blocks of the body are: a table's rows, and the row that names its columns, all alike.
    row = [one for one in rest if one[1] - rest[0][1] <= _SAME_ROW]
    following = rest[len(row) :]
    if not following:
        return True
    rhythm = following[0][1] - max(farthest for _, _, farthest, _ in row)
    return gap > 1.5 * rhythm or 2 * (outer[2] - outer[1]) <= gap < 0.6 * rhythm


def _isolated(edges: Sequence[_Edge], runs: Sequence[int]) -> set[str]:
    """The keys that stand apart from the body on most of the pages that have them."""
    has: defaultdict[str, int] = defaultdict(int)
    apart: defaultdict[str, int] = defaultdict(int)
    for edge, run in zip(edges, runs, strict=True):
        for place, (_, _, _, key) in enumerate(edge.near[:_MOST_LINES]):
            if key:
                has[key] += 1
                apart[key] += place < run
    return {key for key, count in apart.items() if count >= FEWEST_PAGES and count >= 0.6 * has[key]}
