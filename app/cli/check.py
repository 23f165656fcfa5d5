"""`check`: measures how much of its context a model really uses on this computer, and keeps that."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.loading import Loading, loading_options
from app.cli.output import ProgressLine, UsageError, WorkFailed, note, print_json, print_text, write_file
from app.core.selfcheck.report_json import FIELDS

if TYPE_CHECKING:
    from app.core.selfcheck.checking import Checked, CheckWanted
    from app.core.workspace import Workspace
    from engine.protocol import KvType
    from engine.selfcheck.progress import CheckProgress
    from engine.selfcheck.report import Report
    from engine.selfcheck.ruler.questions import Question

LEVELS = ("quick", "standard", "thorough", "classic")
CACHES = ("f16", "q8_0", "q4_0")

HELP = f"""Measure how much of its context a model really uses, on this computer, with this cache.

Needles are hidden in a growing text and asked for at every length and depth, until each length is decided (95 %
confidence). "Verified" is the largest length at which it and every shorter one pass every task of their kind. What
was not tested is untested. Nothing is sent anywhere.

\b
  quick      what a minute or two allows, the whole context if it can be
  standard   all tasks at all lengths
  thorough   several haystacks, each depth decided by itself
  classic    the single-needle grid of old, which verifies nothing

Everything is kept as it happens: the same command goes on where it was stopped, and tells again what was measured
before (--fresh measures anew). Any change of the model, its cache, its context or llama.cpp makes a result stale.

--on PATH takes the haystack from your own files. Several caches (--kv f16,q8_0) are measured one after the other, with
the same questions, and compared. --suite ruler asks RULER's tasks, scored as published; that reads a text for
each question, so it takes long. Eleven need no data set; question answering is asked with your own questions:
--questions FILE, a line of JSON for each: {{"question", "answers": [text], "context"}}.

\b
JSON fields (stable; more may be added):
{FIELDS}\
  path       the GGUF's; kept: number of the check, null where it is not kept
  known      trials that had been asked before
  caches     with several --kv: [all of these fields for each]; those above are
             of the first
  comparison with several --kv: [{{kv, verified, pairs, lost, gained, chance,
             margin}}]: each cache against the first, over questions asked of
             both; chance: of such a split if neither were worse; margin: by
             how much margins fall on the average, null where not measured
Exit code 1: it was stopped, or a precondition does not hold.
"""


@click.command(help=HELP)
@click.argument("more", nargs=-1, metavar="")
@click.option("--model", metavar="FILE", help="A GGUF (default: PLUMBLINE_MODEL, else the bundled model).")
@click.option("--ctx", type=click.IntRange(min=1), metavar="N", help="Context to load, as for `ask`.")
@click.option("--max-tokens", type=click.IntRange(min=1), metavar="N", help="Measure no longer lengths.")
@click.option("--level", type=click.Choice(LEVELS), help="See above (default: quick).")
@click.option("--tasks", multiple=True, metavar="NAME,...", help="Only these tasks (default: the level's).")
@click.option("--kv", multiple=True, metavar="TYPE,...", help="Types of the KV cache: f16, q8_0, q4_0 (default: f16).")
@click.option("--on", "paths", multiple=True, metavar="PATH...", help="Make the haystack of these files and folders.")
@click.option("--suite", type=click.Choice(["ruler"]), help="Ask another suite's tasks.")
@click.option("--questions", metavar="FILE", help="With --suite ruler: questions over documents, as JSON Lines.")
@click.option("--time", "seconds", type=click.FloatRange(min=1), metavar="S", help="Stop after so many seconds.")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Of the questions (default: new ones).")
@click.option("--fresh", is_flag=True, help="Measure anew, whatever is kept.")
@click.option("--svg", metavar="FILE", help="Write the heat maps as a picture.")
@click.option("--html", metavar="FILE", help="Write everything as a page.")
@click.option("--force", is_flag=True, help="Write over files that are there.")
@loading_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    more: tuple[str, ...],
    model: str | None,
    ctx: int | None,
    max_tokens: int | None,
    level: str | None,
    tasks: tuple[str, ...],
    kv: tuple[str, ...],
    paths: tuple[str, ...],
    suite: str | None,
    questions: str | None,
    seconds: float | None,
    seed: int | None,
    fresh: bool,
    svg: str | None,
    html: str | None,
    force: bool,
    loading: Loading,
    as_json: bool,
) -> None:
    """See HELP."""
    if more and not paths:
        raise UsageError(f"{more[0]} is no option.", hint="Documents to check on are named with --on.")
    if suite is not None and (level is not None or paths):
        other = "--level" if level is not None else "--on"
        raise UsageError(f"--suite and {other} exclude each other.", hint="Leave one of them out.")
    if questions is not None and suite is None:
        raise UsageError("Questions of your own go with RULER.", hint="Add --suite ruler, or leave --questions out.")
    caches = _caches(kv)
    outputs = _outputs(svg, html, caches, force=force)
    from app.core.models import find_model
    from app.core.selfcheck.checking import CheckWanted

    path = find_model(model)
    if path is None:
        raise WorkFailed("There is no model here.", hint="Name one with --model FILE.", kind="no_model")
    wanted = CheckWanted(
        level="ruler" if suite else level or "quick",  # type: ignore[arg-type]
        tasks=_listed(tasks) or None,
        max_tokens=max_tokens,
        seconds=seconds,
        seed=seed,
        documents=_documents((*paths, *more)) if paths else None,
        questions=_questions(questions) if questions is not None else (),
        fresh=fresh,
    )
    checked = _run(path, ctx, caches, loading, wanted)
    for one, files in zip(checked, outputs, strict=False):
        for form, target in files.items():
            write_file(target, _drawn(form, one.report), force=force)
    if as_json:
        print_json(_as_json(path, checked))
    else:
        _print(checked)
    if len(checked) < len(caches) or any(one.report.ended == "cancelled" or _failed(one.report) for one in checked):
        raise click.exceptions.Exit(1)


def _caches(kv: Sequence[str]) -> list[KvType]:
    named = _listed(kv) or ("f16",)
    for name in named:
        if name not in CACHES:
            raise UsageError(f"“{name}” is no type of KV cache.", hint=f"Choose from {', '.join(CACHES)}.")
    return list(dict.fromkeys(named))  # type: ignore[arg-type]


def _listed(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def _outputs(svg: str | None, html: str | None, caches: Sequence[str], *, force: bool) -> list[dict[str, Path]]:
    """The files of each cache. A check takes long: that one cannot be written is better known before."""
    outputs: list[dict[str, Path]] = [{} for _ in caches]
    for form, name in (("svg", svg), ("html", html)):
        if name is None:
            continue
        whole = Path(name).expanduser()
        if not whole.parent.is_dir():
            raise UsageError(f"There is no folder {whole.parent}.", hint="Name a file in a folder that is there.")
        for cache, files in zip(caches, outputs, strict=True):
            path = whole if len(caches) == 1 else whole.with_name(f"{whole.stem}-{cache}{whole.suffix}")
            if path.exists() and not force:
                raise UsageError(f"{path} is there already.", hint="Name another file, or add --force.")
            files[form] = path
    return outputs


def _questions(name: str) -> tuple[Question, ...]:
    from engine.selfcheck.ruler.questions import read_questions

    try:
        with Path(name).expanduser().open(encoding="utf-8") as lines:
            return tuple(read_questions(lines))
    except (OSError, UnicodeDecodeError) as error:
        reason = "is not UTF-8 text" if isinstance(error, ValueError) else f"cannot be read: {error.strerror}"
        raise UsageError(f"{name} {reason}.", hint="Name a file of JSON Lines.") from error


def _documents(paths: Sequence[str]) -> Workspace:
    from app.cli.sources import note_problems, read_sources, require_text, roots_of
    from app.core.workspace import Workspace

    ingested = read_sources(paths)
    note_problems(ingested)
    require_text(ingested)
    return Workspace().add(ingested.documents, roots_of(paths))


def _run(path: Path, ctx: int | None, caches: Sequence[KvType], loading: Loading, wanted: CheckWanted) -> list[Checked]:
    """One after the other; after a stop no other is begun."""
    from app.cli.preparing import cancels
    from app.core.models import open_engine
    from app.core.selfcheck.checking import Told, run_check
    from engine.devices import RPC_WARNING
    from engine.errors import EngineError

    if loading.rpc:
        note(RPC_WARNING)
    halt = threading.Event()
    line = ProgressLine()
    backend = open_engine()

    def stop() -> None:
        halt.set()
        backend.cancel()

    found: list[Checked] = []
    try:
        with cancels(stop):
            for cache in caches:
                before = f"{cache}: " if len(caches) > 1 else ""
                told = Told(
                    loading=lambda share, before=before: line.say(f"{before}Loading {share:.0%}"),  # type: ignore[misc]
                    progress=lambda state, before=before: line.say(before + progress_words(state)),  # type: ignore[misc]
                    trouble=note,
                )
                settings = replace(loading.settings(path, datetime.date.today()), n_ctx=ctx, kv=cache)
                try:
                    found.append(run_check(backend, settings, wanted, told=told, stop=halt.is_set))
                except EngineError as error:
                    if not found:
                        raise
                    # What was measured before is worth showing.
                    note(f"{cache}: {error} {error.hint}".rstrip())
                # The next cache is asked the same questions.
                wanted = replace(wanted, seed=found[0].seed)
                if halt.is_set():
                    break
    finally:
        backend.close()
        line.done()
    return found


def progress_words(state: CheckProgress) -> str:
    """Such as "Asking multikey at 4,096 tokens · 34 of about 120 · about 45 s left"."""
    match state.phase:
        case "measuring":
            words = "Measuring the speed"
        case "reading":
            words = f"Reading {state.read:,} of {state.to_read:,} tokens"
        case "asking":
            words = f"Asking {state.task} at {state.length:,} tokens"
        case "rechecking":
            words = "Asking some again from a cold context"
        case _:
            words = "Done"
    parts = [words]
    if state.total:
        parts.append(f"{state.done:,} of about {state.total:,} questions")
    if state.seconds_left is not None:
        parts.append(f"about {state.seconds_left:,.0f} s left")
    return " · ".join(parts)


def _drawn(form: str, report: Report) -> bytes:
    if form == "svg":
        from app.core.selfcheck.heat_svg import heat_map_svg

        return heat_map_svg(report).encode("utf-8", "backslashreplace")
    from app.core.selfcheck.page import to_page

    return to_page(report).encode("utf-8", "backslashreplace")


def _as_json(path: Path, checked: Sequence[Checked]) -> dict[str, Any]:
    from app.core.selfcheck.report_json import report_json
    from engine.selfcheck.comparing import compare

    each = [{**report_json(one.report), "path": str(path), "kept": one.id, "known": one.known} for one in checked]
    if len(each) == 1:
        return each[0]
    comparison = [asdict(other) for other in compare([one.report for one in checked])]
    return {**each[0], "caches": each, "comparison": comparison}


def _failed(report: Report) -> bool:
    return any(condition.holds is False for condition in report.preconditions)


def _print(checked: Sequence[Checked]) -> None:
    from app.core.selfcheck.in_words import report_lines
    from engine.selfcheck.comparing import compare, compared_in_words

    for number, one in enumerate(checked):
        if number:
            print_text()
        if one.as_it_was:
            note(f"Measured on {one.report.started[:10]}; --fresh measures anew.")
        for text in report_lines(one.report):
            print_text(text)
    if len(checked) > 1:
        print_text()
    for other in compare([one.report for one in checked]):
        print_text(compared_in_words(checked[0].report, other))
