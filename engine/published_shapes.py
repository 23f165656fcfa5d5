"""Sizes of Llama 4's models as they were published, and about how many bits a weight takes in a quantisation.

For planning without a file. A shape is written down as the header that its GGUF would have, so it is counted by the
same code. What a quantisation really takes depends on the mixture of types in the file: these figures are "about".
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ModelFileError
from engine.gguf_file import GgufFile
from engine.gguf_header import Tensor

VOCABULARY = 202_048
_MERGES = 439_802
_FULL_PRECISION = 32


@dataclass(frozen=True, slots=True)
class Quantisation:
    """bits: per weight, all in all. kind: the type that most matrices have."""

    bits: float
    kind: str


QUANTISATIONS: Mapping[str, Quantisation] = {
    "f16": Quantisation(16, "f16"),
    "bf16": Quantisation(16, "bf16"),
    "q8_0": Quantisation(8.5, "q8_0"),
    "q6_k": Quantisation(6.57, "q6_k"),
    "q5_k_m": Quantisation(5.70, "q5_k"),
    "q5_k_s": Quantisation(5.57, "q5_k"),
    "q4_k_m": Quantisation(4.87, "q4_k"),
    "q4_k_s": Quantisation(4.62, "q4_k"),
    "q4_0": Quantisation(4.57, "q4_0"),
    "iq4_xs": Quantisation(4.35, "iq4_xs"),
    "q3_k_m": Quantisation(3.90, "q3_k"),
    "q3_k_s": Quantisation(3.52, "q3_k"),
    "q2_k": Quantisation(2.98, "q2_k"),
    "iq2_xxs": Quantisation(2.36, "iq2_xxs"),
    "iq1_m": Quantisation(1.97, "iq1_m"),
}


@dataclass(frozen=True, slots=True)
class _Llama4:
    """What tells one model of the family from another."""

    name: str
    experts: int
    experts_every: int
    context: int


_SHAPES = {
    "scout": _Llama4("Llama 4 Scout", experts=16, experts_every=1, context=10_485_760),
    "maverick": _Llama4("Llama 4 Maverick", experts=128, experts_every=2, context=1_048_576),
}
SHAPES = tuple(_SHAPES)

_LAYERS, _WIDTH, _HEADS, _KV_HEADS, _HEAD = 48, 5120, 40, 8, 128
_FEED_FORWARD, _EXPERT = 16_384, 8192


def published_header(name: str, quantisation: str = "q4_k_m") -> GgufFile:
    """The header of `name` (of SHAPES) in `quantisation` (of QUANTISATIONS). Raises ModelFileError for other names."""
    shape, kind = _SHAPES.get(name), QUANTISATIONS.get(quantisation)
    if shape is None:
        raise ModelFileError(f"There is no shape {name!r}.", hint=f"Choose one of {', '.join(SHAPES)}.")
    if kind is None:
        raise ModelFileError(
            f"There is no quantisation {quantisation!r}.", hint=f"Choose one of {', '.join(QUANTISATIONS)}."
        )
    tensors = tuple(_tensors(shape, kind))
    size = sum(tensor.size for tensor in tensors)
    return GgufFile(Path(name), (Path(name),), size, 3, _metadata(shape), tensors, 0)


def _metadata(shape: _Llama4) -> dict[str, str | int | float | bool | tuple[str, ...]]:
    sizes: dict[str, int | float] = {
        "block_count": _LAYERS,
        "context_length": shape.context,
        "embedding_length": _WIDTH,
        "feed_forward_length": _FEED_FORWARD,
        "expert_feed_forward_length": _EXPERT,
        "expert_count": shape.experts,
        "expert_used_count": 1,
        "interleave_moe_layer_step": shape.experts_every,
        "attention.head_count": _HEADS,
        "attention.head_count_kv": _KV_HEADS,
        "attention.key_length": _HEAD,
        "attention.value_length": _HEAD,
        "attention.layer_norm_rms_epsilon": 1e-5,
        "rope.dimension_count": _HEAD,
        "rope.freq_base": 500_000.0,
        "vocab_size": VOCABULARY,
    }
    return {
        "general.architecture": "llama4",
        "general.name": shape.name,
        "tokenizer.ggml.tokens": ("",) * VOCABULARY,
        "tokenizer.ggml.merges": ("",) * _MERGES,
        **{f"llama4.{key}": value for key, value in sizes.items()},
    }


def _tensors(shape: _Llama4, quantisation: Quantisation) -> Iterator[Tensor]:
    def tensor(name: str, *sizes: int) -> Tensor:
        plain = len(sizes) == 1 or "ffn_gate_inp" in name
        bits = _FULL_PRECISION if plain else quantisation.bits
        return Tensor(name, sizes, "f32" if plain else quantisation.kind, 0, int(math.prod(sizes) * bits / 8))

    yield tensor("token_embd.weight", _WIDTH, VOCABULARY)
    yield tensor("output_norm.weight", _WIDTH)
    yield tensor("output.weight", _WIDTH, VOCABULARY)
    for layer in range(_LAYERS):
        has_experts = (layer + 1) % shape.experts_every == 0
        for part, sizes in {**_ATTENTION, **(_experts(shape.experts) if has_experts else _DENSE)}.items():
            yield tensor(f"blk.{layer}.{part}.weight", *sizes)


_ATTENTION: Mapping[str, tuple[int, ...]] = {
    "attn_norm": (_WIDTH,),
    "attn_q": (_WIDTH, _HEADS * _HEAD),
    "attn_k": (_WIDTH, _KV_HEADS * _HEAD),
    "attn_v": (_WIDTH, _KV_HEADS * _HEAD),
    "attn_output": (_HEADS * _HEAD, _WIDTH),
    "ffn_norm": (_WIDTH,),
}
_DENSE: Mapping[str, tuple[int, ...]] = {
    "ffn_gate": (_WIDTH, _FEED_FORWARD),
    "ffn_up": (_WIDTH, _FEED_FORWARD),
    "ffn_down": (_FEED_FORWARD, _WIDTH),
}


def _experts(count: int) -> dict[str, tuple[int, ...]]:
    return {
        "ffn_gate_inp": (_WIDTH, count),
        "ffn_gate_exps": (_WIDTH, _EXPERT, count),
        "ffn_up_exps": (_WIDTH, _EXPERT, count),
        "ffn_down_exps": (_EXPERT, _WIDTH, count),
        "ffn_gate_shexp": (_WIDTH, _EXPERT),
        "ffn_up_shexp": (_WIDTH, _EXPERT),
        "ffn_down_shexp": (_EXPERT, _WIDTH),
    }
