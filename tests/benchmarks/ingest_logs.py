"""How fast logs are split into records with time, level and source, and how much memory that takes, in one run.

    uv run python -m tests.benchmarks.ingest_logs [--quick] [LOG...]

Each generated log (and each LOG) is compared with splitting and decoding alone, and with matching the format's own
expression line by line, which gives the parts as they are written: no times, no levels, no offsets, no records of
several lines. The last lines are a log of 1 GB, filtered, surveyed and read whole, and the memory that this took beyond
what the program had before.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from ingest.decode import Encoding  # noqa: E402
from ingest.log_formats import pick_format  # noqa: E402
from ingest.log_records import batches  # noqa: E402
from ingest.log_survey import survey  # noqa: E402
from ingest.open_path import open_paths  # noqa: E402
from ingest.view import LogView, View  # noqa: E402

PIECE = 262_144
WORDS = "harbour vessel berth finance office pilot register witness cargo departure signature weather tug".split()
LEVELS = "INFO INFO INFO INFO INFO INFO DEBUG DEBUG WARN ERROR".split()


def best(rounds: int, work: Callable[[], object]) -> float:
    """The shortest of several runs, in seconds of this process's processor time: others share the machine."""
    times: list[float] = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def _messages(count: int) -> Iterator[tuple[int, str, str]]:
    chosen = random.Random(3)
    for n in range(count):
        words = " ".join(chosen.choices(WORDS, k=7))
        yield n, chosen.choice(LEVELS), f"{words} {chosen.randrange(10**6)} from 10.0.{n % 256}.{n * 7 % 256}"


def log4j(count: int) -> str:
    """With milliseconds, a thread, a logger, and a trace now and then."""
    trace = (
        "java.io.IOException: rope\n\tat org.example.Crane.lift(Crane.java:17)\n\tat org.example.Main.run(M.java:4)\n"
    )
    return "".join(
        f"2026-03-14 {n // 180_000 % 24:02d}:{n // 3000 % 60:02d}:{n // 50 % 60:02d},{n * 20 % 1000:03d} [main] "
        f"{level} org.example.harbour.{WORDS[n % 13]} - {said}\n" + (trace if level == "ERROR" else "")
        for n, level, said in _messages(count)
    )


def syslog(count: int) -> str:
    """Without a year."""
    return "".join(
        f"Mar 14 {n // 18_000 % 24:02d}:{n // 300 % 60:02d}:{n // 5 % 60:02d} host {WORDS[n % 13]}[{n % 999}]: {said}\n"
        for n, _, said in _messages(count)
    )


def iso(count: int) -> str:
    """With microseconds and a zone."""
    return "".join(
        f"2026-03-14T{n // 180_000 % 24:02d}:{n // 3000 % 60:02d}:{n // 50 % 60:02d}.{n * 20_011 % 10**6:06d}Z "
        f"{level} {said}\n"
        for n, level, said in _messages(count)
    )


def access(count: int) -> str:
    """A web server's."""
    return "".join(
        f"10.0.{n % 256}.7 - - [14/Mar/2026:{n // 18_000 % 24:02d}:{n // 300 % 60:02d}:{n // 5 % 60:02d} +0000] "
        f'"GET /{said.replace(" ", "/")} HTTP/1.1" 200 {n % 9999} "-" "Mozilla/5.0 (X11; Linux x86_64)"\n'
        for n, _, said in _messages(count)
    )


def json_lines(count: int) -> str:
    """An object on each line."""
    return "".join(
        f'{{"timestamp": "2026-03-14T{n // 18_000 % 24:02d}:{n // 300 % 60:02d}:{n // 5 % 60:02d}.{n % 1000:03d}Z", '
        f'"level": "{level.lower()}", "logger": "{WORDS[n % 13]}", "message": "{said}"}}\n'
        for n, level, said in _messages(count)
    )


def compare_one(name: str, content: bytes) -> None:
    """One log's line of the table."""
    log_format = pick_format(content[:65_536].decode("utf-8", "replace"))

    def pieces() -> Iterator[str]:
        for start in range(0, len(content), PIECE):
            yield content[start : start + PIECE].decode("utf-8", "replace")

    def bare() -> None:
        for piece in pieces():
            piece.split("\n")

    def by_line() -> None:
        match = log_format.rows.match
        for piece in pieces():
            for line in piece.split("\n"):
                found = match(line)
                assert found
                found.groups()

    def ours() -> int:
        return sum(map(len, batches(io.BytesIO(content), log_format, Encoding(), mtime_ns=time.time_ns())))

    records = ours()
    split, regex, parsed = best(3, bare), best(3, by_line), best(3, ours)
    megabytes = len(content) / 1e6
    print(
        f"{name:<22} {log_format.name:<14} {records:>9,} records  {megabytes / parsed:6.1f} MB/s parsed"
        f"   {parsed / split:5.1f} x split and decode   {parsed / regex:4.2f} x one match per line",
        flush=True,
    )


def compare(folder: Path, *, quick: bool) -> None:
    """All comparisons with generated logs."""
    count = 20_000 if quick else 150_000
    for make in (log4j, iso, syslog, access, json_lines):
        compare_one(make.__name__, make(count).encode())
    compare_memory(folder, 50_000_000 if quick else 1_000_000_000)


def compare_memory(folder: Path, size: int) -> None:
    """A long log, filtered, surveyed and read whole: seconds and growth of memory."""
    path = folder / "long.log"
    content = log4j(40_000).encode()
    with path.open("wb") as log:
        for _ in range(max(1, size // len(content))):
            log.write(content)
    megabytes = path.stat().st_size / 1e6
    process = psutil.Process()
    # What is loaded once is no growth.
    small = folder / "small.log"
    small.write_bytes(content[:300_000])
    rare = View(log=LogView(levels=("error",), pattern="weather [0-9]+7 from"))
    half = View(log=LogView(levels=("info",)))
    open_paths([small], view=rare)
    survey(small)
    for what, work in (
        ("surveyed", lambda: survey(path)),
        ("level error and an expression", lambda: open_paths([path], view=rare)),
        ("level info, in pieces all over", lambda: open_paths([path], view=half)),
        ("whole, without a view", lambda: open_paths([path])),
    ):
        before, began = process.memory_info().rss, time.perf_counter()
        kept = work()
        seconds = time.perf_counter() - began
        grown = (process.memory_info().rss - before) / 1e6
        print(
            f"{megabytes:,.0f} MB {what:<32} {seconds:7.2f} s  {megabytes / seconds:6.1f} MB/s  memory +{grown:.0f} MB"
        )
        del kept
    path.unlink()


def main() -> None:
    """All comparisons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("logs", nargs="*", type=Path, metavar="LOG")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    for path in given.logs:
        content = path.read_bytes().rstrip(b"\n") + b"\n"
        compare_one(path.name, content * max(1, 20_000_000 // len(content)))
    with tempfile.TemporaryDirectory() as name:
        compare(Path(name), quick=given.quick)


if __name__ == "__main__":
    main()
