"""What the readers of office files, mail and notebooks yield, and what they share. Knows no file and no process."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

MOST_ATTACHMENTS = 1000
MOST_IN_A_SENTENCE = 8

_UNWELCOME = re.compile("[\x00\ud800-\udfff]")
_BREAKS = re.compile(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]")


@dataclass(frozen=True, slots=True)
class Part:
    """A section in the making: see `ingest.document.Section` and `Span`."""

    label: str
    text: str
    page: int | None = None
    lines: tuple[int, int] | None = None
    part: str = ""
    line_map: tuple[int, ...] = ()


@dataclass(slots=True)
class Remarks:
    """What there is to say beside the text of the file called `name`. said: sentences for the user."""

    name: str = ""
    said: list[str] = field(default_factory=list)
    attachments: list[tuple[str, int]] = field(default_factory=list)


class Unreadable(Exception):
    """The file cannot be read; `str(error)` is the sentence for the user."""


Parts = Iterator[Part | None]
"""None is a sign of life from a reader that has nothing to hand out yet."""


def tidy(text: str) -> str:
    """`text` without NUL and lone surrogates, its lines ended by newlines alone."""
    if text.isascii() and text.isprintable():
        return text
    return _UNWELCOME.sub("\ufffd", _BREAKS.sub("\n", text))


def one_line(text: str) -> str:
    """`text` with all white space as single spaces."""
    return " ".join(tidy(text).split())


def table_lines(rows: Sequence[Sequence[str]]) -> list[str]:
    """`rows` of cells as a table in Markdown, its first row the head; none when no cell holds anything."""
    width = max((len(row) for row in rows), default=0)
    if not width or not any(cell for row in rows for cell in row):
        return []
    lines = [_row([*row, *[""] * (width - len(row))]) for row in rows]
    return [lines[0], "|" + " --- |" * width, *lines[1:]]


def named(names: Sequence[str]) -> str:
    """ "A", "A and B" or "A, B, C ... (12 in all)"."""
    if len(names) > MOST_IN_A_SENTENCE:
        return f"{', '.join(names[:MOST_IN_A_SENTENCE])} ... ({len(names):,} in all)"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
