"""Reads sources again in another way (as an outline, filtered, masked) in a lane of its own.

Knows no widget and no session; what it brings takes the place of what was there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject

from app.services.lane import Call
from app.services.passwords import Passwords
from app.services.rereading import Rereading
from ingest.document import Document, Ingested
from ingest.known import Known
from ingest.view import View

STOPPED = "Reading sources in another way was stopped, because another session was opened."


class ReadingAs(Rereading):
    """See Rereading."""

    def __init__(self, passwords: Passwords, known: Known, parent: QObject | None = None) -> None:
        """known: what was read before, in which view."""
        super().__init__("reading-as", STOPPED, parent)
        self._passwords, self._known = passwords, known
        self._latest: dict[str, int] = {}
        self._count = 0

    def read(self, wanted: Sequence[tuple[Document, View]]) -> None:
        """Read these again, each in its view. Of several wishes for one source the last one counts."""
        from ingest.open_path import open_paths

        if not wanted:
            return
        self._count += 1
        number = self._count
        views = {document.path: view for document, view in wanted}
        self._latest.update(dict.fromkeys(views, number))
        from_disk = [document.path for document, _ in wanted if in_a_file(document) and not document.has_recognised]
        lies_there = set(from_disk)
        rest = [(document, view) for document, view in wanted if document.path not in lies_there]

        def work(call: Call[Ingested]) -> Ingested:
            held = _seen_anew(rest)
            ingested = Ingested((), ())
            if from_disk:
                ingested = open_paths(
                    from_disk,
                    on_progress=call.report,
                    stop=lambda: call.cancelled,
                    known_passwords=self._passwords.known(),
                    known=self._known,
                    views=views,
                )
            return replace(ingested, documents=(*held, *ingested.documents))

        def done(ingested: Ingested) -> None:
            wished = [d for d in ingested.documents if self._latest.get(d.path) == number]
            self.arrived.emit(replace(ingested, documents=tuple(wished)))

        self._begin(work, views, done)


def in_a_file(document: Document) -> bool:
    """Whether it can be read again: what came through a pipe or was pasted cannot."""
    return Path(document.path).is_absolute()


def _seen_anew(wanted: Sequence[tuple[Document, View]]) -> list[Document]:
    """What is not read again (a paste, recognised pages) as its view asks for it: there can only be less of it."""
    from ingest.viewing import viewed

    return [viewed(document, view) for document, view in wanted]
