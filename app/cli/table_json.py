"""A table of answers as the fields that `ask --questions` prints; what they mean stands in its HELP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.core.question_table import Cell, Row, Table
    from app.core.records import StoredCitation


def table_json(table: Table, *, model: str | None, session: Mapping[str, Any] | None) -> dict[str, Any]:
    """TABLE."""
    from app.core.workspace import shown_path

    paths = {entry.key: shown_path(entry.document.path) for entry in table.entries}
    return {
        "questions": list(table.questions.texts),
        "per_document": table.questions.per_document,
        "combine": table.questions.combine or None,
        "rows": [_row(row, paths) for row in table.rows],
        "done": table.done,
        "failed": table.failed,
        "total": table.total,
        "cancelled": table.cancelled,
        "tokens_read": table.tokens_read,
        "model": model,
        "problems": list(table.problems),
        "session": None if session is None else dict(session),
    }


def _row(row: Row, paths: Mapping[str, str]) -> dict[str, Any]:
    entry = row.entry
    document = None if entry is None else {"key": entry.key, "name": entry.name, "path": paths[entry.key]}
    return {"kind": row.kind, "document": document, "cells": [_cell(cell, paths) for cell in row.cells]}


def _cell(cell: Cell | None, paths: Mapping[str, str]) -> dict[str, Any] | None:
    from app.cli.output import error_fields

    if cell is None:
        return None
    if cell.failure is not None:
        return {"error": error_fields(cell.failure)}
    return {
        "answer": cell.text,
        "ending": cell.ending,
        "citations": [_citation(citation, paths) for citation in cell.citations],
        "tokens": dict(cell.tokens),
        "seconds": dict(cell.seconds),
        "kept": cell.kept,
        "message": cell.message,
    }


def _citation(citation: StoredCitation, paths: Mapping[str, str]) -> dict[str, Any]:
    from app.cli.sources import place_json

    return {
        "path": paths.get(citation.key or ""),
        "key": citation.key,
        **place_json(citation.span),
        "quote": citation.quote,
        "state": citation.state,
        "mark": citation.mark,
        "start": citation.answer_start,
        "end": citation.answer_end,
        "found_elsewhere": citation.found_elsewhere,
    }
