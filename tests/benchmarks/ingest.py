"""Seconds to read PDFs, a source tree and logs, each against the bare library doing the same reading in the same run.

    uv run tests/benchmarks/ingest.py

Each figure is the best of several rounds. The bare loops keep no places, hashes or reasons.

Seen on two shared cores: PDF 1.2 (1.1 with the start of the process); Git tree 3.0, and 1.5 against a loop that also
takes SHA-256 and counts lines, which the result promises; packed log 1.3, and 1.2 to read it all again. A plain log is
hashed and its lines counted at 600 MB/s, which is 14 times the time of only touching its bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from ingest.open_path import open_paths  # noqa: E402
from ingest.pool import PdfDone, PdfJob, PdfPool  # noqa: E402
from tests.ingest.pdfs import library  # noqa: E402

PAGES, FILES, LOG_MEGABYTES = 400, 800, 40
WORDS = "harbour vessel berth finance office pilot register witness cargo departure signature weather tug".split()


def best(rounds: int, work: Callable[[], object]) -> float:
    """The shortest of several runs, in seconds."""
    times: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def show(what: str, ours: float, bare: float) -> None:
    """One line of the result."""
    print(f"{what:<58} {ours:7.3f} s   bare {bare:7.3f} s   ratio {ours / bare:.2f}", flush=True)


def write_pages(path: Path) -> None:
    """PAGES pages of twelve paragraphs each."""
    chosen = random.Random(1)
    with library().open() as document:
        for _ in range(PAGES):
            page = document.new_page()
            for block in range(12):
                lines = "\n".join(" ".join(chosen.choices(WORDS, k=11)) for _ in range(4))
                page.insert_text((50, 60 + block * 62), lines, fontsize=9)
        document.save(str(path), deflate=True)


def compare_pdf(folder: Path) -> None:
    """A long PDF, with the child process started for it and with one that is warm."""
    path = folder / "long.pdf"
    write_pages(path)
    pymupdf = library()

    def bare() -> None:
        with pymupdf.open(str(path)) as document:
            for page in document:
                page.get_text("blocks")

    raw = best(3, bare)
    start = (
        "import sys; sys.modules['pymupdf.layout'] = sys.modules['pymupdf4llm'] = None\n"
        "import pymupdf\n"
        "for page in pymupdf.open(sys.argv[1]): page.get_text('blocks')"
    )
    raw_cold = best(3, lambda: subprocess.run([sys.executable, "-c", start, str(path)], check=True))
    with PdfPool(readers=1) as pool:

        def through_pool() -> None:
            pool.submit(PdfJob(0, str(path)))
            while not isinstance(pool.next_news(1.0), PdfDone):
                pass

        through_pool()
        show(f"PDF, {PAGES} pages, reader warm", best(3, through_pool), raw)
    show(f"PDF, {PAGES} pages, start of the process included", best(3, lambda: open_paths([path])), raw_cold)


def compare_tree(folder: Path) -> None:
    """A Git work tree of FILES source files."""
    chosen = random.Random(2)
    root = folder / "tree"
    for number in range(FILES):
        path = root / f"part{number % 40}" / f"file{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = (f"    {' '.join(chosen.choices(WORDS, k=6))} = {n}" for n in range(chosen.randrange(10, 500)))
        path.write_text("\n".join(lines))
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "add", "."], cwd=root, check=True)

    def bare() -> None:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=root, check=True, capture_output=True
        ).stdout
        for name in filter(None, listed.split(b"\0")):
            (root / name.decode()).read_bytes().decode()

    def bare_with_facts() -> None:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=root, check=True, capture_output=True
        ).stdout
        for name in filter(None, listed.split(b"\0")):
            content = (root / name.decode()).read_bytes()
            hashlib.sha256(content).hexdigest()
            content.decode().count("\n")

    megabytes = sum(path.stat().st_size for path in root.rglob("*.py")) / 1e6
    what, ours = f"Git tree, {FILES} files, {megabytes:.1f} MB", best(9, lambda: open_paths([root]))
    show(what, ours, best(9, bare))
    show(f"{what}: bare with SHA-256 and line count", ours, best(9, bare_with_facts))


def compare_logs(folder: Path) -> None:
    """A log, plain and packed: indexed, then every stretch read again."""
    chosen = random.Random(3)
    lines = "".join(
        f"2026-03-14T07:{n // 60 % 60:02d}:{n % 60:02d}Z {' '.join(chosen.choices(WORDS, k=9))} {chosen.random()}\n"
        for n in range(40_000)
    )
    content = lines.encode() * (LOG_MEGABYTES * 1_000_000 // len(lines))
    plain, packed = folder / "a.log", folder / "a.log.gz"
    plain.write_bytes(content)
    packed.write_bytes(gzip.compress(content, 6))

    def bare(path: Path) -> None:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as log:
            while piece := log.read(65_536):
                piece.decode()

    for path in (plain, packed):
        raw = best(3, lambda path=path: bare(path))  # type: ignore[misc]
        show(f"log, {LOG_MEGABYTES} MB, {path.suffix[1:]}: indexed", best(3, lambda: open_paths([path])), raw)  # noqa: B023
        (document,) = open_paths([path]).documents
        again = best(3, lambda: [section.text for section in document.sections])  # noqa: B023
        show(f"log, {LOG_MEGABYTES} MB, {path.suffix[1:]}: all read again", again, raw)


def main() -> None:
    """All comparisons."""
    with tempfile.TemporaryDirectory() as name:
        compare_pdf(Path(name))
        compare_tree(Path(name))
        compare_logs(Path(name))


if __name__ == "__main__":
    main()
