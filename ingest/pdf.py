"""The PDF reader's child process: takes one request after the other, answers page by page.

The only file that loads PyMuPDF; `ingest.pdf_pages` serves in the same way to draw pages. Frames both ways are a
length (4 bytes, big-endian) and that many bytes: JSON, which unlike pickle cannot run code.
Requests:   {"path" or "bytes": n (n bytes follow), "first": page from 0, "one_by_one", "page_seconds",
             "passwords": [tried in this order, ...], none if left out,
             "recognise": {"language", "tessdata", "dpi"}, if pages without text are to be recognised}
Answers, in this order:
    {"opened": {"pages", "size", "mtime_ns", "sha256"}}
    {"pages": [[number from 0, text or null when unreadable, places, recognised], ...]}   any number of times
    {"closed": {"repaired", "ends_early"}}
or, instead of what is still to come,
    {"failed": "password" | "no_pages" | "broken" | "gone" | "changed", "detail"}
Knows nothing of documents and sections; `ingest.pdf_document` makes them.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from typing import IO, Any

from ingest.files import RegularFile, why
from ingest.pdf_recognise import needs_recognising, recognise_page
from ingest.pdf_text import page_text

LARGEST_MEMORY = 4 << 30
LENGTH_BYTES = 4

_BATCH_BYTES = 65_536
_BATCH_SECONDS = 0.2
_END_MARK_WITHIN = 2048
_UNREADABLE_IN_A_ROW = 100


def read_frame(stream: IO[bytes]) -> bytes | None:
    """The next frame, None at the end of the stream."""
    header = stream.read(LENGTH_BYTES)
    if len(header) < LENGTH_BYTES:
        return None
    size = int.from_bytes(header, "big")
    body = stream.read(size)
    return body if len(body) == size else None


def write_frame(stream: IO[bytes], body: bytes) -> None:
    """Write one frame and flush. Raises OSError when nobody reads it."""
    stream.write(len(body).to_bytes(LENGTH_BYTES, "big") + body)
    stream.flush()


def serve() -> None:
    """Answer requests on standard input until it ends."""
    requests, answers, pymupdf = begin_serving()
    while (frame := read_frame(requests)) is not None:
        request = json.loads(frame)
        content = requests.read(request["bytes"]) if "bytes" in request else None
        _Answer(pymupdf, answers, request).give(content)


def begin_serving() -> tuple[IO[bytes], IO[bytes], Any]:
    """Make this process a reader: standard input and output for frames alone, memory limited, PyMuPDF loaded."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    # The library writes warnings wherever it likes; none of them may get between two frames.
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(silence, descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory()
    return requests, answers, _library()


def set_deadline(seconds: float) -> None:
    """Die by the system's hand when the next step takes far too long and nobody is left to end this process."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def unlock(document: Any, passwords: Sequence[str]) -> bool:
    """Whether an opened PDF can be read: it asks for no password, or one of these is its user's or its owner's."""
    # A name in bytes that are no text can be given where a password belongs; the library takes text only.
    real = (password for password in passwords if not _has_surrogates(password))
    return not document.needs_pass or any(document.authenticate(password) for password in real)


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _library() -> Any:
    # Without these two the import pulls in layout analysis: a second and 80 MB for what is never called here.
    for unneeded in ("pymupdf.layout", "pymupdf4llm"):
        sys.modules[unneeded] = None  # type: ignore[assignment]
    import pymupdf

    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    return pymupdf


def _limit_memory() -> None:
    """Let a file that would eat the machine's memory fail by itself instead."""
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = LARGEST_MEMORY if hard == resource.RLIM_INFINITY else min(LARGEST_MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


class _Answer:
    """One request's answer in the making."""

    def __init__(self, pymupdf: Any, stream: IO[bytes], request: dict[str, Any]) -> None:
        self._pymupdf = pymupdf
        self._stream = stream
        self._request = request
        self._batch: list[bytes] = []
        self._batch_bytes = 0
        self._sent = time.monotonic()
        # An answer in time is what proves to the parent that this process is alive.
        self._batch_seconds = min(_BATCH_SECONDS, request["page_seconds"] / 4)

    def give(self, content: bytes | None) -> None:
        """Open, read, answer."""
        self._within_deadline()
        try:
            self._give(content)
        finally:
            set_deadline(0)

    def _give(self, content: bytes | None) -> None:
        stored = {"size": len(content) if content is not None else 0, "mtime_ns": 0}
        if content is None:
            try:
                with RegularFile(os.fsdecode(bytes.fromhex(self._request["path"]))) as file:
                    content = file.read(file.stat.st_size)
                    stored = {"size": file.stat.st_size, "mtime_ns": file.stat.st_mtime_ns}
                    changed = file.changed() or len(content) != file.stat.st_size
            except OSError as error:
                self._send({"failed": "gone", "detail": why(error)})
                return
            if changed:
                self._send({"failed": "changed", "detail": ""})
                return
        identity = {**stored, "sha256": hashlib.sha256(content).hexdigest()}
        try:
            self._read(content, identity)
        # Whatever a damaged file provokes in the library is an outcome of that file, not of this process.
        except Exception as error:
            self._send({"failed": "broken", "detail": f"{type(error).__name__}: {error}", "stored": identity})

    def _read(self, content: bytes, identity: dict[str, Any]) -> None:
        with self._pymupdf.open(stream=content, filetype="pdf") as document:
            if not unlock(document, self._request.get("passwords", ())):
                self._send({"failed": "password", "detail": "", "stored": identity})
                return
            pages = document.page_count
            if pages == 0:
                self._send({"failed": "no_pages", "detail": "", "stored": identity})
                return
            self._send({"opened": {"pages": pages, **identity}})
            self._pages(document, pages)
            ends_early = b"%%EOF" not in content[-_END_MARK_WITHIN:]
            self._send({"closed": {"repaired": bool(document.is_repaired), "ends_early": ends_early}})

    def _pages(self, document: Any, pages: int) -> None:
        pymupdf = self._pymupdf
        flags = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP
        one_by_one = self._request["one_by_one"]
        unreadable = 0
        for number in range(self._request["first"], pages):
            self._within_deadline()
            try:
                page = document.load_page(number)
                blocks = page.get_text("blocks", flags=flags)
                if page.rotation:
                    # Places are where they are seen: on the page as it is turned.
                    turn = page.rotation_matrix
                    blocks = [(*(self._pymupdf.Rect(block[:4]) * turn), *block[4:]) for block in blocks]
                text, places = page_text(blocks)
                self._put([number, *self._recognised(page, text, places)])
                unreadable = 0
            except Exception:
                self._put([number, None, [], False])
                unreadable += 1
                # A count of pages can lie by millions.
                if unreadable >= _UNREADABLE_IN_A_ROW:
                    break
            if one_by_one or self._batch_bytes > _BATCH_BYTES or time.monotonic() - self._sent > self._batch_seconds:
                self._flush()
        self._flush()

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
        body = json.dumps(page, ensure_ascii=False, separators=(",", ":")).encode()
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
