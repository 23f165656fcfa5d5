"""Work that stands still in its lane, so that the window can be looked at while it is under way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.core.export_progress import ExportProgress
from app.services.desk import Desk
from app.services.lane import Lane
from ingest.document import Progress
from ingest.recognition import Recognition


@contextmanager
def held(lane: Lane) -> Iterator[None]:
    """Nothing goes on in `lane` within the block."""
    gate = threading.Event()
    lane.run(lambda _: gate.wait())
    try:
        yield
    finally:
        gate.set()


@contextmanager
def recognising(desk: Desk, path: Path, *, page: int, pages: int) -> Iterator[None]:
    """The scan at `path` is being recognised, up to `page`. In the end it is cancelled."""
    with held(desk.recogniser._lane):
        desk.recogniser.recognise([str(path)], Recognition("eng", "/nowhere"))
        for done in (1, page):
            desk.recogniser.progress.emit(Progress(0, 1, 0, str(path), done, pages))
        yield
        desk.recogniser.cancel()


@contextmanager
def exporting(desk: Desk, session: int, path: Path, *, done: int, total: int) -> Iterator[None]:
    """A session is being written to `path`. In the end that is cancelled."""
    with held(desk.exporter._lane):
        desk.exporter.export(session, "html", path)
        desk.exporter.progress.emit(path, ExportProgress(done, total))
        yield
        desk.exporter.cancel()
