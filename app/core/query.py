"""What a question asks for: its words without those that every question has, its identifiers, its numbers.

Text is folded the same way here and in the index, so that equal words meet: compatible Unicode forms, case, Arabic
vowel signs and article; scripts without spaces become overlapping pieces. Nothing a user writes is an operator.
Knows no index and no ranking.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

_STOP_WORDS = Path(__file__).resolve().parents[2] / "resources" / "search" / "stop_words.txt"
_MOST_TERMS = 64
_LEAST_STOP_WORDS = 2

_IDEOGRAPHS = "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SOUTH_EAST = "\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff"
_SPACELESS = re.compile(f"[{_IDEOGRAPHS}]+|[{_SOUTH_EAST}]+")
_ONLY_HIRAGANA = re.compile("[\u3040-\u309f]+")
_WORD = re.compile(r"[^\W_]+(?:[\u0300-\u036f\u0900-\u0dff]+[^\W_]*)*")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_CAMEL = re.compile(r"(?<![A-Za-z0-9_])[A-Za-z0-9_]*?(?:[a-z0-9][A-Z]|[A-Z]{2}[a-z]{2})[A-Za-z0-9_]*")
_CAMEL_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)+")
_ARABIC_MARKS = re.compile("[\u0640\u064b-\u065f\u0670]")
_ARABIC_ARTICLE = re.compile("\\b(?:[وفبك]?ال|لل)(?=[\u0621-\u064a]{3})")


@dataclass(frozen=True, slots=True)
class Query:
    """terms: folded, in the order of the question, each once; of a very long question the first 64.

    exact: identifiers and composed numbers (4.2, 2026-03-01), folded, to be found as they are written.

    pairs: neighbours in the question, once those words are left out that say nothing. stop_words: those of the
    question's language when it is a sentence, none when it is only key words.
    """

    terms: tuple[str, ...]
    exact: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    stop_words: frozenset[str]


def parse(question: str) -> Query:
    """The query that a question comes to; without any terms when there is nothing to look for."""
    words = words_of(question)
    stop = stop_words().get(_language(words), frozenset())
    kept = [w for w in words if w not in stop] or words
    parts = [p.casefold() for name in _CAMEL.findall(question) for p in _CAMEL_PARTS.findall(name) if len(p) > 2]
    terms = tuple(dict.fromkeys([*kept, *parts, *_question_grams(question)]))[:_MOST_TERMS]
    pairs = tuple(dict.fromkeys((a, b) for a, b in pairwise(kept) if a != b))
    names = [name.casefold() for name in _IDENTIFIER.findall(question) if _is_identifier(name)]
    exact = tuple(dict.fromkeys([*names, *_NUMBER.findall(question)]))[:_MOST_TERMS]
    is_sentence = len(words) - len(kept) >= _LEAST_STOP_WORDS
    return Query(
        terms=terms,
        exact=exact,
        pairs=tuple(p for p in pairs if p[0] in terms and p[1] in terms),
        stop_words=stop if is_sentence else frozenset(),
    )


def words_of(text: str) -> list[str]:
    """The words of scripts that have spaces, folded, in order."""
    return _WORD.findall(_SPACELESS.sub(" ", fold(text)))


def fold(text: str) -> str:
    """`text` as it is compared: not for display, offsets change."""
    if text.isascii():
        return text.casefold()
    text = unicodedata.normalize("NFKC", text).casefold()
    text = _ARABIC_MARKS.sub("", text)
    return _ARABIC_ARTICLE.sub("", text)


def camel_parts(text: str) -> str:
    """The words that identifiers such as fileName are made of."""
    return " ".join(part for name in _CAMEL.findall(text) for part in _CAMEL_PARTS.findall(name)).casefold()


def grams(text: str) -> str:
    """The overlapping pieces of runs in scripts without spaces: two ideographs, three letters elsewhere."""
    if text.isascii():
        return ""
    return " ".join(g for run in _SPACELESS.findall(unicodedata.normalize("NFKC", text)) for g in _run_grams(run))


@cache
def stop_words() -> Mapping[str, frozenset[str]]:
    """Stop words by language code, from resources/search."""
    result: dict[str, frozenset[str]] = {}
    language = ""
    for line in _STOP_WORDS.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            language = line.strip("[]")
            result[language] = frozenset()
        elif language and not line.startswith("#"):
            folded = line.split() if language == "th" else _WORD.findall(fold(line))
            result[language] |= frozenset(folded)
    return result


def _language(words: list[str]) -> str:
    """The language with most stop words in the question; English when in doubt."""
    counts = {code: sum(w in stop for w in words) for code, stop in stop_words().items()}
    best = max(counts, key=lambda code: (counts[code], code == "en"), default="en")
    return best if counts.get(best) else "en"


def _is_identifier(name: str) -> bool:
    return len(name) > 2 and ("_" in name or "." in name or _CAMEL.fullmatch(name) is not None)


def _question_grams(question: str) -> list[str]:
    runs = _SPACELESS.findall(unicodedata.normalize("NFKC", question))
    thai = sorted(stop_words()["th"], key=len, reverse=True)
    pieces: list[str] = []
    for run in runs:
        if re.match(f"[{_SOUTH_EAST}]", run):
            left = re.sub("|".join(map(re.escape, thai)), " ", run).split()
            pieces += [g for part in (left or [run]) for g in _run_grams(part)]
        else:
            found = _run_grams(run)
            pieces += [g for g in found if not _ONLY_HIRAGANA.fullmatch(g)] or found
    return pieces


def _run_grams(run: str) -> list[str]:
    size = 3 if re.match(f"[{_SOUTH_EAST}]", run) else 2
    return [run[i : i + size] for i in range(max(1, len(run) - size + 1))]
