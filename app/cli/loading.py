"""Options of commands that load a model: on how much of the machine, and how its cache is kept."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

if TYPE_CHECKING:
    from app.core.answering import Settings

Cache = Literal["f16", "q8_0", "q4_0"]


@dataclass(frozen=True, slots=True)
class Loading:
    """See the fields of the same names in engine.protocol.LoadOptions. None: what was measured, else what fits."""

    threads: int | None = None
    gpu_layers: int | None = None
    devices: tuple[str, ...] = ()
    experts_on_cpu: int | None = None
    rpc: tuple[str, ...] = ()
    anyway: bool = False
    flash: Literal["auto", "on", "off"] = "auto"
    kv_values: Cache | None = None

    def settings(self, model: Path, date: datetime.date) -> Settings:
        """Settings that load `model` so; whatever else a command lets people choose is put into them afterwards."""
        from app.core.answering import Settings

        return Settings(
            model=model,
            date=date,
            threads=self.threads,
            gpu_layers=self.gpu_layers,
            devices=self.devices,
            experts_on_cpu=self.experts_on_cpu,
            rpc=self.rpc,
            anyway=self.anyway,
            flash=self.flash,
            kv_values=self.kv_values,
        )


def loading_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options; the command gets `loading`."""

    @wraps(command)
    def with_loading(*, device: tuple[str, ...], **others: Any) -> None:
        names = [name for name in Loading.__dataclass_fields__ if name != "devices"]
        fields = {name: others.pop(name) for name in names}
        command(loading=Loading(devices=device, **fields), **others)

    options = [
        click.option(
            "--threads",
            type=click.IntRange(min=1, max=512),
            metavar="N",
            help="Default: what `tune` found, else one for each core.",
        ),
        click.option(
            "--gpu-layers",
            type=click.IntRange(min=-1),
            metavar="N",
            help="Layers on GPUs, -1 for all (default: what fits).",
        ),
        click.option("--device", multiple=True, metavar="NAME", help="Give layers to this GPU; may be repeated."),
        click.option(
            "--experts-on-cpu",
            type=click.IntRange(min=-1),
            metavar="N",
            help="Layers whose experts stay in main memory, -1 for all (default: as many as have to).",
        ),
        click.option(
            "--rpc",
            multiple=True,
            metavar="HOST:PORT",
            help="Give layers to an RPC server of llama.cpp; may be repeated. "
            "The protocol is insecure: trusted networks only.",
        ),
        click.option("--anyway", is_flag=True, help="Load the model even if by the plan it does not fit the memory."),
        click.option(
            "--flash", type=click.Choice(["auto", "on", "off"]), default="auto", help="Flash attention (default: auto)."
        ),
        click.option(
            "--kv-values",
            type=click.Choice(["f16", "q8_0", "q4_0"]),
            help="Type of the cached values, where it is not that of the keys (--kv).",
        ),
    ]
    for option in reversed(options):
        with_loading = option(with_loading)
    return with_loading
