"""Strict judgement of an answer in free words: which values of a kind stand in it, and whether it refuses.

A value counts only as a whole token, so a longer number that holds the right one is another number. Every value of the
kind counts, so an answer that lists what it saw is a miss, and so is one that names a decoy, even beside the right one.
Knows no tasks.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Collection
from functools import cache
from typing import Literal

from engine.selfcheck.task import Item, Judged
from engine.selfcheck.words import RESOURCES

Kind = Literal["number", "uuid"]

_SHOWN = 200
_FEWEST_DIGITS = 5

_LEAST_HEXADECIMAL = 16

_MADE_PLAIN = {**dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2212"), "-"), 0xAD: "", ord("№"): " "}
_MARKDOWN = re.compile(r"[*`]+|(?<!\w)_+|_+(?!\w)")
_GROUPED = re.compile(r"(?<!\d)(?<!\d[.,' ])\d{1,3}(?:([.,' ])\d{3})(?:\1\d{3})*(?![.,']?\d)")
_NUMBER = re.compile(r"\w*\d(?:[.]\d|-\d|\w)*")
_HEXADECIMAL = re.compile(r"(?<![\w-])[0-9a-f]+(?:-[0-9a-f]+){2,}(?![\w-])|(?<![\w-])[0-9a-f]{20,}(?![\w-])")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")


def values_in(text: str, kind: Kind | Collection[str]) -> list[str]:
    """The values of `kind` in `text`, in order and without repetition, in one way of writing.

    kind: "number" (of five digits or more: what a model makes up may have lost one, list numbers and years are none),
    "uuid" (and what is nearly one), or the words that can be values, which are told apart without regard to case.
    """
    plain = _plain(text)
    if kind == "number":
        return list(dict.fromkeys(_numbers(plain)))
    if kind == "uuid":
        pieces = (match.group() for match in _HEXADECIMAL.finditer(plain.lower()))
        return list(dict.fromkeys(piece for piece in pieces if len(piece.replace("-", "")) >= _LEAST_HEXADECIMAL))
    known = {word.casefold(): word for word in kind}
    found = (re.sub(r"['’]s$", "", match.group()).casefold() for match in _WORD.finditer(plain))
    return list(dict.fromkeys(known[word] for word in found if word in known))


def judge_values(item: Item, answer: str, kind: Kind | Collection[str]) -> Judged:
    """A hit when the values in `answer` are those of `item.expected`, all of them and no others.

    A value that the question itself names may be repeated.
    """
    shown = shortened(answer)
    if not answer.strip():
        return Judged(False, shown, "the answer is empty")
    asked = set(values_in(item.question, kind))
    found = [value for value in values_in(answer, kind) if value not in asked]
    expected, wrong = (set(values_in(" / ".join(values), kind)) for values in (item.expected, item.wrong))
    if not found:
        return Judged(False, shown, "the answer names no value")
    named = [value for value in found if value in wrong]
    if named:
        return Judged(False, shown, f"the answer names what belongs to something else: {named[0]}")
    strange = [value for value in found if value not in expected]
    if strange and len(found) > len(expected):
        return Judged(False, shown, f"the answer names {len(found)} values where {len(expected)} are asked for")
    if strange:
        return Judged(False, shown, f"the answer names a wrong value: {strange[0]}")
    missing = [value for value in item.expected if not set(values_in(value, kind)) & set(found)]
    if missing:
        return Judged(False, shown, f"the answer leaves out: {missing[0]}")
    return Judged(True, shown)


def judge_refusal(item: Item, answer: str, kind: Kind | Collection[str], *, refusal: str = "") -> Judged:
    """A hit when `answer` says in plain words that it is not there, and names no value.

    refusal: the sentence with which this model refuses, which counts beside those of refusals.toml.
    """
    shown = shortened(answer)
    if not answer.strip():
        return Judged(False, shown, "the answer is empty")
    asked = set(values_in(item.question, kind))
    found = [value for value in values_in(answer, kind) if value not in asked]
    if found:
        return Judged(False, shown, f"the answer names a value where there is none: {found[0]}")
    if not refuses(answer, refusal=refusal):
        return Judged(False, shown, "the answer does not say that it is not there")
    return Judged(True, shown)


def refuses(answer: str, *, refusal: str = "") -> bool:
    """Whether `answer` says in plain words that what is asked for is not there."""
    said = _level(answer)
    own = _level(refusal).strip(" .!")
    return bool(own and own in said) or _refusals().search(said) is not None


def shortened(answer: str) -> str:
    """`answer` in one line, cut where it is long."""
    line = " ".join(answer.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def is_uuid(text: str) -> bool:
    """Whether `text` is written as a UUID is."""
    return _UUID.fullmatch(text) is not None


def _plain(text: str) -> str:
    """Wide digits, thin spaces and hyphens of all kinds made ordinary; marks of emphasis taken away."""
    return _MARKDOWN.sub("", unicodedata.normalize("NFKC", text.translate(_MADE_PLAIN)))


def _numbers(plain: str) -> list[str]:
    ungrouped = _GROUPED.sub(lambda match: re.sub(r"\D", "", match.group()), plain)
    found = []
    for match in _NUMBER.finditer(ungrouped):
        token = match.group()
        if sum(character.isdecimal() for character in token) >= _FEWEST_DIGITS:
            found.append("".join(_digit(character) for character in token))
    return found


def _digit(character: str) -> str:
    return str(unicodedata.decimal(character)) if character.isdecimal() else character


def _level(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).replace("’", "'").casefold().split())


@cache
def _refusals() -> re.Pattern[str]:
    phrases = tomllib.loads((RESOURCES / "refusals.toml").read_text(encoding="utf-8"))
    every = sorted({_level(phrase) for language in phrases.values() for phrase in language}, key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, every)) + r")(?!\w)")
