"""Unpacks gzip forward, in pieces of any size, with memory that does not depend on the file. Knows nothing of text."""

from __future__ import annotations

import zlib
from typing import Protocol

MEMBER_START = b"\x1f\x8b"

_STEP = 65_536
_GZIP = 31


class Packed(Protocol):
    """Where the packed bytes come from: an open file or bytes in memory."""

    def seek(self, offset: int, /) -> object:
        """Read from byte `offset` next."""
        ...

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most `size`; fewer only at the end."""
        ...


class Inflater:
    """Where unpacking a gzip file stands; holds no file, so it can wait without keeping one open.

    position: bytes unpacked so far. broken: why nothing more can be unpacked although the file goes on or should.
    """

    def __init__(self) -> None:
        self.position = 0
        self.broken: str | None = None
        self._offset = 0
        self._packed = b""
        self._member = zlib.decompressobj(_GZIP)
        self._ended = False

    def read(self, file: Packed, size: int) -> bytes:
        """The next unpacked bytes, at most `size`; fewer only at the end (see `broken`)."""
        file.seek(self._offset)
        parts: list[bytes] = []
        left = size
        while left > 0 and not self._ended:
            piece = self._next(file, left)
            parts.append(piece)
            left -= len(piece)
        data = b"".join(parts)
        self.position += len(data)
        return data

    def _next(self, file: Packed, size: int) -> bytes:
        if not self._packed:
            self._packed = file.read(_STEP)
            self._offset += len(self._packed)
        at_end = not self._packed
        if self._member.eof:
            self._begin_member(at_end)
            return b""
        try:
            piece = self._member.decompress(self._packed, size)
        except zlib.error:
            self._stop("damaged")
            return b""
        self._packed = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
        if at_end and not piece and not self._member.eof:
            self._stop("cut short")
        return piece

    def _begin_member(self, at_end: bool) -> None:
        self._packed = self._packed.lstrip(b"\0")
        if at_end:
            self._ended = True
        elif self._packed.startswith(MEMBER_START[: len(self._packed)]) and self._packed:
            self._member = zlib.decompressobj(_GZIP)
        elif self._packed:
            self._stop("followed by something else")

    def _stop(self, reason: str) -> None:
        self.broken = reason
        self._ended = True
