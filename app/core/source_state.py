"""Whether a source on disk is still what was read: by size and time of change, then by content.

Reads, never writes, and never raises. A drive that does not answer keeps the caller waiting, so ask from where waiting
is allowed. Knows nothing of what a source says.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from app.core.workspace import Entry
from ingest.document import Document
from ingest.files import RegularFile, why_not_regular
from ingest.git_diff import is_difference

SourceState = Literal["same", "changed", "missing", "unknown"]
SOURCE_STATES: tuple[SourceState, ...] = ("same", "changed", "missing", "unknown")

HASHED_AT_MOST = 64_000_000
"""Bytes: what any disk gives in well under a second. A longer file that was touched counts as changed."""

_STEP = 1 << 20


def state_of(entry: Entry) -> SourceState:
    """What became of the file that `entry` was read from.

    same       the file holds what was read, though it may have been touched or copied back
    changed    it holds something else, or is too long to be compared in a moment
    missing    there is no file at its path any more
    unknown    it was never a file (standard input, a paste, what Git shows of two revisions), it cannot be read now,
               or could not be read then

    What lies in an archive is the same as long as the archive was not touched.
    """
    document = entry.document
    if not Path(document.path).is_absolute() or "\0" in document.path or is_difference(document):
        return "unknown"
    try:
        return _compare(document)
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    except (OSError, ValueError):
        return "unknown"


def _compare(document: Document) -> SourceState:
    now = Path(document.archive or document.path).stat()
    if why_not_regular(now.st_mode):
        return "missing"
    if document.archive is not None:
        return "same" if now.st_mtime_ns == document.mtime_ns else "changed"
    if (now.st_size, now.st_mtime_ns) == (document.size, document.mtime_ns):
        return "same"
    if document.sha256 is None:
        return "unknown"
    if now.st_size != document.size or now.st_size > HASHED_AT_MOST:
        return "changed"
    return "same" if _sha256(document.path, now.st_size) == document.sha256 else "changed"


def _sha256(path: str, size: int) -> str:
    """Of the first `size` bytes: a file that grows meanwhile must not be read for ever."""
    digest = hashlib.sha256()
    with RegularFile(path) as file:
        while size > 0 and (data := file.read(min(size, _STEP))):
            digest.update(data)
            size -= len(data)
    return digest.hexdigest()
