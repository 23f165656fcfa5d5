"""Which model to load and how, and whether that fits this computer, known from the file's header alone.

Knows no window, no command line, and nothing of what a GPU can hold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

from app.core.models import BUNDLED, context_for, find_model
from app.core.tuned import MOST_THREADS, find_for
from engine.gguf_file import GgufFile, read_gguf
from engine.memory_plan import Request
from engine.memory_verdict import Fits, available_memory, judge, refusal
from engine.model_shape import shape_of
from engine.protocol import KvType
from engine.tuning import Tuned

KV_TYPES: tuple[KvType, ...] = get_args(KvType)
_LATER_PART = re.compile(r".*-(?!00001)\d{5}-of-\d{5}\.gguf", re.DOTALL)
_GIGABYTES_FROM = 10**10


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model and how to load it. None: what goes with the model and the machine. n_ctx: tokens.

    anyway: load it even if by the plan it does not fit; asked for each time, so it is kept in no file.
    """

    path: Path
    n_ctx: int | None = None
    kv: KvType = "f16"
    threads: int | None = None
    gpu_layers: int | None = None
    anyway: bool = False

    def as_plain(self) -> dict[str, Any]:
        """The same for a JSON file."""
        return {
            "path": str(self.path),
            "n_ctx": self.n_ctx,
            "kv": self.kv,
            "threads": self.threads,
            "gpu_layers": self.gpu_layers,
        }

    @classmethod
    def from_plain(cls, plain: Any) -> ModelChoice:
        """What `as_plain` gave. Raises ValueError for anything else."""
        if not isinstance(plain, Mapping) or not isinstance(plain.get("path"), str) or not plain["path"]:
            raise ValueError("no path of a model")
        kv = plain.get("kv", "f16")
        if kv not in KV_TYPES:
            raise ValueError(f"no KV type: {kv!r}")
        n_ctx = _whole(plain.get("n_ctx"), 1, None)
        threads = _whole(plain.get("threads"), 1, MOST_THREADS)
        return cls(Path(plain["path"]), n_ctx, kv, threads, _whole(plain.get("gpu_layers"), 0, None))


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a file says about its model. size: bytes on disk, all parts. trained_context: tokens. layers: 0 if unsaid.

    tuned: what measuring on this machine found for it, None for nothing. gguf: its header without the vocabulary's
    texts, which no plan needs and which are most of it.
    """

    path: Path
    name: str
    architecture: str
    size: int
    parts: int
    trained_context: int
    layers: int
    bundled: bool
    tuned: Tuned | None
    gguf: GgufFile = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """Bytes that loading takes, part by part, out of `free`. n_ctx: the tokens counted with.

    compute: buffers, copies of windows and the process itself. largest_context: tokens; 0 when not even the smallest
    fits. problem: a sentence, "" when the choice can be had. fits, verdict: the plan's word and heading for it.
    possible: the model can be loaded so somewhere; then what speaks against it is memory alone.
    """

    n_ctx: int
    weights: int
    kv: int
    compute: int
    free: int
    largest_context: int
    problem: str
    fits: Fits = "yes"
    verdict: str = ""
    possible: bool = True

    @property
    def total(self) -> int:
        """All that is taken."""
        return self.weights + self.kv + self.compute

    @property
    def left(self) -> int:
        """What stays free; negative when it is not enough."""
        return self.free - self.total


@dataclass(frozen=True, slots=True)
class MemoryWords:
    """A need in figures of one unit that add up as they are printed: weights + kv + compute = total = free - left."""

    weights: str
    kv: str
    compute: str
    total: str
    free: str
    left: str


def describe_model(path: Path) -> ModelFacts:
    """What the file `path` says about its model. Reads the header only. Raises ModelFileError."""
    whole = read_gguf(path)
    layers = whole.metadata.get(f"{whole.architecture}.block_count")
    kept = find_for(whole)
    return ModelFacts(
        path=path,
        name=whole.name,
        architecture=whole.architecture,
        size=whole.size,
        parts=len(whole.parts),
        trained_context=whole.context_length,
        layers=layers if isinstance(layers, int) else 0,
        bundled=is_bundled(path),
        gguf=whole.without_vocabulary(),
        tuned=kept.tuned if kept else None,
    )


def memory_need(choice: ModelChoice, *, facts: ModelFacts | None = None, held: int = 0) -> MemoryNeed:
    """What loading `choice` takes of this computer's memory. Raises ModelFileError.

    facts: of choice.path, where they were read already. held: bytes a model gives back that goes for this one.
    """
    gguf = (facts or describe_model(choice.path)).gguf
    here = available_memory()
    shape, free = shape_of(gguf), here.ram + held
    n_ctx = choice.n_ctx if choice.n_ctx is not None else context_for(gguf, kv=choice.kv, free=free)
    request = Request(n_ctx, kv=choice.kv, threads=choice.threads or 1, gpu_layers=choice.gpu_layers or 0)
    verdict = judge(shape, request, replace(here, ram=free))
    never = refusal(shape, request)
    needed = verdict.plan
    return MemoryNeed(
        n_ctx=n_ctx,
        weights=needed.weights,
        kv=needed.kv,
        compute=needed.compute + needed.checkpoints + needed.process,
        free=free,
        largest_context=verdict.max_context,
        problem=str(never) if never else "" if verdict.fits == "yes" else verdict.sentence,
        fits=verdict.fits,
        verdict=verdict.words if never is None else "",
        possible=never is None,
    )


def in_words(need: MemoryNeed) -> MemoryWords:
    """The need in megabytes (gigabytes from 10 GB on), rounded so that the printed figures still add up."""
    decimals = 1 if need.total >= _GIGABYTES_FROM else 0
    unit, name = (10**8, "GB") if decimals else (10**6, "MB")
    weights, kv, compute, free = (round(v / unit) for v in (need.weights, need.kv, need.compute, need.free))
    total = weights + kv + compute

    def shown(amount: int) -> str:
        return f"{amount / 10:,.1f} {name}" if decimals else f"{amount:,} {name}"

    return MemoryWords(*(shown(v) for v in (weights, kv, compute, total, free, free - total)))


def shown_size(size: int) -> str:
    """Bytes as people read them: 8.5 MB, 61.4 GB."""
    return f"{size / 1e9:,.1f} GB" if size >= 10**9 else f"{size / 1e6:,.1f} MB"


def is_bundled(path: Path) -> bool:
    """Whether this is the model that comes with the program."""
    return _real(path).parent == BUNDLED


def known_models(recent: Sequence[Path]) -> list[Path]:
    """Models to choose from: the bundled one, recent ones that are still there, then the GGUFs that lie beside those.

    Looks into folders, so it can take as long as a slow disk. Files are not opened.
    """
    bundled = sorted(BUNDLED.glob("*.gguf"))[-1:]
    there = [path for path in recent if _is_file(path)]
    named = find_model(None)
    if named is not None and _is_file(named):
        there.append(named)
    beside: list[Path] = []
    for folder in dict.fromkeys(path.parent for path in there):
        if folder != BUNDLED:
            beside += models_in(folder)
    found: dict[Path, Path] = {}
    for path in (*bundled, *there, *beside):
        found.setdefault(_real(path), path)
    return list(found.values())


def models_in(folder: Path) -> list[Path]:
    """The GGUFs in `folder` by name; of split models the first part, of image models the half that answers."""
    try:
        files = sorted(folder.glob("*.gguf"))
    except OSError:
        return []
    return [f for f in files if not _LATER_PART.fullmatch(f.name) and not f.name.lower().startswith("mmproj")]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _real(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path


def _whole(value: Any, least: int, most: int | None) -> int | None:
    """`value` if it is None or a whole number within bounds. Raises ValueError."""
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < least or (most is not None and value > most):
        raise ValueError(f"not a number that can be used: {value!r}")
    return value
