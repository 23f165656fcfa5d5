"""Recognises the text of scanned sources in a lane of its own: it takes long, and files may be added meanwhile.

Knows no widget and no session.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject

from app.services.lane import Call
from app.services.passwords import Passwords
from app.services.rereading import Rereading
from ingest.document import Ingested
from ingest.known import Known
from ingest.recognition import Recognition
from ingest.view import View

STOPPED = "Recognising text was stopped, because another session was opened."


class Recogniser(Rereading):
    """See Rereading."""

    def __init__(
        self,
        passwords: Passwords,
        known: Known,
        parent: QObject | None = None,
        *,
        views: Callable[[], Mapping[str, View]] = dict,
    ) -> None:
        """known: what was read before: a scan that did not change need not be recognised twice.

        views: by absolute path, how to read files that are to be read in a way of their own.
        """
        super().__init__("recognise", STOPPED, parent)
        self._passwords, self._known, self._views = passwords, known, views

    def recognise(self, paths: Sequence[str], recognition: Recognition) -> None:
        """Read these PDFs again, with their pictures of pages. What is under way already is left alone."""
        from ingest.open_path import open_paths

        under_way = self.paths
        fresh = tuple(path for path in paths if path not in under_way)
        if not fresh:
            return
        views = self._views()

        def work(call: Call[Ingested]) -> Ingested:
            return open_paths(
                [Path(path) for path in fresh],
                on_progress=call.report,
                stop=lambda: call.cancelled,
                known_passwords=self._passwords.known(),
                recognise=recognition,
                known=self._known,
                views=views,
            )

        self._begin(work, fresh, self.arrived.emit)
