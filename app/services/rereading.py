"""What reading sources once more has in common, whatever for: a lane of its own, which files are under way, and an end.

Knows no widget, no session and no reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, Signal

from app.core.failures import Failure
from app.services.lane import Call, Lane
from ingest.document import Ingested


class Rereading(QObject):
    """`progress`: ingest.document.Progress. `arrived`: what was read. `changed`: `paths` is another."""

    progress = Signal(object)
    arrived = Signal(object)
    failed = Signal(object)
    changed = Signal()

    def __init__(self, name: str, stopped: str, parent: QObject | None = None) -> None:
        """name: of the thread. stopped: the sentence when another session is opened meanwhile."""
        super().__init__(parent)
        self._stopped = stopped
        self._lane = Lane(name, self)
        self._calls: dict[Call[Ingested], frozenset[str]] = {}

    @property
    def busy(self) -> bool:
        """Whether anything is being read or waits."""
        return bool(self._calls)

    @property
    def paths(self) -> frozenset[str]:
        """What is being read or waits."""
        return frozenset().union(*self._calls.values())

    def cancel(self) -> None:
        """Stop; the sources stay as they were."""
        for call in self._calls:
            call.cancel()

    def leave(self) -> None:
        """The sources are put away: stop, and say so."""
        if self.busy:
            self.cancel()
            self.failed.emit(Failure("notice", self._stopped, ""))

    def close(self) -> None:
        """Stop and end the thread."""
        self._lane.close()

    def _begin(
        self, work: Callable[[Call[Ingested]], Ingested], paths: Iterable[str], done: Callable[[Ingested], None]
    ) -> None:
        """Do `work`, which reads `paths`, when what was begun before has ended."""

        def ended() -> None:
            del self._calls[call]
            self.changed.emit()

        call = self._lane.run(work, done=done, failed=self.failed.emit, progress=self.progress.emit, ended=ended)
        self._calls[call] = frozenset(paths)
        self.changed.emit()
