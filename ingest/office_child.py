"""The child process that reads office files, mail and notebooks: what parses hostile containers dies here alone.

Frames as in `ingest.pdf`. Requests: {"path" in hexadecimal or "bytes": n (n bytes follow), "form", "name",
"page_seconds": the longest silence}. Answers, in this order:
    {"opened": {"size", "mtime_ns", "sha256"}}
    {"parts": [[label, text, page, lines, part, line_map], ...]}   any number of times; empty: still at work
    {"closed": {"said": [sentences], "attachments": [[name, bytes], ...]}}
or, instead of what is still to come,
    {"failed": "gone" | "changed" | "broken" | "memory" | "slow" | "unreadable", "detail"}
Knows nothing of documents and sections; `ingest.office` makes them.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from ingest.files import RegularFile, why
from ingest.office_parts import Part, Parts, Remarks, Unreadable
from ingest.pdf import begin_frames, limit_memory, read_frame, set_deadline, write_frame
from ingest.sizes import size_words

LARGEST_MEMORY = 2 << 30
MEMORY_KEPT = 400 << 20
MOST_CHARACTERS = 100_000_000
TIMES_THE_SILENCE = 10
"""How many times the longest silence a whole file may take."""

_SHORT_OF_MEMORY = 0.75
_BATCH_CHARACTERS = 65_536
_BATCH_SECONDS = 0.2
_READERS = {
    "docx": "ingest.office_docx",
    "pptx": "ingest.office_pptx",
    "xlsx": "ingest.office_xlsx",
    "epub": "ingest.office_epub",
    "mail": "ingest.mail",
    "mbox": "ingest.mail",
    "notebook": "ingest.notebook",
}
_UNNEEDED = ("numpy",)


def serve() -> None:
    """Answer requests on standard input until it ends."""
    requests, answers = _begin()
    while (frame := read_frame(requests)) is not None:
        request = json.loads(frame)
        content = requests.read(request["bytes"]) if "bytes" in request else None
        _Answer(answers, request).give(content)
        del content
        if _most_memory() > MEMORY_KEPT:
            # A process never gives all of it back; the next file finds a fresh one.
            return


def reader_of(form: str) -> Callable[[bytes, Remarks], Parts]:
    """The function that reads files of this form: content, and remarks to add to."""
    read: Callable[[bytes, Remarks], Parts] = importlib.import_module(_READERS[form]).parts
    return read


def _begin() -> tuple[IO[bytes], IO[bytes]]:
    requests, answers = begin_frames()
    limit_memory(LARGEST_MEMORY)
    warnings.simplefilter("ignore")
    # One library imports it where it is there, for numbers that no file holds: half a second and 30 MB.
    for name in _UNNEEDED:
        sys.modules[name] = None  # type: ignore[assignment]
    return requests, answers


def _most_memory() -> int:
    """The most bytes that this process ever had in memory, 0 where the system does not tell."""
    # What Linux says in rusage begins with what the process had that started this one.
    with contextlib.suppress(OSError, ValueError, StopIteration):
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(next(line for line in status.split("\n") if line.startswith("VmHWM:")).split()[1]) * 1024
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


class _TooSlow(Exception):
    pass


class _Answer:
    """One request's answer in the making."""

    def __init__(self, stream: IO[bytes], request: dict[str, Any]) -> None:
        self._stream = stream
        self._request = request
        self._batch: list[list[Any]] = []
        self._characters = 0
        self._in_all = 0
        self._began = self._sent = time.monotonic()
        self._silence = float(request["page_seconds"])

    def give(self, content: bytes | None) -> None:
        """Open, read, answer."""
        set_deadline(3 * self._silence + 1)
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
                self._fail("gone", why(error))
                return
            if changed:
                self._fail("changed")
                return
        self._send({"opened": {**stored, "sha256": hashlib.sha256(content).hexdigest()}})
        remarks = Remarks(self._request["name"])
        try:
            self._read(content, remarks)
        except Unreadable as error:
            self._fail("unreadable", str(error))
        except MemoryError:
            self._batch = []
            self._fail("memory", size_words(LARGEST_MEMORY))
        except _TooSlow:
            self._fail("slow", f"{self._silence * TIMES_THE_SILENCE:g}")
        # Whatever a damaged file provokes in a library is an outcome of that file, not of this process.
        except Exception as error:
            # An XML parser that gets no more memory reports an unknown error.
            if _most_memory() > _SHORT_OF_MEMORY * LARGEST_MEMORY:
                self._fail("memory", size_words(LARGEST_MEMORY))
            else:
                self._fail("broken", f"{type(error).__name__}: {error}")
        else:
            self._flush()
            self._send({"closed": {"said": remarks.said, "attachments": remarks.attachments}})

    def _read(self, content: bytes, remarks: Remarks) -> None:
        read = reader_of(self._request["form"])
        for part in read(content, remarks):
            if part is not None:
                self._in_all += len(part.text)
                if self._in_all > MOST_CHARACTERS:
                    most = f"{MOST_CHARACTERS // 1_000_000} million characters"
                    remarks.said.append(f"It holds more than {most} of text: what follows {part.label} was left out.")
                    return
                self._put(part)
            elif time.monotonic() - self._sent > _BATCH_SECONDS:
                self._flush()

    def _put(self, part: Part) -> None:
        self._batch.append([part.label, part.text, part.page, part.lines, part.part, part.line_map])
        self._characters += len(part.text)
        if self._characters > _BATCH_CHARACTERS or time.monotonic() - self._sent > _BATCH_SECONDS:
            self._flush()

    def _flush(self) -> None:
        self._send({"parts": self._batch})
        self._batch = []
        self._characters = 0
        self._sent = time.monotonic()
        if self._sent - self._began > self._silence * TIMES_THE_SILENCE:
            raise _TooSlow
        set_deadline(3 * self._silence + 1)

    def _fail(self, kind: str, detail: str = "") -> None:
        self._send({"failed": kind, "detail": detail.encode("utf-8", "replace").decode()})

    def _send(self, message: dict[str, Any]) -> None:
        write_frame(self._stream, json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode())
