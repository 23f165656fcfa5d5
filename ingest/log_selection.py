"""A log becomes sections that hold only what a view lets through, and a sentence with what was left out.

Knows no folders; what may pass is `ingest.log_filter`'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ingest.decode import Encoding
from ingest.files import RegularFile
from ingest.log import LogIndex, Stream
from ingest.log_excerpt import Collector
from ingest.log_filter import LogFilter, Passing, stretches_around, words_of_view
from ingest.log_folding import folded_index
from ingest.log_formats import pick_format
from ingest.log_records import Batch, batches, plain_text
from ingest.log_store import content_between
from ingest.unpack import Packing
from ingest.view import LogView

SAMPLE_BYTES = 65_536


class Content:
    """A log's content from its beginning, whose format is found out by its first bytes."""

    def __init__(self, stream: Stream, encoding: Encoding) -> None:
        self._stream = stream
        self._head = stream.read(SAMPLE_BYTES)
        sample = plain_text(self._head[encoding.mark :], encoding)
        # A line that is cut fits nothing.
        self.format = pick_format(sample[: sample.rfind("\n") + 1] or sample)

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; fewer only at the end."""
        if not self._head:
            return self._stream.read(size)
        data, self._head = self._head[:size], self._head[size:]
        return data if len(data) == size or self._head else data + self._stream.read(size - len(data))


class StoredContent:
    """A log's content, read from its file once more."""

    def __init__(self, file: RegularFile, packed: Packing | None) -> None:
        self._file, self._layers = file, packed.layers if packed else ()
        self._at = 0

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; fewer only at the end."""
        data = content_between(self._file, self._layers, self._at, self._at + size)
        self._at += len(data)
        return data


def select(
    stream: Stream,
    encoding: Encoding,
    view: LogView,
    *,
    again: Callable[[], Stream],
    mtime_ns: int,
    path: str | None,
    packed: Packing | None,
    on_bytes: Callable[[int], None] | None = None,
) -> LogIndex:
    """The records of `stream` that `view` lets through, folded if it says so; the size is that of the whole log.

    again: the same content from its beginning, for `view.around` and `view.unfold`.

    path, packed, on_bytes: as for `index_log`. mtime_ns: when the file was last changed. Raises OSError, IngestError.
    """
    content = Content(stream, encoding)
    log_format = content.format
    near: list[tuple[int, int]] | None = None

    def records(of: Stream) -> Iterator[Batch]:
        return batches(of, log_format, encoding, mtime_ns=mtime_ns, on_bytes=on_bytes)

    first: Stream = content
    if view.around:
        # Also refuses what cannot be before the log is read.
        with LogFilter(view, log_format):
            near = stretches_around(view, records(content))
        first = again()
    if view.fold:
        return folded_index(
            records,
            lambda: LogFilter(view, log_format, near=near),
            lambda: Collector(path, packed, encoding),
            encoding,
            first=first,
            again=again,
            unfold=view.unfold,
            left_out=(lambda seen, passed: note_of(view, seen, passed)) if view.filters else None,
        )
    collector = Collector(path, packed, encoding)
    size, last_line = encoding.mark, 0
    with LogFilter(view, log_format, near=near) as log_filter:
        for passing in log_filter.passing(records(first)):
            batch = passing.batch
            size = batch.end
            last_line = batch.line + batch.data.count(b"\n") - batch.data.endswith(b"\n")
            collect(passing, collector)
        seen, passed = log_filter.seen, log_filter.passed
    return LogIndex(
        collector.sections(), size, collector.replaced, last_line or None, note_of(view, seen, passed) if seen else None
    )


def collect(passing: Passing, collector: Collector) -> None:
    """Add the bytes of what passed to `collector`; records that follow one another as one piece."""
    batch = passing.batch
    if passing.lead:
        collector.add(batch.offset, batch.line, batch.data[: batch.lead])
    ends = batch.ends()
    indexes = passing.indexes
    position = 0
    while position < len(indexes):
        first = last = indexes[position]
        while position + 1 < len(indexes) and indexes[position + 1] == last + 1:
            position += 1
            last += 1
        position += 1
        start = batch.starts[first]
        collector.add(start, batch.lines[first], batch.data[start - batch.offset : ends[last] - batch.offset])


def note_of(view: LogView, records: int, passed: int) -> str:
    """The sentence about what was left out."""
    noun = "record" if records == 1 else "records"
    if not passed:
        return f"None of {records:,} {noun} fits ({words_of_view(view)}). Widen the filter, or take it away."
    return f"{passed:,} of {records:,} {noun}: {words_of_view(view)}."
