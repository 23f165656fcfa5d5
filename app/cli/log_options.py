"""The options that say which records of a log are read; together they are a LogView. `app.cli.viewing` adds them."""

from __future__ import annotations

from typing import Any

import click

from app.cli.output import UsageError
from ingest.errors import IngestError
from ingest.view import LEVELS, Level, LogView

HELP = """
\b
Which records of logs (--since, --until, --level, --source, --grep, --around):
  a record is read when it fits all of them; its further lines (stack traces)
  come with it. Times are ISO 8601: 2026-03-14T09:00 is on the log's own
  clock, 2026-03-14T09:00+01:00 a moment anywhere; until is the first moment
  that is left out. Expressions are Python's; ^ and $ stand for the ends of
  lines, (?i) in front ignores case. The document's problem says how many
  records of how many were read. `logs` says what levels, sources and times a
  log has.
Folded logs (--fold): records of one shape become one line that begins with #,
  their template's number, how many they are, first and last time, level,
  source, and their text with some of its values in < >. Records of ERROR and
  FATAL level stand whole (256 KiB of them, then the first of each template),
  and so does what occurs at most twice. Numbers stay the same for the same
  file and options. --unfold N adds the records of template N as they stand
  (at most 2,000).
JSON: in a document's "view", "log" has what was asked for. Folded logs have
"templates", [{number, count, whole, first, last, line, levels, sources,
text}]: count is all its records, whole those that are shown as they stand;
times (null where none are known) are on the log's own clock, line is that of
the first record.
"""

NAMES = ("since", "until", "level", "source", "grep", "around", "minutes", "fold", "unfold")
OPTIONS = (
    click.option("--since", metavar="TIME", help="Logs: records from this moment on."),
    click.option("--until", metavar="TIME", help="Logs: records before this moment."),
    click.option(
        "--level",
        multiple=True,
        metavar="LEVEL",
        help=f"Logs: records of this level ({', '.join(LEVELS)}); LEVEL+ for it and worse; may be repeated.",
    ),
    click.option("--source", multiple=True, metavar="NAME", help="Logs: records of this source; may be repeated."),
    click.option("--grep", metavar="REGEX", help="Logs: records that hold this expression."),
    click.option("--around", metavar="REGEX", help="Logs: records near one that holds this expression."),
    click.option(
        "--minutes",
        type=click.FloatRange(min=0),
        metavar="N",
        help=f"Logs: how near, before and after (default: {LogView().minutes:g}).",
    ),
    click.option("--fold", is_flag=True, help="Logs: one line for all records of one shape (see above)."),
    click.option(
        "--unfold",
        multiple=True,
        type=click.IntRange(min=1),
        metavar="N",
        help="Logs: show the records of template N too; implies --fold; may be repeated.",
    ),
)


def log_view_from(
    *,
    since: str | None,
    until: str | None,
    level: tuple[str, ...],
    source: tuple[str, ...],
    grep: str | None,
    around: str | None,
    minutes: float | None,
    fold: bool,
    unfold: tuple[int, ...],
) -> LogView:
    """What the options ask for. Raises UsageError for what cannot be."""
    if minutes is not None and around is None:
        raise UsageError("--minutes belongs to --around.", hint="Name the event with --around REGEX.")
    wanted: dict[str, Any] = {} if minutes is None else {"minutes": minutes}
    view = LogView(
        since=since,
        until=until,
        levels=levels_from(level),
        sources=source,
        pattern=grep,
        around=around,
        fold=fold or bool(unfold),
        unfold=tuple(sorted(set(unfold))),
        **wanted,
    )
    if view.filters:
        from ingest.log_filter import check_log_view

        try:
            check_log_view(view)
        except IngestError as error:
            raise UsageError(str(error)) from error
    return view


def levels_from(words: tuple[str, ...]) -> tuple[Level, ...]:
    """The levels that are named, each with the worse ones where a + stands behind. Raises UsageError."""
    named: set[Level] = set()
    for word in words:
        name = word.lower().removesuffix("+")
        if name not in LEVELS:
            raise UsageError(f'"{word}" is no level.', hint=f"Levels are {', '.join(LEVELS)}.")
        at = LEVELS.index(name)
        named.update(LEVELS[at:] if word.endswith("+") else LEVELS[at : at + 1])
    return tuple(level for level in LEVELS if level in named)
