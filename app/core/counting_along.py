"""Counts documents in a thread of its own while others are still being read, exactly as they will be encoded together.

Knows no files and no command line: documents come in, in the order of the prompt; counts go out in the same order.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from app.core.assemble import count_marked
from app.core.count_cache import CountCache
from app.core.marks import MarkStyle
from app.core.models import mark_style
from app.core.workspace import Workspace
from engine.backends.base import Backend
from engine.errors import Cancelled
from ingest.document import Document

_MOST_DOCUMENTS = 64
_ENOUGH_CHARACTERS = 1 << 20

Counted = Callable[[Document, Sequence[int] | None], None]
"""Told of each document in order: tokens of its heading and of each section; None where there is nothing to count."""


class CountingAlong:
    """`put` documents as they come, then `finish`. Leaving the context stops what is still being counted."""

    def __init__(
        self,
        backend: Callable[[], AbstractContextManager[Backend | None]],
        roots: Sequence[Path],
        *,
        known: CountCache | None = None,
        counted: Counted | None = None,
    ) -> None:
        """backend: opens the vocabulary, in the thread that counts. roots: what names are relative to.

        counted: called from that thread.
        """
        self._open, self._roots, self._known, self._told = backend, roots, known, counted
        self._queue: queue.SimpleQueue[Document | None] = queue.SimpleQueue()
        self._stopping = False
        self._error: BaseException | None = None
        self.counts: dict[str, list[int]] = {}
        self.counted_by: str | None = None
        self._thread = threading.Thread(target=self._work, name="counting", daemon=True)
        self._thread.start()

    def __enter__(self) -> CountingAlong:
        """Itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Stop, and wait for the thread."""
        self._stopping = True
        self._queue.put(None)
        self._thread.join()

    def put(self, document: Document) -> None:
        """Count this one behind those before it."""
        self._queue.put(document)

    def finish(self) -> None:
        """Wait until all are counted; `counts` has tokens by path then. Raises what counting raised."""
        self._queue.put(None)
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        try:
            with self._open() as backend:
                style: MarkStyle = "header"
                if backend is not None:
                    style, self.counted_by = mark_style(backend.info), backend.counted_by
                workspace, number = Workspace(), 1
                for batch in self._batches():
                    before = len(workspace.entries)
                    workspace = workspace.add(batch, self._roots)
                    number = self._count(backend, style, workspace, before, number)
        except Cancelled:
            if not self._stopping:
                raise
        except BaseException as error:
            self._error = error

    def _count(self, backend: Backend | None, style: MarkStyle, workspace: Workspace, before: int, number: int) -> int:
        """Count the entries from `before` on, whose first mark has `number`; the number of the next."""
        entries = workspace.entries[before:]
        documents = [entry.for_prompt() for entry in entries if entry.document.sections]
        counts: Iterator[list[int]] = iter(())
        if backend is not None:
            counted, number = count_marked(
                backend, documents, style, stop=lambda: self._stopping, known=self._known, first_number=number
            )
            counts = iter(counted)
        for entry in entries:
            tokens = next(counts, None) if entry.document.sections else None
            if tokens is not None:
                self.counts[entry.document.path] = tokens
            if self._told is not None:
                self._told(entry.document, tokens)
        return number

    def _batches(self) -> Iterator[list[Document]]:
        """What has come, a few at a time: each batch is named against all that came before."""
        while not self._stopping:
            batch: list[Document] = []
            size = 0
            while len(batch) < _MOST_DOCUMENTS and size < _ENOUGH_CHARACTERS:
                document = self._queue.get()
                if document is None:
                    if batch:
                        yield batch
                    return
                batch.append(document)
                size += document.size
            yield batch
