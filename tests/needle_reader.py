"""Writes a small GGUF that really answers: it goes on as the text did where the same tokens stood before.

    uv run tests/needle_reader.py OUT.gguf

Weights are set by hand, nothing is learnt. Layers 0 to 2 (RoPE, chunks of 8,192 tokens) let every token know the seven
before it; layer 3 (which sees all, without positions) finds the place that follows the same seven tokens and copies
what stands there. So whatever begins as a line of the context did is finished as that line was, at any depth, and a
line break ends the answer. Where RoPE turns otherwise than the weights expect, or the cache is damaged, it fails as a
real model would. It reads no meaning, and what stands across a border of chunks it sees only in part.
"""

from __future__ import annotations

import math
import random
import sys
from dataclasses import replace
from functools import cache
from itertools import islice, product
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from engine.byte_alphabet import byte_characters  # noqa: E402
from engine.selfcheck.prose import prose  # noqa: E402
from engine.selfcheck.tasks.keyed import FRAMES  # noqa: E402
from engine.selfcheck.words import fresh_uuid, words  # noqa: E402
from resources.pocket.gguf_writer import Llama4Shape, Vocabulary, write_llama4  # noqa: E402
from tests.bpe_trainer import SPECIAL_TOKENS, learn_merges  # noqa: E402
from tests.make_gguf import chat_template  # noqa: E402

Array = NDArray[np.float32]

BACK = 7
"""Tokens that have to be the same."""

_DIMS = 48
_CODE = slice(0, _DIMS)
_BEFORE = [slice(_DIMS * i, _DIMS * (i + 1)) for i in range(1, BACK + 1)]
"""What stood one, two ... tokens before."""
_NEXT = slice(_DIMS * (BACK + 1), _DIMS * (BACK + 2))
_STEADY = slice(_NEXT.stop, _NEXT.stop + 16)
_STEADINESS = 24.0
"""Length of the part that is the same in all tokens: what the norms divide by is nearly that alone."""

_HEAD = 352
"""Room for so many codes, and a whole number of blocks of 32, by which caches are packed."""

_SHARP, _SURE = 40.0, 40.0
"""What one token more in common counts for before softmax, and the copied token's logit."""

ROPE_BASE = 10.0
_FASTEST = 3.1
"""Radians a token: so that distances are told apart, RoPE turns fast in all of its pairs."""

SHAPE = Llama4Shape(
    layers=4,
    width=_STEADY.stop,
    heads=1,
    kv_heads=1,
    head_size=_HEAD,
    feed_forward=32,
    expert_feed_forward=32,
    moe_every=99,
    rope_base=ROPE_BASE,
    rope_scale=_FASTEST,
    tied_output=False,
)


@cache
def vocabulary() -> Vocabulary:
    """Words of the self-check's sentences, and numbers of up to three digits, are one token each."""
    chosen = random.Random(1)
    named = words()
    asked = [*named.adjectives, *named.nouns, *" ".join(FRAMES).split(), *"entry leads identifier page noted".split()]
    # So often that no word of the prose is learnt before them.
    text = "\n".join(islice(prose(chosen), 400)) + "".join(f" {word}" * 300 for word in asked)
    text += "".join(f" {fresh_uuid(chosen)}" for _ in range(500))
    merges = [(a, b) for a, b in product("0123456789", repeat=2)]
    merges += [(a + b, c) for a, b, c in product("0123456789", repeat=3)]
    # A line break stays by itself, since it ends an answer.
    merges += [(a, b) for a, b in learn_merges(text, 2400) if "Ċ" not in a + b]
    tokens = [*dict.fromkeys([*byte_characters(), *(a + b for a, b in merges)]), *SPECIAL_TOKENS]
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


def tensors() -> dict[str, Array]:
    """All weights."""
    known = vocabulary()
    weights = {name: np.zeros(size, np.float32) for name, size in SHAPE.tensor_shapes(len(known.tokens)).items()}
    codes = np.random.default_rng(1).standard_normal((len(known.tokens), _DIMS)).astype(np.float32)
    codes /= np.linalg.norm(codes, axis=1, keepdims=True)
    embedding, output = weights["token_embd.weight"], weights["output.weight"]
    embedding[:, _CODE] = codes
    embedding[:, _STEADY] = _STEADINESS / math.sqrt(_STEADY.stop - _STEADY.start)
    output[:, _NEXT] = codes
    line_break = known.tokens.index("Ċ")
    output[known.eot], output[line_break] = output[line_break].copy(), 0
    for number in range(SHAPE.layers):
        # By then so many codes have been written beside the steady part: 1, 2, 4, 8.
        weights[f"blk.{number}.attn_norm.weight"][:] = _root_mean_square(2**number)
        weights[f"blk.{number}.ffn_norm.weight"][:] = 1
    _look_back(weights, 0, 1, [_CODE], _BEFORE[:1])
    _look_back(weights, 1, 2, [_CODE, _BEFORE[0]], _BEFORE[1:3])
    _look_back(weights, 2, 4, [_CODE, *_BEFORE[:3]], _BEFORE[3:])
    _go_on(weights, 3)
    weights["output_norm.weight"][_NEXT] = _root_mean_square(BACK + 2) * _SURE
    return weights


def write_needle_reader(path: Path, *, rope_base: float = ROPE_BASE) -> Path:
    """Write it and return `path`. rope_base: what the file says, which the weights do not know."""
    write_llama4(
        path,
        shape=replace(SHAPE, rope_base=rope_base),
        tensors=tensors(),
        vocabulary=vocabulary(),
        chat_template=chat_template(),
        name="Needle reader",
        file_type="f16",
    )
    return path


def _look_back(weights: dict[str, Array], layer: int, distance: int, what: list[slice], where: list[slice]) -> None:
    """Attend to the token `distance` before, and keep `what` it knows at `where`.

    Queries and keys are the same for all tokens and normed: the score of a token n before is the mean of
    cos(frequency * (n - distance)) times the root of the head's size, which is 1 at the distance and little elsewhere.
    """
    part = f"blk.{layer}."
    pairs = SHAPE.head_size // 2
    ahead = _FASTEST * ROPE_BASE ** -(np.arange(pairs) / pairs) * distance
    key = np.stack((np.ones(pairs), np.zeros(pairs)), -1).flatten()
    query = np.stack((np.cos(ahead), -np.sin(ahead)), -1).flatten()
    weights[part + "attn_k.weight"][:, _STEADY] = key[:, None]
    weights[part + "attn_q.weight"][:, _STEADY] = query[:, None]
    _carry(weights, part, what, where)


def _go_on(weights: dict[str, Array], layer: int) -> None:
    """Attend to where the same tokens stood before, and take what stands there for what comes next."""
    part = f"blk.{layer}."
    strength = _SHARP * math.sqrt(SHAPE.head_size)
    for number, (asked, stood) in enumerate(zip([_CODE, *_BEFORE], _BEFORE, strict=False)):
        rows = slice(_DIMS * number, _DIMS * (number + 1))
        weights[part + "attn_q.weight"][rows, asked] = np.eye(_DIMS) * strength
        weights[part + "attn_k.weight"][rows, stood] = np.eye(_DIMS)
    _carry(weights, part, [_CODE], [_NEXT])


def _carry(weights: dict[str, Array], part: str, what: list[slice], where: list[slice]) -> None:
    for number, (source, target) in enumerate(zip(what, where, strict=True)):
        rows = slice(_DIMS * number, _DIMS * (number + 1))
        weights[part + "attn_v.weight"][rows, source] = np.eye(_DIMS)
        weights[part + "attn_output.weight"][target, rows] = np.eye(_DIMS)


def _root_mean_square(codes: int) -> float:
    """Of a token's stream that holds so many codes."""
    return math.sqrt((_STEADINESS**2 + codes) / SHAPE.width)


if __name__ == "__main__":
    print(f"{write_needle_reader(Path(sys.argv[1])).stat().st_size:,} bytes")
