"""The random models load in llama.cpp and decode, in every architecture and file type."""

from __future__ import annotations

import os
from pathlib import Path
from typing import get_args

import pytest
from llama_cpp import llama_cpp as api

from resources.pocket.gguf_writer import FileType
from tests.make_gguf import ARCHITECTURES, Architecture, Sizes, write_random

BATCH = 256


silent = api.llama_log_callback(lambda _level, _text, _data: None)


def decode(path: Path, tokens: list[int]) -> list[float]:
    """The last token's logits, from the bindings alone: these tests judge the file, not the engine."""
    api.llama_backend_init()
    api.llama_log_set(silent, None)
    model_params = api.llama_model_default_params()
    model_params.n_gpu_layers = 0
    # Without llama.cpp's repacked weights: its AMX code crashes where the system grants no AMX to the process.
    model_params.use_extra_bufts = False
    model = api.llama_model_load_from_file(os.fsencode(path), model_params)
    assert model
    params = api.llama_context_default_params()
    params.n_ctx, params.n_batch, params.n_ubatch = 1024, BATCH, BATCH
    params.n_threads = params.n_threads_batch = 1
    params.swa_full = False
    context = api.llama_init_from_model(model, params)
    assert context
    batch = api.llama_batch_init(BATCH, 0, 1)
    try:
        for start in range(0, len(tokens), BATCH):
            part = tokens[start : start + BATCH]
            batch.n_tokens = len(part)
            for i, token in enumerate(part):
                batch.token[i], batch.pos[i], batch.n_seq_id[i], batch.logits[i] = token, start + i, 1, 0
                batch.seq_id[i][0] = 0
            batch.logits[len(part) - 1] = 1
            assert api.llama_decode(context, batch) == 0
        size = api.llama_vocab_n_tokens(api.llama_model_get_vocab(model))
        return list(api.llama_get_logits_ith(context, -1)[:size])
    finally:
        api.llama_batch_free(batch)
        api.llama_free(context)
        api.llama_model_free(model)


@pytest.mark.parametrize("file_type", get_args(FileType))
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_decodes_beyond_the_window(tmp_path: Path, architecture: Architecture, file_type: FileType) -> None:
    path = write_random(tmp_path / "model.gguf", architecture=architecture, file_type=file_type)
    tokens = [i * 7 % 900 for i in range(700)]
    logits = decode(path, tokens)
    assert len(set(logits)) > 100
    assert all(abs(value) < 100 for value in logits)
    # The last logits depend on what stands before: another beginning, other logits.
    assert decode(path, [5] * 10 + tokens[10:]) != logits


def test_a_seed_is_a_model(tmp_path: Path) -> None:
    one, same, other = (
        write_random(tmp_path / f"{i}.gguf", seed=seed).read_bytes() for i, seed in enumerate((3, 3, 4))
    )
    assert one == same
    assert one != other


def test_one_expert_in_every_layer(tmp_path: Path) -> None:
    sizes = Sizes(layers=5, experts=1, moe_every=1)
    assert decode(write_random(tmp_path / "model.gguf", sizes=sizes), [1, 2, 3])
