"""Saving 40 MB of documents: seconds and bytes against writing the same text to a plain file and a plain table.

    uv run python -m tests.benchmarks.sessions [megabytes]

Seen on two shared cores: 4.8 s, 9.1 times a plain table; 0.3 s for the same texts again; a file of 0.89 of the text.
A session of 2,000 turns with 10,000 citations is taken up again in 0.1 s.
The text is the standard library's and the installed packages' own source.
"""

from __future__ import annotations

import sqlite3
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from app.core.records import StoredCitation
from app.core.sessions import Store
from app.core.workspace import Workspace
from ingest.document import Document, Section, Span

LINES_PER_SECTION = 80
TURNS = 2000
CITATIONS_PER_ANSWER = 5


def source_documents(megabytes: float) -> list[Document]:
    documents: list[Document] = []
    characters = 0
    for name in ("stdlib", "purelib"):
        for path in sorted(Path(sysconfig.get_path(name)).rglob("*.py*")):
            if characters > megabytes * 1e6:
                return documents
            if path.suffix not in (".py", ".pyi"):
                continue
            lines = path.read_text(encoding="utf-8", errors="replace").replace("\0", "").splitlines(keepends=True)
            pieces = ["".join(lines[i : i + LINES_PER_SECTION]) for i in range(0, len(lines), LINES_PER_SECTION)]
            characters += sum(map(len, pieces))
            sections = tuple(
                Section(f"part {i}", Span(lines=(1 + i * LINES_PER_SECTION, (i + 1) * LINES_PER_SECTION)), piece)
                for i, piece in enumerate(pieces)
            )
            documents.append(Document(str(path), "code", "ok", sections=sections))
    return documents


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def long_conversation(store: Store) -> int:
    """A session of TURNS questions, each answer with citations."""
    session = store.create("long")
    rects = ((72.0, 96.5, 523.0, 110.5), (72.0, 112.5, 301.0, 126.5))
    for turn in range(TURNS):
        store.start_message(session, "user", text=f"Question {turn}")
        answer = store.start_message(session, "assistant")
        citations = [
            StoredCitation(i, "Ships pay a fee.", "exact", "S1 p.1", "S1", 0, 0, 16, Span(page=1, rects=rects))
            for i in range(1, CITATIONS_PER_ANSWER + 1)
        ]
        store.finish_message(answer, text="Ships pay a fee. " * 80, citations=citations, tokens={"answer": 300})
    return session


def main(megabytes: float) -> None:
    documents = source_documents(megabytes)
    texts = [section.text for document in documents for section in document.sections]
    size = sum(len(text.encode()) for text in texts)
    entries = Workspace().add(documents).entries
    with tempfile.TemporaryDirectory() as folder:
        plain = sqlite3.connect(Path(folder) / "plain.db", isolation_level=None)
        plain.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE texts (body TEXT)")

        def save_plainly() -> None:
            plain.execute("BEGIN")
            plain.executemany("INSERT INTO texts VALUES (?)", [(text,) for text in texts])
            plain.execute("COMMIT")

        raw = timed(save_plainly)
        plain.close()
        path = Path(folder) / "sessions.db"
        with Store.open(path) as store:
            session = store.create("benchmark")
            saving = timed(lambda: store.add_documents(session, entries))
            again = timed(lambda: store.add_documents(store.create("again"), entries))
        opening = timed(lambda: Store.open(path).close())
        with Store.open(path) as store:
            loading = timed(lambda: store.load(session))
            searches: dict[str, float] = {}
            for query in ("import", "deadlock detected", "qzx", "ß", "zq"):
                started = time.perf_counter()
                store.search(query)
                searches[query] = time.perf_counter() - started
        file_size = path.stat().st_size
        with Store.open(path) as store:
            long = long_conversation(store)
            reopening = timed(lambda: store.load(long, with_text=False))
            last = store.load(long, with_text=False).messages[-1].id
            branching = timed(lambda: store.branch(long, last))
    print(f"{size / 1e6:.1f} MB in {len(documents):,} documents, {len(texts):,} sections")
    print(f"plain table {raw:.2f} s; saved and indexed {saving:.2f} s, {saving / raw:.1f} times as long")
    print(f"the same texts in a second session {again:.2f} s; open {opening * 1e3:.1f} ms; load {loading:.2f} s")
    print(f"file {file_size / 1e6:.1f} MB, {file_size / size:.2f} of the text")
    print(f"{TURNS:,} turns: taken up again in {reopening:.2f} s, branched at the last in {branching:.2f} s")
    print("search", ", ".join(f"{query!r} {s * 1e3:.0f} ms" for query, s in searches.items()))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 40.0)
