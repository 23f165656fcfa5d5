"""Natural English and real code for training and for held-out questions: what CPython's standard library says of
itself.

Docstrings, the language reference's topics and source lines (PSF licence). Modules are split once: a held-out
module gives nothing to training. Knows nothing of tokens or tasks.
"""

from __future__ import annotations

import ast
import os
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.core.marks import split_units

HELD_OUT_MODULES = frozenset(
    "asyncio email unittest sqlite3 statistics zipfile argparse calendar threading csv gettext heapq pathlib".split()
)
_NOT_READ = frozenset("test idlelib lib2to3 turtledemo site-packages __pycache__ encodings pydoc_data".split())
_PLAIN = re.compile(r"[A-Z][A-Za-z0-9 ,;:'\"()\-/_.*=<>%`]+[.?!]")
_MARKUP = re.compile(r":\w+:`~?([^`]*)`|``([^`]*)``|\*\*?(\w[^*]*)\*\*?")


@dataclass(frozen=True, slots=True)
class Corpus:
    """sentences: distinct, 5 to 40 words. sources: (file name, Python source)."""

    sentences: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]


@cache
def read_corpus(*, held_out: bool) -> Corpus:
    """The half of the standard library that training sees, or the sentences and sources that only the other one has."""
    sentences: dict[str, None] = {}
    sources: list[tuple[str, str]] = []
    for path in _modules(held_out=held_out):
        source = path.read_text(encoding="utf-8", errors="replace")
        try:
            tree = ast.parse(source)
        except SyntaxError:
            continue
        for text in _docstrings(tree):
            sentences.update(dict.fromkeys(_sentences(text)))
        if 800 < len(source) < 60_000 and source.isascii():
            sources.append((path.name, source))
    if held_out:
        seen = set(read_corpus(held_out=False).sentences)
        return Corpus(tuple(s for s in sentences if s not in seen), tuple(sources))
    for text in _topics():
        sentences.update(dict.fromkeys(_sentences(text)))
    return Corpus(tuple(sentences), tuple(sources))


def _modules(*, held_out: bool) -> Iterator[Path]:
    root = Path(os.__file__).parent
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if _NOT_READ.isdisjoint(parts) and "test" not in parts[-1] and (parts[0] in HELD_OUT_MODULES) == held_out:
            yield path


def _docstrings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield text


def _topics() -> Iterator[str]:
    from pydoc_data.topics import topics

    yield from topics.values()


def _sentences(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", textwrap.dedent(text)):
        flat = _MARKUP.sub(lambda m: m[1] or m[2] or m[3] or "", " ".join(paragraph.split()))
        for start, end in split_units(flat, "text"):
            sentence = flat[start:end]
            if 5 <= len(sentence.split()) <= 40 and _PLAIN.fullmatch(sentence):
                yield sentence
