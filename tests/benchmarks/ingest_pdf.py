"""PDFs: seconds with one reader and with two, until the first page, and memory, against PyMuPDF alone in the same run.

    uv run python -m tests.benchmarks.ingest_pdf [--quick]

The bare loop only takes the blocks of each page. What is read here is also put in the order of its columns, cleaned,
sent to this process, freed of running headers, judged and given places. Rounds of all three alternate and the best of
each counts, since a busy machine makes any single one slow. "work" compares seconds of processors instead of seconds
on the wall, of all processes together; it is what can be trusted where other programs run.

To reach: one reader 1.15, two readers 0.65 (on two processors that are free), first page of 1,000 in 0.5 s.
"""

from __future__ import annotations

import argparse
import gc
import random
import tempfile
import time
from pathlib import Path

import psutil

from ingest.pool import PdfDone, PdfJob, PdfPool
from tests.ingest.pdfs import library

WORDS = "harbour vessel berth finance office pilot register witness cargo departure signature weather tug".split()


def write_pages(path: Path, pages: int, *, columns: int = 1) -> None:
    """So many pages of twelve paragraphs each, with a header and a number, in one column or two."""
    chosen = random.Random(1)
    with library().open() as document:
        for number in range(pages):
            page = document.new_page()
            page.insert_text((50, 30), "Rules and fees of the harbour", fontsize=8)
            page.insert_text((290, 825), str(number + 1), fontsize=8)
            for block in range(12):
                column = block * columns // 12
                lines = "\n".join(" ".join(chosen.choices(WORDS, k=11 // columns)) for _ in range(4))
                page.insert_text((50 + 260 * column, 60 + block % (12 // columns) * 62), lines, fontsize=9)
        document.save(str(path), deflate=True)


def bare(path: Path) -> None:
    """What is compared with."""
    with library().open(str(path)) as document:
        for page in document:
            page.get_text("blocks")


def through(pool: PdfPool, path: Path) -> float:
    """Read it; seconds until its first page was there."""
    began = time.perf_counter()
    first = 0.0
    pool.submit(PdfJob(0, str(path)))
    while not isinstance(news := pool.next_news(60.0), PdfDone):
        assert news, "nothing happens"
        if news.first and not first:
            first = time.perf_counter() - began
    assert news.document.sections, news.document.problem
    return first


def working(children: list[psutil.Process]) -> float:
    """Seconds of processors that this process and these children have used."""
    return sum(sum(process.cpu_times()[:2]) for process in (psutil.Process(), *children))


def compare_speed(path: Path, what: str, rounds: int) -> None:
    """One reader and two against the bare loop."""
    wall: dict[str, list[float]] = {"bare": [], "one": [], "two": []}
    work: dict[str, list[float]] = {"bare": [], "one": [], "two": []}
    shares: list[float] = []
    with PdfPool(readers=1) as one, PdfPool(readers=2) as two:
        through(one, path)
        children = {"bare": [], "one": psutil.Process().children(), "two": []}
        for _ in range(3):
            through(two, path)
        children["two"] = [child for child in psutil.Process().children() if child not in children["one"]]
        for _ in range(rounds):
            for name in wall:
                gc.collect()
                own = [sum(child.cpu_times()[:2]) for child in children["two"]]
                began, worked = time.perf_counter(), working(children[name])
                if name == "bare":
                    bare(path)
                else:
                    through(one if name == "one" else two, path)
                wall[name].append(time.perf_counter() - began)
                work[name].append(working(children[name]) - worked)
                if name == "two" and own:
                    now = [sum(child.cpu_times()[:2]) for child in children["two"]]
                    shares.append(max(b - a for a, b in zip(own, now, strict=True)))
    raw, raw_work = min(wall["bare"]), min(work["bare"])
    for name, most in (("one", 1.15), ("two", 0.65)):
        ratio, worked = min(wall[name]) / raw, min(work[name]) / raw_work
        print(
            f"{what}, {name} reader(s): {ratio:.2f} of the bare loop (to reach {most}), work {worked:.2f}", flush=True
        )
    if shares:
        print(f"{what}, the busier of two readers: {min(shares) / raw_work:.2f} of the bare loop's work", flush=True)


def compare(folder: Path, *, quick: bool) -> None:
    """All figures."""
    pages = 320 if quick else 600
    for columns in (1, 2):
        path = folder / f"long{columns}.pdf"
        write_pages(path, pages, columns=columns)
        compare_speed(path, f"PDF, {pages} pages, {columns} column(s)", 3 if quick else 9)
    thousand = folder / "thousand.pdf"
    write_pages(thousand, 1000)
    with PdfPool() as pool:
        through(pool, thousand)
        first = min(through(pool, thousand) for _ in range(2 if quick else 5))
        print(f"PDF, 1,000 pages, first page after {first:.3f} s (to reach 0.5), readers warm", flush=True)
        before = psutil.Process().memory_info().rss
        readers = psutil.Process().children()
        for _ in range(2 if quick else 5):
            through(pool, thousand)
        gc.collect()
        grown = (psutil.Process().memory_info().rss - before) / 1e6
        held = ", ".join(f"{reader.memory_info().rss / 1e6:.0f} MB" for reader in readers)
        print(f"PDF, 1,000 pages again and again: this process grew by {grown:.0f} MB; readers hold {held}", flush=True)


def main() -> None:
    """The comparison by itself."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="Fewer pages and rounds.")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as name:
        compare(Path(name), quick=quick)


if __name__ == "__main__":
    main()
