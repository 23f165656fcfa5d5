"""The PDF reader's process dies, hangs or is stopped: a sentence at most, and the rest goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from ingest.errors import Stopped
from ingest.pdf_child import PdfChild, ReaderGone
from ingest.pool import PdfDone, PdfJob, PdfPool
from tests.ingest.pdfs import write_pdf, write_slow
from tests.ingest.reading import read

ROOT = Path(__file__).resolve().parents[2]


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    before = {child.pid for child in children()}
    threads = threading.active_count()
    yield
    assert {child.pid for child in children()} <= before
    assert threading.active_count() == threads


def test_a_page_that_takes_too_long_is_left_out(tmp_path: Path) -> None:
    slow = write_slow(tmp_path / "slow.pdf", slow_page=1, pages=4)
    good = write_pdf(tmp_path / "z.pdf", ["fine"])
    first, second = read(slow, good, page_seconds=0.2).documents
    assert first.status == "repaired"
    assert first.problem == "Left out: page 2 took longer than 0.2 s."
    assert [section.text for section in first.sections] == ["word0", "word2", "word3"]
    assert (second.status, second.sections[0].text) == ("ok", "fine")


def test_a_reader_killed_once_costs_nothing(tmp_path: Path) -> None:
    slow = write_slow(tmp_path / "slow.pdf", slow_page=2, pages=4, depth=6)
    killed: list[int] = []

    def kill_first() -> bool:
        if not killed:
            killed.extend(child.pid for child in children())
            for pid in killed:
                os.kill(pid, signal.SIGKILL)
        return False

    (document,) = read(slow, stop=kill_first).documents
    assert killed
    assert (document.status, document.problem) == ("ok", None)
    assert [section.text for section in document.sections] == [f"word{number}" for number in range(4)]


def test_readers_that_are_always_killed_cost_one_sentence_for_that_file(tmp_path: Path) -> None:
    slow = write_slow(tmp_path / "a.pdf", slow_page=0, pages=2)
    text = tmp_path / "b.txt"
    text.write_text("goes on")

    def look() -> bool:
        for child in children():
            child.kill()
        return False

    first, second = read(slow, text, stop=look).documents
    assert first.status == "failed"
    assert first.sections == ()
    assert first.problem
    assert "stopped the PDF reader" in first.problem
    assert second.sections[0].text == "goes on"


def test_stopping_ends_a_reader_at_work(tmp_path: Path) -> None:
    slow = write_slow(tmp_path / "slow.pdf", slow_page=0, pages=1)
    with pytest.raises(Stopped):
        read(slow, stop=lambda: bool(children()))


def test_one_reader_serves_many_files(tmp_path: Path) -> None:
    paths = [write_pdf(tmp_path / f"{n}.pdf", [f"file {n}"]) for n in range(8)]
    pids: set[int] = set()
    with PdfPool(readers=1) as pool:
        for number, path in enumerate(paths):
            pool.submit(PdfJob(number, str(path)))
        done: dict[int, str] = {}
        while len(done) < len(paths):
            news = pool.next_news(1.0)
            pids.update(child.pid for child in children())
            if isinstance(news, PdfDone):
                done[news.number] = news.document.sections[0].text
    assert done == {n: f"file {n}" for n in range(8)}
    assert len(pids) == 1


def test_a_reader_says_when_it_is_gone(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", ["text"])
    child = PdfChild()
    try:
        child.kill()
        request = {"path": os.fsencode(path).hex(), "first": 0, "one_by_one": False, "page_seconds": 5.0}
        with pytest.raises(ReaderGone):
            list(child.ask(request, None))
    finally:
        child.close()


def test_a_reader_leaves_when_its_parent_is_killed() -> None:
    code = "import time; from ingest.pdf_child import PdfChild; print(PdfChild().pid, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    _, alive = psutil.wait_procs([child], timeout=20)
    # Where nobody collects orphans, one that has ended stays listed as a zombie.
    assert not alive or child.status() == psutil.STATUS_ZOMBIE


def test_a_pdf_that_changes_between_two_readers_is_not_mixed(tmp_path: Path) -> None:
    path = write_slow(tmp_path / "a.pdf", slow_page=1, pages=3)
    other = write_pdf(tmp_path / "other.pdf", ["new"] * 3).read_bytes()
    seen: set[int] = set()

    def look() -> bool:
        seen.update(child.pid for child in children())
        if len(seen) > 1:
            path.write_bytes(other)
        return False

    (document,) = read(path, stop=look, page_seconds=0.2).documents
    texts = {section.text for section in document.sections}
    assert texts in (set(), {"word0", "word2"}, {"new"}), "pages of two files in one document"
