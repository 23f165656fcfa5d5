"""What the viewer is asked to show, and the words that say where it stands. Knows no Qt and paints nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ingest.document import Document

EvidenceState = Literal["exact", "near", "missing", "passage"]

_MOST_KINDS = 3

Say = Callable[[str], str]
"""Translates a sentence."""

SIGNS: dict[EvidenceState, str] = {"exact": "✓", "near": "≈", "missing": "?", "passage": "¶"}
TONES: dict[EvidenceState, str] = {"exact": "ok", "near": "warn", "missing": "bad", "passage": "text2"}
"""The token that a state's sign, words and margin rule are drawn in."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place to show: characters [start, end) of section `section` of the entry with `key`.

    section: an index into entry.document.sections (the whole document, not the prompt's part of it). missing: the
    closest place is shown as an explanation.
    """

    key: str
    section: int
    start: int
    end: int
    state: EvidenceState
    quote: str


@dataclass(frozen=True, slots=True)
class Stand:
    """Where something stands: pages or lines, both ends included, counted from 1. total: of the document, 0 unknown.

    part: the sheet, heading, message or cell that the lines are in; alone where `unit` is "part".
    """

    unit: Literal["page", "line", "part"]
    first: int = 0
    last: int = 0
    total: int = 0
    part: str = ""


def verdict_words(state: EvidenceState, say: Say, *, recognised: bool = False) -> str:
    """What was found out about a quote. recognised: in text that was read from the picture of a page."""
    in_text: dict[EvidenceState, str] = {
        "exact": say("Found word for word"),
        "near": say("Same but for spacing, case or hyphens"),
        "missing": say("This sentence is not in the source. Closest passage below."),
        "passage": say("Passage, no model"),
    }
    if not recognised or state == "missing":
        return in_text[state]
    return say("{verdict}, in recognised text: check it against the page").format(verdict=in_text[state])


def secret_remark(document: Document, say: Say) -> str:
    """What looks like secrets in a source, by kind; "" where there is nothing or it is masked."""
    if not document.secrets or document.view.mask:
        return ""
    kinds = Counter(secret.kind for secret in document.secrets)
    said = ", ".join(kind if number == 1 else f"{number:,} × {kind}" for kind, number in kinds.most_common(_MOST_KINDS))
    more = say(" and others") if len(kinds) > _MOST_KINDS else ""
    return say("Holds what looks like a secret: {kinds}").format(kinds=said + more)


def stand_words(stand: Stand, say: Say) -> str:
    """Such as "p. 12 of 84", "line 119 of 131", "lines 41 to 43 of 131" or "Costs, line 2"."""
    if stand.unit == "part":
        return stand.part
    if stand.unit == "page":
        text = say("p. {first}") if stand.first == stand.last else say("p. {first} to {last}")
    else:
        text = say("line {first}") if stand.first == stand.last else say("lines {first} to {last}")
    text = text.format(first=f"{stand.first:,}", last=f"{stand.last:,}")
    text = say("{place} of {total}").format(place=text, total=f"{stand.total:,}") if stand.total else text
    return ", ".join(filter(None, (stand.part, text)))


def reference(words: str, name: str, stand: Stand | None, say: Say) -> str:
    """Words with where they are from, such as `"the words" (handbook.pdf, page 12)`."""
    quoted = f"\u201c{words.strip()}\u201d"
    if stand is None:
        return f"{quoted} ({name})"
    patterns = {
        "page": (say("page {first}"), say("pages {first} to {last}")),
        "line": (say("line {first}"), say("lines {first} to {last}")),
    }
    where = stand.part
    if stand.unit != "part":
        place = patterns[stand.unit][stand.first != stand.last].format(first=f"{stand.first:,}", last=f"{stand.last:,}")
        where = ", ".join(filter(None, (stand.part, place)))
    return f"{quoted} ({name}, {where})"


def last_line(document: Document) -> int:
    """The largest number of a line that the document's text came from, 0 when it has no lines."""
    # Where there are parts, each counts its own lines.
    parted = any(section.span.part for section in document.sections[-1:])
    sections = document.sections if parted else document.sections[-1:]
    return max((section.span.lines[1] for section in sections if section.span.lines), default=0)
