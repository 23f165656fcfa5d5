"""The PDF reader's child process: takes one request after the other; `ingest.pdf_answer` answers page by page.

The only file that loads PyMuPDF; `ingest.pdf_pages` serves in the same way to draw pages. Frames both ways are a
length (4 bytes, big-endian) and that many bytes: JSON, which unlike pickle cannot run code.
Requests:   {"path" or "bytes": n (n bytes follow), "first": page from 0, "last": the page behind the last, or null,
             "one_by_one", "page_seconds", and if wanted "passwords": [tried in this order, ...], "memory": bytes,
             "tables": true, to have them as Markdown, "details": true, to have the file's details behind its last page,
             "recognise": {"language", "tessdata", "dpi"}, to have pages without text recognised}
Answers, in this order:
    {"reading": bytes}   any number of times
    {"opened": {"pages", "size", "mtime_ns", "sha256"}}
    {"pages": [[number from 0, text or null when unreadable, places packed, recognised, height]]}  any number of times
    {"closed": {"repaired", "ends_early", "details" if wanted}}
or, instead of what is still to come,
    {"failed": "password" | "no_pages" | "broken" | "gone" | "changed", "detail"}
A file stays open for requests about it that follow, until {"forget": true}, which has no answer.
Knows nothing of documents and sections; `ingest.pdf_document` makes them.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Sequence
from typing import IO, Any

from ingest.reader_limits import LARGEST_MEMORY

LENGTH_BYTES = 4


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
    from ingest.pdf_answer import PdfReader

    reader = PdfReader(pymupdf, answers)
    while (frame := read_frame(requests)) is not None:
        request = json.loads(frame)
        if "forget" in request:
            reader.forget()
            continue
        content = requests.read(request["bytes"]) if "bytes" in request else None
        limit_memory(request.get("memory", LARGEST_MEMORY))
        reader.answer(request, content)


def begin_serving() -> tuple[IO[bytes], IO[bytes], Any]:
    """Make this process a reader: standard input and output for frames alone, memory limited, PyMuPDF loaded."""
    return *begin_frames(), _library()


def begin_frames() -> tuple[IO[bytes], IO[bytes]]:
    """Make this process one that answers: standard input and output for frames alone, memory limited."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    # The library writes warnings wherever it likes; none of them may get between two frames.
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(silence, descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_memory(LARGEST_MEMORY)
    return requests, answers


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
    pymupdf.no_recommend_layout()
    return pymupdf


def limit_memory(size: int) -> None:
    """Let a file that would take more than `size` bytes of the machine's memory fail by itself instead."""
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = size if hard == resource.RLIM_INFINITY else min(size, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
