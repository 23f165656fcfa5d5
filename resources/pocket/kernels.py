"""Queries and keys that look a fixed way back: what RoPE with normed queries and keys can say about distance alone.

Knows nothing of tokens.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from resources.pocket.gguf_writer import Llama4Shape

_STEPS = 400


@dataclass(frozen=True, slots=True)
class Kernel:
    """Shares of the RoPE frequencies (head_size / 2, sum 1) and the angle by which a query runs ahead of its key.

    A query and a key made of it, both normed, score sqrt(head_size) * sum(shares * cos(frequency * distance - ahead)).
    """

    shares: Tensor
    ahead: Tensor

    def key(self) -> Tensor:
        """(head_size,), norm 1."""
        amplitude = self.shares.sqrt()
        return torch.stack((amplitude, torch.zeros_like(amplitude)), -1).flatten()

    def query(self) -> Tensor:
        """(head_size,), norm 1."""
        amplitude = self.shares.sqrt()
        return torch.stack((amplitude * self.ahead.cos(), -amplitude * self.ahead.sin()), -1).flatten()

    def moved(self, shape: Llama4Shape, distance: float) -> Kernel:
        """The same that many tokens further back."""
        return Kernel(self.shares, self.ahead + frequencies(shape) * distance)

    def scores(self, shape: Llama4Shape, length: int) -> Tensor:
        """What distances 0 to length - 1 get. (length,)."""
        waves = torch.cos(frequencies(shape)[:, None] * torch.arange(length) - self.ahead[:, None])
        return math.sqrt(shape.head_size) * (self.shares[:, None] * waves).sum(0)


def fit(shape: Llama4Shape, loss: Callable[[Tensor], Tensor], *, length: int, unused: int = 0) -> Kernel:
    """The kernel whose scores over `length` distances make `loss` least. unused: slowest frequencies left free."""
    count = shape.head_size // 2
    allowed = torch.where(torch.arange(count) < count - unused, 0.0, -torch.inf)
    with torch.enable_grad():
        raw, ahead = torch.zeros(count, requires_grad=True), torch.zeros(count, requires_grad=True)
        optimizer = torch.optim.Adam([raw, ahead], lr=0.05)
        for _ in range(_STEPS):
            value = loss(Kernel(torch.softmax(raw + allowed, 0), ahead).scores(shape, length))
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
    return Kernel(torch.softmax(raw.detach() + allowed, 0), ahead.detach())


def frequencies(shape: Llama4Shape) -> Tensor:
    """Radians per token of each pair of values. (head_size / 2,)."""
    return shape.rope_scale * shape.rope_base ** -(torch.arange(0, shape.head_size, 2) / shape.head_size)
