"""How far an export is. Knows no format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.core.records import SessionRecord
from ingest.errors import Stopped


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """Questions that are in the file, of all in the session.

    pages: of a PDF, set so far. prepared: questions of a PDF that can be set, which takes as long; None for the others.
    """

    done: int
    total: int
    pages: int = 0
    prepared: int | None = None

    @property
    def share(self) -> float:
        """Of the whole work, 0 to 1."""
        total = max(1, self.total)
        return self.done / total if self.prepared is None else (self.prepared + self.done) / (2 * total)


OnProgress = Callable[[ExportProgress], None]
Stop = Callable[[], bool]


def questions_of(record: SessionRecord) -> int:
    """How many questions a session has."""
    return sum(message.role == "user" for message in record.messages)


def told(parts: Iterator[str], total: int, on_progress: OnProgress | None, stop: Stop | None) -> Iterator[str]:
    """`parts` (the head, then one for each of `total` questions), telling of each. Raises Stopped."""
    for done, part in enumerate(parts):
        if stop is not None and stop():
            raise Stopped
        if on_progress is not None:
            on_progress(ExportProgress(done, total))
        yield part
