"""Recognises the text of scanned sources in a lane of its own: it takes long, and files may be added meanwhile.

Knows no widget and no session.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.core.failures import Failure
from app.services.lane import Call, Lane
from app.services.passwords import Passwords
from ingest.document import Ingested
from ingest.known import Known
from ingest.recognition import Recognition
from ingest.view import View

STOPPED = "Recognising text was stopped, because another session was opened."


class Recogniser(QObject):
    """`progress`: ingest.document.Progress. `arrived`: what was read. `changed`: `paths` is another."""

    progress = Signal(object)
    arrived = Signal(object)
    failed = Signal(object)
    changed = Signal()

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
        super().__init__(parent)
        self._passwords, self._known, self._views = passwords, known, views
        self._lane = Lane("recognise", self)
        self._calls: list[tuple[tuple[str, ...], Call[Ingested]]] = []

    @property
    def busy(self) -> bool:
        """Whether anything is being recognised or waits."""
        return bool(self._calls)

    @property
    def paths(self) -> frozenset[str]:
        """What is being recognised or waits."""
        return frozenset(path for paths, _ in self._calls for path in paths)

    def recognise(self, paths: Sequence[str], recognition: Recognition) -> None:
        """Read these PDFs again, with their pictures of pages. What is under way already is left alone."""
        from ingest.open_path import open_paths

        fresh = tuple(path for path in paths if path not in self.paths)
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

        def ended() -> None:
            self._calls = [held for held in self._calls if held[1] is not call]
            self.changed.emit()

        call = self._lane.run(
            work, done=self.arrived.emit, failed=self.failed.emit, progress=self.progress.emit, ended=ended
        )
        self._calls.append((fresh, call))
        self.changed.emit()

    def cancel(self) -> None:
        """Stop; the sources stay as they were."""
        for _, call in self._calls:
            call.cancel()

    def leave(self) -> None:
        """The sources are put away: stop, and say so."""
        if self.busy:
            self.cancel()
            self.failed.emit(Failure("notice", STOPPED, ""))

    def close(self) -> None:
        """Stop and end the thread."""
        self._lane.close()
