"""Makes the bundled model: `uv run --with torch==2.13.0 --with tokenizers resources/pocket/train.py --out FOLDER`.

Learns the vocabulary, then how much each word says, and writes both into weights that read (`circuits`). Minutes on one
thread of a CPU; the same result on every run of one version of CPython and PyTorch. Knows nothing of GGUF.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from app.core.marks import MARK_BRACKETS
from resources.pocket.circuits import Landmarks, plant
from resources.pocket.codes import make_codes
from resources.pocket.model import SHAPE, Pocket
from resources.pocket.rendering import REFUSAL
from resources.pocket.vocabulary import SPECIAL_TOKENS, load_or_learn, tokenizer_of
from resources.pocket.wordweights import learn

QUESTION_WORD = "Question"
"""What `question_text` begins with."""


def landmarks(tokens: list[str], tokenizer: Any) -> Landmarks:
    """The tokens that the model must know by themselves."""

    def ids(text: str) -> list[int]:
        found: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
        return found

    (opens,), (closes,) = (ids(bracket) for bracket in MARK_BRACKETS)
    (ends,), (line_break,) = ids("\n\n"), ids("\n")
    user, assistant, system = (ids(role)[-1] for role in ("user", "assistant", "system"))
    return Landmarks(
        opens=opens,
        closes=closes,
        ends=ends,
        begins=tokens.index("<|begin_of_text|>"),
        asks=tokens.index(QUESTION_WORD),
        heads=tokens.index("<|header_end|>"),
        end_of_turn=tokens.index("<|eot|>"),
        line_break=line_break,
        refuses=ids(REFUSAL)[0],
        roles=(user, assistant, system),
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Make the bundled model.")
    parser.add_argument("--out", type=Path, required=True, help="folder of checkpoint and vocabulary")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    tokens, merges = load_or_learn(options.out / "vocabulary.json")
    tokenizer = tokenizer_of(tokens, merges)
    at = landmarks(tokens, tokenizer)
    weights = learn(
        tokens,
        tokenizer,
        without=[*(tokens.index(token) for token in SPECIAL_TOKENS), at.asks],
        behind=tokenizer.encode("assistant", add_special_tokens=False).ids,
    )
    model = Pocket(SHAPE, len(tokens))
    plant(model, make_codes(tokens, SPECIAL_TOKENS), weights, at)
    torch.save({"model": model.state_dict(), "shape": asdict(model.shape)}, options.out / "checkpoint.pt")
    print(f"{sum(p.numel() for p in model.parameters()):,} weights; {weights.spread=:.2f} {weights.elsewhere=:.3f}")


if __name__ == "__main__":
    main()
