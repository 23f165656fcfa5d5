"""Indexing 40 MB for evidence search and asking: seconds, peak memory and bytes on disk against plain FTS5.

uv run python -m tests.benchmarks.search [megabytes]
"""

from __future__ import annotations

import resource
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from app.core.prompt import PromptDocument
from app.core.search import PassageIndex
from tests.benchmarks.sessions import source_documents

QUESTIONS = (
    "When does mode raise StatisticsError?",
    "get_parameter_source",
    "How do I delete a whole directory tree?",
    "Who is responsible for deleting the file made by mkstemp?",
)


def plain_seconds(texts: list[str]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        plain = sqlite3.connect(Path(folder) / "plain.db", isolation_level=None)
        plain.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
        plain.execute("CREATE VIRTUAL TABLE plain USING fts5 (body)")
        started = time.perf_counter()
        plain.execute("BEGIN")
        plain.executemany("INSERT INTO plain VALUES (?)", [(text,) for text in texts])
        plain.execute("COMMIT")
        seconds = time.perf_counter() - started
        plain.close()
    return seconds


def main(megabytes: float) -> None:
    documents = source_documents(megabytes)
    prompted = [PromptDocument(f"S{i}", d.path, d.kind, d.sections) for i, d in enumerate(documents, 1)]
    texts = [section.text for document in documents for section in document.sections]
    size = sum(len(text.encode()) for text in texts)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    with PassageIndex(prompted) as index:
        building = time.perf_counter() - started
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        on_disk = sum(file.stat().st_size for file in Path(index._folder.name).iterdir())
        asking: list[float] = []
        for question in QUESTIONS:
            started = time.perf_counter()
            index.search(question)
            asking.append(time.perf_counter() - started)
        passages = len(index)
    plain = plain_seconds(texts)
    print(f"{size / 1e6:.1f} MB, {len(documents):,} documents, {passages:,} passages")
    print(f"indexed in {building:.1f} s, plain FTS5 {plain:.1f} s, {building / plain:.1f} times as long")
    print(
        f"memory {memory / 1024:.0f} MiB more at the peak; disk {on_disk / 1e6:.0f} MB, {on_disk / size:.1f} x the text"
    )
    print("questions", ", ".join(f"{seconds * 1e3:.0f} ms" for seconds in asking))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 40.0)
