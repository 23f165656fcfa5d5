"""One opened source: where its bytes come from, how large it is, its hash as it is read. Knows no content."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.files import RegularFile
from ingest.member import MemberFile
from ingest.unpack import Layer, Method, Packing

if TYPE_CHECKING:
    from hashlib import _Hash


@dataclass(frozen=True, slots=True)
class Limits:
    """file_bytes: the largest file that is read whole. log_bytes: the longest log, unpacked; logs stay on disk."""

    file_bytes: int
    log_bytes: int


@dataclass(slots=True)
class Source:
    """A file or bytes. name: the last part of its path, as valid Unicode. size: bytes as stored.

    on_disk: it can be read again later. archive: the file on disk that holds it, for a member of an archive, which lies
    there behind `layers`; size and mtime_ns are then the member's and the archive's.
    """

    path: str
    name: str
    handle: RegularFile | MemberFile | io.BytesIO
    size: int
    mtime_ns: int = 0
    on_disk: bool = True
    archive: str | None = None
    layers: tuple[Layer, ...] = ()
    _hash: _Hash | None = None
    _hashed: int = 0
    _at: int = 0

    def seek(self, offset: int) -> None:
        """Read from byte `offset` next."""
        self.handle.seek(offset)
        self._at = offset

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; fewer only at the end. What is read for the first time enters the hash."""
        data = self.handle.read(size)
        self._at += len(data)
        fresh = self._at - self._hashed
        if fresh > 0:
            new = data if fresh == len(data) else data[-fresh:]
            if self._hash is None:
                self._hash = hashlib.sha256(new)
            else:
                self._hash.update(new)
            self._hashed = self._at
        return data

    def sha256(self) -> str:
        """Of everything read so far, hexadecimal."""
        return (self._hash or hashlib.sha256()).hexdigest()

    def file(self) -> str | None:
        """The file on disk where it can be read again, None when there is none."""
        return (self.archive or self.path) if self.on_disk else None

    def packing(self, method: Method | None = None) -> Packing | None:
        """How it lies in that file; method: how it is itself packed."""
        layers = (*self.layers, Layer(method)) if method else self.layers
        return Packing(layers, self.path[len(self.archive) + 1 :] if self.archive else "") if layers else None

    @property
    def short(self) -> str | None:
        """Why a member of an archive is not all there, in words that follow "it is"; None otherwise."""
        return self.handle.short if isinstance(self.handle, MemberFile) else None

    @property
    def shortage(self) -> str | None:
        """The sentence about a member of an archive that is not all there, without its stop and what to do."""
        return f"In the archive it is {self.short}" if self.short else None

    @property
    def bomb(self) -> bool:
        """Whether it is a member of an archive of which too much came out of too little."""
        return isinstance(self.handle, MemberFile) and self.handle.bomb

    def changed(self) -> bool:
        """Whether the file is no longer as it was when it was opened."""
        return not isinstance(self.handle, io.BytesIO) and self.handle.changed()

    def size_now(self) -> int:
        """Bytes in the file at this moment."""
        return self.handle.size_now() if isinstance(self.handle, RegularFile) else self.size
