"""Looks through logs in a lane of its own: how many records of which level, when, from where. Knows no widget."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.core.failures import Failure
from app.services.lane import Call, Lane
from ingest.document import Document
from ingest.log_survey import LogSurvey


class Surveyor(QObject):
    """One log after the other."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lane = Lane("survey", self)

    def survey(
        self,
        document: Document,
        *,
        done: Callable[[LogSurvey], None],
        failed: Callable[[Failure], None],
        progress: Callable[[int], None],
    ) -> Call[LogSurvey]:
        """What is in the whole log that `document` is of. progress: bytes read; cancel the call to give up."""
        from ingest.log_survey import survey

        def work(call: Call[LogSurvey]) -> LogSurvey:
            return survey(document, on_bytes=call.report, stop=lambda: call.cancelled)

        return self._lane.run(work, done=done, failed=failed, progress=progress)

    def close(self) -> None:
        """Stop and end the thread."""
        self._lane.close()
