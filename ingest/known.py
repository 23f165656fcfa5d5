"""What was read before: whoever holds it can be asked before a file is read, and is told what was read.

Knows no place where it is kept.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from ingest.document import Document
from ingest.recognition import Recognition
from ingest.view import View

_SETTLED_NS = 2_000_000_000
"""A file that was written less than this before it was looked at may change once more without a change of its time."""


@dataclass(frozen=True, slots=True)
class FileState:
    """What a file looks like from outside. Times in nanoseconds. Two files of the same state hold the same bytes."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


class Known(Protocol):
    """Documents that were read before."""

    def find(self, path: str, view: View, recognise: Recognition | None) -> Document | None:
        """The document that reading the file at `path` (absolute) in this way would give, None where that is open."""
        ...

    def keep(self, document: Document, view: View, recognise: Recognition | None) -> None:
        """`document` was just read in this way, and needed no password."""
        ...


def state_of(path: str) -> FileState | None:
    """The state of the file at `path`, None where there is none."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return None
    return FileState(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def settled(state: FileState, now_ns: int) -> bool:
    """Whether a change of the file after `now_ns` would show in its state."""
    return now_ns - max(state.mtime_ns, state.ctime_ns) > _SETTLED_NS


@cache
def readers() -> str:
    """Hexadecimal digest of everything that decides what reading gives: these modules and the libraries they use."""
    import importlib.metadata

    digest = hashlib.sha256()
    here = Path(__file__).resolve().parent
    formats = here.parent / "resources" / "log_formats"
    for source in [*sorted(here.glob("*.py")), *sorted(formats.glob("*"))]:
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    for package in ("pymupdf", "pypdfium2", "python-docx", "python-pptx", "openpyxl", "ebooklib", "detect-secrets"):
        digest.update(f"{package} {importlib.metadata.version(package)}\n".encode())
    return digest.hexdigest()
