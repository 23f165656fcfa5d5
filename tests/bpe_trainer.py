"""A small, deterministic trainer of byte-level BPE vocabularies with Llama 4's special tokens, for tests' models."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

import gguf

from engine.byte_alphabet import byte_characters, to_characters
from resources.pocket.gguf_writer import Vocabulary

SPECIAL_TOKENS = (
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|header_start|>",
    "<|header_end|>",
    "<|eom|>",
    "<|eot|>",
    "<|finetune_right_pad|>",
)

_WORD = re.compile(r" ?[^\W\d_]+|\d{1,3}| ?[^\w\s]+|\s+|.", re.DOTALL)

Pair = tuple[str, str]


def learn_merges(text: str, count: int) -> list[Pair]:
    """The `count` most frequent pairs, one after the other (fewer if the text gives no more)."""
    words = [(list(to_characters(word.encode())), n) for word, n in sorted(Counter(_WORD.findall(text)).items())]
    frequency: Counter[Pair] = Counter()
    where: dict[Pair, set[int]] = defaultdict(set)
    for index, (symbols, times) in enumerate(words):
        for pair in pairwise(symbols):
            frequency[pair] += times
            where[pair].add(index)
    merges: list[Pair] = []
    while len(merges) < count and frequency:
        best = max(frequency, key=lambda pair: (frequency[pair], pair))
        if frequency[best] < 2:
            break
        merges.append(best)
        for index in sorted(where[best]):
            symbols, times = words[index]
            for pair in pairwise(symbols):
                frequency[pair] -= times
            _merge(symbols, best)
            for pair in pairwise(symbols):
                frequency[pair] += times
                where[pair].add(index)
        del frequency[best]
    return merges


def train(
    text: str, *, size: int, pre: str = "llama4", user_defined: Sequence[str] = (), reserved: int = 0
) -> Vocabulary:
    """A vocabulary of at most `size` tokens, special ones included.

    Ids follow the tokens' alphabetical order, so that an id is never by chance a token's rank among the merges.
    reserved: how many unused control tokens fill the end, as Llama 4's vocabulary does.
    """
    specials = [*SPECIAL_TOKENS, *(f"<|reserved_special_token_{i}|>" for i in range(reserved))]
    merges = learn_merges(text, size - 256 - len(specials) - len(user_defined))
    normal = sorted({*byte_characters(), *(left + right for left, right in merges)})
    tokens = [*normal, *user_defined, *specials]
    kinds = (
        [gguf.TokenType.NORMAL] * len(normal)
        + [gguf.TokenType.USER_DEFINED] * len(user_defined)
        + [gguf.TokenType.CONTROL] * len(specials)
    )
    return Vocabulary(
        tokens=tokens,
        kinds=[int(kind) for kind in kinds],
        merges=merges,
        pre=pre,
        bos=tokens.index("<|begin_of_text|>"),
        eos=tokens.index("<|end_of_text|>"),
        eot=tokens.index("<|eot|>"),
        pad=tokens.index("<|finetune_right_pad|>"),
    )


def _merge(symbols: list[str], pair: Pair) -> None:
    at = 0
    while at < len(symbols) - 1:
        if (symbols[at], symbols[at + 1]) == pair:
            symbols[at : at + 2] = [pair[0] + pair[1]]
        at += 1
