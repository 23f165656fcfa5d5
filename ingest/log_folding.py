"""A log becomes its folded text, with the records behind it of the templates that were asked for.

Joins what passes a filter (`log_filter`) to folding (`log_fold`) and finding again (`log_unfold`). Knows no folders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from ingest.decode import Encoding
from ingest.document import Section
from ingest.log import LogIndex, Stream
from ingest.log_excerpt import Collector
from ingest.log_filter import LogFilter
from ingest.log_fold import Folded, Folder
from ingest.log_fold_text import counts_sentence, fold_sections
from ingest.log_records import Batch
from ingest.log_unfold import unfolded_sections


def folded_index(
    records: Callable[[Stream], Iterator[Batch]],
    new_filter: Callable[[], LogFilter],
    new_collector: Callable[[], Collector],
    encoding: Encoding,
    *,
    first: Stream,
    again: Callable[[], Stream],
    unfold: Sequence[int],
    left_out: Callable[[int, int], str] | None,
) -> LogIndex:
    """The records that pass, folded; then those of the templates `unfold`, for which the content is read twice.

    records: the batches of a stream. first, again: the content from its beginning. left_out: a sentence from the number
    of records and of those that passed. Raises OSError, IngestError.
    """
    folder = Folder()
    size, last_line = encoding.mark, 0
    with new_filter() as log_filter:
        for passing in log_filter.passing(records(first)):
            batch = passing.batch
            folder.add(batch, passing.indexes)
            size = batch.end
            last_line = batch.line + batch.data.count(b"\n") - batch.data.endswith(b"\n")
        seen, passed = log_filter.seen, log_filter.passed
    folded = folder.folded()
    said = left_out(seen, passed) if left_out and seen else ""
    if _is_blank(folded):
        return LogIndex((), size, 0, None, said or None)
    collectors: list[Collector] = []

    def collector() -> Collector:
        collectors.append(new_collector())
        return collectors[-1]

    sections: list[Section] = list(fold_sections(folded, encoding, left_out=said))
    if unfold:
        with new_filter() as log_filter:
            found = ((passing.batch, passing.indexes) for passing in log_filter.passing(records(again())))
            sections += unfolded_sections(folded, unfold, found, collector)
    note = " ".join(filter(None, (said, counts_sentence(folded))))
    return LogIndex(tuple(sections), size, sum(c.replaced for c in collectors), last_line or None, note)


def _is_blank(folded: Folded) -> bool:
    texts = chain.from_iterable(template.samples for template in folded.templates)
    whole = (raw.data for template in folded.templates for raw in template.whole)
    return not any(map(str.strip, texts)) and not any(map(bytes.strip, whole))
