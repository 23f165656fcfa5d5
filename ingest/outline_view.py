"""A document with less of its text: what it defines and no bodies, or only its name.

What is kept are lines of the file as they stand; each stretch that is left out is a line of its own that says how many
lines it stands for, so that the text never looks complete when it is not. Knows no files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from ingest.document import Document, Kind, Secret, Section, Span
from ingest.files import base_name
from ingest.grammars import grammar_of
from ingest.outline import Outline, Symbol, outline
from ingest.sizes import size_words

SMALL_LINES, SMALL_CHARACTERS = 40, 4_000
"""What has no outline and is no larger is given whole."""

HEADLINE_LINES = 10
LONGEST_LINE = 400
MOST_LEAD_LINES, MOST_SIGNATURE_LINES = 6, 12

_KINDS: tuple[Kind, ...] = ("code", "text", "markdown", "html")
_WORDS: dict[Kind, str] = {"pdf": "PDF", "markdown": "Markdown", "html": "HTML", "text": "plain text", "mail": "e-mail"}
_PACKED = re.compile(r"\.(?:gz|bz2|xz|zst)\Z", re.IGNORECASE)
_UNDERLINE = re.compile(r"\s{0,3}(?:=+|-+)\s*\Z")
_LONGEST_FILLING = 80
_BLANK_LINES = 2


def outlined(document: Document) -> Document:
    """`document` (whole) as signatures with the first lines of their documentation.

    Markdown becomes its headings. What has no outline is given whole where it is small, else by its first lines; its
    problem says so. Kinds that are no source text stay as they are, and say so.
    """
    sections = document.sections
    if not sections:
        return document
    plain = document.kind in _KINDS and all(isinstance(s.body, str) and not s.span.part for s in sections)
    if not plain:
        return _with(document, sections, "It has no outline and is given whole.")
    if document.kind == "markdown" and any(_heading_rows(section.text) for section in sections):
        return _abridged(document, [_heading_rows(section.text) for section in sections])
    if len(sections) == 1 and not sections[0].line_map:
        found = outline(_name(document), sections[0].text)
        if found.symbols:
            return _abridged(document, [_kept_rows(found)], found.problem)
        return _headline(document, found)
    return _headline(document, Outline(None))


def named(document: Document) -> Document:
    """`document` as one line: its name, what it is, how long and how large."""
    if not document.sections:
        return document
    first, last = document.sections[0], document.sections[-1]
    span = first.span
    if span.page is not None:
        length = _count(max(s.span.page or 0 for s in document.sections), "page")
        span = replace(span, rects=())
    elif span.part or span.lines is None or last.span.lines is None:
        length = _count(len(document.sections), "part")
    else:
        length = _count(last.span.lines[1], "line")
        span = Span(lines=(1, last.span.lines[1]))
    name = base_name(document.path)
    text = " · ".join([" ".join(name.split()), _what(document), length, size_words(document.size)]) + "\n"
    line_map = () if span.lines is None or span.part else (1,)
    return replace(document, sections=(Section(first.label, span, text, line_map=line_map),), secrets=())


def abridge(section: Section, rows: Iterable[int], secrets: Iterable[Secret] = ()) -> tuple[Section, list[Secret]]:
    """`section` with only these rows (from 0) of its text, and the secrets in it where they stand now."""
    lines = section.text.split("\n")
    if not lines[-1]:
        del lines[-1]
    kept = _filled(lines, sorted({row for row in rows if row < len(lines)}))
    first = section.span.lines[0] if section.span.lines else 1
    file_lines = section.line_map or range(first, first + len(lines))
    text: list[str] = []
    line_map: list[int] = []
    places: dict[int, int] = {}
    at, length = 0, 0
    for row in [*kept, len(lines)]:
        if row > at:
            text.append(_gap(lines, at, row))
            line_map.append(file_lines[at])
            length += len(text[-1]) + 1
        if row < len(lines):
            text.append(_cut(lines[row]))
            line_map.append(file_lines[row])
            places[row] = length
            length += len(text[-1]) + 1
        at = row + 1
    shown = replace(section, body="".join(f"{line}\n" for line in text), line_map=tuple(line_map))
    return shown, [moved for secret in secrets for moved in _moved(secret, lines, places)]


def symbol_rows(symbol: Symbol) -> set[int]:
    """The rows (from 0) of its decorators, its signature and the first line of its documentation."""
    start = symbol.signature_line - 1
    rows = set(range(max(symbol.first_line - 1, start - MOST_LEAD_LINES), start))
    rows.update(range(start, start + min(MOST_SIGNATURE_LINES, symbol.signature.count("\n") + 1)))
    if symbol.doc_line is not None:
        rows.add(symbol.doc_line - 1)
    return rows


def _with(document: Document, sections: Iterable[Section], *said: str | None) -> Document:
    problem = " ".join(part for part in (document.problem, *said) if part)
    return replace(document, sections=tuple(sections), problem=problem or None)


def _abridged(document: Document, rows: list[set[int]], *said: str | None) -> Document:
    sections: list[Section] = []
    secrets: list[Secret] = []
    for i, (section, kept) in enumerate(zip(document.sections, rows, strict=True)):
        shown, moved = abridge(section, kept, [s for s in document.secrets if s.section == i])
        sections.append(shown)
        secrets += moved
    return replace(_with(document, sections, *said), secrets=tuple(secrets))


def _headline(document: Document, found: Outline) -> Document:
    lines = sum(section.text.count("\n") + 1 for section in document.sections)
    characters = sum(len(section.text) for section in document.sections)
    if lines <= SMALL_LINES and characters <= SMALL_CHARACTERS:
        return _with(document, document.sections, found.problem, "It has no outline and is given whole.")
    rows = [set(range(HEADLINE_LINES)), *(set[int]() for _ in document.sections[1:])]
    said = f"Only its first {HEADLINE_LINES} lines are given."
    return _abridged(document, rows, found.problem or "It has no outline.", said)


def _kept_rows(found: Outline) -> set[int]:
    rows: set[int] = set() if found.doc_line is None else {found.doc_line - 1}
    for symbol in found.symbols:
        rows |= symbol_rows(symbol)
    return rows


def _heading_rows(text: str) -> set[int]:
    """The rows of the heading that opens a section of Markdown: none in what stands before the first."""
    lines = text.split("\n", 6)[:6]
    if lines[0].lstrip(" ").startswith("#"):
        return {0}
    under = next((row for row, line in enumerate(lines) if _UNDERLINE.match(line) and line.strip()), 0)
    return set(range(under + 1)) if under else set()


def _filled(lines: list[str], rows: list[int]) -> list[int]:
    """With stretches between that are no longer than the line that would stand for them."""
    kept: list[int] = []
    at = 0
    for row in [*rows, len(lines)]:
        left = lines[at:row]
        only_blank = len(left) <= _BLANK_LINES and not any(line.strip() for line in left)
        if only_blank or (len(left) == 1 and len(left[0]) <= _LONGEST_FILLING):
            kept += range(at, row)
        if row < len(lines):
            kept.append(row)
        at = row + 1
    return kept


def _gap(lines: list[str], start: int, end: int) -> str:
    line = next((line for line in lines[start:end] if line.strip()), "")
    indent = line[: len(line) - len(line.lstrip())][:LONGEST_LINE]
    return f"{indent}… {_count(end - start, 'line')}"


def _cut(line: str) -> str:
    if len(line) <= LONGEST_LINE:
        return line
    return f"{line[:LONGEST_LINE]}… {_count(len(line) - LONGEST_LINE, 'character')}"


def _moved(secret: Secret, lines: list[str], places: dict[int, int]) -> Iterable[Secret]:
    """The parts of `secret` that stand in kept lines. places: where each kept row begins in the new text."""
    start = 0
    for row, line in enumerate(lines):
        if start >= secret.end:
            return
        first, last = max(secret.start, start), min(secret.end, start + min(len(line), LONGEST_LINE))
        if first < last and row in places:
            yield replace(secret, start=places[row] + first - start, end=places[row] + last - start)
        start += len(line) + 1


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _name(document: Document) -> str:
    return _PACKED.sub("", base_name(document.path))


def _what(document: Document) -> str:
    if document.kind != "code":
        return _WORDS.get(document.kind, document.kind)
    section = document.sections[0]
    name, text = _name(document), section.body if isinstance(section.body, str) else ""
    grammar = grammar_of(name, text)
    return grammar.name if grammar else _language("a" + name[name.rfind(".") :] if "." in name[1:] else name)


@lru_cache(maxsize=256)
def _language(name: str) -> str:
    from pygments.lexers import find_lexer_class_for_filename

    found = find_lexer_class_for_filename(name)
    return str(found.name) if found else "code"
