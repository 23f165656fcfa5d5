"""Which layer lies on which device when a part of a model goes to GPUs, as llama.cpp divides it. Knows no needs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

RAM = -1
"""The number of no GPU: the layer stays with the CPU."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """A device beside the CPU. free: bytes."""

    name: str
    free: int


@dataclass(frozen=True, slots=True)
class Memory:
    """What can be taken, in bytes. gpus: () where there are none, None where that is not known."""

    ram: int
    gpus: tuple[Gpu, ...] | None = None


def place(layers: int, gpu_layers: int, gpus: Sequence[Gpu]) -> tuple[int, ...]:
    """For each layer, and last for the output, the number of its GPU or RAM.

    gpu_layers: so many of the last layers, the output being one; -1 for all. Shares follow the GPUs' free memory.
    """
    count = layers + 1
    wanted = count if gpu_layers < 0 else min(gpu_layers, count)
    total = sum(gpu.free for gpu in gpus)
    if not wanted or not gpus or total <= 0:
        return (RAM,) * count
    borders = [edge / total for edge in accumulate(gpu.free for gpu in gpus)]
    placed = tuple(min(bisect_right(borders, i / wanted), len(gpus) - 1) for i in range(wanted))
    return (RAM,) * (count - wanted) + placed
