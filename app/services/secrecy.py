"""Which sources hold what looks like a secret and nobody has decided about. Knows no widget and no file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.core.workspace import Entry
from ingest.document import Document


class Secrecy:
    """Remembers, by content, what is to be kept as it is, so that nothing is asked twice."""

    def __init__(self) -> None:
        self._kept: set[str] = set()

    def kept(self, entries: Iterable[Entry]) -> list[str]:
        """What was decided about these, as it is stored."""
        return sorted({mark for entry in entries if (mark := _mark(entry.document)) in self._kept})

    def restore(self, kept: object) -> None:
        """Take what was stored with a session; anything else counts as nothing."""
        if isinstance(kept, list):
            self._kept.update(mark for mark in kept if isinstance(mark, str))

    def keep(self, entries: Iterable[Entry]) -> None:
        """These are to stay as they are."""
        self._kept.update(_mark(entry.document) for entry in entries)

    def undecided(self, entries: Sequence[Entry]) -> list[Entry]:
        """Those that take part, hold what looks like a secret, are not masked and not kept."""
        return [
            entry
            for entry in entries
            if entry.document.secrets
            and entry.included
            and not entry.document.view.mask
            and _mark(entry.document) not in self._kept
        ]


def _mark(document: Document) -> str:
    """What stands for the content; the path where there is no digest of it."""
    return document.sha256 or document.path
