"""The devices that llama.cpp can compute on here, and on machines that run its RPC server, as plain data.

Asks a short-lived child process, because a driver or a lost RPC server can end the process that looks. Knows no model
and no llama.cpp.
"""

from __future__ import annotations

import contextlib
import importlib.util
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from engine.backends.child import Child
from engine.errors import DeviceError, EngineStopped

DeviceKind = Literal["cpu", "gpu", "igpu", "accel", "meta"]
KINDS: tuple[DeviceKind, ...] = ("cpu", "gpu", "igpu", "accel", "meta")
"""In the order of ggml's own numbers."""

RPC_WARNING = (
    "The RPC protocol of llama.cpp is neither encrypted nor protected: documents and answers cross the network in the "
    "clear, and whoever reaches a server can take it over. Use it in networks that you trust, and nowhere else."
)

_SECONDS_TO_CONNECT = 3.0
_SECONDS_TO_ANSWER = 15.0
"""Finding GPUs can take several seconds the first time; a server that serves somebody else never answers."""

_NO_GPU = ("base", "cpu", "rpc", "blas")


@dataclass(frozen=True, slots=True)
class Device:
    """name: as `LoadOptions.devices` names it. kind "gpu": memory of its own (an RPC server counts as one).

    free, total: bytes; both 0 where the driver does not say. server: HOST:PORT of an RPC server, else "".
    """

    name: str
    description: str
    kind: DeviceKind
    free: int
    total: int
    server: str = ""

    @property
    def offloads(self) -> bool:
        """Whether layers of a model can be given to it."""
        return self.kind in ("gpu", "igpu")


def list_devices(
    command: Sequence[str],
    *,
    rpc: Sequence[str] = (),
    log: IO[bytes] | None = None,
    server_seconds: float = _SECONDS_TO_ANSWER,
) -> tuple[Device, ...]:
    """All devices, those behind the servers `rpc` ("HOST:PORT") included.

    command: starts a worker. server_seconds: for each server's answer. Raises DeviceError, which names the server
    that cannot be used.
    """
    for server in rpc:
        _reach(server)
    child = Child(command, log)
    asked, seconds = "", _SECONDS_TO_ANSWER
    try:
        child.send({"do": "devices", "rpc": list(rpc)}, b"")
        while True:
            header, _ = child.receive(seconds)
            if header["event"] == "done":
                return tuple(Device(**fields) for fields in header["devices"])
            if header["event"] == "error":
                raise DeviceError(header["message"], hint=header["hint"])
            asked, seconds = header["stage"], server_seconds
    except TimeoutError:
        child.kill()
        raise _silent(asked) from None
    except EngineStopped as error:
        raise _refused(asked) from error
    finally:
        child.close()


def offloading(devices: Sequence[Device], names: Sequence[str] = ()) -> tuple[Device, ...]:
    """Those that layers can be given to, of `names` if there are any, as llama.cpp would take them by itself.

    It leaves a processor's own graphics out where there is a card. Raises DeviceError for a name that is not there.
    """
    by_name = {device.name: device for device in devices}
    unknown = next((name for name in names if name not in by_name), None)
    if unknown is not None:
        raise unknown_device(unknown, tuple(by_name))
    if names:
        return tuple(by_name[name] for name in names if by_name[name].offloads)
    able = tuple(device for device in devices if device.offloads)
    return tuple(device for device in able if device.kind == "gpu") or able


def lost_server(servers: Sequence[str]) -> DeviceError:
    """What to say when the worker ended over one of `servers`: which of them is gone, as far as it can be seen."""
    gone: list[str] = []
    for server in servers:
        try:
            _reach(server)
        except DeviceError:
            gone.append(server)
    return DeviceError(
        f"The connection to an RPC server was lost ({', '.join(gone or servers)}). Nothing else is; ask again.",
        hint="Start llama.cpp's rpc-server there again, or leave it out.",
    )


def unknown_device(name: str, there: Sequence[str]) -> DeviceError:
    """The error for a device that is not there."""
    return DeviceError(f"There is no device {name!r} here.", hint=f"llama.cpp offers: {', '.join(there)}.")


def may_have_gpu() -> bool:
    """Whether the installed llama.cpp was built for any GPU at all, by its files alone; nothing is loaded."""
    return any(name.split("-")[0] not in _NO_GPU for name in backend_files())


def backend_files() -> frozenset[str]:
    """The names of the back ends that lie beside llama.cpp, such as `cpu`, `cuda`, `rpc`; nothing is loaded."""
    found = importlib.util.find_spec("llama_cpp")
    if found is None or not found.submodule_search_locations:
        return frozenset()
    library = Path(found.submodule_search_locations[0]) / "lib"
    names = (path.name for path in library.glob("*ggml-*"))
    return frozenset(
        name.partition("ggml-")[2].partition(".")[0] for name in names if name.endswith((".so", ".dylib", ".dll"))
    )


def server_address(server: str) -> tuple[str, int]:
    """Host and port of "HOST:PORT". Raises DeviceError."""
    host, colon, port = server.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise DeviceError(f"{server!r} names no RPC server.", hint="Write it as HOST:PORT, such as 10.0.0.7:50052.")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _reach(server: str) -> None:
    host, port = server_address(server)
    try:
        with contextlib.closing(socket.create_connection((host, port), timeout=_SECONDS_TO_CONNECT)):
            return
    except OSError as error:
        raise DeviceError(
            f"The RPC server {server} cannot be reached: {error.strerror or error}.",
            hint="Start llama.cpp's rpc-server there, or leave it out.",
        ) from None


def _silent(server: str) -> DeviceError:
    if not server:
        return DeviceError(f"llama.cpp did not list its devices within {_SECONDS_TO_ANSWER:g} seconds.", hint="")
    return DeviceError(
        f"The RPC server {server} is there but does not answer.",
        hint="It serves one program at a time; wait until the other one is done, or check that it is an RPC server.",
    )


def _refused(server: str) -> DeviceError:
    if not server:
        return DeviceError("llama.cpp ended while it listed its devices.", hint="The engine's log says more.")
    return DeviceError(
        f"What answers at {server} is no RPC server of this version of llama.cpp.",
        hint="Run the rpc-server of the same llama.cpp there.",
    )
