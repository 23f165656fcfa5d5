"""One opened source: where its bytes come from, how large it is, its hash as it is read. Knows no content."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.files import RegularFile, base_name

if TYPE_CHECKING:
    from hashlib import _Hash


@dataclass(frozen=True, slots=True)
class Limits:
    """file_bytes: the largest file that is read whole. log_bytes: the longest log, unpacked; logs stay on disk."""

    file_bytes: int
    log_bytes: int


@dataclass(slots=True)
class Source:
    """A file or bytes. on_disk: it can be read again later. size: bytes as stored."""

    path: str
    handle: RegularFile | io.BytesIO
    size: int
    mtime_ns: int = 0
    on_disk: bool = True
    _hash: _Hash = field(default_factory=hashlib.sha256)
    _hashed: int = 0
    _at: int = 0

    @property
    def name(self) -> str:
        """The last part of the path, as valid Unicode."""
        return base_name(self.path)

    def seek(self, offset: int) -> None:
        """Read from byte `offset` next."""
        self.handle.seek(offset)
        self._at = offset

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; fewer only at the end. What is read for the first time enters the hash."""
        data = self.handle.read(size)
        fresh = self._at + len(data) - self._hashed
        if fresh > 0:
            self._hash.update(data[-fresh:] if fresh < len(data) else data)
            self._hashed += fresh
        self._at += len(data)
        return data

    def sha256(self) -> str:
        """Of everything read so far, hexadecimal."""
        return self._hash.hexdigest()

    def changed(self) -> bool:
        """Whether the file is no longer as it was when it was opened."""
        return isinstance(self.handle, RegularFile) and self.handle.changed()

    def size_now(self) -> int:
        """Bytes in the file at this moment."""
        return self.handle.size_now() if isinstance(self.handle, RegularFile) else self.size
