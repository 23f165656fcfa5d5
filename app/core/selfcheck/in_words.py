"""A self-check in lines of text, for a terminal. Knows no engine and no command line."""

from __future__ import annotations

from collections.abc import Iterator

from app.core.selfcheck.wording import ENDED, SIGNS, took_words
from engine.selfcheck.report import Report
from engine.selfcheck.verdicts import by_length, tokens_in_words, verdict


def report_lines(report: Report) -> Iterator[str]:
    """Verdict, what was checked, a table of tasks by lengths, what did not hold, remarks."""
    yield verdict(report)
    about = [report.model, f"context {report.context:,}", f"cache {report.kv}", f"level {report.level}", report.text]
    yield " · ".join(part for part in [*about, took_words(report.seconds)] if part)
    yield ""
    yield from _table(report)
    yield ""
    yield f"{len(report.trials):,} questions · {report.read:,} tokens read, {report.asked:,} asked"
    for condition in report.preconditions:
        if condition.holds is False:
            yield f"✗ {condition.name}: expected {condition.expected}; found {condition.found}"
    if report.ended in ENDED:
        yield ENDED[report.ended]
    yield from report.notes


def _table(report: Report) -> Iterator[str]:
    found = {(cell.task, cell.length): cell for cell in by_length(report)}
    rows = [["found of asked", *(tokens_in_words(length) for length in report.lengths)]]
    for task, kind in report.classes.items():
        row = [f"{task} ({kind})"]
        for length in report.lengths:
            cell = found[task, length]
            row.append(f"{cell.passed}/{cell.n} {SIGNS[cell.state]}" if cell.n else SIGNS["untested"])
        rows.append(row)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        first, *rest = (
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(["", first, *rest]).rstrip()
    yield "  ✓ passed   ✗ failed   ? not decided by so few   – not tested"
