"""A model's answer to findings, and how sure the model was of each.

An answer that was cut off keeps the findings that are complete. Knows no code: whether a finding is true to it is seen
in `verifying`.
"""

from __future__ import annotations

import bisect
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from app.core.review.finding import SEVERITIES, Finding
from app.core.review.schema import path_of
from app.core.session_rows import storable

Logprobs = Sequence[tuple[int, float]]
"""For each token the character of the answer with which it begins, and its log-probability, as in `Answer`."""

LARGEST_LINE = 10_000_000

_DECODER = json.JSONDecoder(strict=False)
"""A grammar lets line ends and tabs stand in strings as they are."""
_SPACE = re.compile(r"\s*")
_START = re.compile(r"[{\[]")
_CWE = re.compile(r"(?:CWE-)?([1-9]\d{0,4})", re.IGNORECASE)
_DECIDING = (("severity",), ("first", "last"), ("quote",))
_TEXTS = ("path", "severity", "category", "title", "explanation")


class _CutOff(Exception):
    """The text ends, or stops being JSON, before the value does."""


class _Unusable(Exception):
    """Its text says what is wrong with one finding."""


@dataclass(frozen=True, slots=True)
class _Value:
    """A decoded value and the characters [start, end) where it stands."""

    value: Any
    start: int
    end: int


def parse_findings(text: str, logprobs: Logprobs, *, checklist: str, seen_in: int) -> tuple[list[Finding], list[str]]:
    """The findings in `text`, and sentences about what could not be used.

    text: an object with an array "findings", as under `finding_schema`, or the array alone; other words around it are
    passed over. seen_in: number of the pass.
    """
    found: list[Finding] = []
    problems: list[str] = []
    reading = _Reading(text)
    confidence = _Confidence(text, logprobs)
    try:
        for number, fields in enumerate(reading.objects(), 1):
            try:
                found.append(_finding(fields, confidence, checklist, seen_in))
            except _Unusable as error:
                problems.append(f"Finding {number} of pass {seen_in} {error}; it was left out.")
    except _CutOff:
        kept = f"{len(found)} complete finding{'s' if len(found) != 1 else ''} before that {_was_were(len(found))} kept"
        end = "breaks off" if reading.began else "holds no findings that can be read"
        problems.append(f"The answer of pass {seen_in} {end}" + (f"; {kept}." if reading.began else "."))
    return found, problems


def _was_were(count: int) -> str:
    return "was" if count == 1 else "were"


class _Reading:
    """Walks over the answer, value by value. began: whether the array of findings was reached."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.began = False

    def objects(self) -> Iterator[dict[str, _Value]]:
        """The fields of each finding. Raises _CutOff."""
        at = self._array()
        self.began = True
        at = self._space(at + 1)
        if self._text[at : at + 1] == "]":
            return
        while True:
            fields, at = self._object(at)
            yield fields
            at = self._space(at)
            if self._text[at : at + 1] == "]":
                return
            at = self._space(self._expect(at, ","))

    def _array(self) -> int:
        """Where the array of findings opens."""
        for start in _START.finditer(self._text):
            at = start.start()
            if self._text[at] == "[":
                after = self._space(at + 1)
                if self._text[after : after + 1] == "{" or self._text.strip() == "[]":
                    return at
                continue
            try:
                key, at = self._value(self._space(at + 1))
                at = self._space(self._expect(self._space(at), ":"))
            except _CutOff:
                continue
            if key == "findings" and self._text[at : at + 1] == "[":
                return at
        raise _CutOff

    def _object(self, at: int) -> tuple[dict[str, _Value], int]:
        fields: dict[str, _Value] = {}
        at = self._space(self._expect(at, "{"))
        while self._text[at : at + 1] != "}":
            key, at = self._value(at)
            start = self._space(self._expect(self._space(at), ":"))
            value, end = self._value(start)
            if isinstance(key, str):
                fields[key] = _Value(value, start, end)
            at = self._space(end)
            if self._text[at : at + 1] != "}":
                at = self._space(self._expect(at, ","))
        return fields, at + 1

    def _value(self, at: int) -> tuple[Any, int]:
        try:
            return _DECODER.raw_decode(self._text, at)
        except (ValueError, RecursionError):
            raise _CutOff from None

    def _space(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found else at

    def _expect(self, at: int, sign: str) -> int:
        if self._text[at : at + 1] != sign:
            raise _CutOff
        return at + 1


class _Confidence:
    """How sure the model was of the fields that carry its decision: the severity, the lines, the quotation.

    Each of the three is rated by the geometric mean of its tokens' probabilities (the likelihood normalised by length:
    Malinin and Gales, "Uncertainty Estimation in Autoregressive Structured Prediction", ICLR 2021, section 3), and the
    confidence is the geometric mean of the three, so that a long quotation does not drown a doubtful severity:

        confidence = exp((m(severity) + m(lines) + m(quote)) / 3),  m = mean log-probability of the tokens

    Probabilities are those before a grammar ruled anything out; punctuation that a grammar forces is left out, and a
    token that reaches into a value counts with it.
    """

    def __init__(self, text: str, logprobs: Logprobs) -> None:
        self._starts = [start for start, _ in logprobs]
        self._ends = [*self._starts[1:], len(text)]
        self._values = [value for _, value in logprobs]

    def of(self, fields: Mapping[str, _Value]) -> float | None:
        """0 to 1; None where no token stands in one of the fields."""
        means: list[float] = []
        for names in _DECIDING:
            values = [value for name in names for value in self._in(fields[name])]
            if not values:
                return None
            means.append(sum(values) / len(values))
        return min(1.0, math.exp(sum(means) / len(means)))

    def _in(self, field: _Value) -> list[float]:
        # The signs around a string or a list are the grammar's, not the model's.
        inset = 0 if isinstance(field.value, int) else 1
        start, end = field.start + inset, field.end - inset
        first = bisect.bisect_right(self._ends, start)
        # A token of some of a character's bytes begins where the next one does.
        while first > 0 and self._starts[first - 1] >= start:
            first -= 1
        last = bisect.bisect_left(self._starts, end)
        return [value for value in self._values[first:last] if math.isfinite(value)]


def _finding(fields: Mapping[str, _Value], confidence: _Confidence, checklist: str, seen_in: int) -> Finding:
    plain = {name: field.value for name, field in fields.items()}
    for name in _TEXTS:
        if not isinstance(plain.get(name), str):
            _wrong(f"has no {name}")
    if plain["severity"] not in SEVERITIES:
        _wrong(f"has the unknown severity {plain['severity'][:40]!r}")
    for name in ("first", "last"):
        if isinstance(plain.get(name), bool) or not isinstance(plain.get(name), int):
            _wrong("does not say in which lines")
    quote, suggestion, cwe = _code(plain.get("quote")), _code(plain.get("suggestion")), plain.get("cwe")
    if quote is None:
        _wrong("quotes no code")
    number = _CWE.fullmatch(cwe.strip()) if isinstance(cwe, str) else None
    return Finding(
        path=path_of(plain["path"]),
        first=_bounded(plain["first"]),
        last=_bounded(plain["last"]),
        severity=plain["severity"],
        category=_line(plain["category"]),
        title=_line(plain["title"]) or "Untitled",
        explanation=_text(plain["explanation"]).strip(),
        quote=quote,
        suggestion=f"{suggestion}\n" if suggestion and suggestion.strip() else "",
        cwe=f"CWE-{number[1]}" if number else "",
        confidence=confidence.of(fields),
        checklist=checklist,
        seen_in=seen_in,
    )


def _bounded(line: int) -> int:
    """A model may write any number; none that matters is beyond this."""
    return max(-1, min(line, LARGEST_LINE))


def _code(value: object) -> str | None:
    """Lines joined, without a line end behind the last; a model without a grammar may give them as one string."""
    lines = [line for line in (value if isinstance(value, list) else [value]) if isinstance(line, str)]
    if not isinstance(value, str | list) or (isinstance(value, list) and len(lines) < len(value)):
        return None
    return _text("\n".join(line.removesuffix("\n") for line in lines))


def _text(value: str) -> str:
    return storable(value).replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _line(value: str) -> str:
    return " ".join(_text(value).split())


def _wrong(what: str) -> NoReturn:
    raise _Unusable(what)
