"""One member of an archive while the archive is being read: its bytes, forward, and whether they are all there.

Knows no archive format.
"""

from __future__ import annotations

import errno
import zlib
from typing import Protocol

from ingest.files import RegularFile

_KEPT = 1 << 18


class Content(Protocol):
    """Where a member's bytes come from, read forward."""

    @property
    def broken(self) -> str | None:
        """Why it ended early, None when it did not."""
        ...

    @property
    def bomb(self) -> bool:
        """Whether it ended because too much came out of too little."""
        ...

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most `size`; fewer only at the end."""
        ...


class MemberFile:
    """A member's content. size: bytes, as the archive says. crc: of all of it, None where the archive has none.

    file: the archive, None when it is in memory. The first 256 kB can be read again, since to find out what it is takes
    no more, and all of it when the archive is in memory. short: why its bytes are not what the archive says, None as
    long as they are.
    """

    __slots__ = ("_at", "_content", "_crc", "_file", "_head", "_left", "_sum", "short", "size")

    def __init__(self, content: Content, size: int, *, crc: int | None = None, file: RegularFile | None = None) -> None:
        self.size = size
        self.short: str | None = None
        self._content = content
        self._crc = crc
        self._file = file
        self._head = bytearray()
        self._at = 0
        self._left = size
        self._sum = 0

    def seek(self, offset: int) -> None:
        """Read from byte `offset` next: behind the last read, or anywhere while no more than 256 kB were read.

        Raises OSError.
        """
        if offset < self._at:
            if self.done > len(self._head):
                raise OSError(errno.ESPIPE, "what lies in an archive is read forward only")
            self._at = offset
        while offset > self._at and self.read(min(_KEPT, offset - self._at)):
            pass

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; fewer only at the end. Raises OSError."""
        again = bytes(self._head[self._at : self._at + size]) if self._at < len(self._head) else b""
        self._at += len(again)
        if len(again) == size:
            return again
        fresh = self._fresh(size - len(again))
        self._at += len(fresh)
        return again + fresh if again else fresh

    def changed(self) -> bool:
        """Whether the archive is no longer as it was when it was opened."""
        return self._file is not None and self._file.changed()

    @property
    def bomb(self) -> bool:
        """Whether it is short because too much came out of too little."""
        return self.short is not None and self._content.bomb

    @property
    def done(self) -> int:
        """How many of its bytes were read, each counted once."""
        return self.size - self._left

    def _fresh(self, size: int) -> bytes:
        want = min(size, self._left)
        if not want or self.short:
            return b""
        data = self._content.read(want)
        before = self.size - self._left
        self._left -= len(data)
        if before == len(self._head) and (before + len(data) <= _KEPT or self._file is None):
            self._head += data
        if self._crc is not None:
            self._sum = zlib.crc32(data, self._sum)
            if not self._left and self._sum != self._crc:
                self.short = "damaged"
        if len(data) < want:
            self.short = self._content.broken or "cut short"
        return data
