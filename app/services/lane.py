"""Work off the window's thread: one thread with one queue, results back on the window's thread.

What must not run twice at a time (the engine, a session file) gets a lane of its own.
Knows nothing of what the work is.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, QSocketNotifier

from app.core.failures import Failure, failure_of

T = TypeVar("T")

_LONGEST_TURN_S = 0.02
_LONGEST_HOLD_S = 0.0001


class Call(Generic[T]):
    """One piece of work under way. `cancel` from the window's thread; the work asks `cancelled`."""

    def __init__(self, post: Callable[[Callable[[], None]], None], on_progress: Callable[..., None] | None) -> None:
        self._post = post
        self._on_progress = on_progress
        self._cancelled = threading.Event()
        self._stop: Callable[[], None] | None = None

    @property
    def cancelled(self) -> bool:
        """Whether nobody wants the result any more."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Ask the work to stop; neither `done` nor `failed` is called once it has heard of it."""
        self._cancelled.set()
        if self._stop is not None:
            self._stop()

    def stops_by(self, stop: Callable[[], None]) -> None:
        """For the work: `stop` is how it can be interrupted from another thread."""
        self._stop = stop
        if self.cancelled:
            stop()

    def report(self, *news: Any) -> None:
        """For the work: tell the window how far it is."""
        if self._on_progress is not None:
            on_progress = self._on_progress
            self._post(lambda: None if self.cancelled else on_progress(*news))


def let_window_go_first() -> None:
    """Make threads that work hand over soon.

    Qt calls into Python many times for one picture of the window, and each call may have to wait for a thread to let
    go: five milliseconds by default, which add up.
    """
    sys.setswitchinterval(_LONGEST_HOLD_S)


class Mailbox(QObject):
    """Acts posted from any thread are done on the window's, in order, soon.

    A byte through a socket wakes the window: no Qt object is touched by a thread that Qt did not make.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._acts: deque[Callable[[], None]] = deque()
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._woken)

    def post(self, act: Callable[[], None]) -> None:
        """Have `act` done on the window's thread; quietly nothing after `close`."""
        self._acts.append(act)
        # A full socket means that the window has not woken yet, but will; a closed one that it is gone.
        with contextlib.suppress(OSError):
            self._writer.send(b"\0")

    def close(self) -> None:
        """Do nothing more."""
        self._notifier.setEnabled(False)
        self._acts.clear()
        self._reader.close()
        self._writer.close()

    def _woken(self) -> None:
        with contextlib.suppress(OSError):
            self._reader.recv(65_536)
        until = time.monotonic() + _LONGEST_TURN_S
        while self._acts:
            self._acts.popleft()()
            if self._acts and time.monotonic() > until:
                # The window must paint and listen in between.
                with contextlib.suppress(OSError):
                    self._writer.send(b"\0")
                return


class Lane(QObject):
    """A thread that does one thing after the other. Create it and close it on the window's thread."""

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._back = Mailbox(self)
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._calls: set[Call[Any]] = set()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Whether anything is under way or waits."""
        return bool(self._calls)

    def run(
        self,
        work: Callable[[Call[T]], T],
        *,
        done: Callable[[T], None] | None = None,
        failed: Callable[[Failure], None] | None = None,
        progress: Callable[..., None] | None = None,
        ended: Callable[[], None] | None = None,
    ) -> Call[T]:
        """Do `work` in the lane's thread; `done`, `failed` and `progress` are called on the window's.

        A bug in `work` goes to the log, and `failed` gets a sentence that says so. A cancelled call ends quietly;
        `ended` comes last in every case.
        """
        call: Call[T] = Call(self._back.post, progress)
        self._calls.add(call)

        def finish(then: Callable[[], None] | None) -> None:
            self._calls.discard(call)
            if then is not None and not self._closed:
                then()
            if ended is not None and not self._closed:
                ended()

        def there() -> None:
            if call.cancelled:
                self._back.post(lambda: finish(None))
                return
            try:
                result = work(call)
            except BaseException as error:
                failure = failure_of(error)
                self._back.post(lambda: finish(None if call.cancelled or failed is None else lambda: failed(failure)))
                return
            self._back.post(lambda: finish(None if call.cancelled or done is None else lambda: done(result)))

        self._queue.put(there)
        return call

    def close(self) -> None:
        """Cancel what is under way and end the thread; nothing is called back from now on.

        Returns when the work has ended, so that what it holds (files, child processes) is let go.
        """
        self._closed = True
        for call in list(self._calls):
            call.cancel()
        self.finish()

    def finish(self) -> None:
        """Do what waits, then end the thread."""
        self._queue.put(None)
        self._thread.join()
        self._back.close()

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            job()
