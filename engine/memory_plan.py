"""What a model with the context asked for takes of this machine's memory, known before anything is loaded.

Adds up weights, KV cache, compute buffers, copies of windows and the process itself, from sizes alone, and says what
would fit. Measured for processes without a GPU; what lies on GPUs is divided as llama.cpp does it and is "about".
Knows no llama.cpp and no sentence about what to click.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.compute_memory import SCORED_AT_ONCE, compute_bytes, input_bytes, work_bytes
from engine.cpu_features import repacked_kinds
from engine.kv_memory import BLOCK, bookkeeping_bytes, kv_bytes, window_copy_bytes
from engine.model_shape import ModelShape
from engine.placement import RAM, Gpu, Memory, place
from engine.protocol import KvType, LoadOptions
from engine.quotable import MOST_BYTES

STEP = 1024
"""Tokens: the contexts that are offered are multiples of this, or all the model was made for."""

SHARE_OF_FREE = 0.95

PROCESS = 57 << 20
"""Bytes of a worker before it holds a model: the interpreter and the libraries."""

_VOCABULARY_ENTRY = 215
"""Bytes of a token or a merge in the worker: llama.cpp's tables, the trie of quotations."""
_GRAPH_NODE, _NODES_PER_TENSOR, _FEWEST_NODES = 1600, 8, 1024
_TOKEN_COPIES = 24
"""Bytes per token of a prompt that the worker keeps and hands on."""
_TEXT_PER_TOKEN, _INDEX_PER_BYTE = 4.5, 10
"""Bytes of the documents per token, and of the index over them that quotations are checked with, while it is built."""
_LOGITS = 4


@dataclass(frozen=True, slots=True)
class Request:
    """How a model is to be loaded, as far as memory depends on it. n_ctx, n_batch, n_ubatch: tokens.

    kv_values: type of the values where it differs from the keys'. gpu_layers, experts_on_cpu: -1 for all.
    checkpoint_bytes: for copies of windows; -1: one has to fit, more are made of what is free.
    """

    n_ctx: int
    kv: KvType = "f16"
    kv_values: KvType | None = None
    n_batch: int = 512
    n_ubatch: int = 0
    flash: bool = True
    threads: int = 1
    gpu_layers: int = 0
    experts_on_cpu: int = 0
    checkpoint_bytes: int = -1

    @property
    def ubatch(self) -> int:
        """Tokens computed at once."""
        return min(self.n_ubatch or self.n_batch, self.n_batch)

    @property
    def values(self) -> KvType:
        """The type of the values."""
        return self.kv_values or self.kv


def request_of(options: LoadOptions) -> Request:
    """What `options` ask for."""
    return Request(
        n_ctx=options.n_ctx,
        kv=options.kv,
        kv_values=options.kv_values,
        n_batch=options.n_batch,
        n_ubatch=options.n_ubatch,
        flash=options.flash != "off",
        threads=max(options.threads, options.threads_batch),
        gpu_layers=options.gpu_layers,
        experts_on_cpu=options.experts_on_cpu,
        checkpoint_bytes=options.checkpoint_bytes,
    )


@dataclass(frozen=True, slots=True)
class DeviceNeed:
    """What one device has to hold, in bytes. name: "RAM" or the GPU's."""

    name: str
    weights: int
    kv: int
    compute: int
    checkpoints: int = 0
    process: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.kv + self.compute + self.checkpoints + self.process


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """Bytes needed. devices: RAM first, then each GPU that holds anything.

    repacked: bytes of weights that are copied into another order, a part of `weights`; the file's pages they come from
    are seen as the process's too until the system takes them back. window_copy: of one copy; 0: none are needed.
    about: sizes that were not held against llama.cpp's own account.
    """

    devices: tuple[DeviceNeed, ...]
    repacked: int
    window_copy: int
    about: bool

    @property
    def ram(self) -> DeviceNeed:
        """What main memory has to hold."""
        return self.devices[0]

    @property
    def weights(self) -> int:
        """On all devices, as are the next four."""
        return sum(device.weights for device in self.devices)

    @property
    def kv(self) -> int:
        """Keys and values."""
        return sum(device.kv for device in self.devices)

    @property
    def compute(self) -> int:
        """Compute buffers, scratch memory, logits."""
        return sum(device.compute for device in self.devices)

    @property
    def checkpoints(self) -> int:
        """Copies of windows."""
        return sum(device.checkpoints for device in self.devices)

    @property
    def process(self) -> int:
        """The worker's own: interpreter, libraries, vocabulary, what it keeps per token and cell."""
        return sum(device.process for device in self.devices)

    @property
    def total(self) -> int:
        """All of it."""
        return sum(device.total for device in self.devices)

    @property
    def resident(self) -> int:
        """The most that the system shows for the process in RAM."""
        return self.ram.total + self.repacked

    def fits(self, available: Memory) -> bool:
        """Whether every device has room. GPUs that are not known are not judged."""
        if self.ram.total > available.ram * SHARE_OF_FREE:
            return False
        free = {gpu.name: gpu.free for gpu in available.gpus or ()}
        return all(need.total <= free[need.name] * SHARE_OF_FREE for need in self.devices[1:])


def plan(shape: ModelShape, request: Request, gpus: tuple[Gpu, ...] = ()) -> MemoryPlan:
    """Bytes for a worker that loads `shape` as `request` says and then fills the context."""
    placed = place(len(shape.layers), request.gpu_layers, gpus)
    kinds = repacked_kinds()
    caches = kv_bytes(shape, request.n_ctx, request.ubatch, request.kv, request.values)
    weights, kv = [0] * (len(gpus) + 1), [0] * (len(gpus) + 1)
    repacked = 0
    weights[RAM] += shape.input.size
    for number, (layer, device) in enumerate(zip(shape.layers, placed, strict=False)):
        stays = request.experts_on_cpu < 0 or number < request.experts_on_cpu
        weights[device] += layer.weights.size
        weights[RAM if stays else device] += layer.expert_weights.size
        kv[device] += caches[number]
        repacked += layer.weights.repacked(kinds) if device == RAM else 0
        repacked += layer.expert_weights.repacked(kinds) if device == RAM or stays else 0
    out = placed[-1]
    weights[out] += shape.output.size
    if out == RAM:
        # A token table that is the output too is looked up in the file and multiplied with in its copy.
        again = shape.tied.repacked(kinds)
        weights[RAM] += again
        repacked += shape.output.repacked(kinds)
    else:
        weights[out] += shape.tied.size
    buffer = compute_bytes(
        shape,
        n_ctx=request.n_ctx,
        n_ubatch=request.ubatch,
        kv=request.kv,
        kv_v=request.values,
        flash=request.flash,
    )
    computes = RAM in placed[:-1] or request.experts_on_cpu != 0
    here = buffer if computes else input_bytes(shape, n_ctx=request.n_ctx, n_ubatch=request.ubatch, flash=request.flash)
    # Of all tokens that can be scored at once, and one row more to work in.
    logits = shape.vocabulary * _LOGITS * (min(SCORED_AT_ONCE, request.n_batch) + 1)
    work = work_bytes(shape, n_ubatch=min(request.ubatch, request.n_ctx), threads=request.threads)
    copy = window_copy_bytes(shape, request.n_ctx, request.kv, request.values)
    ram = DeviceNeed(
        "RAM",
        weights[RAM],
        kv[RAM],
        here + work + logits,
        checkpoints=max(copy, request.checkpoint_bytes) if copy else 0,
        process=process_bytes(shape, request),
    )
    others = tuple(DeviceNeed(gpu.name, weights[i], kv[i], buffer) for i, gpu in enumerate(gpus) if i in placed)
    return MemoryPlan((ram, *others), repacked, copy, shape.about or bool(others))


def process_bytes(shape: ModelShape, request: Request) -> int:
    """Bytes of the worker that are neither weights nor buffers of llama.cpp."""
    nodes = max(_FEWEST_NODES, _NODES_PER_TENSOR * shape.tensors)
    return (
        PROCESS
        + (shape.vocabulary + shape.merges) * _VOCABULARY_ENTRY
        + nodes * _GRAPH_NODE
        + request.n_ctx * _TOKEN_COPIES
        + int(min(request.n_ctx * _TEXT_PER_TOKEN, MOST_BYTES)) * _INDEX_PER_BYTE
        + bookkeeping_bytes(shape, request.n_ctx, request.ubatch)
    )


def largest_fitting(shape: ModelShape, request: Request, available: Memory) -> int:
    """The largest context that fits, in steps of STEP tokens or all the model was made for; 0 when none does."""

    def fits(tokens: int) -> bool:
        return plan(shape, replace(request, n_ctx=tokens), available.gpus or ()).fits(available)

    trained = max(1, shape.trained_context)
    if fits(trained):
        return trained
    low, high = 0, (trained - 1) // STEP
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle * STEP) else (low, middle - 1)
    return low * STEP


def can_quantise(shape: ModelShape) -> bool:
    """Whether a quantised cache can hold this model's heads."""
    return all(layer.head % BLOCK == 0 for layer in shape.layers if layer.key)
