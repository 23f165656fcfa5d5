"""Starting weights that already hold the circuit a reader of this kind would learn first.

1. Layer 1: each token learns which token stands before it. 2. Layer 2: each token learns the number of the last
mark before it, its line's anchor. 3. Layer 4: each word of the question finds the places in the context where the
same word stood and takes their anchors: a vote for their lines, weaker the more lines hold the word. 4. Layer 5:
the votes are gathered where the answer is written. 5. Layer 8: the next token is copied from the place that follows
the same token in the line with most votes. Each part of the stream has places of its own at the start. Training is
free to change all of it; from random weights the same takes tens of millions of tokens. Knows nothing of tasks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from resources.pocket.gguf_writer import Llama4Shape
from resources.pocket.model import Layer, Pocket

CONSTANT, CLOSES, OPENS = 0, 1, 2
_CODE = 48
CONTENT = slice(3, 256 - 3 * _CODE)
PREVIOUS, ANCHOR, VOTE = (slice(256 - n * _CODE, 256 - (n - 1) * _CODE) for n in (3, 2, 1))
_SPREAD = 0.3
_NOISE = 0.1
_REST = 0.01
_GATHER = 15
_FLAG = 2.0
_DUMP = 0.45
_FOLLOW, _ELECT, _WRITE = 3.0, 2.0, 1.0
_KIN = 0.9
_END = 32.0


@torch.no_grad()
def plant(model: Pocket, closing: Sequence[int], *, heading: int, opening: int, end: int) -> None:
    """Overwrite the random start of `model` (width 256, two key heads).

    closing: ids of the tokens that end a mark. heading: of the one that begins a document's name and stands
    in for the mark before its first line. opening: of the one that an answer follows. end: of the one that
    ends an answer, which is what follows its mark.
    """
    shape = model.shape
    embedding = model.token_embd
    keep = embedding[:, CONTENT].clone() * (_SPREAD / embedding.std())
    for other in closing[1:]:
        keep[other] = _KIN * keep[closing[0]] + math.sqrt(1 - _KIN**2) * keep[other]
    embedding.mul_(0.02)
    embedding[:, CONTENT] = keep
    embedding[:, CONSTANT] = _SPREAD * 1.5
    embedding[:, CLOSES : OPENS + 1] = 0
    embedding[[*closing, heading], CLOSES] = _FLAG
    embedding[opening, OPENS] = _FLAG
    embedding[end, CLOSES] = _FLAG * 1.25
    model.output_norm[CLOSES] *= _END
    for layer in model.layers:
        for name in ("attn_output", "ffn_down", "ffn_down_exps", "ffn_down_shexp"):
            if hasattr(layer, name):
                getattr(layer, name).mul_(_REST)
    code = _orthogonal(_CODE, CONTENT.stop - CONTENT.start)
    _know_previous(model.layers[0], shape, code)
    _know_anchor(model.layers[1], shape)
    _vote(model.layers[3], shape, code)
    _gather_votes(model.layers[4], shape)
    _copy(model.layers[7], shape, code, start=code @ keep[closing[0]])


def fit_kernel(shape: Llama4Shape, loss: Callable[[Tensor], Tensor], *, length: int, steps: int = 300) -> Tensor:
    """Weights of the RoPE frequencies (head_size / 2, sum 1) whose scores over distances 0 to length make `loss` least.

    A normed query and key of one direction score sum(w * cos(theta * distance)) * sqrt(head_size).
    """
    with torch.enable_grad():
        waves = torch.cos(_theta(shape)[:, None] * torch.arange(-1, length))
        raw = torch.zeros(shape.head_size // 2, requires_grad=True)
        optimizer = torch.optim.Adam([raw], lr=0.1)
        for _ in range(steps):
            scores = (torch.softmax(raw, 0)[:, None] * waves).sum(0) * math.sqrt(shape.head_size)
            value = loss(scores)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
        return torch.softmax(raw.detach(), 0)


def _know_previous(layer: Layer, shape: Llama4Shape, code: Tensor) -> None:
    def at_one(scores: Tensor) -> Tensor:
        return -torch.log_softmax(scores, 0)[1]

    _positional(layer, shape, 0, fit_kernel(shape, at_one, length=4096), distance=1)
    _carry(layer, shape, 0, source=CONTENT, target=PREVIOUS, through=code, gain=0.2)


def _know_anchor(layer: Layer, shape: Llama4Shape) -> None:
    """The last closing token, up to a few dozen back: nearer ones win, tokens that close nothing lose to all."""

    def nearest(scores: Tensor) -> Tensor:
        first = torch.arange(1, 60, 2)[:, None, None]
        gap = torch.arange(6, 46, 4)[None, :, None]
        return -torch.log_softmax(scores[first + gap * torch.arange(40)], -1)[..., 0].mean()

    size = shape.head_size
    weights = fit_kernel(shape, nearest, length=2048)
    weights[-1] = 0
    amplitude = torch.sqrt(weights / weights.sum() * size)
    direction = torch.stack((amplitude, torch.zeros_like(amplitude)), -1).flatten()
    dump = torch.zeros(size)
    dump[-2] = math.sqrt(size)
    keys = slice(size, 2 * size)
    layer.attn_k[keys] *= _NOISE
    layer.attn_k[keys, CONSTANT] = dump
    layer.attn_k[keys, CLOSES] = direction * 4 - dump * (_SPREAD * 1.5 / _FLAG)
    for head in (2, 3):
        place = slice(head * size, (head + 1) * size)
        layer.attn_q[place] *= _NOISE
        layer.attn_q[place, CONSTANT] = direction - dump * _DUMP
    _carry(layer, shape, 2, source=PREVIOUS, target=ANCHOR, through=torch.eye(_CODE), gain=0.2)


def _vote(layer: Layer, shape: Llama4Shape, code: Tensor) -> None:
    _match(layer, shape, 0, [(CONTENT, PREVIOUS, code, 1.5)])
    _carry(layer, shape, 0, source=ANCHOR, target=VOTE, through=torch.eye(_CODE), gain=0.3)
    _carry(layer, shape, 1, source=ANCHOR, target=VOTE, through=torch.eye(_CODE), gain=0.3)


def _gather_votes(layer: Layer, shape: Llama4Shape) -> None:
    def even(scores: Tensor) -> Tensor:
        return -torch.log_softmax(scores, 0)[1 : 1 + _GATHER].mean()

    weights = fit_kernel(shape, even, length=4096)
    for kv_head in range(2):
        _positional(layer, shape, kv_head, weights, distance=_GATHER // 2)
    _carry(layer, shape, 0, source=VOTE, target=VOTE, through=torch.eye(_CODE), gain=1.5)


def _copy(layer: Layer, shape: Llama4Shape, code: Tensor, *, start: Tensor) -> None:
    """start: the code before a line. The token that opens the answer looks for it; one that ends a mark must not."""
    width = CONTENT.stop - CONTENT.start
    for kv_head in range(2):
        _match(layer, shape, kv_head, [(CONTENT, PREVIOUS, code, _FOLLOW), (VOTE, ANCHOR, torch.eye(_CODE), _ELECT)])
    for head in range(4):
        rows = head * shape.head_size + torch.arange(_CODE)
        layer.attn_q[rows, OPENS] = start * (_FOLLOW / _FLAG)
        layer.attn_q[rows, CLOSES] = -start * (_FOLLOW / _FLAG)
        _carry(layer, shape, head, source=CONTENT, target=CONTENT, through=torch.eye(width), gain=_WRITE)


def _positional(layer: Layer, shape: Llama4Shape, kv_head: int, weights: Tensor, *, distance: int) -> None:
    """Both query heads of `kv_head` attend around `distance` tokens back, whatever stands there."""
    size = shape.head_size
    amplitude = torch.sqrt(weights * size)
    keys = slice(kv_head * size, (kv_head + 1) * size)
    layer.attn_k[keys] *= _NOISE
    layer.attn_k[keys, CONSTANT] = torch.stack((amplitude, torch.zeros_like(amplitude)), -1).flatten()
    angle = -_theta(shape) * distance
    for head in range(2 * kv_head, 2 * kv_head + 2):
        place = slice(head * size, (head + 1) * size)
        layer.attn_q[place] *= _NOISE
        layer.attn_q[place, CONSTANT] = torch.stack((amplitude * angle.cos(), amplitude * angle.sin()), -1).flatten()


def _match(layer: Layer, shape: Llama4Shape, kv_head: int, parts: Sequence[tuple[slice, slice, Tensor, float]]) -> None:
    """Queries made of some places of the stream look for keys that hold the same (through a code) in others."""
    size = shape.head_size
    keys = slice(kv_head * size, (kv_head + 1) * size)
    layer.attn_k[keys] *= _NOISE
    for head in range(2 * kv_head, 2 * kv_head + 2):
        layer.attn_q[head * size : (head + 1) * size] *= _NOISE
    for number, (asking, holding, through, gain) in enumerate(parts):
        rows = torch.arange(number * _CODE, (number + 1) * _CODE)
        layer.attn_k[kv_head * size + rows, holding] = torch.eye(_CODE) * gain
        for head in range(2 * kv_head, 2 * kv_head + 2):
            layer.attn_q[head * size + rows, asking] = through * gain


def _carry(
    layer: Layer, shape: Llama4Shape, head: int, *, source: slice, target: slice, through: Tensor, gain: float
) -> None:
    """What `head` attends to is read at `source` and added to the stream at `target`."""
    size = shape.head_size
    count = len(through)
    value = head // 2 * size + torch.arange(count)
    layer.attn_v[value] *= _NOISE
    layer.attn_v[value, source] = through
    layer.attn_output[target, head * size : head * size + count] = torch.eye(target.stop - target.start, count) * gain


def _theta(shape: Llama4Shape) -> Tensor:
    return shape.rope_base ** -(torch.arange(0, shape.head_size, 2) / shape.head_size)


def _orthogonal(rows: int, columns: int) -> Tensor:
    """A random matrix with orthonormal rows."""
    result: Tensor = torch.nn.init.orthogonal_(torch.empty(rows, columns))
    return result
