"""Finds out by content which office file something is, and says what to do with those that cannot be read.

Looks at no more than the first bytes, a ZIP's table of contents (bounded) and one sector of an old Office file; nothing
is unpacked here. Knows no reader and no file system.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Literal, Protocol

OfficeForm = Literal["docx", "pptx", "xlsx", "epub", "mail", "mbox", "notebook"]

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END_OF_DIRECTORY = b"PK\x05\x06"
_DIRECTORY_ENTRY = b"PK\x01\x02"
_LONGEST_TAIL = 66_000
_LONGEST_DIRECTORY = 1 << 20
_SECTORS_SEEN = 8192
_PROTECTED = "an office document that is protected by a password; save a copy without one, and add that"
_OLD: tuple[tuple[str, str], ...] = (
    ("EncryptedPackage", _PROTECTED),
    ("WordDocument", "an old Word document (.doc); save it as .docx, and add that"),
    ("Workbook", "an old Excel workbook (.xls); save it as .xlsx, and add that"),
    ("PowerPoint Document", "an old PowerPoint presentation (.ppt); save it as .pptx, and add that"),
    ("__properties_version1.0", "an Outlook message (.msg); save it as .eml, and add that"),
    ("Book", "an old Excel workbook (.xls); save it as .xlsx, and add that"),
)
_OLD_UNKNOWN = "a file of an old Office program; save it as .docx, .xlsx or .pptx, and add that"
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument."
_OPEN_DOCUMENTS: tuple[tuple[bytes, str], ...] = (
    (b"text", "an OpenDocument text (.odt); save it as .docx, and add that"),
    (b"spreadsheet", "an OpenDocument spreadsheet (.ods); save it as .xlsx, and add that"),
    (b"presentation", "an OpenDocument presentation (.odp); save it as .pptx, and add that"),
    (b"", "an OpenDocument file; save it as a PDF, and add that"),
)
_XLSB = "an Excel binary workbook (.xlsb); save it as .xlsx, and add that"
_IWORK = "a document of Apple's iWork; export it as .docx, .xlsx or .pptx, and add that"
_XPS = "an XPS document; print it to a PDF, and add that"

_HEADER = re.compile(rb"([A-Za-z][A-Za-z0-9-]{1,40}):(?:[ \t]|\r?\n[ \t])")
_MAIL_HEADERS = frozenset(
    b"""from to cc subject date message-id received return-path delivered-to mime-version content-type reply-to
    x-mailer dkim-signature in-reply-to references sender""".split()
)
_MAIL_PROOF = frozenset({b"from", b"received", b"return-path", b"message-id"})
_MAIL_HEAD_LINES = 200
_MBOX_START = re.compile(rb"From \S[^\r\n]{0,200}\d\d:\d\d(?::\d\d)?[^\r\n]{0,40}\d{4}[^\r\n]{0,20}\r?\n")
_PATCH_START = re.compile(rb"From [0-9a-f]{40} ")
_NOTEBOOK_SIGNS = (b'"nbformat"', b'"cell_type"')


class Readable(Protocol):
    """Where bytes can be had from any place."""

    def seek(self, offset: int, /) -> object:
        """Read from byte `offset` next."""
        ...

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most `size`."""
        ...


@dataclass(frozen=True, slots=True)
class Unsupported:
    """An office file that cannot be read: what it is and what to do, in a few words."""

    reason: str


def packed_form(head: bytes, file: Readable, size: int) -> OfficeForm | Unsupported | None:
    """Which office file begins with `head`, None when it is none that is a ZIP or an old Office file.

    `file` holds `size` bytes; it is left where `head` ends. Raises OSError.
    """
    if head.startswith(_OLE):
        found: OfficeForm | Unsupported | None = Unsupported(_old_form(head, file))
    elif head.startswith(_ZIP):
        found = _zip_form(head, _members(file, size) | _members_in_head(head))
    else:
        return None
    file.seek(len(head))
    return found


def mail_form(name: str, head: bytes) -> OfficeForm | None:
    """Whether text that begins with `head` is a message or a mailbox; a patch with a message's headers is neither."""
    head = head.removeprefix(b"\xef\xbb\xbf")
    if head.startswith(b"From "):
        start = _MBOX_START.match(head)
        if start and not _PATCH_START.match(head) and _mail_headers(head[start.end() :]) >= 2:
            return "mbox"
        return None
    named = name.lower().endswith((".eml", ".mht", ".mhtml"))
    return "mail" if _mail_headers(head) >= (2 if named else 3) else None


def is_notebook(head: bytes, content: bytes) -> bool:
    """Whether JSON text that begins with `head` has the shape of a Jupyter notebook."""
    return head.lstrip()[:1] == b"{" and all(sign in content for sign in _NOTEBOOK_SIGNS)


def _mail_headers(head: bytes) -> int:
    """How many headers that only mail has open the text; 0 when other lines stand between them."""
    seen: set[bytes] = set()
    for line in head.split(b"\n", _MAIL_HEAD_LINES)[:_MAIL_HEAD_LINES]:
        if not line.strip():
            break
        if line[:1] in b" \t":
            if not seen:
                return 0
            continue
        found = _HEADER.match(line + b"\n ")
        if found is None:
            return 0
        seen.add(found.group(1).lower())
    known = seen & _MAIL_HEADERS
    return len(known) if known & _MAIL_PROOF else 0


def _old_form(head: bytes, file: Readable) -> str:
    try:
        sector = 1 << struct.unpack_from("<H", head, 30)[0]
        first = struct.unpack_from("<I", head, 48)[0]
    except struct.error:
        return _OLD_UNKNOWN
    if not 64 <= sector <= 1 << 16:
        return _OLD_UNKNOWN
    file.seek((first + 1) * sector)
    directory = file.read(_SECTORS_SEEN)
    # Each entry begins with its name in UTF-16 and takes 128 bytes.
    entries = [directory[at : at + 64] for at in range(0, len(directory), 128)]
    names = {entry.decode("utf-16-le", "replace").split("\0", 1)[0].casefold() for entry in entries}
    return next((what for stream, what in _OLD if stream.casefold() in names), _OLD_UNKNOWN)


def _zip_form(head: bytes, names: set[bytes]) -> OfficeForm | Unsupported | None:
    if head[30:38] == b"mimetype":
        kind = head[38:200]
        if b"application/epub+zip" in kind:
            return "epub"
        at = kind.find(_OPEN_DOCUMENT)
        if at >= 0:
            rest = kind[at + len(_OPEN_DOCUMENT) :]
            return Unsupported(next(what for start, what in _OPEN_DOCUMENTS if rest.startswith(start)))
    if b"[Content_Types].xml" in names:
        if _any(names, b"word/document", b".xml"):
            return "docx"
        if _any(names, b"ppt/presentation", b".xml"):
            return "pptx"
        if _any(names, b"xl/workbook", b".bin"):
            return Unsupported(_XLSB)
        if _any(names, b"xl/workbook", b".xml"):
            return "xlsx"
        if _any(names, b"", b".fdseq"):
            return Unsupported(_XPS)
    if b"META-INF/container.xml" in names and _any(names, b"", b".opf"):
        return "epub"
    if _any(names, b"Index/", b".iwa"):
        return Unsupported(_IWORK)
    return None


def _any(names: set[bytes], start: bytes, end: bytes) -> bool:
    return any(name.startswith(start) and name.endswith(end) for name in names)


def _members(file: Readable, size: int) -> set[bytes]:
    """Names in the table of contents, as far as it is whole and not absurdly long."""
    begin = max(0, size - _LONGEST_TAIL)
    file.seek(begin)
    tail = file.read(_LONGEST_TAIL)
    at = tail.rfind(_END_OF_DIRECTORY)
    if at < 0 or at + 20 > len(tail):
        return set()
    length = struct.unpack_from("<I", tail, at + 12)[0]
    start = begin + at - length
    if start < 0:
        return set()
    file.seek(start)
    directory = file.read(min(length, _LONGEST_DIRECTORY))
    names: set[bytes] = set()
    at = 0
    while directory.startswith(_DIRECTORY_ENTRY, at) and at + 46 <= len(directory):
        name, extra, comment = struct.unpack_from("<HHH", directory, at + 28)
        names.add(directory[at + 46 : at + 46 + name])
        at += 46 + name + extra + comment
    return names


def _members_in_head(head: bytes) -> set[bytes]:
    """Names of the members that begin in `head`: all there is of a file that was cut short."""
    names: set[bytes] = set()
    at = head.find(_ZIP)
    while 0 <= at <= len(head) - 30:
        length = struct.unpack_from("<H", head, at + 26)[0]
        names.add(head[at + 30 : at + 30 + length])
        at = head.find(_ZIP, at + 4)
    return names
