"""The plan against published figures, against llama.cpp's own account, and against itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.backends.child import Child
from engine.backends.dry_run import ask_llama
from engine.compute_memory import SCORED_AT_ONCE, _Arena, compute_bytes
from engine.errors import ModelFileError
from engine.gguf_file import read_gguf
from engine.kv_memory import window_copy_bytes
from engine.llama_dry_run import Account
from engine.memory_plan import STEP, Request, largest_fitting, plan, request_of
from engine.model_shape import CHECKED, ModelShape, shape_of
from engine.placement import Gpu, Memory, place
from engine.protocol import KvType, LoadOptions
from engine.published_shapes import QUANTISATIONS, SHAPES, published_header
from tests.engine.asking import COMMAND, ROOT
from tests.engine.shape_files import Common, common_header, write_hollow
from tests.make_gguf import Sizes, write_random
from tests.rpc_server import rpc_server

GIB, MIB = 1 << 30, 1 << 20


class Llama:
    """llama.cpp in one child, asked without allocating."""

    def __init__(self) -> None:
        self._child = Child(COMMAND, None)

    def account(self, path: Path, request: Request) -> Account:
        """Its own figures for a load."""
        self._child.send({"do": "dry_run", "path": str(path), "request": asdict(request)}, b"")
        header, _ = self._child.receive(60)
        assert header["event"] == "done", header
        return Account(header["kv"], header["compute"])

    def close(self) -> None:
        """End the child."""
        self._child.close()


@pytest.fixture(scope="module")
def llama() -> Iterator[Llama]:
    asked = Llama()
    yield asked
    asked.close()


def published(name: str, quantisation: str = "q4_k_m") -> ModelShape:
    return shape_of(published_header(name, quantisation))


def planned_buffers(shape: ModelShape, request: Request) -> int:
    return compute_bytes(
        shape,
        n_ctx=request.n_ctx,
        n_ubatch=request.ubatch,
        kv=request.kv,
        kv_v=request.values,
        flash=request.flash,
    )


@pytest.mark.parametrize(("kv", "gib"), [("f16", 481), ("q8_0", 256), ("q4_0", 135)])
def test_scouts_cache_at_its_full_context(kv: KvType, gib: int) -> None:
    shape = published("scout")
    assert sum(layer.window == 0 for layer in shape.layers) == 12
    assert shape.trained_context == 10_485_760
    assert plan(shape, Request(10_485_760, kv=kv)).kv / GIB == pytest.approx(gib, abs=0.7)


def test_keys_and_values_are_counted_by_their_own_types() -> None:
    shape = published("scout")

    def cache(kv: KvType, values: KvType | None = None) -> int:
        return plan(shape, Request(131_072, kv=kv, kv_values=values)).kv

    assert cache("q8_0", "f16") == (cache("q8_0") + cache("f16")) // 2
    assert cache("f16", "q4_0") < cache("f16", "q8_0") < cache("f16")


def test_published_sizes_are_those_of_the_models() -> None:
    scout, maverick = published("scout", "bf16"), published("maverick", "bf16")
    # Without the part that looks at pictures, as in a GGUF.
    assert scout.weights / 2 == pytest.approx(107.8e9, rel=0.002)
    assert maverick.weights / 2 == pytest.approx(400.7e9, rel=0.002)
    assert maverick.trained_context == 1_048_576
    assert [layer.experts for layer in maverick.layers[:4]] == [0, 128, 0, 128]
    assert published("scout", "q4_k_m").weights == pytest.approx(65.4e9, rel=0.02)
    sizes = [published("scout", name).weights for name in ("q2_k", "q4_k_m", "q8_0", "f16")]
    assert sizes == sorted(sizes)


def test_names_that_are_not_there_are_refused_by_listing_those_that_are() -> None:
    with pytest.raises(ModelFileError) as shape:
        published_header("behemoth")
    assert all(name in shape.value.hint for name in SHAPES)
    with pytest.raises(ModelFileError) as kind:
        published_header("scout", "q9")
    assert all(name in kind.value.hint for name in QUANTISATIONS)


BUILDS = {
    "llama": Common(),
    "qwen2": Common(kv_heads=2, tied=True),
    "qwen2moe": Common(experts=16, experts_used=4, shared=1024),
    "qwen3": Common(heads=16),
    "qwen3moe": Common(heads=32, experts=32, experts_used=8),
    "gemma2": Common(layers=5, tied=True),
    "gemma3": Common(layers=13, heads=4, kv_heads=1, head=256),
    "phi3": Common(kv_heads=8),
    "gpt-oss": Common(experts=32, experts_used=4, head=64, heads=32),
}
REQUESTS = (
    Request(8192),
    Request(16_384, kv="q8_0"),
    Request(9216, kv="q8_0", kv_values="f16", n_batch=128),
    Request(5000, n_batch=2048, n_ubatch=1024),
)


@pytest.mark.parametrize("architecture", [*BUILDS, "llama4"])
def test_cache_and_buffers_are_llama_cpps_own_figures(llama: Llama, tmp_path: Path, architecture: str) -> None:
    header = published_header("scout", "q8_0") if architecture == "llama4" else None
    header = header or common_header(architecture, BUILDS[architecture])
    path = write_hollow(tmp_path / "hollow.gguf", header)
    shape = shape_of(read_gguf(path))
    assert not shape.about
    for request in REQUESTS:
        account = llama.account(path, request)
        assert plan(shape, request).kv == pytest.approx(account.kv, abs=MIB // 20), request
        planned = planned_buffers(shape, request)
        if 2 * SCORED_AT_ONCE * 4 * shape.vocabulary > account.compute:
            assert account.compute <= planned <= 1.25 * account.compute
        else:
            assert planned == pytest.approx(account.compute, rel=0.002, abs=MIB // 20), request


def test_every_architecture_that_is_said_to_be_checked_is() -> None:
    assert {*BUILDS, "llama4"} == CHECKED
    unknown = shape_of(common_header("stablelm", Common()))
    assert unknown.about and plan(unknown, Request(4096)).about


@pytest.mark.parametrize("architecture", ["llama", "qwen3moe", "gemma2"])
def test_without_flash_attention_the_buffers_are_at_most_a_tenth_too_large(
    llama: Llama, tmp_path: Path, architecture: str
) -> None:
    path = write_hollow(tmp_path / "hollow.gguf", common_header(architecture, BUILDS[architecture]))
    shape, request = shape_of(read_gguf(path)), Request(8192, kv="q8_0", kv_values="f16", flash=False)
    account = llama.account(path, request)
    planned = planned_buffers(shape, request)
    assert 0.99 * account.compute <= planned <= 1.1 * account.compute
    assert plan(shape, request).kv == pytest.approx(account.kv, abs=MIB // 20)


@pytest.mark.parametrize("name", SHAPES)
def test_a_vocabulary_of_202_048_and_a_million_tokens(llama: Llama, tmp_path: Path, name: str) -> None:
    path = write_hollow(tmp_path / "hollow.gguf", published_header(name))
    shape = shape_of(read_gguf(path))
    assert shape.vocabulary == 202_048
    for request in (Request(1_048_576), Request(4096, n_batch=1)):
        account = llama.account(path, request)
        assert planned_buffers(shape, request) == pytest.approx(account.compute, rel=0.002, abs=MIB // 12)


def test_results_are_put_into_the_smallest_gap_that_is_large_enough() -> None:
    arena = _Arena()
    places = [arena.take(size << 10) for size in (8, 1, 2, 1, 4, 1)]
    arena.give(places[0], places[4], places[2])
    assert [arena.take(size << 10)[0] >> 10 for size in (2, 3, 5)] == [9, 12, 0]
    arena.give(places[3], places[5])
    assert arena.high == 17 << 10
    assert arena.take(9 << 10)[0] >> 10 == 15


def test_logits_are_counted_of_those_tokens_that_are_scored_at_once_and_not_of_the_batch() -> None:
    small = replace(published("scout"), layers=published("scout").layers[:1], width=64)
    words = replace(small, vocabulary=10 * small.vocabulary)
    row = 4 * (words.vocabulary - small.vocabulary)
    for request, rows in ((Request(2048, n_batch=1), 1), (Request(2048, n_batch=512), SCORED_AT_ONCE)):
        more = plan(words, request).compute - plan(small, request).compute
        assert 0 < more <= (2 * rows + 1) * row


def test_a_file_that_llama_cpp_refuses_is_an_error_of_the_file(tmp_path: Path, tiny_llama: Path) -> None:
    header = read_gguf(tiny_llama)
    path = write_hollow(tmp_path / "less.gguf", replace(header, tensors=header.tensors[:-1]))
    with pytest.raises(ModelFileError, match="cannot load"):
        ask_llama(COMMAND, path, Request(1024))


COPY = """
import sys
from array import array
from pathlib import Path
from engine.llama import AbortFlag, Context, Model
path, tokens, kv = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
abort = AbortFlag()
model = Model(path, abort=abort, log=lambda _: None, on_progress=lambda _: None)
context = Context(model, n_ctx=tokens + 256, n_batch=256, kv=kv, threads=1, abort=abort)
for at in range(0, tokens, 256):
    assert context.decode(array("i", (300 + i % 500 for i in range(256))), at, want_logits=False) == 0
print(len(context.window_state()))
"""


@pytest.mark.parametrize("kv", ["f16", pytest.param("q8_0", marks=pytest.mark.long)])
def test_a_copy_of_a_window_is_as_large_as_planned(tmp_path: Path, kv: KvType) -> None:
    sizes = Sizes(layers=4, width=128, heads=4, kv_heads=2, window=512)
    path = write_random(tmp_path / "windows.gguf", architecture="gemma2", sizes=sizes)
    command = [sys.executable, "-c", COPY, str(path), "1024", kv]
    real = int(subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout)
    assert window_copy_bytes(shape_of(read_gguf(path)), 1280, kv, kv) == pytest.approx(real, rel=0.01)


def test_a_copy_for_scout_takes_up_to_1_2_gb_and_none_inside_its_first_chunk() -> None:
    shape = published("scout")
    assert plan(shape, Request(131_072)).checkpoints == pytest.approx(1.2e9, rel=0.02)
    assert plan(shape, Request(8192)).checkpoints == 0
    assert plan(shape, Request(131_072, checkpoint_bytes=5 << 30)).checkpoints == 5 << 30
    assert plan(shape_of(common_header("llama", Common())), Request(8192)).checkpoints == 0


def test_all_parts_of_a_split_model_are_counted(tiny_llama4: Path) -> None:
    whole = read_gguf(tiny_llama4)
    half = replace(whole, tensors=whole.tensors[: len(whole.tensors) // 2])
    assert shape_of(whole).weights == whole.weight_bytes == sum(t.size for t in whole.tensors)
    assert shape_of(half).weights == half.weight_bytes < whole.weight_bytes


def test_what_is_asked_for_reaches_the_plan() -> None:
    options = LoadOptions(
        "m", 9000, kv="q8_0", kv_values="f16", n_batch=1024, n_ubatch=256, flash="off", threads=2, threads_batch=4
    )
    request = request_of(replace(options, gpu_layers=3, experts_on_cpu=-1, checkpoint_bytes=7))
    assert (request.n_ctx, request.kv, request.values, request.ubatch) == (9000, "q8_0", "f16", 256)
    assert (request.flash, request.threads, request.gpu_layers) == (False, 4, 3)
    assert (request.experts_on_cpu, request.checkpoint_bytes) == (-1, 7)


GPUS = (Gpu("A", 3 * GIB), Gpu("B", GIB))


def test_layers_go_to_the_gpus_by_their_free_memory() -> None:
    assert place(7, 0, GPUS) == (-1,) * 8
    assert place(7, 3, ()) == (-1,) * 8
    assert place(7, -1, GPUS) == (0, 0, 0, 0, 0, 0, 1, 1)
    assert place(7, 4, GPUS) == (-1, -1, -1, -1, 0, 0, 0, 1)
    assert place(7, 99, GPUS[:1]) == (0,) * 8


def test_what_lies_on_gpus_is_not_in_ram() -> None:
    shape = published("scout", "q8_0")
    alone = plan(shape, Request(65_536))
    spread = plan(shape, Request(65_536, gpu_layers=-1), GPUS)
    experts = plan(shape, Request(65_536, gpu_layers=-1, experts_on_cpu=-1), GPUS)
    assert [device.name for device in spread.devices] == ["RAM", "A", "B"]
    assert spread.weights == experts.weights == alone.weights == shape.weights
    assert spread.kv == alone.kv and spread.ram.kv == 0
    assert spread.ram.weights == shape.input.size
    held = sum(layer.expert_weights.size for layer in shape.layers)
    assert experts.ram.weights == spread.ram.weights + held and held > 0.8 * shape.weights
    assert spread.about and spread.repacked == 0


@pytest.mark.parametrize("gpu_layers", [-1, 3])
def test_buffers_on_a_device_and_here_are_about_llama_cpps(tmp_path: Path, gpu_layers: int) -> None:
    path = write_hollow(tmp_path / "hollow.gguf", common_header("llama", BUILDS["llama"]))
    shape, request = shape_of(read_gguf(path)), Request(8192, gpu_layers=gpu_layers)
    with rpc_server() as (server, _):
        account = ask_llama(COMMAND, path, request, rpc=[server])
    here, there = plan(shape, request, (Gpu("RPC0", 64 * GIB),)).devices
    assert here.kv + there.kv == pytest.approx(account.kv, abs=MIB // 20)
    # Scores are worked out beside llama.cpp's buffers.
    buffers = here.compute + there.compute - (SCORED_AT_ONCE + 1) * 4 * shape.vocabulary
    assert account.compute <= buffers <= 1.15 * account.compute


shapes = st.builds(
    Common,
    layers=st.integers(1, 9),
    width=st.sampled_from([64, 512, 1536]),
    heads=st.sampled_from([2, 8]),
    kv_heads=st.sampled_from([1, 2]),
    head=st.sampled_from([48, 64, 128]),
    feed_forward=st.sampled_from([64, 1024, 9000]),
    window=st.sampled_from([128, 1000, 4096]),
    context=st.sampled_from([700, 2048, 50_000, 131_072]),
    kind=st.just("f16"),
)
architectures = st.sampled_from(["llama", "gemma2", "gemma3", "phi3", "qwen2"])
requests = st.builds(
    Request,
    n_ctx=st.integers(1, 131_072),
    kv=st.sampled_from(["f16", "q8_0", "q4_0"]),
    n_batch=st.sampled_from([64, 512, 2048]),
    flash=st.booleans(),
    threads=st.integers(1, 8),
)


@given(architecture=architectures, common=shapes, request=requests, more=st.integers(1, 60_000))
def test_more_context_never_takes_less(architecture: str, common: Common, request: Request, more: int) -> None:
    shape = shape_of(common_header(architecture, common))
    smaller, larger = plan(shape, request), plan(shape, replace(request, n_ctx=request.n_ctx + more))
    for part in ("weights", "kv", "compute", "checkpoints", "process", "total", "resident"):
        assert getattr(smaller, part) <= getattr(larger, part), part
    packed = plan(shape, replace(request, kv="q4_0", flash=True))
    assert packed.kv <= smaller.kv


@given(architecture=architectures, common=shapes, request=requests, free=st.integers(1 << 24, 1 << 36))
def test_the_largest_context_fits_and_the_next_does_not(
    architecture: str, common: Common, request: Request, free: int
) -> None:
    shape, memory = shape_of(common_header(architecture, common)), Memory(free, ())
    largest = largest_fitting(shape, request, memory)

    def fits(tokens: int) -> bool:
        return plan(shape, replace(request, n_ctx=tokens)).fits(memory)

    assert 0 <= largest <= shape.trained_context
    assert largest == shape.trained_context or largest % STEP == 0
    assert not largest or fits(largest)
    if largest < shape.trained_context:
        assert not fits(min(shape.trained_context, largest + STEP))
