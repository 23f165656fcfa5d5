"""Draws pages of PDFs in a child process, and tells how large they are and where their words stand.

Frames as in `ingest.pdf`. Every request names its file ("path" in hexadecimal, "size", "mtime_ns" and "sha256" as they
were when it was read, "page_seconds", and "passwords" to try, if any) and what is wanted; every answer is one frame.
Pages count from 0.
    {"want": "sizes", "first", "count"}
        {"closed": {"pages", "sizes": [[width, height], ...]}}      in points; [0, 0] where a page cannot be read
    {"want": "tile", "page", "width", "box": [left, top, right, bottom]}        pixels; width: of the whole page
        {"closed": {"left", "top", "width", "height", "stride"}, "bytes": n}    and n bytes, RGB
    {"want": "png", "page", "dpi"}
        {"closed": {"pages", "width", "height"}, "bytes": n}                        and n bytes, a PNG file
    {"want": "words", "page"}
        {"closed": {"words": [[left, top, right, bottom, word, block, line], ...]}}
or  {"failed": "gone" | "changed" | "password" | "no_such_page" | "broken", "detail"}
Knows no text of documents, no Qt and no screen.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import OrderedDict
from dataclasses import dataclass
from typing import IO, Any

from ingest.document import Rect
from ingest.files import RegularFile, why
from ingest.pdf import begin_serving, read_frame, set_deadline, unlock, write_frame
from ingest.pdf_answer import page_blocks, text_flags
from ingest.pdf_text import blocks_in_order

_KEPT_PAGES = 8
_HASH_STEP = 1 << 20


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a page in reading order. rect: in points. block, line: words of one line have both the same."""

    text: str
    rect: Rect
    block: int
    line: int


class _Refused(Exception):
    """The file cannot be shown; `kind` is what the answer calls it."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(kind)
        self.kind = kind
        self.detail = detail


def serve() -> None:
    """Answer requests on standard input until it ends."""
    requests, answers, pymupdf = begin_serving()
    shelf = _Shelf(pymupdf)
    while (frame := read_frame(requests)) is not None:
        request = json.loads(frame)
        set_deadline(3 * request["page_seconds"] + 1)
        try:
            _answer(shelf, request, answers)
        except _Refused as refused:
            _send(answers, {"failed": refused.kind, "detail": refused.detail})
        # Whatever a damaged page provokes in the library is an outcome of that page, not of this process.
        except Exception as error:
            _send(answers, {"failed": "broken", "detail": f"{type(error).__name__}: {error}"})
        finally:
            set_deadline(0)


def _answer(shelf: _Shelf, request: dict[str, Any], answers: IO[bytes]) -> None:
    opened = shelf.open(request)
    if request["want"] == "sizes":
        _send(answers, {"closed": {"pages": opened.page_count, "sizes": _sizes(opened, request)}})
    elif request["want"] == "words":
        _send(answers, {"closed": {"words": shelf.words(request["page"])}})
    elif request["want"] == "png":
        if request["page"] >= opened.page_count:
            pages = "1 page" if opened.page_count == 1 else f"{opened.page_count:,} pages"
            raise _Refused("no_such_page", pages)
        picture = opened.load_page(request["page"]).get_pixmap(dpi=request["dpi"], alpha=False)
        content = picture.tobytes("png")
        about = {"pages": opened.page_count, "width": picture.width, "height": picture.height}
        _send(answers, {"closed": about, "bytes": len(content)})
        answers.write(content)
        answers.flush()
    else:
        picture = shelf.draw(request["page"], request["width"], request["box"])
        samples = picture.samples
        about = {
            "left": picture.x,
            "top": picture.y,
            "width": picture.width,
            "height": picture.height,
            "stride": picture.stride,
        }
        _send(answers, {"closed": about, "bytes": len(samples)})
        answers.write(samples)
        answers.flush()


def _sizes(opened: Any, request: dict[str, Any]) -> list[tuple[float, float]]:
    sizes: list[tuple[float, float]] = []
    for number in range(request["first"], min(request["first"] + request["count"], opened.page_count)):
        try:
            rect = opened.load_page(number).rect
            sizes.append((rect.width, rect.height))
        except Exception:
            sizes.append((0.0, 0.0))
    return sizes


def _send(answers: IO[bytes], message: dict[str, Any]) -> None:
    write_frame(answers, json.dumps(message).encode())


class _Shelf:
    """The one file that is open, and its pages that were drawn last."""

    def __init__(self, pymupdf: Any) -> None:
        self._pymupdf = pymupdf
        self._document: Any = None
        self._state: tuple[Any, ...] = ()
        self._pages: OrderedDict[int, tuple[Any, Any]] = OrderedDict()

    def open(self, request: dict[str, Any]) -> Any:
        """The document that the request names. Raises _Refused."""
        path = os.fsdecode(bytes.fromhex(request["path"]))
        try:
            with RegularFile(path) as file:
                state = (path, request["sha256"], file.stat.st_ino, file.stat.st_size, file.stat.st_mtime_ns)
                if self._document is not None and state == self._state:
                    return self._document
                self._close()
                _check_same(file, request)
        except OSError as error:
            self._close()
            raise _Refused("gone", why(error)) from error
        self._document = self._open(path)
        self._state = state
        if not unlock(self._document, request.get("passwords", ())):
            self._close()
            raise _Refused("password")
        return self._document

    def draw(self, number: int, width: int, box: list[int]) -> Any:
        """The part `box` of a page that is `width` pixels wide, as a pixmap."""
        page, contents = self._page(number)
        scale = width / page.rect.width
        clip = self._pymupdf.Rect(*(edge / scale for edge in box))
        matrix = self._pymupdf.Matrix(scale, scale)
        return contents.get_pixmap(matrix=matrix, colorspace=self._pymupdf.csRGB, alpha=0, clip=clip)

    def words(self, number: int) -> list[list[Any]]:
        """The words of a page where they are seen, in the order in which `ingest.pdf` reads its text."""
        page, _ = self._page(number)
        turn = page.rotation_matrix
        found: list[list[Any]] = []
        for left, top, right, bottom, word, block, line, _ in page.get_text("words", flags=text_flags(self._pymupdf)):
            rect = self._pymupdf.Rect(left, top, right, bottom) * turn
            found.append([*(round(edge, 2) for edge in rect), word, block, line])
        rank = {number: at for at, number in enumerate(blocks_in_order(page_blocks(self._pymupdf, page)))}
        return sorted(found, key=lambda word: rank.get(word[5], word[5]))

    def _open(self, path: str) -> Any:
        try:
            path.encode()
        except UnicodeEncodeError:
            # The library takes names as UTF-8 only.
            with RegularFile(path) as file:
                return self._pymupdf.open(stream=file.read(file.stat.st_size), filetype="pdf")
        return self._pymupdf.open(path, filetype="pdf")

    def _page(self, number: int) -> tuple[Any, Any]:
        """A page, and what is on it as a list that can be drawn at any size."""
        kept = self._pages.pop(number, None)
        if kept is None:
            page = self._document.load_page(number)
            kept = page, page.get_displaylist()
        self._pages[number] = kept
        while len(self._pages) > _KEPT_PAGES:
            self._pages.popitem(last=False)
        return kept

    def _close(self) -> None:
        self._pages.clear()
        if self._document is not None:
            self._document.close()
        self._document, self._state = None, ()


def _check_same(file: RegularFile, request: dict[str, Any]) -> None:
    """Raises _Refused when the file's content is not what was read. Another time of change alone means nothing."""
    if file.stat.st_size != request["size"]:
        raise _Refused("changed")
    if file.stat.st_mtime_ns == request["mtime_ns"] or request["sha256"] is None:
        return
    digest = hashlib.sha256()
    while data := file.read(_HASH_STEP):
        digest.update(data)
    if digest.hexdigest() != request["sha256"]:
        raise _Refused("changed")
