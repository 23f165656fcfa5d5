"""Unpacks forward, in pieces of any size, with memory that does not depend on the file. Knows nothing of text.

Every method (`ingest.unpack.Method`) behind one interface; what is packed several times over is a chain of layers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from ingest.decompressors import DAMAGES, MOST_MEMORY, member
from ingest.unpack import BZIP2_STARTS, GZIP_STARTS, LZMA_STARTS, XZ_STARTS, ZSTD_STARTS, Layer, Method

HARMLESS = 64_000_000
MOST_TIMES = 500
"""What unpacks to more than HARMLESS bytes and to more than MOST_TIMES its size is taken for a bomb."""

BOMB = f"a bomb, or as good as one: it unpacks to over {MOST_TIMES} times its size"

_STEP = 65_536
_SKIP = 1 << 18
_STARTS: dict[Method, tuple[bytes, ...]] = {
    "gzip": tuple(start[:2] for start in GZIP_STARTS),
    "bzip2": tuple(start[:3] for start in BZIP2_STARTS[:1]),
    "xz": (*XZ_STARTS, *LZMA_STARTS),
    "zstd": ZSTD_STARTS,
}


class Packed(Protocol):
    """Where the packed bytes come from: an open file or bytes in memory."""

    def seek(self, offset: int, /) -> object:
        """Read from byte `offset` next."""
        ...

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most `size`; fewer only at the end."""
        ...


class Unpacking(Protocol):
    """Where unpacking stands; holds no file, so it can wait without keeping one open.

    position: bytes unpacked so far. broken: why nothing more can be unpacked although the file goes on or should, in
    words that follow "it is". bomb: whether that is its ratio.
    """

    position: int

    @property
    def broken(self) -> str | None:
        """Why it ended early, None when it did not."""
        ...

    @property
    def bomb(self) -> bool:
        """Whether it ended because too much came out of too little."""
        ...

    def read(self, file: Packed, size: int) -> bytes:
        """The next unpacked bytes, at most `size`; fewer only at the end (see `broken`)."""
        ...


def unpacking(layers: Sequence[Layer]) -> Unpacking:
    """From the beginning of what lies behind `layers` (one at least)."""
    whole = _one(layers[0])
    for layer in layers[1:]:
        whole = _Chain(whole, layer)
    return whole


def _one(layer: Layer) -> Unpacking:
    return _Stored(layer.start, layer.size) if layer.method == "stored" else Inflater(layer.method, layer.start)


class Inflater:
    """Unpacks one file or member of an archive, which may consist of several packed streams. See `Unpacking`."""

    def __init__(self, method: Method, start: int = 0) -> None:
        self.position = 0
        self.broken: str | None = None
        self.bomb = False
        self._method = method
        self._start = start
        self._offset = start
        self._packed = b""
        self._member = member(method)
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
            self.position += len(piece)
            if self.position > HARMLESS and self.position > MOST_TIMES * (self._offset - self._start):
                self.bomb = True
                self._stop(BOMB)
        return b"".join(parts) if len(parts) != 1 else parts[0]

    def _next(self, file: Packed, size: int) -> bytes:
        if not self._packed and (self._member.hungry or self._member.eof):
            self._packed = file.read(_STEP)
            self._offset += len(self._packed)
            at_end = not self._packed
        else:
            at_end = False
        if self._member.eof:
            self._begin_member(at_end)
            return b""
        try:
            piece = self._member.decompress(self._packed, size)
        except DAMAGES:
            self._stop("damaged")
            return b""
        except MemoryError:
            self._stop(f"packed so that unpacking takes over {MOST_MEMORY // 1_000_000} MB of memory")
            return b""
        self._packed = self._member.rest
        if at_end and not piece and not self._member.eof:
            self._stop("cut short")
        return piece

    def _begin_member(self, at_end: bool) -> None:
        if self._method == "deflate":
            self._ended = True
            return
        self._packed = self._packed.lstrip(b"\0")
        if at_end:
            self._ended = True
        elif self._packed and any(self._packed.startswith(s[: len(self._packed)]) for s in _STARTS[self._method]):
            self._member = member(self._method)
        elif self._packed:
            self._stop("followed by something else")

    def _stop(self, reason: str) -> None:
        self.broken = reason
        self._ended = True


class _Stored:
    """What lies in its file as it is."""

    broken: str | None = None
    bomb = False

    def __init__(self, start: int, size: int | None) -> None:
        self.position = 0
        self._start = start
        self._size = size

    def skip(self, count: int) -> None:
        """Go on behind the next `count` bytes."""
        self.position += count

    def read(self, file: Packed, size: int) -> bytes:
        if self._size is not None:
            size = max(0, min(size, self._size - self.position))
        file.seek(self._start + self.position)
        data = file.read(size)
        self.position += len(data)
        return data


class _Chain:
    """A layer that lies in what another yields."""

    def __init__(self, above: Unpacking, layer: Layer) -> None:
        self._above = above
        self._inner = _one(layer)
        self.position = 0

    @property
    def broken(self) -> str | None:
        return self._above.broken or self._inner.broken

    @property
    def bomb(self) -> bool:
        return self._above.bomb or self._inner.bomb

    def read(self, file: Packed, size: int) -> bytes:
        data = self._inner.read(Forward(self._above, file), size)
        self.position += len(data)
        return data


class Forward:
    """What is unpacked, read as a file is; forward only. check: called now and then while it skips; may raise."""

    def __init__(self, unpacked: Unpacking, file: Packed, check: Callable[[], None] | None = None) -> None:
        self._unpacked = unpacked
        self._file = file
        self._check = check

    @property
    def broken(self) -> str | None:
        """Why it ended early, None when it did not."""
        return self._unpacked.broken

    @property
    def bomb(self) -> bool:
        """Whether it ended because too much came out of too little."""
        return self._unpacked.bomb

    def seek(self, offset: int) -> None:
        """Read from byte `offset` next, or from the end when there are fewer. It lies at or behind the last read."""
        if isinstance(self._unpacked, _Stored):
            self._unpacked.skip(offset - self._unpacked.position)
        while (gap := offset - self._unpacked.position) > 0:
            if self._check:
                self._check()
            if not self._unpacked.read(self._file, min(gap, _SKIP)):
                return

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; fewer only at the end."""
        return self._unpacked.read(self._file, size)
