"""A table of answers: rows are documents, columns are questions, and each cell an answer with its checked citations.

Plain frozen data, and the list of questions that it begins with. Knows no engine, no database and no file format.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.core.errors import CoreError
from app.core.failures import Failure
from app.core.records import StoredCitation
from app.core.workspace import Entry

RowKind = Literal["document", "together", "combined"]

COLUMN = "{question}"
"""Stands in the question of a combination for the question of the column that is combined."""

MOST_QUESTIONS = 10_000
MOST_BYTES = 16 << 20


class QuestionListRefused(CoreError):
    """A file holds no list of questions."""

    kind = "questions"


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked: of all documents together, or of each by itself (per_document).

    combine: with per_document, what is asked last over the verified quotes of each column's answers; "" for nothing.
    """

    texts: tuple[str, ...]
    per_document: bool = False
    combine: str = ""

    def combination(self, column: int) -> str:
        """The question that combines column `column`."""
        return self.combine.replace(COLUMN, self.texts[column].strip())


@dataclass(frozen=True, slots=True)
class Cell:
    """One answer, or why there is none. citations: keys and sections of the session's own documents.

    ending, tokens, seconds: the engine's. message: the answer's number in the session file, None while not saved.
    kept: it was there already and not asked again.
    """

    text: str = ""
    ending: str | None = None
    citations: tuple[StoredCitation, ...] = ()
    tokens: Mapping[str, int] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    failure: Failure | None = None
    message: int | None = None
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """entry: the document that was asked alone; None for all together and for the combination. cells[i]: of question i.

    A cell is None as long as it was not reached.
    """

    kind: RowKind
    entry: Entry | None
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """What came of a list of questions. entries: the documents that took part, which the citations name by key.

    tokens_read: decoded in all, by the engine's own account. problems: a sentence for what was left out.
    """

    questions: Questions
    entries: tuple[Entry, ...]
    rows: tuple[Row, ...]
    cancelled: bool = False
    tokens_read: int = 0
    problems: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """How many cells there are."""
        return sum(len(row.cells) for row in self.rows)

    @property
    def cells(self) -> Iterator[Cell]:
        """Those that were reached."""
        return (cell for row in self.rows for cell in row.cells if cell is not None)

    @property
    def done(self) -> int:
        """How many cells hold an answer."""
        return sum(cell.failure is None for cell in self.cells)

    @property
    def failed(self) -> int:
        """How many cells hold a reason why there is none."""
        return sum(cell.failure is not None for cell in self.cells)


def parse_questions(raw: bytes, name: str) -> tuple[str, ...]:
    """The questions of a file: one a line without blank ones and # comments, or a JSON list of texts.

    name: of the file, for the sentence. Raises QuestionListRefused.
    """
    if len(raw) > MOST_BYTES:
        raise _refused(f"{name} is too long for a list of questions ({len(raw):,} bytes).")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(f"{name} is no UTF-8 text (byte {error.start:,}).") from None
    if "\0" in text:
        raise _refused(f"{name} holds bytes that no text has.")
    questions = _from_json(text, name) if text.lstrip()[:1] in ("[", "{") else _from_lines(text)
    if not questions:
        raise _refused(f"{name} holds no question.")
    if len(questions) > MOST_QUESTIONS:
        raise _refused(f"{name} holds {len(questions):,} questions; {MOST_QUESTIONS:,} at most can be asked at once.")
    return questions


def _from_lines(text: str) -> tuple[str, ...]:
    lines = (line.strip() for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def _from_json(text: str, name: str) -> tuple[str, ...]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise _refused(f"{name} begins like JSON and is none{where}.") from None
    if not isinstance(value, list):
        raise _refused(f"{name} is JSON, but no list.")
    for number, item in enumerate(value, 1):
        if not isinstance(item, str) or not item.strip():
            raise _refused(f"{name}: item {number:,} of the list is no question.")
        try:
            item.encode("utf-8")
        except UnicodeEncodeError:
            raise _refused(f"{name}: item {number:,} of the list is no valid text.") from None
    return tuple(item.strip() for item in value)


def _refused(message: str) -> QuestionListRefused:
    return QuestionListRefused(message, hint="Write one question a line, or a JSON list of texts, in UTF-8.")
