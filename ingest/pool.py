"""Several PDF readers at work: jobs in, documents out in any order, every reader kept warm until the pool closes.

A page that crashes its reader or takes too long is left out, and reading goes on behind it in a fresh reader. Knows no
folders and no other kind of file.
"""

from __future__ import annotations

import os
import queue
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from ingest.document import Document
from ingest.pdf_child import PdfChild, ReaderGone
from ingest.pdf_document import PdfAnswers
from ingest.recognition import Recognition
from ingest.view import AS_IT_STANDS, View

MOST_READERS = 4
PAGE_SECONDS = 60.0

_MOST_LOST_PAGES = 3
_MOST_LOST_TO_RECOGNISE = 20
_SENTENCES = {
    "broken": "It cannot be opened as a PDF: it is damaged or cut short. Get a complete copy.",
    "no_pages": "The PDF says that it has no pages. Print it to a new PDF in a viewer that shows it, and add that.",
    "password": "The PDF asks for a password. Enter it, or add a copy that needs none.",
    "other_password": "The PDF asks for a password. None of the given passwords opens it: check capital letters and "
    "the keyboard layout, or add a copy that needs none.",
    "piped_password": "The PDF asks for a password, and it came through standard input, so it cannot be opened here. "
    "Save it as a file and add that.",
    "changed": "The file changed while it was being read. Add it again when it is complete.",
}


@dataclass(frozen=True, slots=True)
class PdfJob:
    """A file to read, or its bytes when it is no file (then `path` is only its name).

    passwords: tried in this order if it asks for one; shown nowhere. recognise: how to read pages that are pictures,
    None to leave them. view: whether tables are wanted.
    """

    number: int
    path: str
    content: bytes | None = None
    passwords: tuple[str, ...] = field(default=(), repr=False)
    recognise: Recognition | None = None
    view: View = AS_IT_STANDS


@dataclass(frozen=True, slots=True)
class PdfProgress:
    """A job is on its way: pages done, and in all."""

    number: int
    path: str
    done: int
    pages: int


@dataclass(frozen=True, slots=True)
class PdfDone:
    """A job is finished. document: its outcome, of whatever status."""

    number: int
    document: Document


class PdfPool:
    """A context manager; leaving it ends every reader at once. page_seconds: the longest one page may take."""

    def __init__(self, *, page_seconds: float = PAGE_SECONDS, readers: int | None = None) -> None:
        self._page_seconds = page_seconds
        self._most = readers or min(MOST_READERS, max(1, (os.cpu_count() or 2) // 2))
        self._jobs: queue.SimpleQueue[PdfJob | None] = queue.SimpleQueue()
        self._news: queue.SimpleQueue[PdfProgress | PdfDone | BaseException] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._children: set[PdfChild] = set()
        self._workers: list[threading.Thread] = []
        self._watch: threading.Thread | None = None
        self._submitted = 0

    def __enter__(self) -> PdfPool:
        """Itself; nothing starts before the first job."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End every reader at once, whatever it is doing."""
        self._closing.set()
        with self._lock:
            for child in self._children:
                child.kill()
        for _ in self._workers:
            self._jobs.put(None)
        for worker in self._workers:
            worker.join()
        if self._watch:
            self._watch.join()

    def submit(self, job: PdfJob) -> None:
        """Begin reading soon. The outcome comes out of `next_news`."""
        self._submitted += 1
        self._jobs.put(job)
        if len(self._workers) < min(self._most, self._submitted):
            worker = threading.Thread(target=self._work, name=f"pdf-{len(self._workers) + 1}", daemon=True)
            self._workers.append(worker)
            worker.start()
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

    def _look_after(self) -> None:
        while not self._closing.wait(min(0.5, self._page_seconds / 4)):
            with self._lock:
                for child in self._children:
                    child.end_if_overdue()

    def _work(self) -> None:
        reader = _Reader(self)
        try:
            while (job := self._jobs.get()) is not None and not self._closing.is_set():
                self._news.put(PdfDone(job.number, reader.read(job)))
        except _Closing:
            pass
        except BaseException as error:
            self._news.put(error)
        finally:
            reader.end()

    def start_child(self) -> PdfChild:
        """A fresh reader, known to the watch. Raises _Closing when the pool is being left."""
        with self._lock:
            if self._closing.is_set():
                raise _Closing
            child = PdfChild()
            self._children.add(child)
            return child

    def end_child(self, child: PdfChild) -> None:
        """Forget a reader and wait for its end."""
        with self._lock:
            self._children.discard(child)
        child.close()

    def tell(self, job: PdfJob, done: int, pages: int) -> None:
        """Pass on how far a job is."""
        self._news.put(PdfProgress(job.number, job.path, done, pages))

    @property
    def page_seconds(self) -> float:
        """The longest one page may take."""
        return self._page_seconds


class _Closing(Exception):
    """The pool is being left; nobody wants the outcome."""


class _Reader:
    """What one worker thread does: reads jobs through a child that it replaces when it is gone."""

    def __init__(self, pool: PdfPool) -> None:
        self._pool = pool
        self._child: PdfChild | None = None

    def end(self) -> None:
        """Let the child go."""
        if self._child:
            self._pool.end_child(self._child)
            self._child = None

    def read(self, job: PdfJob) -> Document:
        """The outcome for one file, however many readers it takes."""
        answers = PdfAnswers(job.path, language=job.recognise.language if job.recognise else "")
        # A page takes a second to recognise: each is told of by itself, and none is tried twice.
        first, careful = 0, job.recognise is not None
        most_lost = _MOST_LOST_TO_RECOGNISE if job.recognise else _MOST_LOST_PAGES
        while True:
            try:
                return self._read_from(job, answers, first, careful)
            except ReaderGone as gone:
                self.end()
                if not careful:
                    # A batch may have been lost with the reader, or something outside ended it: again, page by page.
                    careful = True
                    first = answers.received
                    continue
                reason = self._reason(gone)
                if not answers.pages:
                    return answers.failed(f"It cannot be opened as a PDF: opening it {reason}.")
                answers.lost[answers.received] = reason
                answers.received += 1
                first = answers.received
                if len(answers.lost) >= most_lost or first >= answers.pages:
                    return answers.document()
            except OSError as error:
                return answers.failed(f"The PDF reader could not be started: {error.strerror or error}.")

    def _read_from(self, job: PdfJob, answers: PdfAnswers, first: int, careful: bool) -> Document:
        self._child = self._child or self._pool.start_child()
        request: dict[str, Any] = {
            "first": first,
            "one_by_one": careful,
            "page_seconds": self._pool.page_seconds,
            "passwords": job.passwords,
        }
        if job.recognise is not None:
            request["recognise"] = asdict(job.recognise)
        if job.content is None:
            request["path"] = os.fsencode(job.path).hex()
        else:
            request["bytes"] = len(job.content)
        for answer in self._child.ask(request, job.content):
            if "pages" in answer:
                answers.add_pages(answer["pages"])
                self._pool.tell(job, answers.received, answers.pages)
            elif "opened" in answer:
                opened = answer["opened"]
                if answers.identity and answers.identity["sha256"] != opened["sha256"]:
                    # What this reader still has to say is about another file than the pages already here.
                    self.end()
                    return answers.failed(_SENTENCES["changed"])
                answers.identity, answers.pages = opened, opened["pages"]
            elif "closed" in answer:
                answers.repaired = answer["closed"]["repaired"]
                answers.ends_early = answer["closed"]["ends_early"]
            else:
                return self._failure(job, answers, answer)
        return answers.document()

    def _failure(self, job: PdfJob, answers: PdfAnswers, answer: dict[str, Any]) -> Document:
        answers.identity = answer.get("stored", answers.identity)
        kind = answer["failed"]
        if kind == "password":
            piped = "piped_password" if job.content is not None and not Path(job.path).is_absolute() else kind
            return answers.failed(_SENTENCES["other_password" if job.passwords else piped], "password_needed")
        if kind == "no_pages":
            return answers.failed(_SENTENCES[kind], "zero_pages")
        if kind == "gone":
            return answers.failed(f"It cannot be read: {answer['detail']}.")
        return answers.failed(_SENTENCES[kind])

    def _reason(self, gone: ReaderGone) -> str:
        if gone.hung:
            return f"took longer than {self._pool.page_seconds:g} s"
        return "stopped the PDF reader (too much memory, or a damaged file)"
