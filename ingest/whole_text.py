"""Texts of whole files that are left in their files until they are prompted, once enough of them are held in memory.

A tree of any size then costs bounded memory. What is read later is proven to be what was read first. Knows no folders.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from ingest.decode import decode, detect_encoding
from ingest.document import Document
from ingest.errors import IngestError, SourceChanged, SourceGone
from ingest.files import RegularFile, shown, why
from ingest.sniff import HEAD_BYTES

MOST_HELD = 64_000_000
"""Characters of text that one reading holds; what comes after that stays in its files where it can."""

_WORTH_LEAVING = 4096


@dataclass(frozen=True, slots=True)
class WholeText:
    """All the text of the file at `path`, which had this size and SHA-256."""

    path: str
    size: int
    sha256: str

    def read(self) -> str:
        """The text as it was read. Raises SourceChanged when it is another by now, SourceGone without the file."""
        try:
            with RegularFile(self.path) as file:
                # One byte more than there was: a file that grew is another.
                content = file.read(self.size + 1)
        except OSError as error:
            raise SourceGone(f"{shown(self.path)} cannot be read again: {why(error)}.") from error
        head = content[:HEAD_BYTES]
        encoding = detect_encoding(head, whole=len(content) < HEAD_BYTES)
        if encoding is None or hashlib.sha256(content).hexdigest() != self.sha256:
            raise SourceChanged(f"{shown(self.path)} has changed since it was added. Add the file again.")
        return decode(content[encoding.mark :], encoding).text


class Holding:
    """How much text a reading holds so far."""

    def __init__(self, most: int = MOST_HELD) -> None:
        self._most = most
        self._held = 0

    def take(self, document: Document) -> Document:
        """`document`, whose text is left in its file when too much is held already and the file holds just that."""
        size = sum(len(section.body) for section in document.sections if isinstance(section.body, str))
        if self._held + size > self._most and (left := _left_in_file(document)) is not None:
            return left
        self._held += size
        return document


def _left_in_file(document: Document) -> Document | None:
    if len(document.sections) != 1 or document.archive is not None or document.sha256 is None:
        return None
    section = document.sections[0]
    if not isinstance(section.body, str) or len(section.body) < _WORTH_LEAVING:
        return None
    text = WholeText(document.path, document.size, document.sha256)
    try:
        same = text.read() == section.body
    except IngestError:
        return None
    return replace(document, sections=(replace(section, body=text),)) if same else None
