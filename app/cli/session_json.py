"""A saved session as the fields that the `sessions` command prints; what they mean stands in its HELP."""

from __future__ import annotations

import datetime
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.core.records import MessageRecord, RemovedDocument, SessionRecord, SessionSummary
    from app.core.workspace import Entry


def summary_json(summary: SessionSummary) -> dict[str, Any]:
    """SESSION."""
    return {
        "id": summary.id,
        "name": summary.name,
        "created": summary.created.isoformat(),
        "changed": summary.changed.isoformat(),
        "pinned": summary.pinned,
        "deleted": _moment(summary.deleted_at),
        "documents": summary.documents,
        "messages": summary.messages,
    }


def _moment(moment: datetime.datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def record_json(record: SessionRecord) -> dict[str, Any]:
    """What `show` prints."""
    return {
        "session": summary_json(record.summary),
        "system": record.system_prompt,
        "settings": dict(record.settings),
        "documents": [_entry_json(entry) for entry in record.workspace.entries],
        "removed": [_removed_json(removed) for removed in record.removed],
        "messages": [_message_json(message) for message in record.messages],
    }


def _entry_json(entry: Entry) -> dict[str, Any]:
    from app.cli.sources import document_json

    pages = None if entry.pages is None else list(entry.pages)
    about = {"key": entry.key, "name": entry.name, "included": entry.included, "pages": pages}
    return {**about, **document_json(entry.document)}


def _removed_json(removed: RemovedDocument) -> dict[str, Any]:
    from app.core.workspace import shown_path

    return {**asdict(removed), "path": shown_path(removed.path)}


def _message_json(message: MessageRecord) -> dict[str, Any]:
    from app.cli.sources import place_json

    def support(item: Any) -> dict[str, Any]:
        fields = asdict(item)
        del fields["span"]
        return {**fields, **place_json(item.span)}

    return {
        "id": message.id,
        "role": message.role,
        "text": message.text,
        "mode": message.mode,
        "finished": message.finished,
        "created": message.created.isoformat(),
        "tokens": dict(message.tokens),
        "seconds": dict(message.timings),
        "model": dict(message.model),
        "citations": [support(c) for c in message.citations],
        "passages": [support(p) for p in message.passages],
    }
