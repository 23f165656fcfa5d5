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
    lines = _Lines(text)
    start = first = done = 0
    reader = csv.reader(lines, delimiter=delimiter_of(text[:_SAMPLE_CHARACTERS]))
    records: Iterator[object] = reader if '"' in text else iter(lines)
    while True:
        try:
            record = next(records, None)
        except csv.Error:
            # Quotes that never close, or a value of absurd length: from here on a line is a record.
            records = iter(lines)
            record = ""
        if record is None:
            break
        done = lines.count
        if done - first >= LINES or lines.at - start >= MOST_CHARACTERS:
            yield lines.at, done
            start, first = lines.at, done
    if start < len(text):
        yield len(text), lines.count


class _Lines:
    """Lines of a text with how far they have been read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0
        self.count = 0

    def __iter__(self) -> _Lines:
        """Itself."""
        return self

    def __next__(self) -> str:
        """The next line, with its newline."""
        if self.at >= len(self._text):
            raise StopIteration
        start = self.at
        self.at = self._text.find("\n", start) + 1 or len(self._text)
        self.count += 1
        return self._text[start : self.at]
