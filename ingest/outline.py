"""What a source file defines: its classes, functions and the like with their lines and signatures.

The parser works in a process of its own (`ingest.outline_reader`), started when it is first needed. Bounded: a text
that is too large, or takes too long, has no symbols and says why; broken source gives what can be made out. Knows no
files and nothing of documents.
"""

from __future__ import annotations

import atexit
import threading
import time
from dataclasses import dataclass
from typing import Any

from ingest.grammars import grammar_of
from ingest.pdf_child import PdfChild, ReaderGone

LARGEST_SOURCE = 1_000_000
"""Bytes. A tree takes some thirty times as much of memory as its text."""

SECONDS = 5.0
"""The longest that one text may take: ten times what the largest takes on a quiet computer."""

LONGEST_SIGNATURE = 2_000


@dataclass(frozen=True, slots=True)
class Symbol:
    """Something that a file defines.

    kind: one of ingest.grammars.KINDS. first_line, last_line: 1-based, inclusive, decorators included.
    signature: the words of the file from line signature_line on, without the body; cut with "…" beyond
    LONGEST_SIGNATURE characters. level: how many symbols it stands in; of a heading, its rank from 0. doc: what the
    first line of its documentation says, which stands on doc_line.
    """

    name: str
    kind: str
    first_line: int
    last_line: int
    signature: str
    level: int
    signature_line: int
    doc: str = ""
    doc_line: int | None = None


@dataclass(frozen=True, slots=True)
class Outline:
    """language: None where none is known for the file. problem: a sentence about what is missing, if anything is.

    doc_line: where the file says what it is for.
    """

    language: str | None
    symbols: tuple[Symbol, ...] = ()
    problem: str | None = None
    doc_line: int | None = None


def symbols(name: str, text: str) -> tuple[Symbol, ...]:
    """What the file of this name (without folders) defines, in the order of the file; () where nothing is known."""
    return outline(name, text).symbols


def outline(name: str, text: str, *, seconds: float = SECONDS) -> Outline:
    """As `symbols`, with the language and what is to be said. Lines are those between "\n".

    seconds: the longest it may take. May be called by any thread.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if name.lower().endswith((".md", ".markdown", ".mdown", ".mkd")):
        return _headings(text)
    grammar = grammar_of(name, text)
    if grammar is None:
        return Outline(None)
    content = text.encode("utf-8", "replace")
    if len(content) > LARGEST_SOURCE:
        larger = f"It has no outline: it is larger than {LARGEST_SOURCE // 1_000_000} MB."
        return Outline(grammar.name, problem=larger)
    answer = _CHILD.ask({"name": name, "bytes": len(content), "seconds": seconds, "page_seconds": seconds}, content)
    if answer is None:
        return Outline(grammar.name, problem="It has no outline: making one took too long, or too much memory.")
    return Outline(**{**answer, "symbols": tuple(Symbol(**symbol) for symbol in answer["symbols"])})


def _headings(text: str) -> Outline:
    from ingest.text import headings

    lines = text.split("\n")
    found = headings(text)
    if not found:
        return Outline("Markdown")
    ends = [start for start, *_ in found[1:]] + [len(lines) - (not lines[-1])]
    return Outline(
        "Markdown",
        tuple(
            Symbol(label, "heading", start + 1, max(start + 1, end), lines[start], level - 1, start + 1)
            for (start, label, level), end in zip(found, ends, strict=True)
        ),
    )


class _Child:
    """The process that reads outlines, once there was something to read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: PdfChild | None = None

    def ask(self, request: dict[str, Any], content: bytes) -> dict[str, Any] | None:
        """The outline as JSON, None when the process died over it."""
        with self._lock:
            for _ in range(2):
                began = time.monotonic()
                try:
                    (answer,) = self._started().ask(request, content)
                except ReaderGone:
                    self.close()
                    # One that was idle had left, or someone ended it. A text that kills it is not worth a second.
                    if time.monotonic() - began > request["seconds"] / 2:
                        return None
                else:
                    found: dict[str, Any] | None = answer["closed"]
                    return found
        return None

    def close(self) -> None:
        """End the process, if there is one."""
        if self._child is not None:
            self._child.close()
            self._child = None

    def _started(self) -> PdfChild:
        if self._child is None:
            self._child = PdfChild("ingest.outline_reader")
            atexit.unregister(self.close)
            atexit.register(self.close)
        return self._child


_CHILD = _Child()
