"""A table of answers as CSV for spreadsheets and as Markdown for people.

Answers and quotes are text from documents and a model: no cell can become a formula, a link, a picture or HTML.
Knows no engine and no command line.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping

from app.core.question_table import Cell, Row, Table
from app.core.session_export import place_words

SIGNS = {"exact": "✓", "near": "≈", "missing": "✗"}
TOGETHER = "All documents together"
COMBINED = "Combined"

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")
"""Only what means something inside a line: no block can begin in a cell of a table."""

_LEGEND = "✓ word for word in the place named · ≈ the same but for white space, case or typography · ✗ not found there"


def to_csv(table: Table) -> bytes:
    """UTF-8 with a byte order mark, one row a document; two columns a question: the answer, and its citations."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    head = ["Key", "Document"]
    for question in table.questions.texts:
        head += [question, f"{question} (citations)"]
    writer.writerow([_harmless(cell) for cell in head])
    names = _names(table)
    for row in table.rows:
        cells = [row.entry.key if row.entry else "", row_name(row)]
        for cell in row.cells:
            cells += [cell_text(cell), "\n".join(citation_lines(cell, names))]
        writer.writerow([_harmless(cell) for cell in cells])
    return out.getvalue().encode("utf-8-sig", "replace")


def to_markdown(table: Table) -> bytes:
    """One table, answers with their citations below them in the cell."""
    names = _names(table)
    lines = [
        "| Document | " + " | ".join(map(_inert, table.questions.texts)) + " |",
        "| --- |" + " --- |" * len(table.questions.texts),
    ]
    for row in table.rows:
        key = f"{row.entry.key} " if row.entry else ""
        cells = [_inert(key + row_name(row))]
        for cell in row.cells:
            parts = [cell_text(cell), *citation_lines(cell, names)]
            cells.append("<br>".join(_inert(part) for part in parts if part))
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", _LEGEND]
    if table.questions.combine:
        lines += ["", "Combined by: " + _inert(table.questions.combine)]
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def row_name(row: Row) -> str:
    """What stands in front of a row."""
    if row.entry is not None:
        return row.entry.name
    return COMBINED if row.kind == "combined" else TOGETHER


def cell_text(cell: Cell | None) -> str:
    """The answer, or why there is none; "" for what was not reached."""
    if cell is None:
        return ""
    if cell.failure is not None:
        return f"Not answered: {cell.failure.message}"
    return cell.text


def citation_lines(cell: Cell | None, names: Mapping[str, str]) -> Iterator[str]:
    """One line for each quote: its state, its place and its words; last, how many statements quote nothing."""
    citations = cell.citations if cell is not None else ()
    for c in citations:
        if c.state == "not_quoted":
            continue
        where = place_words(c.key, c.span, names) if c.key else c.mark or ""
        elsewhere = f" (it stands in {c.found_elsewhere})" if c.found_elsewhere else ""
        yield f"{SIGNS.get(c.state, '?')} {where}{': ' if where else ''}“{' '.join(c.quote.split())}”{elsewhere}"
    unquoted = sum(c.state == "not_quoted" for c in citations)
    if unquoted:
        yield f"– {unquoted:,} statement{'s' if unquoted > 1 else ''} without a quote"


def _names(table: Table) -> dict[str, str]:
    return {entry.key: f"{entry.name} ({entry.key})" for entry in table.entries}


def _harmless(text: str) -> str:
    """A spreadsheet takes what begins so for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _inert(text: str) -> str:
    """Text that Markdown shows as it is written, on one line of a table."""
    escaped = _SPECIAL.sub(r"\\\1", text.strip().replace("&", "&amp;").replace("<", "&lt;"))
    return "<br>".join(line.strip() for line in re.split(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]", escaped))
