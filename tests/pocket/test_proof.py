"""PyTorch's model is llama.cpp's computation: random weights, the same scores. Needs PyTorch (development only)."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from resources.pocket.gguf_writer import Llama4Shape, write_llama4
from tests.make_gguf import chat_template, sample_vocabulary

torch = pytest.importorskip("torch")


def test_both_compute_the_same_scores(tmp_path: Path) -> None:
    import numpy as np

    from resources.pocket.model import Geometry, Pocket
    from resources.pocket.reader import Reader

    torch.manual_seed(0)
    shape = Llama4Shape(
        layers=4,
        width=64,
        heads=4,
        kv_heads=2,
        head_size=32,
        feed_forward=96,
        expert_feed_forward=64,
        moe_every=2,
        rope_scale=3.14,
    )
    vocabulary = sample_vocabulary()
    model = Pocket(shape, len(vocabulary.tokens))
    weights = {name: weight.detach().numpy() for name, weight in model.named_parameters()}
    renamed = {
        (
            f"blk.{name.split('.')[1]}.{name.split('.')[2]}.weight" if name.startswith("layers.") else f"{name}.weight"
        ): weight
        for name, weight in weights.items()
    }
    path = tmp_path / "random.gguf"
    write_llama4(
        path,
        shape=shape,
        tensors=renamed,
        vocabulary=vocabulary,
        chat_template=chat_template(),
        name="Random",
        file_type="f32",
    )
    ids = [Random(1).randrange(256) for _ in range(700)]
    positions = torch.arange(len(ids))
    seen = torch.zeros(len(ids), len(ids)).masked_fill(positions[:, None] < positions, -torch.inf)[None, None]
    geometry = Geometry(1, 0, len(ids), None, seen, seen, positions)
    with torch.no_grad():
        ours = model.logits(model(torch.zeros(1, 0, dtype=torch.long), torch.tensor([ids]), geometry)[-1:])[0].numpy()
    with Reader(path, context=1024, exact=True) as reader:
        theirs = reader.logits_after(ids)
    assert float(np.abs(ours).max()) > 0.5
    assert float(np.abs(ours - theirs).max()) < 1e-3
