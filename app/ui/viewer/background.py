"""A thread that does small jobs for a view, the one asked for last first. Results come by signal.

Knows nothing of the jobs. Whoever asks has to be ready for a result that nobody needs any more.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Hashable, Iterable

from PySide6.QtCore import QObject, Signal

from ingest.errors import IngestError

Job = Callable[[], Iterable[object]]
"""Gives one result after the other; between two of them it can be cancelled."""

_BREATH = 0.0002


class Background(QObject):
    """`arrived`: key and result (an IngestError where the world went wrong). `finished`: key, also after an error."""

    arrived = Signal(object, object)
    finished = Signal(object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._lock = threading.Condition()
        self._jobs: dict[Hashable, Job] = {}
        self._doing: Hashable | None = None
        self._stopping = False
        self._closing = False
        self._thread: threading.Thread | None = None

    def submit(self, key: Hashable, job: Job) -> None:
        """Do `job` before all that wait, unless a job with this key is being done or waits already."""
        with self._lock:
            if self._closing or key in self._jobs or (key == self._doing and not self._stopping):
                return
            self._jobs[key] = job
            self._lock.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()

    def cancel(self) -> None:
        """Forget what waits, and stop what is being done at its next result."""
        with self._lock:
            self._jobs.clear()
            self._stopping = self._doing is not None

    def shut_down(self) -> None:
        """Stop, and wait until the thread is gone."""
        with self._lock:
            self._closing = True
            self._jobs.clear()
            self._lock.notify()
        if self._thread:
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        while True:
            with self._lock:
                self._doing = None
                self._lock.wait_for(lambda: self._closing or bool(self._jobs))
                if self._closing:
                    return
                self._doing, job = self._jobs.popitem()
                self._stopping = False
            self._do(self._doing, job)

    def _do(self, key: Hashable, job: Job) -> None:
        try:
            for result in job():
                if self._closing or self._stopping:
                    return
                self.arrived.emit(key, result)
                # Without a breath the window would wait for the interpreter at each of its calls.
                time.sleep(_BREATH)
        except IngestError as error:
            self.arrived.emit(key, error)
        except Exception:
            # A defect in one job is reported as such; the thread goes on with the others.
            threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))
        if not self._closing and not self._stopping:
            self.finished.emit(key)
