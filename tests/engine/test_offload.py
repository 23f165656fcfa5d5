"""What goes to GPUs: by the plan's own bytes, from Scout on one card down to a tiny model over two real servers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.devices import Device
from engine.gguf_file import read_gguf
from engine.memory_plan import SHARE_OF_FREE, Request, plan
from engine.model_shape import ModelShape, shape_of
from engine.offload import ALL, Offload, what_fits
from engine.placement import Gpu
from engine.published_shapes import published_header

REQUEST = Request(2048)


def card(free: int, name: str = "CUDA0") -> Device:
    return Device(name, "a card", "gpu", free, free)


def needed(shape: ModelShape, request: Request, gpu_layers: int, experts: int = 0) -> int:
    """Bytes that a single card has to have free."""
    divided = replace(request, gpu_layers=gpu_layers, experts_on_cpu=experts)
    (_, need) = plan(shape, divided, (Gpu("CUDA0", 1 << 50),)).devices
    return int(need.total / SHARE_OF_FREE) + 2


@pytest.fixture(scope="module")
def dense(tiny_llama: Path) -> ModelShape:
    return shape_of(read_gguf(tiny_llama))


@pytest.fixture(scope="module")
def experts(tiny_llama4: Path) -> ModelShape:
    return shape_of(read_gguf(tiny_llama4))


def test_a_dense_model_gets_exactly_the_layers_that_fit(dense: ModelShape) -> None:
    assert what_fits(dense, REQUEST, [card(1 << 50)]) == Offload(ALL)
    for count in range(1, len(dense.layers) + 1):
        room = needed(dense, REQUEST, count)
        assert what_fits(dense, REQUEST, [card(room)]) == Offload(count)
        assert what_fits(dense, REQUEST, [card(room - 100)]).gpu_layers < count
    assert what_fits(dense, REQUEST, [card(needed(dense, REQUEST, ALL))]) == Offload(ALL)


def test_experts_stay_in_memory_before_layers_do(experts: ModelShape) -> None:
    with_first_two = needed(experts, REQUEST, ALL, 2)
    assert needed(experts, REQUEST, ALL, ALL) < with_first_two < needed(experts, REQUEST, ALL)
    assert what_fits(experts, REQUEST, [card(with_first_two)]) == Offload(ALL, 2)
    assert what_fits(experts, REQUEST, [card(with_first_two - 100)]) == Offload(ALL, ALL)
    too_small_for_attention = needed(experts, REQUEST, 2, ALL)
    assert what_fits(experts, REQUEST, [card(too_small_for_attention)]) == Offload(2, ALL)
    assert what_fits(experts, REQUEST, [card(with_first_two)], experts_on_cpu=0).gpu_layers > 0
    assert what_fits(experts, REQUEST, [card(with_first_two)], experts_on_cpu=0).experts_on_cpu == 0


def test_a_longer_context_leaves_room_for_fewer_layers(dense: ModelShape) -> None:
    room = [card(needed(dense, REQUEST, 3))]
    assert what_fits(dense, replace(REQUEST, n_ctx=32_768), room).gpu_layers < 3


def test_nothing_goes_where_nothing_is_free_or_nothing_is_said(dense: ModelShape) -> None:
    assert what_fits(dense, REQUEST, []) == Offload(0)
    assert what_fits(dense, REQUEST, [card(0)]) == Offload(0)
    assert what_fits(dense, REQUEST, [card(1000)]) == Offload(0)


def test_scout_keeps_its_experts_in_memory_on_one_card() -> None:
    # Its attention and cache take about 10 GB, its experts 60.
    scout, request = shape_of(published_header("scout")), Request(131_072, kv="q8_0")
    assert what_fits(scout, request, [card(24 * 10**9)]).gpu_layers == ALL
    assert what_fits(scout, request, [card(24 * 10**9)]).experts_on_cpu not in (0, 48)
    assert what_fits(scout, request, [card(300 * 10**9)]) == Offload(ALL)
    two = [card(140 * 10**9), card(140 * 10**9, "CUDA1")]
    assert what_fits(scout, request, two) == Offload(ALL)
