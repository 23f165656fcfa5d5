"""In which order the blocks of a page are read, decided on their rectangles alone. Pure; knows no text and no PDF.

The file's own order stands wherever the page has no columns: a table is no set of columns (its rows belong together),
nor is a number beside an equation. Only columns of running text that the file holds in another order are put in order,
between the blocks that reach across them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from operator import itemgetter

from ingest.document import Rect

_NARROWEST_GUTTER = 4.0
"""Points."""
_GUTTERS_TRIED = 4
_MOST_BLOCKS = 800
"""A page in more pieces is a drawing or a trap, and looking at each pair of them would take too long."""
_DEEPEST = 4
_SAME_LINE = 2.0
_NARROWEST = 0.15
"""Of the page's width: what is narrower is no column but a margin, a number, a label."""
_LOWEST = 28.0
"""Points: less than about three lines beside each other are no columns."""
_MOSTLY = 0.6
_FULL = 0.85


def reading_order(boxes: Sequence[Rect], *, right_to_left: bool = False) -> Sequence[int]:
    """The numbers of `boxes` (which come in the file's order) as they are read; for most pages simply 0, 1, 2 ...

    right_to_left: the rightmost column comes first.
    """
    everything = range(len(boxes))
    if not 3 <= len(boxes) <= _MOST_BLOCKS or _flows(boxes, right_to_left):
        return everything
    width = max(box[2] for box in boxes) - min(box[0] for box in boxes)
    return _arranged(list(everything), boxes, width, right_to_left, 0)


def _flows(boxes: Sequence[Rect], right_to_left: bool) -> bool:
    """Whether each block stands below the one before it, or beside it on the side to which one reads."""
    left, top, right, _ = boxes[0]
    for box in boxes:
        if box[0] < right and left < box[2]:
            if box[1] < top - _SAME_LINE:
                return False
        elif (box[0] < left) is not right_to_left:
            return False
        left, top, right, _ = box
    return True


def _arranged(numbers: list[int], boxes: Sequence[Rect], width: float, right_to_left: bool, depth: int) -> list[int]:
    """`numbers` column by column, or as they come when they stand in no columns."""
    if len(numbers) < 2 or depth == _DEEPEST:
        return numbers
    split = _split(numbers, boxes, width, depth)
    if split is None:
        return numbers
    order: list[int] = []
    for band, across in split:
        if band.columns:
            sides = (band.right, band.left) if right_to_left else (band.left, band.right)
            for side in sides:
                order += _arranged(side, boxes, width, right_to_left, depth + 1)
        else:
            order += band.both
        order += across
    return order


@dataclass(slots=True)
class _Band:
    """What stands between two blocks that reach across a gutter; `both` as it comes."""

    left: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    both: list[int] = field(default_factory=list)
    columns: bool = False


def _split(numbers: list[int], boxes: Sequence[Rect], width: float, depth: int) -> list[tuple[_Band, list[int]]] | None:
    """The bands of `numbers` from top to bottom, each with the block below it; None when no band has columns."""
    these = [boxes[number] for number in numbers]
    if not _beside_each_other(these):
        return None
    for gutter in _gutters(these):
        across = sorted(
            (n for n in numbers if boxes[n][0] < gutter < boxes[n][2]), key=lambda n: boxes[n][1] + boxes[n][3]
        )
        bands = _bands(numbers, across, boxes, gutter)
        for band in bands:
            band.columns = _are_columns(band, boxes, width, depth)
        if any(band.columns for band in bands):
            return [(band, across[number : number + 1]) for number, band in enumerate(bands)]
    return None


def _bands(numbers: list[int], across: list[int], boxes: Sequence[Rect], gutter: float) -> list[_Band]:
    bands = [_Band() for _ in range(len(across) + 1)]
    borders = [boxes[n][1] + boxes[n][3] for n in across]
    over = set(across)
    for number in numbers:
        if number in over:
            continue
        middle = boxes[number][1] + boxes[number][3]
        band = bands[bisect_left(borders, middle)]
        (band.left if boxes[number][2] <= gutter else band.right).append(number)
        band.both.append(number)
    return bands


def _gutters(boxes: list[Rect]) -> list[float]:
    """Where a gutter between columns may be, the most likely first: much stands wholly on both of its sides."""
    by_right = sorted((box[2], (box[2] - box[0]) * (box[3] - box[1])) for box in boxes)
    by_left = sorted((box[0], (box[2] - box[0]) * (box[3] - box[1])) for box in boxes)
    lefts = [left for left, _ in by_left]
    after = list(accumulate(reversed([area for _, area in by_left])))[::-1]
    found: dict[int, tuple[float, float]] = {}
    on_left = 0.0
    for right, area in by_right:
        on_left += area
        begins = bisect_left(lefts, right)
        if begins < len(lefts) and lefts[begins] - right >= _NARROWEST_GUTTER:
            # Of the edges before one beginning, the last has most on its left.
            found[begins] = min(on_left, after[begins]), (right + lefts[begins]) / 2
    best = sorted(found.values(), reverse=True)[:_GUTTERS_TRIED]
    return [place for _, place in best]


def _beside_each_other(boxes: Sequence[Rect]) -> bool:
    """Whether any block stands beside another one, or nearly: lines of two columns may be held in turn."""
    open_boxes: list[Rect] = []
    for box in sorted(boxes, key=itemgetter(1)):
        open_boxes = [other for other in open_boxes if other[3] + _LOWEST > box[1]]
        if any(box[0] >= other[2] or other[0] >= box[2] for other in open_boxes):
            return True
        open_boxes.append(box)
    return False


def _are_columns(band: _Band, boxes: Sequence[Rect], width: float, depth: int) -> bool:
    """Whether both sides are running text that is read one after the other, not cells of one table."""
    if not band.left or not band.right:
        return False
    sides = [boxes[n] for n in band.left], [boxes[n] for n in band.right]
    for numbers, side in zip((band.left, band.right), sides, strict=True):
        across = max(box[2] for box in side) - min(box[0] for box in side)
        if across < _NARROWEST * width or sum(box[3] - box[1] for box in side) < _LOWEST:
            return False
        if _share(side, across, _MOSTLY) < 0.5 and (
            depth == _DEEPEST or _split(numbers, boxes, width, depth + 1) is None
        ):
            return False
    overlap = min(max(box[3] for box in side) for side in sides) - max(min(box[1] for box in side) for side in sides)
    return overlap >= _LOWEST / 2 and not _is_table(*sides)


def _share(side: list[Rect], across: float, filled: float) -> float:
    """How much of the height of `side` is taken by blocks that fill that part of its width."""
    heights = [(box[3] - box[1], box[2] - box[0] >= filled * across) for box in side]
    return sum(height for height, wide in heights if wide) / max(1e-6, sum(height for height, _ in heights))


def _is_table(left: list[Rect], right: list[Rect]) -> bool:
    """Whether both sides begin row by row at one height, as cells do.

    Lines of prose do so too when a file holds them one by one; they fill their columns and are equally high.
    """
    few, many = sorted((left, right), key=len)
    if len(few) < 2:
        return False
    pairs = [(box, other) for box in few for other in many if abs(box[1] - other[1]) <= _SAME_LINE]
    if len({id(box) for box, _ in pairs}) < 0.7 * len(few):
        return False
    if sum(abs((a[3] - a[1]) - (b[3] - b[1])) > 3.0 for a, b in pairs) > 0.3 * len(pairs):
        return True
    return any(_share(side, max(b[2] for b in side) - min(b[0] for b in side), _FULL) < _MOSTLY for side in (few, many))
