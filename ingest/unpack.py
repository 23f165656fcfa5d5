"""Ways in which bytes are packed: how each is known by its first bytes, and how a source lies in packed files.

Knows no decompressor (`ingest.inflate`) and no archive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Method = Literal["stored", "deflate", "gzip", "bzip2", "xz", "zstd"]
"""deflate: as in ZIP archives, without a header of its own. xz: the older .lzma too."""

GZIP_STARTS = (b"\x1f\x8b\x08",)
BZIP2_STARTS = tuple(b"BZh%d" % level for level in range(1, 10))
XZ_STARTS = (b"\xfd7zXZ\x00",)
LZMA_STARTS = (b"\x5d\x00\x00",)
ZSTD_STARTS = (b"\x28\xb5\x2f\xfd", *(bytes((0x50 + n,)) + b"\x2a\x4d\x18" for n in range(16)))

METHOD_NAMES: dict[Method, str] = {"gzip": "gzip", "bzip2": "bzip2", "xz": "xz", "zstd": "Zstandard"}

_STARTS: tuple[tuple[Method, tuple[bytes, ...]], ...] = (
    ("gzip", GZIP_STARTS),
    ("xz", XZ_STARTS),
    ("zstd", ZSTD_STARTS),
)
_BZIP2_BLOCKS = (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")
_SUFFIXES: tuple[tuple[str, str], ...] = (
    (".tgz", ".tar"),
    (".tbz2", ".tar"),
    (".tbz", ".tar"),
    (".txz", ".tar"),
    (".tzst", ".tar"),
    (".gz", ""),
    (".bz2", ""),
    (".xz", ""),
    (".lzma", ""),
    (".zst", ""),
    (".zstd", ""),
)


@dataclass(frozen=True, slots=True)
class Layer:
    """One way down: what begins at byte `start` of what the layer above it yields is packed by `method`.

    size: bytes, of what is stored as it is; nothing behind them may be asked for, lest damage there do harm here.
    """

    method: Method
    start: int = 0
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Packing:
    """How a source lies in a file: the layers that lead to its content, the file's own first.

    inside: the source's name within the archive, "" when the file holds nothing else.
    """

    layers: tuple[Layer, ...]
    inside: str = ""


def packed_by(head: bytes) -> Method | None:
    """How a file that begins with `head` is packed; None when it is not, or in no way known here."""
    for method, starts in _STARTS:
        if head.startswith(starts):
            return method
    # Letters alone prove nothing; the first block's mark or the stream's end must follow.
    if head.startswith(BZIP2_STARTS) and head[4:10] in _BZIP2_BLOCKS:
        return "bzip2"
    return "xz" if _is_lzma(head) else None


def name_inside(name: str) -> str:
    """What a packed file of this name holds: "app.log" for "app.log.gz", "a.tar" for "a.tgz"."""
    lower = name.lower()
    for suffix, instead in _SUFFIXES:
        if lower.endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)] + instead
    return name


def _is_lzma(head: bytes) -> bool:
    """The format has no mark: usual properties, a dictionary of a power of two or 1.5 of one, then the size or -1."""
    if not head.startswith(LZMA_STARTS) or len(head) < 14:
        return False
    dictionary = int.from_bytes(head[1:5], "little")
    size = int.from_bytes(head[5:13], "little")
    bits = dictionary.bit_count()
    usual = bits == 1 or (bits == 2 and dictionary % 3 == 0)
    return usual and head[13] == 0 and (size == (1 << 64) - 1 or size < 1 << 40)
