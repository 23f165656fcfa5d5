"""Seconds to read packed logs and archives, each against the bare library unpacking the same bytes in the same run.

    uv run tests/benchmarks/ingest_packed.py [--quick]

The bare loops unpack in pieces of 64 kB and do nothing with them: no lines, no hashes, no text. Then the growth of
memory with the size of a packed log and of an archive, each read in a process of its own.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import zstandard  # noqa: E402

from ingest.open_path import open_paths  # noqa: E402
from tests.benchmarks.ingest import WORDS, best, show  # noqa: E402

MEGABYTES, QUICK_MEGABYTES = 40, 8
GROWTH, QUICK_GROWTH = (20, 800), (10, 60)
_STEP = 65_536
_MEASURE = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from ingest.open_path import open_paths
open_paths([sys.argv[2]])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
documents = open_paths([sys.argv[3]]).documents
assert documents and all(document.status == "ok" for document in documents), documents
for document in documents:
    for section in document.sections:
        section.text
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def log_content(megabytes: int) -> bytes:
    """Lines of a log that packs to about a sixth."""
    chosen = random.Random(3)
    lines = "".join(
        f"2026-03-14T07:{n // 60 % 60:02d}:{n % 60:02d}Z {' '.join(chosen.choices(WORDS, k=9))} {chosen.random()}\n"
        for n in range(40_000)
    ).encode()
    return lines * max(1, megabytes * 1_000_000 // len(lines))


def _streamed(path: Path, unpack: Callable[[bytes], bytes]) -> None:
    with path.open("rb") as packed:
        while piece := packed.read(_STEP):
            unpack(piece)


def _zlib(path: Path) -> None:
    unpacker = zlib.decompressobj(31)
    with path.open("rb") as packed:
        while piece := packed.read(_STEP):
            while piece:
                unpacker.decompress(piece, _STEP)
                piece = unpacker.unconsumed_tail


def _xz(path: Path) -> None:
    _streamed(path, lzma.LZMADecompressor().decompress)


def _zstd(path: Path) -> None:
    _streamed(path, zstandard.ZstdDecompressor().decompressobj().decompress)


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with archive.open(name) as member:
                while member.read(_STEP):
                    pass


def _tar(path: Path) -> None:
    with tarfile.open(path, "r|gz") as archive:
        for member in archive:
            content = archive.extractfile(member)
            while content and content.read(_STEP):
                pass


def write_archive(path: Path, content: bytes, members: int) -> None:
    """`members` logs of the same content."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for number in range(members):
                packed.writestr(f"logs/{number}.log", content)
        return
    with tarfile.open(path, "w:gz", compresslevel=6) as archive:
        for number in range(members):
            header = tarfile.TarInfo(f"logs/{number}.log")
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))


def compare(folder: Path, *, quick: bool) -> None:
    """Every way of packing: indexed, then every stretch read again; and memory."""
    megabytes = QUICK_MEGABYTES if quick else MEGABYTES
    content = log_content(megabytes)
    rounds = 2 if quick else 4
    singles: list[tuple[str, Callable[[bytes], bytes], Callable[[Path], None]]] = [
        ("gz", lambda data: gzip.compress(data, 6), _zlib),
        ("bz2", bz2.compress, lambda path: _streamed(path, bz2.BZ2Decompressor().decompress)),
        ("xz", lambda data: lzma.compress(data, preset=1), _xz),
        ("zst", zstandard.compress, _zstd),
    ]  # fmt: skip
    for ending, pack, bare in singles:
        path = folder / f"a.log.{ending}"
        path.write_bytes(pack(content))
        _show(f"log, {megabytes} MB, {ending}", path, lambda bare=bare, path=path: bare(path), rounds)  # type: ignore[misc]
        path.unlink()
    for name, bare in (("logs.zip", _zip), ("logs.tar.gz", _tar)):
        path = folder / name
        write_archive(path, content[: len(content) // 8], 8)
        _show(f"8 logs, {megabytes} MB, {name}", path, lambda bare=bare, path=path: bare(path), rounds)  # type: ignore[misc]
        path.unlink()
    _compare_memory(folder, QUICK_GROWTH if quick else GROWTH)


def _show(what: str, path: Path, bare: Callable[[], None], rounds: int) -> None:
    raw = best(rounds, bare)
    show(f"{what}: indexed", best(rounds, lambda: open_paths([path])), raw)
    documents = open_paths([path]).documents
    again = best(rounds, lambda: [section.text for document in documents for section in document.sections])
    show(f"{what}: all read again", again, raw)


def _compare_memory(folder: Path, sizes: tuple[int, int]) -> None:
    small = folder / "small.log.gz"
    small.write_bytes(gzip.compress(log_content(1), 1))
    for name in ("a.log.gz", "a.log.xz", "a.log.zst", "logs.tar.gz", "logs.zip"):
        grown: list[str] = []
        for megabytes in sizes:
            path = folder / name
            _write_large(path, megabytes)
            command = [sys.executable, "-c", _MEASURE, str(ROOT), str(small), str(path)]
            kilobytes = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            grown.append(f"{megabytes:,} MB: {kilobytes / 1000:.0f} MB")
            path.unlink()
        print(f"{f'memory growth, {name}':<58} {'   '.join(grown)}", flush=True)


def _write_large(path: Path, megabytes: int) -> None:
    """Written piece by piece, since it may be larger than memory."""
    piece = log_content(1)
    count = max(1, megabytes * 1_000_000 // len(piece))
    if path.name.startswith("logs."):
        write_archive(path, piece * (count // 8 or 1), 8)
        return
    with path.open("wb") as file:
        if path.suffix == ".gz":
            packer: Any = gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1)
        elif path.suffix == ".xz":
            packer = lzma.LZMAFile(file, "wb", preset=0)
        else:
            packer = zstandard.ZstdCompressor().stream_writer(file, closefd=False)
        with packer:
            for _ in range(count):
                packer.write(piece)


def main() -> None:
    """All comparisons."""
    with tempfile.TemporaryDirectory() as name:
        compare(Path(name), quick="--quick" in sys.argv[1:])


if __name__ == "__main__":
    main()
