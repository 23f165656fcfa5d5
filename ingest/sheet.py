"""Tables of values as text (CSV, TSV) become sections of some hundred lines, cut between records and never inside one.

The text stays as it is in the file. Knows no files and no meaning of columns.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator

from ingest.code import code_sections
from ingest.document import Section, Span

LINES = 300
MOST_CHARACTERS = 30_000
DELIMITERS = ",;\t|"

_SAMPLE_LINES = 50
_SAMPLE_CHARACTERS = 1 << 16


def csv_sections(name: str, text: str) -> tuple[Section, ...]:
    """`text` (not blank) in sections of about LINES lines; a short table is one section named after the file."""
    if len(text) <= MOST_CHARACTERS and text.count("\n") <= LINES:
        return code_sections(name, text)
    sections: list[Section] = []
    start = first = 0
    for end, lines in _cuts(text):
        body = text[start:end]
        if body.strip():
            span = Span(lines=(first + 1, lines))
            sections.append(Section(f"lines {first + 1} to {lines}", span, body))
        start, first = end, lines
    return tuple(sections)


def delimiter_of(sample: str) -> str:
    """What stands between the values: the sign that stands equally often on most lines."""
    lines = [line for line in sample.split("\n", _SAMPLE_LINES)[:_SAMPLE_LINES] if line]
    best, most = DELIMITERS[0], (0, 0)
    for sign in DELIMITERS:
        counts = [_outside_quotes(line).count(sign) for line in lines]
        usual = max(set(counts) - {0}, key=counts.count, default=0)
        if usual and (counts.count(usual), usual) > most:
            best, most = sign, (counts.count(usual), usual)
    return best


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _cuts(text: str) -> Iterator[tuple[int, int]]:
    """Where sections end: the character, and how many lines there are up to it."""
    at = count = start = first = 0

    def lines() -> Iterator[str]:
        nonlocal at, count
        while at < len(text):
            begin = at
            at = text.find("\n", begin) + 1 or len(text)
            count += 1
            yield text[begin:at]

    source = lines()
    records: Iterator[object] = source
    if '"' in text:
        records = csv.reader(source, delimiter=delimiter_of(text[:_SAMPLE_CHARACTERS]))
    while True:
        try:
            record = next(records, None)
        except csv.Error:
            # Quotes that never close, or a value of absurd length: from here on a line is a record.
            records, record = source, ""
        if record is None:
            break
        if count - first >= LINES or at - start >= MOST_CHARACTERS:
            yield at, count
            start, first = at, count
    if start < len(text):
        yield len(text), count
