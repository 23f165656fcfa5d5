from __future__ import annotations

import gc
import gzip
import hashlib
import os
import random
import threading
import tracemalloc
import zlib
from pathlib import Path

import psutil
import pytest

from ingest.document import Document, Section
from ingest.errors import SourceChanged, SourceGone
from ingest.log import SECTION_BYTES
from ingest.log_lines import looks_like_log
from ingest.log_store import Stretch
from tests.ingest.reading import read, read_one, why_skipped

MEGABYTE = 1 << 20


def line(number: int) -> bytes:
    return f"2026-03-14T07:00:{number % 60:02d}Z INFO harbour[{number}]: ship=Aurora berth={number * 7 % 40}\n".encode()


def write_log(path: Path, size: int) -> bytes:
    """About `size` bytes of log lines; what was written."""
    content = b"".join(map(line, range(size // len(line(10**5)))))
    path.write_bytes(gzip.compress(content, 1) if path.suffix == ".gz" else content)
    return content


def assert_followed_back(document: Document, content: bytes) -> None:
    """Every section is what stands at its bytes and lines, and nothing but blank space lies between them."""
    lines = content.split(b"\n")
    done = 0
    for section in document.sections:
        assert section.span.bytes
        assert section.span.lines
        start, end = section.span.bytes
        assert not content[done:start].strip()
        assert section.text.encode() == content[start:end]
        first, last = section.span.lines
        assert content.count(b"\n", 0, start) == first - 1
        assert section.text.rstrip("\n").encode().endswith(lines[last - 1][-20:])
        done = end
    assert not content[done:].strip()


@pytest.mark.parametrize("name", ["app.log", "app.log.gz", "app.log.1", "server.txt", "nameless"])
def test_a_log_is_cut_at_line_ends_and_stays_on_disk(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    content = write_log(path, 3 * SECTION_BYTES)
    document = read_one(path)
    assert (document.kind, document.status, document.problem) == ("log", "ok", None)
    assert len(document.sections) == 3
    assert all(isinstance(section.body, Stretch) for section in document.sections)
    assert all(section.text.endswith("\n") for section in document.sections)
    assert_followed_back(document, content)
    assert document.size == path.stat().st_size
    assert document.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert document.sections[0].label == f"lines 1–{document.sections[0].text.count(chr(10)):,}"


def test_a_place_in_a_stretch_has_its_lines_in_the_file(tmp_path: Path) -> None:
    content = write_log(tmp_path / "a.log", 2 * SECTION_BYTES).decode()
    section = read_one(tmp_path / "a.log").sections[1]
    wanted = section.text.splitlines()[5]
    at = section.text.index(wanted)
    span = section.locate(at, at + len(wanted))
    number = content.splitlines().index(wanted) + 1
    assert span.lines == (number, number)


def test_a_log_that_changed_says_where(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    content = write_log(path, 2 * SECTION_BYTES)
    first, second, *_ = read_one(path).sections
    path.write_bytes(content[:100] + b"!" + content[101:])
    with pytest.raises(SourceChanged, match=r"a\.log has changed since it was added: lines 1 to [\d,]+ are no longer"):
        first.text  # noqa: B018
    assert second.text
    path.write_bytes(content[:SECTION_BYTES])
    with pytest.raises(SourceChanged):
        second.text  # noqa: B018


def test_a_packed_log_that_changed_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.log.gz"
    content = write_log(path, 3 * SECTION_BYTES)
    sections = read_one(path).sections
    assert sections[0].text
    path.write_bytes(gzip.compress(content[:-1000].replace(b"Aurora", b"Boreas"), 1))
    for section in sections[1:]:
        with pytest.raises(SourceChanged):
            section.text  # noqa: B018
    path.write_bytes(b"no longer packed")
    with pytest.raises(SourceChanged):
        sections[0].text  # noqa: B018


@pytest.mark.parametrize("replaced_by", ["nothing", "folder", "pipe"])
def test_a_log_that_is_gone_is_one_sentence(tmp_path: Path, replaced_by: str) -> None:
    path = tmp_path / "a.log"
    write_log(path, 1000)
    (section,) = read_one(path).sections
    path.unlink()
    if replaced_by == "folder":
        path.mkdir()
    if replaced_by == "pipe":
        os.mkfifo(path)
    with pytest.raises(SourceGone, match=r"a\.log cannot be read again: .*\.$"):
        section.text  # noqa: B018


def test_a_log_that_goes_on_growing_keeps_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    content = write_log(path, 1000)
    (section,) = read_one(path).sections
    with path.open("ab") as log:
        log.write(line(1))
    assert section.text.encode() == content


def test_a_log_that_grows_while_it_is_read_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    content = write_log(path, 3 * SECTION_BYTES)

    def grow() -> bool:
        with path.open("ab") as log:
            log.write(line(1))
        return False

    document = read_one(path, stop=grow)
    assert document.status == "ok"
    assert document.problem
    assert document.problem.startswith("It grew while it was read; the first ")
    assert_followed_back(document, path.read_bytes()[: document.size])
    assert document.size >= len(content)


@pytest.mark.parametrize("name", ["a.log", "a.log.gz", "a.txt"])
def test_a_file_that_is_rewritten_all_the_time_fails_in_one_sentence(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_log(path, 3 * SECTION_BYTES)
    times = iter(range(1, 1000))

    def touch() -> bool:
        os.utime(path, ns=(0, next(times) * 10**9))
        return False

    document = read_one(path, stop=touch)
    assert document.status == "failed"
    assert document.sections == ()
    assert document.problem == "The file changed while it was being read. Add it again when it is complete."


def test_reading_a_packed_log_in_order_unpacks_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.log.gz"
    content = write_log(path, 40 * SECTION_BYTES)
    sections = read_one(path).sections
    unpacked = 0

    class Counting:
        def __init__(self, inner: object) -> None:
            self._inner = inner

        def __getattr__(self, name: str) -> object:
            return getattr(self._inner, name)

        def decompress(self, data: bytes, size: int) -> bytes:
            nonlocal unpacked
            piece: bytes = self._inner.decompress(data, size)  # type: ignore[attr-defined]
            unpacked += len(piece)
            return piece

    real = zlib.decompressobj
    monkeypatch.setattr(zlib, "decompressobj", lambda bits: Counting(real(bits)))
    assert b"".join(section.text.encode() for section in sections) == content
    assert unpacked == len(content)


def test_stretches_are_read_in_any_order_from_many_threads(tmp_path: Path) -> None:
    path = tmp_path / "a.log.gz"
    content = write_log(path, 20 * SECTION_BYTES)
    sections = list(read_one(path).sections)
    wrong: list[Section] = []

    def read_all(seed: int) -> None:
        for section in random.Random(seed).sample(sections, len(sections)):
            assert section.span.bytes
            start, end = section.span.bytes
            if section.text.encode() != content[start:end]:
                wrong.append(section)

    threads = [threading.Thread(target=read_all, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def _open_files() -> int:
    return psutil.Process().num_fds() if hasattr(psutil.Process, "num_fds") else 0


def test_no_file_stays_open(tmp_path: Path) -> None:
    path = tmp_path / "a.log.gz"
    write_log(path, 3 * SECTION_BYTES)
    # What other tests left to be collected is not this file's.
    gc.collect()
    before = _open_files()
    document = read_one(path)
    assert document.sections[1].text
    gc.collect()
    after = _open_files()
    assert after == before


def test_several_packed_members_and_padding_are_one_log(tmp_path: Path) -> None:
    path = tmp_path / "a.log.gz"
    parts = [b"".join(map(line, range(n, n + 500))) for n in (0, 500, 1000)]
    path.write_bytes(b"".join(map(gzip.compress, parts)) + b"\0" * 512)
    document = read_one(path)
    assert document.problem is None
    assert_followed_back(document, b"".join(parts))


def test_a_packed_log_that_is_cut_short_keeps_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a.log.gz"
    content = write_log(path, 4 * SECTION_BYTES)
    packed = path.read_bytes()
    path.write_bytes(packed[: len(packed) // 2])
    document = read_one(path)
    assert document.status == "repaired"
    lines = document.sections[-1].span.lines
    assert lines
    assert document.problem == f"The compressed file is cut short: the text up to line {lines[1]:,} was unpacked."
    assert_followed_back(document, content[: document.sections[-1].span.bytes[1]])  # type: ignore[index]


def test_a_packed_log_that_is_damaged_or_followed_by_something_else(tmp_path: Path) -> None:
    path = tmp_path / "a.log.gz"
    content = write_log(path, 4 * SECTION_BYTES)
    packed = bytearray(path.read_bytes())
    path.write_bytes(bytes(packed) + b"what is this")
    document = read_one(path)
    assert document.problem
    assert "is followed by something else" in document.problem
    assert_followed_back(document, content)
    packed[-6] ^= 1
    path.write_bytes(packed)
    document = read_one(path)
    assert document.status == "repaired"
    assert document.problem
    assert "damaged" in document.problem


def test_a_packed_file_with_nothing_to_unpack(tmp_path: Path) -> None:
    path = tmp_path / "a.log.gz"
    path.write_bytes(gzip.compress(b""))
    assert read_one(path).status == "empty"
    path.write_bytes(gzip.compress(b"some words\n" * 50)[:10])
    document = read_one(path)
    assert document.status == "failed"
    assert document.problem == "The compressed file is cut short: nothing in it could be unpacked."
    path.write_bytes(gzip.compress(bytes(5000)))
    assert why_skipped(path) == "packed with gzip, and inside binary: it holds no text"


def test_packed_text_that_is_no_log_is_read_as_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.md.gz"
    path.write_bytes(gzip.compress(b"# Head\n\nprose\n"))
    document = read_one(path)
    assert (document.kind, document.sections[0].label) == ("markdown", "Head")
    assert document.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_gzip_bomb_is_refused_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.log.gz"
    with gzip.open(path, "wb", compresslevel=1) as bomb:
        for _ in range(64):
            bomb.write(line(1) * (MEGABYTE // len(line(1))))
    peak, document = _peak(path, max_log_bytes=20 * MEGABYTE)
    assert document.status == "failed"
    assert document.problem == "Unpacked it is longer than 21 MB. Cut out the part you need, and add that."
    assert peak < 4 * MEGABYTE
    text = tmp_path / "bomb.txt.gz"
    text.write_bytes(gzip.compress(b"prose without end. " * MEGABYTE, 1))
    assert why_skipped(text, max_file_bytes=MEGABYTE) == "larger than 1 MB when unpacked"


def test_a_log_over_the_limit_is_refused(tmp_path: Path) -> None:
    write_log(tmp_path / "a.log", 5000)
    document = read_one(tmp_path / "a.log", max_log_bytes=1000)
    assert document.problem == "It is longer than 1 kB. Cut out the part you need, and add that."


def _peak(path: Path, **options: int) -> tuple[int, Document]:
    read(path.with_name("missing"))
    tracemalloc.start()
    try:
        document = read_one(path, **options)
        return tracemalloc.get_traced_memory()[1], document
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "megabytes"),
    [
        ("a.log", 20),
        ("a.log.gz", 20),
        pytest.param("a.log", 200, marks=pytest.mark.long),
        pytest.param("a.log.gz", 200, marks=pytest.mark.long),
    ],
)
def test_a_large_log_takes_little_memory(tmp_path: Path, name: str, megabytes: int) -> None:
    path = tmp_path / name
    piece = b"".join(map(line, range(MEGABYTE // len(line(10**5)))))
    with gzip.open(path, "wb", compresslevel=1) if name.endswith(".gz") else path.open("wb") as log:
        for _ in range(megabytes):
            log.write(piece)
    peak, document = _peak(path)
    assert document.problem is None
    assert sum(s.span.bytes[1] - s.span.bytes[0] for s in document.sections if s.span.bytes) == megabytes * len(piece)
    assert peak < 2 * MEGABYTE + 2000 * len(document.sections)
    last = document.sections[-1]
    assert last.text.encode() == piece[-len(last.text) :]


def test_a_line_without_an_end_is_cut_and_does_not_fill_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    with path.open("wb") as log:
        log.write(line(1))
        for _ in range(20):
            log.write("é".encode() * (MEGABYTE // 2))
    peak, document = _peak(path)
    assert peak < 3 * MEGABYTE
    assert document.problem is None, "a character was cut in two"
    assert {section.span.lines for section in document.sections[1:]} == {(2, 2)}
    assert sum(len(section.text) for section in document.sections) == len(line(1)) + 20 * (MEGABYTE // 2)


def test_crlf_becomes_a_newline_and_offsets_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"\xef\xbb\xbf" + line(1).replace(b"\n", b"\r\n") * 3)
    (section,) = read_one(path).sections
    assert section.text == line(1).decode() * 3
    assert section.span.bytes == (3, path.stat().st_size)
    assert section.span.lines == (1, 3)


def test_escape_sequences_are_no_part_of_the_text_and_places_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    coloured = b"\x1b[32mINFO\x1b[0m one\n\x1b]0;title\x07two\n\x1b[1;31mERROR\x1b[0m \x1b(Bthree\n"
    path.write_bytes(coloured * 3000)
    document = read_one(path)
    assert len(document.sections) > 1
    assert "".join(section.text for section in document.sections) == "INFO one\ntwo\nERROR three\n" * 3000
    last = document.sections[-1]
    at = last.text.rindex("ERROR")
    assert last.locate(at, at + 5).lines == (9000, 9000)
    assert document.size == last.span.bytes[1]  # type: ignore[index]
    (kept,) = read(stdin=coloured).documents
    assert kept.sections[0].text == "INFO one\ntwo\nERROR three\n"


def test_nuls_in_a_log_are_shown_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(line(1) * 50 + b"\0" * 90 + line(2) * 50)
    document = read_one(path)
    assert document.status == "ok"
    assert document.problem == "90 characters are no valid text (NUL or broken encoding) and shown as \ufffd."
    assert "\ufffd" * 90 in document.sections[0].text


def test_a_log_on_standard_input_is_kept_in_memory() -> None:
    content = b"".join(map(line, range(2000)))
    for stdin in (content, gzip.compress(content)):
        (document,) = read(stdin=stdin).documents
        assert (document.path, document.kind) == ("<stdin>", "log")
        assert all(isinstance(section.body, str) for section in document.sections)
        assert_followed_back(document, content)


def test_a_log_in_utf_16(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    text = "2026-01-02 10:00:00 Fehler: Größe überschritten\n" * 30
    path.write_bytes(text.encode("utf-16"))
    (section,) = read_one(path).sections
    assert (section.text, section.span.lines) == (text, (1, 30))


SAMPLES = [
    "2026-03-14T07:00:01.042Z INFO start",
    "2026-03-14 07:00:01,042 [main] ERROR stop",
    "14/03/2026 07:00:01 démarrage",
    "14.03.2026, 07:00:01 gestartet",
    "Mar 14 07:00:01 host sshd[1]: เริ่ม",
    "<34>1 2026-03-14T07:00:01Z host app",
    "<13>Mar  4 07:00:01 host app: x",
    "[Sun Dec 04 04:47:44 2005] [notice] workerEnv",
    '10.0.0.1 - - [14/Mar/2026:07:00:01 +0000] "GET / HTTP/1.1" 200 1',
    "081109 203615 148 INFO dfs.DataNode",
    "- 1117838570 2005.06.03 R02-M1-N0 RAS",
    "17/06/09 20:10:40 INFO executor",
    "[    0.123456] usb 1-1: new device",
    "1773471601.5 connect",
    "E0314 07:00:01.000000 1 main.go:1] x",
    "WARNING: disk is full",
    "[DEBUG] retry",
    "ERROR|net|timeout",
    'time="2026-03-14" level=info',
    '{"timestamp": "2026-03-14", "level": "info"}',
    "07:00:01.123 tick",
]


@pytest.mark.parametrize("sample", SAMPLES)
def test_lines_that_begin_records(sample: str) -> None:
    assert looks_like_log(f"{sample}\n" * 5 + "  a line that goes on\n" * 4)


@pytest.mark.parametrize(
    "text",
    ["Dear Sir,\nthe ship came in.\n\nYours\n", "1. one\n2. two\n3. three\n", "March came.\nMay too.\nINFOrmation\n"],
)
def test_prose_is_no_log(text: str) -> None:
    assert not looks_like_log(text)
