"""The list at the end of a ZIP archive: what is in it, and where. Nothing is unpacked, and nothing in it is believed.

Its own reader, since the standard library gives up a whole archive for one name that is no text, and makes an object
for each of the millions of members that a list may claim. Knows no documents.
"""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.inflate import Packed
from ingest.unpack import Method

ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08PK\x03\x04", b"PK00PK\x03\x04")
METHODS: dict[int, Method] = {0: "stored", 8: "deflate", 12: "bzip2", 93: "zstd", 95: "xz"}

_END, _END_BYTES = b"PK\x05\x06", 22
_LONGEST_COMMENT = 65_535
_LOCATOR, _END64 = b"PK\x06\x07", b"PK\x06\x06"
_ENTRY, _ENTRY_BYTES = b"PK\x01\x02", 46
_LONGEST_ENTRY = _ENTRY_BYTES + 3 * 65_535
_STEP = 1 << 20
_FARTHEST = 1 << 62
_LOCAL, _LOCAL_BYTES = b"PK\x03\x04", 30
_ENCRYPTED, _UTF8 = 0x1, 0x800
_FULL = 0xFFFFFFFF


class ZipDamaged(Exception):
    """There is no list, or it does not lie where it should."""


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """A member as the list has it. name: undecodable bytes as surrogate escapes. packed, size: bytes. at: its header.

    mode: as from lstat, 0 when the archive was not made on a Unix system.
    """

    name: str
    method: int
    encrypted: bool
    crc: int
    packed: int
    size: int
    at: int
    mode: int

    @property
    def is_folder(self) -> bool:
        """Whether it is only the name of a folder."""
        return self.name.endswith(("/", "\\")) and not self.size

    @property
    def end(self) -> int:
        """At least so far its bytes reach in the archive."""
        return self.at + _LOCAL_BYTES + self.packed


def entries(file: Packed, size: int) -> Iterator[ZipEntry]:
    """What the list of the archive in `file` (`size` bytes) names, in its order.

    Raises ZipDamaged, perhaps after some entries, and OSError.
    """
    start, length, shift = _find_list(file, size)
    data, at, unread = b"", 0, length
    while at < len(data) or unread:
        if len(data) - at < _LONGEST_ENTRY and unread:
            # The caller may have read elsewhere meanwhile.
            file.seek(start + length - unread)
            more = file.read(min(_STEP, unread))
            unread = unread - len(more) if more else 0
            data, at = data[at:] + more, 0
        if len(data) - at < _ENTRY_BYTES or not data.startswith(_ENTRY, at):
            raise ZipDamaged
        fields = struct.unpack_from("<4s4B4HL2L5H2L", data, at)
        names_end = at + _ENTRY_BYTES + fields[12] + fields[13]
        if len(data) < names_end + fields[14]:
            raise ZipDamaged
        yield _entry(fields, data[at + _ENTRY_BYTES : names_end], shift)
        at = names_end + fields[14]


def content_start(file: Packed, entry: ZipEntry) -> int:
    """Byte at which the packed content of `entry` begins. Raises ZipDamaged, OSError."""
    if entry.at > _FARTHEST:
        raise ZipDamaged
    file.seek(entry.at)
    header = file.read(_LOCAL_BYTES)
    if len(header) < _LOCAL_BYTES or not header.startswith(_LOCAL):
        raise ZipDamaged
    name_bytes, extra_bytes = struct.unpack_from("<2H", header, 26)
    return entry.at + _LOCAL_BYTES + int(name_bytes) + int(extra_bytes)


def is_package(names: list[str]) -> bool:
    """Whether members of these names make an office document or e-book, which is no archive to its reader."""
    known = {"[Content_Types].xml", "mimetype", "META-INF/container.xml"}
    return not known.isdisjoint(names)


def why_not_read(entry: ZipEntry) -> str | None:
    """Why a member is passed over, None for one that is read."""
    if entry.encrypted:
        return "it is encrypted; unpack the archive with its password and add what is inside"
    if stat.S_ISLNK(entry.mode):
        return "a link"
    if entry.mode and stat.S_IFMT(entry.mode) not in (0, stat.S_IFREG):
        return "a device, not a file"
    if entry.method not in METHODS:
        return f"packed by a method that is not read here (number {entry.method}); unpack the archive and add the file"
    return None


def overlapping(listed: list[ZipEntry]) -> set[int]:
    """Where members begin whose bytes are another's too."""
    found: set[int] = set()
    ordered = sorted((entry for entry in listed if entry.packed), key=lambda entry: entry.at)
    reach, reaching = 0, -1
    for entry in ordered:
        if entry.at < reach:
            found |= {entry.at, reaching}
        if entry.end > reach:
            reach, reaching = entry.end, entry.at
    return found


def _find_list(file: Packed, size: int) -> tuple[int, int, int]:
    """Where the list lies, its bytes, and how far everything is shifted by what stands in front of the archive."""
    tail_at = max(0, size - _END_BYTES - _LONGEST_COMMENT)
    file.seek(tail_at)
    tail = file.read(size - tail_at)
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise ZipDamaged
    length, start = struct.unpack_from("<2L", tail, at + 12)
    end = tail_at + at
    if tail[max(0, at - 20) : at][:4] == _LOCATOR and (
        length == _FULL or start == _FULL or tail[at + 10 : at + 12] == b"\xff\xff"
    ):
        (end,) = struct.unpack_from("<Q", tail, at - 12)
        file.seek(min(end, size))
        record = file.read(56)
        if len(record) < 56 or not record.startswith(_END64):
            raise ZipDamaged
        length, start = struct.unpack_from("<2Q", record, 40)
    shift = end - length - start
    if length < 0 or shift < 0 or start + shift + length > size:
        raise ZipDamaged
    return start + shift, length, shift


def _entry(fields: tuple[int, ...], names: bytes, shift: int) -> ZipEntry:
    system, flags, method = fields[2], fields[5], fields[6]
    crc, packed, size = fields[9], fields[10], fields[11]
    attributes, at = fields[17], fields[18]
    name, extra = names[: fields[12]], names[fields[12] :]
    packed, size, at = _large(extra, packed, size, at)
    return ZipEntry(
        _decoded(name, utf8=bool(flags & _UTF8)),
        method,
        bool(flags & _ENCRYPTED),
        crc,
        packed,
        size,
        at + shift,
        attributes >> 16 if system == 3 else 0,
    )


def _large(extra: bytes, packed: int, size: int, at: int) -> tuple[int, int, int]:
    """With the sizes that need more than 32 bits, from the field that has them."""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        if kind == 1:
            field = extra[4 : 4 + length]
            numbers = [int(n) for (n,) in struct.iter_unpack("<Q", field[: len(field) // 8 * 8])]
            size = numbers.pop(0) if size == _FULL and numbers else size
            packed = numbers.pop(0) if packed == _FULL and numbers else packed
            at = numbers.pop(0) if at == _FULL and numbers else at
        extra = extra[4 + length :]
    return packed, size, at


def _decoded(name: bytes, *, utf8: bool) -> str:
    """UTF-8 where the archive says so or the bytes are, else code page 437 as the format has it."""
    name = name.split(b"\0")[0]
    if utf8:
        return os.fsdecode(name)
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("cp437")
