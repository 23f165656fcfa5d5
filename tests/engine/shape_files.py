"""Writes GGUFs that have a header and no weights (a hole in the file), so that the largest shapes take no disk.

llama.cpp reads sizes and types from them for a load that allocates nothing; any other load would read zeros.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np

from engine.ggml_types import TENSOR_TYPES
from engine.gguf_file import GgufFile
from engine.gguf_header import Tensor

_ALIGNMENT = 32
_BLOCKS = {kind.name: kind for kind in TENSOR_TYPES.values()}


def write_hollow(path: Path, header: GgufFile) -> Path:
    """The header as a file, as long as if the weights were there; without a vocabulary but its size."""
    writer = gguf.GGUFWriter(path, header.architecture)
    writer.add_string("tokenizer.ggml.model", "no_vocab")
    for key, value in header.metadata.items():
        if key.startswith("tokenizer.ggml.") or key == "general.architecture":
            continue
        if isinstance(value, bool):
            writer.add_bool(key, value)
        elif isinstance(value, int):
            writer.add_uint32(key, value)
        elif isinstance(value, float):
            writer.add_float32(key, value)
        elif isinstance(value, str):
            writer.add_string(key, value)
        else:
            writer.add_array(key, list(value))
    length = 0
    for tensor in header.tensors:
        size = _size(tensor.shape, tensor.kind)
        kind = gguf.GGMLQuantizationType[tensor.kind.upper()]
        shape = tuple(reversed(tensor.shape))
        plain = {"f32": np.float32, "f16": np.float16}.get(tensor.kind)
        if plain is None:
            shape = gguf.quant_shape_to_byte_shape(shape, kind)
        writer.add_tensor_info(tensor.name, shape, np.dtype(plain or np.uint8), size, raw_dtype=kind)
        length += -(-size // _ALIGNMENT) * _ALIGNMENT
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    with path.open("r+b") as file:
        start = -(-file.seek(0, 2) // _ALIGNMENT) * _ALIGNMENT
        file.truncate(start + length)
    return path


@dataclass(frozen=True, slots=True)
class Common:
    """Sizes of the usual build. window: tokens, for architectures that have one. experts: 0 for a dense model."""

    layers: int = 6
    width: int = 1024
    heads: int = 8
    kv_heads: int = 4
    head: int = 128
    feed_forward: int = 4096
    experts: int = 0
    experts_used: int = 0
    expert: int = 768
    shared: int = 0
    window: int = 1024
    vocabulary: int = 32_000
    context: int = 131_072
    kind: str = "q8_0"
    tied: bool = False


def common_header(architecture: str, sizes: Common) -> GgufFile:
    """The header of a model of `architecture`, with the tensors that llama.cpp's loader of it asks for."""
    tensors = tuple(_tensors(architecture, sizes))
    numbers: dict[str, int | float] = {
        "block_count": sizes.layers,
        "context_length": sizes.context,
        "embedding_length": sizes.width,
        "feed_forward_length": sizes.feed_forward,
        "attention.head_count": sizes.heads,
        "attention.head_count_kv": sizes.kv_heads,
        "attention.key_length": sizes.head,
        "attention.value_length": sizes.head,
        "attention.layer_norm_rms_epsilon": 1e-6,
        "rope.dimension_count": sizes.head,
        "rope.freq_base": 10_000.0,
        "vocab_size": sizes.vocabulary,
    }
    if architecture in _WINDOWED:
        numbers["attention.sliding_window"] = sizes.window
    if sizes.experts:
        numbers |= {
            "expert_count": sizes.experts,
            "expert_used_count": sizes.experts_used,
            "expert_feed_forward_length": sizes.expert,
            "expert_shared_feed_forward_length": sizes.shared,
        }
    metadata = {"general.architecture": architecture, "general.name": f"Hollow {architecture}"}
    prefixed = {f"{architecture}.{key}": value for key, value in numbers.items()}
    size = sum(tensor.size for tensor in tensors)
    return GgufFile(Path("hollow"), (Path("hollow"),), size, 3, {**metadata, **prefixed}, tensors, 0)


_WINDOWED = ("gemma2", "gemma3", "gpt-oss", "cohere2")
_FUSED = ("phi3",)
_NORMED_HEADS = ("qwen3", "qwen3moe", "gemma3")
_BIASED = ("qwen2", "qwen2moe", "gpt-oss")


def _tensors(architecture: str, sizes: Common) -> Iterator[Tensor]:
    def tensor(name: str, *shape: int) -> Tensor:
        plain = len(shape) == 1 or "ffn_gate_inp" in name or name.endswith("bias")
        kind = "f32" if plain else sizes.kind
        return Tensor(name, shape, kind, 0, _size(shape, kind))

    width, query, kv = sizes.width, sizes.heads * sizes.head, sizes.kv_heads * sizes.head
    yield tensor("token_embd.weight", width, sizes.vocabulary)
    yield tensor("output_norm.weight", width)
    if not sizes.tied:
        yield tensor("output.weight", width, sizes.vocabulary)
    for i in range(sizes.layers):
        parts: dict[str, tuple[int, ...]] = {"attn_norm.weight": (width,), "attn_output.weight": (query, width)}
        if architecture in _FUSED:
            parts["attn_qkv.weight"] = (width, query + 2 * kv)
        else:
            for letter, rows in (("q", query), ("k", kv), ("v", kv)):
                parts[f"attn_{letter}.weight"] = (width, rows)
                if architecture in _BIASED:
                    parts[f"attn_{letter}.bias"] = (rows,)
        if architecture in _NORMED_HEADS:
            parts |= {"attn_q_norm.weight": (sizes.head,), "attn_k_norm.weight": (sizes.head,)}
        if architecture == "gpt-oss":
            parts |= {"attn_output.bias": (width,), "attn_sinks.weight": (sizes.heads,)}
            parts["post_attention_norm.weight"] = (width,)
        else:
            parts["ffn_norm.weight"] = (width,)
        if architecture in ("gemma2", "gemma3"):
            parts |= {"post_attention_norm.weight": (width,), "post_ffw_norm.weight": (width,)}
        parts |= _experts(architecture, sizes) if sizes.experts else _dense(architecture, sizes)
        for name, shape in parts.items():
            yield tensor(f"blk.{i}.{name}", *shape)


def _dense(architecture: str, sizes: Common) -> dict[str, tuple[int, ...]]:
    width, inner = sizes.width, sizes.feed_forward
    if architecture in _FUSED:
        return {"ffn_up.weight": (width, 2 * inner), "ffn_down.weight": (inner, width)}
    return {"ffn_gate.weight": (width, inner), "ffn_up.weight": (width, inner), "ffn_down.weight": (inner, width)}


def _experts(architecture: str, sizes: Common) -> dict[str, tuple[int, ...]]:
    width, count = sizes.width, sizes.experts
    # Mixtral's file says one size for both.
    inner = sizes.feed_forward if architecture == "llama" else sizes.expert
    parts: dict[str, tuple[int, ...]] = {
        "ffn_gate_inp.weight": (width, count),
        "ffn_gate_exps.weight": (width, inner, count),
        "ffn_up_exps.weight": (width, inner, count),
        "ffn_down_exps.weight": (inner, width, count),
    }
    if architecture == "gpt-oss":
        parts |= {
            "ffn_gate_inp.bias": (count,),
            "ffn_gate_exps.bias": (inner, count),
            "ffn_up_exps.bias": (inner, count),
            "ffn_down_exps.bias": (width, count),
        }
    if sizes.shared:
        parts |= {
            "ffn_gate_inp_shexp.weight": (width,),
            "ffn_gate_shexp.weight": (width, sizes.shared),
            "ffn_up_shexp.weight": (width, sizes.shared),
            "ffn_down_shexp.weight": (sizes.shared, width),
        }
    return parts


def _size(shape: tuple[int, ...], kind: str) -> int:
    return math.prod(shape) // _BLOCKS[kind].block * _BLOCKS[kind].block_bytes
