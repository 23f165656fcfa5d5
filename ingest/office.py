"""Office files, e-books, mail and notebooks become documents, read one by one in a child process that is kept warm.

A file that crashes the child, takes too long or too much memory costs one sentence. Knows no folders, and nothing of
how the files are built.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from ingest.document import Details, Document, Kind, Section, Skipped, Span, Status
from ingest.office_kind import OfficeForm
from ingest.pdf_child import PdfChild, ReaderGone
from ingest.view import AS_IT_STANDS, View
from ingest.viewing import viewed

KIND_OF: dict[OfficeForm, Kind] = {
    "docx": "document",
    "pptx": "slides",
    "xlsx": "sheet",
    "epub": "document",
    "mail": "mail",
    "mbox": "mail",
    "notebook": "code",
}
OFFICE_SECONDS = 60.0

_CALLED: dict[OfficeForm, str] = {
    "docx": "a Word document",
    "pptx": "a presentation",
    "xlsx": "a workbook",
    "epub": "an e-book",
    "mail": "a message",
    "mbox": "a mailbox",
    "notebook": "a notebook",
}
_SECONDS_TO_WAIT = 0.05


@dataclass(frozen=True, slots=True)
class IsOffice:
    """The source is to be read in another process. content: its bytes when it is no file (`path` then names it only).

    otherwise: what it is read as when it is not what it seemed.
    """

    path: str
    form: OfficeForm
    size: int
    name: str
    content: bytes | None = field(default=None, repr=False)
    otherwise: Document | None = None


class OfficeReader:
    """Starts its child with the first file. seconds: the longest a file may go without a sign of life."""

    def __init__(self, *, seconds: float = OFFICE_SECONDS) -> None:
        self._seconds = seconds
        self._child: PdfChild | None = None

    def read(
        self, job: IsOffice, on_wait: Callable[[], None] | None = None, view: View = AS_IT_STANDS
    ) -> Document | Skipped:
        """What is in the file. on_wait: called often meanwhile; when it raises, the child is ended."""
        answers = _Answers(job)
        was_warm = self._child is not None
        try:
            document = self._read(job, answers, on_wait)
            return document if document is job.otherwise else viewed(document, view)
        except ReaderGone as gone:
            if was_warm and not gone.hung and not answers.opened:
                # Something outside ended the child while it waited: once more in a fresh one.
                return self.read(job, on_wait, view)
            return job.otherwise or answers.failed(self._reason(job, gone))
        except OSError as error:
            return job.otherwise or answers.failed(f"The reader could not be started: {error.strerror or error}.")

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.kill()
            self._child.close()
            self._child = None

    def _read(self, job: IsOffice, answers: _Answers, on_wait: Callable[[], None] | None) -> Document:
        child = self._child = self._child or PdfChild("ingest.office_child")
        news: queue.SimpleQueue[dict[str, Any] | BaseException | None] = queue.SimpleQueue()

        def listen() -> None:
            try:
                for answer in child.ask(self._request(job), job.content):
                    news.put(answer)
                news.put(None)
            except BaseException as error:
                news.put(error)

        listener = threading.Thread(target=listen, name="office", daemon=True)
        listener.start()
        try:
            while (answer := self._next(news, child, on_wait)) is not None:
                answers.take(answer)
        except BaseException:
            child.kill()
            listener.join()
            self.close()
            raise
        listener.join()
        return answers.document()

    def _next(
        self,
        news: queue.SimpleQueue[dict[str, Any] | BaseException | None],
        child: PdfChild,
        on_wait: Callable[[], None] | None,
    ) -> dict[str, Any] | None:
        while True:
            try:
                answer = news.get(timeout=_SECONDS_TO_WAIT)
            except queue.Empty:
                child.end_if_overdue()
                if on_wait is not None:
                    on_wait()
                continue
            if isinstance(answer, BaseException):
                raise answer
            return answer

    def _request(self, job: IsOffice) -> dict[str, Any]:
        request: dict[str, Any] = {"form": job.form, "name": job.name, "page_seconds": self._seconds}
        if job.content is None:
            return {**request, "path": os.fsencode(job.path).hex()}
        return {**request, "bytes": len(job.content)}

    def _reason(self, job: IsOffice, gone: ReaderGone) -> str:
        if gone.hung:
            why = f"it took longer than {self._seconds:g} s"
        else:
            why = "it stopped the reader (too much memory, or a damaged file)"
        return f"It cannot be read as {_CALLED[job.form]}: {why}."


class _Answers:
    """What the child said about one file, and the document that comes of it."""

    def __init__(self, job: IsOffice) -> None:
        self._job = job
        self._sections: list[Section] = []
        self._details = Details()
        self._said: list[str] = []
        self._failure: str | None = None
        self._instead = False
        self.opened: dict[str, Any] = {}

    def take(self, answer: dict[str, Any]) -> None:
        """One answer."""
        if "parts" in answer:
            self._sections += [_section(*part) for part in answer["parts"]]
        elif "opened" in answer:
            self.opened = answer["opened"]
        elif "closed" in answer:
            self._said = answer["closed"]["said"]
            self._details = Details(attachments=tuple((name, size) for name, size in answer["closed"]["attachments"]))
        else:
            self._failure = self._sentence(answer["failed"], answer["detail"])

    def document(self) -> Document:
        """The outcome."""
        if self._instead and self._job.otherwise is not None:
            return self._job.otherwise
        if self._failure is not None:
            return self.failed(self._failure)
        problem = " ".join(self._said) or None
        if not self._sections:
            return self._make("empty", problem or f"There is no text in it; it is {_CALLED[self._job.form]}.")
        return replace(self._make("ok", problem), sections=tuple(self._sections), details=self._details)

    def failed(self, problem: str) -> Document:
        """A document without text."""
        return self._make("failed", problem)

    def _make(self, status: Status, problem: str | None) -> Document:
        return Document(
            self._job.path,
            KIND_OF[self._job.form],
            status,
            problem,
            size=self.opened.get("size", self._job.size),
            mtime_ns=self.opened.get("mtime_ns", 0),
            sha256=self.opened.get("sha256"),
        )

    def _sentence(self, kind: str, detail: str) -> str:
        called = _CALLED[self._job.form]
        self._instead = kind not in ("gone", "changed")
        match kind:
            case "unreadable":
                return detail
            case "gone":
                return f"It cannot be read: {detail}."
            case "changed":
                return "The file changed while it was being read. Add it again when it is complete."
            case "memory":
                return f"It cannot be read as {called}: that takes more than {detail} of memory. Save it in parts."
            case "slow":
                return f"It cannot be read as {called}: that takes longer than {detail} s. Save it in parts."
        return f"It cannot be read as {called}: it is damaged or cut short. Get a complete copy."


def _section(
    label: str, text: str, page: int | None, lines: list[int] | None, part: str, line_map: list[int]
) -> Section:
    span = Span(page=page, lines=(lines[0], lines[1]) if lines else None, part=part)
    return Section(label, span, text, line_map=tuple(line_map))
