"""A map of source files: what other files use most, with signatures, in as many tokens as there is room for.

Which symbols matter is worked out from names alone: a name that a file defines and others hold is a reference to it.
Knows no tokens: the caller says what a map takes.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import sqrt
from pathlib import Path

from ingest.document import Document, Secret, Section, Span
from ingest.files import base_name, shown
from ingest.outline import Outline, Symbol, outline
from ingest.outline_view import abridge, symbol_rows

MAP_PATH = "<map>"

_USABLE = frozenset("class struct interface trait enum type function method property constant macro".split())
_NAME = re.compile(r"[^\W\d]\w{2,}")
_TELLING = re.compile(r"[a-z\d]_+[a-z\d]|[a-z][A-Z]|^_*[A-Z]")
_CALL = re.compile(r"(?<![\w.>:])([^\W\d]\w{2,})\s*\(")
_MOST_DEFINED = 12

_Made = tuple[Section, list[Secret]]


@dataclass(slots=True)
class _File:
    """One source file. parents: of each symbol, the index of the one that it stands in."""

    label: str
    section: Section
    found: Outline
    secrets: tuple[Secret, ...] = ()
    parents: list[int | None] = field(default_factory=list)
    uses: Counter[str] = field(default_factory=Counter)
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """A file (its path) with what others use of it: symbols with their scores, highest first. score: their sum."""

    path: str
    score: float
    symbols: tuple[tuple[Symbol, float], ...]


def repo_map(documents: Sequence[Document], count: Callable[[Section], int], budget: int) -> Document:
    """A document with a section for each file that matters most, best first, in at most `budget` tokens.

    A section holds lines of the file as they stand; what is left out is said as in an outline, and how many files are
    not there at all by a last section. Its label, and the part of its span, is the file's path below the folder that
    all share. documents: source files, read whole; others are passed over. count: tokens of one section.
    """
    files = _files(documents)
    chosen = _ranked(files)
    taken: dict[tuple[int, frozenset[int]], tuple[_Made, int]] = {}

    def section(number: int, symbols: frozenset[int]) -> tuple[_Made, int]:
        if (number, symbols) not in taken:
            made = _section(files[number], symbols)
            taken[number, symbols] = made, count(made[0])
        return taken[number, symbols]

    def mapped(most: int) -> tuple[list[_Made], int]:
        wanted: dict[int, set[int]] = defaultdict(set)
        for number, symbol, _ in chosen[:most]:
            at: int | None = symbol
            while at is not None:
                wanted[number].add(at)
                at = files[number].parents[at]
        order = sorted(wanted, key=lambda number: (-files[number].score, files[number].label))
        made = [section(number, frozenset(wanted[number])) for number in order]
        rest = len(files) - len(order)
        if rest:
            last = Section("left out", Span(), f"… {rest:,} more file{'' if rest == 1 else 's'}\n")
            made.append(((last, []), count(last)))
        return [one for one, _ in made], sum(tokens for _, tokens in made)

    least, most = 0, len(chosen)
    while least < most:
        middle = (least + most + 1) // 2
        least, most = (middle, most) if mapped(middle)[1] <= budget else (least, middle - 1)
    sections, tokens = mapped(least)
    problem = None
    if not any(file.found.symbols for file in files):
        sections, problem = [], "There is no source file to map."
    elif tokens > budget or not least:
        sections, problem = [], "Nothing of these files fits into so few tokens."
    return Document(
        MAP_PATH,
        "code",
        "ok" if sections else "empty",
        problem,
        tuple(made for made, _ in sections),
        size=sum(len(made.text.encode("utf-8", "replace")) for made, _ in sections),
        secrets=tuple(replace(s, section=i) for i, (_, secrets) in enumerate(sections) for s in secrets),
    )


def rank(documents: Sequence[Document]) -> list[Ranked]:
    """The files by how much others use them, most used first."""
    files = _files(documents)
    scores: dict[int, list[tuple[Symbol, float]]] = defaultdict(list)
    for number, symbol, score in _ranked(files):
        scores[number].append((files[number].found.symbols[symbol], score))
    order = sorted(range(len(files)), key=lambda number: (-files[number].score, files[number].label))
    return [Ranked(files[n].label, files[n].score, tuple(scores[n])) for n in order]


def _files(documents: Sequence[Document]) -> list[_File]:
    found: list[_File] = []
    plain = [d for d in documents if d.kind == "code" and len(d.sections) == 1 and d.sections[0].span.lines]
    folder = os.path.commonpath([Path(d.path).parent for d in plain]) if _all_absolute(plain) else ""
    for document in plain:
        section = document.sections[0]
        made = outline(base_name(document.path), section.text)
        label = os.path.relpath(document.path, folder) if folder else document.path
        file = _File(shown(label).replace(os.sep, "/"), section, made, document.secrets)
        file.parents = _parents(made.symbols)
        found.append(file)
    defined = {s.name for file in found for s in file.found.symbols if _usable(s)}
    for file in found:
        names = Counter(name for name in _NAME.findall(file.section.text) if _TELLING.search(name))
        names.update(name for name in _CALL.findall(file.section.text) if not _TELLING.search(name))
        file.uses = Counter({name: times for name, times in names.items() if name in defined})
    return found


def _usable(symbol: Symbol) -> bool:
    """Whether its name says that it is meant where it stands elsewhere.

    A plain word such as "path" may be anything; it is one only where it is called, and then not one among methods.
    """
    return symbol.kind in _USABLE and (symbol.level == 0 or _TELLING.search(symbol.name) is not None)


def _all_absolute(documents: Sequence[Document]) -> bool:
    return bool(documents) and all(Path(d.path).is_absolute() for d in documents)


def _parents(symbols: Sequence[Symbol]) -> list[int | None]:
    parents: list[int | None] = []
    path: list[int] = []
    for at, symbol in enumerate(symbols):
        del path[symbol.level :]
        parents.append(path[-1] if path else None)
        path.append(at)
    return parents


def _ranked(files: list[_File]) -> list[tuple[int, int, float]]:
    """File, symbol and score of each symbol that other files use, highest first; sets the files' scores.

    A plain sum, each using file for the root of how often it holds the name, shared by all files that define it. Ranks
    that flow on from file to file (PageRank) found no more of what is imported most; see
    tests/benchmarks/ingest_outline.py.
    """
    owners: dict[str, set[int]] = defaultdict(set)
    for number, file in enumerate(files):
        for symbol in file.found.symbols:
            if _usable(symbol):
                owners[symbol.name].add(number)
    used: dict[str, float] = defaultdict(float)
    own: dict[tuple[int, str], float] = {}
    for number, file in enumerate(files):
        for name, times in file.uses.items():
            used[name] += sqrt(times)
            own[number, name] = sqrt(times)
    ranked: list[tuple[int, int, float]] = []
    for number, file in enumerate(files):
        seen: set[str] = set()
        for at, symbol in enumerate(file.found.symbols):
            name, sharing = symbol.name, len(owners.get(symbol.name, ()))
            if not _usable(symbol) or sharing > _MOST_DEFINED or name in seen:
                continue
            seen.add(name)
            score = (used[name] - own.get((number, name), 0.0)) / sharing
            if score > 0:
                file.score += score
                ranked.append((number, at, score))
    ranked.sort(key=lambda one: (-one[2], files[one[0]].label, one[1]))
    return ranked


def _section(file: _File, wanted: frozenset[int]) -> _Made:
    rows = {row for at in wanted for row in symbol_rows(file.found.symbols[at])}
    made, secrets = abridge(file.section, rows, file.secrets)
    span = Span(lines=file.section.span.lines, part=file.label)
    return Section(file.label, span, made.text, line_map=made.line_map), secrets
