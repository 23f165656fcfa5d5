"""What commands that take PATH... share: reading the paths with a progress line, and showing what came of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from app.cli.folded_json import templates_json
from app.cli.output import ProgressLine, UsageError, WorkFailed, note
from app.cli.secrets import SecretsIn, secrets_json
from app.core.reading_json import details_json, view_json
from app.core.workspace import shown_path
from ingest.document import Document, Ingested, Progress, Section, Skipped, Span
from ingest.reader_limits import USUAL_LIMITS, ReaderLimits
from ingest.recognition import Recognition
from ingest.summaries import START as LEFT_TO_ONE_LINE
from ingest.view import AS_IT_STANDS, View

_MOST_NAMED = 5
_REMEDIES = {
    "password_needed": "Give its password with --password-file FILE.",
    "no_text_layer": "Read it with --ocr.",
    "text_unreliable": "Read it with --ocr.",
}


def read_sources(
    paths: Sequence[str],
    *,
    passwords: Sequence[str] = (),
    recognise: Recognition | None = None,
    on_document: Callable[[Document], None] | None = None,
    view: View = AS_IT_STANDS,
    secrets: str = "keep",
    leave_out: Sequence[str] = (),
    readers: ReaderLimits = USUAL_LIMITS,
    keeping: bool = False,
) -> Ingested:
    """Read all `paths` ("-" is standard input). Raises UsageError when there are none or one is empty.

    passwords: tried on each PDF that asks for one. recognise: how to read pages that are pictures, if at all.
    on_document: told of each document as soon as all before it are there.
    view: how to read what can be read in more than one way. secrets: what becomes of them, see `app.cli.secrets`.
    leave_out: patterns, see `ingest.leaving_out`.
    keeping: read documents may be kept beside the sessions.
    """
    from app.core.read_cache import ReadCache
    from ingest.open_path import open_paths

    if not paths:
        raise UsageError("Name at least one file or folder to read.")
    if "" in paths:
        # An empty shell variable would otherwise name the current folder and everything in it.
        raise UsageError("A path is empty.", hint="Write . for the current folder.")
    stdin = sys.stdin.buffer.read() if "-" in paths else None
    line = ProgressLine()

    def progress(state: Progress) -> None:
        page = f" · page {state.page:,} of {state.pages:,}" if recognise is not None and state.pages else ""
        line.say(f"Reading {state.files_done:,} of {state.files_total:,} files · {shown_path(state.path)}{page}")

    known = ReadCache(keeping=keeping)
    found = SecretsIn(secrets)
    try:
        ingested = open_paths(
            roots_of(paths),
            stdin=stdin,
            on_progress=progress,
            passwords=passwords,
            recognise=recognise,
            known=known,
            on_document=on_document,
            page_seconds=readers.page_seconds,
            reader_memory=readers.memory,
            view=found.view(view),
            judge=found.look,
            leave_out=leave_out,
        )
    finally:
        known.close()
        line.done()
    found.say()
    return ingested


def roots_of(paths: Sequence[str]) -> list[Path]:
    """What the names of documents are shown relative to."""
    return [Path(p) for p in paths if p != "-"]


def note_problems(ingested: Ingested) -> None:
    """Say every problem and skip in a sentence each, on standard error; what is left to one line, in one together."""
    shortened = [d for d in ingested.documents if (d.problem or "").startswith(LEFT_TO_ONE_LINE)]
    if shortened:
        named = ", ".join(shown_path(document.path) for document in shortened[:_MOST_NAMED])
        more = f" and {len(shortened) - _MOST_NAMED:,} more" if len(shortened) > _MOST_NAMED else ""
        note(f"Left to one line each, as nobody reads them: {named}{more}. --detail whole reads them.")
    for document in ingested.documents:
        if document.problem and not document.problem.startswith(LEFT_TO_ONE_LINE):
            remedy = _REMEDIES.get(document.status, "")
            note(f"{shown_path(document.path)}: {document.problem} {remedy}".rstrip())
    for path in ingested.repositories:
        note(f"{shown_path(path)}: a repository of its own, which was read as well.")
    for skipped in ingested.skipped:
        note(f"Skipped {shown_path(skipped.path)}: {skipped.reason}")


def require_text(ingested: Ingested) -> None:
    """Raise WorkFailed, with the first reason, when no document has any text."""
    if any(d.sections for d in ingested.documents):
        return
    reasons = [f"{shown_path(d.path)}: {d.problem}" for d in ingested.documents if d.problem]
    reasons += [f"{shown_path(s.path)}: {s.reason}" for s in ingested.skipped]
    more = f" (and {len(reasons) - 1:,} more)" if len(reasons) > 1 else ""
    first = reasons[0].rstrip(".") if reasons else "The folder is empty"
    remedies = [_REMEDIES[d.status] for d in ingested.documents if d.status in _REMEDIES]
    raise WorkFailed(
        f"Nothing could be read. {first}{more}.",
        hint=remedies[0] if remedies else "Name files that hold text.",
        kind="nothing_read",
    )


def skipped_json(skipped: Sequence[Skipped]) -> list[dict[str, Any]]:
    """The "skipped" field."""
    return [{"path": shown_path(s.path), "reason": s.reason} for s in skipped]


def document_json(document: Document) -> dict[str, Any]:
    """The fields of a document that every command shows."""
    return {
        "path": shown_path(document.path),
        "kind": document.kind,
        "status": document.status,
        "problem": document.problem,
        "size": document.size,
        "sha256": document.sha256,
        "view": view_json(document.view),
        "secrets": secrets_json(document),
        "archive": None if document.archive is None else shown_path(document.archive),
    }


def span_json(span: Span) -> dict[str, Any]:
    """Only the fields that apply: page (1-based), lines [first, last], bytes [start, end), rects in points, recognised.

    The last is true where the text was read from a picture of the page.
    """
    value: dict[str, Any] = {}
    if span.page is not None:
        value["page"] = span.page
    if span.lines is not None:
        value["lines"] = list(span.lines)
    if span.bytes is not None:
        value["bytes"] = list(span.bytes)
    if span.rects:
        value["rects"] = [[round(x, 2) for x in rect] for rect in span.rects]
    if span.recognised:
        value["recognised"] = True
    if span.part:
        value["part"] = span.part
    return value


def place_json(span: Span) -> dict[str, Any]:
    """The place a citation or passage names: its page, else its lines."""
    if span.page is not None:
        return {"page": span.page, "rects": [[round(x, 2) for x in rect] for rect in span.rects]}
    part = {"part": span.part} if span.part else {}
    return {**part, "lines": list(span.lines)} if span.lines is not None else part


def section_json(section: Section, *, tokens: int | None, with_text: bool) -> dict[str, Any]:
    """One section of the `ingest` command."""
    value: dict[str, Any] = {"label": section.label}
    if with_text:
        value["text"] = section.text
    value |= {"tokens": tokens, "span": span_json(section.span)}
    if with_text and section.line_map:
        value["line_map"] = list(section.line_map)
    if with_text and section.asides:
        value["asides"] = [{"text": a.text, "rect": [round(x, 2) for x in a.rect]} for a in section.asides]
    return value


def whole_json(document: Document, tokens: Sequence[int] | None, *, with_text: bool) -> dict[str, Any]:
    """A document of the `ingest` command. tokens: of its heading and its sections, None where they are not counted."""
    templates = {"templates": templates_json(document)} if document.view.log.fold else {}
    return {
        **document_json(document),
        **templates,
        "tokens": sum(tokens) if tokens else None,
        **({"details": details} if (details := details_json(document)) else {}),
        "sections": [
            section_json(section, tokens=tokens[1 + i] if tokens else None, with_text=with_text)
            for i, section in enumerate(document.sections)
        ],
    }
