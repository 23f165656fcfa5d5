"""Single files packed in each of the ways that are read: logs stay on disk, everything else is read whole."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import random
import tracemalloc
from pathlib import Path

import pytest
import zstandard

from ingest.document import Document
from ingest.errors import SourceChanged
from ingest.inflate import Inflater
from ingest.log import SECTION_BYTES
from ingest.log_store import Stretch
from ingest.unpack import name_inside, packed_by
from tests.ingest.packing import PACKERS, Pack, skippable
from tests.ingest.reading import read, read_one, why_skipped
from tests.ingest.test_log import MEGABYTE, assert_followed_back, line

ENDINGS = tuple(PACKERS)


def a_log(size: int) -> bytes:
    return b"".join(map(line, range(size // len(line(10**5)))))


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", ["app.log", "nameless"])
def test_a_packed_log_stays_on_disk_and_leads_back(tmp_path: Path, ending: str, name: str) -> None:
    path = tmp_path / (f"{name}.{ending}" if name == "app.log" else name)
    content = a_log(3 * SECTION_BYTES)
    path.write_bytes(PACKERS[ending](content))
    document = read_one(path)
    assert (document.kind, document.status, document.problem) == ("log", "ok", None)
    assert all(isinstance(section.body, Stretch) for section in document.sections)
    assert_followed_back(document, content)
    assert document.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    shuffled = random.Random(1).sample(document.sections, len(document.sections))
    for section in shuffled:
        assert section.span.bytes
        assert section.text.encode() == content[slice(*section.span.bytes)]


@pytest.mark.parametrize("ending", [e for e in ENDINGS if e != "lzma"])
def test_several_packed_streams_are_one_log(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.log.{ending}"
    pack = PACKERS[ending]
    parts = [b"".join(map(line, range(n, n + 500))) for n in (0, 500, 1000)]
    padding = {"xz": b"\0" * 8, "zst": skippable(b"x" * 100_000)}.get(ending, b"")
    path.write_bytes(padding.join(map(pack, parts)) + padding)
    document = read_one(path)
    assert document.problem is None
    assert_followed_back(document, b"".join(parts))


def test_a_skippable_frame_may_come_first(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    content = a_log(5000)
    path.write_bytes(skippable(b"") + skippable(b"anything") + PACKERS["zst"](content))
    assert_followed_back(read_one(path), content)


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_cut_short_keeps_what_is_there(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.log.{ending}"
    chosen = random.Random(2)
    content = b"".join(line(chosen.randrange(10**12)) for _ in range(20_000))
    packed = PACKERS[ending](content)
    path.write_bytes(packed[: len(packed) * 3 // 4])
    document = read_one(path)
    assert document.status == "repaired"
    lines = document.sections[-1].span.lines
    assert lines
    assert document.problem == f"The compressed file is cut short: the text up to line {lines[1]:,} was unpacked."
    assert_followed_back(document, content[: document.sections[-1].span.bytes[1]])  # type: ignore[index]
    path.write_bytes(packed[:16])
    document = read_one(path)
    assert document.status == "failed"
    assert document.problem == "The compressed file is cut short: nothing in it could be unpacked."


@pytest.mark.parametrize("ending", ENDINGS)
def test_damage_is_named(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.log.{ending}"
    packed = bytearray(PACKERS[ending](a_log(4 * SECTION_BYTES)))
    packed[len(packed) // 2 : len(packed) // 2 + 40] = bytes(40)
    path.write_bytes(packed)
    document = read_one(path)
    assert document.problem
    assert document.status in ("repaired", "failed")
    assert "The compressed file is damaged" in document.problem


@pytest.mark.parametrize("ending", [e for e in ENDINGS if e != "lzma"])
def test_something_else_behind_it_is_named(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.log.{ending}"
    content = a_log(1000)
    path.write_bytes(PACKERS[ending](content) + b"what is this")
    document = read_one(path)
    assert document.problem
    assert "is followed by something else" in document.problem
    assert_followed_back(document, content)


@pytest.mark.parametrize("ending", ENDINGS)
def test_packed_text_is_read_as_what_it_is(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"notes.md.{ending}"
    path.write_bytes(PACKERS[ending](b"# Head\n\nprose\n"))
    document = read_one(path)
    assert (document.kind, document.sections[0].label) == ("markdown", "Head")
    path.write_bytes(PACKERS[ending](b""))
    assert read_one(path).status == "empty"
    (document,) = read(stdin=PACKERS[ending](b"some words\n" * 9)).documents
    assert document.sections[0].text == "some words\n" * 9


def test_what_is_packed_twice_is_left_to_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "a.log.gz.xz"
    path.write_bytes(PACKERS["xz"](PACKERS["gz"](a_log(1000))))
    assert why_skipped(path) == "packed more than once; unpack it and add what is inside"


def _bomb(kind: str) -> bytes:
    """100 MB of log lines in less than 200 kB."""
    piece = line(1) * (MEGABYTE // len(line(1)))
    return PACKERS[kind](piece) * 100


@pytest.mark.parametrize("ending", ["gz", "bz2", "xz", "zst"])
def test_a_bomb_is_one_sentence_and_little_memory(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"bomb.log.{ending}"
    packed = gzip.compress(b"ERROR 1\n" * (100 * MEGABYTE // 8)) if ending == "gz" else _bomb(ending)
    assert len(packed) * 500 < 100_000_000
    path.write_bytes(packed)
    document, peak = _measured(path)
    assert document.status == "failed"
    assert document.problem == (
        "The compressed file is a bomb, or as good as one: it unpacks to over 500 times its size. "
        "Unpack it yourself, and add the part you need."
    )
    assert peak < (32 if ending == "xz" else 4) * MEGABYTE, "of xz the library's own window counts"


def _measured(path: Path) -> tuple[Document, int]:
    read(path.with_name("missing"))
    tracemalloc.start()
    try:
        document = read_one(path)
        return document, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("sizes", [(1,), (7, 100_000), (65_536,), (300_000, 1), (1 << 22,)], ids=str)
def test_pieces_of_any_size_make_the_whole(ending: str, sizes: tuple[int, ...]) -> None:
    chosen = random.Random(4)
    content = b"".join(line(chosen.randrange(10**9)) for _ in range(30 if sizes == (1,) else 6000))
    inflater = Inflater(packed_by(PACKERS[ending](b"")) or "stored")
    file = io.BytesIO(PACKERS[ending](content) + (PACKERS[ending](b"end") if ending != "lzma" else b""))
    pieces: list[bytes] = []
    while piece := inflater.read(file, sizes[len(pieces) % len(sizes)]):
        pieces.append(piece)
    assert inflater.broken is None
    assert b"".join(pieces).removesuffix(b"end") == content
    assert inflater.position == sum(map(len, pieces))
    assert all(len(piece) == sizes[n % len(sizes)] for n, piece in enumerate(pieces[:-1]))


@pytest.mark.parametrize("checksum", [True, False])
def test_a_last_block_that_is_taken_in_pieces(checksum: bool) -> None:
    content = b"words " * 20_000
    file = io.BytesIO(zstandard.ZstdCompressor(write_checksum=checksum).compress(content) * 2)
    inflater = Inflater("zstd")
    pieces = list(iter(lambda: inflater.read(file, 1000), b""))
    assert b"".join(pieces) == content * 2
    assert inflater.broken is None


def test_a_zstandard_block_never_yields_more_than_a_block() -> None:
    class Counting:
        def __init__(self, content: bytes) -> None:
            self.content, self.at = content, 0

        def seek(self, offset: int) -> None:
            self.at = offset

        def read(self, size: int) -> bytes:
            return self.content[self.at : self.at + size]

    packed = zstandard.ZstdCompressor().compress(bytes(200 * MEGABYTE))
    assert len(packed) < 20_000
    inflater = Inflater("zstd")
    tracemalloc.start()
    try:
        assert inflater.read(Counting(packed), 1000) == bytes(1000)
        assert tracemalloc.get_traced_memory()[1] < MEGABYTE
    finally:
        tracemalloc.stop()


def test_no_more_of_zstandard_is_taken_in_than_is_unpacked_next() -> None:
    size = 24 * MEGABYTE
    four = bytes.maketrans(bytes(range(256)), b"acgt" * 64)
    file = io.BytesIO(PACKERS["zst"](random.Random(3).randbytes(size).translate(four)))
    inflater = Inflater("zstd")
    tracemalloc.start()
    try:
        assert sum(map(len, iter(lambda: inflater.read(file, 1 << 16), b""))) == size
        assert tracemalloc.get_traced_memory()[1] < MEGABYTE
    finally:
        tracemalloc.stop()


def test_xz_that_asks_for_too_much_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.log.xz"
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 20}]
    packed = bytearray(lzma.compress(a_log(1000), filters=filters))
    at = packed.index(b"\x21\x01")
    packed[at + 2] = 40
    packed[20:24] = (__import__("zlib").crc32(packed[12:20])).to_bytes(4, "little")
    path.write_bytes(packed)
    document = read_one(path)
    assert document.status == "failed"
    assert document.problem
    assert "takes over 256 MB of memory" in document.problem


def test_zstandard_with_too_large_a_window_is_damaged_not_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "a.log.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd" + bytes((0x00, 0xFF)) + b"\x01\x00\x00" + bytes(100))
    assert read_one(path).status == "failed"


def test_a_packed_log_that_changed_is_noticed(tmp_path: Path) -> None:
    for ending, pack in PACKERS.items():
        path = tmp_path / f"a.log.{ending}"
        content = a_log(2 * SECTION_BYTES)
        path.write_bytes(pack(content))
        sections = read_one(path).sections
        path.write_bytes(pack(content.replace(b"Aurora", b"Boreas")))
        for section in sections:
            with pytest.raises(SourceChanged, match=rf"a\.log\.{ending} has changed since it was added"):
                section.text  # noqa: B018


@pytest.mark.parametrize(
    ("name", "inside"),
    [("a.log.gz", "a.log"), ("A.TGZ", "A.tar"), (".gz", ".gz"), ("a.tar.zst", "a.tar"), ("a.log", "a.log")],
)
def test_the_name_of_what_is_inside(name: str, inside: str) -> None:
    assert name_inside(name) == inside


@pytest.mark.parametrize("text", [b"BZh9 is what it says\n", b"]\0\0 no", b"]\0\0" + b"word " * 9, b"PK", b""])
def test_text_is_not_taken_for_packed(text: bytes) -> None:
    assert packed_by(text) is None


@pytest.mark.parametrize("pack", PACKERS.values(), ids=ENDINGS)
def test_each_way_is_known_by_its_beginning(pack: Pack) -> None:
    assert packed_by(pack(b"words")) is not None
    assert packed_by(pack(b"")) is not None
