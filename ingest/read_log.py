"""A log file, plain or packed, becomes a lazy document, with a sentence when it grew, is cut short or too long.

Knows no folders and no other kind of file.
"""

from __future__ import annotations

from collections.abc import Callable

from ingest.decode import Encoding, encoding_problem
from ingest.document import Document, Status
from ingest.inflate import Forward, Inflater
from ingest.log import LogIndex, Stream, index_log
from ingest.sizes import size_words
from ingest.source import Limits, Source
from ingest.unpack import Method


class ChangedMeanwhile(Exception):
    """The file is no longer what it was when reading began."""


def read_log(
    source: Source, encoding: Encoding, limits: Limits, *, packed: Method | None, on_bytes: Callable[[int], None]
) -> Document:
    """The log in `source` from its beginning. packed: how. on_bytes: called with the bytes of content so far.

    Raises what on_bytes does, ChangedMeanwhile, OSError.
    """
    source.seek(0)
    if packed:
        return _packed(source, encoding, limits, packed, on_bytes)
    if source.size > limits.log_bytes:
        return _document(source, None, "failed", _too_long(limits, "It is"))
    index = index_log(
        _Bounded(source, source.size), encoding, path=source.file(), packed=source.packing(), on_bytes=on_bytes
    )
    if source.short:
        return _broken(source, index, encoding, f"In the archive it is {source.short}")
    now = source.size_now()
    if index.size < source.size or (now == source.size and source.changed()):
        raise ChangedMeanwhile
    problem = encoding_problem(encoding, index.replaced)
    if now > source.size:
        grew = f"It grew while it was read; the first {size_words(source.size)} were taken."
        problem = f"{grew} {problem}" if problem else grew
    return _document(source, index, "ok", problem)


def _packed(
    source: Source, encoding: Encoding, limits: Limits, method: Method, on_bytes: Callable[[int], None]
) -> Document:
    unpacked = Inflater(method)
    stream = Forward(unpacked, source)
    over = limits.log_bytes + 1
    index = index_log(
        _Bounded(stream, over),
        encoding,
        path=source.file(),
        packed=source.packing(method),
        on_bytes=on_bytes,
    )
    if index.size >= over:
        return _document(source, None, "failed", _too_long(limits, "Unpacked it is"))
    if stream.bomb:
        return _document(source, None, "failed", bomb_problem(unpacked))
    while source.read(1 << 20):
        on_bytes(index.size)
    if source.changed():
        raise ChangedMeanwhile
    broken = stream.broken or source.short
    if broken:
        return _broken(source, index, encoding, f"The compressed file is {broken}")
    return _document(source, index, "ok", encoding_problem(encoding, index.replaced))


def bomb_problem(unpacked: Inflater) -> str:
    """The sentence about a file that unpacks to far too much."""
    return f"The compressed file is {unpacked.broken}. Unpack it yourself, and add the part you need."


def _broken(source: Source, index: LogIndex, encoding: Encoding, damage: str) -> Document:
    """What there is of a log that is not all there."""
    problem = encoding_problem(encoding, index.replaced)
    last = index.sections[-1].span.lines if index.sections else None
    upto = f"the text up to line {last[1]:,} was unpacked" if last else "nothing in it could be unpacked"
    damage = f"{damage}: {upto}."
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
        archive=source.archive,
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
