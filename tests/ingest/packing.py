"""Packs bytes in every way that is read, for tests. Archives are written by the standard library where it can."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Mapping

import zstandard

Pack = Callable[[bytes], bytes]


def _zstd(content: bytes) -> bytes:
    # With a sum behind long content, without one behind short.
    return zstandard.ZstdCompressor(write_checksum=len(content) > 100_000).compress(content)


PACKERS: dict[str, Pack] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda content: lzma.compress(content, lzma.FORMAT_ALONE),
    "zst": _zstd,
}
"""By the ending of the name."""


def skippable(content: bytes) -> bytes:
    """A Zstandard frame that is to be passed over."""
    return b"\x53\x2a\x4d\x18" + len(content).to_bytes(4, "little") + content


def zip_bytes(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def tar_bytes(files: Mapping[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar archive, not packed."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=form) as archive:
        for name, content in files.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
    return packed.getvalue()
