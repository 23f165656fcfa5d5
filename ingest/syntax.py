"""What the query of a language finds in a source text: places of definitions, comments and decorators.

May take long, and much memory, over a hostile text. Knows no files and no symbols.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.grammars import KINDS, Grammar, loaded

if TYPE_CHECKING:
    from tree_sitter import Node

_MOST_STATES = 1 << 16
_LONGEST_NAME = 400


@dataclass(slots=True)
class Definition:
    """start, end, body: bytes of the text, body where the body begins. Rows count from 0, the last inclusive."""

    name: str
    kind: str
    start: int
    end: int
    first_row: int
    last_row: int
    body: int | None = None


@dataclass(slots=True)
class Syntax:
    """What was found. outers, inner_docs: (start, end, first row, last row). broken: not all of it is of the language.

    leads, comments: by their last row, the row and the byte in it at which they begin.
    """

    broken: bool
    definitions: list[Definition] = field(default_factory=list)
    outers: list[tuple[int, int, int, int]] = field(default_factory=list)
    inner_docs: list[tuple[int, int, int, int]] = field(default_factory=list)
    leads: dict[int, tuple[int, int]] = field(default_factory=dict)
    comments: dict[int, tuple[int, int]] = field(default_factory=dict)


def parse(grammar: Grammar, data: bytes) -> Syntax:
    """What stands in `data` (UTF-8)."""
    from tree_sitter import Parser, QueryCursor

    language, query = loaded(grammar)
    tree = Parser(language).parse(data)
    matches = QueryCursor(query, match_limit=_MOST_STATES).matches(tree.root_node)
    syntax = Syntax(tree.root_node.has_error)
    must = [(name, re.compile(pattern, re.DOTALL)) for name, pattern in grammar.must]
    definitions: dict[tuple[int, int], tuple[int, Definition]] = {}
    for pattern, captures in matches:
        if any(name in captures and not look.fullmatch(_text(data, captures[name][0])) for name, look in must):
            continue
        for name, nodes in captures.items():
            if name in KINDS:
                _define(definitions, data, pattern, name, captures)
            elif name in ("lead", "comment"):
                places = syntax.leads if name == "lead" else syntax.comments
                places.update((_last_row(node), (node.start_point.row, node.start_point.column)) for node in nodes)
            elif name in ("outer", "inner_doc"):
                ranges = syntax.outers if name == "outer" else syntax.inner_docs
                ranges += [(n.start_byte, n.end_byte, n.start_point.row, _last_row(n)) for n in nodes]
    syntax.definitions = [definition for _, definition in definitions.values()]
    return syntax


def _define(
    definitions: dict[tuple[int, int], tuple[int, Definition]],
    data: bytes,
    pattern: int,
    kind: str,
    captures: dict[str, list[Node]],
) -> None:
    """Note a definition. Of several patterns that find the same one, the first in the query is right."""
    node, named = captures[kind][0], captures.get("name")
    name = _text(data, named[0] if named else _innermost(captures["declarator"][0]))
    place = node.start_byte, node.end_byte
    before = definitions.get(place)
    if before is not None and before[0] == pattern:
        before[1].name += f", {name}"
    elif before is None or pattern < before[0]:
        body = captures["body"][0].start_byte if "body" in captures else None
        definition = Definition(name, kind, *place, node.start_point.row, _last_row(node), body)
        definitions[place] = pattern, definition


def _last_row(node: Node) -> int:
    """The last row that holds any of it: some end with the newline behind them."""
    row, column = node.end_point
    return row - 1 if column == 0 and row > node.start_point.row else row


def _innermost(declarator: Node) -> Node:
    """The name in a declarator of C, which may be wrapped as in `char *(*name)(int)`."""
    while True:
        inside = declarator.child_by_field_name("declarator")
        if inside is None and declarator.type.endswith("_declarator") and declarator.named_child_count:
            inside = declarator.named_child(0)
        if inside is None:
            return declarator
        declarator = inside


def _text(data: bytes, node: Node) -> str:
    start, end = node.start_byte, min(node.end_byte, node.start_byte + _LONGEST_NAME)
    return " ".join(data[start:end].decode("utf-8", "replace").split())
