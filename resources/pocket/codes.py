"""What each token looks like inside the model: a code for its word, one for its spelling, and for numbers codes that
do not disturb each other.

Knows nothing of layers.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.byte_alphabet import to_bytes

NUMBER_DIMS = 120
"""Numbers that differ by less than this have orthogonal codes; others and words have random ones."""

HALF = 64
VARIANTS = 12
_VARIANT_NORM = 0.7
_ALIKE = dict.fromkeys(("define", "defined", "defines", "definition"), "def")
"""Words that ask for what another word says."""


@dataclass(frozen=True, slots=True)
class Codes:
    """By token: words (n, NUMBER_DIMS) of norm 1, the same whatever case and space; variants (n, VARIANTS) tell those
    apart; continues (n,): 1 for what goes on with a word, else 0. numbers: ids of 0 to 999 as digits."""

    words: Tensor
    variants: Tensor
    continues: Tensor
    numbers: list[int]


def word_of(token: str) -> str:
    """What tokens that differ in case or in the space before them share. token: in the byte alphabet."""
    text = _text(token)
    word = text.strip().lower()
    return token if "\ufffd" in text else _ALIKE.get(word, word) or text


def continues(token: str) -> bool:
    """Whether it goes on with what stands before it: it begins with a letter or digit, without a space."""
    return _text(token)[:1].isalnum()


def make_codes(tokens: Sequence[str], specials: Sequence[str]) -> Codes:
    """Codes of a vocabulary, random but for what has to be equal or apart; the same on every call."""
    generator = torch.Generator().manual_seed(1)
    groups: dict[str, list[int]] = defaultdict(list)
    for index, token in enumerate(tokens):
        groups[token if token in specials else word_of(token)].append(index)
    words, variants = torch.zeros(len(tokens), NUMBER_DIMS), torch.zeros(len(tokens), VARIANTS)
    # Half of the code stands for the whole where there is little room, so both halves have one length.
    halves = torch.randn(len(groups), NUMBER_DIMS, generator=generator).split((HALF, NUMBER_DIMS - HALF), dim=1)
    drawn = torch.cat([torch.nn.functional.normalize(half) for half in halves], 1) / math.sqrt(2)
    for code, members in zip(drawn, groups.values(), strict=True):
        words[members] = code
        for place, member in enumerate(members):
            variants[member, place % VARIANTS] = _VARIANT_NORM
    index = {token: i for i, token in enumerate(tokens)}
    numbers = [index[str(number)] for number in range(1000)]
    for start in range(0, 1000, NUMBER_DIMS):
        block = numbers[start : start + NUMBER_DIMS]
        basis = torch.linalg.qr(torch.randn(NUMBER_DIMS, NUMBER_DIMS, generator=generator)).Q
        words[block] = basis[: len(block)]
    marked = torch.tensor([token not in specials and continues(token) for token in tokens])
    return Codes(words, variants, marked.float(), numbers)


def _text(token: str) -> str:
    return to_bytes(token).decode("utf-8", "replace")
