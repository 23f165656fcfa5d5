"""Reads one PDF after the other inside the reader's process and answers with its pages; `ingest.pdf` has the frames.

Knows no documents and sections; `ingest.pdf_document` makes them.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from typing import IO, Any

from ingest.files import RegularFile, why
from ingest.pdf import set_deadline, unlock, write_frame
from ingest.pdf_details import details_of
from ingest.pdf_recognise import needs_recognising, recognise_page
from ingest.pdf_tables import with_tables
from ingest.pdf_text import pack_places, page_text

_BATCH_BYTES = 65_536
_BATCH_SECONDS = 0.2
_END_MARK_WITHIN = 2048
_UNREADABLE_IN_A_ROW = 100
_READ_STEP = 32 << 20

_in_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class _Refused(Exception):
    """The file cannot be read; `kind` is what the answer calls it."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(kind)
        self.kind = kind
        self.detail = detail


class PdfReader:
    """Answers requests on `stream`, and keeps the file of the last one open."""

    def __init__(self, pymupdf: Any, stream: IO[bytes]) -> None:
        self._pymupdf = pymupdf
        self._stream = stream
        self._request: dict[str, Any] = {}
        self._document: Any = None
        self._state: tuple[Any, ...] = ()
        self._identity: dict[str, Any] = {}
        self._ends_early = False
        self._batch: list[bytes] = []
        self._batch_bytes = 0
        self._batch_seconds = _BATCH_SECONDS
        self._sent = 0.0

    def forget(self) -> None:
        """Close the file that is open."""
        if self._document is not None:
            self._document.close()
        self._document, self._state, self._identity = None, (), {}

    def answer(self, request: dict[str, Any], content: bytes | None) -> None:
        """Open, read, answer. content: the file's bytes when it is no file."""
        self._request = request
        # An answer in time is what proves to the parent that this process is alive.
        self._batch_seconds = min(_BATCH_SECONDS, request["page_seconds"] / 4)
        self._within_deadline()
        try:
            self._open(content)
            self._read()
        except _Refused as refused:
            self._send({"failed": refused.kind, "detail": refused.detail, **self._stored()})
            self.forget()
        # Whatever a damaged file provokes in the library is an outcome of that file, not of this process.
        except Exception as error:
            self._send({"failed": "broken", "detail": f"{type(error).__name__}: {error}", **self._stored()})
            self.forget()
        finally:
            self._batch, self._batch_bytes = [], 0
            set_deadline(0)

    def _stored(self) -> dict[str, Any]:
        return {"stored": self._identity} if self._identity else {}

    def _open(self, content: bytes | None) -> None:
        if content is not None:
            self.forget()
            self._take(content, {"size": len(content), "mtime_ns": 0})
            return
        path = os.fsdecode(bytes.fromhex(self._request["path"]))
        try:
            with RegularFile(path) as file:
                state = (path, file.stat.st_dev, file.stat.st_ino, file.stat.st_size, file.stat.st_mtime_ns)
                if self._document is not None and state == self._state:
                    return
                self.forget()
                content = self._content(file)
                changed = file.changed() or len(content) != file.stat.st_size
        except OSError as error:
            raise _Refused("gone", why(error)) from error
        if changed:
            raise _Refused("changed")
        self._take(content, {"size": state[3], "mtime_ns": state[4]})
        self._state = state

    def _content(self, file: RegularFile) -> bytes:
        if file.stat.st_size <= _READ_STEP:
            return file.read(file.stat.st_size)
        parts: list[bytes] = []
        while data := file.read(_READ_STEP):
            parts.append(data)
            # From a slow drive a large file takes longer than any page may.
            self._send({"reading": sum(map(len, parts))})
            self._within_deadline()
        return b"".join(parts)

    def _take(self, content: bytes, stored: dict[str, Any]) -> None:
        self._identity = {**stored, "sha256": hashlib.sha256(content).hexdigest()}
        self._ends_early = b"%%EOF" not in content[-_END_MARK_WITHIN:]
        self._document = self._pymupdf.open(stream=content, filetype="pdf")

    def _read(self) -> None:
        document = self._document
        if not unlock(document, self._request.get("passwords", ())):
            raise _Refused("password")
        pages = document.page_count
        if pages == 0:
            raise _Refused("no_pages")
        self._send({"opened": {"pages": pages, **self._identity}})
        last = self._request.get("last")
        self._pages(document, pages if last is None else min(last, pages))
        closed: dict[str, Any] = {"repaired": bool(document.is_repaired), "ends_early": self._ends_early}
        if self._request.get("details") and (last is None or last >= pages):
            self._within_deadline()
            closed["details"] = details_of(document)
        self._send({"closed": closed})

    def _pages(self, document: Any, last: int) -> None:
        one_by_one = self._request["one_by_one"]
        unreadable = 0
        # The first page goes out at once: someone may be waiting to see it.
        self._sent = 0.0
        for number in range(self._request["first"], last):
            self._within_deadline()
            try:
                self._put(self._page(document.load_page(number), number))
                unreadable = 0
            except Exception:
                self._put([number, None, "", False, 0])
                unreadable += 1
                # A count of pages can lie by millions.
                if unreadable >= _UNREADABLE_IN_A_ROW:
                    break
            if one_by_one or self._batch_bytes > _BATCH_BYTES or time.monotonic() - self._sent > self._batch_seconds:
                self._flush()
        self._flush()

    def _page(self, page: Any, number: int) -> list[Any]:
        blocks = page_blocks(self._pymupdf, page)
        if self._request.get("tables"):
            blocks = with_tables(page, blocks)
        text, places = page_text(blocks)
        text, places, recognised = self._recognised(page, text, places)
        return [number, text, pack_places(places), recognised, page.bound()[3]]

    def _recognised(self, page: Any, text: str, places: Any) -> tuple[str, Any, bool]:
        """The text of a page with its places, and whether it had to be recognised."""
        wanted = self._request.get("recognise")
        if wanted is None or not needs_recognising(page, text):
            return text, places, False
        try:
            found, where = recognise_page(self._pymupdf, page, **wanted)
        # A picture too strange to be recognised, or broken language data: the page is as it was without.
        except Exception:
            return text, places, False
        return (found, where, True) if found else (text, places, False)

    def _within_deadline(self) -> None:
        set_deadline(3 * self._request["page_seconds"] + 1)

    def _put(self, page: list[Any]) -> None:
        body = _in_json(page).encode()
        self._batch.append(body)
        self._batch_bytes += len(body)

    def _flush(self) -> None:
        if self._batch:
            write_frame(self._stream, b'{"pages":[' + b",".join(self._batch) + b"]}")
        self._batch = []
        self._batch_bytes = 0
        self._sent = time.monotonic()

    def _send(self, message: dict[str, Any]) -> None:
        write_frame(self._stream, json.dumps(message).encode())


def page_blocks(pymupdf: Any, page: Any) -> list[Any]:
    """The blocks of text of a page in the file's order, where they are seen: on the page as it is turned."""
    blocks: list[Any] = page.get_text("blocks", flags=text_flags(pymupdf))
    if page.rotation:
        turn = page.rotation_matrix
        blocks = [(*(pymupdf.Rect(block[:4]) * turn), *block[4:]) for block in blocks]
    return blocks


def text_flags(pymupdf: Any) -> int:
    """How text is taken from a page: with its spaces, ligatures spelled out, and nothing from beyond its edges."""
    flags: int = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP
    return flags
