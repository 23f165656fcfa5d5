"""What one thread of the pool does with a stretch of a PDF's pages: asks its child process, and replaces it when gone.

A page that ends its reader twice is left out, and reading goes on behind it. Knows no queue of jobs.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from ingest.document import Document
from ingest.pdf_child import PdfChild, ReaderGone
from ingest.pdf_document import PdfAnswers, details_from
from ingest.pdf_task import PdfJob, PdfTask, Stretch
from ingest.reader_limits import ReaderLimits

FIRST_READER = "ingest.pdf"
SECOND_READER = "ingest.pdfium"

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


@dataclass(slots=True)
class _Position:
    """The page that comes next, and whether the reader that was asked last could open the file."""

    page: int
    opened: bool = False


class Readers(Protocol):
    """Where a worker gets its child processes, and whom it tells."""

    def start_child(self, module: str) -> PdfChild:
        """A fresh reader."""
        ...

    def end_child(self, child: PdfChild) -> None:
        """Forget a reader and wait for its end."""
        ...

    def change(self, task: PdfTask, work: Callable[[], None]) -> None:
        """Do `work` on a task that other threads see, and pass on how far it is."""
        ...


class PdfWorker:
    """Reads stretches through a child that it replaces when it is gone. Used by one thread."""

    def __init__(self, readers: Readers, limits: ReaderLimits) -> None:
        self._readers = readers
        self._limits = limits
        self._children: dict[str, PdfChild] = {}

    @property
    def warm(self) -> bool:
        """Whether a reader is running."""
        return FIRST_READER in self._children

    def end(self, module: str | None = None) -> None:
        """Let the child, or all children, go."""
        for name in [module] if module else list(self._children):
            child = self._children.pop(name, None)
            if child:
                self._readers.end_child(child)

    def forget(self) -> None:
        """Let the reader close the file that it keeps open."""
        child = self._children.get(FIRST_READER)
        if child and not child.tell({"forget": True}):
            self.end(FIRST_READER)

    def read(self, task: PdfTask, stretch: Stretch) -> None:
        """Read these pages, however many readers it takes; what came of them is in the task."""
        at = _Position(stretch.first)
        careful = stretch.careful
        while task.over is None and not task.rest_lost:
            at.opened = False
            try:
                self._ask(task, Stretch(at.page, stretch.last, careful), at)
                return
            except ReaderGone as gone:
                self.end(FIRST_READER)
                pages = task.answers.pages
                if pages and at.page >= (pages if stretch.last is None else min(stretch.last, pages)):
                    # All pages came; only the details are lost.
                    task.detailed = True
                    return
                if not careful:
                    # A batch may have been lost with the reader, or something outside ended it: again, page by page.
                    careful = True
                elif not pages:
                    self._fail(task, f"It cannot be opened as a PDF: opening it {self._reason(gone)}.")
                elif not at.opened:
                    self._readers.change(task, task.give_up)
                else:
                    self._readers.change(task, partial(task.lose, at.page, self._reason(gone)))
                    at.page += 1
            except OSError as error:
                self._fail(task, f"The PDF reader could not be started: {error.strerror or error}.", hopeless=True)

    def details(self, task: PdfTask) -> None:
        """Read what the file holds beside its text; without it when that is damaged or takes too long."""
        pages = task.answers.pages
        if not pages or task.detailed or task.over is not None or task.rest_lost:
            return
        try:
            self._ask(task, Stretch(pages, pages), _Position(pages))
        except ReaderGone:
            self.end(FIRST_READER)
        except OSError:
            return

    def outcome(self, task: PdfTask) -> Document:
        """The document, by the second reader where the first found no page or nothing to read."""
        document = task.over or task.answers.document()
        if document.status not in ("failed", "zero_pages") or task.hopeless:
            return document
        again = PdfAnswers(task.job.path, view=task.job.view, second=True)
        request = {**self._request(task.job), "first": 0, "one_by_one": True}
        try:
            for answer in self._child(SECOND_READER).ask(request, task.job.content):
                if "pages" in answer:
                    again.add_pages(answer["pages"])
                elif "opened" in answer:
                    again.identity, again.pages = answer["opened"], answer["opened"]["pages"]
        except ReaderGone:
            self.end(SECOND_READER)
        except OSError:
            return document
        return again.document() if again.sections_so_far() else document

    def _child(self, module: str = FIRST_READER) -> PdfChild:
        if module not in self._children:
            self._children[module] = self._readers.start_child(module)
        return self._children[module]

    def _request(self, job: PdfJob) -> dict[str, Any]:
        request: dict[str, Any] = {
            "page_seconds": self._limits.page_seconds,
            "memory": self._limits.memory,
            "passwords": job.passwords,
            "tables": job.view.tables,
        }
        if job.recognise is not None:
            request["recognise"] = asdict(job.recognise)
        if job.content is None:
            request["path"] = os.fsencode(job.path).hex()
        else:
            request["bytes"] = len(job.content)
        return request

    def _ask(self, task: PdfTask, stretch: Stretch, at: _Position) -> None:
        pages = {"first": stretch.first, "last": stretch.last, "one_by_one": stretch.careful, "details": True}
        answers = task.answers
        for answer in self._child().ask({**self._request(task.job), **pages}, task.job.content):
            if task.over is not None:
                # Another reader found that nothing can come of it; what this one still has to say is for nobody.
                self.end(FIRST_READER)
                return
            if "pages" in answer:
                at.page = answer["pages"][-1][0] + 1
                self._readers.change(task, partial(task.add, answer["pages"]))
            elif "opened" in answer:
                opened = answer["opened"]
                if answers.identity and answers.identity["sha256"] != opened["sha256"]:
                    # What this reader still has to say is about another file than the pages already here.
                    self.end(FIRST_READER)
                    self._fail(task, _SENTENCES["changed"], hopeless=True)
                    return
                at.opened = True
                answers.identity = opened
                self._readers.change(task, partial(task.opened, opened["pages"]))
            elif "closed" in answer:
                closed = answer["closed"]
                answers.repaired = answers.repaired or closed["repaired"]
                answers.ends_early = closed["ends_early"]
                if "details" in closed:
                    task.detailed = True
                    answers.details = details_from(closed["details"])
            elif "failed" in answer:
                self._failed(task, answer)

    def _failed(self, task: PdfTask, answer: dict[str, Any]) -> None:
        answers, job = task.answers, task.job
        answers.identity = answer.get("stored", answers.identity)
        kind = answer["failed"]
        if kind == "password":
            piped = "piped_password" if job.content is not None and not Path(job.path).is_absolute() else kind
            sentence = _SENTENCES["other_password" if job.passwords else piped]
            task.over = answers.failed(sentence, "password_needed")
        elif kind == "no_pages":
            task.over = answers.failed(_SENTENCES[kind], "zero_pages")
        elif kind == "gone":
            self._fail(task, f"It cannot be read: {answer['detail']}.", hopeless=True)
        else:
            self._fail(task, _SENTENCES[kind], hopeless=kind == "changed")

    def _fail(self, task: PdfTask, sentence: str, *, hopeless: bool = False) -> None:
        task.hopeless = hopeless
        task.over = task.answers.failed(sentence)

    def _reason(self, gone: ReaderGone) -> str:
        if gone.hung:
            return f"took longer than {self._limits.page_seconds:g} s"
        return "stopped the PDF reader (too much memory, or a damaged file)"
