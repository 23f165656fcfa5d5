"""`ingest PATH...`: what the program reads from each file, section by section, with places and exact counts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing

import click

from app.cli.counting import vocabulary
from app.cli.ocr import recognition_from
from app.cli.output import note, print_json, print_line, print_text
from app.cli.passwords import passwords_from
from app.cli.preview import HELP as PREVIEW_HELP
from app.cli.preview import preview_options, print_preview
from app.cli.reading import HELP as READING_HELP
from app.cli.reading import reading_options
from app.cli.sources import (
    note_problems,
    read_sources,
    require_text,
    roots_of,
    skipped_json,
    whole_json,
)
from app.core.workspace import shown_path
from ingest.document import Document
from ingest.reader_limits import ReaderLimits
from ingest.view import View

HELP = """Read files, folders or standard input ("-") and show what the model would be given.

\b
JSON fields (stable; more may be added):
  documents  [{path, kind, status, problem, tokens, size, sha256, view,
               archive (path or null),
               sections: [{label, text, tokens, span, line_map}]}]
  skipped    [{path, reason}]
  repositories  [path] of those inside of others that were read as well
  seconds    {total, read, count}: reading and counting go on at the same
             time; count is what counting took beyond reading
  counted_by tiktoken | llama.cpp | null (no model: nothing is counted)
With --jsonl: a line {document: ...} for each, then {rest: {skipped, ...}}.
kind:   pdf | code | log | markdown | text | html | document | slides |
        sheet | mail | diff
status: ok | repaired | empty | password_needed | no_text_layer |
        text_unreliable | zero_pages | failed | recognised
span:   page (1-based) with rects [[left, top, right, bottom]] in points,
        or lines [first, last] (1-based, inclusive),
        and bytes [start, end) for logs, and part: the sheet, heading,
        message, changed file or cell that the lines are in. tokens include headings and marks.
"""


@click.command(help=HELP + READING_HELP + PREVIEW_HELP)
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option("--no-text", is_flag=True, help="Leave the text itself out of the result.")
@click.option("--model", metavar="FILE", help="The GGUF whose vocabulary counts (default: the bundled model).")
@reading_options
@preview_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--jsonl", "as_lines", is_flag=True, help="Print each document as a line of JSON, as soon as it is read.")
def command(
    paths: tuple[str, ...],
    no_text: bool,
    model: str | None,
    password: tuple[str, ...],
    password_file: tuple[str, ...],
    ocr: bool,
    ocr_language: str | None,
    view: View,
    readers: ReaderLimits,
    secrets: str,
    preview: bool,
    leave_out: tuple[str, ...],
    as_json: bool,
    as_lines: bool,
) -> None:
    """See HELP."""
    from app.core.count_cache import CountCache
    from app.core.counting_along import CountingAlong

    if preview:
        print_preview(paths, model=model, leave_out=leave_out, as_json=as_json)
        return
    started = time.perf_counter()
    recognise = recognition_from(ocr, ocr_language)
    opening = passwords_from(password, password_file)
    lines = JsonLines(no_text=no_text) if as_lines else None
    with (
        closing(CountCache()) as known,
        CountingAlong(lambda: vocabulary(model), roots_of(paths), known=known, counted=lines) as counting,
    ):
        ingested = read_sources(
            paths,
            passwords=opening,
            recognise=recognise,
            view=view,
            readers=readers,
            secrets=secrets,
            leave_out=leave_out,
            on_document=counting.put,
        )
        note_problems(ingested)
        require_text(ingested)
        read = time.perf_counter() - started
        counting.finish()
    counts = counting.counts
    seconds = {"total": time.perf_counter() - started, "read": read, "count": time.perf_counter() - started - read}
    rest = {
        "skipped": skipped_json(ingested.skipped),
        "repositories": [shown_path(path) for path in ingested.repositories],
        "seconds": seconds,
        "counted_by": counting.counted_by,
    }
    if lines is not None:
        print_line({"rest": rest})
        return
    if as_json:
        documents = [whole_json(d, counts.get(d.path), with_text=not no_text) for d in ingested.documents]
        print_json({"documents": documents, **rest})
        return
    for document in ingested.documents:
        tokens = counts.get(document.path)
        amount = f"{sum(tokens):,} tokens" if tokens else "not counted"
        print_text(f"{shown_path(document.path)}  {document.kind} · {document.status} · {amount}")
        for section in () if no_text else document.sections:
            print_text(f"--- {section.label}")
            print_text(section.text)
    note(f"{len(ingested.documents):,} documents, {len(ingested.skipped):,} skipped, {seconds['total']:.1f} s")


class JsonLines:
    """Prints each document as a line of its own as soon as it is counted."""

    def __init__(self, *, no_text: bool) -> None:
        self._with_text = not no_text

    def __call__(self, document: Document, tokens: Sequence[int] | None) -> None:
        """Print `document`."""
        print_line({"document": whole_json(document, tokens, with_text=self._with_text)})
