"""`sessions list|show|search|rename|delete|branch|export|import`: what was kept, found again, taken out and in."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.output import ProgressLine, UsageError, note, print_json, print_text, write_file
from app.cli.session_json import record_json, summary_json

if TYPE_CHECKING:
    from app.core.export_progress import ExportProgress
    from app.core.exporting import Format
    from app.core.records import SearchHit, SessionSummary
    from app.core.sessions import Store

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
            removed: [{{key, name, path, kind, sha256}}],
            messages: [{{id, role, text, mode, finished, created, tokens,
                         seconds, model, citations, passages}}]}}
          citations: [{{number, quote, state, mark, key, section, start, end,
                        page or lines, found_elsewhere, answer_start,
                        answer_end}}]
          removed: documents that were taken out, which answers may cite.
          passages: [{{number, key, section, start, end, page or lines, text,
                       score}}]
  search  {{hits: [{{session, session_name, place, snippet, message, key,
                     document, section, label}}]}}
          place: name | question | answer | document
  rename, delete, import  {{session: SESSION}}
  branch  {{session: SESSION, origin: SESSION}}
  export  {{session: SESSION, format, path, markdown | html | content}}
          path: null without --out. markdown: the text, always; html: the
          page, without --out; content: the fields of the JSON format,
          without --out. A PDF needs --out. The JSON format holds all of the
          session, its kept texts too, and `import` reads it again.
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
        print_json({"sessions": [summary_json(s) for s in summaries]})
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
            print_json(record_json(store.load(number, with_text=False)))
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


@command.command(
    help="""Take SESSION out of lists and searches. For 30 days --undo brings it back.

    What was read for it alone leaves the disk at once."""
)
@click.argument("session")
@click.option("--undo", is_flag=True, help="Bring a deleted session back.")
@_as_json
def delete(session: str, undo: bool, as_json: bool) -> None:
    """Delete or bring back, and say so."""
    from app.core.read_states import forget_session

    with _store() as store:
        number = _deleted(store, session) if undo else store.find(session)
        if undo:
            store.undo_delete(number)
        else:
            store.delete(number)
            forget_session(number, store.only_in(number))
        summary = store.summary(number)
    done = "is back." if undo else f"is deleted. Bring it back with: sessions delete --undo {summary.id}"
    _changed(summary, f"“{summary.name}” {done}", as_json=as_json)


@command.command(help="Go on from an answer in a new session. MESSAGE: its id, as `sessions show --json` has it.")
@click.argument("session")
@click.argument("message", type=int)
@_as_json
def branch(session: str, message: int, as_json: bool) -> None:
    """Branch, and say so."""
    with _store() as store:
        number = store.find(session)
        origin = store.summary(number)
        summary = store.summary(store.branch(number, message))
    if as_json:
        print_json({"session": summary_json(summary), "origin": summary_json(origin)})
    else:
        print_text(f"“{summary.name}” goes on from “{origin.name}” with {summary.messages:,} messages.")


@command.command(help="Write SESSION as a file: sources, questions, answers, evidence.")
@click.argument("session")
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", "html", "pdf", "json"]),
    default="markdown",
    show_default=True,
    help="html: one page that loads nothing. json: all of it, for `import`.",
)
@click.option("-o", "--out", "--output", "output", metavar="FILE", help="Where to (default: standard output).")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@_as_json
def export(session: str, form: Format, output: str | None, force: bool, as_json: bool) -> None:
    """Print or write the file."""
    from app.core.exporting import export as exported

    if output is None and form == "pdf" and (as_json or sys.stdout.isatty()):
        raise UsageError("A PDF is no text to be printed.", hint="Name a file with --out.")
    line = ProgressLine()
    with _store() as store:
        number = store.find(session)
        summary = store.summary(number)
        if output is not None and not force and Path(output).exists():
            raise UsageError(f"{output} is there already.", hint="Name another file, or add --force.")
        try:
            content = exported(store, number, form, on_progress=lambda state: line.say(_how_far(state)))
        finally:
            line.done()
    if output is not None:
        write_file(Path(output), content, force=force)
    if as_json:
        print_json(
            {"session": summary_json(summary), "format": form, "path": output, **_content(form, content, output)}
        )
    elif output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        note(f"Written to {output}.")


@command.command("import", help="Take in a session from FILE, which `export --format json` wrote.")
@click.argument("file")
@_as_json
def import_session(file: str, as_json: bool) -> None:
    """Import, and say so."""
    from app.core.import_json import read_session

    record = read_session(Path(file))
    with _store() as store:
        summary = store.summary(store.import_session(record))
    _changed(summary, f"“{summary.name}” is here, with {summary.messages:,} messages.", as_json=as_json)


@contextmanager
def _store() -> Iterator[Store]:
    from app.core.sessions import Store

    with Store.open() as store:
        yield store


def _how_far(state: ExportProgress) -> str:
    if state.prepared is not None and not state.pages:
        return f"Preparing {state.prepared:,} of {state.total:,} questions"
    pages = f" · page {state.pages:,}" if state.pages else ""
    return f"Exporting {state.done:,} of {state.total:,} questions{pages}"


def _content(form: Format, content: bytes, output: str | None) -> dict[str, Any]:
    if form == "markdown":
        return {"markdown": content.decode("utf-8")}
    if output is not None or form == "pdf":
        return {}
    return {"html": content.decode("utf-8")} if form == "html" else {"content": json.loads(content)}


def _deleted(store: Store, session: str) -> int:
    """The deleted session with this name or number."""
    from app.core.errors import SessionUnknown

    for summary in store.sessions(deleted=True):
        if session in (summary.name, str(summary.id)):
            return summary.id
    raise SessionUnknown(f"There is no deleted session “{session}”.", hint="`sessions list --deleted` shows them.")


def _changed(summary: SessionSummary, sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"session": summary_json(summary)})
    else:
        print_text(sentence)


def _hit_place(hit: SearchHit) -> str:
    if hit.document is None:
        return hit.place
    return f"{hit.document}, {hit.label}" if hit.label else hit.document
