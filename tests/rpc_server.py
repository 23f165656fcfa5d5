"""llama.cpp's own RPC server on a port of this machine, in a process of its own: for tests, a device like a GPU."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SECONDS_TO_START = 60


@contextmanager
def rpc_server(*, threads: int = 1) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Its "HOST:PORT" and its process; ended on leaving."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        endpoint = f"127.0.0.1:{free.getsockname()[1]}"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.rpc_server", endpoint, str(threads)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(endpoint, process)
        yield endpoint, process
    finally:
        process.kill()
        process.wait()


def _wait(endpoint: str, process: subprocess.Popen[bytes]) -> None:
    host, port = endpoint.split(":")
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"no RPC server came up on {endpoint} (exit code {process.poll()})")


def serve(endpoint: str, threads: int) -> None:
    """Serve this machine's CPU; does not return."""
    import ctypes

    from llama_cpp import _ggml
    from llama_cpp._ctypes_extensions import load_shared_library

    by_type = _ggml.libggml.ggml_backend_dev_by_type
    by_type.restype, by_type.argtypes = ctypes.c_void_p, [ctypes.c_int]
    devices = (ctypes.c_void_p * 1)(by_type(0))
    start = load_shared_library("ggml-rpc", _ggml.libggml_base_path).ggml_backend_rpc_start_server
    start.restype = None
    start.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_void_p]
    start(endpoint.encode("ascii"), None, threads, 1, devices)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
