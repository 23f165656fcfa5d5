"""Blocks of text as PyMuPDF finds them become a page's text and the places in it. Pure; knows no PDF library.

Cleaned away: control characters, soft hyphens, Latin ligatures and Arabic presentation forms (their letters stand
instead), spaces at line ends, and hyphens at line ends between lower-case letters (the word moves up whole).
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from ingest.document import Rect
from ingest.hyphens import mend
from ingest.reading_order import reading_order

Block = tuple[Any, ...]
"""left, top, right, bottom, text, number, type (0 for text), as `Page.get_text("blocks")` gives them."""

TABLE = 9
"""The type of a block that is a table; its text is a TableText."""

TableText = list[tuple[str, Rect]]
"""The lines of a table, and where each stands."""

PlaceRow = tuple[int, int, float, float, float, float]
"""start, end, left, top, right, bottom."""

PageText = tuple[str, list[PlaceRow]]
"""A page's text and its places."""

_SOFT_HYPHEN = "\u00ad"
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\ud800-\udfff\ufb00-\ufb06\ufb13-\ufb17\ufb50-\ufbff\ufc00-\ufdfb\ufe80-\ufefc\ufffe\uffff]"
)
_LINE_END_SPACES = re.compile(r"[ \t]+\n")
_FROM_THE_RIGHT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")


def page_text(blocks: Sequence[Block]) -> PageText:
    """The text of `blocks` as they are read, a blank line between them, and for each its characters and rectangle."""
    boxes: list[Rect] = []
    texts: list[str] = []
    tables: dict[int, TableText] = {}
    # What a word looks like where it is not broken; needed by few pages only.
    broken = any(not block[6] and "-\n" in block[4] for block in blocks)
    page = "\n".join(block[4] for block in blocks if not block[6]) if broken else ""
    for left, top, right, bottom, raw, _, kind in blocks:
        text = "" if kind else clean_block(raw, page)
        if kind == TABLE:
            tables[len(texts)] = raw
            text = "\n".join(line for line, _ in raw)
        if text:
            boxes.append((left, top, right, bottom))
            texts.append(text)
    places: list[PlaceRow] = []
    at = 0
    order = reading_order(boxes, right_to_left=reads_from_the_right(texts))
    for number in order:
        parts = ((texts[number], boxes[number]),) if number not in tables else tables[number]
        for text, (left, top, right, bottom) in parts:
            end = at + len(text)
            places.append((at, end, left, top, right, bottom))
            at = end + 1
        at += 1
    return "\n\n".join([texts[number] for number in order]), places


def blocks_in_order(blocks: Iterable[Block]) -> list[int]:
    """The numbers of the blocks that have text, as `page_text` puts them in order."""
    kept = [(block, text) for block in blocks if not block[6] and (text := clean_block(block[4]))]
    boxes = [block[:4] for block, _ in kept]
    order = reading_order(boxes, right_to_left=reads_from_the_right(text for _, text in kept))
    return [kept[n][0][5] for n in order]


def pack_places(places: Sequence[PlaceRow]) -> str:
    """Places as they travel between processes: as JSON numbers they would take as long as all the rest."""
    return b64encode(array("d", chain.from_iterable(places)).tobytes()).decode()


def unpack_places(packed: str) -> Iterator[PlaceRow]:
    """What was packed, rectangles to a hundredth of a point."""
    numbers = iter(array("d", b64decode(packed)))
    for start, end, left, top, right, bottom in zip(*[numbers] * 6, strict=True):
        yield int(start), int(end), round(left, 2), round(top, 2), round(right, 2), round(bottom, 2)


def reads_from_the_right(texts: Iterable[str]) -> bool:
    """Whether most letters of a page belong to scripts that are written from right to left."""
    foreign = [text for text in texts if not text.isascii()]
    from_right = sum(len(_FROM_THE_RIGHT.findall(text)) for text in foreign)
    return from_right > 0 and 2 * from_right > sum(sum(map(str.isalpha, text)) for text in texts)


def clean_block(raw: str, page: str = "") -> str:
    """One block's text without what a reader of the page does not see. page: what else stands on the page."""
    text = raw
    if "\n" in text:
        if " \n" in text or "\t\n" in text:
            text = _LINE_END_SPACES.sub("\n", text)
        if "-\n" in text or "\u2010\n" in text or "\u00ad\n" in text:
            text = mend(text, page)
    # Most blocks are plain; finding that out so is ten times faster than by the expression.
    if not (text.isascii() and text.replace("\n", "").isprintable()) and _UNWANTED.search(text):
        text = _UNWANTED.sub(_replace, text)
    return text.strip()


def _replace(match: re.Match[str]) -> str:
    character = match.group()
    if character >= "\ufffe" or "\ud800" <= character <= "\udfff":
        return "\ufffd"
    if character < "\u0100":
        return ""
    return unicodedata.normalize("NFKC", character)
