"""A source file becomes one section, line for line. Knows no programming language."""

from __future__ import annotations

from ingest.document import Section, Span


def code_sections(name: str, text: str) -> tuple[Section, ...]:
    """The whole of `text` (not blank) as one section named after the file."""
    return (Section(name, Span(lines=(1, count_lines(text))), text),)


def count_lines(text: str) -> int:
    """Lines in `text`; a newline at the very end opens no further one."""
    return text.count("\n") + (not text.endswith("\n"))
