"""Parses the bytes in front of a GGUF's weights: format versions 2 and 3, little-endian, after ggml's gguf.cpp.

Every length is checked against the bytes that are there before anything is allocated for it. Knows no files, no
architectures and no sentences for users: what does not fit is a Malformed with a few words.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from mmap import mmap
from typing import Any

from engine.ggml_types import TENSOR_TYPES

MAGIC = b"GGUF"
VERSIONS = (2, 3)

Scalar = str | bool | int | float
Value = Scalar | tuple[Scalar, ...]

MAX_STRING = 1 << 26
"""Bytes; chat templates and token texts are far below."""
MAX_ITEMS = 1 << 24
"""Entries of one array; the largest vocabularies hold some hundred thousand."""
MAX_DIMENSIONS = 4
MAX_VALUES = 1 << 48
"""Values of one tensor."""

_STRING, _ARRAY = 8, 9
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_LENGTH = struct.Struct("<Q")


class Malformed(Exception):
    """The bytes are no GGUF header. ends_early: the data stops before the header does, as in a broken download."""

    def __init__(self, reason: str, *, ends_early: bool = False) -> None:
        super().__init__(reason)
        self.ends_early = ends_early


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor's place. shape: fastest axis first, as ggml counts. offset: from the start of the data, in bytes."""

    name: str
    shape: tuple[int, ...]
    kind: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Header:
    """What stands in front of the weights. data_start: where offsets count from, in bytes of the file."""

    version: int
    metadata: dict[str, Value]
    tensors: tuple[Tensor, ...]
    data_start: int

    @property
    def end(self) -> int:
        """How many bytes the file must have."""
        return self.data_start + max((t.offset + t.size for t in self.tensors), default=0)


def parse(data: bytes | mmap) -> Header:
    """Read the header at the start of `data`. Raises Malformed."""
    reader = _Reader(data)
    if reader.raw(4) != MAGIC:
        raise Malformed("it does not begin with GGUF")
    version = reader.scalar("I")
    if version not in VERSIONS:
        if version & 0xFFFF == 0:
            raise Malformed("it was written for big-endian machines")
        raise Malformed(f"its format version is {version}, only 2 and 3 can be read")
    tensor_count, key_count = reader.scalar("Q"), reader.scalar("Q")
    metadata: dict[str, Value] = {}
    for _ in range(key_count):
        key = reader.string()
        if key in metadata:
            raise Malformed(f"it holds {key!r} twice")
        metadata[key] = reader.value(reader.scalar("I"))
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
        raise Malformed("its alignment is not a power of two")
    tensors: dict[str, Tensor] = {}
    for _ in range(tensor_count):
        tensor = _tensor(reader, alignment)
        if tensor.name in tensors:
            raise Malformed(f"it holds the tensor {tensor.name!r} twice")
        tensors[tensor.name] = tensor
    data_start = -(-reader.position // alignment) * alignment
    return Header(version, metadata, tuple(tensors.values()), data_start)


def _tensor(reader: _Reader, alignment: int) -> Tensor:
    name = reader.string()
    dimensions = reader.scalar("I")
    if dimensions > MAX_DIMENSIONS:
        raise Malformed(f"the tensor {name!r} has {dimensions} dimensions")
    shape = tuple(reader.scalar("Q") for _ in range(dimensions))
    number = reader.scalar("I")
    kind = TENSOR_TYPES.get(number)
    if kind is None:
        raise Malformed(f"the tensor {name!r} is of type {number}, which is not known")
    values = math.prod(shape)
    if values > MAX_VALUES:
        raise Malformed(f"the tensor {name!r} claims an impossible size")
    if shape and shape[0] % kind.block:
        raise Malformed(f"the tensor {name!r} does not consist of whole {kind.name} blocks")
    offset = reader.scalar("Q")
    if offset % alignment:
        raise Malformed(f"the tensor {name!r} begins at an odd place")
    return Tensor(name, shape, kind.name, offset, values // kind.block * kind.block_bytes)


class _Reader:
    """A position in the data; everything read moves it."""

    def __init__(self, data: bytes | mmap) -> None:
        self._data = data
        self._size = len(data)
        self.position = 0

    def raw(self, length: int) -> bytes:
        start, end = self.position, self.position + length
        if end > self._size:
            raise Malformed("it ends within its header", ends_early=True)
        self.position = end
        return self._data[start:end]

    def scalar(self, code: str) -> Any:
        packed = struct.Struct("<" + code)
        return packed.unpack(self.raw(packed.size))[0]

    def string(self) -> str:
        length = self.scalar("Q")
        if length > MAX_STRING:
            raise Malformed(f"it claims a text of {length:,} bytes")
        return self.raw(length).decode("utf-8", "replace")

    def value(self, kind: int) -> Value:
        if kind == _ARRAY:
            return self._array()
        return self._scalar_of(kind)()

    def _scalar_of(self, kind: int) -> Callable[[], Scalar]:
        if kind == _STRING:
            return self.string
        code = _SCALARS.get(kind)
        if code is None:
            raise Malformed(f"it holds a value of type {kind}, which is not known")
        return lambda: self.scalar(code)

    def _array(self) -> tuple[Scalar, ...]:
        kind, count = self.scalar("I"), self.scalar("Q")
        if count > MAX_ITEMS:
            raise Malformed(f"it claims a list of {count:,} entries")
        if kind == _STRING:
            return self._strings(count)
        if kind not in _SCALARS:
            raise Malformed(f"it holds a list of type {kind}, which is not known")
        packed = struct.Struct(f"<{count}{_SCALARS[kind]}")
        return packed.unpack(self.raw(packed.size))

    def _strings(self, count: int) -> tuple[str, ...]:
        # A vocabulary is two such lists of some hundred thousand entries, so this loop calls nothing of ours.
        data, size, position = self._data, self._size, self.position
        unpack = _LENGTH.unpack_from
        result: list[str] = []
        try:
            for _ in range(count):
                start = position + 8
                length = unpack(data, position)[0]
                if length > MAX_STRING:
                    raise Malformed(f"it claims a text of {length:,} bytes")
                position = start + length
                if position > size:
                    raise Malformed("it ends within its header", ends_early=True)
                result.append(data[start:position].decode("utf-8", "replace"))
        except struct.error:
            raise Malformed("it ends within its header", ends_early=True) from None
        self.position = position
        return tuple(result)
