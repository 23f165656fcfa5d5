"""Checks what a session from elsewhere claims about its sources: a file can say "exact" of anything.

Where the words do not stand in the text that came along, the claim is dropped; where no text came along it cannot be
checked, and nobody can open it either. Knows no file and no database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.core.comparing import Texts
from app.core.named import Range
from app.core.prompt import PromptDocument
from app.core.records import MessageRecord, SessionRecord, StoredCitation, StoredPassage
from ingest.document import Span


def checked_again(record: SessionRecord) -> SessionRecord:
    """`record` with only such exact and near citations, and such passages, as its texts bear out."""
    entries = record.workspace.entries
    documents = [PromptDocument(e.key, e.name, e.document.kind, e.document.sections) for e in entries]
    checks = _Checks(documents)
    return replace(record, messages=tuple(map(checks.message, record.messages)))


class _Checks:
    def __init__(self, documents: list[PromptDocument]) -> None:
        self._documents = documents
        self._numbers: Mapping[str, int] = {d.key: i for i, d in enumerate(documents)}

    def message(self, message: MessageRecord) -> MessageRecord:
        # One for each answer, as the work it takes at most is counted for one.
        texts = Texts(self._documents)
        citations = tuple(self._citation(c, texts) for c in message.citations)
        passages = tuple(p for p in message.passages if self._is_verbatim(p))
        return replace(message, citations=citations, passages=passages)

    def _citation(self, citation: StoredCitation, texts: Texts) -> StoredCitation:
        if citation.state not in ("exact", "near"):
            return citation
        key, section, start, end = citation.key, citation.section, citation.start, citation.end
        if key is None or section is None or start is None or end is None:
            return _missing(citation)
        text = self._text(key, section)
        if text is None:
            return citation
        if not 0 <= start < end <= len(text):
            return _missing(citation)
        match = texts.find(citation.quote, [Range(self._numbers[key], section, start, end)])
        if match is None:
            return _missing(citation)
        return citation if match.exact else replace(citation, state="near")

    def _is_verbatim(self, passage: StoredPassage) -> bool:
        text = self._text(passage.key, passage.section)
        return text is None or text[passage.start : passage.end] == passage.text

    def _text(self, key: str, section: int) -> str | None:
        """The text that came along; "" for a section that the document does not have."""
        if key not in self._numbers:
            return None
        sections = self._documents[self._numbers[key]].sections
        if section >= len(sections):
            return ""
        body = sections[section].body
        return body if isinstance(body, str) else None


def _missing(citation: StoredCitation) -> StoredCitation:
    return replace(citation, state="missing", key=None, section=None, start=None, end=None, span=Span())
