"""Finds in a session the answers that a queue of questions would ask for again, by what they were made from.

The same question over the same text with the same model and settings: then the answer there is the answer. Knows no
engine and no queue.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict

from app.core.answering import Settings
from app.core.records import MessageRecord
from app.core.workspace import Entry, Workspace

ASKED = "asked"
"""Under this name a queue says of an answer what it asked: question, kind, key, ending, basis."""


def basis_of(workspace: Workspace, settings: Settings, question: str) -> str:
    """A digest of all that decides an answer but the hardware: texts, question, model, sampling."""
    try:
        size = settings.model.stat().st_size
    except OSError:
        size = 0
    made_from = {
        "model": [str(settings.model), size],
        "settings": [
            settings.kv,
            settings.max_answer,
            settings.system,
            settings.date.isoformat(),
            settings.verbatim,
        ],
        "sampling": asdict(settings.sampling),
        "documents": [_document(entry) for entry in workspace.included()],
        "question": question.strip(),
    }
    return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode("ascii")).hexdigest()


def by_basis(messages: Iterable[MessageRecord]) -> dict[str, MessageRecord]:
    """The finished answers that a queue saved, by their basis; of several the last."""
    found: dict[str, MessageRecord] = {}
    for message in messages:
        asked = message.model.get(ASKED)
        if message.role == "assistant" and message.finished and isinstance(asked, dict):
            found[str(asked.get("basis"))] = message
    return found


def _document(entry: Entry) -> list[object]:
    """What of a document decides an answer. A file's own digest stands for its text, which may lie unread in it."""
    document = entry.document
    about: list[object] = [entry.key, entry.name, document.kind, entry.pages]
    if document.sha256 is not None:
        return [*about, document.sha256]
    texts = hashlib.sha256()
    for i in entry.sections_in():
        body = document.sections[i].body
        texts.update(body.encode("utf-8") + b"\0" if isinstance(body, str) else repr(document.mtime_ns).encode())
    return [*about, texts.hexdigest()]
