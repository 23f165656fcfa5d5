"""Writes a GGUF the way llama.cpp's loader wants it: shape, tensors and vocabulary in, one file out.

For the bundled model's exporter and for the tests' random models. Needs the `gguf` package (a development dependency);
the program itself only reads GGUFs. Knows nothing of training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import gguf
import numpy as np

FileType = Literal["f32", "f16", "q8_0", "q4_0"]
Value = str | bool | int | float | Sequence[int] | Sequence[float] | Sequence[str]
Tensors = Mapping[str, np.ndarray[Any, Any]]

_TENSOR_TYPES = {
    "f32": gguf.GGMLQuantizationType.F32,
    "f16": gguf.GGMLQuantizationType.F16,
    "q8_0": gguf.GGMLQuantizationType.Q8_0,
    "q4_0": gguf.GGMLQuantizationType.Q4_0,
}
_FILE_TYPES = {
    "f32": gguf.LlamaFileType.ALL_F32,
    "f16": gguf.LlamaFileType.MOSTLY_F16,
    "q8_0": gguf.LlamaFileType.MOSTLY_Q8_0,
    "q4_0": gguf.LlamaFileType.MOSTLY_Q4_0,
}
_BLOCK = 32
"""Values per quantised block: a row that is no multiple of it stays f16."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A byte-level BPE vocabulary. An id is an index into `tokens`.

    tokens: texts in the byte alphabet (control and user-defined ones as they are). kinds: gguf.TokenType of each.
    merges: pairs of texts, the first merge first. pre: llama.cpp's name of the pre-tokenizer.
    """

    tokens: Sequence[str]
    kinds: Sequence[int]
    merges: Sequence[tuple[str, str]]
    pre: str
    bos: int
    eos: int
    eot: int
    pad: int


@dataclass(frozen=True, slots=True)
class Llama4Shape:
    """Sizes of a `llama4` model. Layer i holds experts if (i + 1) % moe_every == 0, sees all if (i + 1) % 4 == 0.

    heads must divide by kv_heads; head_size is even (RoPE turns neighbouring pairs of values). rope_scale: all its
    angles are multiplied by that; it is how many radians a token the fastest pair turns.
    """

    layers: int
    width: int
    heads: int
    kv_heads: int
    head_size: int
    feed_forward: int
    expert_feed_forward: int
    experts: int = 1
    experts_used: int = 1
    moe_every: int = 1
    context: int = 131_072
    rope_base: float = 500_000.0
    rope_scale: float = 1.0
    norm_epsilon: float = 1e-5
    tied_output: bool = True

    def tensor_shapes(self, vocabulary_size: int) -> dict[str, tuple[int, ...]]:
        """Name and numpy shape (rows are outputs) of every tensor, after llama.cpp's `llama_model_llama4`."""
        width, expert = self.width, self.expert_feed_forward
        shapes: dict[str, tuple[int, ...]] = {"token_embd.weight": (vocabulary_size, width)}
        for i in range(self.layers):
            layer: dict[str, tuple[int, ...]] = {
                "attn_norm": (width,),
                "attn_q": (self.heads * self.head_size, width),
                "attn_k": (self.kv_heads * self.head_size, width),
                "attn_v": (self.kv_heads * self.head_size, width),
                "attn_output": (width, self.heads * self.head_size),
                "ffn_norm": (width,),
            }
            if (i + 1) % self.moe_every == 0:
                layer |= {
                    "ffn_gate_inp": (self.experts, width),
                    "ffn_gate_exps": (self.experts, expert, width),
                    "ffn_up_exps": (self.experts, expert, width),
                    "ffn_down_exps": (self.experts, width, expert),
                    "ffn_gate_shexp": (expert, width),
                    "ffn_up_shexp": (expert, width),
                    "ffn_down_shexp": (width, expert),
                }
            else:
                layer |= {
                    "ffn_gate": (self.feed_forward, width),
                    "ffn_up": (self.feed_forward, width),
                    "ffn_down": (width, self.feed_forward),
                }
            shapes |= {f"blk.{i}.{name}.weight": shape for name, shape in layer.items()}
        shapes["output_norm.weight"] = (width,)
        if not self.tied_output:
            shapes["output.weight"] = (vocabulary_size, width)
        return shapes

    def metadata(self) -> dict[str, Value]:
        """The keys llama.cpp reads for these sizes, without the architecture's prefix."""
        return {
            "block_count": self.layers,
            "context_length": self.context,
            "embedding_length": self.width,
            "feed_forward_length": self.feed_forward,
            "expert_feed_forward_length": self.expert_feed_forward,
            "expert_count": self.experts,
            "expert_used_count": self.experts_used,
            "interleave_moe_layer_step": self.moe_every,
            "attention.head_count": self.heads,
            "attention.head_count_kv": self.kv_heads,
            "attention.key_length": self.head_size,
            "attention.value_length": self.head_size,
            "attention.layer_norm_rms_epsilon": self.norm_epsilon,
            "rope.dimension_count": self.head_size,
            "rope.freq_base": self.rope_base,
            "rope.scaling.type": "linear",
            "rope.scaling.factor": 1 / self.rope_scale,
        }


def write_llama4(
    path: Path,
    *,
    shape: Llama4Shape,
    tensors: Tensors,
    vocabulary: Vocabulary,
    chat_template: str | None,
    name: str,
    file_type: FileType = "f16",
    metadata: Mapping[str, Value] | None = None,
) -> None:
    """Write a `llama4` model. tensors: f32, the names and shapes of `shape.tensor_shapes`.

    The computation llama.cpp runs with them: RoPE over neighbouring pairs and RMS-normed (without weights) queries
    and keys in the chunked layers, temperature and no positions in the full ones, sigmoid routing applied to an
    expert's input. metadata: more keys, written in full (`plumbline.marks`). Raises ValueError on a wrong tensor.
    """
    check_shapes(tensors, shape.tensor_shapes(len(vocabulary.tokens)))
    write_model(
        path,
        architecture="llama4",
        sizes=shape.metadata(),
        tensors=tensors,
        vocabulary=vocabulary,
        chat_template=chat_template,
        name=name,
        file_type=file_type,
        metadata=metadata,
    )


def check_shapes(tensors: Tensors, wanted: Mapping[str, tuple[int, ...]]) -> None:
    """Raise ValueError naming the first tensor that is missing, not known or of a wrong shape."""
    for name in sorted(wanted.keys() | tensors.keys()):
        have = tensors[name].shape if name in tensors else None
        if have != wanted.get(name):
            raise ValueError(f"{name}: the shape is {have}, it should be {wanted.get(name)}")


def write_model(
    path: Path,
    *,
    architecture: str,
    sizes: Mapping[str, Value],
    tensors: Tensors,
    vocabulary: Vocabulary | None,
    chat_template: str | None,
    name: str,
    file_type: FileType,
    metadata: Mapping[str, Value] | None = None,
) -> None:
    """Write any architecture. sizes: its keys without the architecture's prefix; whole numbers become uint32."""
    writer = gguf.GGUFWriter(path, architecture)
    keys: dict[str, Value] = {"general.name": name, "general.file_type": int(_FILE_TYPES[file_type])}
    keys |= {f"{architecture}.{key}": value for key, value in sizes.items()}
    if vocabulary is not None:
        keys |= _vocabulary_metadata(vocabulary)
        keys[f"{architecture}.vocab_size"] = len(vocabulary.tokens)
    if chat_template is not None:
        keys["tokenizer.chat_template"] = chat_template
    keys |= metadata or {}
    for key, value in keys.items():
        _add(writer, key, value)
    for tensor_name, tensor in tensors.items():
        kind = _tensor_type(tensor_name, tensor, file_type)
        writer.add_tensor(tensor_name, gguf.quants.quantize(tensor.astype(np.float32), kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _vocabulary_metadata(vocabulary: Vocabulary) -> dict[str, Value]:
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": vocabulary.pre,
        "tokenizer.ggml.tokens": list(vocabulary.tokens),
        "tokenizer.ggml.token_type": [int(kind) for kind in vocabulary.kinds],
        "tokenizer.ggml.merges": [f"{left} {right}" for left, right in vocabulary.merges],
        "tokenizer.ggml.bos_token_id": vocabulary.bos,
        "tokenizer.ggml.eos_token_id": vocabulary.eos,
        "tokenizer.ggml.eot_token_id": vocabulary.eot,
        "tokenizer.ggml.padding_token_id": vocabulary.pad,
        "tokenizer.ggml.add_bos_token": True,
    }


def _add(writer: gguf.GGUFWriter, key: str, value: Value) -> None:
    if isinstance(value, bool):
        writer.add_bool(key, value)
    elif isinstance(value, str):
        writer.add_string(key, value)
    elif isinstance(value, int):
        writer.add_uint32(key, value)
    elif isinstance(value, float):
        writer.add_float32(key, value)
    else:
        writer.add_array(key, value)


def _tensor_type(name: str, tensor: np.ndarray[Any, Any], file_type: FileType) -> gguf.GGMLQuantizationType:
    # llama.cpp expects norms and the router in f32, whatever the rest is.
    if tensor.ndim == 1 or "ffn_gate_inp" in name:
        return gguf.GGMLQuantizationType.F32
    if file_type in ("q8_0", "q4_0") and tensor.shape[-1] % _BLOCK:
        return gguf.GGMLQuantizationType.F16
    return _TENSOR_TYPES[file_type]
