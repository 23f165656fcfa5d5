"""`review PATH...`: code against checklists; findings are held against the code, for people and other programs."""

from __future__ import annotations

from typing import Literal

import click

from app.cli.loading import Loading, loading_options
from app.cli.output import UsageError, print_text

HELP = """Review source code with checklists; every finding is held against the lines it names.

PATH is a folder, files, or an archive; all of it is reviewed. With --diff, --staged or --patch only what changed is,
shown with its surroundings. What does not fit into the model's context is read in passes, and the result says which
pass saw what. Files that are not reviewed are named with the reason. Nothing is ever changed: suggestions are patches.

A finding whose quoted code does not stand at its lines is shown as not confirmed; it never counts for --fail-on.
Checklists: bugs, security, concurrency, error-handling, performance, api, tests, style, those in the folder
"checklists" of the program's data, or the path of a TOML or Markdown file.

\b
Exit codes: 0 done, 1 the work failed or was stopped, 2 bad usage, 3 there are
findings at or over --fail-on that are confirmed and not in the --baseline.

\b
JSON fields (stable; more may be added):
  plumbline_review  1, the version of this form
  root       what the paths below are relative to; what: in words
  checklists [name]; model; created (ISO 8601)
  findings   [{path, first, last, severity, category, cwe, title,
             explanation, quote, suggestion, confidence, checklist, seen_in,
             quoted, patch, reason, fingerprint, also, dismissed}]
             first, last: lines, 1-based, inclusive. severity: error |
             warning | note. suggestion: a unified diff, or "".
             confidence: 0 to 1, or null. seen_in: number of the pass.
             quoted: confirmed | moved (elsewhere in the file; the lines
             are corrected) | unconfirmed. patch: none | applies | fails |
             breaks (the file would no longer parse). reason: in words.
             fingerprint: the same when lines move. also: other checklists
             and passes that found it.
  passes     [{number, files, shown, checklist, prompt, reused, decoded,
             answer, seconds, findings, problem}], one for each question
             shown: the files, with lines where not all of one was shown.
             prompt = reused + decoded; all in tokens. problem: a sentence.
  omitted    [{path, reason}]: files that were not reviewed
  notes      [sentence]; cancelled: true, false
  fail_on    --fail-on, or null; failing: [fingerprint]
  baseline   {new, still, fixed, unseen: [fingerprint]}, or null
  seconds    {total, read, review}
"""


@click.command(help=HELP)
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option("--diff", "revisions", metavar="A...B", help="What changed between two revisions, or since one (A).")
@click.option("--staged", is_flag=True, help="What the next commit would change.")
@click.option("--patch", metavar="FILE", help='What a patch changes ("-" reads it); PATH: the folder that it is for.')
@click.option(
    "--checklist",
    "names",
    multiple=True,
    metavar="NAME",
    help="What to look for; may be repeated (default: bugs, security).",
)
@click.option("--checklists", "list_them", is_flag=True, help="List the checklists that there are, and end.")
@click.option("--leave-out", multiple=True, metavar="PATTERN", help="Leave out files, as in a .gitignore.")
@click.option("--model", metavar="FILE", help="A GGUF (default: PLUMBLINE_MODEL, else the bundled model).")
@click.option("--ctx", type=click.IntRange(min=1), metavar="N", help="Context in tokens (default: the model's).")
@click.option("--kv", type=click.Choice(["f16", "q8_0", "q4_0"]), default="f16", help="Type of the KV cache.")
@click.option(
    "--max-answer",
    type=click.IntRange(min=64),
    default=2048,
    show_default=True,
    metavar="N",
    help="Room for the answer to each question, in tokens.",
)
@click.option("--keep-read", is_flag=True, help="Keep what is read on disk, so that it need not be read another day.")
@click.option("--sarif", metavar="FILE", help="Write SARIF 2.1.0.")
@click.option("--markdown", metavar="FILE", help="Write Markdown.")
@click.option("--patch-out", metavar="FILE", help="Write the suggested changes that apply together as one patch.")
@click.option("--baseline", metavar="FILE", help="Known findings: JSON of this command, or SARIF.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "note"]),
    help="Exit 3 on findings of this severity or a graver one.",
)
@click.option("--force", is_flag=True, help="Write over files that are there.")
@click.option("--temperature", type=click.FloatRange(0, 5), default=0.0, help="Default: 0, the likeliest words.")
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Of chance, with a temperature.")
@loading_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    paths: tuple[str, ...],
    revisions: str | None,
    staged: bool,
    patch: str | None,
    names: tuple[str, ...],
    list_them: bool,
    leave_out: tuple[str, ...],
    model: str | None,
    ctx: int | None,
    kv: Literal["f16", "q8_0", "q4_0"],
    max_answer: int,
    keep_read: bool,
    sarif: str | None,
    markdown: str | None,
    patch_out: str | None,
    baseline: str | None,
    fail_on: Literal["error", "warning", "note"] | None,
    force: bool,
    temperature: float,
    seed: int,
    loading: Loading,
    as_json: bool,
) -> None:
    """See HELP."""
    if list_them:
        _list_checklists()
        return
    chosen = [name for name, value in (("--diff", revisions), ("--staged", staged), ("--patch", patch)) if value]
    if len(chosen) > 1:
        raise UsageError(f"{' and '.join(chosen)} exclude each other.", hint="Choose one of them.")
    if not paths and not chosen:
        raise UsageError("Name at least one file or folder to review.", hint="Write . for the current folder.")
    if "" in paths:
        raise UsageError("A path is empty.", hint="Write . for the current folder.")
    if leave_out and chosen:
        raise UsageError(f"--leave-out does not go with {chosen[0]}.", hint="Name what is to be reviewed as PATH.")
    from app.cli.reviewing import Options, Reviewing

    options = Options(
        paths=paths,
        revisions=revisions,
        staged=staged,
        patch=patch,
        names=names,
        leave_out=leave_out,
        model=model,
        ctx=ctx,
        kv=kv,
        max_answer=max_answer,
        keep_read=keep_read,
        files={k: v for k, v in (("sarif", sarif), ("markdown", markdown), ("patch", patch_out)) if v is not None},
        baseline=baseline,
        fail_on=fail_on,
        force=force,
        loading=loading,
        temperature=temperature,
        seed=seed,
    )
    code = Reviewing(options, as_json=as_json).run()
    if code:
        raise click.exceptions.Exit(code)


def _list_checklists() -> None:
    from app.cli.output import note
    from app.core.review.checklists import load_checklists

    found, problems = load_checklists()
    for name, checklist in found.items():
        print_text(f"{name:<16} {checklist.about or checklist.title}")
    for problem in problems:
        note(problem)
