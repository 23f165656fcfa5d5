"""`models [PATH...]`: what models say about themselves and whether they fit this computer, without loading any."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.output import UsageError, error_fields, note, print_json, print_text

if TYPE_CHECKING:
    from app.core.model_choice import MemoryNeed, ModelFacts
    from engine.protocol import KvType

HELP = """List models and what loading each takes of this computer's memory. Nothing is loaded.

A PATH is a GGUF or a folder of them. Without one: the bundled model, those used lately, and the GGUFs beside those.

\b
JSON fields (stable; more may be added):
  models     [{path, name, architecture, size, parts, trained_context, layers, bundled, memory}]
             size: bytes on disk of all parts. trained_context: tokens the model was made for.
             layers: 0 where the file does not say
  memory     {context, kv, weights, kv_cache, compute, total, free, left, fits,
             largest_context, problem}
             bytes; weights + kv_cache + compute = total = free - left. compute: buffers,
             copies of windows, the engine itself (`plan` tells them apart). context,
             largest_context: tokens. kv: type of the KV cache.
             problem: a sentence, null when it fits
A file that cannot be used has {path, error: {kind, message, hint}} instead, and the exit code is 1 when it was named.
"""


@click.command(help=HELP)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--ctx", type=click.IntRange(min=1), metavar="N", help="Context in tokens (default: the model's, up to 131,072)."
)
@click.option("--kv", type=click.Choice(["f16", "q8_0", "q4_0"]), default="f16", help="Type of the KV cache.")
@click.option(
    "--gpu-layers", type=click.IntRange(min=0), default=0, metavar="N", help="Layers on the GPU (default: 0)."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(paths: tuple[str, ...], ctx: int | None, kv: KvType, gpu_layers: int, as_json: bool) -> int:
    """See HELP."""
    from app.core.failures import describe
    from app.core.model_choice import ModelChoice, describe_model, memory_need
    from engine.errors import ModelFileError

    rows: list[dict[str, Any]] = []
    failed = False
    for path in _files(paths):
        try:
            facts = describe_model(path)
        except ModelFileError as error:
            known = describe(error)
            assert known is not None
            rows.append({"path": str(path), "error": error_fields(known)})
            failed = failed or bool(paths)
            if not as_json:
                note(f"{known.message} {known.hint}".strip())
            continue
        need = memory_need(ModelChoice(path, n_ctx=ctx, kv=kv, gpu_layers=gpu_layers), facts=facts)
        rows.append({**_facts_json(facts), "memory": _memory_json(need, kv)})
        if not as_json:
            _print_row(facts, need)
    if as_json:
        print_json({"models": rows})
    return 1 if failed else 0


def _files(paths: tuple[str, ...]) -> list[Path]:
    """The GGUFs named, folders opened; without any those that are known. Raises UsageError."""
    from app.core.model_choice import known_models, models_in
    from app.core.settings import load

    if not paths:
        return known_models(load().preferences.recent_models)
    files: list[Path] = []
    for name in paths:
        if not name:
            raise UsageError("A path is empty.", hint="Name a GGUF file or a folder.")
        path = Path(name).expanduser()
        inside = models_in(path) if path.is_dir() else []
        # An empty folder is told as what it is when it is opened as a file.
        files += inside or [path]
    return files


def _facts_json(facts: ModelFacts) -> dict[str, Any]:
    return {
        "path": str(facts.path),
        "name": facts.name,
        "architecture": facts.architecture,
        "size": facts.size,
        "parts": facts.parts,
        "trained_context": facts.trained_context,
        "layers": facts.layers,
        "bundled": facts.bundled,
    }


def _memory_json(need: MemoryNeed, kv: KvType) -> dict[str, Any]:
    return {
        "context": need.n_ctx,
        "kv": kv,
        "weights": need.weights,
        "kv_cache": need.kv,
        "compute": need.compute,
        "total": need.total,
        "free": need.free,
        "left": need.left,
        "fits": not need.problem,
        "largest_context": need.largest_context,
        "problem": need.problem or None,
    }


def _print_row(facts: ModelFacts, need: MemoryNeed) -> None:
    from app.core.model_choice import in_words, shown_size

    words = in_words(need)
    comes = " · comes with Plumbline" if facts.bundled else ""
    print_text(facts.name)
    print_text(f"  {facts.path}")
    print_text(f"  {facts.architecture} · {shown_size(facts.size)} · made for {facts.trained_context:,} tokens{comes}")
    print_text(
        f"  with {need.n_ctx:,} tokens of context: weights {words.weights} + KV cache {words.kv} "
        f"+ compute about {words.compute} = {words.total} of {words.free} free"
    )
    print_text(f"  {need.problem}" if need.problem else f"  fits; at most {need.largest_context:,} tokens would")
