"""A session as JSON: everything that was saved of it, kept texts included, enough for `import_json` to bring it back.

FORMAT and VERSION stand in the file. Fields may be added within a version; what a field means never changes. Knows no
database.
"""

from __future__ import annotations

import json
from typing import Any

from app.core.errors import ExportFailed
from app.core.reading_json import facts_json, view_json
from app.core.records import MessageRecord, RemovedDocument, SessionRecord, StoredCitation, StoredPassage
from app.core.review.review_json import review_fields
from app.core.workspace import Entry
from ingest.document import Document, Section, Span
from ingest.sizes import size_words

FORMAT = "plumbline-session"
VERSION = 1
LARGEST_BYTES = 500_000_000
"""What is written and read at most: it has to fit in memory several times over."""


def to_json(record: SessionRecord) -> bytes:
    """The whole file. record: with its texts. Raises ExportFailed when it would be too large to be read again."""
    about = session_fields(record)
    text = json.dumps(about, ensure_ascii=False, indent=1)
    try:
        whole = text.encode("utf-8")
    except UnicodeEncodeError:
        # A path may hold bytes that are no text; escapes keep them.
        whole = json.dumps(about, indent=1).encode("ascii")
    if len(whole) > LARGEST_BYTES:
        raise ExportFailed(
            f"The session would be a file of {size_words(len(whole))}; {size_words(LARGEST_BYTES)} is the most.",
            hint="Take the largest sources out of a branch of it, and export that.",
        )
    return whole


def session_fields(record: SessionRecord) -> dict[str, Any]:
    """What the file holds, as plain data."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "name": record.summary.name,
        "created": record.summary.created.isoformat(),
        "changed": record.summary.changed.isoformat(),
        "system_prompt": record.system_prompt,
        "settings": dict(record.settings),
        "view": dict(record.view),
        "last_key": record.workspace.last_key,
        "documents": [_entry(entry) for entry in record.workspace.entries],
        "removed": [_removed(document) for document in record.removed],
        "messages": [_message(message) for message in record.messages],
        "reviews": [review_fields(review) for review in record.reviews],
        "dismissed": dict(record.dismissed),
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "key": entry.key,
        "name": entry.name,
        "included": entry.included,
        "pages": None if entry.pages is None else list(entry.pages),
        **document_fields(entry.document),
    }


def document_fields(document: Document) -> dict[str, Any]:
    """A document as plain data, lazy texts as None; `import_json.document_of` brings it back."""
    return {
        "path": document.path,
        "kind": document.kind,
        "status": document.status,
        "problem": document.problem,
        "size": document.size,
        "mtime_ns": document.mtime_ns,
        "sha256": document.sha256,
        "view": view_json(document.view),
        "facts": facts_json(document),
        "sections": [_section(section) for section in document.sections],
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "label": section.label,
        "span": _span(section.span),
        "text": section.body if isinstance(section.body, str) else None,
        "places": [[p.start, p.end, *p.rect] for p in section.places],
        "line_map": list(section.line_map),
        "asides": [[a.text, *a.rect] for a in section.asides],
    }


def _removed(document: RemovedDocument) -> dict[str, Any]:
    return {
        "key": document.key,
        "name": document.name,
        "path": document.path,
        "kind": document.kind,
        "sha256": document.sha256,
    }


def _message(message: MessageRecord) -> dict[str, Any]:
    return {
        "role": message.role,
        "text": message.text,
        "mode": message.mode,
        "model": dict(message.model),
        "timings": dict(message.timings),
        "tokens": dict(message.tokens),
        "finished": message.finished,
        "created": message.created.isoformat(),
        "citations": [_citation(citation) for citation in message.citations],
        "passages": [_passage(passage) for passage in message.passages],
    }


def _citation(citation: StoredCitation) -> dict[str, Any]:
    return {
        "number": citation.number,
        "quote": citation.quote,
        "state": citation.state,
        "mark": citation.mark,
        "key": citation.key,
        "section": citation.section,
        "start": citation.start,
        "end": citation.end,
        "span": _span(citation.span),
        "found_elsewhere": citation.found_elsewhere,
        "answer_start": citation.answer_start,
        "answer_end": citation.answer_end,
    }


def _passage(passage: StoredPassage) -> dict[str, Any]:
    return {
        "number": passage.number,
        "key": passage.key,
        "section": passage.section,
        "start": passage.start,
        "end": passage.end,
        "span": _span(passage.span),
        "text": passage.text,
        "score": passage.score,
    }


def _span(span: Span) -> dict[str, Any]:
    return {
        "page": span.page,
        "lines": None if span.lines is None else list(span.lines),
        "bytes": None if span.bytes is None else list(span.bytes),
        "rects": [list(rect) for rect in span.rects],
        **({"recognised": True} if span.recognised else {}),
        **({"part": span.part} if span.part else {}),
    }
