"""PDFs that lie, loop, burst or are cut: each costs one sentence, nothing hangs, nothing is left running."""

from __future__ import annotations

import os
import resource
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from ingest.document import STATUSES, Document
from ingest.pool import PdfDone, PdfJob, PdfPool
from tests.ingest import hostile_pdfs as hostile
from tests.ingest.pdfs import library, write_pdf, write_pictures, write_protected
from tests.ingest.reading import read_one

PAGE_SECONDS = 10.0


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    threads = threading.active_count()
    yield
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before
    assert threading.active_count() == threads


@pytest.mark.parametrize(
    "pages",
    [
        b"<</Type/Pages/Kids[3 0 R]/Count 0>>",
        b"<</Type/Pages/Kids[3 0 R]>>",
        b"<</Type/Pages/Kids[3 0 R]/Count -1>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 9000000>>",
    ],
)
def test_a_count_of_pages_that_lies_is_read_by_the_second_reader(tmp_path: Path, pages: bytes) -> None:
    path = hostile.write(tmp_path / "a.pdf", hostile.one_page(pages))
    document = read_one(path)
    assert document.status == "repaired"
    assert document.problem == (
        "The PDF is damaged and was read by a second reader: text was found on 1 of 1 page; "
        "some may be missing or in another order."
    )
    (section,) = document.sections
    assert section.text == "Hidden words"
    (place,) = section.places
    assert section.text[place.start : place.end] == "Hidden words"
    left, top, right, bottom = place.rect
    # Written at 50 points from the left and 200 from the bottom of a page that is 300 high.
    assert 49 < left < 52
    assert right > 100
    assert 80 < top < bottom < 105
    assert (document.size, document.sha256 is not None) == (path.stat().st_size, True)


def test_a_page_tree_that_loops(tmp_path: Path) -> None:
    looping = hostile.one_page(b"<</Type/Pages/Kids[2 0 R 3 0 R]/Count 2>>")
    document = read_one(hostile.write(tmp_path / "a.pdf", looping))
    assert document.status == "repaired"
    assert {section.text for section in document.sections} == {"Hidden words"}


def test_no_pages_at_all(tmp_path: Path) -> None:
    document = read_one(hostile.write(tmp_path / "a.pdf", hostile.one_page(b"<</Type/Pages/Kids[]/Count 0>>")))
    assert document.status == "zero_pages"
    assert document.problem
    assert document.problem.startswith("The PDF says that it has no pages.")


def test_an_encryption_that_no_one_knows(tmp_path: Path) -> None:
    document = read_one(hostile.write(tmp_path / "a.pdf", hostile.unknown_handler()), passwords=["x"])
    assert document.status in ("failed", "password_needed")
    assert document.sections == ()
    assert document.problem


@pytest.mark.parametrize("name", ["two\nlines.pdf", "caf\udce9\udcff.pdf", "tab\t\x1b[31m.pdf"])
def test_names_that_are_no_names(tmp_path: Path, name: str) -> None:
    path = write_pdf(tmp_path / "a.pdf", ["odd name"]).rename(tmp_path / name)
    document = read_one(path)
    assert (document.path, document.status) == (str(path), "ok")
    path.write_bytes(hostile.one_page(b"<</Type/Pages/Kids[3 0 R]/Count 0>>"))
    assert read_one(path).sections[0].text == "Hidden words", "by the second reader"


def test_a_thousand_pages_that_are_not_there(tmp_path: Path) -> None:
    kids = b"3 0 R " + b"77 0 R " * 5000
    document = read_one(
        hostile.write(tmp_path / "a.pdf", hostile.one_page(b"<</Type/Pages/Kids[%s]/Count 5001>>" % kids))
    )
    assert document.problem
    assert {section.text for section in document.sections} <= {"Hidden words"}


def test_five_thousand_pages_come_in_order(tmp_path: Path) -> None:
    count = 5000
    objects = {1: hostile.CATALOG, 5: hostile.FONT}
    for n in range(count):
        objects[6 + 2 * n] = hostile.PAGE.replace(b"4 0 R", b"%d 0 R" % (7 + 2 * n))
        objects[7 + 2 * n] = hostile.stream(hostile.shown(f"Page {n + 1}"))
    kids = b" ".join(b"%d 0 R" % (6 + 2 * n) for n in range(count))
    objects[2] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, count)
    document = read_one(hostile.write(tmp_path / "a.pdf", hostile.assembled(objects)))
    assert (document.status, document.problem) == ("ok", None)
    assert [section.text for section in document.sections] == [f"Page {n + 1}" for n in range(count)]


@pytest.mark.parametrize("piece", [b" ", b"q Q ", b"0 0 m 9 9 l S "])
def test_a_page_that_unpacks_to_much_and_shows_nothing(tmp_path: Path, piece: bytes) -> None:
    path = hostile.write(tmp_path / "a.pdf", hostile.bomb(20, piece))
    assert path.stat().st_size < 200_000
    assert read_one(path).status == "no_text_layer"


def _burst(path: Path, *, megabytes: int, memory: int, page_seconds: float) -> Document:
    """What becomes of a page that says the same over and over."""
    hostile.write(path, hostile.bomb(megabytes, b"BT /F 9 Tf 9 9 Td (the same words again) Tj ET "))
    tracemalloc.start()
    try:
        document = read_one(path, page_seconds=page_seconds, reader_memory=memory)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 150_000_000
    return document


def test_a_page_of_too_many_words_ends_at_its_limit_of_memory(tmp_path: Path) -> None:
    document = _burst(tmp_path / "a.pdf", megabytes=20, memory=500 << 20, page_seconds=60.0)
    # The second reader may have room for it.
    assert document.status in ("failed", "repaired")
    assert document.problem


@pytest.mark.long
def test_a_bomb_of_200_megabytes(tmp_path: Path) -> None:
    document = _burst(tmp_path / "a.pdf", megabytes=200, memory=4 << 30, page_seconds=PAGE_SECONDS)
    assert document.status in ("failed", "repaired", "ok")
    assert document.sections or document.problem
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2_000_000


def seeds(tmp_path: Path) -> list[bytes]:
    """PDFs that are worth breaking: of several kinds, old and new inside."""
    with library().open() as rich:
        for number in range(3):
            page = rich.new_page()
            page.insert_text((50, 72), f"Page {number}\nwith some lines\nof text")
            page.add_text_annot((60, 200), "A remark")
        rich.set_toc([[1, "One", 1], [2, "Two", 2]])
        rich.embfile_add("notes.txt", b"attached")
        rich.save(str(tmp_path / "rich.pdf"), deflate=True, garbage=4)
        rich.save(str(tmp_path / "packed.pdf"), deflate=True, use_objstms=1)
    paths = [
        write_pdf(tmp_path / "plain.pdf", ["First page", "Second page", ""]),
        write_pictures(tmp_path / "scan.pdf", 2),
        write_protected(tmp_path / "locked.pdf", "locked"),
        tmp_path / "rich.pdf",
        tmp_path / "packed.pdf",
    ]
    return [*(path.read_bytes() for path in paths), hostile.one_page(b"<</Type/Pages/Kids[3 0 R]/Count 1>>")]


def _fuzz(tmp_path: Path, count: int) -> None:
    originals = seeds(tmp_path)
    outcomes: dict[int, Document] = {}
    with PdfPool(page_seconds=2.0) as pool:
        for number in range(count):
            content = hostile.mutated(originals[number % len(originals)], number)
            path = hostile.write(tmp_path / f"{number}.pdf", content)
            pool.submit(PdfJob(number, os.fspath(path), passwords=("secret",)))
        while len(outcomes) < count:
            # Twice a page's time for a page, and a fresh reader for each: longer without any news is a hang.
            news = pool.next_news(60.0)
            assert news is not None, "nothing happens any more"
            if isinstance(news, PdfDone):
                outcomes[news.number] = news.document
    for document in outcomes.values():
        assert document.status in STATUSES
        assert document.sections or document.problem
        for section in document.sections:
            section.text.encode()
            assert section.text
            assert "\0" not in section.text
            for place in section.places:
                assert 0 <= place.start < place.end <= len(section.text)
    read = sum(document.status in ("ok", "repaired") for document in outcomes.values())
    assert count / 4 < read < count, "files that break nothing, or everything, are no test"


def test_some_mutated_files(tmp_path: Path) -> None:
    _fuzz(tmp_path, 60)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_two_thousand_mutated_files(tmp_path: Path) -> None:
    _fuzz(tmp_path, 2000)
