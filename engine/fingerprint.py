"""What the state of a model that has read something depends on, told in one place.

Two states with the same fingerprint and the same tokens are interchangeable. Read states on disk and the self-check
both use it. Knows no llama.cpp (what was built is handed in), no contexts and no files but the model's.

Every load option counts but those in NOT_READ. How reading is cut into batches counts, because the routing of a
mixture of experts flips on rounding: a restored state then goes on exactly as reading afresh here would. How many
layers lie on a GPU counts only as none or some, as that number may follow from what is free there today.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.gguf_file import GgufFile
from engine.machine import machine_identity
from engine.protocol import LoadOptions

NOT_READ = frozenset(
    "path n_ctx threads threads_batch gpu_layers vocabulary_only anyway checkpoint_bytes".split()
    + "state_folder state_quota state_seconds".split()
)
"""Load options that change nothing in what is read (n_ctx and gpu_layers count under other names)."""

WORDS = {
    "model": "another model file",
    "build": "another build of llama.cpp",
    "machine": "another computer",
    "template": "another chat template",
    "rope": "other position settings",
    "context": "another context size",
    "kv": "another type of KV cache",
    "flash": "another choice of flash attention",
    "gpu": "another use of the GPU",
    "devices": "other devices",
    "experts_on_cpu": "other devices",
    "rpc": "other devices",
    "kv_values": "another type of KV cache",
    "n_batch": "another batch size",
    "n_ubatch": "another batch size",
    "suite": "another version of the self-check",
    "marks": "another way of marking sources",
}
_WHOLE_UP_TO = 32 << 20
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """facts: JSON values by name; digest: 32 hexadecimal digits over them."""

    facts: Mapping[str, Any]
    digest: str

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Fingerprint:
        """The fingerprint of these facts, in whatever order they are given."""
        raw = json.dumps(facts, sort_keys=True, ensure_ascii=True).encode("ascii")
        return cls(facts, hashlib.blake2b(raw, digest_size=16).hexdigest())


def fingerprint(
    gguf: GgufFile, options: LoadOptions, build: Mapping[str, str], libraries: tuple[Path, ...], key: bytes = b""
) -> Fingerprint:
    """The fingerprint of `gguf` loaded with `options`.

    build, libraries: what llama.cpp says about itself, and its shared libraries. key: of this machine, where states
    are kept. Raises ModelFileError when the model is gone.
    """
    rope = {k: v for k, v in gguf.metadata.items() if k.startswith(f"{gguf.architecture}.rope.")}
    facts: dict[str, Any] = {
        "model": gguf.fingerprint(),
        "build": {**build, "libraries": _digest_of(libraries)},
        "machine": machine_identity(key),
        "template": hashlib.blake2b((gguf.chat_template or "").encode(), digest_size=16).hexdigest(),
        "rope": {name: list(value) if isinstance(value, tuple) else value for name, value in rope.items()},
        "context": options.n_ctx,
        "gpu": options.gpu_layers != 0,
    }
    facts |= {name: value for name, value in asdict(options).items() if name not in NOT_READ}
    facts |= {"n_ubatch": options.n_ubatch or options.n_batch, "kv_values": options.kv_values or options.kv}
    # Through JSON once, so that facts read back from a file are equal to these.
    return Fingerprint.of(json.loads(json.dumps(facts)))


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """What is not the same, in words, such as "another context size"."""
    names = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    return list(dict.fromkeys(WORDS.get(name, "other load options") for name in names))


def full_sha256(gguf: GgufFile, cache: Path | None = None) -> str:
    """Hexadecimal SHA-256 over all bytes of all parts of `gguf`; a minute for 60 GB.

    cache: a JSON file in which results are kept, by path, sizes and times of change. Raises OSError.
    """
    stamp = [[str(part), (status := part.stat()).st_size, status.st_mtime_ns] for part in gguf.parts]
    known = _read_cache(cache)
    entry = known.get(str(gguf.path))
    if isinstance(entry, dict) and entry.get("stamp") == stamp and isinstance(entry.get("sha256"), str):
        return str(entry["sha256"])
    digest = hashlib.sha256()
    for part in gguf.parts:
        with part.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    if cache is not None:
        known[str(gguf.path)] = {"stamp": stamp, "sha256": digest.hexdigest()}
        cache.write_text(json.dumps(known), "utf-8")
    return digest.hexdigest()


def _read_cache(cache: Path | None) -> dict[str, Any]:
    if cache is None:
        return {}
    try:
        known = json.loads(cache.read_bytes())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _digest_of(files: tuple[Path, ...]) -> str:
    """All bytes of small files; of large ones (GPU kernels) the size, the beginning and the end."""
    digest = hashlib.blake2b(digest_size=16)
    for path in files:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            digest.update(f"{path.name} {size}\n".encode())
            if size <= _WHOLE_UP_TO:
                digest.update(file.read())
            else:
                digest.update(file.read(_BLOCK))
                file.seek(size - _BLOCK)
                digest.update(file.read(_BLOCK))
    return digest.hexdigest()
