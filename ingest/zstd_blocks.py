"""Unpacks one Zstandard frame block by block, so that no call yields more than a block (128 kB), whatever is in it.

The library's own streaming object yields all that its input unpacks to at once: a few kilobytes can hold gigabytes.
Knows no files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zstandard import ZstdDecompressionObj

LARGEST_WINDOW = 1 << 27

_FRAME = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = b"\x2a\x4d\x18"
_DICTIONARY_BYTES = (0, 1, 2, 4)
_SIZE_BYTES = (0, 2, 4, 8)
_RLE, _RESERVED = 1, 3


class ZstdDamaged(Exception):
    """The frame is no Zstandard frame, or broken, or asks for a window over LARGEST_WINDOW."""


class ZstdFrame:
    """One frame."""

    def __init__(self) -> None:
        self._ended = False
        self._input = bytearray()
        self._output = b""
        self._starved = True
        self._frame: ZstdDecompressionObj | None = None
        self._skip = 0
        self._last = False
        self._checksum = 0

    @property
    def eof(self) -> bool:
        """Whether it has ended and all of it was given out."""
        return self._ended and not self._output

    @property
    def hungry(self) -> bool:
        """Whether it can go on only with more input."""
        return self._starved and not self._output

    @property
    def rest(self) -> bytes:
        """Input behind the end of the frame."""
        return bytes(self._input) if self.eof else b""

    def decompress(self, data: bytes, size: int) -> bytes:
        """The next unpacked bytes, at most `size`; none when more input is needed. Raises ZstdDamaged."""
        self._input += data
        # More would be kept here: what is given in has to be used up before anything else is asked for.
        self._starved = False
        while not self._output and not self._ended and not self._starved:
            self._starved = not self._step()
        piece, self._output = self._output[:size], self._output[size:]
        return piece

    def _step(self) -> bool:
        """One header, block or end; whether there was enough input for it."""
        if self._skip:
            count = min(self._skip, len(self._input))
            del self._input[:count]
            self._skip -= count
            self._ended = self._skip == 0
            return bool(count)
        if self._frame is None:
            return self._header()
        if self._last:
            return self._take(self._checksum, last=True)
        if len(self._input) < 3:
            return False
        word = int.from_bytes(self._input[:3], "little")
        kind, size = word >> 1 & 3, word >> 3
        if kind == _RESERVED:
            raise ZstdDamaged
        if not self._take(3 + (1 if kind == _RLE else size), last=bool(word & 1) and not self._checksum):
            return False
        self._last = bool(word & 1)
        return True

    def _header(self) -> bool:
        if len(self._input) < 8:
            return False
        if self._input[1:4] == _SKIPPABLE and self._input[0] >> 4 == 5:
            self._skip = int.from_bytes(self._input[4:8], "little")
            del self._input[:8]
            self._ended = self._skip == 0
            return True
        descriptor = self._input[4]
        single = descriptor >> 5 & 1
        count = _SIZE_BYTES[descriptor >> 6] or single
        length = 5 + (1 - single) + _DICTIONARY_BYTES[descriptor & 3] + count
        if self._input[:4] != _FRAME:
            raise ZstdDamaged
        if len(self._input) < length:
            return False
        from zstandard import ZstdDecompressor

        self._frame = ZstdDecompressor(max_window_size=LARGEST_WINDOW).decompressobj()
        self._checksum = 4 if descriptor & 4 else 0
        return self._take(length, last=False)

    def _take(self, count: int, *, last: bool) -> bool:
        """Unpack the next `count` bytes of input, if they are there. last: the frame ends with them."""
        from zstandard import ZstdError

        if len(self._input) < count:
            return False
        assert self._frame
        try:
            self._output = self._frame.decompress(bytes(self._input[:count])) if count else b""
        except ZstdError as error:
            raise ZstdDamaged from error
        del self._input[:count]
        if last or self._last:
            if not self._frame.eof:
                raise ZstdDamaged
            self._ended = True
        return True
