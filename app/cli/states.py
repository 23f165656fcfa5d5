"""`states [list|free]`: what the engine read and keeps on disk, and how much of the disk it may take."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import click

from app.cli.output import note, print_json, print_text

if TYPE_CHECKING:
    from app.core.settings import Preferences
    from engine.state_shelf import StateShelf, Stored

HELP = """List what was read of documents and is kept on disk, or free the disk of it.

A model that has read the documents of a session leaves what it read on disk, so that opening the session on another
day does not read them again. `free` removes what cannot be used any more or was not used for a month, --all all of it;
nothing but time is lost. What was read for a session alone goes when that session is deleted.

These files hold the text of the documents in another form. They are as private as the sessions themselves: they lie in
the same directory, only you may read them, and nothing is kept for `ask --no-save` or after --keep no.

\b
JSON fields (stable; more may be added):
  folder     where they lie
  keep       whether what is read is kept
  seconds    what takes less long to read is not
  quota      bytes that all may take; over it the one used longest ago goes
  used       bytes that all take now
  freed      bytes that this command freed
  states     [{file, size, used, made, model, tokens, documents, context, kv}], used last first
             used, made: UTC, ISO 8601. tokens: all that were read; documents: those of
             them that are documents. A damaged file has null for what is not known.
"""


@click.command(help=HELP)
@click.argument("action", type=click.Choice(["list", "free"]), default="list")
@click.option("--all", "everything", is_flag=True, help="With free: remove all of them.")
@click.option(
    "--quota",
    type=click.IntRange(min=0),
    metavar="BYTES",
    help="From now on all may take so much; 0: a share of the disk.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0),
    metavar="S",
    help="Keep only what takes longer to read (at first: 2). Less than 1,024 tokens are never kept.",
)
@click.option("--keep", type=click.Choice(["yes", "no"]), help="Keep what is read from now on, or keep nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    action: Literal["list", "free"],
    everything: bool,
    quota: int | None,
    seconds: float | None,
    keep: str | None,
    as_json: bool,
) -> None:
    """See HELP."""
    from app.core import settings
    from app.core.read_states import forget_documents, open_shelf

    if everything and action != "free":
        raise click.UsageError("--all belongs to free.")
    changes: dict[str, Any] = {"read_quota": quota, "read_seconds": seconds}
    changes = {name: value for name, value in changes.items() if value is not None}
    if keep is not None:
        changes["keep_read"] = keep == "yes"
    if changes:
        loaded = settings.load()
        if loaded.problem:
            note(loaded.problem)
        settings.save(replace(loaded.preferences, **changes))
    shelf = open_shelf()
    freed = shelf.free(everything=everything) if action == "free" else 0
    if everything:
        forget_documents(None)
    if quota is not None:
        freed += shelf.trim()
    rows = shelf.stored()
    wanted = settings.load().preferences
    if as_json:
        print_json(_fields(shelf, rows, freed=freed, wanted=wanted))
        return
    for row in rows:
        print_text(_line(row))
    if freed or action == "free":
        note(f"Freed {freed / 1e6:,.1f} MB.")
    note(
        f"{sum(row.size for row in rows) / 1e6:,.1f} MB of at most {shelf.quota / 1e9:,.1f} GB in {shelf.folder}."
        + ("" if wanted.keep_read else " Nothing more is kept.")
    )


def _fields(shelf: StateShelf, rows: list[Stored], *, freed: int, wanted: Preferences) -> dict[str, Any]:
    return {
        "folder": str(shelf.folder),
        "keep": wanted.keep_read,
        "seconds": wanted.read_seconds,
        "quota": shelf.quota,
        "used": sum(row.size for row in rows),
        "freed": freed,
        "states": [_row(row) for row in rows],
    }


def _row(row: Stored) -> dict[str, Any]:
    head = row.head
    return {
        "file": row.path.name,
        "size": row.size,
        "used": _time(row.used),
        "made": _time(head.made) if head else None,
        "model": head.model if head else None,
        "tokens": len(head.tokens) if head else None,
        "documents": head.prefix if head else None,
        "context": head.facts.get("context") if head else None,
        "kv": head.facts.get("kv") if head else None,
    }


def _line(row: Stored) -> str:
    about = "damaged" if row.head is None else f"{row.head.prefix:,} tokens of documents, {row.head.model}"
    return f"{row.size / 1e6:>10,.1f} MB  used {_time(row.used)[:16].replace('T', ' ')}  {about}"


def _time(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="seconds")
