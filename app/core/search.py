"""Finds the passages of a workspace that speak of a question, verbatim, without a model.

Two indexes in a temporary SQLite file: words (Porter stems, so that "opens" meets "open") and trigrams (pieces of
identifiers). The best by BM25 are ranked again by what a reader would check: how much of the question is there, do
its words stand together, are its identifiers there as written. Knows no prompt, no session and no answer.
"""

from __future__ import annotations

import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path
from types import TracebackType

from app.core.errors import SearchError
from app.core.passages import split_passages
from app.core.prompt import PromptDocument
from app.core.query import Query, camel_parts, fold, grams, parse, words_of
from ingest.document import Span
from ingest.errors import SourceChanged, SourceGone

CANDIDATES = 60
_SUBSTRING_CANDIDATES = 200
_CACHE_KIB = 16_384
_TRIGRAM = 3
_KEYWORDS = r"\b(?:def|class|function|func|fn|struct|enum|interface|trait)\s+"

# How much each part of a match counts, chosen with tests/benchmarks/ranking.py on the questions that are not held out.
# The result changes little when any of them is halved or doubled.
TITLE_WEIGHT = 2.0
HEADING_WEIGHT = 2.0
GRAMS_WEIGHT = 1.0
COVERAGE_WEIGHT = 0.5
PAIR_WEIGHT = 0.5
IDENTIFIER_WEIGHT = 0.5
DEFINITION_WEIGHT = 1.0
CONTEXT_WEIGHT = 1.0
SENTENCE_WEIGHT = 1.0
USUAL_STOP_WORD_SHARE = 0.35


@dataclass(frozen=True, slots=True)
class Passage:
    """Characters [start, end) of a section, verbatim. document, section: indexes into what was searched.

    score: higher is better, comparable within one search only.
    """

    document: int
    section: int
    start: int
    end: int
    text: str
    score: float
    span: Span


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    bm25: float
    text: str
    context: str


class PassageIndex:
    """The passages of some documents, indexed. Holds a temporary file until it is closed."""

    def __init__(
        self, documents: Sequence[PromptDocument], *, on_progress: Callable[[int, int], None] | None = None
    ) -> None:
        """Index everything. on_progress: documents done, documents in all.

        Sections that can no longer be read are left out, see `unread`. Raises SearchError when the temporary
        directory has no room.
        """
        self.unread: list[str] = []
        self._documents = documents
        try:
            self._folder = tempfile.TemporaryDirectory(prefix="plumbline-", ignore_cleanup_errors=True)
        except OSError as error:
            raise _no_room(error) from error
        self._connection = sqlite3.connect(Path(self._folder.name) / "passages.db", isolation_level=None)
        try:
            self._build(on_progress)
        except sqlite3.OperationalError as error:
            self.close()
            raise _no_room(error) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Remove the temporary file."""
        self._connection.close()
        self._folder.cleanup()

    def __enter__(self) -> PassageIndex:
        """The index itself; leaving the block closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the temporary file."""
        self.close()

    def __len__(self) -> int:
        """How many passages there are."""
        count: int = self._connection.execute("SELECT count(*) FROM passages").fetchone()[0]
        return count

    def search(self, question: str, limit: int = 8) -> list[Passage]:
        """The best passages, best first; fewer than `limit` when fewer have anything to do with the question."""
        query = parse(question)
        if not query.terms or limit < 1:
            return []
        weights = self._weights(query.terms)
        rows = self._candidates(query, weights, max(CANDIDATES, limit))
        scored = sorted(
            ((self._score(row, query, weights), row) for row in rows), key=lambda pair: (-pair[0], pair[1].number)
        )
        return [self._passage(row.number, score) for score, row in scored[:limit]]

    def _build(self, on_progress: Callable[[int, int], None] | None) -> None:
        self._connection.executescript(
            f"""
            PRAGMA journal_mode = OFF;
            PRAGMA synchronous = OFF;
            PRAGMA cache_size = -{_CACHE_KIB};
            CREATE TABLE passages (
                id INTEGER PRIMARY KEY,
                document INTEGER,
                section INTEGER,
                first INTEGER,
                past INTEGER,
                line INTEGER,
                body TEXT,
                context TEXT
            );
            CREATE VIRTUAL TABLE words USING fts5 (
                body, title, heading, grams, content = '',
                tokenize = "porter unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'"
            );
            CREATE VIRTUAL TABLE trigrams USING fts5 (body, content = '', detail = none, tokenize = 'trigram');
            BEGIN;
            """
        )
        for at, document in enumerate(self._documents):
            for position, section in enumerate(document.sections):
                try:
                    text = section.text
                except (SourceChanged, SourceGone) as error:
                    self.unread.append(str(error))
                    continue
                self._add(at, position, text)
            if on_progress is not None:
                on_progress(at + 1, len(self._documents))
        self._connection.execute("COMMIT")

    def _add(self, document: int, section: int, text: str) -> None:
        source = self._documents[document]
        title = f"{source.name} {source.sections[section].label}".encode("utf-8", "backslashreplace").decode("utf-8")
        folded_title = fold(title)
        line = counted = 0
        for piece in split_passages(text, source.kind):
            body = text[piece.start : piece.end]
            line += text.count("\n", counted, piece.start)
            counted = piece.start
            cursor = self._connection.execute(
                "INSERT INTO passages (document, section, first, past, line, body, context)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (document, section, piece.start, piece.end, line, body, f"{title} {piece.heading}"),
            )
            self._connection.execute(
                "INSERT INTO words (rowid, body, title, heading, grams) VALUES (?, ?, ?, ?, ?)",
                (cursor.lastrowid, fold(body), folded_title, fold(piece.heading), f"{grams(body)} {camel_parts(body)}"),
            )
            self._connection.execute("INSERT INTO trigrams (rowid, body) VALUES (?, ?)", (cursor.lastrowid, body))

    def _weights(self, terms: Iterable[str]) -> dict[str, float]:
        """How much each term tells: the logarithm of how few passages hold it, as in BM25."""
        total = len(self)
        weights: dict[str, float] = {}
        for term in terms:
            query = "SELECT count(*) FROM words WHERE words MATCH ?"
            (holding,) = self._connection.execute(query, (_quoted(term),)).fetchone()
            weights[term] = log(1 + (total - holding + 0.5) / (holding + 0.5))
        return weights

    def _candidates(self, query: Query, weights: dict[str, float], limit: int) -> Iterator[_Row]:
        columns = "id, passages.body, context"
        found = self._connection.execute(
            f"SELECT {columns}, -bm25(words, 1.0, {TITLE_WEIGHT}, {HEADING_WEIGHT}, {GRAMS_WEIGHT}) FROM words "
            "JOIN passages ON id = words.rowid WHERE words MATCH ? ORDER BY 4 DESC LIMIT ?",
            (" OR ".join(map(_quoted, query.terms)), limit),
        )
        seen: set[int] = set()
        for number, body, context, bm25 in found.fetchall():
            seen.add(number)
            yield _Row(number, bm25, body, context)
        for name in query.exact:
            pieces = dict.fromkeys(name[i : i + _TRIGRAM] for i in range(len(name) - _TRIGRAM + 1))
            match = " AND ".join(map(_quoted, pieces))
            inside = self._connection.execute(
                f"SELECT {columns} FROM trigrams JOIN passages ON id = trigrams.rowid WHERE trigrams MATCH ? LIMIT ?",
                (match, _SUBSTRING_CANDIDATES),
            )
            for number, body, context in inside.fetchall():
                if number not in seen and _stands(name, body.casefold()):
                    seen.add(number)
                    yield _Row(number, 0.0, body, context)

    def _score(self, row: _Row, query: Query, weights: dict[str, float]) -> float:
        """BM25, raised by what a reader would check.

        Coverage: how much of the question is there. Pairs: neighbours in the question that are close here too.
        Identifiers as written, and whether they are defined here. Context: how much of the question is in the
        document's name and the heading. Sentences: to a question in a language's sentences, text in sentences of
        that language is the likelier answer.
        """
        words, context, folded = words_of(row.text), words_of(row.context), row.text.casefold()
        places = {term: [i for i, word in enumerate(words) if _same(term, word)] for term in query.terms}
        inside = {t for t in query.terms if places[t] or (len(t) > _TRIGRAM and t in folded)}
        around = {t for t in query.terms if any(_same(t, word) for word in context)}
        total = sum(weights.values()) or 1.0
        share = sum(word in query.stop_words for word in words) / (len(words) or 1)
        return max(row.bm25, sum(weights[t] for t in inside) / 2) * (
            1
            + COVERAGE_WEIGHT * (sum(weights[t] for t in inside | around) / total) ** 2
            + PAIR_WEIGHT * _pairs(query, weights, places)
            + IDENTIFIER_WEIGHT * sum(_stands(name, folded) for name in query.exact) / (len(query.exact) or 1)
            + DEFINITION_WEIGHT * _defines(row.text, query)
            + CONTEXT_WEIGHT * sum(weights[t] for t in around) / total
            + SENTENCE_WEIGHT * min(1.0, share / USUAL_STOP_WORD_SHARE)
        )

    def _passage(self, number: int, score: float) -> Passage:
        document, position, start, end, line, text = self._connection.execute(
            "SELECT document, section, first, past, line, body FROM passages WHERE id = ?", (number,)
        ).fetchone()
        section = self._documents[document].sections[position]
        if section.span.page is None and section.span.lines is not None:
            # As Section.locate has it, without reading a log again that may have changed since.
            span = section.at_lines(line, line + text.count("\n"))
        else:
            span = section.locate(start, end)
        return Passage(document, position, start, end, text, score, span)


def _quoted(term: str) -> str:
    """`term` as a string of FTS5, in which nothing is an operator."""
    return '"' + term.replace('"', '""') + '"'


def _pairs(query: Query, weights: dict[str, float], places: dict[str, list[int]]) -> float:
    """The share of the question's neighbours, by weight, that stand within three words here."""
    pairs = {(a, b): min(weights[a], weights[b]) for a, b in query.pairs}
    close = (w for (a, b), w in pairs.items() if any(0 < j - i <= 3 for i in places[a] for j in places[b]))
    return sum(close) / (sum(pairs.values()) or 1.0)


def _defines(text: str, query: Query) -> bool:
    names = query.exact or (query.terms if len(query.terms) == 1 else ())
    return any(re.search(rf"(?i){_KEYWORDS}_*{re.escape(n)}\b", text) for n in names)


def _same(term: str, word: str) -> bool:
    """Equal, or different in the ending only."""
    if term == word:
        return True
    if len(term) < 4 or len(word) < 4 or term.isdecimal():
        return False
    stem = max(4, min(len(term), len(word)) - 3)
    return term[:stem] == word[:stem] and abs(len(term) - len(word)) <= 4


def _stands(exact: str, folded: str) -> bool:
    """Whether `exact` is there: a number by itself, an identifier also inside a longer one."""
    if exact[0].isdigit():
        return re.search(rf"(?<![\d.,]){re.escape(exact)}(?![.,]?\d)", folded) is not None
    return exact in folded


def _no_room(error: Exception) -> SearchError:
    return SearchError(
        f"There is no room for the search index in {tempfile.gettempdir()} ({error}).",
        hint="Free some space there, or set TMPDIR to a folder with room.",
    )
