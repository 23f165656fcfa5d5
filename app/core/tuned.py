"""What measuring found out, kept for each model on each machine, and how a model is loaded with it.

One JSON file beside the sessions. An entry that cannot be understood counts as none: measuring again costs a minute.
Knows no window, no command line, and not how it is measured.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import importlib.metadata
import json
import os
import platform
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.core.paths import data_dir
from engine.errors import ContextError
from engine.gguf_file import GgufFile, read_gguf
from engine.llama import LARGEST_BATCH, check_batches
from engine.tuning import Tuned

FILE_NAME = "tuned.json"
MOST_ENTRIES = 64
MOST_THREADS = 512
"""llama.cpp ends its process over more."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One entry. name: the model's own. date: of the measuring, ISO."""

    tuned: Tuned
    name: str
    date: str


def tuned_path() -> Path:
    """The file."""
    return data_dir() / FILE_NAME


def find(model: Path) -> Kept | None:
    """What was measured for `model` on this machine; None for nothing. Raises ModelFileError where anything was."""
    # A header with its vocabulary takes a while to read, and every question comes by here.
    return find_for(read_gguf(model)) if _entries() else None


def find_for(gguf: GgufFile) -> Kept | None:
    """The same of a header that was read already, whole. Raises ModelFileError."""
    entries = _entries()
    # The fingerprint reads some megabytes, which nobody should pay who never measured.
    return _understood(entries.get(_key(gguf))) if entries else None


def keep(model: Path, tuned: Tuned) -> Kept:
    """Use `tuned` for `model` on this machine from now on. Raises ModelFileError, OSError."""
    gguf = read_gguf(model)
    kept = Kept(tuned, gguf.name, datetime.date.today().isoformat())
    entries = {key: entry for key, entry in _entries().items() if key != _key(gguf)}
    entries[_key(gguf)] = {
        "name": kept.name,
        "date": kept.date,
        "threads": tuned.threads,
        "threads_batch": tuned.threads_batch,
        "n_batch": tuned.n_batch,
        "n_ubatch": tuned.n_ubatch,
        "gpu": tuned.gpu,
    }
    _write(dict(list(entries.items())[-MOST_ENTRIES:]))
    return kept


def forget(model: Path) -> bool:
    """Go back to the defaults for `model`; whether there was anything to forget. Raises ModelFileError, OSError."""
    entries = _entries()
    if entries.pop(_key(read_gguf(model)), None) is None:
        return False
    _write(entries)
    return True


def machine() -> str:
    """What tells this machine, as far as speed goes, from others: processor, cores, the build of llama.cpp."""
    from engine.cores import usable_cores, usable_threads
    from engine.devices import backend_files

    parts = [
        platform.system(),
        platform.machine(),
        _processor(),
        usable_cores(),
        usable_threads(),
        importlib.metadata.version("llama-cpp-python"),
        *sorted(backend_files()),
    ]
    return hashlib.sha256("\n".join(map(str, parts)).encode("utf-8", "replace")).hexdigest()[:16]


def _processor() -> str:
    """The processor's name; Python itself does not say on Linux."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith(("model name", "Model")):
                return line.partition(":")[2].strip()
    return platform.processor()


def _key(gguf: GgufFile) -> str:
    return f"{gguf.fingerprint()[:32]}@{machine()}"


def _understood(entry: Any) -> Kept | None:
    try:
        threads, threads_batch = (_whole(entry[name], MOST_THREADS) for name in ("threads", "threads_batch"))
        n_batch, n_ubatch = (_whole(entry[name], LARGEST_BATCH) for name in ("n_batch", "n_ubatch"))
        check_batches(n_batch, n_ubatch)
        gpu = entry["gpu"] if isinstance(entry["gpu"], bool) else None
        return Kept(Tuned(threads, threads_batch, n_batch, n_ubatch, gpu), str(entry["name"]), str(entry["date"]))
    except (KeyError, TypeError, ValueError, ContextError):
        return None


def _whole(value: Any, most: int) -> int:
    """`value` where it is a whole number from 1 to `most`. Raises ValueError."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= most:
        raise ValueError(f"not a number that can be used: {value!r}")
    return value


def _entries() -> dict[str, Any]:
    try:
        plain = json.loads(tuned_path().read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return plain if isinstance(plain, dict) else {}


def _write(entries: dict[str, Any]) -> None:
    """So that at any moment the old or the new file is there whole."""
    path = tuned_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f"{FILE_NAME}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(json.dumps(entries, indent=2).encode("ascii") + b"\n")
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
