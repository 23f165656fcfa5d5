"""Reads the outline of a source text, in a process of its own: a hostile text of 20 KB can take the parser's C code
seconds and hundreds of MB in a single step that cannot be interrupted.

`serve` answers requests as `ingest.pdf` does: {"name", "bytes": n (n bytes of UTF-8 follow)}, answered by {"closed":
the outline as JSON, null where no language is known}. The process ends itself when one takes too long or too much
memory, and when nothing has been asked for a while. Knows no files and nothing of documents.
"""

from __future__ import annotations

import faulthandler
import json
import os
import re
import signal
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import IO

from ingest.grammars import Grammar, grammar_of
from ingest.outline import LONGEST_SIGNATURE, Outline, Symbol
from ingest.pdf import read_frame, write_frame
from ingest.syntax import Definition, Syntax, parse

LARGEST_MEMORY = 1 << 30
IDLE_SECONDS = 20.0

_HOLD_METHODS = frozenset({"class", "struct", "interface", "trait", "impl", "enum", "module"})
_HOLD_NO_FIELDS = frozenset({"function", "method", "property"})
_VALUES = frozenset({"constant", "field", "type", "macro", "property"})
_WORD = re.compile(r"[^\W\d_]")
_MARKUP = re.compile(r"^[\s/*#!\"'=-]+|[\s*/\"'-]+$|</?[a-z]+>")
_STRING_START = re.compile(r"^\s*[rRuUbBfF]{0,2}(?=\"|')")
_LICENCE = re.compile(r"copyright|licen[cs]e|spdx|-\*-|^\W*(?:eslint|jshint|vim:|pylint|mypy:|ruff:)", re.IGNORECASE)
_HIGHEST_COMMENT = 200


def serve() -> None:
    """Answer requests on standard input until it ends."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(silence, descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory()
    with open(silence, "w", closefd=False) as nowhere:
        while _more(requests) and (frame := read_frame(requests)) is not None:
            request = json.loads(frame)
            text = requests.read(request["bytes"]).decode("utf-8")
            # A thread that needs no lock of the interpreter's: the step that takes too long may hold it.
            faulthandler.dump_traceback_later(request["seconds"], exit=True, file=nowhere)
            found = read_outline(request["name"], text)
            answer = json.dumps({"closed": None if found is None else asdict(found)}).encode("ascii")
            faulthandler.cancel_dump_traceback_later()
            write_frame(answers, answer)


def read_outline(name: str, text: str) -> Outline | None:
    """The outline of `text`, whose lines end with "\\n"; None where its language is not known. May take for ever."""
    grammar = grammar_of(name, text)
    return None if grammar is None else _outline(grammar, text.encode("utf-8"))


def _outline(grammar: Grammar, data: bytes) -> Outline:
    syntax = parse(grammar, data)
    reader = _Reader(data, data.decode("utf-8").split("\n"), syntax)
    found = reader.symbols()
    problem = None
    if syntax.broken:
        problem = f"Part of it does not read as {grammar.name}; its outline may miss something."
    return Outline(grammar.name, found, problem, doc_line=reader.doc_line)


def _more(requests: IO[bytes]) -> bool:
    """Wait for something to read; false when nothing came for IDLE_SECONDS."""
    if sys.platform == "win32":
        return True
    import select

    return bool(select.select([requests], [], [], IDLE_SECONDS)[0])


def _limit_memory() -> None:
    if sys.platform == "win32":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = LARGEST_MEMORY if hard == resource.RLIM_INFINITY else min(LARGEST_MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


@dataclass(slots=True)
class _Open:
    """A definition, or what one begins with, that has not ended yet. at: the symbol's index; -1 for the latter."""

    end: int
    start: int
    last_row: int
    at: int
    kind: str = ""
    body: int | None = None
    used: bool = False


class _Reader:
    """Makes symbols of what the query found."""

    def __init__(self, data: bytes, lines: list[str], syntax: Syntax) -> None:
        self._data = data
        self._lines = lines
        self._syntax = syntax
        self._found: list[Symbol] = []
        self._open: list[_Open] = []
        self.doc_line: int | None = None

    def symbols(self) -> tuple[Symbol, ...]:
        items: list[tuple[int, int, int, Definition | tuple[int, int, int, int]]] = [
            *((d.start, -d.end, 1, d) for d in self._syntax.definitions),
            *((start, -end, 0, (start, end, first, last)) for start, end, first, last in self._syntax.outers),
            *((start, -end, 2, (start, end, first, last)) for start, end, first, last in self._syntax.inner_docs),
        ]
        items.sort(key=lambda item: item[:3])
        for start, _, rank, item in items:
            while self._open and self._open[-1].end <= start:
                self._open.pop()
            if isinstance(item, Definition):
                self._definition(item)
            elif rank == 0:
                self._open.append(_Open(item[1], item[0], item[3], -1))
            else:
                self._inner_doc(item[2], item[3])
        if self.doc_line is None:
            self._opening_comment()
        return tuple(self._found)

    def _definition(self, found: Definition) -> None:
        parents = [entry for entry in self._open if entry.at >= 0]
        parent = parents[-1] if parents else None
        kind = found.kind
        if parent and parent.kind in _HOLD_NO_FIELDS and (kind in _VALUES or found.body is None):
            return
        if parent and found.body is not None and found.body == parent.body:
            # "typedef struct a {...} b" defines one thing, not one in another.
            return
        start, first = self._with_outer(found)
        signature = self._signature(found, start, first)
        if not found.name or not signature:
            # The parser makes up what is missing in broken source.
            return
        if kind == "function" and parent and parent.kind in _HOLD_METHODS:
            kind = "method"
        top, doc = self._above(first)
        symbol = Symbol(
            found.name,
            kind,
            top + 1,
            found.last_row + 1,
            signature,
            len(parents),
            first + 1,
            self._doc(doc),
            None if doc is None else doc + 1,
        )
        self._open.append(_Open(found.end, found.start, found.last_row, len(self._found), kind, found.body))
        self._found.append(symbol)

    def _with_outer(self, found: Definition) -> tuple[int, int]:
        """Where the definition begins, with what is in front of the first one in such as "export" or "template"."""
        start, first = found.start, found.first_row
        for entry in reversed(self._open):
            if entry.at >= 0 or entry.used or entry.last_row != found.last_row:
                break
            entry.used = True
            start = entry.start
        return start, first - self._data.count(b"\n", start, found.start)

    def _signature(self, found: Definition, start: int, first: int) -> str:
        one_line = first == found.last_row
        end = found.end if found.body is None or (one_line and found.kind in _VALUES) else found.body
        text = self._data[start:end].decode("utf-8", "replace").rstrip()
        if found.body is None and found.kind in _VALUES:
            newline = self._data.find(b"\n", found.start, end)
            text = text if newline < 0 else self._data[start:newline].decode("utf-8", "replace").rstrip()
        elif "\n" in text:
            text = self._without_comments(text, first)
        return text if len(text) <= LONGEST_SIGNATURE else text[:LONGEST_SIGNATURE] + "…"

    def _without_comments(self, text: str, first: int) -> str:
        """Without comments at the end: in some languages they stand between a signature and its body."""
        lines = text.split("\n")
        while len(lines) > 1 and (place := self._syntax.comments.get(first + len(lines) - 1)) and self._alone(place):
            del lines[max(1, place[0] - first) :]
        return "\n".join(lines).rstrip()

    def _above(self, row: int) -> tuple[int, int | None]:
        """The first row with what belongs to the definition at `row`, and the row of its documentation."""
        top, comments = row, []
        at = row - 1
        while at >= max(0, row - _HIGHEST_COMMENT):
            lead, comment = self._syntax.leads.get(at), self._syntax.comments.get(at)
            if lead is not None and self._alone(lead):
                top = at = lead[0]
            elif comment is not None and self._alone(comment):
                comments.append(range(comment[0], at + 1))
                at = comment[0]
            else:
                break
            at -= 1
        return top, self._first_words(row for rows in reversed(comments) for row in rows)

    def _alone(self, place: tuple[int, int]) -> bool:
        """Whether nothing stands before what begins at this row and byte of it."""
        row, column = place
        return not self._lines[row].encode("utf-8", "replace")[:column].strip()

    def _inner_doc(self, first: int, last: int) -> None:
        row = self._first_words(range(first, last + 1))
        holder = next((entry for entry in reversed(self._open) if entry.at >= 0), None)
        if row is None:
            return
        if holder is None:
            self.doc_line = row + 1
            return
        self._found[holder.at] = replace(self._found[holder.at], doc=self._doc(row), doc_line=row + 1)

    def _opening_comment(self) -> None:
        """Take the comment that opens the file for what it says of itself, unless a symbol has it."""
        row, taken = 0, {symbol.doc_line for symbol in self._found}
        starts = {start: end for end, (start, _) in self._syntax.comments.items()}
        rows: list[int] = []
        while row < min(len(self._lines), _HIGHEST_COMMENT):
            if row in starts:
                rows += range(row, starts[row] + 1)
                row = starts[row]
            elif self._lines[row].strip() and not self._lines[row].startswith("<?"):
                break
            row += 1
        words = self._first_words(row for row in rows if not _LICENCE.search(self._lines[row]))
        if words is not None and words + 1 not in taken and not any(_LICENCE.search(self._lines[r]) for r in rows):
            self.doc_line = words + 1

    def _first_words(self, rows: Iterable[int]) -> int | None:
        return next((r for r in rows if _WORD.search(self._lines[r]) and not self._lines[r].startswith("#!")), None)

    def _doc(self, row: int | None) -> str:
        return "" if row is None else _MARKUP.sub("", _STRING_START.sub("", self._lines[row].strip())).strip()
