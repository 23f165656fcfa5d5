"""`--page-seconds` and `--reader-memory`: what a page of a PDF may take before it is left out."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from ingest.reader_limits import LARGEST_MEMORY, PAGE_SECONDS, ReaderLimits

HELP = """
\b
PDFs: a page that takes longer than --page-seconds, or its reader more than
--reader-memory, is left out and named in "problem"; the rest goes on. With
--tables their tables are Markdown, row by row. JSON: a section's "asides"
[{text, rect}] are the running headers and footers of its page, which are no
part of its text; a document's "details" has "outline" [{level, title, page}],
"fields" [[name, value]], "annotations" [{page, kind, text, author}] and
"attachments" [[name, bytes]]; both only where there are any.
"""


def reader_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options; the command gets `readers`, a ReaderLimits."""

    @wraps(command)
    def with_limits(page_seconds: float, reader_memory: float, **given: Any) -> None:
        command(readers=ReaderLimits(page_seconds, int(reader_memory * (1 << 30))), **given)

    seconds = click.option(
        "--page-seconds",
        type=click.FloatRange(min=0.1, max=3600),
        default=PAGE_SECONDS,
        metavar="N",
        help=f"The longest that one page of a PDF may take (default: {PAGE_SECONDS:g}).",
    )
    memory = click.option(
        "--reader-memory",
        type=click.FloatRange(min=0.5),
        default=LARGEST_MEMORY / (1 << 30),
        metavar="GB",
        help=f"The most that a PDF reader may take of memory (default: {LARGEST_MEMORY >> 30}).",
    )
    return seconds(memory(with_limits))
