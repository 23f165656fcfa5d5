"""Which model is used when none is named, and how the engine that runs it is started. Knows no command line."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path
from typing import IO

from app.core.logfile import open_log
from app.core.marks import MARK_STYLES, MarkStyle
from engine.backends.local import LocalBackend
from engine.backends.patience import DEFAULT_PATIENCE_S
from engine.cores import usable_cores
from engine.gguf_file import GgufFile, read_gguf
from engine.protocol import KvType, ModelInfo

ENVIRONMENT_VARIABLE = "PLUMBLINE_MODEL"
PATIENCE_VARIABLE = "PLUMBLINE_PATIENCE"
DEFAULT_CONTEXT = 131_072
"""Tokens, where the model was made for at least as many and they fit: enough for long documents, not all of memory."""

STEADY_STEP = 8_192
"""Tokens by which an automatic context grows where memory is short."""

_ROOT = Path(__file__).resolve().parents[2]
BUNDLED = _ROOT / "resources" / "pocket"
ENGINE_COMMAND = (sys.executable, str(_ROOT / "main.py"), "--engine")
"""Starts a worker process."""


def find_model(named: str | None) -> Path | None:
    """The model to use: the one named, else PLUMBLINE_MODEL, else the bundled one, else None."""
    chosen = named or os.environ.get(ENVIRONMENT_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    bundled = sorted(BUNDLED.glob("*.gguf"))
    return bundled[-1] if bundled else None


def default_context(model: Path, *, kv: KvType = "f16") -> int:
    """Tokens of context when none are asked for. Raises ModelFileError."""
    from engine.free_memory import free_memory

    return context_for(read_gguf(model), kv=kv, free=free_memory())


def context_for(gguf: GgufFile, *, kv: KvType, free: int) -> int:
    """Tokens of context for `gguf` when none are asked for and `free` bytes may be taken."""
    from engine.memory_verdict import largest_context

    wanted = min(gguf.context_length, DEFAULT_CONTEXT)
    fitting = largest_context(gguf, kv=kv, n_batch=512, free=free)
    if not fitting:
        return wanted
    # What was read is kept for one size of context; free memory is a little different every day.
    return min(wanted, fitting // STEADY_STEP * STEADY_STEP or fitting)


def default_threads() -> int:
    """Threads for llama.cpp where nothing was measured: the physical cores that this process may use."""
    return usable_cores()


def open_engine(log: IO[bytes] | None = None) -> LocalBackend:
    """An engine of our own, not yet started. log: what its log goes to, None for the program's own file."""
    return LocalBackend(ENGINE_COMMAND, log=log or open_log("engine.log"), patience_s=patience())


def patience() -> float:
    """Seconds that the engine may give no sign of life: PLUMBLINE_PATIENCE, 0 for ever; no number counts as not set."""
    try:
        chosen = float(os.environ.get(PATIENCE_VARIABLE, ""))
    except ValueError:
        return DEFAULT_PATIENCE_S
    return chosen if 0 <= chosen < math.inf else DEFAULT_PATIENCE_S


def mark_style(info: ModelInfo) -> MarkStyle:
    """The model's own style of marks; an unknown one is taken for the common style."""
    return next((style for style in MARK_STYLES if style == info.mark_style), "header")
