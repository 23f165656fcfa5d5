"""What a model takes is known before it is loaded, the printed figures add up, and models are found where they lie."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.model_choice import (
    MemoryNeed,
    ModelChoice,
    describe_model,
    in_words,
    known_models,
    memory_need,
    models_in,
    shown_size,
)
from app.core.models import find_model
from engine.errors import ModelFileError
from engine.gguf_file import read_gguf
from engine.model_shape import shape_of
from tests.make_gguf import Sizes, cut_in_half, write_adapter, write_random


@pytest.fixture(autouse=True)
def no_named_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLUMBLINE_MODEL", raising=False)


def bundled() -> Path:
    path = find_model(None)
    assert path is not None
    return path


def test_facts_are_those_of_the_file(tiny_llama4: Path) -> None:
    facts = describe_model(tiny_llama4)
    assert (facts.name, facts.architecture, facts.trained_context) == ("Random llama4", "llama4", 32_768)
    assert facts.size == tiny_llama4.stat().st_size
    assert (facts.parts, facts.layers, facts.bundled) == (1, 4, False)
    assert describe_model(bundled()).bundled


def test_the_plan_needs_no_words_of_the_vocabulary(tiny_llama4: Path) -> None:
    whole, lean = read_gguf(tiny_llama4), describe_model(tiny_llama4).gguf
    assert shape_of(lean) == shape_of(whole)
    tokens = lean.metadata["tokenizer.ggml.tokens"]
    assert isinstance(tokens, tuple) and not any(tokens)


def test_what_is_no_model_is_a_sentence(tiny_llama4: Path, tmp_path: Path) -> None:
    for path in (cut_in_half(tiny_llama4, tmp_path / "half.gguf"), write_adapter(tmp_path / "adapter.gguf")):
        with pytest.raises(ModelFileError, match=path.name):
            describe_model(path)
        with pytest.raises(ModelFileError, match=path.name):
            memory_need(ModelChoice(path))


def test_a_smaller_cache_takes_less_and_lets_more_in(tiny_llama: Path) -> None:
    exact, half = (memory_need(ModelChoice(tiny_llama, n_ctx=32_768, kv=kv)) for kv in ("f16", "q8_0"))
    assert exact.kv > half.kv > 0
    assert exact.weights == half.weights
    assert exact.total == exact.weights + exact.kv + exact.compute
    assert exact.left == exact.free - exact.total


def test_without_a_context_the_models_own_is_counted(tiny_llama4: Path) -> None:
    assert memory_need(ModelChoice(tiny_llama4)).n_ctx == 32_768


def test_what_does_not_fit_is_a_sentence_with_the_largest_that_does(tmp_path: Path) -> None:
    # A cache of about 2 TB at its full context, on no computer these tests run on.
    sizes = Sizes(context=1 << 28)
    path = write_random(tmp_path / "long.gguf", architecture="llama", sizes=sizes)
    need = memory_need(ModelChoice(path, n_ctx=1 << 28))
    assert need.left < 0
    assert "268,435,456 tokens needs about" in need.problem and "are free" in need.problem
    assert 0 < need.largest_context < 1 << 28
    fitting = memory_need(ModelChoice(path, n_ctx=need.largest_context // 2))
    assert not fitting.problem and fitting.left > 0


def test_what_the_model_was_not_made_for_is_a_sentence(tiny_llama4: Path) -> None:
    assert "32,768 this model was made for" in memory_need(ModelChoice(tiny_llama4, n_ctx=65_536)).problem
    assert "packs them by 32" in memory_need(ModelChoice(tiny_llama4, n_ctx=1024, kv="q8_0")).problem


def test_what_a_leaving_model_holds_counts_as_free(tiny_llama: Path) -> None:
    choice, held = ModelChoice(tiny_llama, n_ctx=1024), 10**13
    assert memory_need(choice, held=held).free > held


amounts = st.integers(min_value=0, max_value=10**13)


@given(weights=amounts, kv=amounts, compute=amounts, free=amounts)
def test_printed_figures_add_up(weights: int, kv: int, compute: int, free: int) -> None:
    need = MemoryNeed(1024, weights, kv, compute, free, 0, "")
    words = in_words(need)

    def tenths(text: str) -> int:
        number, unit = text.split()
        assert unit == words.total.split()[1]
        return round(float(number.replace(",", "")) * 10)

    assert tenths(words.weights) + tenths(words.kv) + tenths(words.compute) == tenths(words.total)
    assert tenths(words.total) + tenths(words.left) == tenths(words.free)


def test_sizes_read_as_people_write_them() -> None:
    assert [shown_size(n) for n in (8_524_928, 999_000_000, 61_400_000_000)] == ["8.5 MB", "999.0 MB", "61.4 GB"]


def test_a_choice_comes_back_from_plain_data() -> None:
    choice = ModelChoice(Path("/a/b.gguf"), n_ctx=4096, kv="q8_0", threads=3, gpu_layers=7)
    assert ModelChoice.from_plain(choice.as_plain()) == choice
    assert ModelChoice.from_plain({"path": "/a"}) == ModelChoice(Path("/a"))


@pytest.mark.parametrize(
    "wrong",
    [{"path": ""}, {"path": 3}, {"kv": "f32"}, {"kv": []}, {"n_ctx": 0}, {"n_ctx": True}, {"n_ctx": "8"},
     {"threads": 513}, {"gpu_layers": -1}],
)  # fmt: skip
def test_plain_data_that_is_no_choice_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        ModelChoice.from_plain({**ModelChoice(Path("/a")).as_plain(), **wrong})
    with pytest.raises(ValueError):
        ModelChoice.from_plain(None)


def test_models_are_the_bundled_one_then_recent_ones_then_their_neighbours(tiny_llama4: Path, tmp_path: Path) -> None:
    names = ("used.gguf", "neighbour.gguf", "big-00001-of-00002.gguf", "big-00002-of-00002.gguf", "mmproj-used.gguf")
    for name in names:
        shutil.copy(tiny_llama4, tmp_path / name)
    (tmp_path / "notes.txt").write_text("no model")
    used = tmp_path / "used.gguf"
    beside = [tmp_path / "big-00001-of-00002.gguf", tmp_path / "neighbour.gguf"]
    assert known_models([tmp_path / "gone.gguf", used, used]) == [bundled(), used, *beside]
    assert known_models([bundled()]) == known_models([]) == [bundled()]
    assert models_in(tmp_path / "nowhere") == []


def test_the_model_of_the_environment_is_known(tiny_llama4: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bundled()
    monkeypatch.setenv("PLUMBLINE_MODEL", str(tiny_llama4))
    assert known_models([])[:2] == [first, tiny_llama4]


def test_one_file_by_two_names_is_listed_once(tiny_llama4: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.gguf"
    try:
        link.symlink_to(tiny_llama4)
    except OSError:
        pytest.skip("no links here")
    found = known_models([link, tiny_llama4])
    assert link in found and tiny_llama4 not in found
    assert replace(describe_model(link), path=tiny_llama4) == describe_model(tiny_llama4)
