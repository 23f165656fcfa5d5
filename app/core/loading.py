"""How a model is loaded: what was asked for, else what measuring found out, else what goes with the machine.

Knows no documents and no window.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from app.core import tuned
from app.core.logfile import open_log
from app.core.models import ENGINE_COMMAND, default_threads
from engine.cores import usable_threads
from engine.devices import list_devices, may_have_gpu, offloading
from engine.free_memory import free_memory
from engine.gguf_file import read_gguf
from engine.memory_plan import request_of
from engine.memory_verdict import judge
from engine.model_shape import shape_of
from engine.offload import what_fits
from engine.placement import Memory
from engine.protocol import Flash, KvType, LoadOptions
from engine.tuning import DEFAULT_BATCH, SECONDS, Tunable, TuneProgress, Tuner, Tuning


@dataclass(frozen=True, slots=True)
class Wanted:
    """A model and what was asked for. None: what goes with the model and the machine. n_ctx: tokens.

    gpu_layers, experts_on_cpu, devices, rpc, anyway, flash, kv_values: as in LoadOptions.
    """

    model: Path
    n_ctx: int
    kv: KvType = "f16"
    threads: int | None = None
    gpu_layers: int | None = None
    experts_on_cpu: int | None = None
    devices: tuple[str, ...] = ()
    rpc: tuple[str, ...] = ()
    anyway: bool = False
    flash: Flash = "auto"
    kv_values: KvType | None = None


def load_options(wanted: Wanted, *, loaded: LoadOptions | None = None) -> LoadOptions:
    """Raises ModelFileError; DeviceError where devices have to be looked at.

    loaded: how a model is loaded now. Where that answers `wanted` too it stays: what fits into free memory is another
    thing once a model lies there.
    """
    return _options(wanted, tuned.find(wanted.model), loaded)


def _options(wanted: Wanted, kept: tuned.Kept | None, loaded: LoadOptions | None = None) -> LoadOptions:
    options = LoadOptions(
        path=str(wanted.model),
        n_ctx=wanted.n_ctx,
        kv=wanted.kv,
        threads=wanted.threads or default_threads(),
        gpu_layers=wanted.gpu_layers or 0,
        devices=wanted.devices,
        experts_on_cpu=wanted.experts_on_cpu or 0,
        rpc=wanted.rpc,
        anyway=wanted.anyway,
        flash=wanted.flash,
        kv_values=wanted.kv_values,
    )
    if kept is not None and wanted.threads is None:
        options = replace(options, threads=kept.tuned.threads, threads_batch=kept.tuned.threads_batch)
    if loaded is not None and _with_what_fitted(options, wanted, loaded) == loaded:
        return loaded
    pays = kept is None or kept.tuned.gpu is not False
    if kept is not None:
        options = replace(options, n_batch=kept.tuned.n_batch, n_ubatch=kept.tuned.n_ubatch)
    if wanted.gpu_layers is None and pays and (wanted.rpc or may_have_gpu()):
        options = _with_gpus(options, wanted)
    return _with_batch_that_fits(options)


def _with_what_fitted(options: LoadOptions, wanted: Wanted, loaded: LoadOptions) -> LoadOptions:
    """`options` with what was worked out from free memory for `loaded`."""
    options = replace(options, n_batch=loaded.n_batch, n_ubatch=loaded.n_ubatch)
    if wanted.gpu_layers is None:
        options = replace(options, gpu_layers=loaded.gpu_layers)
    if wanted.experts_on_cpu is None:
        options = replace(options, experts_on_cpu=loaded.experts_on_cpu)
    return options


def _with_gpus(options: LoadOptions, wanted: Wanted) -> LoadOptions:
    """With as many layers on GPUs as fit there."""
    with open_log("engine.log") as log:
        devices = list_devices(ENGINE_COMMAND, rpc=wanted.rpc, log=log)
    able = offloading(devices, wanted.devices)
    if not able:
        return options
    shape = shape_of(read_gguf(wanted.model))
    fitting = what_fits(shape, request_of(options), able, experts_on_cpu=wanted.experts_on_cpu)
    return replace(options, gpu_layers=fitting.gpu_layers, experts_on_cpu=fitting.experts_on_cpu)


def _with_batch_that_fits(options: LoadOptions) -> LoadOptions:
    """With the usual batches where larger ones do not fit: an automatic context leaves room for no more than those."""
    if options.n_ubatch <= DEFAULT_BATCH:
        return options
    verdict = judge(shape_of(read_gguf(Path(options.path))), request_of(options), Memory(free_memory()))
    return options if verdict.fits == "yes" else replace(options, n_batch=DEFAULT_BATCH, n_ubatch=0)


def tune(
    wanted: Wanted,
    backend: Tunable,
    *,
    seconds: float = SECONDS,
    on_progress: Callable[[TuneProgress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Tuning:
    """Measure what is fastest for `wanted` on this machine and use it from now on; the caller closes `backend`.

    It takes `seconds` and the time that the model needs to load. stop: asked between measurements, which take about
    a second; `backend.cancel()` from another thread is faster. Raises Cancelled (nothing is kept then), the engine's
    errors, OSError when it cannot be kept.
    """
    tuning = Tuner(
        backend,
        # What was found earlier must not decide what is asked now.
        _options(replace(wanted, threads=None), None),
        cores=default_threads(),
        logical=usable_threads(),
        seconds=seconds,
        on_progress=on_progress,
        stop=stop,
    ).run()
    tuned.keep(wanted.model, tuning.tuned)
    return tuning
