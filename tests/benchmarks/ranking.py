"""Mean reciprocal rank of evidence search against plain FTS5, on labelled questions over real documents.

    uv run python -m tests.benchmarks.ranking [--each]

Both rank the same passages. Plain is what FTS5 gives as it comes: unicode61, the question's words joined by OR, BM25.
Seen: 0.769 against 0.651 on the questions it was tuned on, 0.767 against 0.675 on those held out.
--each prints the questions of the part that is not held out, with both ranks.
"""

from __future__ import annotations

import re
import sqlite3
import sys
import time
from collections.abc import Sequence
from statistics import fmean

from app.core.prompt import PromptDocument
from app.core.search import PassageIndex
from tests.ranking_corpus import Question, load_documents, load_questions, plain

DEPTH = 10


class PlainIndex:
    """The same passages in an FTS5 table with default settings."""

    def __init__(self, index: PassageIndex) -> None:
        self._connection = sqlite3.connect(":memory:")
        self._connection.execute("CREATE VIRTUAL TABLE plain USING fts5 (document UNINDEXED, body)")
        rows = index._connection.execute("SELECT document, body FROM passages ORDER BY id")
        self._connection.executemany("INSERT INTO plain VALUES (?, ?)", rows)

    def search(self, question: str) -> list[tuple[int, str]]:
        words = re.findall(r"\w+", question)
        return self._connection.execute(
            "SELECT document, body FROM plain WHERE plain MATCH ? ORDER BY bm25(plain) LIMIT ?",
            (" OR ".join(f'"{word}"' for word in words), DEPTH),
        ).fetchall()

    def close(self) -> None:
        self._connection.close()


def reciprocal_rank(question: Question, found: Sequence[tuple[str, str]]) -> float:
    """found: (document's name, passage) from best to worst. 1 / rank of the first right one, 0 when there is none."""
    for rank, (name, text) in enumerate(found, 1):
        if name == question.file and plain(question.phrase) in plain(text):
            return 1 / rank
    return 0.0


def measure() -> list[tuple[Question, float, float]]:
    """Each question with our reciprocal rank and the plain one."""
    documents = [PromptDocument("S1", name, d.kind, d.sections) for name, d in load_documents().items()]
    results: list[tuple[Question, float, float]] = []
    with PassageIndex(documents) as index:
        other = PlainIndex(index)
        for question in load_questions():
            ours = [(documents[p.document].name, p.text) for p in index.search(question.question, DEPTH)]
            theirs = [(documents[at].name, text) for at, text in other.search(question.question)]
            results.append((question, reciprocal_rank(question, ours), reciprocal_rank(question, theirs)))
        other.close()
    return results


def main(*, each: bool) -> None:
    started = time.perf_counter()
    results = measure()
    if each:
        for question, ours, theirs in sorted(results, key=lambda r: r[1] - r[2]):
            if not question.held_out:
                print(f"{ours:.2f} {theirs:.2f} {question.file}: {question.question}")
    for name, held_out in (("tuned on", False), ("held out", True)):
        part = [r for r in results if r[0].held_out is held_out]
        ours, theirs = fmean(r[1] for r in part), fmean(r[2] for r in part)
        print(
            f"{name}: {len(part)} questions, mean reciprocal rank {ours:.3f}, plain {theirs:.3f}, x {ours / theirs:.2f}"
        )
    print(f"{time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main(each="--each" in sys.argv)
