"""The one file that calls llama.cpp: a model, its vocabulary and one context, behind small Python methods.

Runs in the worker process only. Knows nothing of prompts, checkpoints' meaning, messages or processes. Uses the
low-level bindings because the convenience class keeps a score for every token of a batch, knows no window
checkpoints and trusts removals that a sliding-window cache cannot honour.
"""

from __future__ import annotations

import ctypes
import os
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from engine.compute_memory import SCORED_AT_ONCE
from engine.errors import Cancelled, ContextError, EngineError, GrammarError, ModelFileError
from engine.ggml import Ggml

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WindowState: TypeAlias = "ctypes.Array[ctypes.c_uint8]"
"""A copy of window layers, as `Context.window_state` gives it and in the memory that llama.cpp wrote."""

KV_TYPES = {"f16": 1, "q8_0": 8, "q4_0": 2}
"""ggml's type numbers of the KV cache types offered."""

LARGEST_BATCH = 8192
"""Tokens; Llama 4's attention starts afresh at multiples of this."""

ABORTED = 2
"""llama_decode's answer when the abort callback said so."""

_FLASH = {"auto": -1, "off": 0, "on": 1}


class AbortFlag:
    """A flag that llama.cpp reads between graph nodes without taking Python's lock.

    The callback is the C library's own `strlen`: over an empty string it says 0 (go on), over one character 1
    (stop). A Python callback here would be entered hundreds of times per token.
    """

    def __init__(self) -> None:
        self._buffer = ctypes.create_string_buffer(2)
        library = ctypes.cdll.msvcrt if os.name == "nt" else ctypes.CDLL(None)
        self._function = ctypes.cast(library.strlen, ctypes.c_void_p)

    def set(self) -> None:
        """Stop the running decode or load at the next chance."""
        self._buffer[0] = b"\x01"

    def clear(self) -> None:
        """Allow work again."""
        self._buffer[0] = b"\x00"

    def is_set(self) -> bool:
        """Whether a stop was asked for."""
        return self._buffer[0] != b"\x00"

    def install(self, api: Any, context: Any) -> None:
        """Make `context` obey this flag."""
        callback = ctypes.cast(self._function, api.ggml_abort_callback)
        api.llama_set_abort_callback(context, callback, ctypes.cast(self._buffer, ctypes.c_void_p))


class Log:
    """llama.cpp's log lines, written to stderr; the first and the last error are kept for messages."""

    _installed: ClassVar[object] = None
    """llama.cpp keeps one callback for the whole process, which must outlive the model that brought it."""

    def __init__(self, api: Any, write: Callable[[str], None]) -> None:
        self.first_error = self.last_error = ""
        error_level, continued = 4, 5
        level = 0

        def receive(at: int, text: bytes, _data: object) -> None:
            nonlocal level
            level = level if at == continued else at
            line = text.decode("utf-8", "replace")
            if level == error_level and line.strip():
                self.last_error = line.strip()
                self.first_error = self.first_error or self.last_error
            write(line)

        callback = api.llama_log_callback(receive)
        api.llama_log_set(callback, ctypes.c_void_p(0))
        Log._installed = callback


def check_batches(n_batch: int, n_ubatch: int) -> None:
    """Raise ContextError for batches that could reach over a border of Llama 4's chunks, where it would go wrong."""
    if not all(0 < n <= LARGEST_BATCH and not n & (n - 1) for n in (n_batch, n_ubatch)) or n_ubatch > n_batch:
        raise ContextError(
            f"Batches of {n_batch:,} tokens in parts of {n_ubatch:,} cannot be had.",
            hint=f"Both are powers of two, at most {LARGEST_BATCH:,}, the part not larger than the whole.",
        )


def _has_amx() -> bool:
    """Whether this CPU has AMX tiles (Linux says so in /proc/cpuinfo; other systems do not let programs use them)."""
    try:
        return b" amx_tile" in Path("/proc/cpuinfo").read_bytes()
    except OSError:
        return False


def build_facts() -> tuple[dict[str, str], tuple[Path, ...]]:
    """What llama.cpp says about its build and this machine, and the shared libraries it consists of."""
    from llama_cpp import __file__ as package
    from llama_cpp import __version__
    from llama_cpp import llama_cpp as api

    said = {
        "bindings": str(__version__),
        "version": api.llama_version().decode("utf-8", "replace"),
        "system": api.llama_print_system_info().decode("utf-8", "replace"),
    }
    folder = Path(package).parent / "lib"
    return said, tuple(sorted({path.resolve() for path in folder.iterdir() if path.is_file()}))


class Model:
    """A loaded GGUF (or only its vocabulary).

    on_progress: called with 0.0 to 1.0 while loading. Raises ModelFileError, or Cancelled when `abort` is set.
    """

    def __init__(
        self,
        path: Path,
        *,
        abort: AbortFlag,
        log: Callable[[str], None],
        on_progress: Callable[[float], None],
        vocabulary_only: bool = False,
        gpu_layers: int = 0,
        devices: Sequence[str] = (),
        experts_on_cpu: int = 0,
    ) -> None:
        from llama_cpp import llama_cpp as api

        self._api = api
        self._log = Log(api, log)
        api.llama_backend_init()

        def progress(done: float, _data: object) -> bool:
            on_progress(done)
            return not abort.is_set()

        params = api.llama_model_default_params()
        params.vocab_only = vocabulary_only
        params.n_gpu_layers = gpu_layers
        # llama.cpp reads these arrays while it loads; ctypes would free them once nothing in Python holds them.
        self._arrays: list[Any] = []
        if devices:
            params.devices = self._address(Ggml().device_list(devices))
        if experts_on_cpu:
            params.tensor_buft_overrides = self._address(Ggml().experts_in_ram(experts_on_cpu))
        # Where the CPU has AMX, llama.cpp's repacked kernels for quantised weights configure its tiles from memory
        # that GCC 12 never wrote, and the process dies at the first batch.
        params.use_extra_bufts = not _has_amx()
        params.progress_callback = self._progress = api.llama_progress_callback(progress)
        self.handle = api.llama_model_load_from_file(os.fsencode(path), params)
        if not self.handle:
            if abort.is_set():
                raise Cancelled("Loading was stopped.")
            reason = self._log.last_error or "no reason given"
            raise ModelFileError(
                f"llama.cpp cannot load {path}: {reason}",
                hint="Check the file, or choose another GGUF with --model.",
            )
        self._vocab = api.llama_model_get_vocab(self.handle)
        self.n_vocab: int = api.llama_vocab_n_tokens(self._vocab)
        self.n_ctx_train: int = api.llama_model_n_ctx_train(self.handle)
        self.n_swa: int = api.llama_model_n_swa(self.handle)
        self.size: int = api.llama_model_size(self.handle)
        self.recurrent: bool = bool(api.llama_model_is_recurrent(self.handle) or api.llama_model_is_hybrid(self.handle))
        self.bos: int = api.llama_vocab_bos(self._vocab)
        self.eos: int = api.llama_vocab_eos(self._vocab)
        self.add_bos: bool = bool(api.llama_vocab_get_add_bos(self._vocab))

    def _address(self, array: Any) -> int:
        self._arrays.append(array)
        return ctypes.addressof(array)

    def forget_errors(self) -> None:
        """From now on `first_error` speaks of what comes."""
        self._log.first_error = ""

    @property
    def first_error(self) -> str:
        """The first line that llama.cpp logged as an error, "" when there was none; those behind it say less."""
        return self._log.first_error

    def description(self) -> str:
        """llama.cpp's own one-line description, such as `llama4 17Bx16E (Scout) Q4_K - Medium`."""
        buffer = ctypes.create_string_buffer(256)
        self._api.llama_model_desc(self.handle, buffer, len(buffer))
        return buffer.value.decode("utf-8", "replace")

    def chat_template(self) -> str | None:
        """The GGUF's default chat template."""
        raw = self._api.llama_model_chat_template(self.handle, None)
        return raw.decode("utf-8", "replace") if raw else None

    def tokenize(self, text: str, *, special: bool) -> list[int]:
        """Token ids of `text`; control tokens are recognised in it only when `special`."""
        raw = text.encode("utf-8")
        room = len(raw) + 8
        while True:
            tokens = (self._api.llama_token * room)()
            count = self._api.llama_tokenize(self._vocab, raw, len(raw), tokens, room, False, special)
            if count >= 0:
                return list(tokens[:count])
            room = -count

    def text_of(self, token: int) -> str:
        """A token's own text as the vocabulary holds it ("" for no token)."""
        if token < 0:
            return ""
        raw = self._api.llama_vocab_get_text(self._vocab, token)
        return raw.decode("utf-8", "replace") if raw else ""

    def piece(self, token: int) -> bytes:
        """The bytes a token adds to an answer; control tokens add none."""
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            count: int = self._api.llama_token_to_piece(self._vocab, token, buffer, size, 0, False)
            if count >= 0:
                return buffer.raw[:count]
            size = -count

    def ends_answer(self, token: int) -> bool:
        """Whether `token` is one of the model's end-of-generation tokens."""
        return bool(self._api.llama_vocab_is_eog(self._vocab, token))

    def close(self) -> None:
        """Free the weights."""
        if self.handle:
            self._api.llama_model_free(self.handle)
            self.handle = None


class Context:
    """One sequence's KV cache over a model.

    n_ctx: tokens. kv: a key of KV_TYPES; kv_values: the values' where they differ. flash: "auto", "on" or "off".
    threads_batch, n_ubatch: 0 for the same as threads, n_batch.
    Raises ContextError when llama.cpp refuses to make it.
    """

    def __init__(
        self,
        model: Model,
        *,
        n_ctx: int,
        n_batch: int,
        kv: str,
        threads: int,
        abort: AbortFlag,
        threads_batch: int = 0,
        n_ubatch: int = 0,
        kv_values: str | None = None,
        flash: str = "auto",
    ) -> None:
        check_batches(n_batch, n_ubatch or n_batch)
        self._api = api = model._api
        params = api.llama_context_default_params()
        params.n_ctx = n_ctx
        params.n_batch, params.n_ubatch = n_batch, n_ubatch or n_batch
        params.n_seq_max = 1
        # Few rows of logits instead of one per batch token, which would be 400 MB for a vocabulary of 202,048.
        # llama.cpp allocates those that a batch asks for, which is mostly one.
        params.n_outputs_max = min(SCORED_AT_ONCE, n_batch)
        params.n_threads, params.n_threads_batch = threads, threads_batch or threads
        values = kv_values or kv
        params.type_k, params.type_v = KV_TYPES[kv], KV_TYPES[values]
        # Left to itself llama.cpp may do without, and then cannot unpack the values.
        params.flash_attn_type = _FLASH["on" if flash == "auto" and values != "f16" else flash]
        params.swa_full = False
        params.no_perf = True
        self.handle = api.llama_init_from_model(model.handle, params)
        if not self.handle:
            raise ContextError(
                f"llama.cpp could not make a context of {n_ctx:,} tokens ({model._log.last_error or kv}).",
                hint="Choose a smaller --ctx or --kv q8_0.",
            )
        abort.install(api, self.handle)
        self._memory = api.llama_get_memory(self.handle)
        self._batch = batch = api.llama_batch_init(n_batch, 0, 1)
        for i in range(n_batch):
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = 0
            batch.logits[i] = 0
        self.n_ctx = n_ctx
        self.n_batch = n_batch
        self._view: tuple[int, int, NDArray[np.float32]] | None = None

    def decode(self, tokens: array[int], position: int, *, want_logits: bool) -> int:
        """Decode up to n_batch tokens starting at `position`; llama_decode's return code.

        The logits of the last token are computed when `want_logits`.
        """
        return self._decode(tokens, position, int(want_logits))

    def decode_scored(self, tokens: array[int], position: int) -> int:
        """The same for up to SCORED_AT_ONCE tokens, with the logits of each."""
        return self._decode(tokens, position, len(tokens))

    def _decode(self, tokens: array[int], position: int, rows: int) -> int:
        batch = self._batch
        batch.n_tokens = count = len(tokens)
        _copy(tokens, batch.token)
        _copy(array("i", range(position, position + count)), batch.pos)
        for i in range(count - rows, count):
            batch.logits[i] = 1
        try:
            return int(self._api.llama_decode(self.handle, batch))
        finally:
            for i in range(count - rows, count):
                batch.logits[i] = 0

    def use_threads(self, threads: int, threads_batch: int) -> None:
        """Compute with so many threads from now on: one token at a time, and batches."""
        self._api.llama_set_n_threads(self.handle, threads, threads_batch)

    def held(self) -> int:
        """How many tokens the cache holds from position 0 on, by llama.cpp's own account."""
        return int(self._api.llama_memory_seq_pos_max(self._memory, 0)) + 1

    def remove_from(self, position: int) -> bool:
        """Forget everything at and after `position`. False when this cache cannot."""
        return bool(self._api.llama_memory_seq_rm(self._memory, 0, position, -1))

    def clear(self) -> None:
        """Forget everything."""
        self._api.llama_memory_clear(self._memory, True)

    def window_from(self) -> int:
        """The first position whose window layers are still held; all up to the newest are. -1: none."""
        return int(self._api.llama_memory_seq_pos_min(self._memory, 0))

    def window_size(self) -> int:
        """Bytes that `window_state` would take now."""
        flags = self._api.LLAMA_STATE_SEQ_FLAGS_SWA_ONLY
        return int(self._api.llama_state_seq_get_size_ext(self.handle, 0, flags))

    def window_state(self) -> WindowState:
        """The state of the sliding-window (or chunked) layers alone, which `remove_from` cannot bring back.

        Raises MemoryError.
        """
        flags = self._api.LLAMA_STATE_SEQ_FLAGS_SWA_ONLY
        size = self.window_size()
        buffer = (ctypes.c_uint8 * size)()
        if self._api.llama_state_seq_get_data_ext(self.handle, buffer, size, 0, flags) != size:
            raise MemoryError
        return buffer

    def restore_window(self, state: WindowState) -> bool:
        """Put back what `window_state` gave. False when llama.cpp did not take it."""
        flags = self._api.LLAMA_STATE_SEQ_FLAGS_SWA_ONLY
        return bool(self._api.llama_state_seq_set_data_ext(self.handle, state, len(state), 0, flags))

    def state_size(self) -> int:
        """Bytes that `write_state` takes at present."""
        return int(self._api.llama_state_seq_get_size_ext(self.handle, 0, 0))

    def write_state(self, memory: memoryview) -> int:
        """Write all that is held into `memory`, which is writable; the bytes written, 0 when it could not be done."""
        buffer = (ctypes.c_uint8 * len(memory)).from_buffer(memory)
        return int(self._api.llama_state_seq_get_data_ext(self.handle, buffer, len(memory), 0, 0))

    def read_state(self, memory: memoryview) -> bool:
        """Hold what `write_state` wrote, in place of what is held. False when llama.cpp did not take it.

        memory: writable, though nothing is written to it.
        """
        buffer = (ctypes.c_uint8 * len(memory)).from_buffer(memory)
        return bool(self._api.llama_state_seq_set_data_ext(self.handle, buffer, len(memory), 0, 0))

    def logits(self, n_vocab: int) -> list[float]:
        """The last decoded token's logits, when they were asked for."""
        row = self._api.llama_get_logits_ith(self.handle, -1)
        return list(row[:n_vocab])

    def logits_view(self, n_vocab: int) -> NDArray[np.float32]:
        """The same without a copy: llama.cpp's own memory, overwritten by the next decode."""
        row = self._api.llama_get_logits_ith(self.handle, -1)
        if not row:
            raise EngineError("llama.cpp has computed no logits.", hint="Ask again.")
        address = ctypes.addressof(row.contents)
        # They mostly lie where they lay before, and making a view takes longer than looking at it.
        if self._view is None or self._view[:2] != (address, n_vocab):
            import numpy as np

            memory = (ctypes.c_float * n_vocab).from_address(address)
            self._view = (address, n_vocab, np.frombuffer(memoryview(memory), dtype=np.float32))
        return self._view[2]

    def logits_rows(self, n_vocab: int, count: int) -> NDArray[np.float32]:
        """(count, n_vocab): those of the last batch, which asked for `count` rows; a view as in `logits_view`."""
        import numpy as np

        first = self._api.llama_get_logits(self.handle)
        if not first:
            raise EngineError("llama.cpp has computed no logits.", hint="Ask again.")
        memory = (ctypes.c_float * (count * n_vocab)).from_address(ctypes.addressof(first.contents))
        return np.frombuffer(memoryview(memory), dtype=np.float32).reshape(count, n_vocab)

    def close(self) -> None:
        """Free the cache."""
        if self.handle:
            self._api.llama_batch_free(self._batch)
            self._api.llama_free(self.handle)
            self.handle = None


def schema_grammar(schema: str) -> str:
    """The GBNF grammar of a JSON schema. Raises GrammarError."""
    from llama_cpp.llama_grammar import json_schema_to_gbnf

    try:
        return str(json_schema_to_gbnf(schema))
    except Exception as error:
        # Whatever the converter trips over, the schema brought it.
        reason = " ".join(str(error).split())[:200].rstrip(" .:") or type(error).__name__
        raise GrammarError(
            f"No grammar can be made of this JSON schema: {reason}.",
            hint="Check the schema, or use a simpler one.",
        ) from None


def _copy(numbers: array[int], target: Any) -> None:
    """Copy 32-bit integers to where llama.cpp reads them."""
    address, count = numbers.buffer_info()
    ctypes.memmove(target, address, count * numbers.itemsize)
