"""`tokens PATH...`: the exact budget of a set of documents against a model's context, without loading the weights."""

from __future__ import annotations

import datetime
import time

import click

from app.cli.counting import vocabulary
from app.cli.mapped import HELP as MAP_HELP
from app.cli.mapped import map_option, with_map
from app.cli.ocr import recognition_from
from app.cli.output import WorkFailed, note, print_json, print_text
from app.cli.passwords import passwords_from
from app.cli.reading import HELP as READING_HELP
from app.cli.reading import reading_options
from app.cli.sources import document_json, note_problems, read_sources, require_text, roots_of, skipped_json
from app.core.budget import Budget
from app.core.workspace import Workspace, shown_path
from ingest.reader_limits import ReaderLimits
from ingest.view import View

HELP = """Count documents exactly as the model will read them, and set them against its context.

\b
JSON fields (stable; more may be added):
  documents  [{path, kind, status, problem, size, sha256, view, key, tokens,
               share}]
             share: of all documents' tokens, 0 to 1
  skipped    [{path, reason}]
  budget     {context, system, documents, conversation, answer, free, over}
             integers; context = system + documents + conversation + answer + free.
             conversation: an empty question and the chat template around it.
             free is negative and over positive when it does not fit.
  counted_by tiktoken | llama.cpp (both exact)
  model      the GGUF's path
  seconds    {total, read, count}
"""


@click.command(help=HELP + READING_HELP + MAP_HELP)
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option("--model", metavar="FILE", help="The GGUF to count for (default: the bundled model).")
@click.option(
    "--ctx", type=click.IntRange(min=1), metavar="N", help="Context in tokens (default: what the model was made for)."
)
@click.option("--max-answer", type=click.IntRange(min=1), default=1024, show_default=True, help="Room for the answer.")
@click.option("--system", metavar="T", help="System prompt (default: the one that goes with the model).")
@reading_options
@map_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    paths: tuple[str, ...],
    model: str | None,
    ctx: int | None,
    max_answer: int,
    system: str | None,
    password: tuple[str, ...],
    password_file: tuple[str, ...],
    ocr: bool,
    ocr_language: str | None,
    view: View,
    readers: ReaderLimits,
    secrets: str,
    map_tokens: int | None,
    as_json: bool,
) -> None:
    """See HELP."""
    from app.core.assemble import EncodedDocuments, assemble, count_documents
    from app.core.models import mark_style
    from app.core.prompt import default_system

    started = time.perf_counter()
    recognise = recognition_from(ocr, ocr_language)
    opening = passwords_from(password, password_file)
    ingested = read_sources(paths, passwords=opening, recognise=recognise, view=view, readers=readers, secrets=secrets)
    ingested = with_map(ingested, map_tokens, model, view)
    note_problems(ingested)
    require_text(ingested)
    read = time.perf_counter() - started
    workspace = Workspace().add(ingested.documents, roots_of(paths))
    with vocabulary(model) as backend:
        if backend is None:
            raise WorkFailed(
                "Counting needs a model's vocabulary and there is none.", hint="Name one with --model FILE."
            )
        info = backend.info
        style = mark_style(info)
        counts = [sum(c) for c in count_documents(backend, workspace.prompt_documents(), style)]
        around = assemble(
            backend,
            EncodedDocuments(),
            system=default_system(style) if system is None else system,
            turns=(),
            question="",
            max_answer=max_answer,
            date=datetime.date.today(),
        ).budget
        counted_by = backend.counted_by
    budget = Budget(ctx or info.n_ctx_train, around.system, sum(counts), around.conversation, max_answer)
    tokens = dict(zip([e.key for e in workspace.included()], counts, strict=True))
    rows = [
        {
            **document_json(entry.document),
            "key": entry.key,
            "tokens": tokens.get(entry.key, 0),
            "share": tokens.get(entry.key, 0) / max(1, budget.documents),
        }
        for entry in workspace.entries
    ]
    total = time.perf_counter() - started
    if as_json:
        print_json(
            {
                "documents": rows,
                "skipped": skipped_json(ingested.skipped),
                "budget": budget_json(budget),
                "counted_by": counted_by,
                "model": info.path,
                "seconds": {"total": total, "read": read, "count": total - read},
            }
        )
        return
    for entry in workspace.entries:
        amount = tokens.get(entry.key, 0)
        share = amount / max(1, budget.documents)
        print_text(f"{entry.key:>5}  {amount:>12,}  {share:>5.0%}  {shown_path(entry.document.path)}")
    print_text(describe_budget(budget))
    note(f"Counted by {counted_by} with {info.name}, {total:.1f} s")


def budget_json(budget: Budget) -> dict[str, int]:
    """The "budget" field."""
    return {
        "context": budget.context,
        "system": budget.system,
        "documents": budget.documents,
        "conversation": budget.conversation,
        "answer": budget.answer,
        "free": budget.free,
        "over": budget.over,
    }


def describe_budget(budget: Budget) -> str:
    """The budget as one line that adds up."""
    rest = f"{budget.free:,} free" if budget.free >= 0 else f"{budget.over:,} TOO MANY"
    return (
        f"Context {budget.context:,} = system {budget.system:,} + documents {budget.documents:,} "
        f"+ conversation {budget.conversation:,} + answer {budget.answer:,} · {rest}"
    )
