"""Writes small GGUFs with seeded random weights, and files that look like models but are none.

    uv run tests/make_gguf.py OUT.gguf --arch llama4 --layers 4 --width 64 --vocabulary 1024 --type q8_0

A random model answers nonsense, but llama.cpp runs every line of code for it that it runs for a real one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from resources.pocket.gguf_writer import (  # noqa: E402
    FileType,
    Llama4Shape,
    Value,
    Vocabulary,
    write_llama4,
    write_model,
)
from tests.bpe_trainer import train  # noqa: E402

Architecture = Literal["llama4", "llama", "gemma2"]
ARCHITECTURES: tuple[Architecture, ...] = ("llama4", "llama", "gemma2")
LANGUAGES = ROOT / "tests" / "data" / "languages.txt"
CHAT_TEMPLATE = ROOT / "resources" / "pocket" / "chat_template.jinja"


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the three architectures have in common. window: tokens, gemma2 only (llama4's is fixed at 8192)."""

    layers: int = 4
    width: int = 64
    heads: int = 4
    kv_heads: int = 2
    feed_forward: int = 128
    experts: int = 2
    moe_every: int = 2
    context: int = 32_768
    window: int = 512

    @property
    def head_size(self) -> int:
        """Values per attention head."""
        return self.width // self.heads


@cache
def sample_vocabulary(size: int = 1024, pre: str = "llama4") -> Vocabulary:
    """A vocabulary learnt from tests/data/languages.txt."""
    return train(LANGUAGES.read_text(encoding="utf-8"), size=size, pre=pre)


def chat_template() -> str:
    """Llama 4's message format."""
    return CHAT_TEMPLATE.read_text(encoding="utf-8")


def write_random(
    path: Path,
    *,
    architecture: Architecture = "llama4",
    sizes: Sizes | None = None,
    vocabulary: Vocabulary | None = None,
    file_type: FileType = "f16",
    seed: int = 0,
    template: str | None = None,
    without_template: bool = False,
    extra_metadata: Mapping[str, Value] | None = None,
) -> Path:
    """Write a model with random weights and return `path`. template: None for Llama 4's own."""
    sizes = sizes or Sizes()
    vocabulary = vocabulary or sample_vocabulary()
    chosen = None if without_template else (template if template is not None else chat_template())
    name = f"Random {architecture}"
    if architecture == "llama4":
        shape = _llama4_shape(sizes)
        write_llama4(
            path,
            shape=shape,
            tensors=_random_tensors(shape.tensor_shapes(len(vocabulary.tokens)), seed),
            vocabulary=vocabulary,
            chat_template=chosen,
            name=name,
            file_type=file_type,
            metadata=extra_metadata,
        )
        return path
    write_model(
        path,
        architecture=architecture,
        sizes=_dense_metadata(sizes, architecture),
        tensors=_random_tensors(_dense_shapes(sizes, architecture, len(vocabulary.tokens)), seed),
        vocabulary=vocabulary,
        chat_template=chosen,
        name=name,
        file_type=file_type,
        metadata=extra_metadata,
    )
    return path


def write_recurrent(path: Path, *, width: int = 32, layers: int = 2) -> Path:
    """A Mamba: remembers in a state of fixed size, and cannot forget the last token of it."""
    vocabulary = sample_vocabulary()
    inner, state, kernel, rank = 2 * width, 8, 4, 4
    layer: dict[str, tuple[int, ...]] = {
        "attn_norm.weight": (width,),
        "ssm_in.weight": (2 * inner, width),
        "ssm_conv1d.weight": (inner, kernel),
        "ssm_conv1d.bias": (inner,),
        "ssm_x.weight": (rank + 2 * state, inner),
        "ssm_dt.weight": (inner, rank),
        "ssm_dt.bias": (inner,),
        "ssm_a": (inner, state),
        "ssm_d": (inner,),
        "ssm_out.weight": (width, inner),
    }
    shapes: dict[str, tuple[int, ...]] = {"token_embd.weight": (len(vocabulary.tokens), width)}
    for i in range(layers):
        shapes |= {f"blk.{i}.{name}": shape for name, shape in layer.items()}
    shapes["output_norm.weight"] = (width,)
    tensors = _random_tensors(shapes, 0)
    for i in range(layers):
        # What is remembered fades; with another sign it grows without end.
        tensors[f"blk.{i}.ssm_a"] = -np.abs(tensors[f"blk.{i}.ssm_a"])
    write_model(
        path,
        architecture="mamba",
        sizes={
            "block_count": layers,
            "context_length": 32_768,
            "embedding_length": width,
            "feed_forward_length": 0,
            "attention.head_count": 0,
            "attention.layer_norm_rms_epsilon": 1e-5,
            "ssm.conv_kernel": kernel,
            "ssm.inner_size": inner,
            "ssm.state_size": state,
            "ssm.time_step_rank": rank,
        },
        tensors=tensors,
        vocabulary=vocabulary,
        chat_template=chat_template(),
        name="Random recurrent",
        file_type="f32",
    )
    return path


def write_embedding_model(path: Path) -> Path:
    """A BERT: turns text into vectors and answers nothing."""
    write_model(
        path,
        architecture="bert",
        sizes={"block_count": 1, "context_length": 512, "embedding_length": 32, "pooling_type": 1},
        tensors=_random_tensors({"token_embd.weight": (300, 32)}, 0),
        vocabulary=None,
        chat_template=None,
        name="Random embedder",
        file_type="f32",
    )
    return path


def write_projector(path: Path) -> Path:
    """The half of a multimodal model that looks at pictures (a file that often lies beside the model)."""
    write_model(
        path,
        architecture="clip",
        sizes={"has_vision_encoder": True, "projector_type": "llama4"},
        tensors=_random_tensors({"mm.model.fc.weight": (32, 32)}, 0),
        vocabulary=None,
        chat_template=None,
        name="Random projector",
        file_type="f32",
        metadata={"general.type": "mmproj"},
    )
    return path


def write_adapter(path: Path) -> Path:
    """A LoRA adapter: changes a model and is none."""
    write_model(
        path,
        architecture="llama",
        sizes={},
        tensors=_random_tensors({"blk.0.attn_q.weight.lora_a": (8, 64), "blk.0.attn_q.weight.lora_b": (64, 8)}, 0),
        vocabulary=None,
        chat_template=None,
        name="Random adapter",
        file_type="f32",
        metadata={"general.type": "adapter", "adapter.type": "lora", "adapter.lora.alpha": 16.0},
    )
    return path


def cut_in_half(source: Path, path: Path) -> Path:
    """The first half of `source`, as a broken download leaves it."""
    raw = source.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])
    return path


def _llama4_shape(sizes: Sizes) -> Llama4Shape:
    return Llama4Shape(
        layers=sizes.layers,
        width=sizes.width,
        heads=sizes.heads,
        kv_heads=sizes.kv_heads,
        head_size=sizes.head_size,
        feed_forward=sizes.feed_forward,
        expert_feed_forward=sizes.feed_forward // 2,
        experts=sizes.experts,
        moe_every=sizes.moe_every,
        context=sizes.context,
    )


def _dense_metadata(sizes: Sizes, architecture: Architecture) -> dict[str, Value]:
    metadata: dict[str, Value] = {
        "block_count": sizes.layers,
        "context_length": sizes.context,
        "embedding_length": sizes.width,
        "feed_forward_length": sizes.feed_forward,
        "attention.head_count": sizes.heads,
        "attention.head_count_kv": sizes.kv_heads,
        "attention.key_length": sizes.head_size,
        "attention.value_length": sizes.head_size,
        "attention.layer_norm_rms_epsilon": 1e-5,
        "rope.dimension_count": sizes.head_size,
        "rope.freq_base": 10_000.0,
    }
    if architecture == "gemma2":
        metadata |= {
            "attention.sliding_window": sizes.window,
            "attn_logit_softcapping": 50.0,
            "final_logit_softcapping": 30.0,
        }
    return metadata


def _dense_shapes(sizes: Sizes, architecture: Architecture, vocabulary_size: int) -> dict[str, tuple[int, ...]]:
    """Names and numpy shapes after llama.cpp's loaders of `llama` and `gemma2` (both with a tied output)."""
    width, kv_width = sizes.width, sizes.kv_heads * sizes.head_size
    shapes: dict[str, tuple[int, ...]] = {"token_embd.weight": (vocabulary_size, width)}
    for i in range(sizes.layers):
        layer: dict[str, tuple[int, ...]] = {
            "attn_norm": (width,),
            "attn_q": (sizes.heads * sizes.head_size, width),
            "attn_k": (kv_width, width),
            "attn_v": (kv_width, width),
            "attn_output": (width, sizes.heads * sizes.head_size),
            "ffn_norm": (width,),
            "ffn_gate": (sizes.feed_forward, width),
            "ffn_up": (sizes.feed_forward, width),
            "ffn_down": (width, sizes.feed_forward),
        }
        if architecture == "gemma2":
            layer |= {"post_attention_norm": (width,), "post_ffw_norm": (width,)}
        shapes |= {f"blk.{i}.{name}.weight": shape for name, shape in layer.items()}
    shapes["output_norm.weight"] = (width,)
    return shapes


def _random_tensors(shapes: Mapping[str, tuple[int, ...]], seed: int) -> dict[str, np.ndarray[Any, Any]]:
    """Norms near 1, the rest normal with a spread of 1/sqrt(inputs) so that activations keep their size."""
    random = np.random.default_rng(seed)
    tensors: dict[str, np.ndarray[Any, Any]] = {}
    for name, shape in shapes.items():
        values = random.standard_normal(shape, dtype=np.float32)
        tensors[name] = 1 + 0.1 * values if len(shape) == 1 else values / np.float32(np.sqrt(shape[-1]))
    return tensors


def main() -> None:
    """The command line."""
    defaults = Sizes()
    parser = argparse.ArgumentParser(description="Write a GGUF with seeded random weights.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--arch", choices=ARCHITECTURES, default="llama4")
    for field in ("layers", "width", "heads", "kv_heads", "feed_forward", "experts", "moe_every", "context", "window"):
        parser.add_argument(f"--{field.replace('_', '-')}", type=int, default=getattr(defaults, field))
    parser.add_argument("--vocabulary", type=int, default=1024, help="tokens at most")
    parser.add_argument("--pre", default="llama4", help="llama.cpp's name of the pre-tokenizer")
    parser.add_argument("--type", choices=("f32", "f16", "q8_0", "q4_0"), default="f16")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--template", type=Path, help="a Jinja file instead of Llama 4's format")
    options = parser.parse_args()
    sizes = Sizes(**{field: getattr(options, field) for field in Sizes.__dataclass_fields__})
    write_random(
        options.out,
        architecture=options.arch,
        sizes=sizes,
        vocabulary=sample_vocabulary(options.vocabulary, options.pre),
        file_type=options.type,
        seed=options.seed,
        template=options.template.read_text(encoding="utf-8") if options.template else None,
    )
    print(f"{options.out}: {options.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
