"""`logs PATH...`: what logs hold, before they are read: formats, times, levels, sources, and records over time."""

from __future__ import annotations

from typing import Any

import click

from app.cli.output import ProgressLine, UsageError, WorkFailed, note, print_json, print_text
from app.core.workspace import shown_path
from ingest.errors import IngestError, Stopped
from ingest.log_survey import BUCKETS, LogSurvey, survey
from ingest.log_times import NS, words_of
from ingest.sizes import size_words

HELP = """Look through logs and say what they hold: which format, from when to when, how many records of which level and
source, and how they are spread over time. PATH is a file, packed or not.

\b
JSON fields (stable; more may be added):
  logs    [{path, format, title, records, bytes, first, last, zone_known,
            since_start, levels, sources, source_count, bucket_seconds,
            buckets: [{start, records, levels}]}]
          first, last, start: nanoseconds since 1970 in UTC, or null; of the
          log's own clock where zone_known is false; since a start (dmesg)
          where since_start is true. levels: {level: records}, "none" for
          records that name none. sources: [{source, records}], the most
          frequent 50. buckets: those that hold any records.
  failed  [{path, reason}]
"""

_WIDTH = 48


@click.command(help=HELP)
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option(
    "--buckets", type=click.IntRange(1, 10_000), metavar="N", help="Stretches of time, at most (default: 24)."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(paths: tuple[str, ...], buckets: int | None, as_json: bool) -> None:
    """See HELP."""
    if not paths:
        raise UsageError("Name at least one log.")
    found: list[tuple[str, LogSurvey]] = []
    failed: list[tuple[str, str]] = []
    line = ProgressLine()
    try:
        for path in paths:

            def told(done: int, path: str = path) -> None:
                line.say(f"Looking through {shown_path(path)} · {size_words(done)}")

            try:
                found.append((path, survey(path, buckets=buckets or (BUCKETS if as_json else 24), on_bytes=told)))
            except Stopped:
                raise
            except IngestError as error:
                failed.append((path, str(error)))
    finally:
        line.done()
    for _, reason in failed:
        note(reason)
    if not found:
        raise WorkFailed(failed[0][1], hint="Name files that hold logs.", kind="nothing_read")
    if as_json:
        print_json(
            {
                "logs": [survey_json(path, seen) for path, seen in found],
                "failed": [{"path": shown_path(path), "reason": reason} for path, reason in failed],
            }
        )
        return
    for path, seen in found:
        print_text(describe(shown_path(path), seen))


def survey_json(path: str, seen: LogSurvey) -> dict[str, Any]:
    """One log as HELP says."""
    return {
        "path": shown_path(path),
        "format": seen.format,
        "title": seen.title,
        "records": seen.records,
        "bytes": seen.bytes,
        "first": seen.first,
        "last": seen.last,
        "zone_known": seen.zone_known,
        "since_start": seen.since_start,
        "levels": {level or "none": count for level, count in seen.by_level.items()},
        "sources": [{"source": source, "records": count} for source, count in seen.by_source],
        "source_count": seen.sources,
        "bucket_seconds": seen.bucket / NS,
        "buckets": [
            {
                "start": start,
                "records": sum(counts.values()),
                "levels": {level or "none": count for level, count in counts.items()},
            }
            for start, counts in seen.buckets
        ],
    }


def describe(name: str, seen: LogSurvey) -> str:
    """One log for people: its facts, and a bar for each stretch of time."""

    def at(ns: int) -> str:
        return f"{ns / NS:,.0f} s" if seen.since_start else words_of(ns, zone=seen.zone_known)

    lines = [f"{name}  {seen.title} · {seen.records:,} records · {size_words(seen.bytes)}"]
    if seen.first is not None and seen.last is not None:
        own = "" if seen.zone_known or seen.since_start else " (on the log's own clock)"
        lines.append(f"  {at(seen.first)} to {at(seen.last)}{own}")
    levels = ", ".join(f"{level or 'no level'} {count:,}" for level, count in seen.by_level.items())
    lines.append(f"  {levels}")
    named = [(source, count) for source, count in seen.by_source if source]
    if named:
        more = f", and {seen.sources - 8:,} more" if seen.sources > 8 else ""
        lines.append("  " + ", ".join(f"{source} {count:,}" for source, count in named[:8]) + more)
    most = max((sum(counts.values()) for _, counts in seen.buckets), default=1)
    for start, counts in seen.buckets:
        count = sum(counts.values())
        bad = counts.get("error", 0) + counts.get("fatal", 0)
        bar = "#" * max(1, round(_WIDTH * count / most))
        lines.append(f"  {at(start)}  {bar} {count:,}" + (f", {bad:,} error or fatal" if bad else ""))
    return "\n".join(lines)
