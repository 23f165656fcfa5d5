"""Pages of PDFs for the window: drawn, measured and read for words by a child process, results by signal.

The one who shows pages says what it wants now, most wanted first; what it no longer names is dropped. A child that dies
or hangs costs one request and is started again for the next. Knows no documents, no scrolling and no marks.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal
from PySide6.QtGui import QImage

from app.services.passwords import Passwords
from ingest.document import Document
from ingest.files import base_name
from ingest.pdf_child import PdfChild, ReaderGone
from ingest.pdf_pages import Word

PAGE_SECONDS = 15.0
_UNWANTED_SECONDS = 1.0
_LOOK_EVERY_MS = 200


@dataclass(frozen=True, slots=True)
class PdfFile:
    """A file as it was when it was read: bytes, nanoseconds, hexadecimal hash."""

    path: str
    size: int
    mtime_ns: int
    sha256: str | None

    @classmethod
    def of(cls, document: Document) -> PdfFile:
        """The file that `document` came from."""
        return cls(document.path, document.size, document.mtime_ns, document.sha256)


@dataclass(frozen=True, slots=True)
class SizesWanted:
    """Sizes of `count` pages from page `first` (from 0)."""

    first: int
    count: int


@dataclass(frozen=True, slots=True)
class TileWanted:
    """The part `box` (left, top, right, bottom in pixels) of page `page` (from 0) drawn `width` pixels wide."""

    page: int
    width: int
    box: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class WordsWanted:
    """The words of page `page` (from 0)."""

    page: int


Want = SizesWanted | TileWanted | WordsWanted


@dataclass(frozen=True, slots=True)
class Sizes:
    """Pages in the file, and (width, height) in points of those asked for; (0, 0) where a page cannot be read."""

    pages: int
    sizes: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Tile:
    """A drawn part of a page. left, top: in pixels of the whole page."""

    image: QImage
    left: int
    top: int


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something did not come, as a sentence. whole: nothing of the file can be had."""

    sentence: str
    whole: bool


@dataclass(slots=True)
class _State:
    """What the two threads share, under `lock`."""

    lock: threading.Condition = field(default_factory=threading.Condition)
    file: PdfFile | None = None
    wants: list[Want] = field(default_factory=list)
    doing: tuple[PdfFile, Want] | None = None
    since: float = 0.0
    unwanted: bool = False
    ready: bool = False
    child: PdfChild | None = None
    closing: bool = False


class PageRenderer(QObject):
    """Answers wants, one after the other. `arrived`: PdfFile, Want, and Sizes, Tile, tuple[Word, ...] or Failure."""

    arrived = Signal(object, object, object)

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        page_seconds: float = PAGE_SECONDS,
        passwords: Passwords | None = None,
    ) -> None:
        """page_seconds: the longest one answer may take. passwords: what opens files that ask for one."""
        super().__init__(parent)
        self._passwords = passwords or Passwords()
        self._page_seconds = page_seconds
        self._state = _State()
        self._thread: threading.Thread | None = None
        self._watch = QTimer(self)
        self._watch.setInterval(_LOOK_EVERY_MS)
        self._watch.timeout.connect(self._look_after)

    def want(self, file: PdfFile, wants: Sequence[Want]) -> None:
        """From now on exactly this is wanted, most wanted first. An empty list cancels everything."""
        state = self._state
        with state.lock:
            if state.closing:
                return
            state.file = file
            state.wants = [want for want in wants if state.doing != (file, want)]
            state.unwanted = len(state.wants) == len(wants)
            if not wants:
                return
            state.lock.notify()
        self._start()
        self._watch.start()

    def warm_up(self) -> None:
        """Start the child process now, so that the first page comes sooner."""
        self._start()

    @property
    def child_pid(self) -> int | None:
        """The process that draws, None while there is none."""
        child = self._state.child
        return child.pid if child else None

    @property
    def busy_with(self) -> Want | None:
        """What is being answered at this moment."""
        doing = self._state.doing
        return doing[1] if doing else None

    def shut_down(self) -> None:
        """End the thread and the child process at once. Nothing arrives any more."""
        state = self._state
        with state.lock:
            state.closing = True
            if state.child:
                state.child.kill()
            state.lock.notify()
        self._watch.stop()
        if self._thread:
            self._thread.join()
            self._thread = None

    def _start(self) -> None:
        if self._thread is None and not self._state.closing:
            self._thread = threading.Thread(target=self._work, name="page-render", daemon=True)
            self._thread.start()

    def _look_after(self) -> None:
        """End a child that hangs, or that is long busy with what nobody wants while something else waits."""
        state = self._state
        with state.lock:
            if state.child and state.doing:
                state.child.end_if_overdue()
                waited = time.monotonic() - state.since > _UNWANTED_SECONDS
                # One that is still starting is no slower than the next one would be.
                if state.wants and state.unwanted and state.ready and waited:
                    state.child.kill()
            elif not state.wants:
                self._watch.stop()

    def _work(self) -> None:
        state = self._state
        try:
            with contextlib.suppress(OSError):
                # Whoever asks for the first page is told when this cannot be done.
                self._child()
            while True:
                with state.lock:
                    state.lock.wait_for(lambda: state.closing or bool(state.wants))
                    if state.closing:
                        return
                    assert state.file
                    file, want = state.file, state.wants.pop(0)
                    state.doing, state.since, state.unwanted = (file, want), time.monotonic(), False
                outcome = self._outcome(file, want)
                with state.lock:
                    state.doing = None
                    if state.closing:
                        return
                if outcome is None:
                    continue
                self.arrived.emit(file, want, outcome)
        finally:
            self._end_child()

    def _outcome(self, file: PdfFile, want: Want) -> Sizes | Tile | tuple[Word, ...] | Failure | None:
        """What came of a want; None when its child was ended because nobody wants it any more."""
        while True:
            used = self._state.child is not None
            try:
                return self._ask(file, want)
            except ReaderGone as gone:
                self._end_child()
                if self._state.closing or (self._state.unwanted and not gone.hung):
                    return None
                if gone.hung:
                    return _failure("hung", file, want, f"{self._page_seconds:g}")
                # Something outside may have ended a child that had been waiting; only a fresh one's death tells.
                if not used:
                    return _failure("died", file, want)
            except OSError as error:
                return _failure("not_started", file, want, error.strerror or str(error))

    def _ask(self, file: PdfFile, want: Want) -> Sizes | Tile | tuple[Word, ...] | Failure:
        child = self._child()
        if child is None:
            raise ReaderGone(hung=False)
        about = {"page_seconds": self._page_seconds, "passwords": self._passwords.of(file.path)}
        (answer,) = child.ask({**_request(file, want), **about}, None)
        self._state.ready = True
        if "failed" in answer:
            return _failure(answer["failed"], file, want, answer["detail"])
        closed = answer["closed"]
        if isinstance(want, SizesWanted):
            return Sizes(closed["pages"], tuple((width, height) for width, height in closed["sizes"]))
        if isinstance(want, WordsWanted):
            return tuple(Word(word, (a, b, c, d), block, line) for a, b, c, d, word, block, line in closed["words"])
        size = closed["width"], closed["height"], closed["stride"]
        # The copy owns its pixels; the bytes may go.
        image = QImage(answer["content"], *size, QImage.Format.Format_RGB888).copy()
        return Tile(image, closed["left"], closed["top"])

    def _child(self) -> PdfChild | None:
        state = self._state
        with state.lock:
            if state.child is None and not state.closing:
                state.child = PdfChild("ingest.pdf_pages")
            return state.child

    def _end_child(self) -> None:
        with self._state.lock:
            child, self._state.child, self._state.ready = self._state.child, None, False
        if child:
            child.kill()
            child.close()


def _request(file: PdfFile, want: Want) -> dict[str, Any]:
    about = {
        "path": os.fsencode(file.path).hex(),
        "size": file.size,
        "mtime_ns": file.mtime_ns,
        "sha256": file.sha256,
    }
    if isinstance(want, SizesWanted):
        return {**about, "want": "sizes", "first": want.first, "count": want.count}
    if isinstance(want, WordsWanted):
        return {**about, "want": "words", "page": want.page}
    return {**about, "want": "tile", "page": want.page, "width": want.width, "box": want.box}


def _failure(kind: str, file: PdfFile, want: Want, detail: str = "") -> Failure:
    def say(sentence: str) -> str:
        return QCoreApplication.translate("PageRenderer", sentence)

    name = base_name(file.path)
    page = f"{(want.first if isinstance(want, SizesWanted) else want.page) + 1:,}"
    whole = {
        "gone": say("{name} cannot be opened: {detail}."),
        "changed": say("{name} has changed since it was added. Add the file again."),
        "password": say("This PDF asks for its password again: add it once more to see its pages. Its text is kept."),
        "not_started": say("Pages cannot be drawn: {detail}."),
    }
    one = {
        "broken": say("Page {page} cannot be drawn: the file is damaged here."),
        "died": say("Page {page} ended the program that draws pages. It is started again for the next page."),
        "hung": say("Page {page} took longer than {detail} s to draw and was given up."),
    }
    sentence = whole.get(kind) or one[kind]
    return Failure(sentence.format(name=name, detail=detail, page=page), kind in whole)
