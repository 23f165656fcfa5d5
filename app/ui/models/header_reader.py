"""Looks for models and reads their headers in a thread of its own, because a disk may be slow or asleep.

The thread knows no Qt: it leaves what it found in a queue, which a timer empties while something is awaited. A read
that hangs cannot be ended from outside; its thread ends with it, and nobody hears of it.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.core.model_choice import ModelFacts, describe_model, known_models
from engine.errors import ModelFileError

PATIENCE_SECONDS = 0.05
"""How long the window may wait for the thread when it closes."""
_LOOK_EVERY_MS = 25


@dataclass(frozen=True, slots=True)
class _Refused:
    path: Path
    sentence: str


_Found = list[Path] | ModelFacts | _Refused


@dataclass(frozen=True, slots=True)
class _Work:
    """What both sides share. A request of None ends the thread."""

    recent: tuple[Path, ...]
    requests: queue.SimpleQueue[Path | None] = field(default_factory=queue.SimpleQueue)
    found: queue.SimpleQueue[_Found] = field(default_factory=queue.SimpleQueue)
    stopped: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        self.stopped.set()
        self.requests.put(None)

    def run(self) -> None:
        paths = known_models(self.recent)
        self.found.put(paths)
        waiting = deque(paths)
        while not self.stopped.is_set():
            try:
                path = self.requests.get(block=not waiting)
            except queue.Empty:
                path = waiting.popleft()
            if path is not None:
                self.found.put(_read(path))


class HeaderReader(QObject):
    """One thread, begun with `start` and ended with `stop` or with the parent."""

    listed = Signal(object)
    """list[Path]: what there is to choose from; comes once."""
    described = Signal(object)
    """ModelFacts of one file."""
    refused = Signal(object, str)
    """A path, and in one sentence why it is no model that answers."""

    def __init__(self, recent: Sequence[Path], parent: QObject) -> None:
        super().__init__(parent)
        work = self._work = _Work(tuple(recent))
        self._thread = threading.Thread(target=work.run, name="model headers", daemon=True)
        self._awaited = 1
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)
        # By then nothing of this object is left but the work it shares with the thread.
        self.destroyed.connect(lambda: work.stop())

    def start(self) -> None:
        """Begin with the list and its headers."""
        self._thread.start()
        self._timer.start()

    def read(self, path: Path) -> None:
        """Read `path` next."""
        self._awaited += 1
        self._work.requests.put(path)
        self._timer.start()

    def stop(self) -> None:
        """Say nothing more; the thread ends with what it is reading. Waits a moment for it, never for a disk."""
        self._timer.stop()
        self._work.stop()
        if self._thread.is_alive():
            self._thread.join(PATIENCE_SECONDS)

    def _look(self) -> None:
        """Tell what was found since the last look."""
        while self._timer.isActive():
            try:
                found = self._work.found.get_nowait()
            except queue.Empty:
                break
            self._awaited -= 1
            if isinstance(found, list):
                self._awaited += len(found)
                self.listed.emit(found)
            elif isinstance(found, ModelFacts):
                self.described.emit(found)
            else:
                self.refused.emit(found.path, found.sentence)
        if not self._awaited:
            self._timer.stop()


def _read(path: Path) -> ModelFacts | _Refused:
    try:
        return describe_model(path)
    except ModelFileError as error:
        return _Refused(path, f"{error} {error.hint}".strip())
