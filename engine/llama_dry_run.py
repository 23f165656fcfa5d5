"""Asks llama.cpp itself what caches and compute buffers would take, with a load that allocates none of them.

Runs in a worker process that does nothing else. Figures are read from llama.cpp's log, the only place where it says
them through its C interface, to a hundredth of a mebibyte. Knows no plan of ours.
"""

from __future__ import annotations

import ctypes
import os
import re
from dataclasses import dataclass

from engine.compute_memory import SCORED_AT_ONCE
from engine.errors import ContextError, ModelFileError
from engine.llama import KV_TYPES
from engine.memory_plan import Request

_READ_WEIGHTS = 0
"""llama.cpp's load mode without mapping: what is not allocated cannot be mapped either."""
_FLASH_AUTO, _FLASH_OFF, _FLASH_ON = -1, 0, 1
_MEBIBYTE = 1 << 20
_CACHE = re.compile(r"size = *([\d.]+) MiB \( *\d+ cells")
_COMPUTE = re.compile(r"compute buffer size = *([\d.]+) MiB")


@dataclass(frozen=True, slots=True)
class Account:
    """llama.cpp's own figures, in bytes."""

    kv: int
    compute: int


def dry_run(path: str, request: Request) -> Account:
    """What `request` would take of the GGUF at `path`. Raises ModelFileError, ContextError when llama.cpp refuses."""
    from llama_cpp import llama_cpp as api

    lines: list[str] = []
    receive = api.llama_log_callback(lambda _level, text, _data: lines.append(text.decode("utf-8", "replace")))
    api.llama_log_set(receive, ctypes.c_void_p(0))
    api.llama_backend_init()
    model_params = api.llama_model_default_params()
    model_params.no_alloc = True
    model_params.load_mode = _READ_WEIGHTS
    model_params.n_gpu_layers = request.gpu_layers
    model = api.llama_model_load_from_file(os.fsencode(path), model_params)
    if not model:
        raise ModelFileError(f"llama.cpp cannot load {path}: {_last(lines)}", hint="Choose another GGUF.")
    params = api.llama_context_default_params()
    params.n_ctx = request.n_ctx
    params.n_batch, params.n_ubatch = request.n_batch, request.ubatch
    params.n_seq_max = 1
    params.n_outputs_max = min(SCORED_AT_ONCE, request.n_batch)
    params.n_threads = params.n_threads_batch = request.threads
    params.type_k, params.type_v = KV_TYPES[request.kv], KV_TYPES[request.values]
    packed = (request.kv, request.values) != ("f16", "f16")
    params.flash_attn_type = (_FLASH_ON if packed else _FLASH_AUTO) if request.flash else _FLASH_OFF
    params.swa_full = False
    context = api.llama_init_from_model(model, params)
    text = "".join(lines)
    if not context:
        raise ContextError(f"llama.cpp refuses this context: {_last(lines)}", hint="Choose a smaller --ctx.")
    api.llama_free(context)
    api.llama_model_free(model)
    api.llama_log_set(api.llama_log_callback(), ctypes.c_void_p(0))
    return Account(_sum(_CACHE, text), _sum(_COMPUTE, text))


def _sum(pattern: re.Pattern[str], text: str) -> int:
    return int(sum(float(size) for size in pattern.findall(text)) * _MEBIBYTE)


def _last(lines: list[str]) -> str:
    return next((line.strip() for line in reversed(lines) if line.strip()), "no reason given")
