"""Recognises the text of one page that is a picture, inside the PDF reader's process.

Tesseract is built into the library; its language data is named by the request. Knows no files and no frames.
"""

from __future__ import annotations

import math
from typing import Any

from ingest.document import Rect
from ingest.pdf_text import PageText
from ingest.plausible import why_unreliable
from ingest.recognised_text import Line, recognised_text

_MOST_PIXELS = 40_000_000
_POINTS_PER_INCH = 72


def needs_recognising(page: Any, text: str) -> bool:
    """Whether the page has no text, or none that can be read, and shows anything at all."""
    if text:
        return why_unreliable([text]) is not None
    return bool(page.get_bboxlog())


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
