"""Several PDF readers at work: jobs in, documents out in any order, every reader kept warm until the pool closes.

A file is read by one reader; where it is long, those that have nothing else to do read other pages of it meanwhile.
Knows no folders and no other kind of file.
"""

from __future__ import annotations

import os
import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from ingest.document import Document, Section
from ingest.pdf_child import PdfChild
from ingest.pdf_task import PdfJob, PdfTask, Stretch
from ingest.pdf_worker import PdfWorker
from ingest.reader_limits import LARGEST_MEMORY, PAGE_SECONDS, ReaderLimits

__all__ = ["MOST_READERS", "PdfDone", "PdfJob", "PdfPool", "PdfProgress"]

MOST_READERS = 4


@dataclass(frozen=True, slots=True)
class PdfProgress:
    """A job is on its way: pages done, and in all.

    first: once, as soon as there are any, the pages from the first one on, as they stand; later empty.
    """

    number: int
    path: str
    done: int
    pages: int
    first: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class PdfDone:
    """A job is finished. document: its outcome, of whatever status."""

    number: int
    document: Document


class PdfPool:
    """A context manager; leaving it ends every reader at once.

    page_seconds: the longest one page may take. readers: how many processes at most. memory: bytes each may take.
    """

    def __init__(
        self, *, page_seconds: float = PAGE_SECONDS, readers: int | None = None, memory: int = LARGEST_MEMORY
    ) -> None:
        self._limits = ReaderLimits(page_seconds, memory)
        processors = os.cpu_count() or 2
        self._most = readers or min(MOST_READERS, max(2 if processors > 1 else 1, processors // 2))
        self._news: queue.SimpleQueue[PdfProgress | PdfDone | BaseException] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._jobs: deque[PdfJob] = deque()
        self._tasks: list[PdfTask] = []
        self._closing = threading.Event()
        self._children: set[PdfChild] = set()
        self._workers: list[threading.Thread] = []
        self._idle = 0
        self._watch: threading.Thread | None = None

    def __enter__(self) -> PdfPool:
        """Itself; nothing starts before the first job."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End every reader at once, whatever it is doing."""
        with self._lock:
            self._closing.set()
            for child in self._children:
                child.kill()
            self._changed.notify_all()
        for worker in self._workers:
            worker.join()
        if self._watch:
            self._watch.join()

    def submit(self, job: PdfJob) -> None:
        """Begin reading soon. The outcome comes out of `next_news`."""
        with self._lock:
            self._jobs.append(job)
            self._changed.notify()
            if self._idle < len(self._jobs):
                self._one_more_worker()
        if self._watch is None:
            self._watch = threading.Thread(target=self._look_after, name="pdf-deadline", daemon=True)
            self._watch.start()

    def next_news(self, timeout: float) -> PdfProgress | PdfDone | None:
        """What happened next, None when nothing did within `timeout` seconds."""
        try:
            news = self._news.get(timeout=timeout)
        except queue.Empty:
            return None
        if isinstance(news, BaseException):
            raise news
        return news

    def start_child(self, module: str) -> PdfChild:
        """A fresh reader, known to the watch. Raises _Closing when the pool is being left."""
        with self._lock:
            if self._closing.is_set():
                raise _Closing
            child = PdfChild(module)
            self._children.add(child)
            return child

    def end_child(self, child: PdfChild) -> None:
        """Forget a reader and wait for its end."""
        with self._lock:
            self._children.discard(child)
        child.close()

    def change(self, task: PdfTask, work: Callable[[], None]) -> None:
        """Do `work` on a task under the lock, and tell how far it is."""
        with self._lock:
            work()
            answers = task.answers
            first: tuple[Section, ...] = ()
            if not task.shown and answers.received:
                first = task.shown = answers.first_sections()
            if task.wants_help(warm=True):
                self._changed.notify_all()
                if not self._idle and task.wants_help(warm=False):
                    self._one_more_worker()
            news = PdfProgress(task.job.number, task.job.path, answers.received, answers.pages, first)
        self._news.put(news)

    def _one_more_worker(self) -> None:
        if len(self._workers) < self._most:
            worker = threading.Thread(target=self._work, name=f"pdf-{len(self._workers) + 1}", daemon=True)
            self._workers.append(worker)
            worker.start()

    def _look_after(self) -> None:
        while not self._closing.wait(min(0.5, self._limits.page_seconds / 4)):
            with self._lock:
                for child in self._children:
                    child.end_if_overdue()

    def _work(self) -> None:
        worker = PdfWorker(self, self._limits)
        task: PdfTask | None = None
        try:
            while not self._closing.is_set():
                turn = self._next(worker, task)
                if turn is None or turn[0] is not task:
                    # A file of many megabytes must not stay in a reader that waits or reads another.
                    worker.forget()
                if turn is None:
                    task = None
                    self._wait(worker)
                    continue
                task, stretch = turn
                worker.read(task, stretch)
                self._finish(worker, task)
        except _Closing:
            pass
        except BaseException as error:
            self._news.put(error)
        finally:
            worker.end()

    def _next(self, worker: PdfWorker, before: PdfTask | None) -> tuple[PdfTask, Stretch] | None:
        """What to read now: more of the same file, a new one, or a share of one that another worker reads."""
        with self._lock:
            if before is not None and (stretch := before.stretch(self._most)):
                return before, stretch
            if self._jobs:
                task = PdfTask.of(self._jobs.popleft())
                self._tasks.append(task)
                return task, task.begin()
            for task in self._tasks:
                if task.wants_help(warm=worker.warm) and (stretch := task.stretch(self._most)):
                    return task, stretch
        return None

    def _wait(self, worker: PdfWorker) -> None:
        """Until there may be something to read."""
        with self._lock:
            self._idle += 1
            while not (
                self._closing.is_set() or self._jobs or any(task.wants_help(warm=worker.warm) for task in self._tasks)
            ):
                self._changed.wait()
            self._idle -= 1

    def _finish(self, worker: PdfWorker, task: PdfTask) -> None:
        with self._lock:
            if not task.done():
                return
            self._tasks.remove(task)
        worker.details(task)
        self._news.put(PdfDone(task.job.number, worker.outcome(task)))


class _Closing(Exception):
    """The pool is being left; nobody wants the outcome."""
