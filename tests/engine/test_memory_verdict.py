"""The word, the number and the sentence for what fits, and refusals, over sizes without files and one real file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import ContextError
from engine.gguf_file import read_gguf
from engine.memory_plan import SHARE_OF_FREE, Request, plan
from engine.memory_verdict import Verdict, check_fits, judge, largest_context
from engine.model_shape import ModelShape, shape_of
from engine.placement import Gpu, Memory
from engine.protocol import LoadOptions
from engine.published_shapes import published_header
from tests.engine.shape_files import Common, common_header

GIB = 1 << 30


@pytest.fixture(scope="module")
def scout() -> ModelShape:
    return shape_of(published_header("scout", "q2_k"))


def enough_for(shape: ModelShape, request: Request) -> Memory:
    """RAM that holds `request` and hardly more."""
    return Memory(int(plan(shape, request).total / SHARE_OF_FREE) + 1, ())


def test_it_fits(scout: ModelShape) -> None:
    request = Request(131_072)
    verdict = judge(scout, request, enough_for(scout, request))
    assert (verdict.fits, verdict.words) == ("yes", "fits")
    assert 131_072 <= verdict.max_context < 140_000 < verdict.q8_0_context
    assert "A context of 131,072 tokens fits: it takes about" in verdict.sentence


def test_it_fits_with_a_packed_cache(scout: ModelShape) -> None:
    wanted = Request(1_048_576)
    verdict = judge(scout, wanted, enough_for(scout, replace(wanted, kv="q8_0")))
    assert (verdict.fits, verdict.words) == ("q8_0", "fits with q8_0 KV")
    assert verdict.sentence.endswith("It fits with q8_0 KV.")
    assert 0 < verdict.max_context < 1_048_576 <= verdict.q8_0_context


def test_it_fits_with_a_smaller_context(scout: ModelShape) -> None:
    smaller = Request(262_144)
    verdict = judge(scout, replace(smaller, n_ctx=10_485_760), enough_for(scout, smaller))
    assert verdict.fits == "smaller"
    assert 262_144 <= verdict.max_context < 264_000
    assert verdict.words == f"fits up to {verdict.max_context:,} tokens"
    assert f"Up to {verdict.max_context:,} tokens fit." in verdict.sentence


def test_it_fits_only_with_both(scout: ModelShape) -> None:
    """Not even the smallest context of full precision fits, but one of a packed cache does."""
    shape = replace(scout, trained_context=1024)
    free = enough_for(shape, Request(1024, kv="q8_0"))
    verdict = judge(replace(scout, trained_context=2048), Request(2048), free)
    assert (verdict.fits, verdict.max_context, verdict.q8_0_context) == ("smaller", 0, 1024)
    assert verdict.words == "fits up to 1,024 tokens"
    assert "With q8_0 KV, up to 1,024 tokens fit." in verdict.sentence


def test_it_does_not_fit(scout: ModelShape) -> None:
    verdict = judge(scout, Request(4096), Memory(8 * GIB, ()))
    assert (verdict.fits, verdict.words, verdict.max_context) == ("no", "does not fit", 0)
    assert "needs about" in verdict.sentence and "8.6 GB are free. No context fits." in verdict.sentence


def test_heads_that_cannot_be_packed_are_not_offered_a_packed_cache() -> None:
    shape = shape_of(common_header("llama", Common(head=48, width=384, kind="f16")))
    verdict = judge(shape, Request(131_072), Memory(GIB // 2, ()))
    assert verdict.fits == "smaller" and verdict.q8_0_context == verdict.max_context > 0


def test_a_gpu_that_is_too_small_is_named(scout: ModelShape) -> None:
    request = Request(65_536, gpu_layers=-1)
    small = judge(scout, request, Memory(64 * GIB, (Gpu("CUDA0", 16 * GIB),)))
    assert small.fits == "no" and "on CUDA0" in small.sentence
    large = judge(scout, request, Memory(64 * GIB, (Gpu("CUDA0", 96 * GIB),)))
    assert large.fits == "yes"
    unknown = judge(scout, request, Memory(GIB, None))
    assert unknown.fits == "yes"


def options(path: Path, n_ctx: int, **more: object) -> LoadOptions:
    return LoadOptions(str(path), n_ctx, **more)  # type: ignore[arg-type]


def test_what_cannot_fit_is_refused_unless_told_otherwise(tiny_llama: Path) -> None:
    gguf, little = read_gguf(tiny_llama), Memory(100 << 20, ())
    with pytest.raises(ContextError, match=r"[GM]B are free") as caught:
        check_fits(gguf, options(tiny_llama, 32_768), available=little)
    assert "--ctx of at most" in caught.value.hint and "--anyway" in caught.value.hint
    with pytest.raises(ContextError) as caught:
        check_fits(gguf, options(tiny_llama, 32_768), available=Memory(10 << 20, ()))
    assert "Choose a smaller model." in caught.value.hint
    check_fits(gguf, options(tiny_llama, 32_768, anyway=True), available=little)
    check_fits(gguf, options(tiny_llama, 32_768), available=Memory(GIB, ()))


@pytest.mark.parametrize("anyway", [False, True])
def test_what_the_model_cannot_do_is_refused_whatever_is_said(
    tiny_llama: Path, tiny_llama4: Path, anyway: bool
) -> None:
    for path, n_ctx, more, words in (
        (tiny_llama, 0, {}, "holds nothing"),
        (tiny_llama, 32_769, {}, "more than the 32,768 this model was made for"),
        (tiny_llama4, 1024, {"kv": "q8_0"}, "packs them by 32"),
    ):
        with pytest.raises(ContextError, match=words):
            check_fits(read_gguf(path), options(path, n_ctx, anyway=anyway, **more))


def test_the_largest_context_for_a_file(tiny_llama: Path) -> None:
    gguf = read_gguf(tiny_llama)
    assert largest_context(gguf, kv="f16", n_batch=512, free=GIB) == 32_768
    assert largest_context(gguf, kv="f16", n_batch=512, free=1 << 20) == 0
    some = largest_context(gguf, kv="f16", n_batch=512, free=100 << 20)
    assert 0 < some < 32_768 and some % 1024 == 0


def test_a_verdict_shows_the_fullest_device(scout: ModelShape) -> None:
    request = Request(65_536, gpu_layers=24)
    verdict = judge(scout, request, Memory(10 * GIB, (Gpu("A", 90 * GIB),)))
    assert isinstance(verdict, Verdict) and verdict.tightest[2] == "RAM"
