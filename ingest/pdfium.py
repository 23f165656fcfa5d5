"""A second PDF reader for files in which the first finds no page: PDFium, in a process of its own kind.

Requests and answers as in `ingest.pdf`, without tables, details and recognising. Text comes line by line with its
rectangles; lines that stand close under each other are put together. Knows no documents and sections.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import closing
from typing import IO, Any

from ingest.files import RegularFile, why
from ingest.pdf import begin_frames, limit_memory, read_frame, set_deadline, write_frame
from ingest.pdf_text import PageText, pack_places
from ingest.reader_limits import LARGEST_MEMORY
from ingest.recognised_text import Line, recognised_text

_UNREADABLE_IN_A_ROW = 100
_MOST_RECTS = 20_000


def serve() -> None:
    """Answer requests on standard input until it ends."""
    requests, answers = begin_frames()
    import pypdfium2

    while (frame := read_frame(requests)) is not None:
        request = json.loads(frame)
        if "forget" in request:
            continue
        content = requests.read(request["bytes"]) if "bytes" in request else None
        limit_memory(request.get("memory", LARGEST_MEMORY))
        set_deadline(3 * request["page_seconds"] + 1)
        try:
            _answer(pypdfium2, request, content, answers)
        # Whatever a damaged file provokes in the library is an outcome of that file, not of this process.
        except Exception as error:
            _send(answers, {"failed": "broken", "detail": f"{type(error).__name__}: {error}"})
        finally:
            set_deadline(0)


def _answer(pdfium: Any, request: dict[str, Any], content: bytes | None, answers: IO[bytes]) -> None:
    stored = {"size": len(content) if content is not None else 0, "mtime_ns": 0}
    if content is None:
        try:
            with RegularFile(os.fsdecode(bytes.fromhex(request["path"]))) as file:
                content = file.read(file.stat.st_size)
                stored = {"size": file.stat.st_size, "mtime_ns": file.stat.st_mtime_ns}
        except OSError as error:
            _send(answers, {"failed": "gone", "detail": why(error)})
            return
    identity = {**stored, "sha256": hashlib.sha256(content).hexdigest()}
    for password in (None, *request.get("passwords", ())):
        try:
            document = pdfium.PdfDocument(content, password=password)
            break
        except pdfium.PdfiumError as error:
            failure = error
    else:
        kind = "password" if "assword" in str(failure) else "broken"
        _send(answers, {"failed": kind, "detail": str(failure), "stored": identity})
        return
    with closing(document):
        pages = len(document)
        if pages == 0:
            _send(answers, {"failed": "no_pages", "detail": "", "stored": identity})
            return
        _send(answers, {"opened": {"pages": pages, **identity}})
        _pages(document, request, answers, pages)
    _send(answers, {"closed": {"repaired": True, "ends_early": False}})


def _pages(document: Any, request: dict[str, Any], answers: IO[bytes], pages: int) -> None:
    unreadable = 0
    for number in range(request["first"], pages):
        set_deadline(3 * request["page_seconds"] + 1)
        try:
            with closing(document[number]) as page, closing(page.get_textpage()) as text:
                words, places = _page_text(page, text)
                row = [number, words, pack_places(places), False, page.get_height()]
            unreadable = 0
        except Exception:
            row = [number, None, "", False, 0]
            unreadable += 1
        _send(answers, {"pages": [row]})
        if unreadable >= _UNREADABLE_IN_A_ROW:
            break


def _page_text(page: Any, text: Any) -> PageText:
    """Each run of text becomes part of the line it stands in."""
    box_left, _, _, box_top = page.get_bbox()
    lines: list[Line] = []
    for number in range(min(text.count_rects(), _MOST_RECTS)):
        left, bottom, right, top = text.get_rect(number)
        words = text.get_text_bounded(left, bottom, right, top).strip()
        if not words:
            continue
        # Upside down: PDFium measures from the lower edge.
        rect = left - box_left, box_top - top, right - box_left, box_top - bottom
        before = lines[-1] if lines else None
        if before and rect[0] >= before.rect[2] - 1 and _on_one_line(before.rect, rect):
            gap = " " if rect[0] - before.rect[2] > 0.15 * (rect[3] - rect[1]) else ""
            joined = before.rect[0], min(before.rect[1], rect[1]), rect[2], max(before.rect[3], rect[3])
            lines[-1] = Line(joined, before.text + gap + words)
        else:
            lines.append(Line(rect, words))
    return recognised_text(lines)


def _on_one_line(first: Any, second: Any) -> bool:
    overlap = min(first[3], second[3]) - max(first[1], second[1])
    return bool(overlap > 0.5 * min(first[3] - first[1], second[3] - second[1]))


def _send(answers: IO[bytes], message: dict[str, Any]) -> None:
    write_frame(answers, json.dumps(message).encode("utf-8", "replace"))
