"""`ask PATH... -q QUESTION`: reads the documents whole, answers, checks every citation, keeps the session."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from app.cli.loading import Loading, loading_options
from app.cli.mapped import HELP as MAP_HELP
from app.cli.mapped import map_option
from app.cli.ocr import recognition_from
from app.cli.output import UsageError, print_json
from app.cli.passwords import passwords_from
from app.cli.reading import HELP as READING_HELP
from app.cli.reading import reading_options
from app.cli.sampling import HELP as SAMPLING_HELP
from app.cli.sampling import sampling_options
from ingest.reader_limits import ReaderLimits
from ingest.view import View

if TYPE_CHECKING:
    from engine.protocol import Sampling

HELP = """Answer questions from files, folders or standard input ("-").

With a model, all documents are read into its context, whole; what does not fit is refused, never cut. Without one
(or with --mode evidence) the best passages come back verbatim. Every citation is compared with its source. Each
question is answered by itself; --with-history lets it see the questions before it. Everything is kept in a session.

--questions FILE asks a list: one question a line (blank lines and # comments are passed over), or a JSON list of texts.
With --per-document each is asked of each document by itself, and --combine QUESTION asks one more over the quotes
that were verified in each column's answers ("{question}" in it stands for the column's question). What fails has a
sentence in its place and the rest goes on; with --session NAME a list that was stopped goes on where it ended.

\b
JSON: an array, one object per question (stable; more fields may be added):
  question   as it was asked
  answer     the model's text; "" in evidence mode
  mode       model | evidence
  ending     stop | length | cancelled | null (evidence)
  citations  [{path, page or lines, quote, state, mark, start, end, rects,
               found_elsewhere: {path, page or lines} or null}]
             state: exact | near | missing | not_quoted
               near: only white space, case, ligatures, hyphenation or
               Unicode form differ; missing: not in the place it names.
             page is 1-based; lines [first, last] are 1-based, inclusive.
             path and place: where the words were found, else the place that
             the answer names, null when there is no such place.
             start, end: characters [start, end) of the answer.
  passages   [{path, page or lines, text, score}]  (evidence mode)
  tokens     {prefix, reused, decoded, question, answer, context, free, restored}
             prefix + question = reused + decoded;
             context = prefix + question + answer + free. restored: of reused,
             those that came from disk. null in evidence mode.
  seconds    {load, prefill, first_token, total}
  model      the GGUF's path, or null
  problems   [sentence]: what had to be left out because it changed, or
             could not be done with so much text
  session    {id, name, saved}, or null
  logprobs   [{start, text, logprob}], with --logprobs: the answer's tokens,
             the character each begins with, and the natural logarithm of
             the probability that the model gave it

JSON with --questions:
  questions  [text]; per_document; combine: text or null
  rows       [{kind, document, cells}], a cell for each question
             kind: together | document | combined
             document: {key, name, path}, or null
             cell: {answer, ending, citations, tokens, seconds, kept,
                   message}, {error: {kind, message, hint}}, or null: not
                   reached. kept: it was in the session already.
             citations: as above, with key: the document's, and
                   found_elsewhere in words. path: null where not found.
  done, failed, total   cells; cancelled: true, false
  tokens_read           in all; model, problems, session: as above
A question that could not be answered has {question, error: {kind, message,
hint}} instead, and the exit code is 1; an error of the whole command is
{error: {kind, message, hint}}.
"""


@click.command(help=HELP + SAMPLING_HELP + READING_HELP + MAP_HELP)
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option("-q", "--question", "questions", multiple=True, metavar="TEXT", help="A question; may be repeated.")
@click.option("--mode", type=click.Choice(["model", "evidence"]), help="Default: model where there is one.")
@click.option("--model", metavar="FILE", help="A GGUF (default: PLUMBLINE_MODEL, else the bundled model).")
@click.option(
    "--ctx", type=click.IntRange(min=1), metavar="N", help="Context in tokens (default: the model's, up to 131,072)."
)
@click.option("--kv", type=click.Choice(["f16", "q8_0", "q4_0"]), help="Type of the KV cache (default: f16).")
@click.option("--system", metavar="T", help="System prompt (default: the one that goes with the model).")
@click.option("--session", metavar="NAME", help="Go on with this session, or begin it (default: a new one).")
@click.option("--no-save", is_flag=True, help="Keep no session.")
@click.option("--with-history", is_flag=True, help="Let each question see the ones before it.")
@click.option("--max-answer", type=click.IntRange(min=1), metavar="N", help="Room for the answer (default: 1024).")
@click.option("--leave-out", multiple=True, metavar="PATTERN", help="Leave out documents by key, name or path.")
@click.option("--pages", metavar="A-B", help="Only these pages of each paged document.")
@click.option("--passages", type=click.IntRange(min=1), default=8, show_default=True, help="At most so many passages.")
@click.option("--questions", "file", metavar="FILE", help="A list of questions; see above.")
@click.option("--per-document", is_flag=True, help="Ask each question of each document by itself.")
@click.option("--combine", metavar="QUESTION", help="With --per-document: asked last, over the verified quotes.")
@click.option("--csv", metavar="FILE", help="With --questions: write the table as CSV.")
@click.option("--markdown", metavar="FILE", help="With --questions: write the table as Markdown.")
@click.option("--force", is_flag=True, help="Write over files that are there.")
@click.option("--logprobs", is_flag=True, help="With --json: how likely each token of the answer was.")
@loading_options
@sampling_options
@reading_options
@map_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    paths: tuple[str, ...],
    questions: tuple[str, ...],
    mode: str | None,
    model: str | None,
    ctx: int | None,
    kv: str | None,
    system: str | None,
    session: str | None,
    no_save: bool,
    with_history: bool,
    max_answer: int | None,
    leave_out: tuple[str, ...],
    pages: str | None,
    passages: int,
    file: str | None,
    per_document: bool,
    combine: str | None,
    csv: str | None,
    markdown: str | None,
    force: bool,
    logprobs: bool,
    loading: Loading,
    sampling: Callable[[], Sampling],
    verbatim: bool,
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
    files = {form: name for form, name in (("csv", csv), ("markdown", markdown)) if name is not None}
    if file is not None:
        questions += _listed(file, mode=mode, with_history=with_history, combine=combine, per_document=per_document)
    elif per_document or combine is not None or files:
        raise UsageError("This goes with a list of questions.", hint="Name one with --questions FILE.")
    if not questions:
        raise UsageError("There is no question.", hint='Ask one with -q "..." or --questions FILE.')
    if not all(q.strip() for q in questions):
        raise UsageError("A question is empty.", hint='Ask one with -q "...".')
    if session is not None and no_save:
        raise UsageError("--session and --no-save exclude each other.", hint="Leave one of them out.")
    from app.cli.preparing import Options

    chosen = {"model": model, "ctx": ctx, "kv": kv, "system": system, "max_answer": max_answer}
    options = Options(
        paths=paths,
        questions=questions,
        mode=mode,
        chosen={k: v for k, v in chosen.items() if v is not None},
        session=session,
        save=not no_save,
        with_history=with_history,
        loading=loading,
        leave_out=leave_out,
        pages=_pages(pages),
        passages=passages,
        passwords=passwords_from(password, password_file),
        recognise=recognition_from(ocr, ocr_language),
        view=view,
        readers=readers,
        secrets=secrets,
        map_tokens=map_tokens,
        sampling=sampling(),
        verbatim=verbatim,
        logprobs=logprobs,
    )
    if file is not None:
        from app.cli.asking_table import TableAsking
        from app.core.question_table import Questions

        asked = Questions(questions, per_document=per_document, combine=(combine or "").strip())
        table, complete = TableAsking(options, asked, as_json=as_json, files=files, force=force).table()
        if as_json:
            print_json(table)
        if not complete:
            raise click.exceptions.Exit(1)
        return
    from app.cli.asking import Asking

    asking = Asking(options, as_json=as_json)
    results: list[dict[str, Any]] = asking.run()
    if as_json:
        print_json(results)
    if any("error" in r for r in results):
        raise click.exceptions.Exit(1)


def _listed(
    file: str, *, mode: str | None, with_history: bool, combine: str | None, per_document: bool
) -> tuple[str, ...]:
    """The questions in `file`, if they can be asked like this."""
    from app.cli.asking_table import read_questions

    if mode == "evidence":
        raise UsageError("A list of questions is put to a model.", hint="Leave --mode evidence out.")
    if with_history:
        raise UsageError("Questions of a list are answered each by itself.", hint="Leave --with-history out.")
    if combine is not None and not per_document:
        raise UsageError("Only answers from single documents can be combined.", hint="Add --per-document.")
    if combine is not None and not combine.strip():
        raise UsageError("The question that combines is empty.", hint='Write it as --combine "...".')
    return read_questions(file)


def _pages(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    first, dash, last = text.partition("-")
    if first.isdecimal() and (last.isdecimal() or not dash):
        pages = int(first), int(last or first)
        if 1 <= pages[0] <= pages[1]:
            return pages
    raise UsageError(f"--pages {text} is no range of pages.", hint="Write it as 1-40 or as 7.")
