"""Finds in an answer what is quoted and which marks stand beside it. Compares nothing; knows no documents.

A quote is what stands between quotation marks of any common kind, between backticks, or in a Markdown block quote.
The mark follows its quote, or stands directly in front of it. In the "numbered" style the words behind a mark are its
quote.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace

LONGEST_QUOTE = 4000
"""Characters; more between two quotation marks is no quote but one mark too few."""

_MOST_APOSTROPHES = 12
CLOSERS = {
    '"': '"',
    "\u201c": "\u201d",
    "\u201e": "\u201c\u201d",
    "\u00ab": "\u00bb",
    "\u00bb": "\u00ab",
    "\u2039": "\u203a",
    "\u300c": "\u300d",
    "\u300e": "\u300f",
    "\u2018": "\u2019",
    "'": "'",
    "`": "`",
}
"""By opening quotation mark, what may close it."""

_SINGLE = "'\u2018"
_OPENERS = re.compile("[" + "".join(map(re.escape, CLOSERS)) + "]")
_BLOCK = re.compile(r"(?m)^[ \t]*>[^\n]*(?:\n[ \t]*>[^\n]*)*")
_BLOCK_SIGN = re.compile(r"(?m)^[ \t]*>[ \t]?")
_UNIT = r"(?:pp?\s*\.?|pages?|slides?|lines?|rows?|ll?\s*\.?)"
_PLACE = rf"(?:,?\s*{_UNIT}\s*\d{{1,9}}(?:\s*[-\u2013\u2014]\s*[lp]?\.?\s*\d{{1,9}})?)?"
_NAME = rf"S\d{{1,9}}{_PLACE}"
# Names of parts (sheets, headings, messages) hold anything, so they are looked for in square brackets alone.
_WITH_PART = r"S\d{1,9}(?!\w)(?:(?!\s*[;,&]\s*S\d)[^\[\]\n]){0,90}"
_BRACKETS = re.compile(
    rf"[\[(]\s*({_NAME}(?:\s*[;,&]\s*{_NAME})*)\s*[\])]|\[\s*({_WITH_PART}(?:\s*[;,&]\s*{_WITH_PART})*)\]",
    re.IGNORECASE,
)
_EACH_NAME = re.compile(_NAME, re.IGNORECASE)
_EACH_WITH_PART = re.compile(_WITH_PART, re.IGNORECASE)
_NUMBERS = re.compile(r"\u2039\s*(\d{1,9}(?:\s*[,;]\s*\d{1,9})*)\s*\u203a")
_NOTHING_BETWEEN = re.compile(r"[\s.,;:!?…\u2013\u2014)\]*_>-]*")


@dataclass(frozen=True, slots=True)
class Named:
    """Marks in one pair of brackets at characters [start, end) of the answer; names as written."""

    names: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Quoted:
    """Quoted words, which stand at characters [start, end) of the answer, and the marks beside them.

    past: behind the quotation mark that closes them."""

    text: str
    start: int
    end: int
    past: int
    marks: tuple[Named, ...] = ()


def numbered_marks(answer: str) -> list[Named]:
    """The marks of the "numbered" style, a number or several between its brackets, in order."""
    return [Named(tuple(re.findall(r"\d+", m.group(1))), *m.span()) for m in _NUMBERS.finditer(answer)]


def quoted_with_marks(answer: str) -> tuple[list[Quoted], list[Named]]:
    """All quotes with the marks beside them, in order, and the marks that stand beside none ("header" style)."""
    marks = [Named(_names(m), *m.span()) for m in _BRACKETS.finditer(answer)]
    quotes = list(_quotes(answer))
    taken: set[int] = set()
    beside: list[list[Named]] = [[] for _ in quotes]
    starts = [mark.start for mark in marks]
    for number, quote in enumerate(quotes):
        end = quote.past
        at = bisect_left(starts, end)
        while at < len(marks) and _NOTHING_BETWEEN.fullmatch(answer, end, marks[at].start):
            beside[number].append(marks[at])
            taken.add(at)
            end = marks[at].end
            at += 1
    for number, quote in enumerate(quotes):
        if beside[number]:
            continue
        at = bisect_left(starts, quote.start) - 1
        if at >= 0 and at not in taken and _in_front(answer, marks[at], quote):
            beside[number].append(marks[at])
            taken.add(at)
    found = [replace(q, marks=tuple(b)) for q, b in zip(quotes, beside, strict=True)]
    return found, [mark for i, mark in enumerate(marks) if i not in taken]


def _names(brackets: re.Match[str]) -> tuple[str, ...]:
    if brackets.group(1) is not None:
        return tuple(_EACH_NAME.findall(brackets.group(1)))
    return tuple(name.strip() for name in _EACH_WITH_PART.findall(brackets.group(2)))


def _quotes(answer: str) -> Iterator[Quoted]:
    at = 0
    blocks = list(_BLOCK.finditer(answer))
    for block in [*blocks, None]:
        end = block.start() if block else len(answer)
        yield from _inline(answer, at, end)
        if block:
            yield from _block(answer, block.start(), block.end())
            at = block.end()


def _block(answer: str, start: int, end: int) -> Iterator[Quoted]:
    """The lines of a block quote as one quote, without the marks at its end and quotation marks around it."""
    body = answer[start:end]
    cut = done = -1
    for mark in _BRACKETS.finditer(body):
        if cut < 0 or not _NOTHING_BETWEEN.fullmatch(body, done, mark.start()):
            cut = mark.start()
        done = mark.end()
    if cut >= 0 and _NOTHING_BETWEEN.fullmatch(body, done):
        body = body[:cut]
    text = _BLOCK_SIGN.sub("", body).strip()
    if len(text) > 1 and text[-1] in CLOSERS.get(text[0], ""):
        text = text[1:-1].strip()
    if text and len(text) <= LONGEST_QUOTE:
        yield Quoted(text, start, start + len(body.rstrip()), start + len(body.rstrip()))


def _inline(answer: str, at: int, end: int) -> Iterator[Quoted]:
    while match := _OPENERS.search(answer, at, end):
        at = match.end()
        opener = match.group()
        if not _opens(answer, match.start(), opener):
            continue
        close = _closing(answer, at, min(end, at + LONGEST_QUOTE), opener)
        if close is None:
            continue
        start, stop = at, close
        at = close + 1
        text = answer[start:stop].strip()
        if text:
            start += answer[start:stop].index(text[0])
            yield Quoted(text, start, start + len(text), at)


def _opens(answer: str, at: int, opener: str) -> bool:
    """An apostrophe opens nothing; a single quotation mark stands apart from the word before it."""
    before = answer[at - 1] if at else " "
    after = answer[at + 1 : at + 2]
    if opener in _SINGLE:
        return not before.isalnum() and bool(after) and not after.isspace()
    # A double prime or a closing mark directly behind a digit or word opens no quote.
    return opener != '"' or not before.isalnum() or not after.isspace()


def _closing(answer: str, at: int, end: int, opener: str) -> int | None:
    closers = CLOSERS[opener]
    for _ in range(_MOST_APOSTROPHES):
        found = [i for i in (answer.find(c, at, end) for c in closers) if i >= 0]
        if not found:
            return None
        close = min(found)
        if opener not in _SINGLE or not answer[close + 1 : close + 2].isalnum():
            return close
        at = close + 1
    return None


def _in_front(answer: str, mark: Named, quote: Quoted) -> bool:
    between = answer[mark.end : quote.start]
    return len(between) <= 6 and not any(c.isalnum() or c == "." for c in between)
