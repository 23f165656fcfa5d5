"""llama.cpp called in a bare loop, with the settings that the program uses: what the program is held against."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import time
from array import array
from pathlib import Path
from types import TracebackType
from typing import Any


def in_own_session(module: str) -> None:
    """Run this benchmark again as a session of its own, and leave with its exit code, unless it is one.

    Where others work too, Linux shares the processor among sessions; the worker has one of its own, so whoever is
    compared with it must have one too.
    """
    if os.name == "posix" and os.getsid(0) != os.getpid():
        again = [sys.executable, "-m", module, *sys.argv[1:]]
        raise SystemExit(subprocess.run(again, start_new_session=True, check=False).returncode)


class BareLoop:
    """One model and one context in this process."""

    def __init__(self, path: Path, *, n_ctx: int, n_batch: int, threads: int) -> None:
        from llama_cpp import llama_cpp as api

        from engine.llama import _has_amx

        self._api: Any = api
        self._quiet = api.llama_log_callback(lambda _level, _text, _data: None)
        api.llama_log_set(self._quiet, ctypes.c_void_p(0))
        api.llama_backend_init()
        params = api.llama_model_default_params()
        params.n_gpu_layers = 0
        params.use_extra_bufts = not _has_amx()
        self._model = api.llama_model_load_from_file(str(path).encode(), params)
        settings = api.llama_context_default_params()
        settings.n_ctx = n_ctx
        settings.n_batch = settings.n_ubatch = self._n_batch = n_batch
        settings.n_outputs_max = 1
        settings.n_threads = settings.n_threads_batch = threads
        settings.swa_full = False
        settings.no_perf = True
        self._context = api.llama_init_from_model(self._model, settings)
        self._memory = api.llama_get_memory(self._context)
        self._batch = api.llama_batch_init(n_batch, 0, 1)
        for i in range(n_batch):
            self._batch.n_seq_id[i] = 1
            self._batch.seq_id[i][0] = 0
            self._batch.logits[i] = 0
        self._sampler = api.llama_sampler_init_greedy()

    def __enter__(self) -> BareLoop:
        """Itself; leaving the block frees all."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Free all."""
        self._api.llama_sampler_free(self._sampler)
        self._api.llama_batch_free(self._batch)
        self._api.llama_free(self._context)
        self._api.llama_model_free(self._model)

    def forget_from(self, position: int) -> None:
        """Take back everything at and after `position`."""
        self._api.llama_memory_seq_rm(self._memory, 0, position, -1)

    def read(self, tokens: array[int], start: int = 0) -> float:
        """Seconds for reading `tokens` from position `start` on, the first token of the answer chosen."""
        size, end = self._n_batch, start + len(tokens)
        began = time.perf_counter()
        at = start
        while at < end:
            stop = min((at // size + 1) * size, end)
            self._decode(tokens[at - start : stop - start], at, last=stop == end)
            at = stop
        self._api.llama_sampler_sample(self._sampler, self._context, -1)
        return time.perf_counter() - began

    def write(self, position: int, count: int) -> float:
        """Seconds for `count` tokens more, behind what was read."""
        began = time.perf_counter()
        for at in range(position, position + count):
            token = self._api.llama_sampler_sample(self._sampler, self._context, -1)
            self._decode(array("i", [token]), at, last=True)
        return time.perf_counter() - began

    def _decode(self, tokens: array[int], position: int, *, last: bool) -> None:
        batch, count = self._batch, len(tokens)
        positions = array("i", range(position, position + count))
        batch.n_tokens = count
        ctypes.memmove(batch.token, tokens.buffer_info()[0], 4 * count)
        ctypes.memmove(batch.pos, positions.buffer_info()[0], 4 * count)
        batch.logits[count - 1] = last
        code = self._api.llama_decode(self._context, batch)
        batch.logits[count - 1] = 0
        if code:
            raise SystemExit(f"llama.cpp gave up ({code})")
