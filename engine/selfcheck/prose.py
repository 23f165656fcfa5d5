"""Endless plain prose for the haystack, made by a grammar of our own (`resources/selfcheck/prose.toml`).

The same for a generator in the same state, no two sentences equal, and none with a digit, a name or a word that a
task asks about. Knows no tasks.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from engine.selfcheck.words import RESOURCES

_SLOT = re.compile(r"\{(\w+)\}")
_FEWEST, _MOST = 3, 7
_DEEPEST = 2

Parts = tuple[str, ...]
"""Literal text and names of slots by turns, beginning with text."""


@dataclass(frozen=True, slots=True)
class _Grammar:
    """flat: of each list what has no slots of its own, for when it has gone deep enough."""

    turns: Mapping[str, tuple[Parts, ...]]
    lists: Mapping[str, tuple[Parts, ...]]
    flat: Mapping[str, tuple[Parts, ...]]


def prose(chosen: random.Random) -> Iterator[str]:
    """Sentences, each by itself on a line, in paragraphs of some that speak of the same people and place."""
    grammar = _grammar()
    seen: set[int] = set()
    while True:
        fixed = _scene(chosen, grammar)
        turns = ["first", *["next"] * chosen.randint(_FEWEST, _MOST), "last"]
        for turn in turns:
            sentence = _sentence(chosen, grammar, turn, fixed)
            # A hash instead of the text: ten million tokens of it would be a lot to keep.
            if (mark := _mark(sentence)) not in seen:
                seen.add(mark)
                yield sentence


def _mark(text: str) -> int:
    """The same in every process, unlike `hash`."""
    return int.from_bytes(text.encode(), "big") % ((1 << 61) - 1)


def _scene(chosen: random.Random, grammar: _Grammar) -> dict[str, str]:
    she = chosen.choice(("she", "he"))
    fixed = {"she": she, "her": "her" if she == "she" else "his", "": ""}
    for name in ("who", "mate", "place", "season"):
        fixed[name] = _filled(chosen, grammar, name, fixed, 0)
    return fixed


def _sentence(chosen: random.Random, grammar: _Grammar, turn: str, fixed: Mapping[str, str]) -> str:
    used: set[str] = set()
    text = _joined(chosen, grammar, chosen.choice(grammar.turns[turn]), fixed, 0, used)
    return text[0].upper() + text[1:]


def _joined(
    chosen: random.Random, grammar: _Grammar, parts: Parts, fixed: Mapping[str, str], deep: int, used: set[str]
) -> str:
    pieces = []
    for index, part in enumerate(parts):
        if index % 2 == 0 or part in fixed:
            pieces.append(part if index % 2 == 0 else fixed[part])
            continue
        for _ in range(8):
            piece = _filled(chosen, grammar, part, fixed, deep, used)
            if piece not in used:
                break
        used.add(piece)
        pieces.append(piece)
    return "".join(pieces)


def _filled(
    chosen: random.Random,
    grammar: _Grammar,
    name: str,
    fixed: Mapping[str, str],
    deep: int,
    used: set[str] | None = None,
) -> str:
    options = (grammar.lists if deep < _DEEPEST else grammar.flat)[name]
    return _joined(chosen, grammar, chosen.choice(options), fixed, deep + 1, set() if used is None else used)


@cache
def _grammar() -> _Grammar:
    data = tomllib.loads((RESOURCES / "prose.toml").read_text(encoding="utf-8"))
    lists = {
        name: tuple(_parts(option.strip()) for line in text.strip().split("\n") for option in line.split(","))
        for name, text in data["list"].items()
    }
    flat = {name: tuple(parts for parts in options if len(parts) == 1) or options for name, options in lists.items()}
    turns = {turn: tuple(map(_parts, data[turn].strip().split("\n"))) for turn in ("first", "next", "last")}
    return _Grammar(turns, lists, flat)


def _parts(text: str) -> Parts:
    return tuple(_SLOT.split(text))
