"""The libraries' decompressors behind one interface: one packed stream each, in pieces of any size.

Knows no files and no sequence of streams (`ingest.inflate`).
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Protocol

from ingest.unpack import Method
from ingest.zstd_blocks import ZstdDamaged, ZstdFrame

if TYPE_CHECKING:
    import bz2
    import lzma

MOST_MEMORY = 256_000_000
"""Bytes that unpacking may take: xz files may ask for more than a computer has."""

DAMAGES: tuple[type[Exception], ...] = (zlib.error, ZstdDamaged, OSError, EOFError, ValueError)
"""What `decompress` raises when its input is not as it should be."""

_GZIP, _RAW = 31, -15


class Member(Protocol):
    """One packed stream."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        ...

    @property
    def hungry(self) -> bool:
        """Whether it can go on only with more input."""
        ...

    @property
    def rest(self) -> bytes:
        """Input that it did not use: to be given again, or behind the end."""
        ...

    def decompress(self, data: bytes, size: int, /) -> bytes:
        """The next unpacked bytes, at most `size`. Raises one of DAMAGES, MemoryError."""
        ...


class _Zlib:
    """zlib's object leaves what it did not use yet to its caller."""

    hungry = True

    def __init__(self, bits: int) -> None:
        self._inner = zlib.decompressobj(bits)
        self.decompress = self._inner.decompress

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def rest(self) -> bytes:
        return self._inner.unused_data if self._inner.eof else self._inner.unconsumed_tail


class _Keeping:
    """What bz2's and lzma's objects share: they keep what they did not use yet."""

    def __init__(self, inner: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._inner = inner

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def hungry(self) -> bool:
        return self._inner.needs_input

    @property
    def rest(self) -> bytes:
        return self._inner.unused_data if self._inner.eof else b""

    def decompress(self, data: bytes, size: int) -> bytes:
        return self._inner.decompress(data, size)


class _Bzip2(_Keeping):
    def __init__(self) -> None:
        import bz2

        super().__init__(bz2.BZ2Decompressor())


class _Xz(_Keeping):
    """It is told how much memory it may take."""

    def __init__(self) -> None:
        import lzma

        super().__init__(lzma.LZMADecompressor(memlimit=MOST_MEMORY))
        self._error = lzma.LZMAError

    def decompress(self, data: bytes, size: int) -> bytes:
        try:
            return super().decompress(data, size)
        except self._error as error:
            if "limit" in str(error):
                raise MemoryError from error
            raise ValueError from error


def member(method: Method) -> Member:
    """A decompressor that waits for the beginning of a stream packed by `method`, which is not "stored"."""
    if method in ("gzip", "deflate"):
        return _Zlib(_GZIP if method == "gzip" else _RAW)
    if method == "bzip2":
        return _Bzip2()
    return _Xz() if method == "xz" else ZstdFrame()
