"""`ingest PATH...`: what the program reads from each file, section by section, with places and exact counts."""

from __future__ import annotations

import time
from typing import Any

import click

from app.cli.ocr import HELP as OCR_HELP
from app.cli.ocr import ocr_options, recognition_from
from app.cli.output import note, print_json, print_text
from app.cli.passwords import HELP as PASSWORDS_HELP
from app.cli.passwords import password_options, passwords_from
from app.cli.sources import (
    document_json,
    note_problems,
    read_sources,
    require_text,
    roots_of,
    section_json,
    skipped_json,
)
from app.cli.viewing import HELP as VIEWING_HELP
from app.cli.viewing import viewing_options
from app.core.workspace import Workspace, shown_path
from ingest.view import View

HELP = """Read files, folders or standard input ("-") and show what the model would be given.

\b
JSON fields (stable; more may be added):
  documents  [{path, kind, status, problem, tokens, size, sha256, view,
               sections: [{label, text, tokens, span, line_map}]}]
  skipped    [{path, reason}]
  seconds    {total, read, count}
  counted_by tiktoken | llama.cpp | null (no model: nothing is counted)
kind:   pdf | code | log | markdown | text | html
status: ok | repaired | empty | password_needed | no_text_layer |
        text_unreliable | zero_pages | failed | recognised
span:   page (1-based) with rects [[left, top, right, bottom]] in points,
        or lines [first, last] (1-based, inclusive),
        and bytes [start, end) for logs. tokens include headings and marks.
"""


@click.command(help=HELP + PASSWORDS_HELP + OCR_HELP + VIEWING_HELP)
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option("--no-text", is_flag=True, help="Leave the text itself out of the result.")
@click.option("--model", metavar="FILE", help="The GGUF whose vocabulary counts (default: the bundled model).")
@password_options
@ocr_options
@viewing_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    paths: tuple[str, ...],
    no_text: bool,
    model: str | None,
    password: tuple[str, ...],
    password_file: tuple[str, ...],
    ocr: bool,
    ocr_language: str | None,
    view: View,
    as_json: bool,
) -> None:
    """See HELP."""
    started = time.perf_counter()
    recognise = recognition_from(ocr, ocr_language)
    ingested = read_sources(paths, passwords=passwords_from(password, password_file), recognise=recognise, view=view)
    note_problems(ingested)
    require_text(ingested)
    read = time.perf_counter() - started
    counts, counted_by = _count(Workspace().add(ingested.documents, roots_of(paths)), model)
    seconds = {"total": time.perf_counter() - started, "read": read, "count": time.perf_counter() - started - read}
    documents: list[dict[str, Any]] = []
    for document in ingested.documents:
        tokens = counts.get(document.path)
        documents.append(
            {
                **document_json(document),
                "tokens": sum(tokens) if tokens else None,
                "sections": [
                    section_json(section, tokens=tokens[1 + i] if tokens else None, with_text=not no_text)
                    for i, section in enumerate(document.sections)
                ],
            }
        )
    if as_json:
        print_json(
            {
                "documents": documents,
                "skipped": skipped_json(ingested.skipped),
                "seconds": seconds,
                "counted_by": counted_by,
            }
        )
        return
    for document in ingested.documents:
        tokens = counts.get(document.path)
        amount = f"{sum(tokens):,} tokens" if tokens else "not counted"
        print_text(f"{shown_path(document.path)}  {document.kind} · {document.status} · {amount}")
        for section in () if no_text else document.sections:
            print_text(f"--- {section.label}")
            print_text(section.text)
    note(f"{len(ingested.documents):,} documents, {len(ingested.skipped):,} skipped, {seconds['total']:.1f} s")


def _count(workspace: Workspace, model: str | None) -> tuple[dict[str, list[int]], str | None]:
    """Tokens of each document's heading and sections by path; empty when there is no model."""
    from app.cli.counting import vocabulary

    with vocabulary(model) as backend:
        if backend is None:
            return {}, None
        from app.core.assemble import count_documents
        from app.core.models import mark_style

        documents = workspace.prompt_documents()
        counted = count_documents(backend, documents, mark_style(backend.info))
        paths = [entry.document.path for entry in workspace.included()]
        return dict(zip(paths, counted, strict=True)), backend.counted_by
