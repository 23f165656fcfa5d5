"""A vocabulary in which nearly every cut between pieces shows in the tokens, to compare two pre-tokenizers."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import gguf
import numpy as np

from engine.byte_alphabet import byte_characters
from resources.pocket.gguf_writer import Vocabulary, write_model
from tests.bpe_trainer import SPECIAL_TOKENS


def revealing_vocabulary(pre: str) -> Vocabulary:
    """All pairs of bytes are tokens, those across two characters (the second begins one) before those within one.

    So two characters in the same piece are joined wherever neither is taken by its other neighbour.
    """
    alphabet = byte_characters()
    begins = [character for byte, character in enumerate(alphabet) if not 0x80 <= byte < 0xC0]
    continues = [character for byte, character in enumerate(alphabet) if 0x80 <= byte < 0xC0]
    merges = [*product(alphabet, begins), *product(alphabet, continues)]
    tokens = [*alphabet, *(left + right for left, right in merges), *SPECIAL_TOKENS]
    normal = len(tokens) - len(SPECIAL_TOKENS)
    kinds = [int(gguf.TokenType.NORMAL)] * normal + [int(gguf.TokenType.CONTROL)] * len(SPECIAL_TOKENS)
    return Vocabulary(tokens, kinds, merges, pre, bos=normal, eos=normal + 1, eot=normal + 5, pad=normal + 6)


def write_vocabulary(path: Path, vocabulary: Vocabulary) -> Path:
    """A GGUF with a vocabulary and one small tensor: enough to tokenise."""
    write_model(
        path,
        architecture="llama",
        sizes={"context_length": 1024},
        tensors={"token_embd.weight": np.zeros((1, 32), dtype=np.float32)},
        vocabulary=vocabulary,
        chat_template=None,
        name="Vocabulary",
        file_type="f32",
    )
    return path
