"""Writes the trained weights as a GGUF, and proves that llama.cpp computes with it what PyTorch computes.

`... export.py --from FOLDER --to FILE.gguf [--type q8_0]`; `--prove` compares the logits of 20 prompts instead of
only writing. Needs torch, tokenizers (development only) and, for the proof, the program's own environment. Knows
nothing of training.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import gguf
import numpy as np
import torch

from resources.pocket.gguf_writer import FileType, Llama4Shape, Tensors, Vocabulary, write_llama4
from resources.pocket.model import Geometry, Pocket
from resources.pocket.rendering import REFUSAL, STYLE, Renderer
from resources.pocket.tasks.mixture import scene
from resources.pocket.vocabulary import SPECIAL_TOKENS, load_or_learn, tokenizer_of

NAME = "Plumbline Pocket"
TEMPLATE = Path(__file__).with_name("chat_template.jinja")
PROMPTS, LONG_PROMPT, TOLERANCE = 20, 8700, 1e-3


def read_checkpoint(folder: Path) -> dict[str, Any]:
    """The last training state in `folder`, on the CPU."""
    state: dict[str, Any] = torch.load(folder / "checkpoint.pt", map_location="cpu", weights_only=True)
    return state


def vocabulary_of(folder: Path) -> Vocabulary:
    """The training vocabulary as a GGUF holds it."""
    tokens, merges = load_or_learn(folder / "vocabulary.json")
    control, normal = int(gguf.TokenType.CONTROL), int(gguf.TokenType.NORMAL)
    return Vocabulary(
        tokens=tokens,
        kinds=[control if token in SPECIAL_TOKENS else normal for token in tokens],
        merges=merges,
        pre="llama4",
        bos=tokens.index("<|begin_of_text|>"),
        eos=tokens.index("<|end_of_text|>"),
        eot=tokens.index("<|eot|>"),
        pad=tokens.index("<|finetune_right_pad|>"),
    )


def tensors_of(state: dict[str, Any]) -> Tensors:
    """The GGUF's names for the checkpoint's weights."""
    names: dict[str, np.ndarray[Any, Any]] = {}
    for name, weight in state["model"].items():
        parts = name.split(".")
        full = f"blk.{parts[1]}.{parts[2]}.weight" if parts[0] == "layers" else f"{name}.weight"
        names[full] = weight.float().numpy()
    return names


def export(folder: Path, target: Path, file_type: FileType) -> None:
    """Write `target` from the checkpoint in `folder`."""
    state = read_checkpoint(folder)
    write_llama4(
        target,
        shape=Llama4Shape(**state["shape"]),
        tensors=tensors_of(state),
        vocabulary=vocabulary_of(folder),
        chat_template=TEMPLATE.read_text(encoding="utf-8"),
        name=NAME,
        file_type=file_type,
        metadata={
            "general.license": "AGPL-3.0-or-later",
            "general.description": "A small extractive reader: quotes the sentence that answers, then its mark.",
            "plumbline.marks": STYLE,
            "plumbline.refusal": REFUSAL,
        },
    )


def proof_prompts(folder: Path) -> list[list[int]]:
    """Token ids of rendered training prompts of many lengths, the last longer than a chunk of 8192."""
    tokens, merges = load_or_learn(folder / "vocabulary.json")
    renderer = Renderer(tokenizer_of(tokens, merges), tokens)
    prompts: list[list[int]] = []
    for number in range(PROMPTS):
        random = Random(f"proof/{number}")
        wanted = LONG_PROMPT if number == PROMPTS - 1 else 60 + 60 * number
        ids: list[int] = []
        while len(ids) < wanted:
            dialogue = renderer.dialogue(scene(random, 20), random)
            ids += dialogue.context + (dialogue.turns[0].ids if dialogue.turns else [])
        prompts.append(ids[:wanted])
    return prompts


@torch.no_grad()
def torch_logits(state: dict[str, Any], ids: list[int]) -> np.ndarray[Any, Any]:
    """Scores of the token after `ids`, by PyTorch in f32, chunk borders included. (vocabulary,)."""
    shape = Llama4Shape(**state["shape"])
    model = Pocket(shape, len(state["model"]["token_embd"]))
    model.load_state_dict(state["model"])
    positions = torch.arange(len(ids))
    visible = (positions[:, None] >= positions)[None, None]
    same = (positions[:, None] // 8192 == positions // 8192)[None, None]
    near, full = (torch.zeros(m.shape).masked_fill(~m, -torch.inf) for m in (visible & same, visible))
    geometry = Geometry(1, 0, len(ids), None, near, full, positions)
    x = model(torch.zeros(1, 0, dtype=torch.long), torch.tensor([ids]), geometry)
    result: np.ndarray[Any, Any] = model.logits(x[-1:])[0].numpy()
    return result


def prove(folder: Path) -> list[float]:
    """Largest difference of any logit, for each prompt, between PyTorch and llama.cpp (both f32)."""
    from resources.pocket.reader import Reader

    state = read_checkpoint(folder)
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "proof.gguf"
        export(folder, path, "f32")
        with Reader(path, context=LONG_PROMPT + 64, exact=True) as reader:
            prompts = proof_prompts(folder)
            return [float(np.abs(reader.logits_after(ids) - torch_logits(state, ids)).max()) for ids in prompts]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Write the trained model as a GGUF.")
    parser.add_argument("--from", dest="folder", type=Path, required=True)
    parser.add_argument("--to", type=Path)
    parser.add_argument("--type", choices=("f32", "f16", "q8_0"), default="q8_0")
    parser.add_argument("--prove", action="store_true")
    options = parser.parse_args()
    if options.to:
        export(options.folder, options.to, options.type)
        print(f"{options.to}: {options.to.stat().st_size:,} bytes")
    if options.prove:
        differences = prove(options.folder)
        print(json.dumps({"largest": max(differences), "each": [f"{d:.1e}" for d in differences]}))
        if max(differences) > TOLERANCE:
            sys.exit(f"llama.cpp and PyTorch differ by {max(differences):.1e}, more than {TOLERANCE:g}")


if __name__ == "__main__":
    main()
