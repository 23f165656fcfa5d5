"""Which programming language a source file is in, and what of its syntax an outline is made of: data, how to ask it.

A language is a file in resources/outlines: its name, file names and interpreters, the package of its tree-sitter
grammar and a query. Captures of the query: a kind of symbol (see KINDS) for the whole definition, and inside it `name`
or `declarator` (the name is the innermost one in it) and `body` (what no signature holds); besides `outer` (what the
first definition in it begins with, such as "export"), `lead` (decorators and attributes in front of one), `comment`
and `inner_doc` (a text inside a definition that describes it). `must` says what the text of other captures has to look
like: tests inside a query would read the text again for each.

Knows no files but its own, and nothing of documents.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tree_sitter import Language, Query

KINDS = frozenset(
    """
    namespace module class struct interface trait impl enum type function method property field constant macro heading
    """.split()
)
"""What a symbol can be. impl: methods given to a type elsewhere. heading: of a text."""

_FOLDER = Path(__file__).resolve().parent.parent / "resources" / "outlines"
_FIRST_LINE = re.compile(r"#![^\n]{0,200}")
_LONGEST_CLAIM = 100_000


@dataclass(frozen=True, slots=True)
class Grammar:
    """A language with an outline. function: of the package, which yields the grammar."""

    name: str
    package: str
    function: str
    query: str
    must: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Table:
    """extensions, names, interpreters: to a grammar. claims: extension to grammars that take a file by its text."""

    extensions: dict[str, Grammar]
    names: dict[str, Grammar]
    interpreters: dict[str, Grammar]
    claims: dict[str, list[tuple[re.Pattern[str], Grammar]]]


def grammar_of(name: str, text: str) -> Grammar | None:
    """The grammar for a file of this name (without folders), or that this text names in its first line, if any."""
    table = _table()
    lower = name.lower()
    if lower in table.names:
        return table.names[lower]
    _, dot, extension = lower.rpartition(".")
    if dot and extension in table.extensions:
        for claim, grammar in table.claims.get(extension, ()):
            if claim.search(text, 0, _LONGEST_CLAIM):
                return grammar
        return table.extensions[extension]
    first = _FIRST_LINE.match(text)
    return _by_interpreter(table, first.group()) if first else None


def _by_interpreter(table: _Table, line: str) -> Grammar | None:
    words = [word.rpartition("/")[2] for word in line[2:].split()]
    if words and words[0] == "env":
        words = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    if not words:
        return None
    return table.interpreters.get(words[0]) or table.interpreters.get(words[0].rstrip("0123456789."))


@cache
def _table() -> _Table:
    table = _Table({}, {}, {}, {})
    for path in sorted(_FOLDER.glob("*.toml")):
        found = tomllib.loads(path.read_text(encoding="utf-8"))

        def grammar(function: str, found: dict[str, Any] = found) -> Grammar:
            must = tuple(sorted(found.get("must", {}).items()))
            return Grammar(found["name"], found["package"], function, found["query"], must)

        usual = found.get("function", "language")
        special = found.get("functions", {})
        table.extensions.update({e: grammar(special.get(e, usual)) for e in found["extensions"]})
        table.names.update(dict.fromkeys(found.get("names", ()), grammar(usual)))
        table.interpreters.update(dict.fromkeys(found.get("interpreters", ()), grammar(usual)))
        for extension, pattern in found.get("claims", {}).items():
            table.claims.setdefault(extension, []).append((re.compile(pattern), grammar(usual)))
    return table


def grammars() -> tuple[Grammar, ...]:
    """All of them, each once."""
    table = _table()
    return tuple(dict.fromkeys([*table.extensions.values(), *table.names.values(), *table.interpreters.values()]))


@cache
def loaded(grammar: Grammar) -> tuple[Language, Query]:
    """The grammar and its query, ready for use."""
    import importlib

    from tree_sitter import Language, Query

    language = Language(getattr(importlib.import_module(grammar.package), grammar.function)())
    return language, Query(language, grammar.query)
