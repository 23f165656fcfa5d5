"""Colours for code and logs: which characters of some lines are keywords, strings, comments, numbers, names, levels.

Looks at a window of lines only, so what began far above it (a long comment) may be missed. Knows no colours.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

Run = tuple[int, int, str]
"""Start, length, and the name of the colour token."""

_LONGEST_LINE = 2_000
_LEVEL_WITHIN = 160
_LEVEL = re.compile(
    r"\b(?:(WARN(?:ING)?|NOTICE)|(ERROR|ERR|SEVERE|FATAL|CRITICAL|CRIT|EMERG|ALERT|PANIC))\b", re.IGNORECASE
)


def code_runs(lines: Sequence[str], name: str) -> list[list[Run]]:
    """The coloured runs of each line of a file called `name`; none where its language is not known."""
    runs: list[list[Run]] = [[] for _ in lines]
    lexer = _lexer(name)
    if lexer is None:
        return runs
    # One endless line could keep a lexer busy for minutes.
    text = "\n".join(line if len(line) <= _LONGEST_LINE else "" for line in lines)
    row = column = 0
    for _, kind, value in lexer.get_tokens_unprocessed(text):
        colour = _colour(kind)
        for i, piece in enumerate(value.split("\n")):
            if i:
                row, column = row + 1, 0
            if piece and colour and row < len(runs):
                _add(runs[row], column, len(piece), colour)
            column += len(piece)
    return runs


def _add(runs: list[Run], start: int, length: int, colour: str) -> None:
    if runs and runs[-1][2] == colour and sum(runs[-1][:2]) == start:
        start, length = runs[-1][0], runs.pop()[1] + length
    runs.append((start, length, colour))


def level_runs(line: str) -> list[Run]:
    """The word that says how grave a log record is, where there is one near its beginning."""
    match = _LEVEL.search(line, 0, _LEVEL_WITHIN)
    if not match:
        return []
    return [(match.start(), match.end() - match.start(), "warn" if match.group(1) else "bad")]


@lru_cache(maxsize=16)
def _lexer(name: str) -> Any:
    from pygments.lexers import get_lexer_for_filename
    from pygments.util import ClassNotFound

    try:
        return get_lexer_for_filename(name)
    except ClassNotFound:
        return None


@lru_cache(maxsize=512)
def _colour(kind: Any) -> str | None:
    from pygments.token import Comment, Keyword, Name, Number, Operator, String

    named = (Name.Function, Name.Class, Name.Decorator, Name.Builtin, Name.Tag, Name.Namespace, Name.Exception)
    if kind in Comment or kind in String.Doc:
        return "code_comment" if kind in Comment else "code_string"
    if kind in Keyword or kind in Operator.Word:
        return "code_keyword"
    if kind in String:
        return "code_string"
    if kind in Number:
        return "code_number"
    return "code_name" if any(kind in group for group in named) else None
