"""A log file, plain or packed, becomes a lazy document, with a sentence when it grew, is cut short or too long.

Knows no folders and no other kind of file.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

from ingest.decode import Encoding, encoding_problem
from ingest.document import Document, Status
from ingest.errors import IngestError, Stopped
from ingest.files import RegularFile
from ingest.inflate import Forward, Inflater
from ingest.log import LogIndex, Stream, index_log
from ingest.sizes import size_words
from ingest.source import Limits, Source
from ingest.unpack import Method
from ingest.view import AS_IT_STANDS, LogView, View

UNPACK_IT = "Unpack it yourself, and add the part you need."


class ChangedMeanwhile(Exception):
    """The file is no longer what it was when reading began."""


def read_log(
    source: Source,
    encoding: Encoding,
    limits: Limits,
    *,
    packed: Method | None,
    on_bytes: Callable[[int], None],
    view: View = AS_IT_STANDS,
) -> Document:
    """The log in `source` from its beginning. packed: how. on_bytes: called with the bytes of content so far.

    view: which records of it. Raises what on_bytes does, ChangedMeanwhile, OSError.
    """
    source.seek(0)
    try:
        document = (
            _packed(source, encoding, limits, view.log, packed, on_bytes)
            if packed
            else _plain(source, encoding, limits, view.log, on_bytes)
        )
    except Stopped:
        raise
    except IngestError as error:
        document = _document(source, None, "failed", str(error))
    return replace(document, view=view)


def _plain(
    source: Source, encoding: Encoding, limits: Limits, view: LogView, on_bytes: Callable[[int], None]
) -> Document:
    if source.size > limits.log_bytes:
        return _document(source, None, "failed", _too_long(limits, "It is"))
    index = _index(_Bounded(source, source.size), source, encoding, view, None, source.size, on_bytes)
    if source.bomb:
        return _document(source, None, "failed", f"{source.shortage}. {UNPACK_IT}")
    if source.shortage:
        return _broken(source, index, encoding, source.shortage)
    now = source.size_now()
    if index.size < source.size or (now == source.size and source.changed()):
        raise ChangedMeanwhile
    grew = f"It grew while it was read; the first {size_words(source.size)} were taken." if now > source.size else None
    return _document(source, index, "ok", _said(grew, index, encoding))


def _index(
    stream: Stream,
    source: Source,
    encoding: Encoding,
    view: LogView,
    method: Method | None,
    most: int,
    on_bytes: Callable[[int], None],
) -> LogIndex:
    """The sections of `stream`, the content of `source`. most: bytes of content that may be read."""
    path, packing = source.file(), source.packing(method)
    if not view.filters and not view.fold:
        return index_log(stream, encoding, path=path, packed=packing, on_bytes=on_bytes)
    # Slow to import, and needed only for a view.
    from ingest.log_selection import StoredContent, select

    with ExitStack() as closing:

        def again() -> Stream:
            if path is not None:
                return _Bounded(StoredContent(closing.enter_context(RegularFile(path)), packing), most)
            source.seek(0)
            return _Bounded(Forward(Inflater(method), source) if method else source, most)

        return select(
            stream,
            encoding,
            view,
            again=again,
            mtime_ns=source.mtime_ns,
            path=path,
            packed=packing,
            on_bytes=on_bytes,
        )


def _packed(
    source: Source,
    encoding: Encoding,
    limits: Limits,
    view: LogView,
    method: Method,
    on_bytes: Callable[[int], None],
) -> Document:
    stream = Forward(Inflater(method), source)
    over = limits.log_bytes + 1
    index = _index(_Bounded(stream, over), source, encoding, view, method, over, on_bytes)
    if index.size >= over:
        return _document(source, None, "failed", _too_long(limits, "Unpacked it is"))
    if stream.bomb or source.bomb:
        return _document(source, None, "failed", bomb_problem(stream.broken or source.short))
    while source.read(1 << 20):
        on_bytes(index.size)
    if source.changed():
        raise ChangedMeanwhile
    broken = stream.broken or source.short
    if broken:
        return _broken(source, index, encoding, f"The compressed file is {broken}")
    return _document(source, index, "ok", _said(None, index, encoding))


def _said(first: str | None, index: LogIndex, encoding: Encoding) -> str | None:
    """The sentences about a log that was read."""
    return " ".join(s for s in (index.note, first, encoding_problem(encoding, index.replaced)) if s) or None


def bomb_problem(reason: str | None) -> str:
    """The sentence about a compressed file that unpacks to far too much."""
    return f"The compressed file is {reason}. {UNPACK_IT}"


def _broken(source: Source, index: LogIndex, encoding: Encoding, damage: str) -> Document:
    """What there is of a log that is not all there."""
    last = index.last_line
    upto = f"the text up to line {last:,} was unpacked" if last else "nothing in it could be unpacked"
    return _document(source, index, "repaired" if last else "failed", _said(f"{damage}: {upto}.", index, encoding))


def _too_long(limits: Limits, it_is: str) -> str:
    return f"{it_is} longer than {size_words(limits.log_bytes)}. Cut out the part you need, and add that."


def _document(source: Source, index: LogIndex | None, status: Status, problem: str | None) -> Document:
    sections = index.sections if index else ()
    if status == "ok" and not sections:
        status, problem = "empty", problem if index and index.note else "The file holds nothing but white space."
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
