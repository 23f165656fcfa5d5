"""Recognises the text of one page that is a picture, inside the PDF reader's process.

Tesseract is built into the library; its language data is named by the request. Knows no files and no frames.
"""

from __future__ import annotations

import math
from typing import Any

from ingest.document import Rect
from ingest.pdf_text import PageText
from ingest.recognised_text import Line, recognised_text

UNRELIABLE_SHARE = 0.2
"""Share of a text's letters without known meaning from which on it is worth less than a recognised one."""

_MOST_PIXELS = 40_000_000
_POINTS_PER_INCH = 72


def needs_recognising(page: Any, text: str) -> bool:
    """Whether the page has no text, or none that can be read, and shows anything at all."""
    if text:
        return unknown_share(text) > UNRELIABLE_SHARE
    return bool(page.get_bboxlog())


def unknown_share(text: str) -> float:
    """The share of characters, white space apart, that the file gives no meaning to."""
    unknown = text.count("\ufffd")
    return unknown / len("".join(text.split())) if unknown else 0.0


def recognise_page(pymupdf: Any, page: Any, *, language: str, tessdata: str, dpi: int) -> PageText:
    """What is read on the picture of the page. Raises what the library raises."""
    textpage = page.get_textpage_ocr(language=language, dpi=_dpi_for(page.rect, dpi), full=True, tessdata=tessdata)
    lines: list[Line] = []
    for block in page.get_text("dict", textpage=textpage)["blocks"]:
        for line in block.get("lines", ()):
            text = "".join(span["text"] for span in line["spans"])
            lines.append(Line(_seen(pymupdf, page, line["bbox"]), text))
    return recognised_text(lines)


def _dpi_for(rect: Any, dpi: int) -> int:
    """Fewer for a page as large as a wall: its picture has to fit into memory."""
    square_inches = max(1.0, rect.width * rect.height / _POINTS_PER_INCH**2)
    return max(1, min(dpi, int(math.sqrt(_MOST_PIXELS / square_inches))))


def _seen(pymupdf: Any, page: Any, box: Any) -> Rect:
    """Where a place is on the page as it is turned."""
    rect = pymupdf.Rect(box) * page.rotation_matrix
    return rect.x0, rect.y0, rect.x1, rect.y1
