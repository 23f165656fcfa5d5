"""`tune [MODEL]`: measures with which threads and batches a model is fastest on this computer, and keeps that."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.output import ProgressLine, UsageError, WorkFailed, note, print_json, print_text

if TYPE_CHECKING:
    from engine.protocol import KvType
    from engine.tuning import Question, Tuned, TuneProgress, Tuning

HELP = """Measure with which threads and batches a model is fastest on this computer, and use that from now on.

Reads and writes in short runs with the real model, as questions do, in turns, so that other programs disturb all
candidates alike; of those within 3 % the one that takes less of the computer wins. What there is no time for keeps
its default. Loading the model takes its own time. Without MODEL: the one that `ask` would use.

\b
JSON fields (stable; more may be added):
  model      the GGUF's path
  name       what the model calls itself
  kept       {threads, threads_batch, n_batch, n_ubatch, gpu}
             threads: for answering; threads_batch: for reading. n_batch, n_ubatch: tokens
             gpu: whether layers on a GPU pay, null where there was none to ask about
  rows       [{question, value, per_second, rounds, default, kept}]
             question: gpu | answer_threads | read_threads | batch
             value: threads, tokens of a micro-batch, or layers on a GPU (-1: all)
             per_second: tokens, the median of rounds measurements
  open       [question]: there was no time for these
  seconds    spent measuring
With --forget: {model, name, forgotten}, whether there was anything to forget.
"""

TITLES: dict[Question, str] = {
    "gpu": "Layers on a GPU (a whole job)",
    "answer_threads": "Threads for answering",
    "read_threads": "Threads for reading",
    "batch": "Micro-batch, in tokens (reading)",
}


@click.command(help=HELP)
@click.argument("model", required=False, metavar="[MODEL]")
@click.option(
    "--seconds",
    type=click.FloatRange(min=1.0, max=3600.0),
    default=60.0,
    metavar="N",
    help="Time to take (default: 60).",
)
@click.option("--ctx", type=click.IntRange(min=1), metavar="N", help="Context that GPU layers leave room for.")
@click.option("--kv", type=click.Choice(["f16", "q8_0", "q4_0"]), default="f16", help="Type of the KV cache.")
@click.option(
    "--rpc",
    multiple=True,
    metavar="HOST:PORT",
    help="An RPC server of llama.cpp; may be repeated. The protocol is insecure: trusted networks only.",
)
@click.option("--forget", is_flag=True, help="Go back to the defaults for this model; nothing is measured.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    model: str | None,
    seconds: float,
    ctx: int | None,
    kv: KvType,
    rpc: tuple[str, ...],
    forget: bool,
    as_json: bool,
) -> None:
    """See HELP."""
    from app.core import tuned
    from app.core.loading import Wanted, tune
    from app.core.models import default_context, find_model, open_engine
    from engine.devices import RPC_WARNING
    from engine.gguf_file import read_gguf

    if model == "":
        raise UsageError("The model's path is empty.", hint="Name a GGUF file.")
    path = find_model(model)
    if path is None:
        raise WorkFailed("There is no model here.", hint="Name a GGUF file.", kind="no_model")
    name = read_gguf(path).name
    if forget:
        forgotten = tuned.forget(path)
        if as_json:
            print_json({"model": str(path), "name": name, "forgotten": forgotten})
        else:
            print_text(f"{name}: {'back to the defaults' if forgotten else 'nothing was kept'}")
        return
    if rpc:
        note(RPC_WARNING)
    n_ctx = default_context(path, kv=kv) if ctx is None else ctx
    line = ProgressLine()
    backend = open_engine()
    try:
        tuning = tune(
            Wanted(path, n_ctx, kv=kv, rpc=rpc),
            backend,
            seconds=seconds,
            on_progress=lambda progress: line.say(_progress_text(progress)),
        )
    finally:
        backend.close()
        line.done()
    if as_json:
        print_json(_as_json(path, name, tuning))
    else:
        _print(name, tuning)


def _progress_text(progress: TuneProgress) -> str:
    if progress.question is None:
        return f"Loading {progress.share:.0%}"
    return f"Measuring {progress.share:.0%} · {TITLES[progress.question]}: {progress.value:,}"


def _as_json(path: Path, name: str, tuning: Tuning) -> dict[str, object]:
    return {
        "model": str(path),
        "name": name,
        "kept": asdict(tuning.tuned),
        "rows": [asdict(row) for row in tuning.rows],
        "open": list(tuning.open),
        "seconds": round(tuning.seconds, 2),
    }


def _print(name: str, tuning: Tuning) -> None:
    print_text(name)
    shown: Question | None = None
    for row in tuning.rows:
        if row.question != shown:
            shown = row.question
            print_text(f"  {TITLES[shown]}")
        words = [word for word, true in (("kept", row.kept), ("default", row.default)) if true]
        marks = f"  {', '.join(words)}" if words else ""
        print_text(f"    {row.value:>6,}  {row.per_second:>10,.1f} tokens/s  measured {row.rounds:>2} times{marks}")
    for question in tuning.open:
        print_text(f"  {TITLES[question]}: not enough time, the default stays")
    print_text(f"  kept: {in_words(tuning.tuned)} ({tuning.seconds:.0f} s of measuring)")


def in_words(tuned: Tuned) -> str:
    """What is kept, such as "4 threads for answering, 8 for reading, batches of 512"."""
    gpu = {None: "", True: ", layers on the GPU", False: ", no layers on the GPU"}[tuned.gpu]
    plural = "" if tuned.threads == 1 else "s"
    return (
        f"{tuned.threads} thread{plural} for answering, {tuned.threads_batch} for reading, "
        f"batches of {tuned.n_ubatch:,}{gpu}"
    )
