"""A log file, plain or packed, becomes a lazy document, with a sentence when it grew, is cut short or too long.

Knows no folders and no other kind of file.
"""

from __future__ import annotations

from collections.abc import Callable

from ingest.decode import Encoding, encoding_problem
from ingest.document import Document, Status
from ingest.inflate import Inflater
from ingest.log import LogIndex, Stream, index_log
from ingest.sizes import size_words
from ingest.source import Limits, Source


class ChangedMeanwhile(Exception):
    """The file is no longer what it was when reading began."""


def read_log(
    source: Source, encoding: Encoding, limits: Limits, *, packed: bool, on_bytes: Callable[[int], None]
) -> Document:
    """The log in `source` from its beginning. on_bytes: called with the bytes of content so far; may raise.

    Raises ChangedMeanwhile, OSError.
    """
    source.seek(0)
    if packed:
        return _packed(source, encoding, limits, on_bytes)
    if source.size > limits.log_bytes:
        return _document(source, None, "failed", _too_long(limits, "It is"))
    index = index_log(
        _Bounded(source, source.size), encoding, path=source.path if source.on_disk else None, on_bytes=on_bytes
    )
    now = source.size_now()
    if index.size < source.size or (now == source.size and source.changed()):
        raise ChangedMeanwhile
    problem = encoding_problem(encoding, index.replaced)
    if now > source.size:
        grew = f"It grew while it was read; the first {size_words(source.size)} were taken."
        problem = f"{grew} {problem}" if problem else grew
    return _document(source, index, "ok", problem)


def _packed(source: Source, encoding: Encoding, limits: Limits, on_bytes: Callable[[int], None]) -> Document:
    stream = _Unpacked(source)
    over = limits.log_bytes + 1
    index = index_log(
        _Bounded(stream, over),
        encoding,
        path=source.path if source.on_disk else None,
        packed=True,
        on_bytes=on_bytes,
    )
    if index.size >= over:
        return _document(source, None, "failed", _too_long(limits, "Unpacked it is"))
    while source.read(1 << 20):
        pass
    if source.changed():
        raise ChangedMeanwhile
    problem = encoding_problem(encoding, index.replaced)
    if stream.broken is None:
        return _document(source, index, "ok", problem)
    last = index.sections[-1].span.lines if index.sections else None
    upto = f"the text up to line {last[1]:,} was unpacked" if last else "nothing in it could be unpacked"
    damage = f"The compressed file is {stream.broken}: {upto}."
    return _document(source, index, "repaired" if last else "failed", f"{damage} {problem}" if problem else damage)


def _too_long(limits: Limits, it_is: str) -> str:
    return f"{it_is} longer than {size_words(limits.log_bytes)}. Cut out the part you need, and add that."


def _document(source: Source, index: LogIndex | None, status: Status, problem: str | None) -> Document:
    sections = index.sections if index else ()
    if status == "ok" and not sections:
        status, problem = "empty", "The file holds nothing but white space."
    return Document(
        source.path,
        "log",
        status,
        problem,
        sections,
        size=source.size,
        mtime_ns=source.mtime_ns,
        sha256=source.sha256() if index else None,
    )


class _Bounded:
    """At most so many bytes of a stream."""

    def __init__(self, stream: Stream, size: int) -> None:
        self._stream = stream
        self._left = size

    def read(self, size: int) -> bytes:
        data = self._stream.read(min(size, self._left))
        self._left -= len(data)
        return data


class _Unpacked:
    """The content of a gzip source."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._inflater = Inflater()

    def read(self, size: int) -> bytes:
        return self._inflater.read(self._source, size)

    @property
    def broken(self) -> str | None:
        return self._inflater.broken
