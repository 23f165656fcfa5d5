"""The way in: files, folders and standard input become documents, skips and problems, in a stable order.

Whatever is wrong with one file is a value in the result; the rest goes on. Knows no tokens and no prompts.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from ingest.archive_form import is_program
from ingest.document import Document, Ingested, Progress, Section, Skipped
from ingest.errors import Stopped
from ingest.known import Known
from ingest.masking import masked, with_secrets
from ingest.office import OFFICE_SECONDS, IsOffice, OfficeReader
from ingest.read_file import IsArchive, IsPdf, Outcome, read_bytes, read_file
from ingest.reader_limits import LARGEST_MEMORY, PAGE_SECONDS
from ingest.recognition import Recognition
from ingest.rotation import in_order
from ingest.source import Limits
from ingest.summaries import VENDORED_NAME, left_to_one_line, reason_for, vendored
from ingest.tree import Found, walk
from ingest.view import AS_IT_STANDS, View
from ingest.whole_text import Holding

if TYPE_CHECKING:
    # Slow to import, and needed only where there is such a file.
    from ingest.archive import Member
    from ingest.pool import PdfDone, PdfPool, PdfProgress

STDIN = "<stdin>"
MAX_FILE_BYTES = 256_000_000
MAX_LOG_BYTES = 4_000_000_000
MOST_WAITING_BYTES = 64_000_000

_SECONDS_BETWEEN_REPORTS = 0.05
_SECONDS_TO_WAIT = 0.05
FirstPages = Callable[[str, tuple[Section, ...]], None]

_NO_VIEWS: Mapping[str, View] = MappingProxyType({})
_NONE_KNOWN: Mapping[str, str] = MappingProxyType({})


def open_paths(
    paths: Sequence[str | os.PathLike[str]],
    *,
    stdin: bytes | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
    max_file_bytes: int = MAX_FILE_BYTES,
    max_log_bytes: int = MAX_LOG_BYTES,
    page_seconds: float = PAGE_SECONDS,
    passwords: Sequence[str] = (),
    known_passwords: Mapping[str, str] = _NONE_KNOWN,
    recognise: Recognition | None = None,
    view: View = AS_IT_STANDS,
    views: Mapping[str, View] = _NO_VIEWS,
    known: Known | None = None,
    on_document: Callable[[Document], None] | None = None,
    judge: Callable[[Document], Document | Skipped] | None = None,
    leave_out: Sequence[str] = (),
    reader_memory: int = LARGEST_MEMORY,
    on_first_pages: FirstPages | None = None,
) -> Ingested:
    """Read everything at or below `paths`, then `stdin` (under the path "<stdin>").

    Documents come in the order of `paths`, within a folder by path; each real file comes once, where it is named
    first. A set of rotated logs stands together, the oldest first. An archive's members come in its place, each under
    the archive's path and behind that its own name; such a path may be one of `paths` too, and so may one that
    `ingest.git_diff.diff_path` gives. Paths in the result are absolute. on_progress: called from this thread, some
    twenty times a second. stop: asked often; when it answers true, Stopped is raised. max_file_bytes: the largest file
    that is read whole; larger ones are skipped. max_log_bytes: the longest log, unpacked, and as much as an archive may
    unpack to; logs stay on disk. page_seconds: the longest one PDF page may take. passwords: tried in this order, a
    user's or an owner's, on each PDF that asks for one.
    known_passwords: by absolute path, tried first and only on that file. Neither is in the result. recognise: how to
    read pages of PDFs that are pictures without text; None: not at all. view: how to read what can be read in more than
    one way; views: by absolute path, in its stead. known: what was read before; it is asked before a file is read, and
    told what was read. on_document: called from this thread with each document in the order of the result, as soon as
    all before it are there. judge: called from this thread with each document that was read; what it answers is what
    the result holds. leave_out: patterns as in a `.gitignore`, for what lies below each of `paths`, or absolute paths.
    reader_memory: the most that a process may take that reads a PDF, in bytes. on_first_pages: called from this thread
    with a PDF's path and its first pages, as they stand, as soon as they were read; not where secrets are to be masked
    or a judge decides. Raises Stopped, BadPattern, nothing else that the world can cause.
    """

    def passwords_of(path: str) -> tuple[str, ...]:
        known = known_passwords.get(path)
        return tuple(passwords) if known is None else (known, *passwords)

    limits = Limits(max_file_bytes, max_log_bytes)

    def view_of(path: str) -> View:
        return views.get(path, view)

    with _Reading(on_progress, stop, limits, page_seconds, passwords_of, recognise, view_of) as reading:
        reading.known, reading.on_document, reading.judge = known, on_document, judge
        reading.leave_out = leave_out
        reading.reader_memory, reading.on_first_pages = reader_memory, on_first_pages
        return reading.everything([os.fspath(path) for path in paths], stdin)


@dataclass(slots=True)
class _Members:
    """What came of an archive: the numbers of its members' outcomes by path, and what was skipped beside them."""

    numbers: dict[str, int] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    complete: bool = False


class _Reading:
    """One call of open_paths."""

    def __init__(
        self,
        on_progress: Callable[[Progress], None] | None,
        stop: Callable[[], bool] | None,
        limits: Limits,
        page_seconds: float,
        passwords_of: Callable[[str], tuple[str, ...]],
        recognise: Recognition | None,
        view_of: Callable[[str], View],
    ) -> None:
        self._on_progress = on_progress
        self._stop = stop
        self._limits = limits
        self._page_seconds = page_seconds
        self._passwords_of = passwords_of
        self._recognise = recognise
        self._view_of = view_of
        self.known: Known | None = None
        self.on_document: Callable[[Document], None] | None = None
        self.leave_out: Sequence[str] = ()
        self._roots: list[str] = []
        self.judge: Callable[[Document], Document | Skipped] | None = None
        self.reader_memory = LARGEST_MEMORY
        self.on_first_pages: FirstPages | None = None
        self._told = 0
        self._holding = Holding()
        self._named = 0
        self._closing = ExitStack()
        self._pool: PdfPool | None = None
        self._office = OfficeReader(seconds=max(page_seconds, OFFICE_SECONDS))
        self._closing.callback(self._office.close)
        self._outcomes: list[Document | Skipped | None] = []
        self._sizes: list[int] = []
        self._pdfs = 0
        self._members: dict[int, _Members] = {}
        self._waiting: dict[int, Member] = {}
        self._files_done = 0
        self._bytes_done = 0
        self._reported = 0.0

    def __enter__(self) -> _Reading:
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.close()

    def everything(self, paths: list[str], stdin: bytes | None) -> Ingested:
        """The whole result."""
        began = time.perf_counter()
        self._roots = [f"{Path(path).absolute()}{os.sep}" for path in paths]
        walked = walk(paths, check=self._check, leave_out=self.leave_out)
        found_after = time.perf_counter() - began
        self._sizes = [found.size for found in walked.files] + ([len(stdin)] if stdin is not None else [])
        self._named = len(self._sizes)
        self._outcomes = [None] * self._named
        for number, found in enumerate(walked.files):
            self._file(number, found)
        if stdin is not None:
            number = len(walked.files)
            view = self._view_of(STDIN)
            outcome = read_bytes(STDIN, stdin, self._limits, lambda done: self._report(STDIN, done), view)
            self._settle(number, STDIN, outcome)
        read_after = time.perf_counter() - began
        self._wait_for_pdfs()
        seconds = {"find": found_after, "read": read_after - found_after}
        if self._pool:
            seconds["wait_for_pdf"] = time.perf_counter() - began - read_after
        outcomes = [outcome for number in range(self._named) for outcome in self._came_of(number) or ()]
        documents = tuple(outcome for outcome in outcomes if isinstance(outcome, Document))
        skipped = [outcome for outcome in outcomes if isinstance(outcome, Skipped)]
        total = {"total": time.perf_counter() - began, **seconds}
        return Ingested(documents, (*walked.skipped, *skipped), total, tuple(walked.repositories))

    def _file(self, number: int, found: Found) -> None:
        self._report(found.path, 0)
        if found.difference:
            from ingest.git_diff import read_difference

            self._done(number, read_difference(found.path, check=self._check), fresh=False)
            return
        view = self._view_of(found.path)
        known = self.known.find(found.path, view, self._recognise) if self.known and not found.inside else None
        if known is not None:
            self._done(number, known, fresh=False)
            return
        outcome = read_file(found.path, self._limits, lambda done: self._report(found.path, done), view)
        if found.inside and not isinstance(outcome, IsArchive):
            outcome = Skipped(found.inside[0], "there is no such file or folder")
        if isinstance(outcome, IsArchive) and is_program(found.path) and f"{found.path}{os.sep}" not in self._roots:
            outcome = Skipped(found.path, "a packed program; add it by itself to read what is in it")
        self._settle(number, found.path, outcome, wanted=found.inside)
        while self._pool and (news := self._pool.next_news(0)):
            self._take(news)

    def _settle(self, number: int, path: str, outcome: Outcome, *, wanted: tuple[str, ...] = ()) -> None:
        if isinstance(outcome, IsArchive):
            self._archive(number, outcome, wanted)
            return
        if isinstance(outcome, IsOffice):
            outcome = self._office.read(outcome, lambda: self._report(path, 0), self._view_of(path))
        if not isinstance(outcome, IsPdf):
            self._done(number, outcome)
            return
        from ingest.pool import PdfJob, PdfPool

        if self._pool is None:
            self._pool = self._closing.enter_context(
                PdfPool(page_seconds=self._page_seconds, memory=self.reader_memory)
            )
        self._pdfs += 1
        passwords, view = self._passwords_of(path), self._view_of(path)
        self._pool.submit(PdfJob(number, path, outcome.content, passwords, self._recognise, view))

    def _archive(self, number: int, archive: IsArchive, wanted: tuple[str, ...]) -> None:
        """Read an archive; each member gets a number of its own behind those of the files."""
        found = self._members[number] = _Members()
        from ingest.archive import read_archive

        for member in read_archive(archive, self._limits, view_of=self._view_of, on_bytes=self._report, wanted=wanted):
            if isinstance(member, Skipped):
                found.skipped.append(member)
                continue
            own = len(self._outcomes)
            found.numbers[member.path] = own
            self._outcomes.append(None)
            self._sizes.append(0)
            if not isinstance(member.outcome, Document | Skipped):
                # It waits for its reader in memory.
                self._waiting[own] = member
            self._settle(own, member.path, member.outcome)
            while sum(waiting.size for waiting in self._waiting.values()) > MOST_WAITING_BYTES:
                self._next_pdf()
        for path in wanted:
            if not any(own == path or own.startswith(f"{path}/") for own in found.numbers):
                found.skipped.append(Skipped(path, "there is no such file in the archive"))
        found.complete = True
        self._tell_documents()
        self._files_done += 1
        self._bytes_done += self._sizes[number]

    def _wait_for_pdfs(self) -> None:
        while self._pool and self._pdfs:
            self._next_pdf()
        self._report("", 0, now=True)

    def _next_pdf(self) -> None:
        assert self._pool
        self._check()
        news = self._pool.next_news(_SECONDS_TO_WAIT)
        if news is not None and (going_on := self._take(news)):
            done = self._sizes[going_on.number] * going_on.done // max(1, going_on.pages)
            self._report(going_on.path, done, page=going_on.done, pages=going_on.pages)

    def _take(self, news: PdfProgress | PdfDone) -> PdfProgress | None:
        """Note what came of a PDF; how far it is when it goes on."""
        from ingest.pool import PdfDone

        if isinstance(news, PdfDone):
            self._pdf_done(news)
            return None
        self._show_first_pages(news)
        return news

    def _show_first_pages(self, news: PdfProgress) -> None:
        if news.first and self.on_first_pages and self.judge is None and not self._view_of(news.path).mask:
            self.on_first_pages(news.path, news.first)

    def _pdf_done(self, news: PdfDone) -> None:
        self._pdfs -= 1
        self._done(news.number, news.document)

    def _done(self, number: int, outcome: Document | Skipped, *, fresh: bool = True) -> None:
        member = self._waiting.pop(number, None)
        if member and isinstance(outcome, Document):
            outcome = replace(outcome, archive=member.archive, mtime_ns=member.mtime_ns)
        if fresh and isinstance(outcome, Document):
            outcome = self._holding.take(self._looked_through(outcome))
        # What a password opened is not to lie about without it.
        if self.known and fresh and isinstance(outcome, Document) and not self._passwords_of(outcome.path):
            self.known.keep(outcome, self._view_of(outcome.path), self._recognise)
        if self.judge is not None and isinstance(outcome, Document):
            outcome = self.judge(outcome)
        self._outcomes[number] = outcome
        self._tell_documents()
        self._files_done += 1
        self._bytes_done += self._sizes[number]

    def _tell_documents(self) -> None:
        """Pass on the documents before which nothing is missing any more."""
        while self._told < self._named and (outcomes := self._came_of(self._told)) is not None:
            self._told += 1
            for outcome in outcomes if self.on_document is not None else ():
                if isinstance(outcome, Document) and self.on_document is not None:
                    self.on_document(outcome)

    def _came_of(self, number: int) -> list[Document | Skipped] | None:
        """What came of a file, of an archive's members by path; None while something is missing."""
        members = self._members.get(number)
        if members is None:
            outcome = self._outcomes[number]
            return None if outcome is None else [outcome]
        if not members.complete:
            return None
        ordered = [members.numbers[path] for path in in_order(list(members.numbers))]
        came = [outcome for own in ordered if (outcome := self._outcomes[own]) is not None]
        return None if len(came) < len(ordered) else [*came, *members.skipped]

    def _looked_through(self, document: Document) -> Document:
        """Left to one line where nobody reads it, then with its secrets found, or hidden.

        In what the view made of it, whichever reader it comes from.
        """
        view = self._view_of(document.path)
        reason = self._vendored(document) or reason_for(document) if view.detail == "auto" else None
        if reason and document.sections:
            document = left_to_one_line(document, reason)
        return masked(document) if view.mask else with_secrets(document)

    def _vendored(self, document: Document) -> str | None:
        """Which folder of others' work the file lies in, below what was named: who names that folder wants it."""
        if not VENDORED_NAME.search(document.path):
            return None
        root = max((r for r in self._roots if document.path.startswith(r)), key=len, default="")
        folder = vendored(document.path[len(root) :].replace(os.sep, "/")) if root else None
        return f"{folder}, others' work" if folder else None

    def _report(self, path: str, done: int, *, now: bool = False, page: int = 0, pages: int = 0) -> None:
        """Tell how far things are, with `done` bytes of the file at `path`, unless that was told just now."""
        self._check()
        if self._on_progress is None:
            return
        moment = time.monotonic()
        if now or moment - self._reported >= _SECONDS_BETWEEN_REPORTS:
            self._reported = moment
            files = self._files_done, len(self._sizes)
            self._on_progress(Progress(*files, self._bytes_done + done, path, page, pages))

    def _check(self) -> None:
        if self._stop is not None and self._stop():
            raise Stopped("Reading was stopped; nothing was added.")
