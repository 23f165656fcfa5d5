"""Writes a folded log as text that a model and a person read: one line for each template, whole records as they stand.

    #3 ×48,201 07:00:01–09:14:55 INFO dfs.DataNode: Received block blk_<388|-695|…> of size <67108864|…>

is template 3, of which 48,201 records are folded, with the times of the first and the last, the level, the source and
the text that all of them share; between < and > are some of the values that stand there, and … when there may be more.
Such a line stands where the template's first record stands in the log; what does not begin with # and a number is a
record word for word. The first lines of the text say this too, and how many records there are.

`fold_sections` gives the sections; each line of them leads back, by `Section.line_map`, to the line of the log where
the record, or the first one of the template, begins. Knows no files and no formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate

from ingest.decode import Encoding
from ingest.document import Section, Span
from ingest.log import SECTION_BYTES
from ingest.log_fold import RARE, Folded, Raw, Template
from ingest.log_masks import MASK
from ingest.log_records import plain_text
from ingest.log_shapes import REST

MORE = "…"
_VALUES = 3
_VALUE_LENGTH = 40
_VALUES_LENGTH = 60
_SOURCES = 3
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class FoldedText:
    """The text of a section of a folded log, and the templates whose lines (or whole records) are in it."""

    text: str
    templates: tuple[Template, ...]

    def read(self) -> str:
        """The text."""
        return self.text


@dataclass(frozen=True, slots=True)
class _Piece:
    """Lines of text that belong together. line_map: the log's line of each."""

    lines: Sequence[str]
    line_map: Sequence[int]
    template: Template


def fold_sections(folded: Folded, encoding: Encoding, *, left_out: str = "") -> tuple[Section, ...]:
    """The folded log as sections of about SECTION_BYTES. left_out: what the reader chose not to see, a sentence."""
    if not folded.templates:
        return ()
    days = one_day(folded)
    pieces = sorted(_pieces(folded, encoding, days), key=lambda entry: entry[:2])
    sections: list[Section] = []
    heading = [*heading_lines(folded), *([left_out] if left_out else [])]
    lines: list[str] = heading
    line_map = [folded.templates[0].line] * len(heading)
    templates: dict[int, Template] = {}
    size = 0
    for _, _, piece in pieces:
        if size >= SECTION_BYTES:
            sections.append(_section(lines, line_map, templates))
            lines, line_map, templates, size = [], [], {}, 0
        lines += piece.lines
        line_map += piece.line_map
        templates[piece.template.number] = piece.template
        size += sum(map(len, piece.lines))
    sections.append(_section(lines, line_map, templates))
    return tuple(sections)


def heading_lines(folded: Folded) -> list[str]:
    """What opens a folded log: how many records there are, what became of them, how to read it."""
    days = f", {times_text(folded.first, folded.last, one_day=False)}" if folded.first is not None else ""
    said = [f"Folded log: {_count(folded.records, 'record')}{days}. {counts_sentence(folded)}"]
    if any(template.folded for template in folded.templates):
        said.append(
            "A line that begins with # is a template: its number, how many records it stands for, first and last time, "
            "level, source, and their text with some of its values in < >. Whole are ERROR, FATAL and what is rare "
            f"(at most {RARE} alike)."
        )
    return said


def counts_sentence(folded: Folded) -> str:
    """What became of how many records."""
    whole = sum(len(template.whole) for template in folded.templates)
    lines = sum(1 for template in folded.templates if template.folded)
    return f"{_count(folded.records - whole, 'record')} folded into {_count(lines, 'line')}, {whole:,} whole."


def template_line(template: Template, *, one_day: bool) -> str:
    """The line of a template. one_day: days need not be said."""
    times = times_text(template.first, template.last, one_day=one_day)
    sources = ", ".join(template.sources[:_SOURCES]) + (", " + MORE if len(template.sources) > _SOURCES else "")
    head = " ".join(
        part
        for part in (
            f"#{template.number}",
            f"×{template.folded:,}" if not template.whole else f"×{template.folded:,} more",
            times,
            "/".join(template.levels).upper(),
        )
        if part
    )
    further = f" (+ {_count(template.further_lines, 'further line')})" if template.further_lines else ""
    return f"{head} {sources + ': ' if sources else ''}{template_text(template)}{further}".replace("\n", " ")


def template_text(template: Template) -> str:
    """The text of a template with some of its values between < and >."""
    parts = _parts(template.pattern)
    found = [values for sample in template.samples if (values := _values(parts, sample)) is not None]
    complete = len(found) >= template.count
    text: list[str] = [parts[0]]
    for place, constant in enumerate(parts[1:]):
        values = list(dict.fromkeys(shown for row in found if (shown := _shortened(row[place]))))
        text += ("<", _some(values, complete=complete), ">", constant)
    return "".join(text) or "(no text)"


def _some(values: Sequence[str], *, complete: bool) -> str:
    """A few of the values; MORE at the end when there may be others."""
    lengths = list(accumulate(map(len, values)))
    shown = max(1, sum(length <= _VALUES_LENGTH for length in lengths[:_VALUES]))
    return "|".join([*values[:shown], *([] if complete and len(values) <= shown else [MORE])])


def times_text(first: int | None, last: int | None, *, one_day: bool) -> str:
    """Both times in words, to the second, without the day where `one_day`; "" where they are not known."""
    if first is None or last is None:
        return ""
    a, b = moment(first), moment(last)
    if one_day:
        a, b = a[11:], b[11:]
    elif a[:10] == b[:10]:
        b = b[11:]
    return a if first // 10**9 == last // 10**9 else f"{a}–{b}"


def moment(time: int) -> str:
    """2026-03-14 07:00:01."""
    try:
        return datetime.fromtimestamp(time // 10**9, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return f"{time // 10**9} s after 1970"


def one_day(folded: Folded) -> bool:
    """Whether all records are of the same day."""
    return (
        folded.first is not None
        and folded.last is not None
        and folded.first // 10**9 // 86_400 == (folded.last // 10**9 // 86_400)
    )


def _pieces(folded: Folded, encoding: Encoding, one_day: bool) -> Iterator[tuple[int, int, _Piece]]:
    """Where in the log each piece belongs, an order for those at the same place, and the piece."""
    for template in folded.templates:
        for raw in template.whole:
            text = _raw_lines(raw, encoding)
            count = len(text) - raw.cut
            line_map = [raw.line + i for i in range(count)] + [raw.line + count - 1] * raw.cut
            yield raw.start, template.number, _Piece(text, line_map, template)
        if template.folded:
            # Behind those of its records that are whole, where there are some.
            at = template.whole[-1].start if template.whole else template.start
            line = _Piece([template_line(template, one_day=one_day)], [template.line], template)
            yield at, template.number + len(folded.templates), line


def _raw_lines(raw: Raw, encoding: Encoding) -> list[str]:
    lines = plain_text(raw.data, encoding).removesuffix("\n").split("\n")
    return [*lines, f"({MORE} this record goes on)"] if raw.cut else lines


def _section(lines: list[str], line_map: list[int], templates: dict[int, Template]) -> Section:
    first, last = min(line_map), max(line_map)
    label = f"folded, from line {first:,}" if first == last else f"folded, lines {first:,}–{last:,}"
    body = FoldedText("\n".join(lines) + "\n", tuple(templates[number] for number in sorted(templates)))
    return Section(label, Span(lines=(first, last)), body, line_map=tuple(line_map))


def _parts(pattern: Sequence[str]) -> list[str]:
    """What stands between the values of a pattern: one more than there are values."""
    parts = [""]
    for token in pattern:
        if token == REST:
            parts.append("")
            continue
        first, *others = token.split(MASK)
        parts[-1] += first
        parts += others
    return parts


def _values(parts: Sequence[str], message: str) -> list[str] | None:
    """What stands in `message` between the parts of a pattern; None when it is not of that pattern."""
    if not message.startswith(parts[0]):
        return None
    at = len(parts[0])
    values: list[str] = []
    for index, part in enumerate(parts[1:], start=1):
        last = index == len(parts) - 1
        if last and len(message) - len(part) >= at and message.endswith(part):
            found = len(message) - len(part)
        else:
            found = message.find(part, at + (not part)) if part else len(message)
        if found < 0:
            return None
        values.append(message[at:found])
        at = found + len(part)
    return values


def _shortened(value: str) -> str:
    value = _SPACES.sub(" ", value).strip()
    return value if len(value) <= _VALUE_LENGTH else value[: _VALUE_LENGTH - 1] + MORE


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
