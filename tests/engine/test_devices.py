"""Devices through real RPC servers on this machine, which llama.cpp takes for GPUs: listed, used, lost."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.backends.local import LocalBackend
from engine.devices import Device, list_devices, may_have_gpu, offloading, server_address
from engine.errors import DeviceError, EngineStopped
from engine.ggml import ALL, experts_pattern
from engine.protocol import LoadOptions, Sampling
from tests.engine.asking import COMMAND, prompt_of
from tests.make_gguf import Sizes, write_random
from tests.rpc_server import rpc_server

TEXT = "The crane stopped at 09:14. " * 60


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Large enough for its parts to be told apart in llama.cpp's log, which rounds to 0.01 MiB."""
    sizes = Sizes(width=128, feed_forward=512, experts=4)
    return write_random(tmp_path_factory.mktemp("devices") / "experts.gguf", sizes=sizes)


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[str, str]]:
    with rpc_server() as (one, _), rpc_server() as (other, _):
        yield one, other


def answer(model: Path, log: Path, **options: object) -> tuple[str, str]:
    """A long answer drawn from a seed (a greedy one repeats itself), and llama.cpp's log."""
    with log.open("wb") as out:
        backend = LocalBackend(COMMAND, log=out)
        try:
            backend.load(LoadOptions(str(model), 2048, threads=1, **options))  # type: ignore[arg-type]
            prompt = replace(prompt_of(backend, TEXT, "When?", answer=48), sampling=Sampling(1.0, 1.0, 7))
            text = backend.ask(prompt).text
        finally:
            backend.close()
    return text, log.read_text("utf-8", "replace")


def weights_on(log: str, device: str) -> float:
    """MiB of weights that llama.cpp says it put there."""
    sizes = re.findall(rf"load_tensors: +{device}\S* model buffer size = +([0-9.]+) MiB", log)
    return sum(map(float, sizes))


@pytest.fixture(scope="module")
def local(model: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    text, log = answer(model, tmp_path_factory.mktemp("log") / "local.log")
    assert weights_on(log, "RPC0") == 0 and len(set(text)) > 20
    return text


def test_the_cpu_is_always_there() -> None:
    devices = list_devices(COMMAND)
    cpu = next(device for device in devices if device.kind == "cpu")
    assert cpu.description and 0 < cpu.free <= cpu.total
    assert cpu not in offloading(devices)
    assert bool(offloading(devices)) <= may_have_gpu()


@pytest.fixture(scope="module")
def split(model: Path, servers: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return answer(model, tmp_path_factory.mktemp("log") / "split.log", rpc=servers, gpu_layers=-1)


def test_a_model_split_over_two_servers_answers_as_it_does_here(
    servers: tuple[str, str], local: str, split: tuple[str, str]
) -> None:
    text, log = split
    assert text == local
    for server in servers:
        assert weights_on(log, rf"RPC\d+\[{server}") > 0
    assert "offloaded 5/5 layers" in log


def test_servers_are_listed_as_devices(servers: tuple[str, str]) -> None:
    devices = list_devices(COMMAND, rpc=servers)
    assert [(d.server, d.kind) for d in devices if d.server] == [(server, "gpu") for server in servers]
    assert all(d.free > 0 for d in devices)
    assert [d.server for d in offloading(devices)] == list(servers)


def test_only_the_devices_that_are_named_get_layers(
    model: Path, servers: tuple[str, str], local: str, tmp_path: Path
) -> None:
    text, log = answer(model, tmp_path / "log", rpc=servers, gpu_layers=2, devices=("RPC1",))
    assert text == local
    assert weights_on(log, rf"RPC\d+\[{servers[1]}") > 0
    assert weights_on(log, rf"RPC\d+\[{servers[0]}") == 0
    assert "offloaded 2/5 layers" in log


def test_experts_stay_in_memory_while_attention_is_on_the_card(
    model: Path, servers: tuple[str, str], local: str, split: tuple[str, str], tmp_path: Path
) -> None:
    text, log = answer(model, tmp_path / "log", rpc=servers, gpu_layers=-1, experts_on_cpu=-1)
    assert text == local
    moved = re.findall(r"tensor (blk\.\d\.ffn_\w+)\.weight .* overridden to CPU", log)
    assert sorted(moved) == sorted(f"blk.{i}.ffn_{part}_exps" for i in (1, 3) for part in ("gate", "up", "down"))
    # Four experts of three matrices in two layers, 2 bytes a value; an expert is half as wide as a dense layer.
    experts = 4 * 3 * 2 * 2 * 128 * 256 / 2**20
    assert weights_on(split[1], "RPC") - weights_on(log, "RPC") == pytest.approx(experts, abs=0.05)
    assert weights_on(log, "CPU") - weights_on(split[1], "CPU") >= experts - 0.05
    assert "offloaded 5/5 layers" in log


@pytest.mark.long
def test_experts_of_the_first_layers_only(
    model: Path, servers: tuple[str, str], local: str, split: tuple[str, str], tmp_path: Path
) -> None:
    text, log = answer(model, tmp_path / "log", rpc=servers, gpu_layers=-1, experts_on_cpu=2)
    assert text == local
    moved = re.findall(r"tensor (blk\.\d\.ffn_\w+)\.weight .* overridden to CPU", log)
    assert sorted(moved) == sorted(f"blk.1.ffn_{part}_exps" for part in ("gate", "up", "down"))


def test_the_pattern_names_routed_experts_only() -> None:
    names = ["blk.0.ffn_up_exps.weight", "blk.11.ffn_gate_up_exps.weight", "blk.1.ffn_down_chexps.weight"]
    others = ["blk.0.ffn_up_shexp.weight", "blk.0.ffn_gate_inp.weight", "blk.0.attn_q.weight", "blk.0.exp_probs_b.bias"]
    everywhere = re.compile(experts_pattern(ALL))
    assert all(everywhere.search(name) for name in names)
    assert not any(everywhere.search(name) for name in others)
    first = re.compile(experts_pattern(2))
    assert [bool(first.search(name)) for name in names] == [True, False, True]


def test_a_server_that_is_not_there_is_one_sentence(model: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"127.0.0.1:{taken.getsockname()[1]}"
    backend = LocalBackend(COMMAND)
    for ask in (
        lambda: list_devices(COMMAND, rpc=(nobody,)),
        lambda: backend.load(LoadOptions(str(model), 2048, rpc=(nobody,), gpu_layers=-1)),
    ):
        with pytest.raises(DeviceError, match=rf"^The RPC server {nobody} cannot be reached: Connection refused\.$"):
            ask()
    assert backend.pid is None


def test_something_else_that_listens_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        listening.settimeout(30)

        def hang_up() -> None:
            # The first connection only looks whether anybody is there.
            for _ in range(2):
                listening.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(DeviceError, match=f"^What answers at {address} is no RPC server of this version"):
            list_devices(COMMAND, rpc=(address,))
        thread.join()


def test_a_server_that_serves_somebody_else_is_not_waited_for() -> None:
    # As a server that is busy does it: the system takes the connection, and nobody ever answers on it.
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(DeviceError, match=f"^The RPC server {address} is there but does not answer"):
            list_devices(COMMAND, rpc=(address,), server_seconds=0.3)


@pytest.mark.parametrize("address", ["", "host", ":50052", "host:", "host:port", "host:0", "host:70000", "h:-1"])
def test_what_is_no_address_is_said(address: str) -> None:
    with pytest.raises(DeviceError, match="names no RPC server"):
        server_address(address)
    assert server_address("[::1]:50052") == ("::1", 50_052)


def test_a_device_that_is_not_there_is_said(model: Path) -> None:
    backend = LocalBackend(COMMAND)
    with pytest.raises(DeviceError, match="There is no device 'CUDA7' here") as caught:
        backend.load(LoadOptions(str(model), 2048, devices=("CUDA7",), gpu_layers=-1))
    assert "CPU" in caught.value.hint
    backend.close()


def test_a_server_lost_while_it_works_costs_a_sentence_that_names_it(model: Path) -> None:
    with rpc_server() as (server, process):
        backend = LocalBackend(COMMAND)
        backend.load(LoadOptions(str(model), 2048, threads=1, rpc=(server,), gpu_layers=-1))
        prompt = prompt_of(backend, TEXT, "When?")
        backend.ask(prompt)
        process.kill()
        process.wait()
        with pytest.raises((EngineStopped, DeviceError)) as caught:
            backend.ask(prompt_of(backend, TEXT, "Who?"))
        assert server in str(caught.value)
        with pytest.raises(DeviceError, match="cannot be reached"):
            backend.ask(prompt)
        backend.close()


def test_a_card_goes_before_the_processors_own_graphics() -> None:
    cpu = Device("CPU", "x", "cpu", 1, 1)
    own, card = Device("Vulkan1", "x", "igpu", 1, 1), Device("CUDA0", "x", "gpu", 1, 1)
    assert offloading([cpu, own, card]) == (card,)
    assert offloading([cpu, own]) == (own,)
    assert offloading([cpu, own, card], ["Vulkan1"]) == (own,)
    assert offloading([cpu, own, card], ["CPU"]) == ()
    with pytest.raises(DeviceError):
        offloading([cpu], ["CUDA0"])
