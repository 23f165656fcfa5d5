"""Reads office files one after the other through one child process, as a folder of them is read."""

from __future__ import annotations

from pathlib import Path

from ingest.document import Document
from ingest.office import IsOffice, OfficeReader
from ingest.open_path import MAX_FILE_BYTES, MAX_LOG_BYTES
from ingest.read_file import read_file
from ingest.source import Limits

_READERS: list[OfficeReader] = []


def read_warm(path: Path) -> Document:
    """The one document at `path`, as `open_paths` reads it."""
    if not _READERS:
        _READERS.append(OfficeReader(seconds=20))
    outcome = read_file(str(path), Limits(MAX_FILE_BYTES, MAX_LOG_BYTES), lambda _: None)
    document = _READERS[0].read(outcome) if isinstance(outcome, IsOffice) else outcome
    assert isinstance(document, Document)
    return document


def end_child() -> None:
    """End the process, if one was started."""
    while _READERS:
        _READERS.pop().close()
