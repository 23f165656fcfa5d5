"""The bundled model in PyTorch: llama.cpp's `llama4` computation, laid out for many questions on one context.

RMS norms; three layers of chunked attention with RoPE (neighbouring pairs) and RMS-normed queries and keys, then
one layer that sees all, without positions and with attention temperature; sigmoid routing that scales an expert's
input, beside a shared expert; tied output. Source of the formulas: llama.cpp, src/models/llama4.cpp. Knows no
vocabulary and no tasks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from resources.pocket.gguf_writer import Llama4Shape

CHUNK = 8192
SHAPE = Llama4Shape(
    layers=8,
    width=736,
    heads=2,
    kv_heads=1,
    head_size=256,
    feed_forward=96,
    expert_feed_forward=32,
    moe_every=2,
    context=32_768,
    rope_base=2_000_000.0,
    rope_scale=3.14,
)


@dataclass(frozen=True, slots=True)
class Geometry:
    """Who sees whom. chunk: tokens per chunk of the context (None: one). Masks (B, 1, Q, C + Q) are added to scores.

    positions: (N,) of all tokens, the contexts' first, then the questions'.
    """

    contexts: int
    context: int
    questions: int
    chunk: int | None
    near: Tensor
    all: Tensor
    positions: Tensor


class Layer(nn.Module):
    """Weights of one layer, named as in the GGUF."""

    def __init__(self, shape: Llama4Shape, index: int) -> None:
        super().__init__()
        self.ropes = (index + 1) % 4 != 0
        self.routed = (index + 1) % shape.moe_every == 0
        if shape.experts != 1 and self.routed:
            raise ValueError("training knows one expert per layer; more did not pay at this size")
        for name, size in shape.tensor_shapes(1).items():
            if name.startswith(f"blk.{index}."):
                weight = torch.ones(size) if len(size) == 1 else torch.randn(size) * size[-1] ** -0.5
                setattr(self, name.split(".")[2], nn.Parameter(weight))


class Pocket(nn.Module):
    """The whole model. compiled: fuse the parts between attentions (same results but for rounding)."""

    def __init__(
        self, shape: Llama4Shape, vocabulary: int, *, compiled: bool = False, dtype: torch.dtype = torch.float32
    ) -> None:
        super().__init__()
        self.shape = shape
        self.dtype = dtype
        self.token_embd = nn.Parameter(torch.randn(vocabulary, shape.width) * 0.3)
        self.layers = nn.ModuleList(Layer(shape, i) for i in range(shape.layers))
        self.output_norm = nn.Parameter(torch.full((shape.width,), 0.25))
        wrap: Callable[[Callable[..., object]], Callable[..., object]] = torch.compile if compiled else lambda f: f
        self._project, self._finish = wrap(_project), wrap(_finish)

    def forward(self, context: Tensor, asked: Tensor, geometry: Geometry) -> Tensor:
        """Residual stream before the output norm, contexts (B, C) then questions (B, Q): (B * C + B * Q, width)."""
        shape = self.shape
        x = self.token_embd[torch.cat((context.flatten(), asked.flatten()))]
        cos, sin = rope_tables(shape, geometry.positions)
        scale = temperature(geometry.positions)
        for layer in self.layers:
            table = (cos, sin) if layer.ropes else (None, scale)
            sizes = (shape.heads, shape.kv_heads, shape.head_size, shape.norm_epsilon)
            weights = (layer.attn_norm, layer.attn_q, layer.attn_k, layer.attn_v)
            q, k, v = self._project(x, *weights, *table, *sizes, self.dtype)
            mixed = attend(q, k, v, geometry, near=layer.ropes)
            routed = (
                (layer.ffn_gate_inp, layer.ffn_gate_exps, layer.ffn_up_exps, layer.ffn_down_exps)
                if layer.routed
                else None
            )
            ends = "_shexp" if layer.routed else ""
            dense = tuple(getattr(layer, f"ffn_{part}{ends}") for part in ("gate", "up", "down"))
            x = self._finish(x, mixed, layer.attn_output, layer.ffn_norm, dense, routed, shape.norm_epsilon, self.dtype)
        return x

    def logits(self, x: Tensor) -> Tensor:
        """Scores of the next token from residual rows."""
        normed = _norm(x, self.output_norm, self.shape.norm_epsilon)
        return (normed.to(self.dtype) @ self.token_embd.to(self.dtype).T).float()


def rope_tables(shape: Llama4Shape, positions: Tensor) -> tuple[Tensor, Tensor]:
    """Cosines and sines (N, 1, head_size / 2).

    The angles come as llama.cpp makes them: in f32, each the last one times a factor. At position 8,700 that differs
    from exact angles enough to show in the logits (1.1e-3 instead of 3e-6).
    """
    factor = torch.tensor(shape.rope_base, dtype=torch.float32, device=positions.device) ** (-2.0 / shape.head_size)
    angles = [positions.float()]
    while len(angles) < shape.head_size // 2:
        angles.append(angles[-1] * factor)
    table = torch.stack(angles, -1)[:, None] * shape.rope_scale
    return table.cos(), table.sin()


def temperature(positions: Tensor) -> Tensor:
    """What queries of the full layers are multiplied by: grows with the position beyond each 8192 tokens. (N, 1, 1)."""
    return (torch.log(torch.floor((positions + 1.0) / CHUNK) + 1) * 0.1 + 1)[:, None, None]


def attend(q: Tensor, k: Tensor, v: Tensor, geometry: Geometry, *, near: bool) -> Tensor:
    """Attention of (N, heads, size) queries; contexts among themselves, questions to their context and themselves."""
    count, split = geometry.contexts, geometry.contexts * geometry.context
    groups = q.shape[1] // k.shape[1]
    k, v = (t.repeat_interleave(groups, dim=1) for t in (k, v))
    chunks = count * geometry.context // geometry.chunk if near and geometry.chunk else count

    def rows(tensor: Tensor, sequences: int) -> Tensor:
        return tensor.reshape(sequences, len(tensor) // sequences, *tensor.shape[1:]).transpose(1, 2)

    parts: list[Tensor] = []
    if split:
        inner = functional.scaled_dot_product_attention(*(rows(t[:split], chunks) for t in (q, k, v)), is_causal=True)
        parts.append(inner.transpose(1, 2).reshape(split, -1))
    if geometry.questions:
        mask = geometry.near if near else geometry.all
        keys, values = (torch.cat((rows(t[:split], count), rows(t[split:], count)), dim=2) for t in (k, v))
        outer = functional.scaled_dot_product_attention(rows(q[split:], count), keys, values, attn_mask=mask)
        parts.append(outer.transpose(1, 2).reshape(len(q) - split, -1))
    return torch.cat(parts)


def _norm(x: Tensor, weight: Tensor | None, epsilon: float) -> Tensor:
    normed = x * torch.rsqrt(x.square().mean(-1, keepdim=True) + epsilon)
    return normed if weight is None else normed * weight


def _turn(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


def _project(
    x: Tensor,
    norm: Tensor,
    to_q: Tensor,
    to_k: Tensor,
    to_v: Tensor,
    cos: Tensor | None,
    other: Tensor,
    heads: int,
    kv_heads: int,
    size: int,
    epsilon: float,
    dtype: torch.dtype,
) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values. other: sines with `cos`, the temperature without."""
    normed = _norm(x, norm, epsilon).to(dtype)
    q = (normed @ to_q.to(dtype).T).float().view(-1, heads, size)
    k = (normed @ to_k.to(dtype).T).float().view(-1, kv_heads, size)
    v = (normed @ to_v.to(dtype).T).view(-1, kv_heads, size)
    if cos is None:
        q = q * other
    else:
        q, k = (_norm(_turn(t, cos, other), None, epsilon) for t in (q, k))
    return q.to(dtype), k.to(dtype), v


def _finish(
    x: Tensor,
    mixed: Tensor,
    output: Tensor,
    norm: Tensor,
    dense: tuple[Tensor, Tensor, Tensor],
    routed: tuple[Tensor, Tensor, Tensor, Tensor] | None,
    epsilon: float,
    dtype: torch.dtype,
) -> Tensor:
    """The residual stream after a layer's attention output and feed-forward part."""
    x = x + (mixed @ output.to(dtype).T).float()
    normed = _norm(x, norm, epsilon)
    result = _feed_forward(normed.to(dtype), *dense)
    if routed is not None:
        router, gate, up, down = routed
        weighted = normed * torch.sigmoid(normed @ router.T)
        result = result + _feed_forward(weighted.to(dtype), gate[0], up[0], down[0])
    return x + result.float()


def _feed_forward(x: Tensor, gate: Tensor, up: Tensor, down: Tensor) -> Tensor:
    dtype = x.dtype
    return (functional.silu(x @ gate.to(dtype).T) * (x @ up.to(dtype).T)) @ down.to(dtype).T
