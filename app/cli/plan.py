"""`plan MODEL`: what loading it takes of memory and whether that fits, from its header alone."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.output import UsageError, note, print_json, print_text

if TYPE_CHECKING:
    from engine.gguf_file import GgufFile
    from engine.llama_dry_run import Account
    from engine.memory_verdict import Verdict
    from engine.model_shape import ModelShape
    from engine.placement import Gpu
    from engine.protocol import KvType

HELP = """Say what a model takes of this computer's memory, and whether it fits. Nothing is loaded.

MODEL is a GGUF (of a split one the first part; default: PLUMBLINE_MODEL, else the bundled model). --shape plans for a
published model without its file; its weights are "about", by the quantisation named.

\b
JSON fields (stable; more may be added). Sizes are bytes:
  model, name, architecture
                   model: the file, null with --shape
  context          tokens counted with; trained_context: tokens it was made for
  cache            {keys, values}: types of the KV cache
  weights          of all tensors; repacked: of them in a copy for this processor
  kv               KV cache; layers with a window hold the window only
  compute          buffers of llama.cpp for one batch, logits of one token
  checkpoints      copies of windows, to return to; window_copy: one of them
  process          the engine's own, with vocabulary and lists of tokens
  total            weights + kv + compute + checkpoints + process
  available        RAM that can be taken, limits of containers included
  fits             yes | q8_0 (with a q8_0 cache) | smaller (context) | no
  max_context      tokens that fit with this cache; 0: none
  q8_0_max_context the same with a q8_0 cache
  about            true where figures were not held against llama.cpp's own
  sentence         the verdict in words
  devices          [{name, weights, kv, compute, checkpoints, process, total,
                   available}]: RAM first
  llama_cpp        {kv, compute}: llama.cpp's own figures; null without --check
"""


@click.command(help=HELP)
@click.argument("model", required=False, metavar="[MODEL]")
@click.option("--shape", metavar="NAME", help="Plan for scout or maverick without a file.")
@click.option("--quant", metavar="TYPE", help="Quantisation of a --shape, such as q4_k_m (the default) or q8_0.")
@click.option(
    "--ctx", type=click.IntRange(min=1), metavar="N", help="Context in tokens (default: the model's, up to 131,072)."
)
@click.option("--kv", type=click.Choice(["f16", "q8_0", "q4_0"]), default="f16", help="Type of the KV cache.")
@click.option(
    "--kv-values", type=click.Choice(["f16", "q8_0", "q4_0"]), help="Type of its values (default: that of --kv)."
)
@click.option("--batch", type=click.IntRange(min=1, max=8192), default=512, metavar="N", help="Tokens read at once.")
@click.option("--threads", type=click.IntRange(min=1, max=512), metavar="N", help="Default: one for each core.")
@click.option(
    "--gpu-layers", type=click.IntRange(min=-1), default=0, metavar="N", help="Layers on GPUs, -1 for all (default: 0)."
)
@click.option(
    "--experts-on-cpu",
    type=click.IntRange(min=-1),
    default=0,
    metavar="N",
    help="Keep the experts of the first N layers in main memory, -1 for all.",
)
@click.option("--check", is_flag=True, help="Ask llama.cpp too, with a load that allocates nothing (seconds).")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    model: str | None,
    shape: str | None,
    quant: str | None,
    ctx: int | None,
    kv: KvType,
    kv_values: KvType | None,
    batch: int,
    threads: int | None,
    gpu_layers: int,
    experts_on_cpu: int,
    check: bool,
    as_json: bool,
) -> None:
    """See HELP."""
    gguf = _header(model, shape, quant)
    if check and shape is not None:
        raise UsageError("--check needs a file.", hint="Name a GGUF instead of --shape.")
    from app.core.models import DEFAULT_CONTEXT, ENGINE_COMMAND, default_threads
    from engine.free_memory import free_memory
    from engine.memory_plan import Request
    from engine.memory_verdict import judge, refusal
    from engine.model_shape import shape_of
    from engine.placement import Memory

    sizes = shape_of(gguf)
    request = Request(
        n_ctx=ctx or min(sizes.trained_context, DEFAULT_CONTEXT),
        kv=kv,
        kv_values=kv_values,
        n_batch=batch,
        threads=threads or default_threads(),
        gpu_layers=gpu_layers,
        experts_on_cpu=experts_on_cpu,
    )
    never = refusal(sizes, request)
    if never is not None:
        raise never
    verdict = judge(sizes, request, Memory(free_memory(), _gpus() if gpu_layers else ()))
    account = None
    if check:
        from engine.backends.dry_run import ask_llama

        account = ask_llama(ENGINE_COMMAND, gguf.path, request)
    about = verdict.plan.about or shape is not None
    if as_json:
        print_json(_plan_json(gguf, sizes, verdict, account, from_file=shape is None, about=about))
        return
    _print_plan(sizes, verdict, about=about)
    if account is not None:
        note(f"llama.cpp itself: KV cache {_size(account.kv)}, compute {_size(account.compute)}")


def _gpus() -> tuple[Gpu, ...]:
    """The GPUs that layers would go to; llama.cpp is only asked where it was built for any."""
    from app.core.logfile import open_log
    from app.core.models import ENGINE_COMMAND
    from engine.devices import list_devices, may_have_gpu, offloading
    from engine.placement import Gpu

    if not may_have_gpu():
        return ()
    with open_log("engine.log") as log:
        devices = offloading(list_devices(ENGINE_COMMAND, log=log))
    return tuple(Gpu(device.name, device.free) for device in devices)


def _header(model: str | None, shape: str | None, quant: str | None) -> GgufFile:
    """What is planned for. Raises UsageError, ModelFileError."""
    from engine.gguf_file import read_gguf
    from engine.published_shapes import QUANTISATIONS, SHAPES, published_header

    if shape is None:
        if quant is not None:
            raise UsageError("--quant goes with --shape.", hint="A file says itself how it is quantised.")
        from app.core.models import find_model

        if model == "":
            raise UsageError("The path of the model is empty.", hint="Name a GGUF file.")
        path = find_model(model)
        if path is None:
            raise UsageError("There is no model to plan for.", hint="Name a GGUF, or --shape scout.")
        return read_gguf(Path(path))
    if model is not None:
        raise UsageError("A MODEL and --shape exclude each other.", hint="Leave one of them out.")
    name, kind = shape.lower(), (quant or "q4_k_m").lower()
    if name not in SHAPES:
        raise UsageError(f"There is no shape {shape!r}.", hint=f"Choose one of {', '.join(SHAPES)}.")
    if kind not in QUANTISATIONS:
        raise UsageError(f"There is no quantisation {quant!r}.", hint=f"Choose one of {', '.join(QUANTISATIONS)}.")
    return published_header(name, kind)


def _plan_json(
    gguf: GgufFile, sizes: ModelShape, verdict: Verdict, account: Account | None, *, from_file: bool, about: bool
) -> dict[str, Any]:
    plan, request, available = verdict.plan, verdict.request, verdict.available
    free = {"RAM": available.ram} | {gpu.name: gpu.free for gpu in available.gpus or ()}
    return {
        "model": str(gguf.path) if from_file else None,
        "name": sizes.name,
        "architecture": sizes.architecture,
        "context": request.n_ctx,
        "trained_context": sizes.trained_context,
        "cache": {"keys": request.kv, "values": request.values},
        "weights": plan.weights,
        "repacked": plan.repacked,
        "kv": plan.kv,
        "compute": plan.compute,
        "checkpoints": plan.checkpoints,
        "window_copy": plan.window_copy,
        "process": plan.process,
        "total": plan.total,
        "available": available.ram,
        "fits": verdict.fits,
        "max_context": verdict.max_context,
        "q8_0_max_context": verdict.q8_0_context,
        "about": about,
        "sentence": verdict.sentence,
        "devices": [
            {**asdict(device), "total": device.total, "available": free[device.name]} for device in plan.devices
        ],
        "llama_cpp": asdict(account) if account is not None else None,
    }


def _print_plan(sizes: ModelShape, verdict: Verdict, *, about: bool) -> None:
    plan, request = verdict.plan, verdict.request
    print_text(f"{sizes.name} ({sizes.architecture}){': all figures are about' if about else ''}")
    types = request.kv if request.kv == request.values else f"{request.kv} and {request.values}"
    rows = [
        ("weights", plan.weights, ""),
        ("KV cache", plan.kv, f"{request.n_ctx:,} tokens, {types}"),
        ("compute", plan.compute, f"batches of {request.ubatch:,}"),
        ("checkpoints", plan.checkpoints, ""),
        ("process", plan.process, ""),
        ("total", plan.total, ""),
        ("free", verdict.available.ram, ""),
    ]
    for name, amount, remark in rows:
        print_text(f"  {name:<12}{_size(amount):>14}   {remark}".rstrip())
    for device in plan.devices[1:]:
        print_text(f"  of it on {device.name}: {_size(device.total)}")
    print_text(verdict.sentence)


def _size(amount: int) -> str:
    return f"{amount / 1e9:,.2f} GB" if amount >= 10**10 else f"{amount / 1e6:,.1f} MB"
