"""The tables of a page as Markdown, in place of the blocks they cover. Runs in the reader's process; knows no frames.

Slow (ten to twenty pages a second), therefore only on request.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ingest.document import Rect
from ingest.pdf_text import TABLE, Block, TableText, clean_block

_MOSTLY = 0.6
"""Of a block's area inside a table from which on it is part of it."""


def with_tables(page: Any, blocks: Sequence[Block]) -> list[Block]:
    """`blocks` with one block of kind TABLE for each table, where its first block stood.

    Where there are no tables, or none can be found, the blocks are as they were.
    """
    try:
        tables: list[tuple[Rect, TableText]] = []
        for table in page.find_tables().tables:
            # They are where they are seen, however the page is turned.
            rows = [_rect(row.bbox) for row in table.rows]
            markdown = as_markdown(table.extract(), rows)
            if markdown:
                tables.append((_rect(table.bbox), markdown))
    except Exception:
        return list(blocks)
    kept: list[Block] = []
    placed: set[int] = set()
    for block in blocks:
        number = next((n for n, (rect, _) in enumerate(tables) if block[6] == 0 and _inside(block, rect)), None)
        if number is None:
            kept.append(block)
        elif number not in placed:
            placed.add(number)
            rect, markdown = tables[number]
            kept.append((*rect, markdown, block[5], TABLE))
    return kept


def as_markdown(rows: Sequence[Sequence[str | None]], rects: Sequence[Rect]) -> TableText | None:
    """A table whose first row names its columns; None for what is none: one row, one column, or nothing in it."""
    cells = [([_cell(cell) for cell in row], rect) for row, rect in zip(rows, rects, strict=True)]
    filled = [(row, rect) for row, rect in cells if any(row)]
    width = max((len(row) for row, _ in filled), default=0)
    if len(filled) < 2 or width < 2:
        return None
    lines = [("| " + " | ".join([*row, *[""] * (width - len(row))]) + " |", rect) for row, rect in filled]
    return [lines[0], ("|" + " --- |" * width, lines[0][1]), *lines[1:]]


def _cell(text: str | None) -> str:
    return " ".join(clean_block(text or "").split()).replace("|", "\\|")


def _rect(box: Any) -> Rect:
    left, top, right, bottom = box
    return left, top, right, bottom


def _inside(block: Block, rect: Rect) -> bool:
    left, top, right, bottom = block[:4]
    across, down = min(right, rect[2]) - max(left, rect[0]), min(bottom, rect[3]) - max(top, rect[1])
    return bool(across > 0 and down > 0 and across * down >= _MOSTLY * (right - left) * (bottom - top))
