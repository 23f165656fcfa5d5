"""The members of a tar archive, read forward once: what each is called, what it is, and where its bytes begin.

The standard library reads the 512 bytes of a header; going from one to the next is done here, since its own walk needs
to go back, and takes whatever a header claims of memory. Knows no documents and no compression.
"""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

BLOCK = 512

_LONGEST_NAME = 1 << 16
_FARTHEST = 1 << 62
_HOLES_GO_ON, _MORE_HOLES_GO_ON = 482, 504
_LARGEST_RECORD = 1 << 20
_CHECKSUM = re.compile(rb"[ 0-7]{1,7}[\0 ]")
_FILES = frozenset({tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE})
_OTHERS = {
    tarfile.LNKTYPE: "a link to another file of the archive",
    tarfile.SYMTYPE: "a link",
    tarfile.CHRTYPE: "a device, not a file",
    tarfile.BLKTYPE: "a device, not a file",
    tarfile.FIFOTYPE: "a named pipe, not a file",
    tarfile.GNUTYPE_SPARSE: "a file with holes, which is not read from archives",
}


class TarStream(Protocol):
    """The unpacked archive, read forward."""

    def seek(self, offset: int, /) -> object:
        """Read from byte `offset` next, never in front of the last read."""
        ...

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most `size`; fewer only at the end."""
        ...


class TarDamaged(Exception):
    """What stands where a header should is none, or the archive ends in the middle."""


@dataclass(frozen=True, slots=True)
class TarMember:
    """name: undecodable bytes as surrogate escapes. start: its first byte in the unpacked archive. size: bytes.

    reason: why it is no file to read, None for one that is. is_folder: it is only the name of a folder.
    """

    name: str
    start: int
    size: int
    reason: str | None = None
    is_folder: bool = False


def is_tar(head: bytes) -> bool:
    """Whether a file that begins with `head` is a tar archive, by its mark or, before there was one, its checksum."""
    if len(head) < BLOCK:
        return False
    if head[257:262] == b"ustar":
        return True
    if not _CHECKSUM.match(head, 148) or head[0] == 0:
        return False
    try:
        tarfile.TarInfo.frombuf(head[:BLOCK], "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        return False
    return True


def members(stream: TarStream) -> Iterator[TarMember]:
    """Everything the archive names, in its order. The caller may read the member's bytes from `stream` meanwhile.

    Raises TarDamaged, perhaps after some members, and OSError.
    """
    at = 0
    said: dict[str, str] = {}
    always: dict[str, str] = {}
    while True:
        stream.seek(at)
        block = stream.read(BLOCK)
        if not block and at:
            # The two empty blocks at the end are often left out.
            return
        header = _header(block)
        if header is None:
            return
        start = at + BLOCK
        at = start + -(-header.size // BLOCK) * BLOCK
        if header.type in (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK):
            long_name = os.fsdecode(_record(stream, header.size, _LONGEST_NAME).split(b"\0")[0])
            if header.type == tarfile.GNUTYPE_LONGNAME:
                said["path"] = long_name
            continue
        if header.type in (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.XGLTYPE):
            found = _extended(_record(stream, header.size, _LARGEST_RECORD))
            (always if header.type == tarfile.XGLTYPE else said).update(found)
            continue
        member = _member(header, {**always, **said}, start)
        if header.type == tarfile.GNUTYPE_SPARSE:
            start = _behind_list_of_holes(stream, block, start)
        # What the format defines and is no file has a size that counts nothing.
        has_content = header.isreg() or header.type not in tarfile.SUPPORTED_TYPES
        at = start + (-(-member.size // BLOCK) * BLOCK if has_content else 0)
        said = {}
        if at > _FARTHEST:
            raise TarDamaged
        yield member


def _header(block: bytes) -> tarfile.TarInfo | None:
    """What the block says; None at the end of the archive."""
    if len(block) == BLOCK and not block.strip(b"\0"):
        return None
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError) as error:
        raise TarDamaged from error
    if not 0 <= header.size <= _FARTHEST:
        raise TarDamaged
    return header


def _behind_list_of_holes(stream: TarStream, block: bytes, start: int) -> int:
    goes_on = block[_HOLES_GO_ON]
    while goes_on:
        more = stream.read(BLOCK)
        if len(more) < BLOCK:
            raise TarDamaged
        start += BLOCK
        goes_on = more[_MORE_HOLES_GO_ON]
    return start


def _record(stream: TarStream, size: int, most: int) -> bytes:
    data = stream.read(size) if size <= most else b""
    if len(data) < size:
        raise TarDamaged
    return data


def _extended(data: bytes) -> dict[str, str]:
    """The fields of a PAX record: "LENGTH NAME=VALUE\\n" each."""
    found: dict[str, str] = {}
    at = 0
    while at < len(data):
        length, blank, _ = data[at : at + 12].partition(b" ")
        if not blank or not length.isdigit() or int(length) <= len(length) + 1:
            break
        name, _, value = data[at + len(length) + 1 : at + int(length)].removesuffix(b"\n").partition(b"=")
        found[os.fsdecode(name)] = os.fsdecode(value)
        at += int(length)
    return found


def _member(header: tarfile.TarInfo, said: dict[str, str], start: int) -> TarMember:
    size = header.size
    if said.get("size", "").isdecimal():
        size = int(said["size"][:18])
    name = (said.get("GNU.sparse.name") or said.get("path") or header.name).split("\0")[0]
    if any(field.startswith("GNU.sparse.") for field in said):
        return TarMember(name, start, size, _OTHERS[tarfile.GNUTYPE_SPARSE])
    if header.type in _FILES:
        # Before there was a mark of its own, a folder was a file whose name ends so.
        return TarMember(name, start, size, is_folder=name.endswith("/"))
    if header.type == tarfile.DIRTYPE:
        return TarMember(name, start, 0, "a folder, not a file", is_folder=True)
    return TarMember(name, start, size, _OTHERS.get(header.type, "not a regular file"))
