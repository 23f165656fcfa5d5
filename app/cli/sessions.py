"""`sessions list|show|search|rename|delete|export`: what was kept, found again and taken out."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.output import UsageError, note, print_json, print_text

if TYPE_CHECKING:
    from app.core.records import MessageRecord, SearchHit, SessionRecord, SessionSummary
    from app.core.sessions import Store
    from app.core.workspace import Entry

SESSION = "{id, name, created, changed, pinned, deleted, documents, messages}"

HELP = f"""Saved sessions. SESSION is a name, or a number as `sessions list` shows it.

\b
JSON fields (stable; more may be added):
  list    {{sessions: [SESSION]}}, SESSION:
          {SESSION}
          created, changed, deleted: UTC, ISO 8601; deleted is null unless
          the session is deleted. documents, messages: how many.
  show    {{session: SESSION, system, settings,
            documents: [{{key, name, path, kind, status, problem, size,
                          sha256, included, pages}}],
            messages: [{{id, role, text, mode, finished, created, tokens,
                         seconds, model, citations, passages}}]}}
          citations: [{{number, quote, state, mark, key, section, start, end,
                        page or lines, found_elsewhere}}]
          passages: [{{number, key, section, start, end, page or lines, text,
                       score}}]
  search  {{hits: [{{session, session_name, place, snippet, message, key,
                     document, section, label}}]}}
          place: name | question | answer | document
  rename, delete  {{session: SESSION}}
  export  {{session: SESSION, markdown, path}}  path: null without --output
"""


@click.group(name="sessions", help=HELP)
def command() -> None:
    """See HELP."""


_as_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


@command.command("list", help="All sessions, last changed first.")
@click.option("--deleted", is_flag=True, help="Those that were deleted and can be brought back.")
@_as_json
def list_sessions(deleted: bool, as_json: bool) -> None:
    """Print one line for each."""
    with _store() as store:
        summaries = store.sessions(deleted=deleted)
    if as_json:
        print_json({"sessions": [_summary_json(s) for s in summaries]})
        return
    for summary in summaries:
        changed = summary.changed.astimezone().strftime("%Y-%m-%d %H:%M")
        amounts = f"{summary.documents:,} documents, {summary.messages:,} messages"
        print_text(f"{summary.id:>5}  {changed}  {summary.name}  ({amounts})")
    if not summaries:
        note("There are no deleted sessions." if deleted else "There are no sessions yet; `ask` begins one.")


@command.command(help="One session: its documents, questions and answers.")
@click.argument("session")
@_as_json
def show(session: str, as_json: bool) -> None:
    """Print the record."""
    with _store() as store:
        number = store.find(session)
        if as_json:
            print_json(_record_json(store.load(number, with_text=False)))
        else:
            print_text(store.export_markdown(number), end="")


@command.command(help="Where all words of TEXT stand in questions, answers, names and documents.")
@click.argument("text")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many places.")
@_as_json
def search(text: str, limit: int, as_json: bool) -> None:
    """Print each place with the words around it."""
    if not text.strip():
        raise UsageError("There is nothing to search for.", hint="Give one or more words.")
    with _store() as store:
        hits = store.search(text, limit)
    if as_json:
        print_json({"hits": [asdict(hit) for hit in hits]})
        return
    for hit in hits:
        print_text(f"{hit.session:>5}  {hit.session_name} · {_hit_place(hit)}: {hit.snippet}")
    if not hits:
        note("Nothing found.")


@command.command(help="Give SESSION another name.")
@click.argument("session")
@click.argument("name")
@_as_json
def rename(session: str, name: str, as_json: bool) -> None:
    """Rename, and say so."""
    with _store() as store:
        number = store.find(session)
        old = store.summary(number).name
        store.rename(number, name)
        summary = store.summary(number)
    _changed(summary, f"“{old}” is now “{summary.name}”.", as_json=as_json)


@command.command(help="Take SESSION out of lists and searches. For 30 days --undo brings it back.")
@click.argument("session")
@click.option("--undo", is_flag=True, help="Bring a deleted session back.")
@_as_json
def delete(session: str, undo: bool, as_json: bool) -> None:
    """Delete or bring back, and say so."""
    with _store() as store:
        number = _deleted(store, session) if undo else store.find(session)
        if undo:
            store.undo_delete(number)
        else:
            store.delete(number)
        summary = store.summary(number)
    done = "is back." if undo else f"is deleted. Bring it back with: sessions delete --undo {summary.id}"
    _changed(summary, f"“{summary.name}” {done}", as_json=as_json)


@command.command(help="Write SESSION as Markdown: sources, questions, answers, evidence.")
@click.argument("session")
@click.option("-o", "--output", metavar="FILE", help="Where to (default: standard output).")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@_as_json
def export(session: str, output: str | None, force: bool, as_json: bool) -> None:
    """Print or write the Markdown."""
    with _store() as store:
        number = store.find(session)
        markdown = store.export_markdown(number)
        summary = store.summary(number)
    if output is not None:
        path = Path(output)
        try:
            with path.open("wb" if force else "xb") as file:
                file.write(markdown.encode("utf-8"))
        except FileExistsError:
            raise UsageError(f"{path} is there already.", hint="Name another file, or add --force.") from None
    if as_json:
        print_json({"session": _summary_json(summary), "markdown": markdown, "path": output})
    elif output is None:
        print_text(markdown, end="")
    else:
        note(f"Written to {output}.")


@contextmanager
def _store() -> Iterator[Store]:
    from app.core.sessions import Store

    with Store.open() as store:
        yield store


def _deleted(store: Store, session: str) -> int:
    """The deleted session with this name or number."""
    from app.core.errors import SessionUnknown

    for summary in store.sessions(deleted=True):
        if session in (summary.name, str(summary.id)):
            return summary.id
    raise SessionUnknown(f"There is no deleted session “{session}”.", hint="`sessions list --deleted` shows them.")


def _changed(summary: SessionSummary, sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"session": _summary_json(summary)})
    else:
        print_text(sentence)


def _hit_place(hit: SearchHit) -> str:
    if hit.document is None:
        return hit.place
    return f"{hit.document}, {hit.label}" if hit.label else hit.document


def _summary_json(summary: SessionSummary) -> dict[str, Any]:
    return {
        "id": summary.id,
        "name": summary.name,
        "created": summary.created.isoformat(),
        "changed": summary.changed.isoformat(),
        "pinned": summary.pinned,
        "deleted": _moment(summary.deleted_at),
        "documents": summary.documents,
        "messages": summary.messages,
    }


def _moment(moment: datetime.datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _record_json(record: SessionRecord) -> dict[str, Any]:
    return {
        "session": _summary_json(record.summary),
        "system": record.system_prompt,
        "settings": dict(record.settings),
        "documents": [_entry_json(entry) for entry in record.workspace.entries],
        "messages": [_message_json(message) for message in record.messages],
    }


def _entry_json(entry: Entry) -> dict[str, Any]:
    from app.cli.sources import document_json

    pages = None if entry.pages is None else list(entry.pages)
    about = {"key": entry.key, "name": entry.name, "included": entry.included, "pages": pages}
    return {**about, **document_json(entry.document)}


def _message_json(message: MessageRecord) -> dict[str, Any]:
    from app.cli.sources import place_json

    def support(item: Any) -> dict[str, Any]:
        fields = asdict(item)
        del fields["span"]
        return {**fields, **place_json(item.span)}

    return {
        "id": message.id,
        "role": message.role,
        "text": message.text,
        "mode": message.mode,
        "finished": message.finished,
        "created": message.created.isoformat(),
        "tokens": dict(message.tokens),
        "seconds": dict(message.timings),
        "model": dict(message.model),
        "citations": [support(c) for c in message.citations],
        "passages": [support(p) for p in message.passages],
    }
