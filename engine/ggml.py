"""Devices and buffers of llama.cpp's ggml, through ctypes, as far as the Python bindings leave them out.

Runs in the worker process only. Knows no model file and no context.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from engine.devices import KINDS, Device, unknown_device
from engine.errors import DeviceError

ALL = -1
"""All layers, where a number of layers is asked for."""


class Override(ctypes.Structure):
    """llama.h's `llama_model_tensor_buft_override`: tensors whose name matches go into that kind of buffer."""

    _fields_: ClassVar[Any] = [("pattern", ctypes.c_char_p), ("buffer_type", ctypes.c_void_p)]


class Ggml:
    """The functions used here, with their types."""

    def __init__(self) -> None:
        handle, text, size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
        sizes = ctypes.POINTER(size)
        self._count = _function("ggml_backend_dev_count", size)
        self._get = _function("ggml_backend_dev_get", handle, size)
        self._register = _function("ggml_backend_register", None, handle)
        self._registry_by_name = _function("ggml_backend_reg_by_name", handle, text)
        self._address = _function("ggml_backend_reg_get_proc_address", handle, handle, text)
        self._name = _function("ggml_backend_dev_name", text, handle)
        self._description = _function("ggml_backend_dev_description", text, handle)
        self._kind = _function("ggml_backend_dev_type", ctypes.c_int, handle)
        self._memory = _function("ggml_backend_dev_memory", None, handle, sizes, sizes)
        self._registry = _function("ggml_backend_dev_backend_reg", handle, handle)
        self._registry_name = _function("ggml_backend_reg_name", text, handle)
        self._cpu_buffer = _function("ggml_backend_cpu_buffer_type", handle)

    def devices(self) -> list[Device]:
        """What is there now, in ggml's order."""
        return [self._describe(device) for device in self._handles()]

    def add_servers(self, servers: Sequence[str], *, on_server: Callable[[str], None]) -> None:
        """Make the devices of RPC servers ours; one that cannot be used ENDS this process.

        on_server: called before each. Raises DeviceError when llama.cpp is built without RPC.
        """
        if not servers:
            return
        registry = self._registry_by_name(b"RPC")
        address = self._address(registry, b"ggml_backend_rpc_add_server") if registry else None
        if not address:
            raise DeviceError(
                "This llama.cpp is built without RPC, so other machines cannot be used.",
                hint='Build it with it: CMAKE_ARGS="-DGGML_RPC=ON" uv sync --reinstall-package llama-cpp-python.',
            )
        add = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_char_p)(address)
        there = {device.server for device in self.devices()}
        for server in servers:
            if server in there:
                continue
            on_server(server)
            added = add(server.encode("utf-8"))
            if not added:
                raise DeviceError(f"The RPC server {server} offers no device.", hint="Leave it out.")
            self._register(added)

    def device_list(self, names: Sequence[str]) -> Any:
        """A NULL-terminated array of the devices `names`, for `llama_model_params.devices`. Raises DeviceError."""
        handles = {self._describe(handle).name: handle for handle in self._handles()}
        for name in names:
            if name not in handles:
                raise unknown_device(name, tuple(handles))
        chosen = [handles[name] for name in names if self._describe(handles[name]).kind != "cpu"]
        return (ctypes.c_void_p * (len(chosen) + 1))(*chosen, None)

    def experts_in_ram(self, layers: int) -> Any:
        """Overrides that keep the experts of the first `layers` layers (ALL: of all) in main memory."""
        pattern = experts_pattern(layers).encode("ascii")
        return (Override * 2)(Override(pattern, self._cpu_buffer()), Override(None, None))

    def _handles(self) -> list[int]:
        return [self._get(i) for i in range(self._count())]

    def _describe(self, device: int) -> Device:
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        self._memory(device, ctypes.byref(free), ctypes.byref(total))
        description = self._description(device).decode("utf-8", "replace")
        number = self._kind(device)
        remote = self._registry_name(self._registry(device)) == b"RPC"
        return Device(
            name=self._name(device).decode("utf-8", "replace"),
            description=description,
            kind=KINDS[number] if number < len(KINDS) else "accel",
            free=free.value,
            total=total.value,
            server=description if remote else "",
        )


def experts_pattern(layers: int) -> str:
    """The regular expression (of C++) for the tensors that hold the routed experts of the first `layers` layers."""
    which = "[0-9]+" if layers == ALL else "|".join(map(str, range(layers)))
    # Shared experts (`ffn_up_shexp`) work on every token and stay where their layer is.
    return rf"^blk\.({which})\.ffn_[a-z_]*exps\."


def _function(name: str, result: Any, *arguments: Any) -> Any:
    function = _library_of(name)[name]
    function.restype, function.argtypes = result, list(arguments)
    return function


def _library_of(name: str) -> Any:
    """The library, among those that libllama itself uses, which holds `name`.

    Packages hold each library three times (libggml.so, .so.0, .so.0.25.3) as copies, and opening another one than
    libllama did gives a second list of devices, of which llama.cpp knows nothing.
    """
    from llama_cpp import llama_cpp as api

    if hasattr(api._lib, name):
        return api._lib
    # Windows finds a function in its own library only, and a library that is loaded already by its name.
    for library in ("ggml", "ggml-base"):
        opened = ctypes.CDLL(f"{library}.dll")
        if hasattr(opened, name):
            return opened
    raise DeviceError(f"The installed llama.cpp has no {name}.", hint="Install the version that uv.lock names.")
