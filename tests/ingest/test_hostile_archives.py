"""Archives that mean harm, or were made badly: each with the sentence that is all it costs."""

from __future__ import annotations

import gzip
import io
import os
import random
import stat
import struct
import tarfile
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from ingest import archive
from ingest.document import Ingested
from ingest.open_path import open_paths
from tests.ingest.packing import PACKERS, tar_bytes, zip_bytes
from tests.ingest.reading import read
from tests.ingest.test_archive import ARCHIVES, FILES, inside, reasons, text_of
from tests.ingest.test_log import MEGABYTE, line

SEVERAL = "its name is in the archive more than once; the last one was taken"
Change = Callable[[bytearray, int], None]


def read_bytes(folder: Path, content: bytes, **options: int) -> tuple[dict[str, str], dict[str, str]]:
    """Texts and reasons by the names that they have in the archive ("" for the archive itself)."""
    path = folder / "archive"
    path.write_bytes(content)
    before = sorted(Path(folder.parent).rglob("*"))
    ingested = read(path, **options)
    assert sorted(Path(folder.parent).rglob("*")) == before, "something was written"
    found = {name: text_of(document) for name, document in inside(ingested, path).items()}
    return found, {name.removeprefix(str(path)): reason for name, reason in reasons(ingested, path).items()}


def with_entries(content: bytes, change: Change) -> bytes:
    """A ZIP archive with each entry of its list changed: given all bytes and where the entry begins."""
    changed = bytearray(content)
    at = changed.find(b"PK\x01\x02")
    while at >= 0:
        change(changed, at)
        at = changed.find(b"PK\x01\x02", at + 4)
    return bytes(changed)


def tar_of(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as whole:
        for header, content in members:
            header.size = len(content)
            whole.addfile(header, io.BytesIO(content))
    return packed.getvalue()


def header(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


@pytest.mark.parametrize("pack", [zip_bytes, tar_bytes])
def test_names_that_lead_out_are_only_names(tmp_path: Path, pack: Callable[[dict[str, bytes]], bytes]) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    names = [
        "../../up.txt",
        "/etc/absolute.txt",
        "C:\\windows\\x.txt",
        "ok/./../x.txt",
        "line\nbreak.txt",
        "..",
        "a//b.txt",
    ]
    found, skipped = read_bytes(folder, pack(dict.fromkeys(names, b"words\n")))
    assert not skipped
    assert set(found) == {
        "../../up.txt", "etc/absolute.txt", "C:\\windows\\x.txt", "ok/../x.txt", "line\nbreak.txt", "..", "a/b.txt",
    }  # fmt: skip


def test_what_is_no_file_in_a_tar(tmp_path: Path) -> None:
    content = tar_of(
        (header("link", tarfile.SYMTYPE, "/etc/passwd"), b""),
        (header("hard", tarfile.LNKTYPE, "a.txt"), b""),
        (header("pipe", tarfile.FIFOTYPE), b""),
        (header("disk", tarfile.BLKTYPE), b""),
        (header("tty", tarfile.CHRTYPE), b""),
        (header("holes", tarfile.GNUTYPE_SPARSE), b"12345678"),
        (header("strange", b"V"), b""),
        (header("folder", tarfile.DIRTYPE), b""),
        (header("a.txt"), b"words\n"),
    )
    found, skipped = read_bytes(tmp_path, content)
    assert found == {"a.txt": "words\n"}
    assert skipped == {
        "link": "a link",
        "hard": "a link to another file of the archive",
        "pipe": "a named pipe, not a file",
        "disk": "a device, not a file",
        "tty": "a device, not a file",
        "holes": "a file with holes, which is not read from archives",
        "strange": "not a regular file",
    }


def test_what_is_no_file_in_a_zip(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as whole:
        for name, mode in (("link", stat.S_IFLNK), ("pipe", stat.S_IFIFO), ("folder/", stat.S_IFDIR), ("a.txt", 0)):
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, (mode | 0o644) << 16
            whole.writestr(info, b"" if name.endswith("/") else b"/etc/passwd")
    found, skipped = read_bytes(tmp_path, packed.getvalue())
    assert found == {"a.txt": "/etc/passwd"}
    assert skipped == {"link": "a link", "pipe": "a device, not a file"}


def test_members_that_cannot_be_read_cost_themselves_only(tmp_path: Path) -> None:
    content = zip_bytes({"secret.txt": b"words\n", "odd.txt": b"words\n", "a.txt": b"words\n"})

    def change(data: bytearray, at: int) -> None:
        name = bytes(data[at + 46 : at + 50])
        if name == b"secr":
            data[at + 8] |= 1
        if name == b"odd.":
            data[at + 10] = 9

    found, skipped = read_bytes(tmp_path, with_entries(content, change))
    assert found == {"a.txt": "words\n"}
    assert skipped == {
        "secret.txt": "it is encrypted; unpack the archive with its password and add what is inside",
        "odd.txt": "packed by a method that is not read here (number 9); unpack the archive and add the file",
    }


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("form", ["zip", "tar"])
def test_of_several_with_one_name_the_last_counts(tmp_path: Path, form: str) -> None:
    packed = io.BytesIO()
    if form == "zip":
        with zipfile.ZipFile(packed, "w") as whole:
            for content in (b"first\n", b"second\n", b"third\n"):
                whole.writestr("a.txt", content)
        twice = packed.getvalue()
    else:
        twice = tar_of(*((header(name), text) for name, text in (("a.txt", b"first\n"), ("./a.txt", b"third\n"))))
    assert read_bytes(tmp_path, twice) == ({"a.txt": "third\n"}, {"a.txt": SEVERAL} if form == "tar" else {})


def test_names_in_every_encoding(tmp_path: Path) -> None:
    content = zip_bytes(
        {"gr\u00f6\u00dfe.txt": b"a\n", "old_@@@@.txt": b"b\n", "bad_%%%%.txt": b"c\n", "nul_##.txt": b"d\n"}
    )
    content = content.replace(b"old_@@@@", b"old_\x81\x94\xe1\x9a").replace(b"bad_%%%%", b"bad_\xff\xfe\xfd\xfc")
    content = content.replace(b"nul_##", b"nul\0##")

    def flag(data: bytearray, at: int) -> None:
        if data[at + 46 : at + 49] == b"bad":
            data[at + 9] |= 8

    found, _ = read_bytes(tmp_path, with_entries(content, flag))
    assert found == {
        "gr\u00f6\u00dfe.txt": "a\n",
        "old_\u00fc\u00f6\u00df\u00dc.txt": "b\n",
        "bad_\udcff\udcfe\udcfd\udcfc.txt": "c\n",
        "nul": "d\n",
    }

    def unflag(data: bytearray, at: int) -> None:
        data[at + 9] &= ~8

    found, _ = read_bytes(tmp_path, with_entries(zip_bytes({"gr\u00f6\u00dfe.txt": b"a\n"}), unflag))
    assert found == {"gr\u00f6\u00dfe.txt": "a\n"}, "UTF-8 without saying so"
    found, _ = read_bytes(tmp_path, tar_bytes({"bad_\udcff.txt": b"a\n", "n" * 300 + ".txt": b"b\n"}))
    assert found == {"bad_\udcff.txt": "a\n", "n" * 300 + ".txt": "b\n"}


def test_members_that_share_their_bytes_are_a_bomb(tmp_path: Path) -> None:
    kernel = zip_bytes({"kernel.txt": b"words\n" * 1000})
    start, end = kernel.index(b"PK\x01\x02"), kernel.index(b"PK\x05\x06")
    entry = kernel[start:end]
    many = b"".join(entry.replace(b"kernel", b"k%05d" % n) for n in range(1000))
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1000, 1000, len(many), start, 0)
    found, skipped = read_bytes(tmp_path, kernel[:start] + many + tail)
    assert not found
    assert len(skipped) == 1000
    assert set(skipped.values()) == {"it overlaps another member, as in a bomb"}


def _archive_with_bomb(form: str, bomb: bytes) -> bytes:
    if form == "tar.gz":
        return gzip.compress(tar_bytes({"a.txt": bomb, "b.txt": b"words\n"}))
    inner = zip_bytes({"a.txt": bomb})
    return zip_bytes(
        {"in.zip": inner, "b.txt": b"words\n"} if form == "nested" else {"a.txt": bomb, "b.txt": b"words\n"}
    )


@pytest.mark.parametrize("form", ["zip", "tar.gz", "nested"])
@pytest.mark.parametrize("text", [b"ERROR 1\n", b"words and\n"])
def test_a_bomb_in_an_archive_is_one_sentence_and_little_memory(tmp_path: Path, form: str, text: bytes) -> None:
    content = _archive_with_bomb(form, text * (100 * MEGABYTE // len(text)))
    path = tmp_path / "archive"
    path.write_bytes(content)
    read(tmp_path / "missing")
    tracemalloc.start()
    try:
        ingested = read(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 150 * MEGABYTE
    (failed,) = [document for document in ingested.documents if document.problem]
    assert (failed.status, failed.sections) == ("failed", ())
    assert failed.problem == (
        "In the archive it is a bomb, or as good as one: it unpacks to over 500 times its size. "
        "Unpack it yourself, and add the part you need."
    )
    if form == "zip":
        assert text_of(ingested.documents[-1]) == "words\n"
    else:
        assert "a bomb, or as good as one" in ingested.skipped[0].reason


@pytest.mark.parametrize("pack", [zip_bytes, lambda files: gzip.compress(tar_bytes(files))])
def test_many_small_bombs_are_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Callable[[object], bytes]
) -> None:
    monkeypatch.setattr(archive, "HARMLESS", 100_000)
    monkeypatch.setattr(archive, "MOST_TIMES", 20)
    found, skipped = read_bytes(tmp_path, pack({f"{n:02}.txt": b"words and\n" * 5000 for n in range(30)}))
    assert 1 < len(found) < 30
    said = (
        f"a bomb, or as good as one: it unpacks to over 20 times its size; what stands in it from '{len(found):02}.txt'"
    )
    assert skipped == {"": f"{said} on was left out"}


def test_as_much_as_the_limits_allow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"{n:02}.txt": os.urandom(15).hex().encode() * 100 + b"\n" for n in range(20)}
    found, skipped = read_bytes(tmp_path, zip_bytes(files), max_log_bytes=10_000)
    assert len(found) == 4
    assert skipped == {"": "it unpacks to more than 10 kB; what stands in it from '04.txt' on was left out"}
    found, skipped = read_bytes(tmp_path, gzip.compress(tar_bytes(files)), max_file_bytes=4000)
    assert len(found) == 3
    assert skipped == {"": "it holds more than 8 kB of text; what stands in it from '03.txt' on was left out"}
    monkeypatch.setattr(archive, "MOST_MEMBERS", 5)
    for pack in (zip_bytes, tar_bytes):
        found, skipped = read_bytes(tmp_path, pack(files))
        assert len(found) == 5
        assert skipped[""].startswith("it holds more than 5 files; ")
    monkeypatch.setattr(archive, "LARGEST_NESTED", 1000)
    assert read_bytes(tmp_path, tar_bytes({"in.zip": zip_bytes(files)}))[1] == {
        "in.zip": "a ZIP archive within an archive, larger than 1 kB; unpack it and add that"
    }


def test_sizes_that_lie(tmp_path: Path) -> None:
    content = zip_bytes({"a.txt": b"some words\n" * 20, "b.log": b"".join(map(line, range(9))), "c.txt": b"words\n"})

    def claims(size: int) -> Change:
        def change(data: bytearray, at: int) -> None:
            if data[at + 46 : at + 47] != b"c":
                data[at + 24 : at + 28] = size.to_bytes(4, "little")

        return change

    path = tmp_path / "archive"
    path.write_bytes(with_entries(content, claims(1 << 27)))
    documents = inside(read(path), path)
    assert documents["a.txt"].problem == "In the archive it is cut short. Get a complete copy."
    assert documents["b.log"].problem == "In the archive it is cut short: the text up to line 9 was unpacked."
    assert documents["c.txt"].status == "ok"
    path.write_bytes(with_entries(content, claims(50)))
    documents = inside(read(path), path)
    assert documents["a.txt"].problem == "In the archive it is damaged. Get a complete copy."
    assert documents["b.log"].status == "repaired"
    path.write_bytes(with_entries(content, claims((1 << 32) - 1)))
    assert inside(read(path), path)["c.txt"].status == "ok"


def test_a_wrong_sum_is_damage(tmp_path: Path) -> None:
    content = with_entries(zip_bytes({"a.txt": b"words\n"}, zipfile.ZIP_STORED), lambda data, at: None)
    path = tmp_path / "archive"
    path.write_bytes(content.replace(b"words", b"swords"[:5]))
    (document,) = read(path).documents
    assert document.problem == "In the archive it is damaged. Get a complete copy."


@pytest.mark.parametrize("at", ["nowhere", "behind", "huge"])
def test_members_that_lie_elsewhere(tmp_path: Path, at: str) -> None:
    place = {"nowhere": 3, "behind": 10_000, "huge": 0xFFFFFFF0}[at]

    def change(data: bytearray, entry: int) -> None:
        if data[entry + 46 : entry + 47] == b"a":
            data[entry + 42 : entry + 46] = place.to_bytes(4, "little")

    found, skipped = read_bytes(tmp_path, with_entries(zip_bytes({"a.txt": b"a\n", "b.txt": b"b\n"}), change))
    assert "a.txt" not in found
    assert "a.txt" in skipped


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_that_is_cut_short_gives_what_is_there(tmp_path: Path, name: str) -> None:
    chosen = random.Random(3)
    # bzip2 gives nothing of a block that is not whole.
    size = 110_000 if "bz2" in name else 30_000
    files = {f"{n}.txt": chosen.randbytes(size).hex().encode() for n in range(9)}
    content = ARCHIVES[name](files)
    found, skipped = read_bytes(tmp_path, content[: len(content) // 2])
    if name.endswith("zip"):
        assert skipped == {"": "a ZIP archive that is damaged or cut short; get a complete copy"}
    else:
        assert "0.txt" in found
        assert found["0.txt"].encode() == files["0.txt"]
        assert "cut short" in skipped[""]


@pytest.mark.parametrize(
    "size",
    [
        b"77777777777\0",
        b"\x80" + b"\xff" * 11,
        b"\xff" * 12,
        b"\x80" + bytes(3) + b"\x7f" + b"\xff" * 7,
        b"-0000000001\0",
    ],
)
def test_tar_headers_with_sizes_from_elsewhere(tmp_path: Path, size: bytes) -> None:
    block = bytearray(tar_bytes({"a.txt": b"words\n", "b.txt": b"words\n"}))
    block[124:136] = size
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block[:512])
    found, skipped = read_bytes(tmp_path, bytes(block))
    assert "b.txt" not in found
    assert skipped or not found


def test_tar_records_that_are_too_large_or_never_end(tmp_path: Path) -> None:
    for kind in (tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE):
        huge = tar_of((header("x", kind), b"9" * 2_000_000), (header("a.txt"), b"words\n"))
        found, skipped = read_bytes(tmp_path, gzip.compress(huge))
        assert not found
        assert skipped == {"": "a tar archive that is damaged or cut short"}
    for record in (b"0 path=x\n", b"99999999999 path=x\n", b"x", b" ", b"5 a=\n" * 200_000, b"12 path=a\0b\n"):
        found, _ = read_bytes(tmp_path, tar_of((header("x", tarfile.XHDTYPE), record), (header("a.txt"), b"words\n")))
        assert list(found.values()) == ["words\n"]


def test_lists_that_lie(tmp_path: Path) -> None:
    content = zip_bytes(FILES)
    end = content.index(b"PK\x05\x06")
    for at, value in (
        (8, b"\xff\xff"),
        (10, b"\xff\xff"),
        (12, b"\xff" * 4),
        (16, b"\xff" * 4),
        (12, bytes(4)),
        (16, bytes(4)),
    ):
        changed = bytearray(content)
        changed[end + at : end + at + len(value)] = value
        found, skipped = read_bytes(tmp_path, bytes(changed))
        assert found or skipped
    for comment in (b"PK\x05\x06", b"PK\x05\x06" + bytes(30)):
        found, skipped = read_bytes(tmp_path, content[:-2] + len(comment).to_bytes(2, "little") + comment)
        assert found or skipped
    assert read_bytes(tmp_path, zip_bytes({})) == ({}, {"": "an archive without any files"})
    assert read_bytes(tmp_path, tar_bytes({".git/x": b"x"})) == ({}, {"": "an archive without any files"})


def test_a_long_list_is_looked_through_quickly(tmp_path: Path) -> None:
    found, _ = read_bytes(tmp_path, zip_bytes({f"folder/{n:06}.txt": b"x\n" for n in range(3000)}))
    assert len(found) == 3000


def test_an_archive_that_changes_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zip_bytes({f"{n}.txt": b"words\n" * 500 for n in range(50)}))
    times = iter(range(1, 10**6))

    def touch() -> bool:
        os.utime(path, ns=(0, next(times) * 10**9))
        return False

    ingested = read(path, stop=touch)
    assert (
        ingested.skipped[-1].reason == "the archive changed while it was being read; add it again when it is complete"
    )


def mutations(count: int) -> None:
    """`count` archives cut, with bits flipped or pieces moved, are read whatever they are; nothing is left behind."""
    chosen = random.Random(7)
    files = {
        **FILES,
        "in.zip": zip_bytes({"a.txt": b"words\n" * 50}),
        "in.tar.gz": gzip.compress(tar_bytes({"b": b"b\n"})),
    }
    whole = [pack(files) for pack in ARCHIVES.values()] + [
        pack(b"".join(map(line, range(900)))) for pack in PACKERS.values()
    ]
    process = psutil.Process()
    before = process.num_fds(), len(process.children()), set(Path(tempfile.gettempdir()).iterdir())
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "archive"
        for number in range(count):
            content = bytearray(whole[number % len(whole)])
            _mutate(content, chosen)
            path.write_bytes(content)
            _assert_sound(open_paths([path]))
            if number % 5 == 0:
                _assert_sound(open_paths([], stdin=bytes(content)))
    left = {found for found in Path(tempfile.gettempdir()).iterdir() if found.name.startswith(("tmp", "plumbline"))}
    assert (process.num_fds(), len(process.children())) == before[:2]
    assert not {found for found in left - before[2] if found.stat().st_uid == os.getuid() and found.name == name}


def _mutate(content: bytearray, chosen: random.Random) -> None:
    for _ in range(chosen.randrange(1, 8)):
        at = chosen.randrange(len(content) or 1)
        way = chosen.randrange(5)
        if way == 0 and chosen.random() < 0.3:
            del content[at:]
        elif way == 1:
            content[at : at + chosen.randrange(1, 9)] = chosen.randbytes(chosen.randrange(9))
        elif way == 2:
            piece = content[at : at + chosen.randrange(600)]
            other = chosen.randrange(len(content) + 1)
            content[other:other] = piece
        elif content:
            # What lies near the end is what a ZIP archive's list is made of.
            at = at if way == 3 else max(0, len(content) - 1 - chosen.randrange(600))
            content[at % len(content)] ^= 1 << chosen.randrange(8)


def _assert_sound(ingested: Ingested) -> None:
    assert ingested.documents or ingested.skipped
    for document in ingested.documents:
        assert document.sections or document.problem
        for section in document.sections:
            section.text.encode()
    assert all(skipped.reason and "\n" not in skipped.reason for skipped in ingested.skipped)


def test_mutated_archives() -> None:
    mutations(120)


@pytest.mark.long
def test_many_mutated_archives() -> None:
    mutations(3000)
