"""`devices`: what llama.cpp can compute on here, and on machines that run its RPC server."""

from __future__ import annotations

from dataclasses import asdict

import click

from app.cli.output import note, print_json, print_text

HELP = """List the devices that the installed llama.cpp can compute on.

\b
JSON fields (stable; more may be added):
  devices    [{name, description, kind, free, total, server}]
             name: as --device takes it. kind: cpu | gpu | igpu | accel | meta
             free, total: bytes; 0 where the driver does not say.
             server: HOST:PORT of an RPC server, "" for this computer
  gpu_build  whether this llama.cpp was built for any GPU

"""


@click.command(help=HELP)
@click.option(
    "--rpc",
    multiple=True,
    metavar="HOST:PORT",
    help="An RPC server of llama.cpp; may be repeated. The protocol is insecure: trusted networks only.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(rpc: tuple[str, ...], as_json: bool) -> None:
    """See HELP."""
    from app.core.logfile import open_log
    from app.core.models import ENGINE_COMMAND
    from engine.devices import RPC_WARNING, list_devices, may_have_gpu

    if rpc:
        note(RPC_WARNING)
    with open_log("engine.log") as log:
        devices = list_devices(ENGINE_COMMAND, rpc=rpc, log=log)
    if as_json:
        print_json({"devices": [asdict(device) for device in devices], "gpu_build": may_have_gpu()})
        return
    for device in devices:
        memory = f"{device.free / 1e9:,.1f} of {device.total / 1e9:,.1f} GB free" if device.total else "memory not said"
        where = " (RPC server)" if device.server else ""
        print_text(f"{device.name:<10} {device.kind:<5} {memory:<26} {device.description}{where}")
    if not may_have_gpu():
        note("This llama.cpp is built without support for GPUs; README.md says how to build it with it.")
