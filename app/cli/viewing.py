"""The options that say how sources are read where they can be read in more than one way; together they are a View.

One more such option: its `click.option` in OPTIONS, its name in NAMES, its field in `view_from`, its words in HELP.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

import click

from app.cli.log_options import HELP as LOG_HELP
from app.cli.log_options import NAMES as LOG_NAMES
from app.cli.log_options import OPTIONS as LOG_OPTIONS
from app.cli.log_options import log_view_from
from ingest.view import DETAILS, Detail, View

HELP = (
    """
\b
Detail of source files (--detail):
  auto     whole (the default)
  whole    whole
  outline  what a file defines, in the file's own lines: signatures and the
           first lines of their documentation; "… 41 lines" stands for what
           is left out. Markdown: its headings. What has no outline is given
           whole up to 40 lines, else its first 10 lines.
  name     one line: name, language, lines, size
JSON: documents have "view", {} where read as usual, else with "detail"
or "tables"; sections have "line_map" where their lines are not all of the
file's: the file's line (1-based) of each line of text.
"""
    + LOG_HELP
)

NAMES = ("detail", "tables", *LOG_NAMES)
OPTIONS = (
    click.option(
        "--detail",
        type=click.Choice(DETAILS),
        default="auto",
        help="How much of each source file (default: auto; see above).",
    ),
    click.option("--tables", is_flag=True, help="Give tables of PDFs as Markdown (takes about 0.1 s a page)."),
    *LOG_OPTIONS,
)


def viewing_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options; the command gets `view`, a View."""

    @wraps(command)
    def with_view(**given: Any) -> None:
        chosen = {name: given.pop(name) for name in NAMES}
        command(view=view_from(**chosen), **given)

    for option in reversed(OPTIONS):
        with_view = option(with_view)
    return with_view


def view_from(*, detail: str, tables: bool, **log: Any) -> View:
    """What the options ask for. Raises UsageError."""
    return View(detail=cast("Detail", detail), tables=tables, log=log_view_from(**log))
