"""The sizes of a model that decide what memory it takes, from a GGUF's header or as they were published.

Sizes are read off the tensors that are there, so architectures of the common build (attention, then a feed-forward
block or experts) need no code of their own. Knows no bytes of caches or buffers and no llama.cpp.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.attention_windows import windows
from engine.ggml_types import TENSOR_TYPES
from engine.gguf_file import GgufFile
from engine.gguf_header import Tensor

CHECKED = frozenset("llama llama4 gemma2 gemma3 qwen2 qwen2moe qwen3 qwen3moe phi3 gpt-oss".split())
"""Architectures whose plan was held against llama.cpp's own account; what is said of others is "about"."""

_LAYER = re.compile(r"blk\.(\d+)\.(.+)")
_KEPT_IN_RAM = ("token_embd", "per_layer_token_embd", "position_embd", "token_types")
_BLOCKS = {kind.name: kind for kind in TENSOR_TYPES.values()}
_AS_Q8_K = re.compile(r"q[2-6]_k|i?q[1-4]_(xxs|xs|s|m)|iq4_xs|tq[12]_0")
_REPACKED_ROWS = 8


@dataclass(frozen=True, slots=True)
class Matrices:
    """Some tensors' bytes. of: bytes of those that llama.cpp may repack for the CPU, by their type."""

    size: int = 0
    of: tuple[tuple[str, int], ...] = ()

    def repacked(self, kinds: frozenset[str]) -> int:
        """Bytes of the tensors of these types."""
        return sum(size for kind, size in self.of if kind in kinds)


@dataclass(frozen=True, slots=True)
class LayerShape:
    """One layer; sizes in values per token. key, value: what is cached (0: nothing). window: tokens, 0 for all.

    query: of all heads; head: of one. feed_forward, shared: of the dense block and of the shared expert, 0 without.
    expert: of one expert. gated: a gate beside the way up; joined: both in one matrix; fused: queries, keys and
    values in one matrix. early: experts are weighted before they are run. norms: normed once more behind each part.
    """

    heads: int
    query: int
    key: int
    value: int
    head: int
    window: int = 0
    feed_forward: int = 0
    experts: int = 0
    experts_used: int = 0
    expert: int = 0
    shared: int = 0
    gated: bool = True
    joined: bool = False
    fused: bool = False
    early: bool = False
    weights: Matrices = Matrices()
    expert_weights: Matrices = Matrices()


@dataclass(frozen=True, slots=True)
class ModelShape:
    """A whole model. width, vocabulary: values. window: tokens. chunked: attention starts afresh at its multiples.

    input: the token table and what else always stays in RAM. output: the rest outside the layers; a token table that
    is the output too is not counted twice. tied_kind: that table's type. work: bytes per token that a product's
    right side takes converted. tensors, merges: numbers. header: bytes in front of the weights.
    about: this architecture was not held against llama.cpp's own account, or the sizes are not from a file.
    """

    architecture: str
    name: str
    layers: tuple[LayerShape, ...]
    width: int
    vocabulary: int
    trained_context: int
    window: int
    chunked: bool
    input: Matrices
    output: Matrices
    tied: Matrices
    work: float
    tensors: int
    merges: int
    about: bool

    @property
    def weights(self) -> int:
        """Bytes of all tensors."""
        parts = [self.input, self.output, *(m for layer in self.layers for m in (layer.weights, layer.expert_weights))]
        return sum(part.size for part in parts)


def shape_of(gguf: GgufFile) -> ModelShape:
    """What the header says of the model's sizes. Never raises: what is missing is taken from what is there."""
    number, metadata = _Numbers(gguf.metadata, gguf.architecture), gguf.metadata
    count = number("block_count", 1)
    trunk = max(1, count - number("nextn_predict_layers", 0))
    by_layer: dict[int, dict[str, Tensor]] = defaultdict(dict)
    rest: dict[str, Tensor] = {}
    for tensor in gguf.tensors:
        found = _LAYER.fullmatch(tensor.name)
        if found:
            by_layer[int(found[1])][found[2]] = tensor
        else:
            rest[tensor.name] = tensor
    seen = windows(gguf.architecture, metadata, count)
    layers = tuple(
        _layer(number, by_layer[i], i, seen.tokens if seen.layers[i] else 0, i < trunk) for i in range(count)
    )
    kept = [t for name, t in rest.items() if name.startswith(_KEPT_IN_RAM)]
    table = rest.get("token_embd.weight")
    width = number("embedding_length", table.shape[0] if table and table.shape else 1)
    tokens, merges = metadata.get("tokenizer.ggml.tokens"), metadata.get("tokenizer.ggml.merges")
    in_table = table.shape[1] if table is not None and len(table.shape) > 1 else number("vocab_size", 0)
    return ModelShape(
        architecture=gguf.architecture,
        name=gguf.name,
        layers=layers,
        width=width,
        vocabulary=len(tokens) if isinstance(tokens, Sequence) and not isinstance(tokens, str) else in_table,
        trained_context=gguf.context_length,
        window=seen.tokens,
        chunked=seen.chunked,
        input=_matrices(kept, repack=False),
        output=_matrices([t for t in rest.values() if t not in kept]),
        tied=_matrices([table]) if table is not None and "output.weight" not in rest else Matrices(),
        work=max((_work(t, number("expert_used_count", 1)) for t in gguf.tensors), default=0.0),
        tensors=len(gguf.tensors),
        merges=len(merges) if isinstance(merges, Sequence) and not isinstance(merges, str) else 0,
        about=gguf.architecture not in CHECKED or any("ssm" in key for key in metadata),
    )


class _Numbers:
    """Whole numbers of the metadata, one for all layers or one for each."""

    def __init__(self, metadata: Mapping[str, Any], architecture: str) -> None:
        self._metadata, self._prefix = metadata, architecture

    def __call__(self, name: str, default: int, *, layer: int | None = None) -> int:
        value = self._metadata.get(f"{self._prefix}.{name}")
        if isinstance(value, (tuple, list)):
            listed = [v for v in value if isinstance(v, int)]
            if not listed:
                return default
            return max(listed) if layer is None else listed[min(layer, len(listed) - 1)]
        return value if isinstance(value, int) else default

    def has(self, name: str) -> bool:
        return f"{self._prefix}.{name}" in self._metadata

    @property
    def architecture(self) -> str:
        return self._prefix


def _layer(number: _Numbers, tensors: Mapping[str, Tensor], index: int, window: int, in_trunk: bool) -> LayerShape:
    heads = number("attention.head_count", 1, layer=index)
    kv_heads = number("attention.head_count_kv", heads, layer=index)
    plain = number("embedding_length", 1) // max(heads, 1)
    key, value = number("attention.key_length", plain), number("attention.value_length", plain)
    if window:
        key = number("attention.key_length_swa", key)
        value = number("attention.value_length_swa", value)
    if number.has("attention.key_length_mla"):
        # The values are a part of the cached keys.
        value = 0
    experts = [t for name, t in tensors.items() if "_exps." in name]
    up, gate = _rows(tensors, "ffn_up.weight"), _rows(tensors, "ffn_gate.weight")
    feed_forward = _inputs(tensors, "ffn_down.weight") or up
    shared = _inputs(tensors, "ffn_down_shexp.weight")
    query = _rows(tensors, "attn_q.weight") or _rows(tensors, "attn_q_b.weight") or heads * key
    caches = in_trunk and index < _layers_that_cache(number) and not _is_recurrent(tensors)
    return LayerShape(
        heads=heads,
        query=query,
        key=kv_heads * key if caches else 0,
        value=kv_heads * value if caches else 0,
        head=key,
        window=window,
        feed_forward=feed_forward,
        experts=number("expert_count", 0) if experts else 0,
        experts_used=number("expert_used_count", 1, layer=index) if experts else 0,
        expert=_inputs(tensors, "ffn_down_exps.weight"),
        shared=shared,
        gated=bool(gate or experts) or up == 2 * feed_forward,
        joined=not gate and up == 2 * feed_forward and up > 0,
        fused="attn_qkv.weight" in tensors,
        early=number.architecture == "llama4",
        weights=_matrices([t for t in tensors.values() if t not in experts]),
        expert_weights=_matrices(experts),
    )


def _layers_that_cache(number: _Numbers) -> int:
    count = number("block_count", 1)
    if number.architecture == "gemma3n":
        return 20
    return count - number("attention.shared_kv_layers", 0)


def _is_recurrent(tensors: Mapping[str, Tensor]) -> bool:
    """Whether this layer keeps a state of fixed size and no attention beside it."""
    attends = any(name.startswith(("attn_q", "attn_k")) for name in tensors)
    return not attends and any(name.startswith(("ssm_", "time_mix", "shortconv")) for name in tensors)


def _rows(tensors: Mapping[str, Tensor], name: str) -> int:
    tensor = tensors.get(name)
    return tensor.shape[1] if tensor is not None and len(tensor.shape) > 1 else 0


def _inputs(tensors: Mapping[str, Tensor], name: str) -> int:
    tensor = tensors.get(name)
    return tensor.shape[0] if tensor is not None and tensor.shape else 0


def _matrices(tensors: Sequence[Tensor], *, repack: bool = True) -> Matrices:
    of: dict[str, int] = defaultdict(int)
    for tensor in tensors:
        if repack and len(tensor.shape) > 1 and tensor.shape[1] % _REPACKED_ROWS == 0:
            of[tensor.kind] += tensor.size
    return Matrices(sum(tensor.size for tensor in tensors), tuple(of.items()))


def _work(tensor: Tensor, experts_used: int) -> float:
    if len(tensor.shape) < 2 or tensor.name.startswith(_KEPT_IN_RAM):
        return 0.0
    copies = experts_used if len(tensor.shape) > 2 else 1
    return tensor.shape[0] * copies * converted_bytes(tensor.kind)


def converted_bytes(kind: str) -> float:
    """Bytes per value into which ggml's CPU code turns what a matrix of this type is multiplied with; f32: none."""
    if kind in ("f16", "bf16"):
        return 2.0
    if kind in ("f32", "f64"):
        return 0.0
    name = "q8_k" if _AS_Q8_K.fullmatch(kind) else "q8_1" if kind in ("q4_1", "q5_1") else "q8_0"
    return _BLOCKS[name].block_bytes / _BLOCKS[name].block
