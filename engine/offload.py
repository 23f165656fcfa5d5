"""How many layers go to the GPUs, and whose experts stay in main memory, so that everything fits where it is put.

Tries what the memory plan says of each division against what is free on each device. Knows no llama.cpp and no bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.devices import Device
from engine.memory_plan import SHARE_OF_FREE, Request, plan
from engine.model_shape import ModelShape
from engine.placement import Gpu

ALL = -1


@dataclass(frozen=True, slots=True)
class Offload:
    """As in LoadOptions: the last `gpu_layers` layers, the output being one; the experts of the first few in RAM."""

    gpu_layers: int
    experts_on_cpu: int = 0


def what_fits(
    shape: ModelShape, request: Request, devices: Sequence[Device], *, experts_on_cpu: int | None = None
) -> Offload:
    """The most that fits the free memory of `devices`, which are in llama.cpp's order.

    experts_on_cpu: None to keep as few layers' experts in main memory as it takes for everything else to fit; a dense
    model, or one whose attention alone is too large, gets fewer layers on the devices. A device that does not say what
    is free gets nothing.
    """
    gpus = tuple(Gpu(device.name, device.free) for device in devices)
    if not all(gpu.free for gpu in gpus) or not gpus:
        return Offload(0)

    def fits(gpu_layers: int, experts: int) -> bool:
        divided = replace(request, gpu_layers=gpu_layers, experts_on_cpu=experts)
        free = {gpu.name: gpu.free for gpu in gpus}
        return all(need.total <= free[need.name] * SHARE_OF_FREE for need in plan(shape, divided, gpus).devices[1:])

    count = len(shape.layers)
    choose = experts_on_cpu is None and any(layer.experts for layer in shape.layers)
    experts = experts_on_cpu or 0
    if fits(ALL, experts):
        return Offload(ALL, experts)
    if choose:
        if fits(ALL, ALL):
            return Offload(ALL, next((n for n in range(1, count) if fits(ALL, n)), ALL))
        experts = ALL
    return next((Offload(n, experts) for n in range(count, 0, -1) if fits(n, experts)), Offload(0))
