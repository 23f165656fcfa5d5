"""The word lists of the self-check (`resources/selfcheck/words.toml`), and fresh keys, numbers and names made of them.

Each task has a share of the nouns and of the numbers of its own, so that items of different tasks can stand in one
haystack and never answer each other. Knows no sentences.
"""

from __future__ import annotations

import itertools
import random
import tomllib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

RESOURCES = Path(__file__).resolve().parent.parent.parent / "resources" / "selfcheck"

_NOUNS = ("single", "multikey", "absent", "multikey", "multivalue", "multikey", "multiquery", "order")
"""Which task the next noun is for, over and over: "multikey" needs most."""

_NUMBERS = ("single", "multikey", "absent", "multivalue", "multiquery", "variable", "ruler")
"""A task's numbers leave its place in this as remainder when divided by `_SLOTS`."""

_SLOTS = 16
_TRIES = 100
_LEAST, _MOST = 1_000_000, 9_999_999


@dataclass(frozen=True, slots=True)
class Words:
    """See `resources/selfcheck/words.toml`."""

    adjectives: tuple[str, ...]
    nouns: tuple[str, ...]
    turns: tuple[str, ...]
    goods: tuple[str, ...]
    names: tuple[str, ...]
    towns: tuple[str, ...]


@cache
def words() -> Words:
    """The lists, read once."""
    data: dict[str, Any] = tomllib.loads((RESOURCES / "words.toml").read_text(encoding="utf-8"))

    def joined(table: dict[str, str]) -> tuple[str, ...]:
        return tuple(front + back for front in table["fronts"].split() for back in table["backs"].split())

    lists = {name: tuple(data[name].split()) for name in ("adjectives", "nouns", "turns", "goods")}
    return Words(**lists, names=joined(data["names"]), towns=joined(data["towns"]))


def share(task: str) -> tuple[str, ...]:
    """The nouns that stand in keys of `task` and of no other."""
    return tuple(noun for noun, taker in zip(words().nouns, itertools.cycle(_NOUNS), strict=False) if taker == task)


def own_generator(chosen: random.Random, task: str) -> random.Random:
    """A generator that follows from `chosen` and gives each task something else, even from the same state."""
    return random.Random(f"{task} {chosen.getrandbits(64)}")


class Numbers:
    """Fresh seven-digit numbers, none twice, and none that another task would make."""

    def __init__(self, chosen: random.Random, task: str) -> None:
        self._chosen = chosen
        self._slot = _NUMBERS.index(task)
        self._used: set[int] = set()

    def fresh(self) -> str:
        """One that was not given yet."""
        while True:
            number = self._chosen.randrange(_LEAST // _SLOTS, (_MOST + 1) // _SLOTS) * _SLOTS + self._slot
            if number not in self._used:
                self._used.add(number)
                return str(number)


class Keys:
    """Fresh keys, "adjective noun", none twice."""

    def __init__(self, chosen: random.Random, task: str, *, used: set[str] | None = None) -> None:
        self._chosen = chosen
        self._nouns = share(task)
        self._used: set[str] = set() if used is None else used

    def fresh(self) -> str:
        """One that was not given yet. Raises ValueError when all were."""
        for _ in range(_TRIES):
            key = f"{self._chosen.choice(words().adjectives)} {self._chosen.choice(self._nouns)}"
            if key not in self._used:
                return self._taken(key)
        return self._one_of([f"{adjective} {noun}" for adjective in words().adjectives for noun in self._nouns])

    def near(self, key: str, count: int) -> list[str]:
        """Fresh keys that differ from `key` in one word: by turns in the second and in the first.

        Where all of one kind are taken, the other kind serves. Raises ValueError when those are too.
        """
        adjective, noun = key.split(" ")
        others = [f"{adjective} {other}" for other in self._nouns], [f"{other} {noun}" for other in words().adjectives]
        return [self._one_of(others[turn % 2], others[1 - turn % 2]) for turn in range(count)]

    def _one_of(self, *choices: Sequence[str]) -> str:
        for keys in choices:
            if free := [key for key in keys if key not in self._used]:
                return self._taken(self._chosen.choice(free))
        raise ValueError("more different keys are asked for than there are words for")

    def _taken(self, key: str) -> str:
        self._used.add(key)
        return key


def fresh_uuid(chosen: random.Random) -> str:
    """A random UUID of version 4."""
    return str(uuid.UUID(int=chosen.getrandbits(128), version=4))
