"""Trains the bundled model: `uv run --with torch==2.13.0 --with tokenizers resources/pocket/train.py --out FOLDER`.

CPU or CUDA by the same command. Stopped at any time and started again with the same command, it goes on from the
last checkpoint in FOLDER. One thread by default; seeds are fixed, every batch is a function of its step. Knows
nothing of GGUF.
"""

from __future__ import annotations

import os
import sys

os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", "-1")
os.environ.setdefault("MALLOC_MMAP_MAX_", "0")
if "POCKET_TUNED" not in os.environ and sys.platform == "linux":
    # glibc reads its settings at start only; without them every large tensor costs page faults.
    os.environ["POCKET_TUNED"] = "1"
    os.execv(sys.executable, [sys.executable, *sys.argv])

import argparse
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from resources.pocket.batches import Batch, make_batch
from resources.pocket.circuits import plant
from resources.pocket.curriculum import Draw, draw
from resources.pocket.model import SHAPE, Geometry, Pocket
from resources.pocket.rendering import Renderer
from resources.pocket.vocabulary import load_or_learn, tokenizer_of

FIRST_TOKEN_WEIGHT = 1.0
WARM_UP, COOL_DOWN = 40, 0.3


@dataclass(frozen=True, slots=True)
class Scores:
    """Of one batch: loss, and the parts of answer tokens, opening tokens and whole answers that were right."""

    loss: float
    tokens: float
    first: float
    whole: float


def geometry_of(batch: Batch, chunk: int | None, *, cut: bool, device: torch.device, dtype: torch.dtype) -> Geometry:
    """Masks and positions of a batch. cut: the questions stand in a chunk of their own, as behind a chunk's border."""
    contexts, context = batch.context.shape
    questions = batch.asked.shape[1]
    block = torch.from_numpy(batch.block)
    lengths = torch.from_numpy(batch.lengths)
    index = torch.arange(questions)
    own = (block[:, :, None] == block[:, None, :]) & (index[:, None] >= index)
    places = torch.arange(context)
    seen = (places < lengths[:, None])[:, None, :].expand(-1, questions, -1)
    border = context if cut else (context - 1) // chunk * chunk if chunk else 0
    if chunk and not cut:
        border = ((lengths - 1) // chunk * chunk)[:, None, None]
    close = seen & (places >= border)

    def added(mask: Tensor) -> Tensor:
        return torch.zeros(mask.shape, dtype=dtype).masked_fill(~mask, -torch.inf)[:, None].to(device)

    positions = torch.cat((places.repeat(contexts), torch.from_numpy(batch.positions).flatten()))
    near, full = added(torch.cat((close, own), -1)), added(torch.cat((seen, own), -1))
    return Geometry(contexts, context, questions, chunk, near, full, positions.to(device))


def step_loss(model: Pocket, batch: Batch, geometry: Geometry, device: torch.device) -> tuple[Tensor, Scores]:
    """Cross-entropy of the answers' tokens, the opening ones counted once more."""
    context, asked = (torch.from_numpy(t).to(device) for t in (batch.context, batch.asked))
    x = model(context, asked, geometry)[context.numel() :]
    targets = torch.from_numpy(batch.targets).flatten().to(device)
    chosen = (targets >= 0).nonzero()[:, 0]
    logits = model.logits(x[chosen])
    losses = functional.cross_entropy(logits, targets[chosen], reduction="none")
    first = torch.from_numpy(batch.first).flatten().to(device)[chosen]
    loss = losses.mean() + FIRST_TOKEN_WEIGHT * losses[first].mean()
    right = (logits.detach().argmax(-1) == targets[chosen]).float()
    answer = first.long().cumsum(0) - 1
    wrong = torch.zeros(int(first.sum()), device=device).index_add_(0, answer, 1 - right)
    whole = (wrong == 0).float().mean()
    return loss, Scores(losses.mean().item(), right.mean().item(), right[first].mean().item(), whole.item())


def optimizers(model: Pocket) -> list[torch.optim.Optimizer]:
    """Muon for matrices inside the layers, Adam for the rest."""
    inside = [p for p in model.layers.parameters() if p.ndim == 2 and min(p.shape) > 1]
    known = {id(p) for p in inside}
    others = [p for p in model.parameters() if id(p) not in known]
    muon = torch.optim.Muon(inside, lr=1.0, weight_decay=0.01, momentum=0.95, adjust_lr_fn="match_rms_adamw")
    adam = torch.optim.AdamW(others, lr=1.0, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    return [muon, adam]


def rate(step: int, steps: int) -> float:
    """Warm up, stay, and cool down linearly over the last part."""
    return min(1.0, (step + 1) / WARM_UP, max(0.02, (steps - step) / (steps * COOL_DOWN)))


def save(path: Path, model: Pocket, tools: list[torch.optim.Optimizer], step: int, tokens: int, seconds: float) -> None:
    """Write the whole state beside `path`, then put it in its place."""
    state = {"model": model.state_dict(), "tools": [t.state_dict() for t in tools], "step": step}
    state |= {"tokens": tokens, "seconds": seconds, "shape": asdict(model.shape)}
    torch.save(state, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def run(options: argparse.Namespace) -> None:
    """Train until `options.steps`."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    device = torch.device(options.device)
    options.out.mkdir(parents=True, exist_ok=True)
    tokens, merges = load_or_learn(options.out / "vocabulary.json")
    renderer = Renderer(tokenizer_of(tokens, merges), tokens)
    model = Pocket(SHAPE, len(tokens), compiled=not options.eager, dtype=torch.bfloat16)
    closing = [tokens.index(token) for token in ("]", "]Ċ", "]ĊĊ")]
    plant(model, closing, heading=tokens.index("#"), opening=tokens.index("ĊĊ"), end=tokens.index("<|eot|>"))
    model.to(device)
    tools = optimizers(model)
    checkpoint = options.out / "checkpoint.pt"
    step, seen, seconds = 0, 0, 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        model.load_state_dict(state["model"])
        for tool, kept in zip(tools, state["tools"], strict=True):
            tool.load_state_dict(kept)
        step, seen, seconds = state["step"], state["tokens"], state["seconds"]
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters, from step {step}", flush=True)
    since = time.perf_counter()
    while step < options.steps:
        chosen = draw(step, Random(f"{options.seed}/{step}"))
        scores = train_step(model, tools, renderer, chosen, step=step, options=options)
        shape = chosen.shape
        seen += shape.contexts * (shape.context + shape.questions)
        step += 1
        took, since = time.perf_counter() - since, time.perf_counter()
        seconds += took
        line = {"step": step, "seen": seen, "seconds": round(took, 2), "context": shape.context}
        line |= {"chunk": chosen.chunk, "cut": chosen.cut}
        with (options.out / "log.jsonl").open("a") as log:
            log.write(json.dumps(line | {key: round(value, 4) for key, value in asdict(scores).items()}) + "\n")
        if step % options.save_every == 0 or step == options.steps:
            save(checkpoint, model, tools, step, seen, seconds)


def train_step(
    model: Pocket,
    tools: list[torch.optim.Optimizer],
    renderer: Renderer,
    chosen: Draw,
    *,
    step: int,
    options: argparse.Namespace,
) -> Scores:
    """One batch forward, backward and applied."""
    device = torch.device(options.device)
    batch = make_batch(renderer, chosen.shape, step + 1_000_003 * options.seed, refusals=chosen.refusals)
    geometry = geometry_of(batch, chosen.chunk, cut=chosen.cut, device=device, dtype=model.dtype)
    loss, scores = step_loss(model, batch, geometry, device)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for tool, base in zip(tools, (options.muon_rate, options.adam_rate), strict=True):
        for group in tool.param_groups:
            group["lr"] = base * rate(step, options.steps)
        tool.step()
        tool.zero_grad(set_to_none=True)
    return scores


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Train the bundled model.")
    parser.add_argument("--out", type=Path, required=True, help="folder of checkpoint, vocabulary and log")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--muon-rate", type=float, default=2e-4)
    parser.add_argument("--adam-rate", type=float, default=2e-4)
    parser.add_argument("--save-every", type=int, default=100)
    parser.add_argument("--eager", action="store_true", help="without torch.compile")
    run(parser.parse_args())


if __name__ == "__main__":
    main()
